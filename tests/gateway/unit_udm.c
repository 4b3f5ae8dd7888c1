/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a UDM is asked, every answer that TS 29.503 and TS 29.500 let it give, and what this gateway
 * has to have for one. */
#include "unit.h"

#include "auc/sources.h"
#include "auc/udm_message.h"
#include <curl/curl.h>
#include <stdio.h>

#define RAND_TEXT "000102030405060708090a0b0c0d0e0f"
#define AUTN_TEXT "10111213141500001718191A1B1C1D1E"
#define CK_TEXT "202122232425262728292a2b2c2d2e2f"
#define IK_TEXT "303132333435363738393a3b3c3d3e3f"
#define VECTOR(rand, xres, autn, ck, ik)                                                           \
    "{\"3gAkaAv\":{\"rand\":\"" rand "\",\"xres\":\"" xres "\",\"autn\":\"" autn "\",\"ck\":\"" ck \
    "\",\"ik\":\"" ik "\"},\"supportedFeatures\":\"0\"}"

static enum auc_result read_text(long status, bool has_auts, const char *body,
                                 struct auc_vector *vector, const char **reason)
{
    struct udm_answer answer = {.status = status, .body = body, .len = strlen(body)};

    memset(vector, 0, sizeof *vector);
    *reason = "unset";
    return udm_read(&answer, has_auts, vector, reason);
}

static void questions(void **state)
{
    struct auc_fetch fetch = {.imsi = "001010123456789"};
    char body[UDM_QUESTION_MAX], path[UDM_PATH_MAX];

    (void)state;
    udm_path(&fetch, path);
    assert_string_equal(path,
                        "/nudm-ueau/v1/imsi-001010123456789/gba-security-information/generate-av");
    udm_question(&fetch, body);
    assert_string_equal(body, "{\"authType\":\"DIGEST_AKAV1_MD5\"}");
    fetch.has_auts = true;
    memset(fetch.rand, 0x0a, sizeof fetch.rand);
    memset(fetch.auts, 0xb0, sizeof fetch.auts);
    udm_question(&fetch, body);
    assert_string_equal(body, "{\"authType\":\"DIGEST_AKAV1_MD5\",\"resynchronizationInfo\":{"
                              "\"rand\":\"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a\","
                              "\"auts\":\"b0b0b0b0b0b0b0b0b0b0b0b0b0b0\"}}");
}

static void good_vector(void **state)
{
    struct auc_vector v;
    const char *reason;

    (void)state;
    assert_int_equal(read_text(200, false,
                               VECTOR(RAND_TEXT, "DEADbeef", AUTN_TEXT, CK_TEXT, IK_TEXT), &v,
                               &reason),
                     AUC_OK);
    assert_null(reason);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(v.rand[i], i);
        assert_int_equal(v.k.octets[i], 0x20 + i);
        assert_int_equal(v.k.octets[16 + i], 0x30 + i);
    }
    assert_memory_equal(v.autn, "\x10\x11\x12\x13\x14\x15\x00\x00\x17\x18\x19\x1a\x1b\x1c\x1d\x1e",
                        16);
    assert_int_equal(v.k.len, 32);
    assert_int_equal(v.res.len, 4);
    assert_memory_equal(v.res.octets, "\xde\xad\xbe\xef", 4);
}

