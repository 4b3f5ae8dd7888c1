/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One message: tags, branches, headers, the SDP in it. Every getter bears a message that lacks the
 * header, since what the network brings may lack anything. */
#include "tap_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WARN_AGENT "simauth"
#define MAGIC_COOKIE "z9hG4bK" /* RFC 3261, 8.1.1.7 */

bool tap_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

bool tap_same_or_none(const char *a, const char *b)
{
    return tap_same(a, b) || (!a && !b);
}

bool tap_has_cookie(const char *branch)
{
    return branch && strncmp(branch, MAGIC_COOKIE, strlen(MAGIC_COOKIE)) == 0;
}

bool tap_is_token(const char *text)
{
    static const char others[] = "-.!%*_+`'~";
    size_t len = text ? strlen(text) : 0;

    if (len == 0 || len > SIP_TAP_TOKEN_MAX)
        return false;
    for (; *text; text++) {
        bool alnum = (*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'z') ||
                     (*text >= 'A' && *text <= 'Z');
        if (!alnum && !strchr(others, *text))
            return false;
    }
    return true;
}

const char *tap_call_id_of(const void *message)
{
    belle_sip_header_call_id_t *header =
        belle_sip_message_get_header_by_type(message, belle_sip_header_call_id_t);
    return header ? belle_sip_header_call_id_get_call_id(header) : NULL;
}

const char *tap_from_tag_of(const void *message)
{
    belle_sip_header_from_t *header =
        belle_sip_message_get_header_by_type(message, belle_sip_header_from_t);
    return header ? belle_sip_header_from_get_tag(header) : NULL;
}

const char *tap_to_tag_of(const void *message)
{
    belle_sip_header_to_t *header =
        belle_sip_message_get_header_by_type(message, belle_sip_header_to_t);
    return header ? belle_sip_header_to_get_tag(header) : NULL;
}

const char *tap_top_branch_of(const void *message)
{
    belle_sip_header_via_t *header =
        belle_sip_message_get_header_by_type(message, belle_sip_header_via_t);
    return header ? belle_sip_header_via_get_branch(header) : NULL;
}

unsigned tap_cseq_of(const void *message)
{
    belle_sip_header_cseq_t *header =
        belle_sip_message_get_header_by_type(message, belle_sip_header_cseq_t);
    return header ? belle_sip_header_cseq_get_seq_number(header) : 0;
}

const char *tap_cseq_method_of(const void *message)
{
    belle_sip_header_cseq_t *header =
        belle_sip_message_get_header_by_type(message, belle_sip_header_cseq_t);
    return header ? belle_sip_header_cseq_get_method(header) : NULL;
}

static belle_sip_header_address_t *address_in(belle_sip_message_t *message, enum sip_field field)
{
    belle_sip_header_from_t *from =
        belle_sip_message_get_header_by_type(message, belle_sip_header_from_t);
    belle_sip_header_to_t *to =
        belle_sip_message_get_header_by_type(message, belle_sip_header_to_t);
    belle_sip_header_contact_t *contact =
        belle_sip_message_get_header_by_type(message, belle_sip_header_contact_t);

    if (field == SIP_FROM)
        return from ? BELLE_SIP_HEADER_ADDRESS(from) : NULL;
    if (field == SIP_TO)
        return to ? BELLE_SIP_HEADER_ADDRESS(to) : NULL;
    return contact ? BELLE_SIP_HEADER_ADDRESS(contact) : NULL;
}

char *sip_message_uri(belle_sip_message_t *message, enum sip_field field)
{
    belle_sip_header_address_t *address = address_in(message, field);
    belle_sip_uri_t *uri = address ? belle_sip_header_address_get_uri(address) : NULL;
    belle_generic_uri_t *other =
        address ? belle_sip_header_address_get_absolute_uri(address) : NULL;

    if (uri)
        return belle_sip_uri_to_string(uri);
    return other ? belle_generic_uri_to_string(other) : NULL;
}

unsigned sip_message_cseq(belle_sip_message_t *message)
{
    return tap_cseq_of(message);
}

char *sip_message_request_uri(belle_sip_request_t *request)
{
    belle_sip_uri_t *uri = belle_sip_request_get_uri(request);
    belle_generic_uri_t *other = belle_sip_request_get_absolute_uri(request);

    if (uri)
        return belle_sip_uri_to_string(uri);
    return other ? belle_generic_uri_to_string(other) : NULL;
}

const char *sip_message_method(belle_sip_message_t *message)
{
    return tap_cseq_method_of(message);
}

bool sip_code_repeats(int code)
{
    return code == 401 || code == 407 || code == 422;
}

const char *sip_message_from_tag(belle_sip_message_t *message)
{
    return tap_from_tag_of(message);
}

