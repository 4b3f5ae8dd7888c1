/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sip.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* -- lines ------------------------------------------------------------------------------------- */

/* The next line of the head with its continuations, unfolded; false at the empty line or the end.
 * g_free() it; NULL: no text. */
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
    more = text->len > 0;
    *line = g_string_free(text, !more || memchr(text->str, '\0', text->len));
    return more;
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

/* Names have no blanks, and nothing that a log or a journal could not keep. */
static bool copy(char *to, size_t room, const char *from, size_t len)
{
    if (len == 0 || len >= room)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!g_ascii_isgraph(from[i]))
            return false;
    memcpy(to, from, len);
    to[len] = '\0';
    return true;
}

/* -- values ------------------------------------------------------------------------------------ */

/* name-addr or addr-spec, "" where it is nobody's (urn:service:sos); the tag behind it. */
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
    if (!copy(uri, sizeof uri, open, (size_t)(close - open)))
        return false;
    if (simauth_aor_canonical(uri, aor) != SIMAUTH_OK)
        aor[0] = '\0';
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

/* The method of a request stands in its first line, and once more here. */
static bool read_cseq(struct sip_message *m, const char *value)
{
    const char *word = value + strspn(value, "0123456789");
    char method[SIP_WORD_MAX + 1];

    m->cseq = (unsigned)strtoul(value, NULL, 10);
    m->has_cseq = true;
    if (word == value)
        return false;
    word += strspn(word, " \t");
    if (!copy(method, sizeof method, word, strcspn(word, " \t")) ||
        (m->request && strcmp(method, m->method) != 0))
        return false;
    g_strlcpy(m->method, method, sizeof m->method);
    return true;
}

/* Number of the response, then CSeq of its request (RFC 3262). */
static bool read_rack(struct sip_message *m, const char *value)
{
    const char *blank = value + strspn(value, "0123456789");

    m->rack = (unsigned)strtoul(blank, NULL, 10);
    return blank > value && m->rack != 0;
}

/* NULL, also for headers that mean nothing here, or what is wrong with it. */
static const char *read_header(struct sip_message *m, char *line)
{
    static const char party[] = "From or To is no address", twice[] = "a header is there twice",
                      cseq[] = "CSeq is no number with the method of the request",
                      call_id[] = "Call-ID is broken", rack[] = "RAck is broken";
    char *value;

    if ((value = value_of(line, "From", "f")))
        return m->from_tag[0] ? twice : read_party(value, m->from, m->from_tag) ? NULL : party;
    if ((value = value_of(line, "To", "t"))) {
        bool again = m->has_to;

        m->has_to = true;
        return again ? twice : read_party(value, m->to, m->to_tag) ? NULL : party;
    }
    if ((value = value_of(line, "Call-ID", "i")))
        return m->call_id[0]                                               ? twice
               : copy(m->call_id, sizeof m->call_id, value, strlen(value)) ? NULL
                                                                           : call_id;
    if ((value = value_of(line, "CSeq", NULL)))
        return m->has_cseq ? twice : read_cseq(m, value) ? NULL : cseq;
    if ((value = value_of(line, "RAck", NULL)))
        return m->rack ? twice : read_rack(m, value) ? NULL : rack;
    if ((value = value_of(line, "Content-Type", "c")))
        return keep(&m->content_type, value) ? NULL : twice;
    if ((value = value_of(line, "Content-Transfer-Encoding", NULL)))
        return keep(&m->encoding, value) ? NULL : twice;
    if ((value = value_of(line, "Content-Target", NULL)))
        return keep(&m->label, value) ? NULL : twice;
    return NULL;
}

static const char *read_first(struct sip_message *m, const char *line)
{
    static const char fault[] = "not a SIP message";

    if (strncmp(line, "SIP/2.0 ", 8) != 0) {
        m->request = true;
        return g_str_has_suffix(line, " SIP/2.0") &&
                       copy(m->method, sizeof m->method, line, strcspn(line, " "))
                   ? NULL
                   : fault;
    }
    m->status = atoi(line + 8);
    return m->status >= 100 && m->status <= 699 ? NULL : fault;
}

const char *sip_parse(struct e2m_span octets, struct sip_message *m)
{
    const char *fault = octets.len <= SIP_MESSAGE_MAX ? NULL : "too long for a SIP message";
    bool first = true;
    char *line;

    memset(m, 0, sizeof *m);
    while (!fault && next_line(&octets, &line)) {
        if (!line)
            fault = "there is an octet 0 among the headers";
        else
            fault = first ? read_first(m, line) : read_header(m, line);
        first = false;
        g_free(line);
    }
    m->body = octets;
    if (fault || first)
        return fault ? fault : "not a SIP message";
    if (!m->from_tag[0] || !m->has_to || !m->call_id[0] || !m->has_cseq)
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
