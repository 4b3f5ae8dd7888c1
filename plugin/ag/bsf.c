/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The BSF's answer: <BootstrappingInfo xmlns="uri:3gpp-bsf"> (TS 24.109 annex C), read by Expat,
 * which liblinphone has in the process already and which looks at nothing outside the text. */
#include "ag_private.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAMESPACE "uri:3gpp-bsf|"

enum bsf_place { BSF_OUTSIDE, BSF_INSIDE, BSF_BTID, BSF_LIFETIME, BSF_OTHER };

struct bsf_reader {
    XML_Parser parser;
    enum bsf_place place;
    unsigned depth;
    bool bad;
    unsigned btids, lifetimes;
    char text[SIMAUTH_DIGEST_TEXT_MAX + 1];
    size_t len;
    struct bsf_info *info;
};

static void refuse(struct bsf_reader *r)
{
    r->bad = true;
    XML_StopParser(r->parser, XML_FALSE);
}

static void on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct bsf_reader *r = user;

    (void)attributes;
    r->depth++;
    r->len = 0;
    if (r->depth == 1 && strcmp(name, NAMESPACE "BootstrappingInfo") == 0)
        r->place = BSF_INSIDE;
    else if (r->depth == 2 && strcmp(name, NAMESPACE "btid") == 0)
        r->place = BSF_BTID;
    else if (r->depth == 2 && strcmp(name, NAMESPACE "lifetime") == 0)
        r->place = BSF_LIFETIME;
    else if (r->depth == 1 || r->place == BSF_BTID || r->place == BSF_LIFETIME || r->depth > 16)
        refuse(r);
    else
        r->place = BSF_OTHER; /* later releases of 24.109 have more: not for us */
}

static void on_text(void *user, const XML_Char *text, int len)
{
    struct bsf_reader *r = user;

    if (r->place != BSF_BTID && r->place != BSF_LIFETIME)
        return;
    if ((size_t)len > sizeof r->text - 1 - r->len) {
        refuse(r);
        return;
    }
    memcpy(r->text + r->len, text, (size_t)len);
    r->len += (size_t)len;
}

/* xs:dateTime with a time zone, seconds since 1970; -1 when it is none. */
static int64_t read_time(const char *text)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    int hours, minutes, used = 0;
    char sign;

    if (!rest)
        return -1;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (strcmp(rest, "Z") == 0)
        return (int64_t)timegm(&tm);
    if (sscanf(rest, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) != 3 || rest[used] != '\0' ||
        (sign != '+' && sign != '-') || hours < 0 || minutes < 0)
        return -1;
    return (int64_t)timegm(&tm) - (sign == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
}

/* Without the white space of a printed document. */
static const char *trimmed(struct bsf_reader *r)
{
    const char *blanks = " \t\r\n";
    char *text = r->text;

    while (r->len > 0 && strchr(blanks, r->text[r->len - 1]))
        r->len--;
    r->text[r->len] = '\0';
    return text + strspn(text, blanks);
}

static void on_end(void *user, const XML_Char *name)
{
    struct bsf_reader *r = user;
    const char *text = trimmed(r);

    (void)name;
    if (r->place == BSF_BTID) {
        snprintf(r->info->btid, sizeof r->info->btid, "%s", text);
        r->btids++;
    } else if (r->place == BSF_LIFETIME) {
        r->info->ends = read_time(text);
        r->lifetimes++;
    }
    r->depth--;
    r->len = 0;
    r->place = r->depth == 0 ? BSF_OUTSIDE : r->depth == 1 ? BSF_INSIDE : BSF_OTHER;
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_internal)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal;
    refuse(user); /* no entities, so nothing that grows */
}

bool bsf_parse(const char *xml, size_t len, struct bsf_info *info)
{
    struct bsf_reader r = {.info = info};
    bool good;

    memset(info, 0, sizeof *info);
    r.parser = XML_ParserCreateNS("UTF-8", '|');
    if (!r.parser)
        return false;
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    good = XML_Parse(r.parser, xml, (int)len, XML_TRUE) == XML_STATUS_OK && !r.bad &&
           r.btids == 1 && r.lifetimes == 1 && info->btid[0] != '\0' && info->ends > 0;
    XML_ParserFree(r.parser);
    return good;
}
