/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The requests of docs/protocol.md section 6.1: what is asked, and whether the answer is one to
 * it. */
#include "ag_private.h"
#include "members.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define CLOCKS_DIFFER 60 /* seconds: what less cannot be the cause */

static json_t *octets_json(const uint8_t *octets, size_t len)
{
    char text[SIMAUTH_B64U_LEN(SIMAUTH_CHAL_MAX) + 1];

    if (len > SIMAUTH_CHAL_MAX)
        return NULL;
    simauth_b64u_encode(octets, len, text);
    return json_string(text);
}

/* -- GET /v1/self ------------------------------------------------------------------------------ */

/* The gateway may bind more addresses than a phone has accounts: the first eight count. */
static bool read_aors(const json_t *list, struct ag_self *self)
{
    char aor[SIMAUTH_AOR_MAX + 1];
    struct member member = {"", MEMBER_AOR, false, aor, sizeof aor};

    if (!json_is_array(list))
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!member_read(json_array_get(list, i), &member))
            return false;
        if (self->aor_count < COUNT(self->aors))
            memcpy(self->aors[self->aor_count++], aor, sizeof aor);
    }
    return true;
}

enum ag_status ag_self(struct ag *ag, struct ag_self *self)
{
    const json_t *aors = NULL;
    const struct member members[] = {
        {"nai", MEMBER_NAI, false, self->nai, sizeof self->nai},
        {"aors", MEMBER_RAW, false, &aors, 0},
        {"operator", MEMBER_TEXT, false, self->operator_name, sizeof self->operator_name},
        {"realm", MEMBER_REALM, false, self->realm, sizeof self->realm},
        {"time", MEMBER_TIME, false, &self->time, 0},
    };
    json_t *object;
    enum ag_status status;

    memset(self, 0, sizeof *self);
    status = ua_request(ag, "/v1/self", NULL, &object);
    if (status == AG_OK &&
        (!members_read(object, members, COUNT(members)) || !read_aors(aors, self))) {
        memset(self, 0, sizeof *self);
        status = ag_garbage(ag, "who we are");
    }
    json_decref(object);
    return status;
}

/* -- POST /v1/vectors -------------------------------------------------------------------------- */

static json_t *methods_json(void)
{
    json_t *list = json_array();
    const struct simauth_method *method;

    for (size_t i = 0; list && (method = simauth_method_at(i)) != NULL; i++) {
        if (!simauth_method_is_held(method)) /* those need no vector */
            json_array_append_new(list, json_string(method->name));
    }
    return list;
}

static json_t *vector_body(const struct ag_vector_request *r)
{
    bool callee = r->subject == SIMAUTH_SUBJECT_CALLEE;
    json_t *body = json_pack("{s:s, s:s, s:s, s:o, s:o}", "subject", callee ? "callee" : "caller",
                             "caller", r->caller, "callee", r->callee, "methods", methods_json(),
                             "seal_to", octets_json(r->seal_to, SIMAUTH_X25519_LEN));
    bool good = body != NULL;

    if (good && r->callee_nai)
        good = json_object_set_new(body, "callee_nai", json_string(r->callee_nai)) == 0;
    if (good && r->rand)
        good = json_object_set_new(body, "rand", octets_json(r->rand, r->rand_len)) == 0;
    if (good && r->replaced)
        good =
            json_object_set_new(body, "replaced", octets_json(r->replaced, r->replaced_len)) == 0;
    if (good)
        return body;
    json_decref(body);
    return NULL;
}

/* "3 hours", for a sentence about clocks. */
static void write_span(int64_t seconds, char text[static 32])
{
    if (seconds < 0)
        seconds = -seconds;
    if (seconds < 7200)
        snprintf(text, 32, "%lld minutes", (long long)(seconds / 60));
    else if (seconds < 172800)
        snprintf(text, 32, "%lld hours", (long long)(seconds / 3600));
    else
        snprintf(text, 32, "%lld days", (long long)(seconds / 86400));
}

static enum ag_status bad_statement(struct ag *ag, const char *realm, enum simauth_result result)
{
    char span[32];
    bool differs =
        ag->clock_known && (ag->clock_ahead > CLOCKS_DIFFER || ag->clock_ahead < -CLOCKS_DIFFER);

    write_span(ag->clock_ahead, span);
    if (result == SIMAUTH_EXPIRED && differs)
        return ag_fail(ag, AG_BAD_VECTOR,
                       "This machine's clock is %s %s the gateway's: set it, for the statement of "
                       "operator %.100s is not valid at the time that it shows.",
                       span, ag->clock_ahead > 0 ? "behind" : "ahead of", realm);
    if (result == SIMAUTH_EXPIRED)
        return ag_fail(ag, AG_BAD_VECTOR,
                       "The statement of operator %.100s is outside its time of validity.", realm);
    return ag_fail(ag, AG_BAD_VECTOR, "The vector is not signed by operator %.100s (%s).", realm,
                   simauth_result_name(result));
}

