/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole tap, under a telephone on the installed belle-sip: one line of the input is one thing
 * that happens.
 *   i N LETTERS   the peer's INVITE of dialog N; j: one within it; a: ACK, c: CANCEL, b: BYE,
 *                 m: MESSAGE, u: UPDATE, p: PRACK, r: REFER; the letters break it (see broken())
 *   k CODE TAG LETTERS    the peer's answer to the phone's newest INVITE
 *   < ... >       octets as they stand there; $tagN, $branch, $from, $call, $cseq, $peer in them
 *   C, H, A CODE, R    the person calls, hangs up, answers, offers anew
 *   D LETTERS     what the tap's user decides next; U LETTER: what it does with what is held
 *   W MS          time passes
 *   Z             the core goes, and another comes
 */
#include "tap_phone.h"

#include <stdarg.h>

#define LINES_MAX 120

/* belle-sip keeps some of what a core had that goes in the middle of a call. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libbellesip\nleak:libbctoolbox\n";
}

static char text[WIRE_MAX + 1];

static size_t put(size_t at, const char *format, ...) __attribute__((format(printf, 2, 3)));

static size_t put(size_t at, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text + at, WIRE_MAX - at, format, args);
    va_end(args);
    return len > 0 && at + (size_t)len < WIRE_MAX ? at + (size_t)len : at;
}

static bool broken(const char *letters, char which)
{
    return strchr(letters, which) != NULL;
}

static const char *long_tag(void)
{
    static char tag[3000];

    if (!tag[0])
        memset(tag, 'x', sizeof tag - 1);
    return tag;
}

/* Letters: f another From tag, n none, l a very long one; t no To tag, w a wrong one; v another
 * branch, o no Via; q another CSeq, y CSeq's method another; d the elements' header twice; s no
 * SDP, x a multipart with it, e a multipart that never ends, z a length that is wrong; h Call-ID of
 * another dialog; g Replaces; c compact names; 2 everything is sent twice. */
static size_t put_body(size_t at, const char *letters)
{
    static const char sdp[] = "v=0\r\no=q 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                              "m=audio 7000 RTP/AVP 0\r\na=zrtp-hash:1.10 00\r\n";
    char body[1024] = "";
    const char *type = "application/sdp";

    if (broken(letters, 'x') || broken(letters, 'e')) {
        type = "multipart/mixed;boundary=b";
        snprintf(body, sizeof body, "--b\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--b%s", sdp,
                 broken(letters, 'e') ? "" : "--\r\n");
    } else if (!broken(letters, 's')) {
        memcpy(body, sdp, sizeof sdp);
    }
    if (body[0])
        at = put(at, "Content-Type: %s\r\n", type);
    return put(at, "Content-Length: %zu\r\n\r\n%s",
               strlen(body) + (broken(letters, 'z') ? (size_t)7 : 0), body);
}

static size_t put_names(size_t at, unsigned n, bool within, const char *letters)
{
    const char *tag = broken(letters, 'f')   ? "another"
                      : broken(letters, 'l') ? long_tag()
                                             : "theirs";
    bool to = (within && !broken(letters, 't')) || broken(letters, 'w');

    at = put(at, "From: <sip:peer@127.0.0.1>%s%s\r\n",
             broken(letters, 'n') ? "" : ";tag=", broken(letters, 'n') ? "" : tag);
    at = put(at, "To: <sip:phone@127.0.0.1>%s%s\r\n", to ? ";tag=" : "",
             !to                    ? ""
             : broken(letters, 'w') ? "wrong"
                                    : wire_tag(n));
    return put(at, "%s: peer-%u\r\n", broken(letters, 'c') ? "i" : "Call-ID",
               broken(letters, 'h') ? n + 1 : n);
}

static void send_request(const char *method, unsigned n, bool within, const char *letters)
{
    bool same = strcmp(method, "CANCEL") == 0 || strcmp(method, "INVITE") == 0;
    unsigned cseq = (within && !same ? 21U : 20U) + (broken(letters, 'q') ? 5U : 0U);
    size_t at;

    if (strcmp(method, "ACK") == 0)
        cseq = broken(letters, 'q') ? 25 : 20;
    if (within && strcmp(method, "INVITE") == 0)
        cseq += 10;
    at = put(0, "%s sip:phone@127.0.0.1 SIP/2.0\r\n", method);
    if (!broken(letters, 'o'))
        at = put(at, "Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK.%u%s%s;rport\r\n", wire_port(),
                 n, within && !same ? method : "", broken(letters, 'v') ? "v" : "");
    at = put_names(at, n, within, letters);
    at = put(at, "CSeq: %u %s\r\nMax-Forwards: 70\r\nContact: <sip:peer@127.0.0.1:%d>\r\n", cseq,
             broken(letters, 'y') ? "INFO" : method, wire_port());
    if (broken(letters, 'd'))
        at = put(at, "SIM-Auth: sim01.a\r\nSIM-Auth: sim01.b\r\n");
    if (broken(letters, 'g'))
        at = put(at, "Replaces: peer-0;to-tag=%s;from-tag=theirs\r\n", wire_tag(0));
    if (strcmp(method, "REFER") == 0)
        at =
            put(at, "Refer-To: <sip:c@127.0.0.1?Replaces=peer-0%%3Bto-tag%%3D%s>\r\n", wire_tag(0));
    if (strcmp(method, "PRACK") == 0)
        at = put(at, "RAck: 1 20 INVITE\r\n");
    at = put_body(at,
                  strcmp(method, "INVITE") == 0 || strcmp(method, "UPDATE") == 0 ? letters : "s");
    wire_send(text, at);
    if (broken(letters, '2'))
        wire_send(text, at);
}

