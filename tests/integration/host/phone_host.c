/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A phone on the stock liblinphone that says and hears what linphone-daemon does, on the same pipe
 * and in the same words, and has the few commands that the daemon lacks: redirect (302), update
 * (UPDATE with SDP), early-media (183 with SDP), answer-audio (without pictures), conference.
 *
 *   phone_host --config FILE --pipe NAME --log FILE
 *
 * Also say and send-file: one word or one file in a message. Whoever hears of a file fetches it
 * into its HOME as received-file.
 */
#include <errno.h>
#include <linphone/core.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TICK_MS 20
#define CALLS_MAX 64
#define EVENTS_MAX 512
#define TEXT_MAX 512

/* In liblinphone's library and in none of its headers: UPDATE instead of a re-INVITE. */
void linphone_call_params_set_no_user_consent(LinphoneCallParams *params, bool_t value);

static LinphoneCore *core;
static LinphoneCall *calls[CALLS_MAX]; /* a call's number is its place here and one more */
static size_t call_count;
static char events[EVENTS_MAX][TEXT_MAX];
static size_t first_event, event_count;
static int client = -1;
static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static void die(const char *what)
{
    fprintf(stderr, "phone_host: %s: %s\n", what, strerror(errno));
    exit(1);
}

__attribute__((format(printf, 2, 3))) static void answer(bool_t good, const char *format, ...)
{
    char text[2 * TEXT_MAX];
    int at = snprintf(text, sizeof(text), good ? "Status: Ok\n\n" : "Status: Error\nReason: ");
    va_list args;

    va_start(args, format);
    vsnprintf(text + at, sizeof(text) - (size_t)at, format, args);
    va_end(args);
    if (write(client, text, strlen(text)) < 0)
        die("answer");
}

/* -- calls and their numbers ------------------------------------------------------------------- */

static size_t number_of(LinphoneCall *call)
{
    size_t i;

    for (i = 0; i < call_count; i++) {
        if (calls[i] == call)
            return i + 1;
    }
    if (call_count == CALLS_MAX)
        die("too many calls");
    calls[call_count++] = linphone_call_ref(call);
    return call_count;
}

/* The call of that number; without one the only one, or one that still rings. */
static LinphoneCall *call_of(const char *word)
{
    size_t number = word ? strtoul(word, NULL, 10) : 0;
    const bctbx_list_t *item = linphone_core_get_calls(core);

    if (word)
        return number >= 1 && number <= call_count ? calls[number - 1] : NULL;
    for (; item; item = item->next) {
        if (!item->next || linphone_call_get_state(item->data) == LinphoneCallStateIncomingReceived)
            return item->data;
    }
    return NULL;
}

__attribute__((format(printf, 1, 2))) static void add_event(const char *format, ...)
{
    va_list args;

    if (event_count == EVENTS_MAX)
        die("too many events");
    va_start(args, format);
    vsnprintf(events[(first_event + event_count++) % EVENTS_MAX], TEXT_MAX, format, args);
    va_end(args);
}

static void state_changed(LinphoneCore *lc, LinphoneCall *call, LinphoneCallState state,
                          const char *message)
{
    (void)lc;
    (void)message;
    add_event("Event-type: call-state-changed\nEvent: %s\nId: %zu\n",
              linphone_call_state_to_string(state), number_of(call));
}

/* -- messages ---------------------------------------------------------------------------------- */

static void fetch(LinphoneChatMessage *message, LinphoneContent *content)
{
    char path[TEXT_MAX];

    snprintf(path, sizeof(path), "%s/received-file", getenv("HOME"));
    linphone_content_set_file_path(content, path);
    linphone_chat_message_download_content(message, content);
}

static void message_received(LinphoneCore *lc, LinphoneChatRoom *room, LinphoneChatMessage *message)
{
    const bctbx_list_t *content = linphone_chat_message_get_contents(message);

    (void)lc;
    (void)room;
    for (; content; content = content->next) {
        if (linphone_content_is_file_transfer(content->data))
            fetch(message, content->data);
        else
            add_event("Event-type: message-received\nText: %s\n",
                      linphone_content_get_utf8_text(content->data));
    }
}

static LinphoneChatMessage *new_message(const char *uri)
{
    LinphoneAddress *to = linphone_factory_create_address(linphone_factory_get(), uri ? uri : "");
    bctbx_list_t *whom = to ? bctbx_list_append(NULL, to) : NULL;
    LinphoneChatRoomParams *params = linphone_core_create_default_chat_room_params(core);
    LinphoneChatRoom *room;

    linphone_chat_room_params_set_backend(params, LinphoneChatRoomBackendBasic);
    room = linphone_core_create_chat_room_6(core, params, NULL, whom);
    linphone_chat_room_params_unref(params);
    bctbx_list_free_with_data(whom, (bctbx_list_free_func)linphone_address_unref);
    return room ? linphone_chat_room_create_empty_message(room) : NULL;
}

