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
    UiRecord *sim;
    char *tag;
    ui_pin_told told;
    ui_pin_known known;
    ui_pin_forgotten forgotten;
    GWeakRef owner;
};

static struct question *ask_tag(const char *tag, GObject *owner)
{
    struct question *question = g_new0(struct question, 1);

    question->tag = g_strdup(tag);
    g_weak_ref_init(&question->owner, owner);
    return question;
}

static struct question *ask(UiRecord *sim, GObject *owner)
{
    struct question *question = ask_tag(ui_record_text(sim, "Tag"), owner);

    question->sim = g_object_ref(sim);
    return question;
}

static void finish(struct question *question, gboolean yes)
{
    GObject *owner = g_weak_ref_get(&question->owner);

    if (owner && question->told)
        question->told(yes, owner);
    if (owner && question->known)
        question->known(yes, owner);
    if (owner && question->forgotten)
        question->forgotten(yes, owner);
    g_clear_object(&owner);
    g_clear_object(&question->phone);
    g_weak_ref_clear(&question->owner);
    g_clear_object(&question->sim);
    g_free(question->tag);
    g_free(question);
}

/* Marks whose PIN is being tried: two Linphones share a reader, and a wrong PIN costs one try, not
 * two. */
static GHashTable *tried(void)
{
    static GHashTable *marks;

    if (!marks)
        marks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return marks;
}

gboolean ui_pin_can_remember(UiRecord *sim)
{
    return *ui_record_text(sim, "Tag") != '\0';
}

/* There may be no keyring, or one that stays locked. */
static void stored(GObject *source, GAsyncResult *result, gpointer nothing)
{
    GApplication *app = g_application_get_default();
    GError *error = NULL;

    (void)source, (void)nothing;
    if (!secret_password_store_finish(result, &error)) {
        g_message("the keyring: %s", error ? error->message : "the prompt was dismissed");
        if (UI_IS_APP(app))
            ui_app_toast(UI_APP(app), _("The PIN is not remembered: there is no keyring, or it is "
                                        "locked."));
    }
    g_clear_error(&error);
}

void ui_pin_remember(UiRecord *sim, const char *tag, const char *pin)
{
    const char *name = ui_record_text(sim, "Name");
    char *label;

    if (!*tag)
        return;
    label = *name ? g_strdup_printf(_("PIN of the SIM in %s"), name) : g_strdup(_("PIN of a SIM"));
    secret_password_store(&schema, SECRET_COLLECTION_DEFAULT, label, pin, NULL, stored, NULL, "sim",
                          tag, NULL);
    g_free(label);
}

/* -- whether it is there, and forgetting it ---------------------------------------------------- */

/* Whether the keyring has one says its list: nothing is unlocked for that, and no PIN comes. */
static void looked_for(GObject *source, GAsyncResult *result, gpointer data)
{
    GError *error = NULL;
    GList *items = secret_password_search_finish(result, &error);
    struct question *question = data;

    (void)source;
    finish(question, question->known ? items != NULL : !items && !error);
    g_list_free_full(items, g_object_unref);
    g_clear_error(&error);
}

static void look_for(struct question *question)
{
    secret_password_search(&schema, SECRET_SEARCH_NONE, NULL, looked_for, question, "sim",
                           question->tag, NULL);
}

void ui_pin_is_remembered(UiRecord *sim, ui_pin_known known, GObject *owner)
{
    struct question *question = ask(sim, owner);

    question->known = known;
    if (ui_pin_can_remember(sim))
        look_for(question);
    else
        finish(question, FALSE);
}

/* A keyring that is locked keeps it, and says no more than that nothing was removed. */
static void cleared(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    (void)secret_password_clear_finish(result, NULL);
    look_for(data);
}

void ui_pin_forget(const char *tag, ui_pin_forgotten forgotten, GObject *owner)
{
    struct question *question = ask_tag(tag, owner);

    question->forgotten = forgotten;
    secret_password_clear(&schema, NULL, cleared, question, "sim", tag, NULL);
}

const char *ui_pin_forgotten_words(gboolean gone)
{
    return gone ? _("The PIN is forgotten")
                : _("The PIN is still in your keyring: unlock the keyring, then forget it again.");
}

/* -- giving it --------------------------------------------------------------------------------- */

static void given(GVariant *answer, const char *error, gpointer owner)
{
    struct question *question = g_object_steal_data(owner, "question");
    const char *result = "failed";

    (void)error;
    if (answer && g_variant_is_of_type(answer, G_VARIANT_TYPE("(sis)")))
        g_variant_get_child(answer, 0, "&s", &result);
    if (!g_strcmp0(result, "wrong") || !g_strcmp0(result, "blocked"))
        ui_pin_forget(question->tag, NULL, NULL); /* it was changed: never tried again */
    g_hash_table_remove(tried(), question->tag);
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
    g_hash_table_add(tried(), g_strdup(question->tag));
    g_object_set_data(holder, "question", question);
    ui_phone_ask_with(question->phone, "EnterPin", g_variant_new("(hbs)", 0, FALSE, question->tag),
                      files, given, holder);
    g_object_unref(files);
}

/* The keyring may have waited for its password: meanwhile it may be another card, or an open one.
 */
static gboolean still_wanted(struct question *question)
{
    return !g_strcmp0(ui_record_text(question->sim, "Tag"), question->tag) &&
           !g_strcmp0(ui_record_text(question->sim, "State"), "locked") &&
           ui_record_number(question->sim, "TriesLeft") >= 2 &&
           !g_hash_table_contains(tried(), question->tag);
}

static void looked_up(GObject *source, GAsyncResult *result, gpointer data)
{
    char *pin = secret_password_lookup_nonpageable_finish(result, NULL);
    struct question *question = data;

    (void)source;
    if (pin && still_wanted(question))
        give(question, pin);
    else
        finish(question, FALSE);
    secret_password_free(pin); /* wipes */
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
    secret_password_lookup(&schema, NULL, looked_up, question, "sim", question->tag, NULL);
}

/* -- all of them ------------------------------------------------------------------------------- */

struct listing {
    ui_pin_listed listed;
    GWeakRef owner;
};

static void found(GObject *source, GAsyncResult *result, gpointer data)
{
    GList *items = secret_password_search_finish(result, NULL);
    struct listing *listing = data;
    GObject *owner = g_weak_ref_get(&listing->owner);

    (void)source;
    for (GList *item = items; item && owner; item = item->next) {
        GHashTable *attributes = secret_retrievable_get_attributes(item->data);
        char *label = secret_retrievable_get_label(item->data);
        const char *tag = g_hash_table_lookup(attributes, "sim");

        if (tag)
            listing->listed(tag, label, (gint64)secret_retrievable_get_created(item->data), owner);
        g_hash_table_unref(attributes);
        g_free(label);
    }
    g_list_free_full(items, g_object_unref);
    g_clear_object(&owner);
    g_weak_ref_clear(&listing->owner);
    g_free(listing);
}

void ui_pin_list(ui_pin_listed listed, GObject *owner)
{
    struct listing *listing = g_new0(struct listing, 1);

    listing->listed = listed;
    g_weak_ref_init(&listing->owner, owner);
    /* Nothing is unlocked for a list: it needs no secret. */
    secret_password_search(&schema, SECRET_SEARCH_ALL, NULL, found, listing, NULL);
}
