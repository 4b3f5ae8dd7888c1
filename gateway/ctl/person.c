/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* subscriber export, erase: what is kept of a person, for that person; and its end. */
#include "ctl.h"

#include <glib.h>
#include <string.h>
#include <time.h>

struct person {
    const char *imsi;
    struct ctl *ctl;
    struct store_subscriber s;
    json_t *bindings, *history, *records;
};

static void append(json_t *list, json_t *object)
{
    json_array_append_new(list, object);
}

static int add_binding(const struct store_binding *b, void *data)
{
    append(data, json_pack("{s:s, s:s, s:I, s:I}", "aor", b->aor, "by", b->by, "since",
                           (json_int_t)b->since, "until", (json_int_t)b->until));
    return 0;
}

static int add_event(const struct store_event *e, void *data)
{
    append(data, json_pack("{s:I, s:s, s:s, s:s}", "time", (json_int_t)e->time, "what", e->what,
                           "who", e->who, "aor", e->aor));
    return 0;
}

static int add_record(const struct store_record *r, void *data)
{
    append(data, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "time", (json_int_t)r->time,
                           "side", r->side, "partner", r->partner, "caller", r->nai_a, "callee",
                           r->nai_b, "method", r->method, "first", r->first, "outcome",
                           store_outcome_name(r->outcome)));
    return 0;
}

static enum store_result collect(struct ctl *ctl, void *data)
{
    const struct gateway *gateway = &ctl->gateway;
    struct person *p = data;
    enum store_result result = gateway->ops->subscriber_by_imsi(gateway->store, p->imsi, &p->s);
    const struct store_binding_filter mine = {.subscriber = p->s.id};
    const struct store_record_filter calls = {.nai = p->s.nai};

    if (result == STORE_OK)
        result = gateway->ops->binding_list(gateway->store, &mine, add_binding, p->bindings);
    if (result == STORE_OK)
        result = gateway->ops->event_list(gateway->store, "", p->s.nai, add_event, p->history);
    if (result == STORE_OK)
        result = gateway->ops->record_list(gateway->store, &calls, add_record, p->records);
    return result;
}

/* Everything but K and OPc, which are the operator's, and what lives for minutes. */
static json_t *person_object(const struct person *p)
{
    char since[24];

    ctl_time_text(p->s.sim_since, since);
    since[10] = '\0';
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:O, s:O, s:O}", "imsi", p->s.imsi, "impi",
                     p->s.impi, "nai", p->s.nai, "sim_since", since, "revoked", p->s.barred,
                     "addresses", p->bindings, "history", p->history, "calls", p->records);
}

static int export_person(struct ctl *ctl)
{
    struct person p = {.imsi = ctl->words[0],
                       .ctl = ctl,
                       .bindings = json_array(),
                       .history = json_array(),
                       .records = json_array()};
    const char *file = ctl_option(ctl, "file");
    int result = ctl_look(ctl, collect, &p, ctl->words[0]);
    json_t *object = result == 0 ? person_object(&p) : NULL;
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;

    if (text && file)
        result = ctl_write_private(file, text);
    else if (text)
        puts(text);
    g_free(text);
    json_decref(object);
    json_decref(p.bindings);
    json_decref(p.history);
    json_decref(p.records);
    store_subscriber_wipe(&p.s);
    return result;
}

/* -- erase ------------------------------------------------------------------------------------- */

static int forget_claims(const struct store_binding *b, void *data)
{
    const struct gateway *gateway = data;

    gateway->ops->claim_remove(gateway->store, b->aor, "");
    return 0;
}

static enum store_result bar_one(struct ctl *ctl, void *data)
{
    const struct gateway *gateway = &ctl->gateway;
    struct store_subscriber s = {0};
    enum store_result result = gateway->ops->subscriber_by_imsi(gateway->store, data, &s);

    if (result == STORE_OK)
        result = gateway->ops->subscriber_bar(gateway->store, s.id, true);
    store_subscriber_wipe(&s);
    return result;
}

static enum store_result erase_one(struct ctl *ctl, void *data)
{
    const struct gateway *gateway = &ctl->gateway;
    struct store_subscriber s = {0};
    enum store_result result = gateway->ops->subscriber_by_imsi(gateway->store, data, &s);
    const struct store_binding_filter mine = {.subscriber = s.id};

    if (result == STORE_OK)
        result = gateway->ops->binding_list(gateway->store, &mine, forget_claims, &ctl->gateway);
    if (result == STORE_OK)
        result = gateway->ops->record_erase(gateway->store, s.nai);
    if (result == STORE_OK)
        result = gateway->ops->subscriber_remove(gateway->store, s.id);
    store_subscriber_wipe(&s);
    return result;
}

/* A gateway that runs has calls of it that stand in no table yet: first there come no more of them,
 * then all are brought over. */
static int erase(struct ctl *ctl)
{
    void *imsi = (void *)(uintptr_t)ctl->words[0];

    if (!ctl_option(ctl, "yes"))
        return ctl_fail("this cannot be undone; its calls stay in the sums without a name. Say "
                        "--yes, best after \"subscriber export\"");
    if (ctl_change(ctl, bar_one, imsi, ctl->words[0]) != 0)
        return 1;
    if (ctl_open_again(ctl) && ctl_change(ctl, erase_one, imsi, ctl->words[0]) == 0)
        return 0;
    return ctl_fail("%s is barred and not erased: say it again, or \"sim restore\" takes it back",
                    ctl->words[0]);
}

const struct ctl_command ctl_person_commands[] = {
    {"subscriber", "export", "IMSI [--file FILE]",
     " file= ", "everything that is kept of one subscriber but its keys, as JSON, for that person",
     1, false, export_person},
    {"subscriber", "erase", "IMSI --yes", " yes ",
     "remove a subscriber and its name from records and history; what partners owe stays", 1, false,
     erase},
    {0}};
