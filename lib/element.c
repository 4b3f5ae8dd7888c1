/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simauth/element.h"
#include "simauth/octets.h"
#include <stdio.h>
#include <string.h>

#define PREFIX_LEN 6 /* "sim01." */
#define MAC_TEXT SIMAUTH_B64U_LEN(SIMAUTH_MAC_LEN)
#define CHAL_TEXT (SIMAUTH_B64U_LEN(SIMAUTH_CHAL_MAX) + 2) /* with a dot behind an id */
#define REPLACED_TEXT SIMAUTH_B64U_LEN(SIMAUTH_RAND_LEN)

/* What is left to be parsed. */
struct rest {
    const char *at;
    size_t len;
};

static bool take_char(struct rest *rest, char c)
{
    if (rest->len == 0 || *rest->at != c)
        return false;
    rest->at++;
    rest->len--;
    return true;
}

static bool take_octets(struct rest *rest, uint8_t *octets, size_t len)
{
    size_t text_len = SIMAUTH_B64U_LEN(len);

    if (rest->len < text_len || simauth_b64u_decode(rest->at, text_len, octets, len) != SIMAUTH_OK)
        return false;
    rest->at += text_len;
    rest->len -= text_len;
    return true;
}

static enum simauth_result take_challenge(struct rest *rest, struct simauth_element *element)
{
    const char *dot = memchr(rest->at, '.', rest->len);
    size_t name_len, id_len;
    bool opening;

    if (dot == NULL)
        return SIMAUTH_MALFORMED;
    name_len = (size_t)(dot - rest->at);
    element->method = simauth_method_find(rest->at, name_len);
    if (element->method == NULL)
        return SIMAUTH_UNKNOWN_METHOD;
    rest->at += name_len + 1;
    rest->len -= name_len + 1;
    opening = element->kind == SIMAUTH_ELEMENT_1;
    element->rand_len = (uint8_t)simauth_method_chal_len(element->method, opening);
    id_len = opening ? element->method->id_len : 0;
    if (id_len > 0 && (!take_octets(rest, element->rand, id_len) || !take_char(rest, '.')))
        return SIMAUTH_MALFORMED;
    if (!take_octets(rest, element->rand + id_len, element->rand_len - id_len))
        return SIMAUTH_MALFORMED;
    if (element->method->check_rand != NULL)
        return element->method->check_rand(element->rand, element->rand_len);
    return SIMAUTH_OK;
}

static enum simauth_result take_opening(struct rest *rest, struct simauth_element *element)
{
    enum simauth_result result = take_challenge(rest, element);

    if (result != SIMAUTH_OK)
        return result;
    if (!take_char(rest, '.') || !take_octets(rest, element->mac, SIMAUTH_MAC_LEN))
        return SIMAUTH_MALFORMED;
    return SIMAUTH_OK;
}

static enum simauth_result take_answer(struct rest *rest, struct simauth_element *element)
{
    enum simauth_result result;

    if (!take_octets(rest, element->mac, SIMAUTH_MAC_LEN) || !take_char(rest, '.'))
        return SIMAUTH_MALFORMED;
    result = take_challenge(rest, element);
    if (result != SIMAUTH_OK || rest->len == 0)
        return result;
    if (simauth_method_is_held(element->method)) /* no SIM, so nothing to be replaced */
        return SIMAUTH_MALFORMED;
    if (!take_char(rest, '.') || !take_octets(rest, element->replaced, SIMAUTH_RAND_LEN))
        return SIMAUTH_MALFORMED;
    element->replaced_len = SIMAUTH_RAND_LEN;
    return SIMAUTH_OK;
}

static enum simauth_result take_kind(struct rest *rest, struct simauth_element *element)
{
    switch (element->kind) {
    case SIMAUTH_ELEMENT_1:
        return take_opening(rest, element);
    case SIMAUTH_ELEMENT_2:
        return take_answer(rest, element);
    case SIMAUTH_ELEMENT_3:
    case SIMAUTH_ELEMENT_4:
        return take_octets(rest, element->mac, SIMAUTH_MAC_LEN) ? SIMAUTH_OK : SIMAUTH_MALFORMED;
    }
    return SIMAUTH_MALFORMED;
}

static void write_prefix(enum simauth_element_kind kind, char prefix[static PREFIX_LEN + 1])
{
    memcpy(prefix, "sim00.", PREFIX_LEN + 1);
    prefix[4] = (char)('0' + (int)kind);
}

