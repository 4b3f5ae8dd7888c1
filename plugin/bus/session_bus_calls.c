/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Methods: each is a command of the one handler (control.h), its arguments members of the request,
 * its results members of the answer. The same table says how both travel.
 */
#include "session_bus_private.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>

#define ARGS_MAX 3
#define TEXT_MAX CONTROL_LINE_MAX

struct out {
    const char *type, *name;
    const char *fields; /* members of each struct in an array, in order */
};

struct method {
    const char *member, *command;
    const char *in[ARGS_MAX]; /* names of the arguments; their types are the message's own */
    struct out out[ARGS_MAX];
    unsigned spacing_s; /* between two; with one at a time. 0: no limit */
};

#define LINKS                                                                                      \
    {                                                                                              \
        {"b", "good", NULL},                                                                       \
        {                                                                                          \
            "a(sss)", "links", "word,result,problem"                                               \
        }                                                                                          \
    }

static const struct method methods[] = {
    {"SelfTest", "self-test", {NULL}, LINKS, 5},
    {"Bootstrap", "bootstrap", {NULL}, LINKS, 5},
    {"EnterPin",
     "enter-pin",
     {"pin", "spend_last", "tag"},
     {{"s", "result", NULL}, {"i", "tries_left", NULL}, {"s", "text", NULL}},
     0},
    {"ListReaders",
     "readers",
     {NULL},
     {{"a(ssb)", "readers", "value,name,card"}, {"s", "text", NULL}},
     0},
    {"SetSim", "set-sim", {"sim"}, {{NULL, NULL, NULL}}, 0},
    {"ActivateSim", "activate-sim", {"code"}, {{"s", "path", NULL}}, 0},
    {"SetGateway", "set-gateway", {"gateway"}, {{NULL, NULL, NULL}}, 0},
    {"FindGateways", "gateways", {NULL}, {{"a(sss)", "gateways", "name,from,text"}}, 0},
    {"GetSettings",
     "settings",
     {"group"},
     {{"a(sssss)", "settings", "key,value,fallback,values,meaning"}},
     0},
    {"SetSetting", "set", {"group", "key", "value"}, {{NULL, NULL, NULL}}, 0},
    {"ListPeers", "peers", {NULL}, {{"aa{sv}", "peers", NULL}}, 0},
    {"TrustChange", "trust", {"aor", "nai"}, {{NULL, NULL, NULL}}, 0},
    {"Forget", "forget", {"peer"}, {{"b", "found", NULL}}, 0},
    {"AskAgain", "ask-again", {"peer"}, {{"b", "found", NULL}}, 0},
    {"ContinueOnce", "continue-once", {"peer"}, {{NULL, NULL, NULL}}, 0},
    {"ListKeys", "keys", {NULL}, {{"aa{sv}", "keys", NULL}}, 0},
    {"ForgetKeys", "forget-keys", {"peer"}, {{"u", "erased", NULL}}, 0},
    {"ForgetKey", "forget-key", {"id"}, {{"b", "found", NULL}}, 0},
    {"History",
     "history",
     {"skip", "limit"},
     {{"u", "total", NULL}, {"aa{sv}", "records", NULL}},
     0},
    {"ClearHistory", "clear-history", {NULL}, {{NULL, NULL, NULL}}, 0},
    {"ListBindings", "bindings", {NULL}, {{"aa{sv}", "all", NULL}}, 0},
    {"ProveAddress", "prove", {"aor"}, {{"s", "text", NULL}}, 0},
};

/* One method's calls: two at once, and one after the other in no time, are what a loop in
 * somebody's program makes, and each goes to SIM and gateway. */
struct bus_calls {
    bool under_way;
    gint64 last_us; /* 0: never */
};

struct pending {
    struct control_reply reply; /* first: it is what the handler knows */
    sd_bus_message *message;
    const struct method *method;
    struct bus_calls *calls; /* NULL: no limit; g_rc_box */
    pthread_t loop;          /* the thread that the bus belongs to */
    struct pending *next;    /* of those that came from another one */
    json_t *answer;
};

static pthread_mutex_t late_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pending *late; /* guarded */

/* -- JSON to D-Bus ----------------------------------------------------------------------------- */

char bus_integer_type(const char *name)
{
    if (!strcmp(name, "ProcessId"))
        return 'u';
    return !strcmp(name, "TriesLeft") || !strcmp(name, "SimAge") ? 'i' : 'x';
}

static int append_basic(sd_bus_message *message, char type, const json_t *value)
{
    switch (type) {
    case 's':
        return sd_bus_message_append(message, "s",
                                     json_is_string(value) ? json_string_value(value) : "");
    case 'b':
        return sd_bus_message_append(message, "b", (int)json_is_true(value));
    case 'i':
        return sd_bus_message_append(message, "i", (int32_t)json_integer_value(value));
    case 'u':
        return sd_bus_message_append(message, "u", (uint32_t)json_integer_value(value));
    case 'x':
        return sd_bus_message_append(message, "x", (int64_t)json_integer_value(value));
    default:
        return -EINVAL;
    }
}

