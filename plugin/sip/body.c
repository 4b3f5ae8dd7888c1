/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message's whole body: as it came, and changed before it leaves. belle-sip measures and holds a
 * body before its last hook (on_sending), so there is another moment for it: body_out. */
#include "tap_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CLEAR "simauth-clear" /* the SDP that a protected message had */

struct clear {
    size_t len;
    char text[];
};

static void free_clear(void *data)
{
    struct clear *clear = data;

    explicit_bzero(clear->text, clear->len);
    free(clear);
}

const char *tap_body_clear(belle_sip_message_t *message, size_t *len)
{
    const struct clear *clear = belle_sip_object_data_get((belle_sip_object_t *)message, CLEAR);

    if (!clear)
        return NULL;
    *len = clear->len;
    return clear->text;
}

static struct clear *copy_clear(belle_sip_message_t *message)
{
    size_t len = 0;
    const char *sdp = sip_message_sdp(message, &len);
    struct clear *clear = sdp ? malloc(sizeof(*clear) + len + 1) : NULL;

    if (!clear)
        return NULL;
    clear->len = len;
    memcpy(clear->text, sdp, len);
    clear->text[len] = '\0';
    return clear;
}

const char *sip_message_body(belle_sip_message_t *message, const char **type, size_t *len)
{
    belle_sip_body_handler_t *body = belle_sip_message_get_body_handler(message);
    belle_sip_header_t *header = belle_sip_message_get_header(message, "Content-Type");
    const char *text = body ? belle_sip_message_get_body(message) : NULL;

    if (!text || !header)
        return NULL;
    *type = belle_sip_header_get_unparsed_value(header);
    /* Of what belle-sip has parsed as a multipart it makes a text again. */
    *len = BELLE_SIP_OBJECT_IS_INSTANCE_OF(body, belle_sip_memory_body_handler_t)
               ? belle_sip_body_handler_get_size(body)
               : strlen(text);
    return text;
}

/* belle_sip_object_data_remove() of 5.1 loses a link of its list, so what is to go becomes NULL. */
static void forget(belle_sip_message_t *message, const char *name)
{
    belle_sip_object_t *object = (belle_sip_object_t *)message;

    if (belle_sip_object_data_exists(object, name))
        belle_sip_object_data_set(object, name, NULL, NULL);
}

bool sip_message_set_body(belle_sip_message_t *message, const char *type, const char *body,
                          size_t len)
{
    belle_sip_header_t *header = belle_sip_header_create("Content-Type", type);
    belle_sip_header_content_length_t *length;

    if (!header || !BELLE_SIP_OBJECT_IS_INSTANCE_OF(header, belle_sip_header_content_type_t) ||
        len == 0)
        return false;
    forget(message, CLEAR);
    belle_sip_message_set_body(message, body, len);
    belle_sip_message_remove_header(message, "Content-Type");
    belle_sip_message_add_header(message, header);
    length = belle_sip_message_get_header_by_type(message, belle_sip_header_content_length_t);
    if (length)
        belle_sip_header_content_length_set_content_length(length, len);
    return true;
}

bool sip_message_protect(belle_sip_message_t *message, const char *type, const char *body,
                         size_t len)
{
    struct clear *clear = copy_clear(message);

    if (!clear)
        return false;
    if (!sip_message_set_body(message, type, body, len)) {
        free_clear(clear);
        return false;
    }
    belle_sip_object_data_set((belle_sip_object_t *)message, CLEAR, clear, free_clear);
    return true;
}

/* -- in ---------------------------------------------------------------------------------------- */

/* A multipart is received as plain octets, whatever it is: belle-sip's own parser reads on from
 * NULL where Content-Type has no bare boundary, and is left without any part where the body is not
 * just as it thinks, which its own printing then does not end with. What is well made becomes
 * belle-sip's multipart when all of it is here. */

#define HELD_TYPE "simauth-held-type" /* Content-Type of a compressed multipart, meanwhile */

static bool is_multipart(belle_sip_header_content_type_t *type)
{
    const char *major = type ? belle_sip_header_content_type_get_type(type) : NULL;

    return major && strcasecmp(major, "multipart") == 0;
}

/* What belle-sip takes behind `;boundary=` is as it stands, quotes and all. */
static const char *bare_boundary(belle_sip_header_content_type_t *type)
{
    const char *minor = belle_sip_header_content_type_get_subtype(type);
    const char *value = belle_sip_header_get_unparsed_value((belle_sip_header_t *)type);
    const char *boundary = value ? strstr(value, ";boundary=") : NULL;

    if (!minor || !boundary || strcasecmp(minor, "signed") == 0)
        return NULL;
    boundary += strlen(";boundary=");
    return *boundary && !strpbrk(boundary, "\"; \t") ? boundary : NULL;
}

/* Just what belle-sip's parser reads to its end: `--b CRLF part CRLF --b CRLF part CRLF --b--
 * CRLF`.
 */
