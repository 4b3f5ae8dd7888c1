/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plugin says in English where no word for programs stands beside it, in the person's
 * language. A row is what stands in the plugin's source, a name or number as `%s` or `%d`: what
 * stands in its place goes over into the translation, itself translated where it is known. The test
 * ui.said looks whether the plugin still says each.
 */
#include "words.h"

#include <stdlib.h>
#include <string.h>

static const char *const said[] = {
    /* the way of a sips call */
    N_("no account of this phone has the address that the call is placed from"),
    N_("this account does not speak TLS with its server: choose TLS as its transport"),
    N_("this Linphone does not check certificates of servers (verify_server_certs, "
       "verify_server_cn)"),
    N_("this account's server is not named as its domain, so its certificate proves another name"),
    N_("this account is not registered over TLS now"),
    N_("calls of this account do not go through its own server: switch on its outbound proxy"),
    N_("calls of this account do not leave over TLS"),
    N_("the call is not to a sips address"),
    N_("the servers on the way cannot do it: placed once more without"),
    N_("it did not come over the connection that this phone opened to register"),
    N_("a server on the way made a sip call of it"),
    N_("From or To is no sips address any more"),
    N_("a hop on the way was without TLS"),
    N_("the way back does not lead through the servers over TLS alone"),
    N_("the other side's contact is no sips address"),
    N_("the other side's contact is no sips address any more"),
    N_("our server does not say that the other side was authenticated"),
    N_("this call hides your name, so no operator can vouch for it"),
    /* a call that was not authenticated */
    N_("another phone of theirs answered than the one whose sound was here first, and this "
       "Linphone cannot encrypt to it in the same call: place the call once more"),
    N_("this challenge was used in another call"),
    N_("too many calls with elements at once"),
    N_("it was asked about at %s"),
    /* SIM, gateway, self-test */
    N_("No SIM is set."),
    N_("no SIM is set: `simauthctl settings set sim pcsc`, or soft:FILE"),
    N_("no gateway is set: `simauthctl settings set gateway NAME`"),
    N_("There is no such kind of SIM."),
    N_("the SIM does not tell who it is"),
    N_("Another SIM is in the reader now: the PIN was not given to it."),
    N_("Operator %.100s vouches for %.255s and is not known for its domain: if it is right, write "
       "nai=%.255s under [peer %.255s]."),
    N_("The SIM is open."),
    N_("The gateway is being asked."),
    N_("the operator vouches for none of Linphone's accounts: ask it to bind your address to your "
       "SIM"),
    N_("this Linphone cannot encrypt calls with ZRTP: install one that can"),
    /* answers to what the person asked for */
    N_("Linphone is ending"),
    N_("a PIN is 4 to 8 digits, and nothing else"),
    N_("that is no code of an operator's"),
    N_("nothing was seen to have changed about that address"),
    N_("that is not the name that was seen last: look again before you trust it"),
    N_("this Linphone has no account with that address: add it first"),
    /* a reader and its card */
    N_("The SIM waits for its PIN, or is at work."),
    N_("The SIM and the operator's gateway are being asked."),
    N_("the SIM is absent"),
    N_("the SIM is locked"),
    N_("There is no SIM in %s."),
    N_("The SIM in %s refused the challenge: it is not from its operator."),
    N_("The SIM in %s wants its PIN."),
    N_("The SIM in %s wants its PIN, and %s."),
    N_("pin=fd:%d is no pipe or file to read it from"),
    N_("The SIM in %s wants its PIN, which ModemManager would write into its log: unlock it with "
       "`mmcli --pin`, or give it a port of its own with sim=modem:PORT."),
    N_("The SIM in %s is blocked after wrong PINs: unblock it with its PUK in a mobile phone, or "
       "ask your operator."),
    N_("The SIM was taken out of %s: put it back."),
    N_("The SIM in %s does not answer: take it out and put it in again."),
    N_("The SIM in %s is busy with a wish of its own."),
    N_("The SIM in %s cannot run this kind of challenge."),
    N_("The card in %s is no SIM."),
    N_("The card in %s does not answer: take it out and put it in the right way round."),
    N_("The card in %s cannot be used: %s."),
    N_("The SIM in %s failed (%s)."),
    N_("One try is left for the PIN of the SIM in %s, and it is not spent without you: put the SIM "
       "into a mobile phone and enter the right PIN there, or agree when asked."),
    N_("The PIN for the SIM in %s is wrong."),
    N_("Another SIM is in %s than the one this phone was set up with: put that one back, or run "
       "`simauthctl self-test` to use the new one."),
    N_("Another program uses the card in %s: close it, or share the card with `simauthctl settings "
       "set sim pcsc-shared`."),
    N_("Several readers' names begin with \"%s\": set the whole name, as `pcsc_scan -r` shows it."),
    N_("No reader's name begins with \"%s\": plug it in, or set another, as `pcsc_scan -r` shows "
       "them."),
    N_("No smart card reader is plugged in."),
    N_("There is no smart card reader: plug one in."),
    N_("The smart card service is not running: install pcscd and start it with `sudo systemctl "
       "start pcscd.socket`."),
    N_("The smart card service is not there: install the package pcscd."),
    N_("The smart card service does not answer: unplug the reader and plug it in again."),
    N_("The smart card service does not answer: restart pcscd."),
    N_("The smart card service refuses this user: log in at the computer itself."),
    N_("The smart card service failed: %s."),
    N_("Out of memory."),
    N_("out of memory"),
    /* a modem */
    N_("There is no modem at %s."),
    N_("%s is no serial port."),
    N_("Another program uses the modem's port %s: set another of its ports, or let ModemManager "
       "leave this one alone (ID_MM_PORT_IGNORE)."),
    N_("This user may not open the modem's port %s: add the user to the group dialout."),
    N_("The modem's port %s cannot be opened: %s."),
    N_("Nothing at %s answers AT commands: set the modem's AT port (often the one with the highest "
       "number)."),
    N_("ModemManager is not running: start it with `sudo systemctl start ModemManager`."),
    N_("ModemManager knows no modem %s: `mmcli -L` shows those it knows."),
    N_("ModemManager knows no modem: plug it in and wait a minute."),
    N_("ModemManager passes no commands to modems here (Debian's does with --debug alone, and logs "
       "the SIM's answers then): give the SIM a port of its own with sim=modem:PORT."),
    N_("This user may not use modems (polkit refused): log in at the computer itself."),
    N_("The modem does not answer ModemManager."),
    N_("No modem has such a name."),
    /* a SIM in a file */
    N_("soft SIM"),
    N_("file with your password"),
    N_("file of sequence numbers"),
    N_("The %s %s is a symbolic link: name the file itself in the settings."),
    N_("The %s %s cannot be read by this user: become its owner (chown) and chmod 600."),
    N_("The %s %s cannot be opened: %s."),
    N_("The %s \"%s\" is not an absolute path: begin it with \"/\"."),
    N_("The soft SIM %s %s: ask your operator for the file again."),
    N_("The file with your password, %.60s, %s."),
    N_("%s cannot be examined."),
    N_("%s is not a regular file: name the file that your operator issued."),
    N_("%s belongs to another user: chown it to the user who runs the phone."),
    N_("%s can be read or written by others: make it yours alone with chmod 600 and ask your "
       "operator for a new one if others use this machine."),
    N_("%s lies in a folder that everybody can write to: chmod o-w that folder."),
    N_("cannot be read"),
    N_("is not one JSON object with each member once"),
    N_("The sequence numbers beside the soft SIM (%s) are damaged: restore that file, or ask your "
       "operator for a new soft SIM."),
    N_("The disk is full: the soft SIM answers when its sequence number is written (%s). Make room "
       "there, and try again."),
    N_("The soft SIM answers when its sequence number is written, and %s cannot be written: %s."),
    N_("Another program holds the soft SIM %s: end it, and try again."),
    /* the gateway */
    N_("The gateway %s did not answer: %.150s."),
    N_("The gateway %.100s did not answer: %.100s."),
    N_("The gateway %s answered with HTTP status %ld: is it a gateway?"),
    N_("The gateway %s answered with HTTP status %ld."),
    N_("The gateway %s says %ld %s%s%s"),
    N_("The gateway %s is none: %s."),
    N_("The gateway %s answered, but not to what was asked (%s)."),
    N_("The gateway %s answered with something that is no JSON object."),
    N_("The gateway %s answered with something that is no bootstrapping information."),
    N_("The gateway %s asks for another kind of sign-in."),
    N_("The gateway %s does not take what it agreed with this SIM."),
    N_("The gateway %s does not take this SIM's answer."),
    N_("The gateway %s does not take this password; or somebody ends TLS between: ask your "
       "operator."),
    N_("The gateway %s did not challenge the SIM."),
    N_("The gateway %s challenges in another name."),
    N_("The gateway %s sent a challenge without RAND and AUTN."),
    N_("The gateway %s sent a challenge that is no Digest AKA."),
    N_("The gateway %s asks as if this SIM were a 2G SIM: ask your operator to enter it as a "
       "USIM."),
    N_("The gateway %s sent a challenge that is not for a 2G SIM, as this is: ask your operator to "
       "enter it as one."),
    N_("The gateway %s sent a challenge that is not for a password: ask your operator to enter you "
       "as a subscriber without a SIM."),
    N_("The gateway %s did not prove that it knows this SIM, or its answer was changed on the "
       "way."),
    N_("The answer of the gateway %s carries no proof of its own, or was changed on the way."),
    N_("The session that the gateway %s offers is over already: one of the two clocks is wrong."),
    N_("The SIM finds the gateway's sequence numbers too old, even after it told the gateway its "
       "own."),
    N_("The SIM refuses the challenge of %s: it does not come from this SIM's operator."),
    N_("There is no SIM."),
    N_("The SIM is locked."),
    N_("The SIM did not answer."),
    N_("There is no password for %s."),
    N_("no answer in time"),
    N_("its name is not found, check name and network"),
    N_("it is down, or the network is"),
    N_("what is there does not speak as a gateway does"),
    N_("its certificate is not valid at the time that this machine's clock shows: check the clock"),
    N_("its certificate is not to be trusted (ca_file): %.100s"),
    N_("the connection was closed before the answer was complete"),
    N_("This machine's clock is %s %s the gateway's: set it, for the statement of operator %.100s "
       "is not valid at the time that it shows."),
    N_("behind"),
    N_("ahead of"),
    N_("%lld minutes"),
    N_("%lld hours"),
    N_("%lld days"),
    N_("The statement of operator %.100s is outside its time of validity."),
    N_("The vector is not signed by operator %.100s (%s)."),
    N_("this computer's clock differs from the operator's by %lld s: set it"),
    N_("The operator does not take this code: it was used before, is over, or was mistyped. Ask "
       "your operator for a new one."),
    N_("The gateway answered with HTTP status %ld, and no SIM."),
    /* a call's envelope */
    N_("enveloped and signed"),
    N_("enveloped, not signed"),
    N_("enveloped under the key of this call, not signed"),
    N_("the other side sent it in clear"),
    N_("the other side answered in clear"),
    N_("the other side answered in clear, though it has read envelopes before"),
    N_("the other side cannot read envelopes"),
    N_("a server on the way sent the call to another address"),
    N_("the other side answered the envelope with %d"),
    N_("the other side refused the envelope: %d%s%s"),
    N_("a server on the way has no bandwidth left for this call: %d%s%s"),
    N_("the other phone shows a certificate that does not count: %s"),
    N_("a server asked to read and was not let in: %s"),
    N_("no certificate of %s is known"),
    N_("asked too often"),
    N_("not enveloped for us"),
    N_("envelope damaged or swapped"),
    N_("signed by another than the sender"),
    N_("certificate of nobody trusted"),
    N_("certificate or signature outside its time"),
    N_("certificate names another server"),
    N_("no fresh list of revoked certificates"),
    N_("signed message of another call"),
    /* where setup keys are kept */
    N_("%s: %s. The setup keys in it are lost; the next call with each person uses the SIM again."),
    N_("%s. The setup keys stay in memory and end with Linphone."),
    N_("%s. The file of before is still there: remove it, else setup keys that were used or "
       "revoked "
       "come back with the next Linphone."),
    N_("this is no file of setup keys"),
    N_("sealed on another machine or by another person, or changed since"),
    N_("there is no key to open it"),
    N_("others can read it: chmod 600, or remove it to begin anew"),
    N_("is no ordinary file: remove it to begin anew"),
    N_("it is still locked"),
    N_("unlock the desktop's keyring; until then setup keys are in memory"),
    N_("no desktop keyring (Secret Service) is here: setup keys end with Linphone"),
    N_("another Linphone keeps its setup keys in %s: set data to another folder for one"),
    /* settings */
    N_("switched off"),
    N_("[%s] %s=%s: must be one of %s"),
    N_("[%s] %s: there is no such key; see `simauthctl settings --help`"),
    N_("[%s]: there is no such group; [phone], [account ADDRESS] and [peer ADDRESS] are"),
    N_("[%s]: \"%s\" is no SIP address such as sip:bob@example.org"),
    N_("[phone] data=%s: must begin with \"/\", as the whole path of a folder"),
    N_("[phone] pin: must be ask, none or fd:NUMBER; a PIN itself is never kept here"),
    N_("[phone] e2m_certificate, e2m_key: both or neither"),
    N_("[phone] emergency=%s: must be NUMBER;NUMBER;..., or users of SIP URIs"),
    N_("[phone] %s=%s: each domain once; leave one of its files"),
    N_("this is no text (it has octets of zero): write it anew"),
    N_("%s: is empty, and was not: write it anew, or remove it"),
    N_("others can read it: chmod 600"),
    N_("no certificate in it, or a damaged one"),
    N_("line %zu: %s"),
    N_("nothing was changed: %.*s"),
    N_("nothing was changed: that is no key, or no value of one line"),
    /* what a person is told of their wish */
    N_("%s is under way already: wait for its result."),
    N_("%s was just done: try again in %d s."),
    N_("%s is longer than anything allowed."),
    N_("%s is there already: name another with --file, or move it away"),
    N_("%s is damaged: move it away to begin a new one"),
    N_("that is no code such as ag.operator.example/XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-X: look at each "
       "letter"),
    N_("the SIM is kept in %s, and the settings cannot name it: %s"),
    N_("gateway: a name such as ag.operator.example, or NAME:PORT, is needed"),
    N_("The operator sends a message to this address; the proof is done when it has come."),
    N_("Made from the SIM's country and network: the self-test tells whether it exists."),
    N_("As the SIM says."),
    N_("As it is set."),
    N_("the SIM is still busy with another call, or waits for its PIN: try again then"),
    N_("Too many programs at once: ask again."),
    N_("Too much at once: wait for an answer."),
};

