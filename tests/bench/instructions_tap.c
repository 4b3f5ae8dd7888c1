/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An INVITE that comes to a Linphone with the tap, from the datagram to the ringing; the tap's user
 * lets everything pass. */
#include "count.h"
#include "sip_tap.h"

#include <arpa/inet.h>
#include <linphone/core.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_S 100
#define AGAIN_S 2

static int phone_port;

static void fail(const char *what)
{
    printf("FAILED: %s\n", what);
    exit(1);
}

static enum sip_decision pass_call(void *user, struct sip_call *call)
{
    (void)user;
    (void)call;
    return SIP_PASS;
}

/* A port that is free now, for both of them: bound, and let go for the phone. */
static int udp_socket(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
        getsockname(fd, (struct sockaddr *)&at, &len))
        fail("no port");
    *port = ntohs(at.sin_port);
    return fd;
}

static LinphoneCore *start_phone(void)
{
    static const struct sip_tap_user users = {.invite_in = pass_call};
    LinphoneConfig *config = linphone_config_new(NULL);
    const char *missing = NULL;
    LinphoneCore *core;

    close(udp_socket(&phone_port));
    linphone_config_set_int(config, "sip", "sip_port", phone_port);
    linphone_config_set_int(config, "sip", "sip_tcp_port", 0);
    linphone_config_set_int(config, "sip", "register_only_when_network_is_up", 0);
    linphone_config_set_string(config, "sip", "bind_address", "127.0.0.1");
    if (sip_tap_install(&users, NULL, &missing) != SIP_TAP_OK)
        fail(missing ? missing : "the tap is not installed");
    core = linphone_factory_create_core_with_config_3(linphone_factory_get(), config, NULL);
    linphone_config_unref(config);
    linphone_core_set_use_files(core, TRUE);
    linphone_core_start(core);
    return core;
}

static void turn(LinphoneCore *core)
{
    const struct timespec tick = {.tv_nsec = 5 * 1000 * 1000};

    linphone_core_iterate(core);
    nanosleep(&tick, NULL);
}

static void invite(int fd, int own_port, int number)
{
    static const char sdp[] =
        "v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio 7078 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)phone_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char text[2048];
    int len = snprintf(
        text, sizeof(text),
        "INVITE sip:b@127.0.0.1:%05d SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:%05d;branch=z9hG4bK.%d;rport\r\n"
        "From: <sip:a@127.0.0.1>;tag=from%d\r\nTo: <sip:b@127.0.0.1>\r\n"
        "Call-ID: call%d\r\nCSeq: 20 INVITE\r\nContact: <sip:a@127.0.0.1:%05d>\r\n"
        "Max-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
        phone_port, own_port, number, number, number, own_port, sizeof(sdp) - 1, sdp);

    if (sendto(fd, text, (size_t)len, 0, (struct sockaddr *)&to, sizeof(to)) != len)
        fail("the INVITE did not leave");
}

static bool rings(LinphoneCore *core)
{
    LinphoneCall *call = linphone_core_get_current_call(core);

    return call && linphone_call_get_state(call) == LinphoneCallStateIncomingReceived;
}

static bool is_quiet(LinphoneCore *core)
{
    return linphone_core_get_calls_nb(core) == 0;
}

static bool turn_until(LinphoneCore *core, bool (*is)(LinphoneCore *core), int seconds)
{
    time_t end = time(NULL) + seconds;

    while (!is(core) && time(NULL) <= end)
        turn(core);
    return is(core);
}

/* In the first the tap finds the core; until the phone listens it is lost, and sent again. */
static void ring_for_the_first_time(LinphoneCore *core, int fd, int own_port)
{
    for (int tries = 0; tries < LIMIT_S / AGAIN_S; tries++) {
        invite(fd, own_port, 1);
        if (turn_until(core, rings, AGAIN_S))
            return;
    }
    fail("no call came");
}

static void hang_up(LinphoneCore *core)
{
    linphone_core_terminate_all_calls(core);
    if (!turn_until(core, is_quiet, LIMIT_S))
        fail("the call does not end");
}

int main(void)
{
    LinphoneCore *core = start_phone();
    int own_port, fd = udp_socket(&own_port);

    ring_for_the_first_time(core, fd, own_port);
    hang_up(core);
    count_begin();
    invite(fd, own_port, 2);
    if (!turn_until(core, rings, LIMIT_S))
        fail("no second call came");
    count_end("plugin.tap.invite");
    hang_up(core);
    close(fd);
    return 0;
}
