/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Octets beside a stream's SRTCP. What goes through oRTP's session is encrypted by mediastreamer2's
 * transport, so this is sent by the socket itself; the kernel keeps datagrams of two threads apart.
 */
#include "media.h"
#include "stream.h"

#include <string.h>
#include <sys/socket.h>

static MediaStream *stream_of_kind(LinphoneCall *call, const char *kind)
{
    LinphoneStreamType type = !strcmp(kind, "audio")   ? LinphoneStreamTypeAudio
                              : !strcmp(kind, "video") ? LinphoneStreamTypeVideo
                              : !strcmp(kind, "text")  ? LinphoneStreamTypeText
                                                       : LinphoneStreamTypeUnknown;

    return type != LinphoneStreamTypeUnknown ? stream_of(call, type) : NULL;
}

struct way {
    int fd;
    const struct sockaddr *to;
    socklen_t len;
};

static bool way_of(const MediaStream *stream, struct way *way)
{
    RtpSession *session = stream ? stream->sessions.rtp_session : NULL;
    OrtpStream *end;

    if (!session || stream->state != MSStreamStarted)
        return false;
    end = session->rtcp_mux ? &session->rtp.gs : &session->rtcp.gs;
    way->fd = end->socket;
    way->to = (const struct sockaddr *)&end->rem_addr;
    way->len = end->rem_addrlen;
    return way->fd >= 0 && way->len > 0;
}

bool media_rtcp_ready(LinphoneCall *call, const char *kind, uint32_t *ssrc)
{
    const MediaStream *stream = stream_of_kind(call, kind);
    struct way way;

    if (!way_of(stream, &way))
        return false;
    *ssrc = stream->sessions.rtp_session->snd.ssrc;
    return true;
}

bool media_rtcp_send(LinphoneCall *call, const char *kind, const void *octets, size_t len)
{
    struct way way;

    return way_of(stream_of_kind(call, kind), &way) &&
           sendto(way.fd, octets, len, MSG_DONTWAIT | MSG_NOSIGNAL, way.to, way.len) ==
               (ssize_t)len;
}
