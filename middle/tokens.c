/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tokens.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COPIED 128     /* octets of a packet: IP, UDP and the token */
#define AT_ONCE 64     /* datagrams, before others have their turn */
#define ROOM 8192      /* of one message of the kernel's */
#define WAIT_SECONDS 2 /* for the kernel's word on what it was asked */

/* -- asking the kernel ------------------------------------------------------------------------- */

struct asking {
    struct nlmsghdr head;
    struct nfgenmsg group;
    uint8_t attributes[64];
};

static void add(struct asking *asking, uint16_t type, const void *value, size_t len)
{
    struct nlattr *attribute =
        (struct nlattr *)(void *)((uint8_t *)asking + asking->head.nlmsg_len);

    attribute->nla_type = type;
    attribute->nla_len = (uint16_t)(NLA_HDRLEN + len);
    memcpy((uint8_t *)attribute + NLA_HDRLEN, value, len);
    asking->head.nlmsg_len += (uint32_t)NLA_ALIGN(attribute->nla_len);
}

/* False: errno says why not. */
static bool ask(int fd, struct asking *asking)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        uint8_t rest[256];
    } answer;
    ssize_t got;

    if (send(fd, asking, asking->head.nlmsg_len, 0) < 0)
        return false;
    do
        got = recv(fd, &answer, sizeof answer, 0);
    while ((got < 0 && errno == EINTR) ||
           (got >= (ssize_t)sizeof answer.head && answer.head.nlmsg_type != NLMSG_ERROR));
    if (got >= (ssize_t)(sizeof answer.head + sizeof answer.error.error))
        errno = -answer.error.error;
    return got > 0 && errno == 0;
}

static void begin(struct asking *asking, int group)
{
    memset(asking, 0, sizeof *asking);
    asking->head.nlmsg_len = NLMSG_LENGTH(sizeof asking->group);
    asking->head.nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
    asking->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    asking->group.version = NFNETLINK_V0;
    asking->group.res_id = htons((uint16_t)group);
}

/* Each packet at once, its beginning. */
static bool subscribe(int fd, int group)
{
    const struct nfulnl_msg_config_cmd bind = {.command = NFULNL_CFG_CMD_BIND};
    const struct nfulnl_msg_config_mode mode = {.copy_range = htonl(COPIED),
                                                .copy_mode = NFULNL_COPY_PACKET};
    const uint32_t one = htonl(1);
    struct asking asking;

    begin(&asking, group);
    add(&asking, NFULA_CFG_CMD, &bind, sizeof bind);
    if (!ask(fd, &asking))
        return false;
    begin(&asking, group);
    add(&asking, NFULA_CFG_MODE, &mode, sizeof mode);
    add(&asking, NFULA_CFG_QTHRESH, &one, sizeof one);
    return ask(fd, &asking);
}

int tokens_open(const struct config *config, char *error)
{
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    const struct timeval wait = {.tv_sec = WAIT_SECONDS};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
        bind(fd, (const struct sockaddr *)&kernel, sizeof kernel) == 0 &&
        subscribe(fd, config->token_group))
        return fd;
    g_snprintf(
        error, CONFIG_ERROR_MAX,
        "[pinholes] token_group: group %d of NFLOG cannot be had: %s; it wants CAP_NET_ADMIN, "
        "the kernel's nfnetlink_log, and no other program at this group",
        config->token_group, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* -- what came --------------------------------------------------------------------------------- */

static uint16_t get16(const uint8_t *octets)
{
    return (uint16_t)(octets[0] << 8 | octets[1]);
}

/* Where UDP begins in an IP packet; 0: it is none. Neither options of IPv6 nor fragments: no phone
 * sends a token so. */
static size_t read_ip(const uint8_t *octets, size_t len, struct token_packet *packet)
{
    size_t head = len ? (octets[0] & 15U) * 4 : 0;

    if (len >= 20 && octets[0] >> 4 == 4 && head >= 20 && octets[9] == IPPROTO_UDP &&
        (get16(octets + 6) & 0x3fff) == 0) {
        packet->from.family = packet->to.family = AF_INET;
        memcpy(packet->from.octets, octets + 12, 4);
        memcpy(packet->to.octets, octets + 16, 4);
        return head;
    }
    if (len >= 40 && octets[0] >> 4 == 6 && octets[6] == IPPROTO_UDP) {
        packet->from.family = packet->to.family = AF_INET6;
        memcpy(packet->from.octets, octets + 8, 16);
        memcpy(packet->to.octets, octets + 24, 16);
        return 40;
    }
    return 0;
}

bool tokens_parse(const uint8_t *octets, size_t len, struct token_packet *packet)
{
    size_t udp;

    memset(packet, 0, sizeof *packet);
    udp = read_ip(octets, len, packet);
    if (udp == 0 || len != udp + 8 + E2M_TOKEN_LEN || get16(octets + udp + 4) != 8 + E2M_TOKEN_LEN)
        return false;
    packet->from_port = get16(octets + udp);
    packet->to_port = get16(octets + udp + 2);
    memcpy(packet->octets, octets + udp + 8, E2M_TOKEN_LEN);
    return true;
}

/* The packet in one message of NFLOG. */
static bool read_message(const struct nlmsghdr *head, struct token_packet *packet)
{
    const uint8_t *at = (const uint8_t *)head + NLMSG_LENGTH(sizeof(struct nfgenmsg));
    const uint8_t *end = (const uint8_t *)head + head->nlmsg_len;

    if (head->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
        return false;
    while (at + NLA_HDRLEN <= end) {
        struct nlattr attribute;

        memcpy(&attribute, at, sizeof attribute);
        if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > end - at)
            return false;
        if ((attribute.nla_type & NLA_TYPE_MASK) == NFULA_PAYLOAD)
            return tokens_parse(at + NLA_HDRLEN, attribute.nla_len - (size_t)NLA_HDRLEN, packet);
        at += NLA_ALIGN(attribute.nla_len);
    }
    return false;
}

/* All messages of one datagram. The length is signed: the last one may end before the boundary that
 * NLMSG_NEXT goes to. */
static void read_messages(const struct nlmsghdr *head, int len,
                          void (*taken)(const struct token_packet *packet, void *data), void *data)
{
    for (; len > 0 && NLMSG_OK(head, (unsigned)len); head = NLMSG_NEXT(head, len)) {
        struct token_packet packet;

        if (read_message(head, &packet))
            taken(&packet, data);
    }
}

void tokens_read(int fd, void (*taken)(const struct token_packet *packet, void *data), void *data)
{
    union {
        struct nlmsghdr head;
        uint8_t octets[ROOM];
    } room;

    for (int i = 0; i < AT_ONCE; i++) {
        ssize_t got = recv(fd, &room, sizeof room, MSG_DONTWAIT);

        if (got < 0 && errno != EINTR && errno != ENOBUFS) /* ENOBUFS: some are lost */
            return;
        read_messages(&room.head, (int)got, taken, data);
    }
}
