/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ZRTP with an auxiliary secret (RFC 6189, 4.3). */
#include "sink.h"
#include "stream.h"

#include <dlfcn.h>
#include <mediastreamer2/mediastream.h>
#include <mediastreamer2/zrtp.h>
#include <simauth/keys.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Exported by liblinphone and in none of its installed headers. */
typedef void (*set_params_function)(LinphoneCall *call, const LinphoneCallParams *params);

static set_params_function set_params;

static const char *zrtp_missing(void)
{
    static const char name[] = "linphone_call_set_params";

    set_params = (set_params_function)dlsym(RTLD_DEFAULT, name);
    if (!stream_can())
        return STREAM_FUNCTION;
    return set_params ? NULL : name;
}

static MSZrtpContext *context_of(LinphoneCall *call)
{
    MediaStream *stream = stream_of(call, LinphoneStreamTypeAudio);
    return stream ? stream->sessions.zrtp_context : NULL;
}

/* Without an offer in its INVITE a call has no local description yet, and would be given an empty
 * one with new parameters, which every phone refuses (488). So its own are changed where they are.
 */
static void raise_in_place(const LinphoneCallParams *params, bool mandatory)
{
    LinphoneCallParams *own = (LinphoneCallParams *)params;

    linphone_call_params_set_media_encryption(own, LinphoneMediaEncryptionZRTP);
    if (mandatory)
        linphone_call_params_enable_mandatory_media_encryption(own, TRUE);
}

/* The call gets a copy of its parameters of its own; the core's setting is not touched. In this
 * state liblinphone makes the local description anew from them. Somebody who asked for SRTP or DTLS
 * gets ZRTP instead, and it is mandatory: raised, never lowered. */
static bool zrtp_raise(LinphoneCall *call)
{
    const LinphoneCallParams *now = linphone_call_get_params(call);
    LinphoneMediaEncryption before = linphone_call_params_get_media_encryption(now);
    LinphoneCallParams *params;

    if (!ms_zrtp_available())
        return false;
    if (before == LinphoneMediaEncryptionZRTP)
        return true;
    if (linphone_core_sdp_200_ack_enabled(linphone_call_get_core(call))) {
        raise_in_place(now, before != LinphoneMediaEncryptionNone);
        return linphone_call_params_get_media_encryption(linphone_call_get_params(call)) ==
               LinphoneMediaEncryptionZRTP;
    }
    params = linphone_call_params_copy(now);
    linphone_call_params_set_media_encryption(params, LinphoneMediaEncryptionZRTP);
    if (before != LinphoneMediaEncryptionNone)
        linphone_call_params_enable_mandatory_media_encryption(params, TRUE);
    set_params(call, params);
    linphone_call_params_unref(params);
    now = linphone_call_get_params(call);
    return linphone_call_params_get_media_encryption(now) == LinphoneMediaEncryptionZRTP;
}

/* liblinphone looks at the core's setting while it makes the call's object, which is within
 * let_in(). The value is changed in memory alone: the file is written from the main loop, which
 * does not turn in between. Mandatory stays mandatory. */
static void zrtp_admit(LinphoneCore *lc, bool offers, void (*let_in)(void *arg), void *arg)
{
    LinphoneConfig *config = linphone_core_get_config(lc);
    char *before;

    if ((!offers && !linphone_core_is_media_encryption_mandatory(lc)) ||
        linphone_core_get_media_encryption(lc) == LinphoneMediaEncryptionZRTP) {
        let_in(arg);
        return;
    }
    before = strdup(linphone_config_get_string(config, "sip", "media_encryption", ""));
    if (before)
        linphone_config_set_string(config, "sip", "media_encryption", "zrtp");
    let_in(arg);
    if (before)
        linphone_config_set_string(config, "sip", "media_encryption", *before ? before : NULL);
    free(before);
}