static bool is_well_made(const char *body, const char *boundary)
{
    size_t len = strlen(boundary) + 2;
    char *dash = malloc(len + 1);
    bool good = dash != NULL;

    if (good) {
        snprintf(dash, len + 1, "--%s", boundary);
        good = strncmp(body, dash, len) == 0;
        body += good ? len : 0;
    }
    do { /* one part at least */
        const char *next = good && strncmp(body, "\r\n", 2) == 0 ? strstr(body + 2, dash) : NULL;
        good = next && next - body >= 4 && next[-1] == '\n' && next[-2] == '\r';
        body = good ? next + len : body;
    } while (good && strcmp(body, "--\r\n") != 0);
    free(dash);
    return good;
}

static void hold_type(belle_sip_message_t *message, belle_sip_header_content_type_t *type)
{
    belle_sip_object_data_set((belle_sip_object_t *)message, HELD_TYPE, belle_sip_object_ref(type),
                              belle_sip_object_unref);
    belle_sip_message_remove_header(message, "Content-Type");
    sip_message_set_header(message, "Content-Type", "application/octet-stream");
}

void tap_body_prepare(belle_sip_message_t *message)
{
    belle_sip_header_content_type_t *type =
        belle_sip_message_get_header_by_type(message, belle_sip_header_content_type_t);
    belle_sip_header_content_length_t *length =
        belle_sip_message_get_header_by_type(message, belle_sip_header_content_length_t);
    belle_sip_body_handler_t *body;

    if (!length || !is_multipart(type) || belle_sip_message_get_body_handler(message))
        return;
    /* belle-sip parses a multipart that it has uncompressed before anybody else sees it. */
    if (belle_sip_message_get_header(message, "Content-Encoding")) {
        hold_type(message, type);
        return;
    }
    body = (belle_sip_body_handler_t *)belle_sip_memory_body_handler_new(NULL, NULL);
    belle_sip_body_handler_set_size(body,
                                    belle_sip_header_content_length_get_content_length(length));
    belle_sip_body_handler_add_header(body, BELLE_SIP_HEADER(length));
    belle_sip_body_handler_add_header(body, BELLE_SIP_HEADER(type));
    belle_sip_message_set_body_handler(message, body);
}

static void give_type_back(belle_sip_message_t *message)
{
    belle_sip_header_t *type = belle_sip_object_data_get((belle_sip_object_t *)message, HELD_TYPE);

    if (!type)
        return;
    belle_sip_message_remove_header(message, "Content-Type");
    belle_sip_message_add_header(message, type);
    forget(message, HELD_TYPE);
}

static void make_multipart(belle_sip_message_t *message, const char *text, size_t len,
                           belle_sip_header_content_type_t *type)
{
    belle_sip_header_content_length_t *length =
        belle_sip_message_get_header_by_type(message, belle_sip_header_content_length_t);
    const char *boundary = bare_boundary(type);
    belle_sip_body_handler_t *body;

    /* An envelope is read octet by octet, as it came. */
    if (!boundary || strlen(text) != len || strstr(text, "application/pkcs7-mime") ||
        !is_well_made(text, boundary))
        return;
    body = (belle_sip_body_handler_t *)belle_sip_multipart_body_handler_new_from_buffer(text, len,
                                                                                        boundary);
    if (length)
        belle_sip_body_handler_add_header(body, BELLE_SIP_HEADER(length));
    belle_sip_body_handler_add_header(body, BELLE_SIP_HEADER(type));
    belle_sip_message_set_body_handler(message, body);
}

void tap_body_ready(belle_sip_message_t *message)
{
    belle_sip_body_handler_t *body = belle_sip_message_get_body_handler(message);
    belle_sip_header_content_type_t *type;
    const char *octets;
    size_t len;
    char *text;

    give_type_back(message);
    type = belle_sip_message_get_header_by_type(message, belle_sip_header_content_type_t);
    if (!body || !is_multipart(type) ||
        !BELLE_SIP_OBJECT_IS_INSTANCE_OF(body, belle_sip_memory_body_handler_t) ||
        belle_sip_message_get_header(message, "Content-Encoding"))
        return;
    octets = belle_sip_message_get_body(message);
    len = belle_sip_body_handler_get_size(body);
    text = octets ? strndup(octets, len) : NULL; /* what was compressed has no NUL behind it */
    if (text)
        make_multipart(message, text, len, type);
    free(text);
}

/* -- out --------------------------------------------------------------------------------------- */

void tap_body_out(struct tap_core *core, belle_sip_message_t *message)
{
    struct sip_call *call;

    if (!tap.users->body_out || !belle_sip_message_get_body_handler(message) ||
        (belle_sip_message_is_response(message) &&
         belle_sip_response_get_status_code((belle_sip_response_t *)message) <= 100))
        return;
    call = tap_call_of_message(core, message, true);
    if (call)
        tap.users->body_out(tap.user, call, message);
}
