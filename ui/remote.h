/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list that the phones keep (peers, keys, history): asked for when a phone comes and whenever it
 * says that the list is another one. Two Linphones that share their settings share what they keep,
 * so only the first of them is asked, whichever says so; but each has keys of its own.
 */
#ifndef SIMAUTH_UI_REMOTE_H
#define SIMAUTH_UI_REMOTE_H

#include "phones.h"

struct ui_remote {
    const char *method, *signal;
    guint at;        /* which member of the answer is the aa{sv} */
    guint page;      /* it is asked for (skip, this many) until the answer's first member, how many
                      * there are, is reached; 0: it comes at once */
    const char *key; /* the member by which one is the same though others of its members have
                      * changed: its record stays and tells "changed". NULL: another record */
    gboolean each;   /* every Linphone has its own */
};
extern const struct ui_remote ui_remote_peers, ui_remote_keys, ui_remote_history;

/* A GListModel of UiRecord; ui_phone_of() says whose each is. The caller owns it. */
GListModel *ui_remote_new(UiPhones *phones, const struct ui_remote *what);
/* One array of an answer, as it stands in `list`, instead of what was there; the records of what is
 * the same before and behind the first and the last difference stay. `key` as above. */
void ui_remote_take(GListStore *list, GVariant *array, UiPhone *phone, const char *key);
/* What a person decides about a contact of this phone's, and so of those that share its settings:
 * each remembers it. `answer` is of this one alone. As ui_phone_ask() otherwise. */
void ui_remote_decide(UiPhones *phones, UiPhone *phone, const char *method, GVariant *parameters,
                      ui_phone_answer answer, GObject *owner);

#endif