enum simauth_result simauth_element_parse(struct simauth_element *element,
                                          enum simauth_element_kind kind, const char *text,
                                          size_t len)
{
    char prefix[PREFIX_LEN + 1];
    struct rest rest = {NULL, 0};
    enum simauth_result result = SIMAUTH_MALFORMED;

    memset(element, 0, sizeof *element);
    if (len > SIMAUTH_ELEMENT_MAX)
        return SIMAUTH_TOO_LONG;
    write_prefix(kind, prefix);
    if (len >= PREFIX_LEN && memcmp(text, prefix, PREFIX_LEN) == 0) {
        element->kind = kind;
        rest = (struct rest){text + PREFIX_LEN, len - PREFIX_LEN};
        result = take_kind(&rest, element);
        if (result == SIMAUTH_OK && rest.len != 0)
            result = SIMAUTH_MALFORMED;
    }
    if (result != SIMAUTH_OK) {
        memset(element, 0, sizeof *element);
        return result;
    }
    memcpy(element->text, text, len);
    element->text[len] = '\0';
    return SIMAUTH_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Sets *text and *len to the candidate, or to NULL where there is none. */
static void find_candidate(const char *value, const char *before, const char **text, size_t *len)
{
    *text = NULL;
    *len = 0;
    if (value == NULL || strncmp(value, before, strlen(before)) != 0)
        return;
    value += strlen(before);
    if (strncmp(value, "sim0", 4) != 0)
        return;
    *text = value;
    *len = strlen(value);
}

enum simauth_element_found simauth_element_read(struct simauth_element *element,
                                                enum simauth_element_kind kind, const char *token,
                                                const char *header, size_t header_count)
{
    const char *in_token, *in_header;
    size_t token_len, header_len;

    memset(element, 0, sizeof *element);
    if (header_count > 1)
        return SIMAUTH_ELEMENT_MALFORMED;
    if (kind == SIMAUTH_ELEMENT_4)
        token = NULL;
    while (header != NULL && is_blank(*header))
        header++;
    find_candidate(token, kind == SIMAUTH_ELEMENT_3 ? SIMAUTH_BRANCH_PREFIX : "", &in_token,
                   &token_len);
    find_candidate(header, "", &in_header, &header_len);
    while (header_len > 0 && is_blank(in_header[header_len - 1]))
        header_len--;
    if (in_token == NULL && in_header == NULL)
        return SIMAUTH_ELEMENT_NONE;
    if (in_token != NULL && in_header != NULL &&
        (token_len != header_len || memcmp(in_token, in_header, token_len) != 0))
        return SIMAUTH_ELEMENT_MALFORMED;
    if (in_token == NULL) {
        in_token = in_header;
        token_len = header_len;
    }
    return simauth_element_parse(element, kind, in_token, token_len) == SIMAUTH_OK
               ? SIMAUTH_ELEMENT_FOUND
               : SIMAUTH_ELEMENT_MALFORMED;
}

static bool challenge_fits(const struct simauth_element *element)
{
    const struct simauth_method *method = element->method;

    if (method == NULL ||
        element->rand_len != simauth_method_chal_len(method, element->kind == SIMAUTH_ELEMENT_1))
        return false;
    if (element->replaced_len != 0 && simauth_method_is_held(method))
        return false;
    return method->check_rand == NULL ||
           method->check_rand(element->rand, element->rand_len) == SIMAUTH_OK;
}

static int write_answer(const struct simauth_element *element, const char *mac, const char *rand,
                        char *text)
{
    char replaced[REPLACED_TEXT + 1] = "";
    const char *name = element->method->name;

    if (element->replaced_len == 0)
        return snprintf(text, SIMAUTH_ELEMENT_MAX + 1, "sim02.%s.%s.%s", mac, name, rand);
    simauth_b64u_encode(element->replaced, SIMAUTH_RAND_LEN, replaced);
    return snprintf(text, SIMAUTH_ELEMENT_MAX + 1, "sim02.%s.%s.%s.%s", mac, name, rand, replaced);
}

static int write_kind(const struct simauth_element *element, const char *mac, const char *rand,
                      char *text)
{
    const size_t room = SIMAUTH_ELEMENT_MAX + 1;

    switch (element->kind) {
    case SIMAUTH_ELEMENT_1:
        return snprintf(text, room, "sim01.%s.%s.%s", element->method->name, rand, mac);
    case SIMAUTH_ELEMENT_2:
        return write_answer(element, mac, rand, text);
    case SIMAUTH_ELEMENT_3:
    case SIMAUTH_ELEMENT_4:
        return snprintf(text, room, "sim0%d.%s", (int)element->kind, mac);
    }
    return -1;
}

/* chal of section 2; `text` has room for CHAL_TEXT + 1. */
static void write_challenge(const struct simauth_element *element, char *text)
{
    size_t id_len = element->kind == SIMAUTH_ELEMENT_1 ? element->method->id_len : 0;

    if (id_len > 0) {
        simauth_b64u_encode(element->rand, id_len, text);
        text += strlen(text);
        *text++ = '.';
    }
    simauth_b64u_encode(element->rand + id_len, element->rand_len - id_len, text);
}

enum simauth_result simauth_element_write(struct simauth_element *element)
{
    char mac[MAC_TEXT + 1];
    char rand[CHAL_TEXT + 1] = "";
    bool has_challenge = element->kind == SIMAUTH_ELEMENT_1 || element->kind == SIMAUTH_ELEMENT_2;
    int len;

    element->text[0] = '\0';
    if (has_challenge && !challenge_fits(element))
        return SIMAUTH_MALFORMED;
    if (element->replaced_len != 0 &&
        (element->kind != SIMAUTH_ELEMENT_2 || element->replaced_len != SIMAUTH_RAND_LEN))
        return SIMAUTH_MALFORMED;
    simauth_b64u_encode(element->mac, SIMAUTH_MAC_LEN, mac);
    if (has_challenge)
        write_challenge(element, rand);
    len = write_kind(element, mac, rand, element->text);
    if (len > 0 && len <= SIMAUTH_ELEMENT_MAX)
        return SIMAUTH_OK;
    element->text[0] = '\0';
    return len > 0 ? SIMAUTH_TOO_LONG : SIMAUTH_MALFORMED;
}

void simauth_element_without_mac(const struct simauth_element *element, char *text)
{
    size_t len = strlen(element->text);

    text[0] = '\0';
    if (len < PREFIX_LEN + MAC_TEXT)
        return;
    if (element->kind == SIMAUTH_ELEMENT_2) {
        memcpy(text, element->text, PREFIX_LEN);
        strcpy(text + PREFIX_LEN, element->text + PREFIX_LEN + MAC_TEXT + 1);
        return;
    }
    len -= MAC_TEXT + 1;
    memcpy(text, element->text, len);
    text[len] = '\0';
}
