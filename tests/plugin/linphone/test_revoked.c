/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which list of revoked certificates a phone goes by, as hours go by: the clock, what is fetched
 * and the thread that fetches are this file's. */
#include "ag_certificates.h"
#include "note.h"
#include "people.h"
#include "revoked.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define URL "https://l.example/1"

/* -- what stands behind it --------------------------------------------------------------------- */

static struct core core;
static struct settings settings;
static int64_t clock_now;
static X509_CRL *served;
static char said[512];

int64_t core_now(void)
{
    return clock_now;
}

struct core *core_of_provider(const belle_sip_provider_t *provider)
{
    (void)provider;
    return &core;
}

struct worker *core_beside(struct core *of)
{
    return (struct worker *)of;
}

void worker_do(struct worker *worker, struct errand *errand)
{
    struct settings *of = errand->settings;

    (void)worker;
    errand->work(errand, NULL);
    errand->back(errand);
    settings_unref(of);
}

X509_CRL *ag_revoked(const char *url, const char *ca_file, const char *local_address, char *why)
{
    (void)ca_file;
    (void)local_address;
    assert_string_equal(url, URL);
    snprintf(why, AG_ERROR_MAX, "status 404");
    if (served)
        X509_CRL_up_ref(served);
    return served;
}

void note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(said, sizeof(said), format, args);
    va_end(args);
}

/* -- a phone ----------------------------------------------------------------------------------- */

static struct e2m_identity root, mid, one;
static STACK_OF(X509) * chain;

static int begin(void **state)
{
    const struct people_wish authority = {.authority = true, .usage = "keyCertSign,cRLSign"};

    (void)state;
    root = people_authority();
    mid = people_make(&authority, &root);
    one = people_make(&(struct people_wish){.san = "URI:sip:alice@a.example", .list = URL}, &mid);
    chain = sk_X509_new_null();
    sk_X509_push(chain, mid.certificate);
    memset(&core, 0, sizeof(core));
    settings = (struct settings){.refs = 1000};
    core.settings = &settings;
    clock_now = (int64_t)NOW;
    return 0;
}

static int end(void **state)
{
    (void)state;
    revoked_close(&core);
    sk_X509_free(chain);
    e2m_identity_free(&one);
    e2m_identity_free(&mid);
    e2m_identity_free(&root);
    return 0;
}

/* That is what the URL has, and the phone fetches it. Takes the list. */
static void fetch(X509_CRL *list)
{
    *said = '\0';
    served = list;
    clock_now += 900;
    revoked_look_for(&core, one.certificate);
    X509_CRL_free(list);
    served = NULL;
}

/* What a call with her is now. */
static enum e2m_result call(void)
{
    struct e2m_trust *trust = people_trust(&root);
    enum e2m_result result;

    revoked_add(&core, trust);
    result =
        e2m_certificate_check(one.certificate, chain, trust, (uint64_t)clock_now, E2M_USE_SIGN);
    e2m_trust_free(trust);
    return result;
}

#define LIST(by, name, age) people_revoke(by, name, (uint64_t)(clock_now - (age)))

static X509_CRL *forge(void)
{
    struct e2m_identity imposter = people_authority();
    X509_CRL *list = LIST(&imposter, NULL, 0);

    X509_CRL_set_issuer_name(list, X509_get_subject_name(mid.certificate));
    assert_true(X509_CRL_sign(list, imposter.key, EVP_sha256()) > 0);
    e2m_identity_free(&imposter);
    return list;
}

/* Before anybody could look at a signature. */
static void test_list_that_waits(void **state)
{
    (void)state;
    fetch(LIST(&mid, one.certificate, 0));
    assert_string_equal(said, "revoked: list=" URL " names=1");
    fetch(LIST(&mid, NULL, 3600));
    assert_string_equal(said, "revoked: list=" URL " problem=older than before");
    assert_int_equal(call(), E2M_REVOKED);
}

/* Whoever serves the list of an authority between: what he signs himself takes the place of nothing
 * that was once proved. */
static void test_authority_between(void **state)
{
    (void)state;
    fetch(LIST(&mid, one.certificate, 0));
    revoked_know(&core, chain);
    assert_int_equal(call(), E2M_REVOKED);
    for (int i = 0; i < 2; i++) {
        fetch(forge());
        assert_int_equal(call(), E2M_REVOKED);
        assert_string_equal(said, "revoked: list=" URL " problem=not signed by its authority");
    }
    fetch(LIST(&mid, NULL, 0)); /* and her certificate was a mistake after all */
    assert_int_equal(call(), E2M_OK);
}

/* A list that another authority has, or that says who between was taken back. */
static void test_between_is_revoked(void **state)
{
    (void)state;
    fetch(LIST(&root, mid.certificate, 0));
    assert_int_equal(call(), E2M_REVOKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_list_that_waits, begin, end),
        cmocka_unit_test_setup_teardown(test_authority_between, begin, end),
        cmocka_unit_test_setup_teardown(test_between_is_revoked, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