/* Whose NAI nobody named is known by the domain of the address alone: then who vouches must be the
 * operator of that domain, or our own. Else our gateway could name a SIM of anybody's. */
static bool speaks_for_address(const struct ag_vector_request *r, const struct simauth_vector *v)
{
    return r->subject != SIMAUTH_SUBJECT_CALLEE || r->callee_nai ||
           strcmp(simauth_nai_realm(v->nai_a), simauth_nai_realm(v->nai_b)) == 0 ||
           simauth_statement_names(v->op_key, simauth_aor_domain(v->callee));
}

/* Who speaks for the challenged one must be the operator in the challenged one's NAI. */
static enum ag_status check_statement(struct ag *ag, const struct ag_vector_request *r,
                                      struct ag_vector *answer)
{
    const struct simauth_vector *v = &answer->vector;
    const char *realm =
        simauth_nai_realm(v->subject == SIMAUTH_SUBJECT_CALLEE ? v->nai_b : v->nai_a);
    enum simauth_result result = statements_verify(&ag->statements, v->op_key, ag->anchors,
                                                   (int64_t)time(NULL), &answer->statement);

    if (result == SIMAUTH_OK && strcmp(answer->statement.realm, realm) != 0)
        result = SIMAUTH_NOT_OURS;
    if (result != SIMAUTH_OK)
        return bad_statement(ag, realm, result);
    if (!speaks_for_address(r, v))
        return ag_fail(ag, AG_BAD_VECTOR,
                       "Operator %.100s vouches for %.255s and is not known for its domain: if it "
                       "is right, write nai=%.255s under [peer %.255s].",
                       realm, v->callee, v->nai_b, v->callee);
    return AG_OK;
}

static bool answers_request(const struct ag_vector_request *r, const struct ag_vector *answer)
{
    const struct simauth_vector *v = &answer->vector;

    if (v->subject != r->subject || strcmp(v->caller, r->caller) != 0 ||
        strcmp(v->callee, r->callee) != 0)
        return false;
    if (r->callee_nai && strcmp(v->nai_b, r->callee_nai) != 0)
        return false;
    return !r->replaced || (v->challenge.rand_len == r->replaced_len &&
                            memcmp(v->challenge.rand, r->replaced, r->replaced_len) == 0);
}

/* A key that is sealed for this phone with two challenges as its context: the key of MAC_0, or what
 * another SIM's half is made with. */
static bool open_key(const struct ag *ag, const uint8_t *sealed, const uint8_t *first,
                     size_t first_len, const uint8_t *second, size_t second_len,
                     struct simauth_secret *key)
{
    uint8_t aad[2 * SIMAUTH_CHAL_MAX];
    size_t len = simauth_challenges_aad(first, first_len, second, second_len, aad);

    return simauth_channel_unseal(&ag->session.ks_naf, "seal down", aad, len, sealed,
                                  SIMAUTH_SEALED_LEN, key) == SIMAUTH_OK;
}

static enum ag_status read_vector(struct ag *ag, const json_t *object,
                                  const struct ag_vector_request *r, struct ag_vector *answer)
{
    /* The reserved challenge comes with the first vector that a caller asks for, else never. */
    bool first = r->subject == SIMAUTH_SUBJECT_CALLEE && !r->replaced;
    const json_t *vector = NULL;
    uint8_t sealed[SIMAUTH_SEALED_LEN];
    const struct member members[] = {
        {"vector", MEMBER_RAW, false, &vector, 0},
        {"own", MEMBER_CHALLENGE, false, &answer->own, 0},
        {"nai", MEMBER_NAI, false, answer->nai, sizeof answer->nai},
    };
    const struct member again[] = {
        {"vector", MEMBER_RAW, false, &vector, 0},
        {"mix", MEMBER_OCTETS, true, sealed, sizeof sealed},
    };

    if (r->replaced ? !members_read(object, again, COUNT(again))
                    : !members_read(object, members, first ? 3 : 1))
        return ag_garbage(ag, "its members");
    if (simauth_vector_from_json(vector, &answer->vector) != SIMAUTH_OK)
        return ag_garbage(ag, "the vector");
    if (!answers_request(r, answer) || (first && strcmp(answer->nai, answer->vector.nai_a) != 0))
        return ag_garbage(ag, "another call");
    if (r->replaced && json_object_get(object, "mix") &&
        !open_key(ag, sealed, r->rand, r->rand_len, r->replaced, r->replaced_len,
                  &answer->vector.mix))
        return ag_garbage(ag, "a key that is not sealed for this SIM");
    return check_statement(ag, r, answer);
}

enum ag_status ag_vector(struct ag *ag, const struct ag_vector_request *request,
                         struct ag_vector *answer)
{
    json_t *object;
    enum ag_status status;

    memset(answer, 0, sizeof *answer);
    status = ua_post(ag, "/v1/vectors", vector_body(request), &object);
    if (status == AG_OK)
        status = read_vector(ag, object, request, answer);
    if (status != AG_OK)
        ag_vector_clear(answer);
    json_decref(object);
    return status;
}

