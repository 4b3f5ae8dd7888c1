/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PINs in the desktop's keyring, each under the mark of its SIM (Sim1.Tag): a PIN that is tried on
 * another card would cost that one a try. */
#include "pin_memory.h"
#include "pin.h"
#include "sealed.h"

#include <libsecret/secret.h>

static const SecretSchema schema = {
    .name = "org.simauth.Pin",
    .flags = SECRET_SCHEMA_NONE,
    .attributes = {{"sim", SECRET_SCHEMA_ATTRIBUTE_STRING}},
};

struct question {
    UiPhone *phone;
    char *tag;
    ui_pin_told told;
    ui_pin_known known;
    GWeakRef owner;
};

static struct question *ask(UiRecord *sim, GObject *owner)
{
    struct question *question = g_new0(struct question, 1);

    question->tag = g_strdup(ui_record_text(sim, "Tag"));
    g_weak_ref_init(&question->owner, owner);
    return question;
}

static void finish(struct question *question, gboolean yes)
{
    GObject *owner = g_weak_ref_get(&question->owner);

    if (owner && question->told)
        question->told(yes, owner);
    if (owner && question->known)
        question->known(yes, owner);
    g_clear_object(&owner);
    g_clear_object(&question->phone);
    g_weak_ref_clear(&question->owner);
    g_free(question->tag);
    g_free(question);
}

static void clear(const char *tag)
{
    secret_password_clear(&schema, NULL, NULL, NULL, "sim", tag, NULL);
}

gboolean ui_pin_can_remember(UiRecord *sim)
{
    return *ui_record_text(sim, "Tag") != '\0';
}

void ui_pin_forget(UiRecord *sim)
{
    if (ui_pin_can_remember(sim))
        clear(ui_record_text(sim, "Tag"));
}

void ui_pin_remember(UiRecord *sim, const char *pin)
{
    if (ui_pin_can_remember(sim))
        secret_password_store(&schema, SECRET_COLLECTION_DEFAULT, _("PIN of a SIM"), pin, NULL,
                              NULL, NULL, "sim", ui_record_text(sim, "Tag"), NULL);
}

/* -- giving it ----------------------------------------------------------------------------------
 */

static void given(GVariant *answer, const char *error, gpointer owner)
{
    struct question *question = g_object_steal_data(owner, "question");
    const char *result = "failed";

    (void)error;
    if (answer && g_variant_is_of_type(answer, G_VARIANT_TYPE("(sis)")))
        g_variant_get_child(answer, 0, "&s", &result);
    if (!g_strcmp0(result, "wrong"))
        clear(question->tag); /* it was changed: never tried again */
    finish(question, !g_strcmp0(result, "accepted") || !g_strcmp0(result, "not-needed"));
    g_object_unref(owner);
}

static void give(struct question *question, const char *pin)
{
    GUnixFDList *files = ui_sealed(pin, NULL);
    GObject *holder = g_object_new(G_TYPE_OBJECT, NULL); /* lives until the answer */

    if (!files) {
        g_object_unref(holder);
        finish(question, FALSE);
        return;
    }
    g_object_set_data(holder, "question", question);
    ui_phone_ask_with(question->phone, "EnterPin", g_variant_new("(hb)", 0, FALSE), files, given,
                      holder);
    g_object_unref(files);
}

static void looked_up(GObject *source, GAsyncResult *result, gpointer data)
{
    char *pin = secret_password_lookup_nonpageable_finish(result, NULL);
    struct question *question = data;

    (void)source;
    if (pin && question->phone)
        give(question, pin);
    else
        finish(question, pin != NULL);
    secret_password_free(pin); /* wipes */
}

static void look_up(struct question *question)
{
    secret_password_lookup(&schema, NULL, looked_up, question, "sim", question->tag, NULL);
}

void ui_pin_give_remembered(UiPhone *phone, UiRecord *sim, ui_pin_told told, GObject *owner)
{
    struct question *question = ask(sim, owner);

    question->told = told;
    if (!ui_pin_can_remember(sim) || ui_record_number(sim, "TriesLeft") < 2) {
        finish(question, FALSE);
        return;
    }
    question->phone = g_object_ref(phone);
    look_up(question);
}

void ui_pin_is_remembered(UiRecord *sim, ui_pin_known known, GObject *owner)
{
    struct question *question = ask(sim, owner);

    question->known = known;
    if (ui_pin_can_remember(sim))
        look_up(question);
    else
        finish(question, FALSE);
}
