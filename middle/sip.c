/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sip.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* -- lines ---------------------------------------------------------------------------------------
 */

/* The next line of the head with its continuations, unfolded; false at the empty line or the end.
 * g_free() it. */
static bool next_line(struct e2m_span *rest, char **line)
{
    GString *text = g_string_new(NULL);
    bool more = true;

    *line = NULL;
    while (more && rest->len > 0) {
        const uint8_t *end = memchr(rest->octets, '\n', rest->len);
        size_t len = end ? (size_t)(end - rest->octets) : rest->len;
        size_t taken = end ? len + 1 : len;

        if (len > 0 && rest->octets[len - 1] == '\r')
            len--;
        g_string_append_len(text, (const char *)rest->octets, (gssize)len);
        rest->octets += taken;
        rest->len -= taken;
        more =
            text->len > 0 && rest->len > 0 && (rest->octets[0] == ' ' || rest->octets[0] == '\t');
    }
    if (text->len == 0 || memchr(text->str, '\0', text->len)) {
        g_string_free(text, TRUE);
        return false;
    }
    *line = g_string_free(text, FALSE);
    return true;
}

/* The value of a header with one of these names, in place; NULL: another. */
static char *value_of(char *line, const char *name, const char *compact)
{
    char *colon = strchr(line, ':');
    size_t len = colon ? (size_t)(colon - line) : 0;

    while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
        len--;
    if (!colon || !((strlen(name) == len && strncasecmp(line, name, len) == 0) ||
                    (compact && strlen(compact) == len && strncasecmp(line, compact, len) == 0)))
        return NULL;
    return g_strstrip(colon + 1);
}

static bool copy(char *to, size_t room, const char *from, size_t len)
{
    if (len == 0 || len >= room)
        return false;
    memcpy(to, from, len);
    to[len] = '\0';
    return true;
}

/* -- values --------------------------------------------------------------------------------------
 */

/* name-addr or addr-spec; the tag behind it. */
static bool read_party(const char *value, char aor[static SIMAUTH_AOR_MAX + 1],
                       char tag[static SIP_WORD_MAX + 1])
{
    const char *open = value, *close, *behind, *found;
    char uri[1024];

    if (*open == '"') { /* a display name may have anything in it */
        for (open++; *open && *open != '"'; open++)
            if (*open == '\\' && open[1])
                open++;
    }
    open = strchr(open, '<');
    close = open ? strchr(open, '>') : strpbrk(value, "; \t");
    if (open && !close)
        return false;
    open = open ? open + 1 : value;
    close = close ? close : value + strlen(value);
    if (!copy(uri, sizeof uri, open, (size_t)(close - open)) ||
        simauth_aor_canonical(uri, aor) != SIMAUTH_OK)
        return false;
    behind = close;
    for (found = behind; (found = strcasestr(found, "tag=")); found++)
        if (found > behind && strchr("; \t", found[-1]))
            break;
    if (!found)
        return true;
    found += strlen("tag=");
    return copy(tag, SIP_WORD_MAX + 1, found, strcspn(found, "; \t>"));
}

static bool keep(char **to, const char *value)
{
    if (*to) /* twice */
        return false;
    *to = strdup(value);
    return *to != NULL;
}

static bool read_cseq(struct sip_message *m, const char *value)
{
    const char *word = value + strspn(value, "0123456789");

    m->cseq = (unsigned)strtoul(value, NULL, 10);
    word += strspn(word, " \t");
    return word > value && copy(m->method, sizeof m->method, word, strcspn(word, " \t"));
}

/* Number of the response, then CSeq of its request (RFC 3262). */
static bool read_rack(struct sip_message *m, const char *value)
{
    const char *blank = value + strspn(value, "0123456789");

    m->rack = (unsigned)strtoul(blank, NULL, 10);
    return blank > value && m->rack != 0;
}

/* True for headers that mean nothing here. */
static bool read_header(struct sip_message *m, char *line)
{
    char *value;

    if ((value = value_of(line, "From", "f")))
        return !m->from[0] && read_party(value, m->from, m->from_tag);
    if ((value = value_of(line, "To", "t")))
        return !m->to[0] && read_party(value, m->to, m->to_tag);
    if ((value = value_of(line, "Call-ID", "i")))
        return !m->call_id[0] && copy(m->call_id, sizeof m->call_id, value, strlen(value));
    if ((value = value_of(line, "CSeq", NULL)))
        return !m->method[0] && read_cseq(m, value);
    if ((value = value_of(line, "RAck", NULL)))
        return !m->rack && read_rack(m, value);
    if ((value = value_of(line, "Content-Type", "c")))
        return keep(&m->content_type, value);
    if ((value = value_of(line, "Content-Transfer-Encoding", NULL)))
        return keep(&m->encoding, value);
    if ((value = value_of(line, "Content-Target", NULL)))
        return keep(&m->label, value);
    return true;
}

static bool read_first(struct sip_message *m, const char *line)
{
    if (strncmp(line, "SIP/2.0 ", 8) != 0) {
        m->request = true;
        return g_str_has_suffix(line, " SIP/2.0");
    }
    m->status = atoi(line + 8);
    return m->status >= 100 && m->status <= 699;
}

const char *sip_parse(struct e2m_span octets, struct sip_message *m)
{
    bool good, first = true;
    char *line;

    memset(m, 0, sizeof *m);
    good = octets.len <= SIP_MESSAGE_MAX;
    while (good && next_line(&octets, &line)) {
        good = first ? read_first(m, line) : read_header(m, line);
        first = false;
        g_free(line);
    }
    m->body = octets;
    if (!good || first)
        return "not a SIP message";
    if (!m->from[0] || !m->to[0] || !m->from_tag[0] || !m->call_id[0] || !m->method[0])
        return "From with its tag, To, Call-ID or CSeq is missing";
    return NULL;
}

void sip_clear(struct sip_message *m)
{
    free(m->content_type);
    free(m->encoding);
    free(m->label);
    memset(m, 0, sizeof *m);
}
