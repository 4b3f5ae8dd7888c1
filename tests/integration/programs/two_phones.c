/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two cores in one process, each with accounts of its own, on the stock liblinphone:
 *
 *   two_phones FIFO CONFIG CONFIG
 *
 * What comes in FIFO, a line each: "call CORE ACCOUNT URI", "end CORE", "leave CORE" (that core is
 * let go), "quit". Both cores answer what rings. Says what happens on standard output.
 */
#include <fcntl.h>
#include <linphone/core.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static LinphoneCore *cores[2];

static int number_of(const LinphoneCore *core)
{
    return core == cores[1];
}

static void on_call(LinphoneCore *core, LinphoneCall *call, LinphoneCallState state,
                    const char *message)
{
    (void)message;
    printf("core %d: call %s\n", number_of(core), linphone_call_state_to_string(state));
    if (state == LinphoneCallStateIncomingReceived)
        linphone_call_accept(call);
}

static void on_account(LinphoneCore *core, LinphoneAccount *account,
                       LinphoneRegistrationState state, const char *message)
{
    char *text = linphone_address_as_string_uri_only(
        linphone_account_params_get_identity_address(linphone_account_get_params(account)));

    (void)message;
    printf("core %d: %s %s\n", number_of(core), text, linphone_registration_state_to_string(state));
    free(text);
}

static LinphoneCore *make_core(const char *path)
{
    LinphoneFactory *factory = linphone_factory_get();
    LinphoneCore *core = linphone_factory_create_core_3(factory, path, NULL, NULL);
    LinphoneCoreCbs *cbs = linphone_factory_create_core_cbs(factory);

    linphone_core_cbs_set_call_state_changed(cbs, on_call);
    linphone_core_cbs_set_account_registration_state_changed(cbs, on_account);
    linphone_core_add_callbacks(core, cbs);
    linphone_core_cbs_unref(cbs);
    linphone_core_set_use_files(core, TRUE);
    linphone_core_start(core);
    return core;
}

static void call(LinphoneCore *core, int account, const char *uri)
{
    const bctbx_list_t *accounts = linphone_core_get_account_list(core);

    linphone_core_set_default_account(core, bctbx_list_nth_data(accounts, account));
    if (!linphone_core_invite(core, uri))
        printf("no call\n");
}

static void leave(int number)
{
    if (cores[number]) {
        linphone_core_unref(cores[number]);
        cores[number] = NULL;
        printf("core %d: gone\n", number);
    }
}

/* False: the end is asked for. */
static int obey(const char *line)
{
    char uri[256];
    int number, account;

    if (sscanf(line, "call %d %d %255s", &number, &account, uri) == 3)
        call(cores[number != 0], account, uri);
    else if (sscanf(line, "end %d", &number) == 1)
        linphone_core_terminate_all_calls(cores[number != 0]);
    else if (sscanf(line, "leave %d", &number) == 1)
        leave(number != 0);
    return strcmp(line, "quit") != 0;
}

int main(int argc, char **argv)
{
    const struct timespec tick = {.tv_nsec = 20 * 1000 * 1000};
    int fifo = argc == 4 ? open(argv[1], O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
    char line[512];
    ssize_t len;

    if (fifo < 0)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < 2; i++)
        cores[i] = make_core(argv[2 + i]);
    for (int more = 1; more;) {
        len = read(fifo, line, sizeof(line) - 1);
        if (len > 0) {
            line[strcspn(line, "\n")] = '\0'; /* one order at a time */
            more = obey(line);
        }
        for (int i = 0; i < 2; i++) {
            if (cores[i])
                linphone_core_iterate(cores[i]);
        }
        nanosleep(&tick, NULL);
    }
    leave(0);
    leave(1);
    return 0;
}
