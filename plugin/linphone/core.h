/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One LinphoneCore: its settings, its worker, what it learned and its calls. Made when the tap
 * finds it, ended when the tap says that it is gone. Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_CORE_H
#define SIMAUTH_PLUGIN_CORE_H

#include "challenges.h"
#include "invite_limits.h"
#include "pins.h"
#include "policy.h"
#include "sink.h"
#include "sip_tap.h"
#include "station.h"
#include "worker.h"
#include <jansson.h>
#include <linphone/core.h>

#define CORE_LAST_CALLS 50 /* verdicts kept in memory for simauthctl; the file has more */

struct call;

struct core {
    struct core *next;
    belle_sip_provider_t *provider;
    LinphoneCore *lc;
    LinphoneCoreCbs *cbs;
    struct worker *worker;
    struct worker *beside; /* core_beside()'s; NULL until it was asked for */

    char *settings_path;
    int64_t settings_stamp;            /* of the file as it was read; 0: there is none */
    char *good_settings;               /* the last text without a mistake; NULL: none yet */
    struct settings *settings;         /* NULL: inactive */
    char inactive[SETTINGS_ERROR_MAX]; /* why; "" while active */

    struct pins *pins; /* those of settings->data; NULL until they were read */
    char *pins_folder;
    char pins_error[SETTINGS_ERROR_MAX]; /* while pins_lost(pins) */
    json_t *changes;                     /* changes.c's; NULL until it was asked for */
    GHashTable *once;                    /* continue_once.h: canonical AOR -> which direction */
    char own_nai[SIMAUTH_NAI_MAX + 1];   /* as our gateway last said; "" */
    struct ag_self self;                 /* the same, with all our addresses; none yet: no AORs */
    struct ag_self before;               /* of a SIM that another one may have replaced since */
    char *sim;                           /* whose these are, as the settings have it */
    unsigned sim_number;                 /* grows when another SIM or gateway is set */
    struct ag_prices prices;             /* prices.c's, as are the next three */
    uint64_t prices_for;                 /* settings->number; 0: nobody was asked yet */
    int64_t prices_asked;
    bool prices_asking;
    struct limits limits;
    struct challenges challenges;
    bool warming;           /* core_warm_up() is under way */
    bool looking;           /* at the card readers, for the session bus */
    bool remembering;       /* core_remember_challenges() is under way */
    int refusing;           /* refused INVITEs without `asked` that wait for their moment */
    int64_t emergency_left; /* emergency.c's: when a call to them last left; 0: never */
    GSList *referred;       /* emergency.c's: LinphoneCalls to whom the other side of one named */

    struct setup *setup;               /* setup keys; NULL until there were settings */
    struct news *news;                 /* news.c's; NULL until it was asked for */
    struct certificates *certificates; /* certificates.c's; the same */
    struct e2m_files *e2m_files;       /* e2m_files.c's; the same */
    struct revoked *revoked;           /* revoked.c's; the same */
    struct e2m_seen *seen;             /* e2m_readers.c's; the same */
    struct ahead *ahead;               /* begun for a call whose INVITE has not come yet */
    struct call *calls;
    struct unasked *unasked;   /* unasked.c's */
    struct unmarked *unmarked; /* unmark.c's */
    struct sips *sips;         /* sips.c's */
    struct e2m_call *e2m;      /* e2m.c's */
    GQueue *last;              /* json_t *, newest first */
};

struct core *core_new(belle_sip_provider_t *provider, LinphoneCore *lc);
void core_free(struct core *core);
/* The core of a provider; NULL: none. The first of all. */
struct core *core_of_provider(const belle_sip_provider_t *provider);
struct core *core_first(void);

/* The settings for the next call, read again when the file changed. NULL: inactive, and the log has
 * said why. Owned by the core until the next call of this. */
struct settings *core_settings(struct core *core);
/* What the person must mend though the plugin is active; NULL: nothing. */
const char *core_problem(const struct core *core);
/* Writes a private file, whole or not at all, on the worker. */
void core_keep(struct core *core, const char *path, const char *text);
/* Where the state of this core's settings file is kept, as `what`; g_free(). */
char *core_state_path(const struct core *core, const char *what);
/* A thread for what waits for the network and no call waits for; it has no SIM. NULL: none. */
struct worker *core_beside(struct core *core);
/* Opens SIM and gateway before they are needed; what they are like is known after that. */
void core_warm_up(struct core *core);
/* Which challenges the SIM was given, over a restart of the phone. */
void core_remember_challenges(struct core *core);
void core_save_pins(struct core *core);
/* Puts the record of an ended call into memory and into FOLDER/calls.jsonl. Takes `record`. */
void core_remember_call(struct core *core, json_t *record);
/* Linphone's call by the Call-ID of its newest INVITE, as liblinphone 5.3 lists it, else by that of
 * its first (sip_call_first_id()), which 5.1 keeps. NULL: none. */
LinphoneCall *core_linphone_call(const struct core *core, const char *id, const char *first_id);
/* Ends that call as soon as the loop turns. */
void core_terminate_soon(struct core *core, const char *id, const char *first_id);
/* Lets the SIM go: switched off, and once more when the last call from before is over. */
void core_rest(struct core *core);
/* "Forget" from the person; `aor` canonical. */
bool core_forget(struct core *core, const char *aor);
/* "Ask again" from the person: pins_ask_again(). */
bool core_ask_again(struct core *core, const char *aor);
/* From now on: what the gateway said of another SIM, or another gateway of this one, is about
 * nobody here. */
void core_take_sim(struct core *core, const struct settings *settings);
/* Another SIM is in the place of ours, or may be (a self-test finds none): nobody here is who we
 * were, and who we are is asked. */
void core_other_sim(struct core *core);
/* What our gateway says of us, from now on: asked when this was core->sim_number. */
void core_take_self(struct core *core, unsigned sim_number, const struct ag_self *self);
/* core_warm_up() where no gateway has said who we are yet and nobody is asking. */
void core_warm_up_again(struct core *core);
/* Whether our gateway vouches for this address as ours, besides Linphone's accounts. */
bool core_is_own(const struct core *core, const char *uri);
/* The same, or it did for the SIM of before, and none has been heard of since. It proves nothing:
 * it is asked whose call one is, and so whose policy counts: the alias's own where the person wrote
 * one, else the strictest account's. */
bool core_may_be_own(const struct core *core, const char *uri);
/* Whether an account of this Linphone has this address. */
bool core_is_account(const struct core *core, const char *uri);
int64_t core_now(void);    /* seconds since 1970 */
int64_t core_uptime(void); /* seconds, also asleep, by a clock that nobody sets */

/* What stops the plugin as a whole, a static sentence; NULL: nothing. */
void core_set_missing(const char *what);
const char *core_missing(void);

#endif