static bool zrtp_key(LinphoneCall *call, const struct simauth_secret *key)
{
    MSZrtpContext *context = context_of(call);
    return context && ms_zrtp_setAuxiliarySharedSecret(context, key->octets, key->len) == 0;
}

static enum sink_verdict zrtp_verdict(LinphoneCall *call, bool on)
{
    MSZrtpContext *context = context_of(call);
    const LinphoneCallParams *params = linphone_call_get_current_params(call);

    if (!context || !on ||
        linphone_call_params_get_media_encryption(params) != LinphoneMediaEncryptionZRTP)
        return SINK_WEAK;
    return ms_zrtp_getAuxiliarySharedSecretMismatch(context) == 0 ? SINK_MATCH : SINK_MISMATCH;
}

/* With LIME, and only with it, liblinphone 5.1 reads the peer's Contact while it takes a mark away;
 * a 183 may have none, and somebody's may be no address. */
static bool can_unmark(LinphoneCall *call)
{
    const char *contact = linphone_call_get_remote_contact(call);
    LinphoneAddress *address;

    if (!linphone_core_lime_x3dh_enabled(linphone_call_get_core(call)))
        return true;
    address = contact ? linphone_factory_create_address(linphone_factory_get(), contact) : NULL;
    if (address)
        linphone_address_unref(address);
    return address != NULL;
}

static bool zrtp_mark(LinphoneCall *call, bool proved, bool allowed,
                      char said[static SINK_SAID_MAX])
{
    const char *letters = linphone_call_get_authentication_token(call);
    bool differs = linphone_call_get_authentication_token_verified(call) != (bool_t)proved;
    char now[SINK_SAID_MAX];

    snprintf(now, sizeof(now), "%s %s", proved ? "proved" : "unproved", letters ? letters : "");
    if (!strcmp(said, now))
        return true; /* since then the person may have compared them */
    if (differs && !proved && !can_unmark(call))
        return false;
    memcpy(said, now, sizeof(now));
    if (proved && !allowed)
        return true; /* what the person did with the letters stays theirs */
    if (differs)
        linphone_call_set_authentication_token_verified(call, proved);
    return true;
}

/* -- LIME's secret is public: its lines stay out of a call with elements ----------------------- */

static bool is_lime(const char *line, size_t len)
{
    static const char *const names[] = {"a=lime-ik", "a=ik"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n = strlen(names[i]);
        if (len >= n && !strncasecmp(line, names[i], n) &&
            (len == n || line[n] == ':' || line[n] == '\r' || line[n] == '\n'))
            return true;
    }
    return false;
}

/* The line stays, as an attribute that nobody knows: a description that is on its way out must keep
 * its length (sip_message_set_sdp()). */
static void blank(char *line, size_t len)
{
    for (size_t i = strlen("a="); i < len && line[i] != '\r' && line[i] != '\n'; i++)
        line[i] = 'x';
}

static char *zrtp_clean(const char *sdp, size_t len, size_t *clean_len, bool *failed)
{
    char *clean = malloc(len + 1);
    bool found = false;

    *failed = !clean;
    if (clean)
        memcpy(clean, sdp, len);
    for (size_t at = 0, next; clean && at < len; at = next) {
        const char *end = memchr(sdp + at, '\n', len - at);
        next = end ? (size_t)(end - sdp) + 1 : len;
        if (is_lime(sdp + at, next - at)) {
            blank(clean + at, next - at);
            found = true;
        }
    }
    if (!found) {
        free(clean);
        return NULL;
    }
    clean[len] = '\0';
    *clean_len = len;
    return clean;
}

const struct sink sink_zrtp = {
    .name = "zrtp",
    .label = SIMAUTH_LABEL_ZRTP,
    .key_len = SIMAUTH_KEY_LEN,
    .missing = zrtp_missing,
    .raise = zrtp_raise,
    .admit = zrtp_admit,
    .key = zrtp_key,
    .verdict = zrtp_verdict,
    .mark = zrtp_mark,
    .clean = zrtp_clean,
};
