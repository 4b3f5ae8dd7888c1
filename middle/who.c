/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "who.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

struct question {
    struct nlmsghdr head;
    struct inet_diag_req_v2 about;
};
struct answer {
    struct nlmsghdr head;
    struct inet_diag_msg found;
    uint8_t rest[512];
};

static bool set_end(const struct sockaddr *from, __be16 *port, __be32 address[static 4])
{
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)from;

        *port = four->sin_port;
        address[0] = four->sin_addr.s_addr;
        return true;
    }
    if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)from;

        *port = six->sin6_port;
        memcpy(address, &six->sin6_addr, sizeof six->sin6_addr);
        return true;
    }
    return false;
}

/* Their end of it, as they have it. */
static bool fill(struct question *question, const struct sockaddr *theirs,
                 const struct sockaddr *ours)
{
    struct inet_diag_sockid *id = &question->about.id;

    memset(question, 0, sizeof *question);
    question->head.nlmsg_len = sizeof *question;
    question->head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question->head.nlmsg_flags = NLM_F_REQUEST;
    question->about.sdiag_family = (uint8_t)theirs->sa_family;
    question->about.sdiag_protocol = IPPROTO_TCP;
    question->about.idiag_states = UINT32_MAX;
    id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return theirs->sa_family == ours->sa_family &&
           set_end(theirs, &id->idiag_sport, id->idiag_src) &&
           set_end(ours, &id->idiag_dport, id->idiag_dst);
}

uint32_t who_connected(const struct sockaddr *theirs, const struct sockaddr *ours)
{
    struct question question;
    struct answer answer;
    uint32_t uid = WHO_UNKNOWN;
    int fd;

    if (!fill(&question, theirs, ours))
        return WHO_UNKNOWN;
    fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0)
        return WHO_UNKNOWN;
    /* the kernel answers before send() is back */
    if (send(fd, &question, sizeof question, 0) == (ssize_t)sizeof question &&
        recv(fd, &answer, sizeof answer, MSG_DONTWAIT) >=
            (ssize_t)(sizeof answer.head + sizeof answer.found) &&
        answer.head.nlmsg_type == SOCK_DIAG_BY_FAMILY)
        uid = answer.found.idiag_uid;
    close(fd);
    return uid;
}