/* -- commands ---------------------------------------------------------------------------------- */

static void do_call(const char *uri, const char *unused)
{
    LinphoneCall *call = linphone_core_invite(core, uri ? uri : "");

    (void)unused;
    if (call)
        answer(TRUE, "Id: %zu\n", number_of(call));
    else
        answer(FALSE, "Call creation failed.\n");
}

static void do_pop_event(const char *unused, const char *other)
{
    (void)unused;
    (void)other;
    if (!event_count) {
        answer(TRUE, "Size: 0\n");
        return;
    }
    event_count--;
    answer(TRUE, "Size: %zu\n%s", event_count, events[first_event]);
    first_event = (first_event + 1) % EVENTS_MAX;
}

static void do_register_status(const char *unused, const char *other)
{
    LinphoneAccount *account = linphone_core_get_default_account(core);
    LinphoneRegistrationState state =
        account ? linphone_account_get_state(account) : LinphoneRegistrationNone;

    (void)unused;
    (void)other;
    answer(TRUE, "Id: 1\nState: %s\n", linphone_registration_state_to_string(state));
}

static void do_call_status(const char *word, const char *unused)
{
    LinphoneCall *call = call_of(word);

    (void)unused;
    if (call)
        answer(TRUE, "State: %s\n", linphone_call_state_to_string(linphone_call_get_state(call)));
    else
        answer(FALSE, "No such call.\n");
}

static void done(LinphoneStatus status)
{
    if (status == 0)
        answer(TRUE, "\n");
    else
        answer(FALSE, "liblinphone refused.\n");
}

static void do_answer(const char *word, const char *unused)
{
    LinphoneCall *call = call_of(word);

    (void)unused;
    done(call ? linphone_call_accept(call) : -1);
}

static void do_answer_audio(const char *word, const char *unused)
{
    LinphoneCall *call = call_of(word);
    LinphoneCallParams *params = call ? linphone_core_create_call_params(core, call) : NULL;

    (void)unused;
    if (params)
        linphone_call_params_enable_video(params, FALSE);
    done(params ? linphone_call_accept_with_params(call, params) : -1);
    if (params)
        linphone_call_params_unref(params);
}

static void do_early_media(const char *word, const char *unused)
{
    LinphoneCall *call = call_of(word);

    (void)unused;
    done(call ? linphone_call_accept_early_media(call) : -1);
}

static void do_call_pause(const char *word, const char *unused)
{
    LinphoneCall *call = call_of(word);

    (void)unused;
    done(call ? linphone_call_pause(call) : -1);
}

static void do_call_resume(const char *word, const char *unused)
{
    LinphoneCall *call = call_of(word);

    (void)unused;
    done(call ? linphone_call_resume(call) : -1);
}

static void do_terminate(const char *word, const char *unused)
{
    LinphoneCall *call = call_of(word);

    (void)unused;
    done(call ? linphone_call_terminate(call) : -1);
}

static void send_message(LinphoneChatMessage *message)
{
    if (message) {
        linphone_chat_message_send(message);
        linphone_chat_message_unref(message);
    }
    done(message ? 0 : -1);
}

static void do_say(const char *uri, const char *word)
{
    LinphoneChatMessage *message = new_message(uri);

    if (message)
        linphone_chat_message_add_utf8_text_content(message, word ? word : "");
    send_message(message);
}

static void do_send_file(const char *uri, const char *path)
{
    LinphoneChatMessage *message = new_message(uri);
    LinphoneContent *content = linphone_factory_create_content(linphone_factory_get());

    linphone_content_set_type(content, "application");
    linphone_content_set_subtype(content, "octet-stream");
    linphone_content_set_name(content, "file");
    linphone_content_set_file_path(content, path);
    if (message)
        linphone_chat_message_add_file_content(message, content);
    linphone_content_unref(content);
    send_message(message);
}

static void do_redirect(const char *word, const char *uri)
{
    LinphoneCall *call = call_of(word);
    LinphoneAddress *to = linphone_factory_create_address(linphone_factory_get(), uri ? uri : "");

    done(call && to ? linphone_call_redirect_to(call, to) : -1);
    if (to)
        linphone_address_unref(to);
}

static void do_update(const char *word, const char *unused)
{
    LinphoneCall *call = call_of(word);
    LinphoneCallParams *params = call ? linphone_core_create_call_params(core, call) : NULL;

    (void)unused;
    if (params)
        linphone_call_params_set_no_user_consent(params, TRUE);
    done(params ? linphone_call_update(call, params) : -1);
    if (params)
        linphone_call_params_unref(params);
}