static void bad_vectors(void **state)
{
    static const char *const bodies[] = {
        VECTOR("00", "DEADbeef", AUTN_TEXT, CK_TEXT, IK_TEXT),
        VECTOR(RAND_TEXT "00", "DEADbeef", AUTN_TEXT, CK_TEXT, IK_TEXT),
        VECTOR(RAND_TEXT, "DEADbe", AUTN_TEXT, CK_TEXT, IK_TEXT),
        VECTOR(RAND_TEXT, "DEADbeef0", AUTN_TEXT, CK_TEXT, IK_TEXT),
        VECTOR(RAND_TEXT, RAND_TEXT "00", AUTN_TEXT, CK_TEXT, IK_TEXT),
        VECTOR(RAND_TEXT, "DEADbeeg", AUTN_TEXT, CK_TEXT, IK_TEXT),
        VECTOR(RAND_TEXT, "DEADbeef", "", CK_TEXT, IK_TEXT),
        VECTOR(RAND_TEXT, "DEADbeef", AUTN_TEXT, "", IK_TEXT),
        VECTOR(RAND_TEXT, "DEADbeef", AUTN_TEXT, CK_TEXT, "30"),
        "{\"3gAkaAv\":[]}",
        "{\"3gAkaAv\":{\"rand\":1,\"xres\":{},\"autn\":[],\"ck\":true,\"ik\":null}}",
        "{\"3gAkaAv\":{},\"3gAkaAv\":{}}",
        "[]",
        "",
        "{",
        "nonsense"};
    struct auc_vector v;
    const char *reason;

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        assert_int_equal(read_text(200, false, bodies[i], &v, &reason), AUC_DOWN);
        assert_non_null(reason);
        assert_int_equal(v.k.len, 0);
    }
    assert_int_equal(read_text(200, false, "{}", &v, &reason), AUC_NO_METHOD);
    assert_int_equal(read_text(200, false, "{\"3gAkaAv\":null}", &v, &reason), AUC_NO_METHOD);
    assert_int_equal(read_text(200, false,
                               VECTOR(RAND_TEXT, "DEADbeef", "10111213141580001718191A1B1C1D1E",
                                      CK_TEXT, IK_TEXT),
                               &v, &reason),
                     AUC_FAILED);
    assert_int_equal(v.k.len, 0);
}

static void every_status(void **state)
{
    static const struct {
        long status;
        bool has_auts;
        const char *body;
        enum auc_result result;
    } rows[] = {
        {404, false, "{\"status\":404,\"cause\":\"USER_NOT_FOUND\"}", AUC_UNKNOWN},
        {404, false, "{\"cause\":\"DATA_NOT_FOUND\"}", AUC_UNKNOWN},
        {404, false, "{}", AUC_UNKNOWN},
        {404, false, "", AUC_UNKNOWN},
        {404, false, "{\"cause\":\"RESOURCE_URI_STRUCTURE_NOT_FOUND\"}", AUC_DOWN},
        {404, false, "<html>nothing here</html>", AUC_DOWN},
        {403, false, "{\"cause\":\"AUTHENTICATION_REJECTED\"}", AUC_NO_METHOD},
        {403, true, "{\"cause\":\"AUTHENTICATION_REJECTED\"}", AUC_AUTS_REFUSED},
        {403, false, "{\"cause\":\"ROAMING_NOT_ALLOWED\"}", AUC_BARRED},
        {403, true, "", AUC_BARRED},
        {403, false, "{\"cause\":3}", AUC_BARRED},
        {400, false, "{\"cause\":\"MANDATORY_IE_INCORRECT\"}", AUC_DOWN},
        {401, false, "", AUC_DOWN},
        {415, false, "", AUC_DOWN},
        {429, false, "{\"cause\":\"NF_CONGESTION_RISK\"}", AUC_DOWN},
        {500, true, "{\"cause\":\"SYSTEM_FAILURE\"}", AUC_DOWN},
        {501, false, "", AUC_DOWN},
        {503, false, "{\"cause\":\"NF_CONGESTION\"}", AUC_DOWN},
        {504, false, "{\"cause\":\"TIMED_OUT_REQUEST\"}", AUC_DOWN},
        {201, false, VECTOR(RAND_TEXT, "DEADbeef", AUTN_TEXT, CK_TEXT, IK_TEXT), AUC_DOWN},
        {307, false, "", AUC_DOWN},
    };
    struct auc_vector v;
    const char *reason;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(read_text(rows[i].status, rows[i].has_auts, rows[i].body, &v, &reason),
                         rows[i].result);
        assert_non_null(reason);
    }
}