/* "known_since" is KnownSince on the bus; what begins with a capital stays. */
static void member_name(const char *name, char *text, size_t room)
{
    bool capital = true;
    size_t n = 0;

    for (; *name && n + 1 < room; name++) {
        if (*name != '_')
            text[n++] = (char)(capital ? g_ascii_toupper(*name) : *name);
        capital = *name == '_';
    }
    text[n] = '\0';
}

static int append_entry(sd_bus_message *message, const char *name, const json_t *value)
{
    char member[64], type[2] = "s";
    int result;

    member_name(name, member, sizeof(member));
    if (json_is_boolean(value))
        *type = 'b';
    else if (json_is_integer(value))
        *type = bus_integer_type(member);
    else if (!json_is_string(value))
        return 0; /* milliseconds and the like are for the log */
    result = sd_bus_message_open_container(message, 'e', "sv");
    if (result >= 0)
        result = sd_bus_message_append(message, "s", member);
    if (result >= 0)
        result = sd_bus_message_open_container(message, 'v', type);
    if (result >= 0)
        result = append_basic(message, *type, value);
    if (result >= 0)
        result = sd_bus_message_close_container(message);
    return result >= 0 ? sd_bus_message_close_container(message) : result;
}

static int append_dictionary(sd_bus_message *message, const json_t *object)
{
    int result = sd_bus_message_open_container(message, 'a', "{sv}");
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (result >= 0)
            result = append_entry(message, name, value);
    }
    return result >= 0 ? sd_bus_message_close_container(message) : result;
}

/* `types` without its parentheses. */
static int append_struct(sd_bus_message *message, const char *types, const json_t *object,
                         const char *fields)
{
    char **names = g_strsplit(fields, ",", 0);
    int result = sd_bus_message_open_container(message, 'r', types);

    for (size_t i = 0; result >= 0 && types[i] && names[i]; i++)
        result = append_basic(message, types[i], json_object_get(object, names[i]));
    g_strfreev(names);
    return result >= 0 ? sd_bus_message_close_container(message) : result;
}

static int append_array(sd_bus_message *message, const char *element, const json_t *array,
                        const char *fields)
{
    char types[16] = "";
    int result = sd_bus_message_open_container(message, 'a', element);

    if (*element == '(')
        g_strlcpy(types, element + 1, MIN(sizeof(types), strlen(element) - 1));
    for (size_t i = 0; result >= 0 && i < json_array_size(array); i++)
        result = *element == '(' ? append_struct(message, types, json_array_get(array, i), fields)
                                 : append_dictionary(message, json_array_get(array, i));
    return result >= 0 ? sd_bus_message_close_container(message) : result;
}

int bus_append(sd_bus_message *message, const char *type, const json_t *value, const char *fields)
{
    return *type == 'a' ? append_array(message, type + 1, value, fields)
                        : append_basic(message, *type, value);
}

/* -- the answer -------------------------------------------------------------------------------- */

static void answer_error(sd_bus_message *message, const json_t *answer)
{
    const char *word = json_string_value(json_object_get(answer, "word"));
    const char *sentence = json_string_value(json_object_get(answer, "error"));
    char *name = g_strconcat(BUS_ERROR, word ? word : "Failed", NULL);

    (void)sd_bus_reply_method_errorf(message, name, "%s", sentence ? sentence : "It failed.");
    g_free(name);
}

static int answer_results(const struct pending *p, const json_t *answer)
{
    sd_bus_message *reply = NULL;
    int result = sd_bus_message_new_method_return(p->message, &reply);

    for (const struct out *out = p->method->out;
         result >= 0 && out < p->method->out + ARGS_MAX && out->type; out++)
        result = bus_append(reply, out->type, json_object_get(answer, out->name), out->fields);
    if (result >= 0)
        result = sd_bus_send(NULL, reply, NULL);
    sd_bus_message_unref(reply);
    return result;
}

/* The connection may be another one by now: the message holds its own. */
static void finish(struct pending *p, json_t *answer)
{
    int result = 0;

    if (p->calls) {
        p->calls->under_way = false;
        p->calls->last_us = g_get_monotonic_time();
        g_rc_box_release(p->calls);
    }
    if (!json_is_true(json_object_get(answer, "ok")))
        answer_error(p->message, answer);
    else if ((result = answer_results(p, answer)) < 0)
        (void)sd_bus_reply_method_errno(p->message, result, NULL);
    json_decref(answer);
    sd_bus_message_unref(p->message);
    g_free(p);
}

/* A worker that ends with its core answers by itself, and sd-bus is the main loop's alone. */
static void on_answer(struct control_reply *reply, json_t *answer)
{
    struct pending *p = (struct pending *)reply;

    if (pthread_equal(p->loop, pthread_self())) {
        finish(p, answer);
        return;
    }
    pthread_mutex_lock(&late_lock);
    p->answer = answer;
    p->next = late;
    late = p;
    pthread_mutex_unlock(&late_lock);
}

