/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LIME's public secret is taken out of an SDP, and nothing else is. */
#include "sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *clean(const char *sdp)
{
    bool failed = true;
    size_t len = 0;
    char *text = sink_zrtp.clean(sdp, strlen(sdp), &len, &failed);

    assert_false(failed);
    if (text)
        assert_int_equal(len, strlen(text));
    return text;
}

static void assert_clean(const char *sdp, const char *expected)
{
    char *text = clean(sdp);

    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void lime_goes(void **state)
{
    (void)state;
    assert_clean("v=0\r\na=lime-Ik:QUJD\r\nm=audio 1 RTP/AVP 0\r\n",
                 "v=0\r\na=xxxxxxxxxxxx\r\nm=audio 1 RTP/AVP 0\r\n");
    assert_clean("v=0\r\na=Ik:QUJD\r\n", "v=0\r\na=xxxxxxx\r\n");
    assert_clean("v=0\na=LIME-IK:QUJD\nm=x\na=lime-ik:Z\n",
                 "v=0\na=xxxxxxxxxxxx\nm=x\na=xxxxxxxxx\n");
    assert_clean("a=lime-Ik:QUJD", "a=xxxxxxxxxxxx");
    assert_clean("a=lime-Ik\r\nv=0\r\n", "a=xxxxxxx\r\nv=0\r\n");
}

static void the_rest_stays(void **state)
{
    (void)state;
    assert_null(clean(""));
    assert_null(clean("v=0\r\na=zrtp-hash:1.10 abcd\r\n"));
    assert_null(clean("v=0\r\na=lime-Ikx:1\r\na=Iky:1\r\ns=a=lime-Ik:1\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lime_goes),
        cmocka_unit_test(the_rest_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
