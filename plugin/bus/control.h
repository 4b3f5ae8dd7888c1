/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a user interface sees: commands as JSON objects, answers as JSON objects. This front is a
 * Unix stream socket; the other is D-Bus (session_bus.h), with the same handler. No secret, no IMSI
 * and no key ever passes here.
 *
 * One line is one object of at most CONTROL_LINE_MAX octets: {"command": NAME, ...}; the answer is
 * one line too: {"ok": true, ...} or {"ok": false, "error": SENTENCE}. Only the same user may
 * connect (SO_PEERCRED), and the folder is closed to others.
 */
#ifndef SIMAUTH_PLUGIN_CONTROL_H
#define SIMAUTH_PLUGIN_CONTROL_H

#include <jansson.h>
#include <stdbool.h>

#define CONTROL_LINE_MAX 4096
#define CONTROL_ANSWER_S 30 /* a client waits at most that long for a command */

/* Where an answer goes. `answer` takes the object and is called exactly once, on the main loop or
 * later from it. */
struct control_reply {
    void (*answer)(struct control_reply *reply, json_t *answer);
};
void control_answer(struct control_reply *reply, json_t *answer);
void control_error(struct control_reply *reply, const char *sentence);
/* The same with a word for programs, of those that org.simauth.Phone1.xml names as errors. */
void control_fail(struct control_reply *reply, const char *word, const char *sentence);

struct control_user {
    /* On the main loop: one command. `request` is borrowed. Owes `reply` one answer. */
    void (*handle)(const char *command, const json_t *request, struct control_reply *reply);
    /* Runs task(arg) on the main loop; false when there is none any more. Any thread. */
    bool (*to_main)(void *context, void (*task)(void *arg), void *arg);
    void *context;
};

struct control;

/* The folder of the sockets: $XDG_RUNTIME_DIR/simauth, or ~/.local/state/simauth. g_free() it. */
char *control_folder(void);
/* Opens FOLDER/PID.sock and serves it with a thread of its own. NULL with a sentence in `error`
 * (256 octets). */
struct control *control_start(const struct control_user *user, char *error);
/* Closes and unlinks; a command under way is answered to nobody. NULL is allowed. */
void control_stop(struct control *control);

#endif