const char *sip_message_to_tag(belle_sip_message_t *message)
{
    return tap_to_tag_of(message);
}

const char *sip_message_bottom_branch(belle_sip_message_t *message)
{
    const belle_sip_list_t *vias = belle_sip_message_get_headers(message, "Via");

    while (vias && vias->next)
        vias = vias->next;
    if (!vias || !BELLE_SIP_OBJECT_IS_INSTANCE_OF(vias->data, belle_sip_header_via_t))
        return NULL;
    return belle_sip_header_via_get_branch(vias->data);
}

bool sip_ack_set_branch(belle_sip_request_t *ack, const char *branch)
{
    const belle_sip_list_t *vias = belle_sip_message_get_headers((belle_sip_message_t *)ack, "Via");

    if (!vias || vias->next || !tap_is_token(branch) ||
        !BELLE_SIP_OBJECT_IS_INSTANCE_OF(vias->data, belle_sip_header_via_t))
        return false;
    belle_sip_header_via_set_branch(vias->data, branch);
    return true;
}

/* -- headers ----------------------------------------------------------------------------------- */

const char *sip_message_header(belle_sip_message_t *message, const char *name, size_t *count)
{
    const belle_sip_list_t *headers = belle_sip_message_get_headers(message, name);
    const char *value = headers ? belle_sip_header_get_unparsed_value(headers->data) : NULL;

    if (count) {
        for (*count = 0; headers; headers = headers->next)
            ++*count;
    }
    return value;
}

void sip_message_set_header(belle_sip_message_t *message, const char *name, const char *value)
{
    belle_sip_header_t *header = belle_sip_header_create(name, value);

    if (header)
        belle_sip_message_set_header(message, header);
}

void sip_message_remove_header(belle_sip_message_t *message, const char *name)
{
    belle_sip_message_remove_header(message, name);
}

/* Warning: 399 agent "text" (RFC 3261, 20.43); quotes and backslashes in the text are escaped, what
 * ends a line is left out. */
static char *make_warning(const char *text)
{
    char *value = malloc(sizeof("399 " WARN_AGENT " \"\"") + 2 * strlen(text));
    char *to;

    if (!value)
        return NULL;
    to = value + sprintf(value, "399 " WARN_AGENT " \"");
    for (; *text; text++) {
        if ((unsigned char)*text < ' ')
            continue;
        if (*text == '"' || *text == '\\')
            *to++ = '\\';
        *to++ = *text;
    }
    *to++ = '"';
    *to = '\0';
    return value;
}

/* By set, not by add, so that a message that is sent again is not explained twice. */
void tap_message_explain(belle_sip_message_t *message, const char *reason, const char *warning)
{
    char *value = warning ? make_warning(warning) : NULL;

    if (reason)
        sip_message_set_header(message, "Reason", reason);
    if (value)
        sip_message_set_header(message, "Warning", value);
    free(value);
}

/* -- SDP --------------------------------------------------------------------------------------- */

static bool is_sdp_type(belle_sip_header_content_type_t *type)
{
    const char *major = type ? belle_sip_header_content_type_get_type(type) : NULL;
    const char *minor = type ? belle_sip_header_content_type_get_subtype(type) : NULL;

    return major && minor && strcasecmp(major, "application") == 0 && strcasecmp(minor, "sdp") == 0;
}

static bool part_is_sdp(belle_sip_body_handler_t *part)
{
    const belle_sip_list_t *headers = belle_sip_body_handler_get_headers(part);

    for (; headers; headers = headers->next) {
        if (BELLE_SIP_OBJECT_IS_INSTANCE_OF(headers->data, belle_sip_header_content_type_t))
            return is_sdp_type(headers->data);
    }
    return false;
}

/* The one of a multipart; NULL where there is none, or another one: liblinphone takes the last. */
static belle_sip_memory_body_handler_t *find_part(belle_sip_multipart_body_handler_t *body)
{
    const belle_sip_list_t *parts = belle_sip_multipart_body_handler_get_parts(body);
    belle_sip_memory_body_handler_t *found = NULL;

    for (; parts; parts = parts->next) {
        if (!BELLE_SIP_OBJECT_IS_INSTANCE_OF(parts->data, belle_sip_memory_body_handler_t) ||
            !part_is_sdp(parts->data))
            continue;
        if (found)
            return NULL;
        found = parts->data;
    }
    return found;
}

static belle_sip_memory_body_handler_t *find_sdp(belle_sip_message_t *message)
{
    belle_sip_body_handler_t *body = belle_sip_message_get_body_handler(message);

    /* A compressed body is no text; belle-sip has undone that before we see what came. */
    if (!body || belle_sip_message_get_header(message, "Content-Encoding"))
        return NULL;
    if (BELLE_SIP_OBJECT_IS_INSTANCE_OF(body, belle_sip_memory_body_handler_t)) {
        bool sdp = is_sdp_type(
            belle_sip_message_get_header_by_type(message, belle_sip_header_content_type_t));
        return sdp ? (belle_sip_memory_body_handler_t *)body : NULL;
    }
    if (!BELLE_SIP_OBJECT_IS_INSTANCE_OF(body, belle_sip_multipart_body_handler_t))
        return NULL;
    return find_part((belle_sip_multipart_body_handler_t *)body);
}

