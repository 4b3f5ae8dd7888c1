/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words.h"

#include <string.h>

struct word {
    const char *token, *text;
};

/* The text of a token; where it is not known the sentence that came with it. */
static const char *find(const struct word *words, const char *token, const char *sentence)
{
    for (; words->token; words++) {
        if (!strcmp(words->token, token))
            return *words->text ? _(words->text) : "";
    }
    return sentence;
}

static bool is(UiRecord *record, const char *name, const char *value)
{
    return !strcmp(ui_record_text(record, name), value);
}

/* -- tables ------------------------------------------------------------------------------------ */

static const struct word reasons[] = {
    {"", ""},
    {"untouched", N_("Nobody was asked about this call, as your settings say.")},
    {"invite-bare", N_("The call carries no proof of a SIM.")},
    {"vector-bad",
     N_("What came is not from the operator that it names, or not meant for this call.")},
    {"challenge-bad", N_("Your operator meant its question for other people than these.")},
    {"gateway-refused", N_("Your operator’s gateway refused.")},
    {"gateway-nobody", N_("No operator vouches for this address.")},
    {"gateway-down", N_("Your operator’s gateway did not answer.")},
    {"card-failed", N_("Your SIM could not answer.")},
    {"opening-wrong", N_("The caller’s proof is wrong: it was not made by the SIM it names.")},
    {"resync-wrong", N_("The caller’s proof is wrong: it was not made by the SIM it names.")},
    {"confirm-wrong",
     N_("The other side’s proof is wrong: another SIM answered than the one you called.")},
    {"confirm-stale", N_("The other side answered an old question of its operator’s.")},
    {"confirm-missing", N_("The call was answered without proof of a SIM.")},
    {"provisional-media", N_("Somebody wanted to be heard before a SIM had answered.")},
    {"sdp-different", N_("Somebody on the way changed how the call is encrypted.")},
    {"handed-over", N_("The call was handed to other people, or joined with theirs.")},
    {"ack-wrong", N_("The caller’s last proof is wrong or missing.")},
    {"media-wrong",
     N_("The encryption does not rest on both SIMs: somebody may be sitting in between.")},
    {"media-weak", N_("The call is not encrypted from end to end.")},
    {"hold-expired", N_("The answer took too long.")},
    {"verdict-expired", N_("The proof did not come in time.")},
    {"key-unknown", N_("The key of your last call is unknown to the other side, used or expired.")},
    {NULL, NULL},
};

static const struct word advices[] = {
    {"none", ""},
    {"self-test", N_("The self-test under Diagnosis finds out what does not work.")},
    {"forget", N_("Ask the person by other means whether their SIM is new. If it is, "
                  "forget the old one.")},
    {"continue-once", N_("You can let the next call go on without proof, once.")},
    {"call-again", N_("Hang up and call again.")},
    {"check-sim", N_("Check that your SIM is in its reader and open.")},
    {"add-contact",
     N_("This address is not known here. Your operator can be asked about it from the "
        "next call on, and then learns of your calls with it.")},
    {"wait",
     N_("The address is asked about again tomorrow, or at the next call if you want that.")},
    {NULL, NULL},
};

static const struct word listeners[] = {
    {"unknown", ""},
    {"two-operators",
     N_("Encrypted. Neither operator alone could listen; your operators together could, by "
        "sitting in the middle of the call.")},
    {"one-operator",
     N_("Encrypted. The operator of you both could listen, by sitting in the middle of the call.")},
    {"operators", N_("Encrypted. Your operators could listen: they know the key of this call.")},
    {"operators-listening",
     N_("Encrypted. Your operators together could listen, without leaving a trace.")},
    {"middle", N_("Encrypted, but nobody proved who is at the other end: whoever sits in between "
                  "could listen.")},
    {"anybody", N_("Not encrypted: anybody on the way could listen.")},
    {NULL, NULL},
};

static const struct word changes[] = {
    {"", ""},
    {"none", ""},
    {"new-sim", N_("The same subscriber, with a SIM that is younger than your last call.")},
    {"other-name", N_("Another subscriber of the same operator than last time.")},
    {"other-operator", N_("Another subscriber, of another operator than last time.")},
    {NULL, NULL},
};

static const struct word trusts[] = {
    {"", ""},
    {"asked", N_("Asked for, and not known yet.")},
    {"broken", N_("The servers on the way are not trusted.")},
    {NULL, NULL},
};

static const struct word setups[] = {
    {"", ""},
    {"asked", N_("Asked for, and not known yet.")},
    {"enveloped", N_("Nobody on the way could read the call’s set-up.")},
    {"clear", N_("Every server on the way could read the call’s set-up.")},
    {"refused", N_("The call’s set-up was refused.")},
    {NULL, NULL},
};

static const struct word methods[] = {
    {"", ""},
    {"aka", N_("SIM (USIM)")},
    {"akap", N_("SIM (USIM, bound to its operator)")},
    {"gsm", N_("SIM of the second generation")},
    {"stp", N_("Key of your last call")},
    {"agt", N_("Operators, no SIM")},
    {NULL, NULL},
};