/* TS 29.500, 6.7.3: of the gateway's token, and not of the subscriber. */
static void refused_token(void **state)
{
    struct udm_answer answer = {.status = 403, .wants_token = true, .body = "", .len = 0};
    struct auc_vector v = {0};
    const char *reason = NULL;

    (void)state;
    assert_int_equal(udm_read(&answer, false, &v, &reason), AUC_DOWN);
    assert_non_null(strstr(reason, "udm_token"));
}

static void tokens(void **state)
{
    char good[] = " eyJhbGciOi.a-b_c~d+e/f==\n", two[] = "a b", empty[] = "\n", late[] = "a=b",
         line[] = "a\r\nX: y";

    (void)state;
    assert_string_equal(udm_token(good), "eyJhbGciOi.a-b_c~d+e/f==");
    assert_null(udm_token(two));
    assert_null(udm_token(empty));
    assert_null(udm_token(late));
    assert_null(udm_token(line));
}

static void urls(void **state)
{
    static const char *const good[] = {"https://udm.test", "https://udm.test/",
                                       "http://10.0.0.1:80", "https://[::1]:29503/core"};
    static const char *const bad[] = {"",
                                      "udm.test",
                                      "ftp://udm.test",
                                      "https://me@udm.test",
                                      "https://udm.test?a",
                                      "https://udm.test/#a",
                                      "https://udm.test/nudm-ueau/v1",
                                      "https:// udm.test"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_null(udm_url_fault(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_non_null(udm_url_fault(bad[i]));
}

/* -- what it has to have ----------------------------------------------------------------------- */

static curl_sslbackend backend = CURLSSLBACKEND_OPENSSL;

CURLcode __real_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    static struct curl_tlssessioninfo other;
    va_list arguments;
    void *to;
    CURLcode code;

    va_start(arguments, info);
    to = va_arg(arguments, void *);
    va_end(arguments);
    code = __real_curl_easy_getinfo(easy, info, to);
    if (info == CURLINFO_TLS_SSL_PTR && backend != CURLSSLBACKEND_OPENSSL) {
        other.backend = backend;
        *(struct curl_tlssessioninfo **)to = &other;
    }
    return code;
}

/* The context that a connection's certificate is set in is OpenSSL's. */
static void libcurl_of_openssl(void **state)
{
    struct auc_settings settings = {.url = "https://udm.test", .ca = "/nonexistent", .token = ""};
    char error[AUC_ERROR_MAX] = "";

    (void)state;
    assert_int_equal(auc_udm.check(&settings, error), -1);
    assert_string_equal(error, "[auc] udm_ca: /nonexistent is no certificate in PEM");
    backend = CURLSSLBACKEND_GNUTLS;
    assert_int_equal(auc_udm.check(&settings, error), -1);
    settings.url = "http://udm.test";
    assert_int_equal(auc_udm.check(&settings, error), 0);
    backend = CURLSSLBACKEND_OPENSSL;
    assert_non_null(strstr(error, "OpenSSL"));
}

/* They were there when they were looked at. */
static void files_that_are_gone_at_the_start(void **state)
{
    const struct auc_settings settings = {.url = "https://127.0.0.1:9",
                                          .name = "ag",
                                          .ca = "",
                                          .certificate = "/nonexistent",
                                          .key = "/nonexistent",
                                          .token = ""};
    char error[AUC_ERROR_MAX] = "";

    (void)state;
    assert_null(auc_udm.start(&settings, error));
    assert_string_equal(error, "[auc] udm_certificate: /nonexistent is no certificate in PEM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions),
        cmocka_unit_test(good_vector),
        cmocka_unit_test(bad_vectors),
        cmocka_unit_test(every_status),
        cmocka_unit_test(refused_token),
        cmocka_unit_test(tokens),
        cmocka_unit_test(urls),
        cmocka_unit_test(libcurl_of_openssl),
        cmocka_unit_test(files_that_are_gone_at_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