const char *sip_message_sdp(belle_sip_message_t *message, size_t *len)
{
    const char *clear = tap_body_clear(message, len);
    belle_sip_memory_body_handler_t *sdp = clear ? NULL : find_sdp(message);

    if (!sdp)
        return clear;
    *len = belle_sip_body_handler_get_size((belle_sip_body_handler_t *)sdp);
    return belle_sip_memory_body_handler_get_buffer(sdp);
}

static bool may_describe(belle_sip_message_t *message)
{
    static const char *const methods[] = {"INVITE", "ACK", "UPDATE", "PRACK"};
    const char *method = tap_cseq_method_of(message);

    for (size_t i = 0; method && i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(method, methods[i]) == 0)
            return true;
    }
    return false;
}

bool sip_message_drop_body(belle_sip_message_t *message)
{
    if (!belle_sip_message_get_body_handler(message))
        return false;
    belle_sip_message_remove_header(message, "Content-Encoding");
    belle_sip_message_set_body_handler(message, NULL);
    belle_sip_message_remove_header(message, "Content-Type"); /* a multipart has it twice */
    return true;
}

bool sip_message_drop_unread(belle_sip_message_t *message)
{
    belle_sip_header_content_type_t *type =
        belle_sip_message_get_header_by_type(message, belle_sip_header_content_type_t);
    const char *major = type ? belle_sip_header_content_type_get_type(type) : NULL;
    bool encoded = belle_sip_message_get_header(message, "Content-Encoding") != NULL;
    size_t len = 0;

    if (!may_describe(message) || !belle_sip_message_get_body_handler(message) ||
        sip_message_sdp(message, &len) ||
        (!encoded && (!major || strcasecmp(major, "multipart") != 0)))
        return false;
    return sip_message_drop_body(message);
}

/* A part has no setter that takes a length, so the multipart body is built anew around the new
 * part. */
static bool set_part(belle_sip_message_t *message, belle_sip_memory_body_handler_t *old,
                     const char *sdp, size_t len)
{
    belle_sip_multipart_body_handler_t *body =
        (belle_sip_multipart_body_handler_t *)belle_sip_message_get_body_handler(message);
    const belle_sip_list_t *parts = belle_sip_multipart_body_handler_get_parts(body);
    belle_sip_multipart_body_handler_t *made = belle_sip_multipart_body_handler_new(
        NULL, NULL, NULL, belle_sip_multipart_body_handler_get_boundary(body));

    if (!made)
        return false;
    belle_sip_multipart_body_handler_set_related(made,
                                                 belle_sip_multipart_body_handler_is_related(body));
    for (; parts; parts = parts->next) {
        belle_sip_body_handler_t *part = parts->data;
        const belle_sip_list_t *headers = belle_sip_body_handler_get_headers(part);
        if (part == (belle_sip_body_handler_t *)old) {
            part = (belle_sip_body_handler_t *)belle_sip_memory_body_handler_new_copy_from_buffer(
                sdp, len, NULL, NULL);
            for (; headers; headers = headers->next) {
                if (!BELLE_SIP_OBJECT_IS_INSTANCE_OF(headers->data,
                                                     belle_sip_header_content_length_t))
                    belle_sip_body_handler_add_header(part, headers->data);
            }
        }
        belle_sip_multipart_body_handler_add_part(made, part);
    }
    belle_sip_message_set_body_handler(message, (belle_sip_body_handler_t *)made);
    return true;
}

bool sip_message_set_sdp(belle_sip_message_t *message, const char *sdp, size_t len)
{
    belle_sip_memory_body_handler_t *old = find_sdp(message);
    belle_sip_header_content_length_t *length;

    if (!old || !sdp || len == 0)
        return false;
    if (len == belle_sip_body_handler_get_size((belle_sip_body_handler_t *)old)) {
        memcpy(belle_sip_memory_body_handler_get_buffer(old), sdp, len);
        return true;
    }
    if ((belle_sip_body_handler_t *)old == belle_sip_message_get_body_handler(message))
        belle_sip_message_set_body(message, sdp, len);
    else if (!set_part(message, old, sdp, len))
        return false;
    length = belle_sip_message_get_header_by_type(message, belle_sip_header_content_length_t);
    if (length)
        belle_sip_header_content_length_set_content_length(
            length, belle_sip_message_get_body_size(message));
    return true;
}