static const struct word policies[] = {
    {"", N_("As for everybody")},
    {"require", N_("Require")},
    {"prefer", N_("Prefer")},
    {"off", N_("Off")},
    {"continue", N_("Go on without proof, once")},
    {NULL, NULL},
};

/* -- a call ------------------------------------------------------------------------------------ */

const char *ui_words_address(const char *aor)
{
    for (const char *const *scheme = (const char *const[]){"sip:", "sips:", "tel:", NULL}; *scheme;
         scheme++) {
        if (g_str_has_prefix(aor, *scheme))
            return aor + strlen(*scheme);
    }
    return aor;
}

bool ui_words_untouched(UiRecord *call)
{
    return is(call, "Verdict", "none") &&
           (is(call, "Reason", "untouched") || is(call, "Reason", "gateway-nobody"));
}

bool ui_words_other_verdict(UiRecord *call)
{
    static const char *const known[] = {
        "", "none", "announced", "answered", "authenticated", "not-authenticated", NULL};

    return !g_strv_contains(known, ui_record_text(call, "Verdict"));
}

char *ui_words_verdict(UiRecord *call)
{
    const char *operator_name = ui_record_text(call, "Operator");

    if (is(call, "Verdict", "announced"))
        return g_strdup_printf(_("Announced by %s"),
                               *operator_name ? operator_name : _("an operator"));
    if (is(call, "Verdict", "answered"))
        return g_strdup(_("The SIM answered"));
    if (is(call, "Verdict", "authenticated"))
        return g_strdup(_("Authenticated"));
    if (is(call, "Verdict", "not-authenticated") || ui_words_untouched(call))
        return g_strdup(_("Not authenticated"));
    if (ui_words_other_verdict(call) && *ui_record_text(call, "VerdictText"))
        return g_strdup(ui_record_text(call, "VerdictText"));
    return g_strdup(is(call, "Phase", "ended") ? _("Nothing is known") : _("Not known yet"));
}

char *ui_words_who(UiRecord *call)
{
    const char *nai = ui_record_text(call, "Nai"),
               *operator_name = ui_record_text(call, "Operator");

    if (!*nai || !*operator_name)
        return g_strdup("");
    if (is(call, "Verdict", "authenticated"))
        return g_strdup_printf(_("%s, vouched for by %s"), nai, operator_name);
    if (is(call, "Verdict", "answered"))
        return g_strdup_printf(_("The SIM of %s, says %s. The conversation is not proved yet."),
                               nai, operator_name);
    if (is(call, "Verdict", "announced"))
        return g_strdup_printf(_("%s says that %s is calling. Their SIM has not answered yet."),
                               operator_name, nai);
    return g_strdup("");
}

/* The one who was known there is asked for by name: nobody else would be taken for them. */
static bool is_known_one_gone(UiRecord *call)
{
    return is(call, "Reason", "gateway-nobody") && *ui_record_text(call, "PinnedNai");
}

const char *ui_words_reason(UiRecord *call)
{
    if (is_known_one_gone(call))
        return _("No operator vouches any more for the person that you know at this address. They "
                 "may have another SIM or another operator now.");
    return find(reasons, ui_record_text(call, "Reason"), ui_record_text(call, "ReasonText"));
}

const char *ui_words_advice(UiRecord *call)
{
    const char *advice = ui_record_text(call, "Advice");

    return *advice ? find(advices, advice, ui_record_text(call, "AdviceText"))
                   : ui_record_text(call, "AdviceText");
}

const char *ui_words_listen(UiRecord *call)
{
    return find(listeners, ui_record_text(call, "Listen"), ui_record_text(call, "ListenText"));
}

/* A sentence of ours, and what came with it for whoever helps. */
static char *with_why(const char *sentence, const char *why, const char *more)
{
    char *said = ui_words_said(why);
    char *text = g_strconcat(sentence, *said ? "\n" : "", said, *more ? "\n" : "", more, NULL);

    g_free(said);
    return text;
}

char *ui_words_sips(UiRecord *call)
{
    const char *word = ui_record_text(call, "Sips"), *text = ui_record_text(call, "SipsText");
    const char *sentence = find(trusts, word, text);

    if (!strcmp(word, "trusted"))
        return g_strdup_printf(_("Trust in the servers named: %s. They say that the way was "
                                 "encrypted and that the other side signed in. No operator says "
                                 "anything about a SIM by that."),
                               ui_record_text(call, "SipsServers"));
    return !strcmp(word, "broken") ? with_why(sentence, text, ui_record_text(call, "SipsRefusal"))
                                   : g_strdup(sentence);
}

