/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message's whole body: as it came, and changed before it leaves. belle-sip measures and holds a
 * body before its last hook (on_sending), so there is another moment for it: body_out. */
#include "tap_internal.h"

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

bool sip_message_set_body(belle_sip_message_t *message, const char *type, const char *body,
                          size_t len)
{
    belle_sip_header_t *header = belle_sip_header_create("Content-Type", type);
    belle_sip_header_content_length_t *length;

    if (!header || !BELLE_SIP_OBJECT_IS_INSTANCE_OF(header, belle_sip_header_content_type_t) ||
        len == 0)
        return false;
    belle_sip_object_data_remove((belle_sip_object_t *)message, CLEAR);
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

/* -- in -----------------------------------------------------------------------------------------
 */

/* belle-sip takes what stands behind `;boundary=` as it is, quotes and all, and reads on from NULL
 * where that is not found. */
static bool belle_may_parse(belle_sip_header_content_type_t *type)
{
    const char *minor = belle_sip_header_content_type_get_subtype(type);
    const char *value = belle_sip_header_get_unparsed_value((belle_sip_header_t *)type);
    const char *boundary = value ? strstr(value, ";boundary=") : NULL;

    return minor && strcasecmp(minor, "signed") != 0 && boundary &&
           strpbrk(boundary + 1, "\"; \t") == NULL && boundary[strlen(";boundary=")] != '\0';
}

void tap_body_prepare(belle_sip_message_t *message)
{
    belle_sip_header_content_type_t *type =
        belle_sip_message_get_header_by_type(message, belle_sip_header_content_type_t);
    belle_sip_header_content_length_t *length =
        belle_sip_message_get_header_by_type(message, belle_sip_header_content_length_t);
    const char *major = type ? belle_sip_header_content_type_get_type(type) : NULL;
    belle_sip_body_handler_t *body;

    if (!length || !major || strcmp(major, "multipart") != 0 || belle_may_parse(type) ||
        belle_sip_message_get_body_handler(message) ||
        belle_sip_message_get_header(message, "Content-Encoding"))
        return;
    body = (belle_sip_body_handler_t *)belle_sip_memory_body_handler_new(NULL, NULL);
    belle_sip_body_handler_set_size(body,
                                    belle_sip_header_content_length_get_content_length(length));
    belle_sip_body_handler_add_header(body, BELLE_SIP_HEADER(length));
    belle_sip_body_handler_add_header(body, BELLE_SIP_HEADER(type));
    belle_sip_message_set_body_handler(message, body);
}

/* -- out ----------------------------------------------------------------------------------------
 */

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