/* -- a sentence with names in it --------------------------------------------------------------- */

#define NAMES_MAX 6

struct names { /* where they stand in a sentence */
    const char *at[NAMES_MAX];
    gsize len[NAMES_MAX];
    guint count;
};

/* The length of a place for a name: "%s", "%.150s", "%ld", "%2$s"; 0: what stands here is text. */
static gsize place(const char *format)
{
    gsize n = *format == '%' ? 1 + strspn(format + 1, "0123456789.*$lz") : 0;

    return n && format[n] && strchr("sdu", format[n]) ? n + 1 : 0;
}

/* The length of the text before the next place. */
static gsize text_before(const char *format)
{
    gsize n = 0;

    while (format[n] && !place(format + n))
        n++;
    return n;
}

/* Where these LEN octets of a format stand in SENTENCE: at its beginning; behind a name as soon as
 * they come, and what ends the format at the end alone. */
static const char *find(const char *sentence, const char *text, gsize len, bool behind_name)
{
    gsize rest = strlen(sentence);
    const char *last = rest >= len ? sentence + rest - len : NULL;

    if (!behind_name)
        return strncmp(sentence, text, len) ? NULL : sentence;
    if (!text[len])
        return last && !strcmp(last, text) ? last : NULL;
    for (; last && sentence <= last; sentence++) {
        if (!strncmp(sentence, text, len))
            return sentence;
    }
    return NULL;
}

