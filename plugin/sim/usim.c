/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which application the card has, and whose SIM it is. */
#include "usim.h"
#include "impi.h"

#include <openssl/crypto.h>
#include <string.h>

#define MF 0x3f00
#define DF_GSM 0x7f20
#define EF_DIR 0x2f00
#define EF_ICCID 0x2fe2
#define EF_IMSI 0x6f07
#define EF_AD 0x6fad
#define RECORDS_MAX 16
#define ICCID_LEN 10 /* octets */

static const uint8_t usim_aid[] = {0xa0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02};

struct apdu usim_apdu(const struct usim *usim, uint8_t ins, uint8_t p1, uint8_t p2)
{
    uint8_t cla = usim->gsm ? 0xa0 : usim->channel;

    return (struct apdu){.cla = cla, .ins = ins, .p1 = p1, .p2 = p2};
}

enum apdu_meaning usim_select_file(const struct usim *usim, uint16_t file, struct apdu_reply *reply)
{
    struct apdu select = usim_apdu(usim, 0xa4, 0x00, usim->gsm ? 0x00 : 0x04);

    select.data[0] = (uint8_t)(file >> 8);
    select.data[1] = file & 0xff;
    select.lc = 2;
    select.has_le = !usim->gsm;
    return apdu_send(usim->link, &select, reply);
}

/* -- reading ----------------------------------------------------------------------------------- */

/* The size of a transparent file, as SELECT answered; 0 unknown. */
static size_t file_size(const struct usim *usim, const struct apdu_reply *reply)
{
    const uint8_t *fcp, *size;
    size_t fcp_len, len;

    if (usim->gsm)
        return reply->len >= 4 ? (size_t)(reply->data[2] << 8 | reply->data[3]) : 0;
    fcp = apdu_tlv(reply->data, reply->len, 0x62, &fcp_len);
    size = fcp ? apdu_tlv(fcp, fcp_len, 0x80, &len) : NULL;
    return size && len == 2 ? (size_t)(size[0] << 8 | size[1]) : 0;
}

/* Reads the beginning of a file of the current directory: up to `wanted` octets, 255 at most. */
static enum apdu_meaning read_file(const struct usim *usim, uint16_t file, size_t wanted,
                                   struct apdu_reply *reply)
{
    enum apdu_meaning meaning = usim_select_file(usim, file, reply);
    struct apdu read = usim_apdu(usim, 0xb0, 0, 0);
    size_t size = file_size(usim, reply);

    if (meaning != APDU_GOOD)
        return meaning;
    read.has_le = true;
    read.le = (uint8_t)(size > 0 && size < wanted ? size : wanted);
    return apdu_send(usim->link, &read, reply);
}

/* Digits two in an octet, the lower half first; filled with F. False when anything else is there.
 */
static bool digits(const uint8_t *octets, size_t len, char *text)
{
    size_t n = 0;
    bool ended = false;

    for (size_t i = 0; i < 2 * len; i++) {
        uint8_t digit = i % 2 ? octets[i / 2] >> 4 : octets[i / 2] & 0x0f;

        if (digit == 0x0f) {
            ended = true;
            continue;
        }
        if (ended || digit > 9)
            return false;
        text[n++] = (char)('0' + digit);
    }
    text[n] = '\0';
    return n > 0;
}

/* Some operators write hexadecimal ones, which tell cards apart as well. */
static void iccid_of(const uint8_t octets[static ICCID_LEN], char text[static USIM_ICCID_MAX + 1])
{
    static const char hex[] = "0123456789ABCDEF";
    bool empty = true;

    if (digits(octets, ICCID_LEN, text))
        return;
    for (size_t i = 0; i < ICCID_LEN; i++) {
        text[2 * i] = hex[octets[i] & 0x0f];
        text[2 * i + 1] = hex[octets[i] >> 4];
        empty = empty && octets[i] == 0xff;
    }
    text[empty ? 0 : USIM_ICCID_MAX] = '\0';
}

static enum apdu_meaning read_iccid(struct usim *usim)
{
    struct apdu_reply reply;
    enum apdu_meaning meaning = usim_select_file(usim, MF, &reply);

    usim->iccid[0] = '\0';
    if (meaning == APDU_GOOD)
        meaning = read_file(usim, EF_ICCID, ICCID_LEN, &reply);
    if (meaning == APDU_GOOD && reply.len == ICCID_LEN)
        iccid_of(reply.data, usim->iccid);
    return meaning;
}

/* -- the application --------------------------------------------------------------------------- */

/* An application's own PIN, or the universal one. */
static bool is_pin(uint8_t reference)
{
    return (reference >= 0x01 && reference <= 0x08) || reference == 0x11;
}