static char *readers(UiRecord *call, const char *servers)
{
    bool several = strchr(servers, ',') != NULL;

    if (is(call, "Direction", "incoming"))
        return g_strdup_printf(several ? _("Their servers %s could read the call’s set-up.")
                                       : _("Their server %s could read the call’s set-up."),
                               servers);
    return g_strdup_printf(several ? _("Your servers %s could read the call’s set-up.")
                                   : _("Your server %s could read the call’s set-up."),
                           servers);
}

char *ui_words_setup(UiRecord *call)
{
    const char *word = ui_record_text(call, "EndToMiddle");
    const char *text = ui_record_text(call, "EndToMiddleText");
    const char *servers = ui_record_text(call, "EndToMiddleServers");

    if (!strcmp(word, "enveloped") && *servers)
        return readers(call, servers);
    return !strcmp(word, "refused") ? with_why(find(setups, word, text), text, "")
                                    : g_strdup(find(setups, word, text));
}

const char *ui_words_change(UiRecord *record)
{
    return find(changes, ui_record_text(record, "Change"), ui_record_text(record, "ChangeText"));
}

const char *ui_words_method_name(const char *method)
{
    return find(methods, method, method);
}

const char *ui_words_policy(const char *policy)
{
    return find(policies, policy, policy);
}

char *ui_words_method(UiRecord *call)
{
    const char *method = ui_record_text(call, "Method");
    gint64 since = ui_record_number(call, "KnownSince");
    char *when, *text;

    if (!strcmp(method, "agt"))
        return g_strdup(_("Vouched for by the operators, no SIM in the call"));
    if (!since)
        return g_strdup(ui_words_method_name(method));
    when = ui_words_time(since);
    /* TRANSLATORS: %s is a date and time: when both SIMs last took part. */
    text =
        g_strdup_printf(_("Known since %s, no SIM in this call. A SIM that was revoked since may "
                          "go unnoticed for 15 minutes, and without the operators until the key "
                          "ends."),
                        when);
    g_free(when);
    return text;
}

char *ui_words_sim_age(UiRecord *call)
{
    gint64 days = ui_record_value(call, "SimAge") ? ui_record_number(call, "SimAge") : -1;

    if (days < 0)
        return g_strdup("");
    if (!days)
        return g_strdup(_("Since today"));
    return g_strdup_printf(ngettext("%d day", "%d days", (gulong)days), (int)days);
}

const char *ui_words_phase(UiRecord *call)
{
    static const struct {
        const char *phase, *in, *out;
    } phases[] = {
        {"before", N_("Incoming call, being checked"), N_("Outgoing call, being prepared")},
        {"ringing", N_("Incoming call, ringing"), N_("Outgoing call, ringing")},
        {"talking", N_("Incoming call, talking"), N_("Outgoing call, talking")},
        {"ended", N_("Incoming call, ended"), N_("Outgoing call, ended")},
    };

    for (guint i = 0; i < G_N_ELEMENTS(phases); i++) {
        if (is(call, "Phase", phases[i].phase))
            return is(call, "Direction", "incoming") ? _(phases[i].in) : _(phases[i].out);
    }
    return is(call, "Direction", "incoming") ? _("Incoming call") : _("Outgoing call");
}

char *ui_words_line(UiRecord *call)
{
    char *verdict = ui_words_verdict(call), *who = ui_words_who(call);
    const char *more = is(call, "Verdict", "not-authenticated") || ui_words_untouched(call)
                           ? ui_words_reason(call)
                           : who;
    char *line;

    if (is(call, "Verdict", "announced"))
        more = ""; /* while it rings no more than that */
    /* TRANSLATORS: the verdict of a call, then who is vouched for or why not. */
    line = *more ? g_strdup_printf(_("%s: %s"), verdict, more) : g_strdup(verdict);
    g_free(verdict);
    g_free(who);
    return line;
}

/* -- looks ------------------------------------------------------------------------------------- */

const char *ui_words_icon(UiRecord *call)
{
    if (is(call, "Verdict", "authenticated"))
        return "security-high-symbolic";
    if (is(call, "Verdict", "announced") || is(call, "Verdict", "answered"))
        return "security-medium-symbolic";
    if (is(call, "Verdict", "not-authenticated"))
        return is(call, "Reason", "untouched") ? "dialog-question-symbolic"
                                               : "security-low-symbolic";
    return "dialog-question-symbolic";
}

const char *ui_words_style(UiRecord *call)
{
    if (is(call, "Verdict", "authenticated"))
        return "success";
    if (is(call, "Verdict", "announced") || is(call, "Verdict", "answered"))
        return "accent";
    if (is(call, "Verdict", "not-authenticated") && !is(call, "Reason", "untouched"))
        return "error";
    return "dim-label";
}

char *ui_words_time(gint64 seconds)
{
    /* The month by name: 11/12 is two dates. */
    GDateTime *when = seconds ? g_date_time_new_from_unix_local(seconds) : NULL;
    char *text = when ? g_date_time_format(when, "%-d %b %Y, %H:%M") : NULL;

    g_clear_pointer(&when, g_date_time_unref);
    return text ? text : g_strdup("");
}
