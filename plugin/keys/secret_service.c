/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key that the desktop's Secret Service keeps. libsecret is opened when there is a session bus
 * and not linked: a phone without a desktop never loads it, and the plugin needs no package more.
 */
#include "seal_key.h"

#include <dlfcn.h>
#include <libsecret/secret.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <simauth/octets.h>
#include <string.h>

#define LIBRARY "libsecret-1.so.0"
#define LABEL "Key of Linphone's SIM authentication (setup keys)"

static const SecretSchema schema = {
    .name = "org.simauth.SetupKeys",
    .flags = SECRET_SCHEMA_NONE,
    .attributes = {{"kind", SECRET_SCHEMA_ATTRIBUTE_STRING}, {NULL, 0}},
};

/* What is used of libsecret and of GIO behind it. */
struct secret_api {
    __typeof__(&secret_password_lookup_nonpageable_sync) lookup;
    __typeof__(&secret_password_store_sync) store;
    __typeof__(&secret_password_free) release;
    __typeof__(&secret_service_get_sync) service;
    __typeof__(&secret_service_disconnect) disconnect;
    __typeof__(&secret_collection_for_alias_sync) collection;
    __typeof__(&secret_collection_get_locked) locked;
    __typeof__(&g_cancellable_new) cancellable_new;
    __typeof__(&g_cancellable_cancel) cancel;
    __typeof__(&g_object_unref) unref;
};

static bool find(void *library, const char *name, void *function)
{
    return (*(void **)function = dlsym(library, name)) != NULL;
}

/* Never closed again: GObject's types stay registered. */
static bool api_open(struct secret_api *api)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    return library && find(library, "secret_password_lookup_nonpageable_sync", &api->lookup) &&
           find(library, "secret_password_store_sync", &api->store) &&
           find(library, "secret_password_free", &api->release) &&
           find(library, "secret_service_get_sync", &api->service) &&
           find(library, "secret_service_disconnect", &api->disconnect) &&
           find(library, "secret_collection_for_alias_sync", &api->collection) &&
           find(library, "secret_collection_get_locked", &api->locked) &&
           find(library, "g_cancellable_new", &api->cancellable_new) &&
           find(library, "g_cancellable_cancel", &api->cancel) &&
           find(library, "g_object_unref", &api->unref);
}

static bool session_bus_there(void)
{
    const char *runtime = g_getenv("XDG_RUNTIME_DIR");
    char *path;
    bool there;

    if (g_getenv("DBUS_SESSION_BUS_ADDRESS"))
        return true;
    path = runtime ? g_build_filename(runtime, "bus", NULL) : NULL;
    there = path && g_file_test(path, G_FILE_TEST_EXISTS);
    g_free(path);
    return there;
}

/* Ends a wait that is over: a keyring that nobody unlocks must not keep the thread for ever. */
struct patience {
    const struct secret_api *api;
    GCancellable *cancellable;
    GMutex lock;
    GCond done_cond;
    bool done;
    gint64 until;
};

static gpointer patience_run(gpointer data)
{
    struct patience *p = data;

    g_mutex_lock(&p->lock);
    while (!p->done && g_cond_wait_until(&p->done_cond, &p->lock, p->until))
        ;
    if (!p->done)
        p->api->cancel(p->cancellable);
    g_mutex_unlock(&p->lock);
    return NULL;
}

static void patience_end(struct patience *p, GThread *thread)
{
    g_mutex_lock(&p->lock);
    p->done = true;
    g_cond_signal(&p->done_cond);
    g_mutex_unlock(&p->lock);
    g_thread_join(thread);
}

static enum seal_key_status decode(const char *text, struct simauth_secret *key, char *error)
{
    uint8_t octets[SEAL_KEY_LEN];
    enum seal_key_status status = SEAL_KEY_GOOD;

    if (simauth_b64u_decode(text, strlen(text), octets, sizeof octets) ||
        simauth_secret_set(key, octets, sizeof octets)) {
        g_snprintf(error, SEAL_KEY_ERROR_MAX,
                   "the Secret Service holds something else under \"%s\": remove it there", LABEL);
        status = SEAL_KEY_FAILED;
    }
    OPENSSL_cleanse(octets, sizeof octets);
    return status;
}