/* Bit n, from the highest, of PS_DO: the n-th key reference is enabled. */
static bool is_enabled(const uint8_t *status, size_t len, size_t n)
{
    return n / 8 < len && (status[n / 8] & (0x80 >> n % 8));
}

/* The key reference of the PIN from the PIN status template (TS 102 221, 9.5.2 and 11.1.1.4.10):
 * the first that is enabled and, where a usage qualifier says so, for verification, for the
 * universal PIN may stand for the application's own; of those that are not enabled the first. */
static uint8_t pin_reference(const struct apdu_reply *reply)
{
    const uint8_t *fcp, *pins, *value, *status = NULL;
    size_t fcp_len, pins_len, status_len = 0, at = 0, len;
    uint8_t tag, first = 0;
    bool used = true;

    fcp = apdu_tlv(reply->data, reply->len, 0x62, &fcp_len);
    pins = fcp ? apdu_tlv(fcp, fcp_len, 0xc6, &pins_len) : NULL;
    for (size_t n = 0; pins && apdu_tlv_next(pins, pins_len, &at, &tag, &value, &len);) {
        if (tag == 0x90) {
            status = value;
            status_len = len;
        } else if (tag == 0x95) {
            used = len == 1 && (value[0] & 0x08);
        } else if (tag == 0x83) {
            bool ours = len == 1 && is_pin(value[0]) && used;

            if (ours && is_enabled(status, status_len, n))
                return value[0];
            first = ours && !first ? value[0] : first;
            used = true;
            n++;
        }
    }
    return first ? first : 0x01;
}

static enum apdu_meaning select_aid(struct usim *usim, const uint8_t *aid, size_t len)
{
    struct apdu select = usim_apdu(usim, 0xa4, 0x04, 0x04);
    struct apdu_reply reply;
    enum apdu_meaning meaning;

    memcpy(select.data, aid, len);
    select.lc = (uint8_t)len;
    select.has_le = true;
    meaning = apdu_send(usim->link, &select, &reply);
    if (meaning == APDU_GOOD) {
        usim->pin_ref = pin_reference(&reply);
        memmove(usim->aid, aid, len); /* it may be that one */
        usim->aid_len = (uint8_t)len;
    }
    return meaning;
}

/* The AID of the first USIM in a record of EF_DIR (TS 102 221, 13.1). */
static bool usim_of_record(const struct apdu_reply *record, uint8_t aid[static USIM_AID_MAX],
                           size_t *len)
{
    const uint8_t *application, *found;
    size_t application_len;

    application = apdu_tlv(record->data, record->len, 0x61, &application_len);
    found = application ? apdu_tlv(application, application_len, 0x4f, len) : NULL;
    if (!found || *len < sizeof usim_aid || *len > USIM_AID_MAX ||
        memcmp(found, usim_aid, sizeof usim_aid) != 0)
        return false;
    memcpy(aid, found, *len);
    return true;
}

/* Of EF_DIR's FCP the octets of a record; 0 when it does not say: then the card corrects us. */
static uint8_t record_size(const struct apdu_reply *reply)
{
    const uint8_t *fcp, *descriptor;
    size_t fcp_len, len;

    fcp = apdu_tlv(reply->data, reply->len, 0x62, &fcp_len);
    descriptor = fcp ? apdu_tlv(fcp, fcp_len, 0x82, &len) : NULL;
    return descriptor && len == 5 && descriptor[2] == 0 ? descriptor[3] : 0;
}

static enum apdu_meaning find_usim(const struct usim *usim, uint8_t aid[static USIM_AID_MAX],
                                   size_t *len)
{
    struct apdu_reply reply;
    enum apdu_meaning meaning = usim_select_file(usim, MF, &reply);
    struct apdu read = usim_apdu(usim, 0xb2, 0, 0x04);

    if (meaning == APDU_GOOD)
        meaning = usim_select_file(usim, EF_DIR, &reply);
    read.has_le = true;
    read.le = record_size(&reply);
    for (uint8_t record = 1; meaning == APDU_GOOD && record <= RECORDS_MAX; record++) {
        read.p1 = record;
        meaning = apdu_send(usim->link, &read, &reply);
        if (meaning == APDU_GOOD && usim_of_record(&reply, aid, len))
            return APDU_GOOD;
    }
    return meaning == APDU_GOOD ? APDU_NOT_FOUND : meaning;
}

static bool way_lost(enum apdu_meaning meaning)
{
    return meaning >= APDU_RESET;
}