/* What 5.1 returns here is a bool, which linphone-daemon takes for an error: the states tell. */
static void do_conference(const char *word, const char *unused)
{
    LinphoneCall *call = call_of(word);

    (void)unused;
    if (call)
        (void)linphone_core_add_to_conference(core, call);
    done(call ? 0 : -1);
}

/* The letters of ZRTP (SAS) and whether they count as compared; "yes" or "no": the person says so.
 */
static void do_letters(const char *word, const char *says)
{
    LinphoneCall *call = call_of(word);
    const char *letters = call ? linphone_call_get_authentication_token(call) : NULL;

    if (!letters) {
        answer(FALSE, "No letters.\n");
        return;
    }
    if (says)
        linphone_call_set_authentication_token_verified(call, !strcmp(says, "yes"));
    answer(TRUE, "Letters: %s\nCompared: %s\n", letters,
           linphone_call_get_authentication_token_verified(call) ? "yes" : "no");
}

/* The same LinphoneCore, as a program does when its network or its user changes. */
static void do_restart(const char *unused, const char *unused_too)
{
    (void)unused;
    (void)unused_too;
    linphone_core_stop(core);
    done(linphone_core_start(core));
}

static const struct command {
    const char *name;
    void (*run)(const char *first, const char *second);
} commands[] = {
    {"call", do_call},
    {"conference", do_conference},
    {"pop-event", do_pop_event},
    {"register-status", do_register_status},
    {"call-status", do_call_status},
    {"call-pause", do_call_pause},
    {"call-resume", do_call_resume},
    {"answer", do_answer},
    {"answer-audio", do_answer_audio},
    {"early-media", do_early_media},
    {"letters", do_letters},
    {"terminate", do_terminate},
    {"redirect", do_redirect},
    {"restart", do_restart},
    {"update", do_update},
    {"say", do_say},
    {"send-file", do_send_file},
};

static void run_command(char *line)
{
    char *name = strtok(line, " \r\n");
    char *first = name ? strtok(NULL, " \r\n") : NULL;
    char *second = first ? strtok(NULL, " \r\n") : NULL;

    for (size_t i = 0; name && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            commands[i].run(first, second);
            return;
        }
    }
    answer(FALSE, "Unknown command.\n");
}

/* -- the pipe ---------------------------------------------------------------------------------- */

/* Where linphone-daemon of 5.1 has it: in the temporary folder. */
static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/%s", name);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
        die("pipe");
    return fd;
}

/* One client at a time, one line at a time: it waits for the answer before it says the next. */
static void serve(int listener)
{
    struct pollfd one = {.fd = client < 0 ? listener : client, .events = POLLIN};
    char line[TEXT_MAX];
    ssize_t len;

    if (poll(&one, 1, TICK_MS) <= 0)
        return;
    if (client < 0) {
        client = accept(listener, NULL, NULL);
        return;
    }
    len = read(client, line, sizeof(line) - 1);
    if (len <= 0) {
        close(client);
        client = -1;
        return;
    }
    line[len] = '\0';
    run_command(line);
}

static void start_core(const char *config)
{
    LinphoneFactory *factory = linphone_factory_get();
    LinphoneCoreCbs *cbs = linphone_factory_create_core_cbs(factory);

    linphone_core_cbs_set_call_state_changed(cbs, state_changed);
    linphone_core_cbs_set_message_received(cbs, message_received);
    core = linphone_factory_create_core_3(factory, config, NULL, NULL);
    if (!core)
        die("core");
    linphone_core_add_callbacks(core, cbs);
    linphone_core_cbs_unref(cbs);
    linphone_core_set_use_files(core, TRUE);
    if (linphone_core_start(core) != 0)
        die("start");
}

static void end_core(void)
{
    for (size_t i = 0; i < call_count; i++)
        linphone_call_unref(calls[i]);
    linphone_core_stop(core);
    linphone_core_unref(core);
}

static void write_log(char *path)
{
    LinphoneLoggingService *service = linphone_logging_service_get();
    char *name = strrchr(path, '/');

    if (!name)
        die(path);
    *name++ = '\0';
    linphone_logging_service_set_log_level(service, LinphoneLogLevelMessage);
    linphone_logging_service_set_log_file(service, path, name, 0);
}

int main(int argc, char **argv)
{
    int listener;

    if (argc != 7) {
        fprintf(stderr, "usage: phone_host --config FILE --pipe NAME --log FILE\n");
        return 2;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    signal(SIGPIPE, SIG_IGN);
    write_log(argv[6]);
    start_core(argv[2]);
    listener = listen_at(argv[4]);
    while (!stopped) {
        linphone_core_iterate(core);
        serve(listener);
    }
    end_core();
    return 0;
}