static enum seal_key_status make(const struct secret_api *api, GCancellable *cancellable,
                                 struct simauth_secret *key, GError **fault)
{
    uint8_t octets[SEAL_KEY_LEN];
    char text[SIMAUTH_B64U_LEN(SEAL_KEY_LEN) + 1];
    bool good = RAND_bytes(octets, sizeof octets) == 1;

    simauth_b64u_encode(octets, sizeof octets, text);
    good = good && api->store(&schema, SECRET_COLLECTION_DEFAULT, LABEL, text, cancellable, fault,
                              "kind", "seal", NULL);
    if (good)
        good = simauth_secret_set(key, octets, sizeof octets) == SIMAUTH_OK;
    OPENSSL_cleanse(octets, sizeof octets);
    OPENSSL_cleanse(text, sizeof text);
    return good ? SEAL_KEY_GOOD : SEAL_KEY_FAILED;
}

/* A session bus without a Secret Service behind it, or the address of one that is over: no such
 * home. Anything else (locked, refused, too slow) is one that did not give its key. */
static bool nobody_there(const GError *fault)
{
    const char *domain = g_quark_to_string(fault->domain);

    if (strcmp(domain, "g-dbus-error-quark") == 0)
        return fault->code == G_DBUS_ERROR_SERVICE_UNKNOWN ||
               fault->code == G_DBUS_ERROR_NAME_HAS_NO_OWNER ||
               (fault->code >= G_DBUS_ERROR_SPAWN_EXEC_FAILED &&
                fault->code <= G_DBUS_ERROR_SPAWN_NO_MEMORY);
    return strcmp(domain, "g-io-error-quark") == 0 && fault->code != G_IO_ERROR_CANCELLED;
}

static enum seal_key_status ask(const struct secret_api *api, GCancellable *cancellable,
                                struct simauth_secret *key, char *error)
{
    GError *fault = NULL;
    gchar *text = api->lookup(&schema, cancellable, &fault, "kind", "seal", NULL);
    enum seal_key_status status = SEAL_KEY_FAILED;

    if (text)
        status = decode(text, key, error);
    else if (!fault)
        status = make(api, cancellable, key, &fault);
    api->release(text);
    if (fault && nobody_there(fault)) {
        g_error_free(fault);
        return SEAL_KEY_NONE;
    }
    if (fault) {
        g_snprintf(error, SEAL_KEY_ERROR_MAX, "Secret Service: %s", fault->message);
        g_error_free(fault);
    }
    return status;
}

/* Whether it would give its key without a word to anybody. */
static bool open_now(const struct secret_api *api, GCancellable *cancellable, char *error)
{
    api->disconnect(); /* it may be another daemon than the last time */
    SecretService *service = api->service(SECRET_SERVICE_NONE, cancellable, NULL);
    SecretCollection *collection =
        service ? api->collection(service, "default", SECRET_COLLECTION_NONE, cancellable, NULL)
                : NULL;
    bool open = collection && !api->locked(collection);

    if (collection)
        api->unref(collection);
    if (service)
        api->unref(service);
    if (!open)
        g_snprintf(error, SEAL_KEY_ERROR_MAX, "Secret Service: it is still locked");
    return open;
}

enum seal_key_status seal_key_of_desktop(unsigned seconds, bool asks, struct simauth_secret *key,
                                         char *error)
{
    struct secret_api api;
    struct patience p = {.api = &api};
    enum seal_key_status status;
    GThread *thread;

    error[0] = '\0';
    simauth_secret_wipe(key);
    if (!session_bus_there() || !api_open(&api))
        return SEAL_KEY_NONE;
    p.until = g_get_monotonic_time() + (gint64)seconds * G_TIME_SPAN_SECOND;
    p.cancellable = api.cancellable_new();
    g_mutex_init(&p.lock);
    g_cond_init(&p.done_cond);
    thread = g_thread_new("simauth-patience", patience_run, &p);
    status = asks || open_now(&api, p.cancellable, error) ? ask(&api, p.cancellable, key, error)
                                                          : SEAL_KEY_FAILED;
    patience_end(&p, thread);
    g_mutex_clear(&p.lock);
    g_cond_clear(&p.done_cond);
    api.unref(p.cancellable);
    return status;
}
