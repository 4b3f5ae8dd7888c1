/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* T1 to T4: each is the label of its own and then the fields of the one before (docs/protocol.md
 * section 4). */
#include "simauth/transcript.h"
#include "names.h"
#include <string.h>

#define LABEL_1 "simauth 1 T1"
#define LABEL_2 "simauth 1 T2"
#define LABEL_3 "simauth 1 T3"
#define LABEL_4 "simauth 1 T4"
#define LABEL_FIELD_LEN (2 + sizeof LABEL_1 - 1)

static void text_field(struct simauth_octets *t, const char *text)
{
    simauth_octets_field(t, text, strlen(text));
}

static void octets_field(struct simauth_octets *t, const struct simauth_octets *o)
{
    if (o->failed)
        t->failed = true;
    simauth_octets_field(t, o->data, o->len);
}

/* A transcript that failed is reported as such; one that was never made is a mistake of the
 * caller's. */
static bool follows(const struct simauth_octets *before)
{
    return before->failed || before->len > LABEL_FIELD_LEN;
}

/* The fields of `before`, without its label. */
static void fields_of(struct simauth_octets *t, const struct simauth_octets *before)
{
    if (before->failed) {
        t->failed = true;
        return;
    }
    simauth_octets_append(t, before->data + LABEL_FIELD_LEN, before->len - LABEL_FIELD_LEN);
}

/* Whether a failed append can only have been the size: memory is given back either way. */
static enum simauth_result finish(struct simauth_octets *t, size_t needed, size_t longest_field)
{
    if (!t->failed)
        return SIMAUTH_OK;
    simauth_octets_clear(t);
    return needed > SIMAUTH_OCTETS_MAX || longest_field > UINT16_MAX ? SIMAUTH_TOO_LONG
                                                                     : SIMAUTH_NO_MEMORY;
}

static enum simauth_result opening(struct simauth_octets *t, const char *label,
                                   const struct simauth_names *names,
                                   const struct simauth_element *element_1,
                                   const char *element_text, const struct simauth_octets *binding)
{
    if (!names_fit(names) || element_1->kind != SIMAUTH_ELEMENT_1 || element_1->method == NULL)
        return SIMAUTH_MALFORMED;
    text_field(t, label);
    text_field(t, element_1->method->name);
    text_field(t, names->aor_a);
    text_field(t, names->aor_b);
    text_field(t, names->nai_a);
    text_field(t, names->nai_b);
    text_field(t, element_text);
    octets_field(t, binding);
    return SIMAUTH_OK;
}

enum simauth_result simauth_t1(struct simauth_octets *t, const struct simauth_names *names,
                               const struct simauth_element *element_1,
                               const struct simauth_octets *invite_binding)
{
    char text[SIMAUTH_ELEMENT_MAX + 1];
    enum simauth_result result;

    simauth_element_without_mac(element_1, text);
    result = opening(t, LABEL_1, names, element_1, text, invite_binding);
    if (result != SIMAUTH_OK)
        return result;
    return finish(t, invite_binding->len, invite_binding->len);
}

enum simauth_result simauth_t2(struct simauth_octets *t, const struct simauth_names *names,
                               const struct simauth_element *element_1,
                               const struct simauth_octets *invite_binding,
                               const struct simauth_element *element_2)
{
    char text[SIMAUTH_ELEMENT_MAX + 1];
    enum simauth_result result;

    if (element_2->kind != SIMAUTH_ELEMENT_2)
        return SIMAUTH_MALFORMED;
    result = opening(t, LABEL_2, names, element_1, element_1->text, invite_binding);
    if (result != SIMAUTH_OK)
        return result;
    simauth_element_without_mac(element_2, text);
    text_field(t, text);
    return finish(t, invite_binding->len, invite_binding->len);
}

enum simauth_result simauth_t3(struct simauth_octets *t, const struct simauth_octets *t2,
                               const struct simauth_element *element_2,
                               const struct simauth_octets *answer_binding)
{
    if (element_2->kind != SIMAUTH_ELEMENT_2 || !follows(t2))
        return SIMAUTH_MALFORMED;
    text_field(t, LABEL_3);
    fields_of(t, t2);
    simauth_octets_field(t, element_2->mac, SIMAUTH_MAC_LEN);
    octets_field(t, answer_binding);
    return finish(t, t2->len + answer_binding->len, answer_binding->len);
}

enum simauth_result simauth_t4(struct simauth_octets *t, const struct simauth_octets *t3,
                               const struct simauth_octets *ack_binding)
{
    if (!follows(t3))
        return SIMAUTH_MALFORMED;
    text_field(t, LABEL_4);
    fields_of(t, t3);
    octets_field(t, ack_binding);
    return finish(t, t3->len + ack_binding->len, ack_binding->len);
}