void bus_answer_late(void)
{
    struct pending *p, *next;

    pthread_mutex_lock(&late_lock);
    p = late;
    late = NULL;
    pthread_mutex_unlock(&late_lock);
    for (; p; p = next) {
        next = p->next;
        finish(p, p->answer);
    }
}

/* -- the question ------------------------------------------------------------------------------ */

static int bad_value(sd_bus_error *error, const char *argument)
{
    return sd_bus_error_setf(error, BUS_ERROR "BadValue", "%s is longer than anything allowed.",
                             argument);
}

/* One argument into `request`, or a secret into `secret`. Negative with `error` set. */
static int read_argument(sd_bus_message *message, const char *name, json_t *request,
                         struct session_bus_secret *secret, sd_bus_error *error)
{
    const char *contents, *text = NULL, *why = NULL, *word;
    char type = '\0', number[8] = {0}; /* the widest of 'b', 'u', 'h' and 'x' */
    uint32_t value = 0;
    int64_t wide = 0;
    int result = sd_bus_message_peek_type(message, &type, &contents);

    if (result > 0 && type == 's')
        result = sd_bus_message_read_basic(message, 's', &text);
    else if (result > 0)
        result = sd_bus_message_read_basic(message, type, number);
    if (result <= 0)
        return result < 0 ? result : -EINVAL;
    memcpy(&value, number, sizeof(value));
    memcpy(&wide, number, sizeof(wide));
    if (type == 's' && strlen(text) > TEXT_MAX)
        return bad_value(error, name);
    if (type == 's')
        return json_object_set_new(request, name, json_string(text));
    if (type != 'h')
        return json_object_set_new(request, name,
                                   type == 'b' ? json_boolean(value != 0)
                                               : json_integer(type == 'x' ? wide : value));
    word = bus_read_sealed((int)value, secret, &why);
    return word ? sd_bus_error_setf(error,
                                    word[0] == 'N'   ? BUS_ERROR "NotSealed"
                                    : word[0] == 'B' ? BUS_ERROR "BadValue"
                                                     : BUS_ERROR "Failed",
                                    "%s", why)
                : 0;
}

static const struct method *method_of(const char *member)
{
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        if (!strcmp(methods[i].member, member))
            return &methods[i];
    }
    return NULL;
}

/* False with `error` set: too often, or under way. */
static bool may_begin(struct session_bus *b, const struct method *method, struct bus_calls **calls,
                      sd_bus_error *error)
{
    gint64 wait_us;

    if (!method->spacing_s)
        return true;
    *calls = g_hash_table_lookup(b->calls, method->command);
    if (!*calls) {
        *calls = g_rc_box_new0(struct bus_calls);
        g_hash_table_insert(b->calls, (gpointer)(uintptr_t)method->command, *calls);
    }
    wait_us = (*calls)->last_us + method->spacing_s * G_USEC_PER_SEC - g_get_monotonic_time();
    if ((*calls)->under_way)
        sd_bus_error_setf(error, BUS_ERROR "Busy", "%s is under way already: wait for its result.",
                          method->member);
    else if ((*calls)->last_us && wait_us > 0)
        sd_bus_error_setf(error, BUS_ERROR "TooOften", "%s was just done: try again in %d s.",
                          method->member, (int)(wait_us / G_USEC_PER_SEC) + 1);
    return !sd_bus_error_is_set(error);
}

static void hand_over(struct session_bus *b, sd_bus_message *message, const struct method *method,
                      struct bus_calls *calls, const json_t *request,
                      const struct session_bus_secret *secret)
{
    struct pending *p = g_new0(struct pending, 1);

    p->reply.answer = on_answer;
    p->message = sd_bus_message_ref(message);
    p->method = method;
    p->loop = pthread_self();
    if (calls) {
        p->calls = g_rc_box_acquire(calls);
        calls->under_way = true;
    }
    if (secret->len)
        b->user.handle_secret(method->command, secret, request, &p->reply);
    else
        b->user.handle(method->command, request, &p->reply);
}

int bus_on_method(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct session_bus *b = userdata;
    const char *member = sd_bus_message_get_member(message);
    const struct method *method = method_of(member);
    struct session_bus_secret secret = {.len = 0};
    struct bus_calls *calls = NULL;
    json_t *request = json_object();
    int on = 0, result = 0;

    if (!strcmp(member, "AskForPin")) {
        result = sd_bus_message_read(message, "b", &on);
        if (result >= 0)
            result = bus_set_pin_asker(b, message, on);
        json_decref(request);
        return result < 0 ? result : sd_bus_reply_method_return(message, "");
    }
    for (size_t i = 0; method && result >= 0 && i < ARGS_MAX && method->in[i]; i++)
        result = read_argument(message, method->in[i], request, &secret, error);
    if (!method)
        result = -EOPNOTSUPP;
    if (result >= 0 && may_begin(b, method, &calls, error))
        hand_over(b, message, method, calls, request, &secret);
    OPENSSL_cleanse(&secret, sizeof(secret));
    json_decref(request);
    if (sd_bus_error_is_set(error))
        return -EINVAL;
    return result < 0 ? result : 1;
}