/* What does not say whether the card has what was selected: it is no sign of a 2G SIM. */
static bool went_wrong(enum apdu_meaning meaning)
{
    return meaning == APDU_BUSY || meaning == APDU_CARD_ERROR || meaning == APDU_MALFORMED ||
           way_lost(meaning);
}

static enum apdu_meaning select_usim(struct usim *usim)
{
    uint8_t aid[USIM_AID_MAX];
    size_t len = 0;
    enum apdu_meaning meaning = find_usim(usim, aid, &len), by_beginning;

    if (meaning == APDU_GOOD)
        return select_aid(usim, aid, len);
    if (way_lost(meaning))
        return meaning;
    /* A card whose directory cannot be read may still know the beginning of its name. */
    by_beginning = select_aid(usim, usim_aid, sizeof usim_aid);
    return by_beginning != APDU_GOOD && went_wrong(meaning) ? meaning : by_beginning;
}

static enum apdu_meaning select_df_gsm(struct usim *usim)
{
    struct apdu_reply reply;
    enum apdu_meaning meaning = usim_select_file(usim, MF, &reply);

    return meaning == APDU_GOOD ? usim_select_file(usim, DF_GSM, &reply) : meaning;
}

static enum apdu_meaning select_gsm(struct usim *usim)
{
    enum apdu_meaning meaning;

    usim->gsm = true;
    usim->pin_ref = 0x01;
    meaning = read_iccid(usim);
    if (!way_lost(meaning))
        meaning = select_df_gsm(usim);
    return way_lost(meaning) || meaning == APDU_GOOD ? meaning : APDU_NOT_FOUND;
}

enum apdu_meaning usim_select_again(struct usim *usim)
{
    return usim->gsm ? select_df_gsm(usim) : select_aid(usim, usim->aid, usim->aid_len);
}

enum apdu_meaning usim_select(struct usim *usim, struct card_link *link)
{
    enum apdu_meaning meaning;

    usim->link = link;
    usim->gsm = false;
    usim->imsi[0] = '\0';
    meaning = read_iccid(usim);
    if (!way_lost(meaning))
        meaning = select_usim(usim);
    if (meaning == APDU_GOOD || went_wrong(meaning))
        return meaning;
    return select_gsm(usim);
}

void usim_open_channel(struct usim *usim)
{
    struct apdu open = {.ins = 0x70, .has_le = true, .le = 1};
    struct apdu_reply reply;

    usim->channel = 0;
    if (apdu_send(usim->link, &open, &reply) == APDU_GOOD && reply.len == 1 && reply.data[0] >= 1 &&
        reply.data[0] <= 3)
        usim->channel = reply.data[0];
}

void usim_close_channel(struct usim *usim)
{
    struct apdu close = {.ins = 0x70, .p1 = 0x80, .p2 = usim->channel};
    struct apdu_reply reply;

    if (usim->channel)
        apdu_send(usim->link, &close, &reply);
    usim->channel = 0;
}

/* -- whose ------------------------------------------------------------------------------------- */

/* TS 31.102, 4.2.2: length, then digits behind a half octet with the parity. */
static bool parse_imsi(const struct apdu_reply *reply, char imsi[static SIM_IMSI_MAX + 1])
{
    char text[2 * 8 + 1];
    size_t len = reply->len > 0 ? reply->data[0] : 0;
    uint8_t octets[8];

    if (len < 4 || len > 8 || reply->len < 1 + len || (reply->data[1] & 0x07) != 0x01)
        return false;
    memcpy(octets, reply->data + 1, len);
    octets[0] = (uint8_t)(octets[0] & 0xf0); /* a digit that is dropped in its place */
    if (!digits(octets, len, text) || !sim_imsi_ok(text + 1))
        return false;
    memcpy(imsi, text + 1, strlen(text));
    return true;
}

enum apdu_meaning usim_identity(struct usim *usim)
{
    struct apdu_reply reply;
    enum apdu_meaning meaning = read_file(usim, EF_IMSI, 9, &reply);

    if (meaning == APDU_GOOD && !parse_imsi(&reply, usim->imsi))
        meaning = APDU_MALFORMED;
    OPENSSL_cleanse(&reply, sizeof reply);
    if (meaning != APDU_GOOD)
        return meaning;
    usim->mnc_len = 0;
    meaning = read_file(usim, EF_AD, 4, &reply);
    if (meaning == APDU_GOOD && reply.len >= 4 &&
        ((reply.data[3] & 0x0f) == 2 || (reply.data[3] & 0x0f) == 3))
        usim->mnc_len = reply.data[3] & 0x0f;
    return way_lost(meaning) ? meaning : APDU_GOOD; /* old 2G cards have no length there */
}
