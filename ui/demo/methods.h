/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the demo's peer answers. Lists come from the file's groups and can be changed (a key that is
 * revoked is gone until the next state), where the state has no answer of its own; all else is
 * `answer.METHOD` of the state, a tuple, or `error.METHOD`, NAME|SENTENCE, or `silent.METHOD`, no
 * answer before another state comes; a method without any of them answers with nothing of its
 * types. What it changed is told as the plugin does: by the signals of the method's annotation
 * org.simauth.Tells, and no others.
 */
#ifndef SIMAUTH_UI_METHODS_H
#define SIMAUTH_UI_METHODS_H

#include "states.h"

struct methods;

/* Borrows all three. */
struct methods *methods_new(GDBusConnection *bus, const struct states *states,
                            GDBusInterfaceInfo *info);
void methods_free(struct methods *methods); /* NULL is allowed */
/* A new state: the lists are as in the file again. */
void methods_reset(struct methods *methods, const char *state);
/* The next answer to this method comes when another state has been told, as that state has it. */
void methods_owe(struct methods *methods, const char *method);
void methods_told(struct methods *methods, const char *state);
void methods_call(struct methods *methods, const char *state, const char *method,
                  GVariant *parameters, GDBusMethodInvocation *invocation);
/* What was asked since the last time, each as METHOD(arguments), in its order; g_strfreev(). */
char **methods_asked(struct methods *methods);
/* The signals that say that a list is another one; NULL at the end. */
extern const char *const methods_signals[];

#endif