void ag_vector_clear(struct ag_vector *answer)
{
    simauth_vector_clear(&answer->vector);
    OPENSSL_cleanse(answer, sizeof *answer);
}

/* -- POST /v1/challenges ----------------------------------------------------------------------- */

/* What the challenge of a confirmation is: that of element 1, or our own SIM's, with the key. */
static const char *confirmation_fault(const struct ag *ag, const struct simauth_element *e,
                                      const struct simauth_confirmation *c, bool other,
                                      const uint8_t *sealed, struct simauth_secret *mac0_key)
{
    bool same = memcmp(c->challenge.rand, e->rand, c->challenge.rand_len) == 0;

    if (c->challenge.method != e->method || same == other)
        return "another challenge";
    if (other && !open_key(ag, sealed, e->rand, e->rand_len, c->challenge.rand,
                           c->challenge.rand_len, mac0_key))
        return "a key that is not sealed for this SIM";
    return NULL;
}

enum ag_status ag_challenge(struct ag *ag, const struct simauth_element *element_1,
                            struct simauth_confirmation *confirmation, char *own_nai,
                            struct simauth_secret *mac0_key)
{
    struct simauth_confirmation *c = confirmation;
    uint8_t sealed[SIMAUTH_SEALED_LEN];
    const struct member members[] = {
        {"own", MEMBER_CHALLENGE, false, &c->challenge, 0},
        {"caller", MEMBER_AOR, false, c->caller, sizeof c->caller},
        {"callee", MEMBER_AOR, false, c->callee, sizeof c->callee},
        {"nai_a", MEMBER_NAI, false, c->nai_a, sizeof c->nai_a},
        {"nai_b", MEMBER_NAI, false, c->nai_b, sizeof c->nai_b},
        {"operator", MEMBER_TEXT, false, c->operator_name, sizeof c->operator_name},
        {"nai", MEMBER_NAI, true, own_nai, SIMAUTH_NAI_MAX + 1},
        {"mac0_key", MEMBER_OCTETS, true, sealed, sizeof sealed},
    };
    json_t *object, *body = json_pack("{s:s, s:o, s:s}", "method", element_1->method->name, "rand",
                                      octets_json(element_1->rand, element_1->rand_len), "element",
                                      element_1->text);
    const char *fault = "the confirmation";
    enum ag_status status;

    memset(c, 0, sizeof *c);
    own_nai[0] = '\0';
    simauth_secret_wipe(mac0_key);
    status = ua_post(ag, "/v1/challenges", body, &object);
    if (status == AG_OK) {
        bool other = json_object_get(object, "mac0_key") != NULL;

        if (members_read(object, members, COUNT(members)) && other == (own_nai[0] != '\0'))
            fault = confirmation_fault(ag, element_1, c, other, sealed, mac0_key);
        status = fault ? ag_garbage(ag, fault) : AG_OK;
    }
    if (status != AG_OK)
        memset(c, 0, sizeof *c);
    json_decref(object);
    return status;
}

/* -- POST /v1/auts ----------------------------------------------------------------------------- */

static enum ag_status read_resync(struct ag *ag, const json_t *object,
                                  const struct simauth_challenge *refused,
                                  struct simauth_challenge *own, struct simauth_secret *mac0_key)
{
    uint8_t sealed[SIMAUTH_SEALED_LEN];
    const struct member members[] = {
        {"own", MEMBER_CHALLENGE, false, own, 0},
        {"mac0_key", MEMBER_OCTETS, true, sealed, sizeof sealed},
    };

    if (!members_read(object, members, COUNT(members)) || own->method != refused->method)
        return ag_garbage(ag, "the new challenge");
    if (memcmp(own->rand, refused->rand, own->rand_len) == 0)
        return ag_garbage(ag, "the refused challenge again");
    if (json_object_get(object, "mac0_key") &&
        !open_key(ag, sealed, refused->rand, refused->rand_len, own->rand, own->rand_len, mac0_key))
        return ag_garbage(ag, "a key that is not sealed for this SIM");
    return AG_OK;
}

enum ag_status ag_resync(struct ag *ag, const struct simauth_challenge *refused,
                         const uint8_t auts[static SIMAUTH_AUTS_LEN], struct simauth_challenge *own,
                         struct simauth_secret *mac0_key)
{
    json_t *object,
        *body = json_pack("{s:o, s:o}", "rand", octets_json(refused->rand, refused->rand_len),
                          "auts", octets_json(auts, SIMAUTH_AUTS_LEN));
    enum ag_status status;

    memset(own, 0, sizeof *own);
    simauth_secret_wipe(mac0_key);
    status = ua_post(ag, "/v1/auts", body, &object);
    if (status == AG_OK)
        status = read_resync(ag, object, refused, own, mac0_key);
    if (status != AG_OK) {
        memset(own, 0, sizeof *own);
        simauth_secret_wipe(mac0_key);
    }
    json_decref(object);
    return status;
}
