/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A SIP message as a proxy hands it to simauth-middle, its body as a session description. */
#include "fuzz.h"

#include "../../middle/sdp.h"
#include "../../middle/sip.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sip_message m;
    struct sdp sdp;
    const char *fault = sip_parse((struct e2m_span){data, size}, &m);

    MUST(fault || (m.call_id[0] && m.from_tag[0] && m.method[0]));
    MUST(fault || m.body.octets + m.body.len == data + size);
    if (sdp_parse(m.body, &sdp))
        MUST(sdp.count <= SDP_STREAMS_MAX && (sdp_kbit(&sdp, 100, 1500) || true));
    sip_clear(&m);
    return 0;
}