static void send_answer(int code, const char *tag, const char *letters)
{
    size_t at = put(0, "SIP/2.0 %d Words\r\n", code);

    if (!broken(letters, 'o'))
        at = put(at, "Via: SIP/2.0/UDP 127.0.0.1;branch=%s%s;rport\r\n", wire_own("branch"),
                 broken(letters, 'v') ? "v" : "");
    at = put(at, "From: %s%s\r\n", wire_own("from"), broken(letters, 'f') ? "x" : "");
    at = put(at, "To: <sip:peer@127.0.0.1>%s%s\r\n", broken(letters, 't') ? "" : ";tag=",
             broken(letters, 't')   ? ""
             : broken(letters, 'l') ? long_tag()
                                    : tag);
    at = put(at, "Call-ID: %s\r\nCSeq: %d %s\r\n", wire_own("call"),
             atoi(wire_own("cseq")) + broken(letters, 'q'),
             broken(letters, 'y') ? "CANCEL" : "INVITE");
    if (code == 401 || code == 407)
        at = put(at, "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n");
    if (broken(letters, 'p'))
        at = put(at, "Require: 100rel\r\nRSeq: 1\r\n");
    at = put(at, "Contact: <sip:peer@127.0.0.1:%d>\r\n", wire_port());
    at = put_body(at, letters);
    wire_send(text, at);
    if (broken(letters, '2'))
        wire_send(text, at);
}

/* -- the input --------------------------------------------------------------------------------- */

static size_t place(size_t at, const char **from)
{
    static const char *const names[] = {"branch", "from", "call", "cseq"};

    if (strncmp(*from, "$tag", 4) == 0 && (*from)[4] >= '0' && (*from)[4] <= '9') {
        at = put(at, "%s", wire_tag((unsigned)((*from)[4] - '0')));
        *from += 5;
        return at;
    }
    if (strncmp(*from, "$peer", 5) == 0) {
        *from += 5;
        return put(at, "%d", wire_port());
    }
    for (size_t i = 0; i < 4; i++) {
        size_t len = strlen(names[i]);

        if (strncmp(*from + 1, names[i], len) == 0) {
            *from += 1 + len;
            return put(at, "%s", wire_own(names[i]));
        }
    }
    (*from)++;
    return put(at, "$");
}

/* Up to ">" or the end; a line's end is CR LF on the wire. */
static void send_octets(const char *from)
{
    size_t at = 0;

    while (*from && *from != '>' && at + 2 < WIRE_MAX) {
        if (*from == '$') {
            at = place(at, &from);
            continue;
        }
        if (*from == '\n')
            text[at++] = '\r';
        text[at++] = *from++;
    }
    wire_send(text, at);
}

static bool of_peer(const char *line)
{
    static const struct {
        char letter;
        const char *method;
        bool within;
    } requests[] = {{'i', "INVITE", false}, {'j', "INVITE", true}, {'a', "ACK", true},
                    {'c', "CANCEL", false}, {'b', "BYE", true},    {'m', "MESSAGE", false},
                    {'u', "UPDATE", true},  {'p', "PRACK", true},  {'r', "REFER", true},
                    {'n', "INFO", true}};
    char letters[64] = "", tag[64] = "x";
    unsigned n = 0;

    if (line[0] == 'k') {
        if (sscanf(line + 1, "%u %63s %63s", &n, tag, letters) >= 1)
            send_answer((int)(n % 1000), tag, letters);
        return true;
    }
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        if (requests[i].letter == line[0]) {
            sscanf(line + 1, "%u %63s", &n, letters);
            send_request(requests[i].method, n % DIALOGS, requests[i].within, letters);
            return true;
        }
    return false;
}

static void happens(char *line)
{
    char letters[16] = "";
    unsigned n = 0;

    sscanf(line + 1, " %15s", letters);
    n = (unsigned)strtoul(letters, NULL, 10);
    if (of_peer(line))
        return;
    if (line[0] == 'C')
        phone_call();
    else if (line[0] == 'H')
        phone_hang_up();
    else if (line[0] == 'A')
        phone_answer(n >= 101 && n <= 699 ? (int)n : 200);
    else if (line[0] == 'R')
        phone_again();
    else if (line[0] == 'D')
        user_decides(letters);
    else if (line[0] == 'U')
        user_acts(letters[0]);
    else if (line[0] == 'W')
        phone_turn(n < 200000 ? n : 200000);
}

static void run(char *input)
{
    int lines = 0;

    for (char *line = input, *end; line && *line && lines < LINES_MAX; line = end, lines++) {
        end = line[0] == '<' ? strstr(line, "\n>") : strchr(line, '\n');
        if (end) {
            end += line[0] == '<';
            *end++ = '\0';
        }
        if (line[0] == '<')
            send_octets(line + 1 + (line[1] == '\n'));
        else if (line[0] == 'Z') {
            phone_end();
            user_check_all_gone();
            phone_start();
        } else
            happens(line);
        phone_turn(1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = fuzz_text(data, size);
    belle_sip_object_pool_t *pool;

    wire_open();
    wire_inside = true;
    wire_forget();
    pool = belle_sip_object_pool_push();
    phone_start();
    run(input);
    phone_turn(0);
    phone_end();
    belle_sip_object_unref(pool);
    user_check_all_gone();
    wire_inside = false;
    free(input);
    return 0;
}
