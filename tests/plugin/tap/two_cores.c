/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two cores in one process call each other, one of them goes and another comes: what belongs to one
 * must not be seen with the other, and nothing may point to a core that is gone. */
#include <linphone/core.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIMIT_S 20

static LinphoneCore *cores[3];

static LinphoneCore *make_core(int port)
{
    LinphoneFactory *factory = linphone_factory_get();
    LinphoneConfig *config = linphone_config_new(NULL);
    LinphoneCore *core;

    linphone_config_set_int(config, "sip", "sip_port", port);
    linphone_config_set_int(config, "sip", "sip_tcp_port", port);
    linphone_config_set_int(config, "sip", "register_only_when_network_is_up", 0);
    core = linphone_factory_create_core_with_config_3(factory, config, NULL);
    linphone_config_unref(config);
    linphone_core_set_use_files(core, TRUE);
    linphone_core_start(core);
    return core;
}

static void turn(void)
{
    const struct timespec tick = {.tv_nsec = 5 * 1000 * 1000};

    for (size_t i = 0; i < 3; i++) {
        if (cores[i])
            linphone_core_iterate(cores[i]);
    }
    nanosleep(&tick, NULL);
}

/* The first turns find the network and open the ports. */
static void wait_network(LinphoneCore *core)
{
    time_t end = time(NULL) + LIMIT_S;

    while (!linphone_core_is_network_reachable(core) && time(NULL) <= end)
        turn();
    turn();
}

static void wait_state(LinphoneCall *call, LinphoneCallState state)
{
    time_t end = time(NULL) + LIMIT_S;

    while (linphone_call_get_state(call) != state) {
        if (time(NULL) > end) {
            printf("FAILED: call in %s instead of %s\n",
                   linphone_call_state_to_string(linphone_call_get_state(call)),
                   linphone_call_state_to_string(state));
            exit(1);
        }
        turn();
    }
}

static LinphoneCall *wait_incoming(LinphoneCore *core)
{
    time_t end = time(NULL) + LIMIT_S;
    LinphoneCall *call = NULL;

    while (!(call = linphone_core_get_current_call(core)) ||
           linphone_call_get_state(call) != LinphoneCallStateIncomingReceived) {
        if (time(NULL) > end) {
            printf("FAILED: no incoming call\n");
            exit(1);
        }
        turn();
    }
    return linphone_call_ref(call);
}

static void call_and_hang_up(LinphoneCore *caller, LinphoneCore *callee, const char *uri,
                             int callee_ends)
{
    LinphoneCall *out = linphone_core_invite(caller, uri), *in;

    if (!out) {
        printf("FAILED: no call\n");
        exit(1);
    }
    linphone_call_ref(out);
    in = wait_incoming(callee);
    linphone_call_accept(in);
    wait_state(out, LinphoneCallStateStreamsRunning);
    wait_state(in, LinphoneCallStateStreamsRunning);
    linphone_call_terminate(callee_ends ? in : out);
    wait_state(out, LinphoneCallStateReleased);
    wait_state(in, LinphoneCallStateReleased);
    linphone_call_unref(in);
    linphone_call_unref(out);
}

static void drop_core(size_t which)
{
    linphone_core_unref(cores[which]);
    cores[which] = NULL;
}

int main(void)
{
    cores[0] = make_core(5061);
    cores[1] = make_core(5062);
    wait_network(cores[0]);
    wait_network(cores[1]);
    call_and_hang_up(cores[0], cores[1], "sip:b@10.99.0.1:5062", 1);
    call_and_hang_up(cores[1], cores[0], "sip:a@10.99.0.1:5061", 1);
    drop_core(0); /* its calls still live in belle-sip's transactions */
    cores[2] = make_core(5063);
    wait_network(cores[2]);
    call_and_hang_up(cores[1], cores[2], "sip:c@10.99.0.1:5063", 0);
    call_and_hang_up(cores[2], cores[1], "sip:b@10.99.0.1:5062", 1);
    /* And one that goes while its INVITE waits at the other. */
    linphone_core_invite(cores[2], "sip:b@10.99.0.1:5062");
    for (int i = 0; i < 10; i++)
        turn();
    drop_core(2);
    for (int i = 0; i < 100; i++)
        turn();
    drop_core(1);
    printf("done\n");
    return 0;
}