static bool take_apart(const char *format, const char *sentence, struct names *names)
{
    names->count = 0;
    while (true) {
        gsize len = text_before(format);
        const char *text = find(sentence, format, len, names->count > 0);

        if (!text)
            return false;
        if (names->count)
            names->len[names->count - 1] = (gsize)(text - sentence);
        sentence = text + len;
        format += len;
        if (!*format || names->count == NAMES_MAX)
            return !*format && !*sentence;
        names->at[names->count++] = sentence;
        format += place(format);
    }
}

static void put_name(GString *text, const struct names *names, guint i)
{
    char *name = i < names->count ? g_strndup(names->at[i], names->len[i]) : g_strdup("");
    char *known = ui_words_said(name);

    g_string_append(text, known);
    g_free(known);
    g_free(name);
}

/* No printf(): a translation may have the names in another order, and what it has too much of is
 * left out. */
static char *put_together(const char *format, const struct names *names)
{
    GString *text = g_string_new(NULL);

    for (guint next = 0;; next++) {
        gsize len = text_before(format), n = place(format + len);

        g_string_append_len(text, format, (gssize)len);
        format += len;
        if (!n)
            return g_string_free(text, FALSE);
        put_name(text, names, memchr(format, '$', n) ? (guint)atoi(format + 1) - 1 : next);
        format += n;
    }
}

static char *known(const char *sentence)
{
    struct names names;

    for (gsize i = 0; i < G_N_ELEMENTS(said); i++) {
        if (take_apart(said[i], sentence, &names))
            return put_together(_(said[i]), &names);
    }
    return NULL;
}

char *ui_words_said(const char *sentence)
{
    const char *colon = strstr(sentence, ": "); /* often what it is about comes first */
    char *text = known(sentence), *about, *rest;

    if (text || !colon)
        return text ? text : g_strdup(sentence);
    about = g_strndup(sentence, (gsize)(colon - sentence));
    text = known(about);
    rest = ui_words_said(colon + 2);
    if (text || strcmp(rest, colon + 2) != 0)
        text = g_strdup_printf(_("%s: %s"), text ? text : about, rest);
    g_free(about);
    g_free(rest);
    return text ? text : g_strdup(sentence);
}
