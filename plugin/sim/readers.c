/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "readers.h"
#include "pcsc_io.h"

#include <stdio.h>

#define LIMIT_MS 1000

static const char *why_none(LONG result)
{
    switch ((uint32_t)result) {
    case (uint32_t)SCARD_S_SUCCESS:
    case (uint32_t)SCARD_E_NO_READERS_AVAILABLE:
        return "There is no smart card reader: plug one in.";
    case (uint32_t)SCARD_E_NO_SERVICE:
    case (uint32_t)SCARD_E_SERVICE_STOPPED:
        return "The smart card service is not there: install the package pcscd.";
    case (uint32_t)SCARD_E_TIMEOUT:
        return "The smart card service does not answer: restart pcscd.";
    default:
        return "The smart card service refuses this user: log in at the computer itself.";
    }
}

size_t sim_readers(struct sim_reader list[static SIM_READERS_MAX], char *error)
{
    struct pcsc_io *io = pcsc_io_open();
    struct pcsc_job job = {.op = PCSC_LIST, .result = SCARD_E_TIMEOUT}; /* where none is had */
    size_t count = 0;

    if (io)
        (void)pcsc_io_do(io, &job, LIMIT_MS);
    pcsc_io_close(io);
    if (job.result == SCARD_S_SUCCESS) {
        for (; count < job.list.count && count < SIM_READERS_MAX; count++) {
            snprintf(list[count].name, sizeof list[count].name, "%s", job.list.names[count]);
            list[count].card = job.list.present[count];
        }
    }
    snprintf(error, SIM_ERROR_MAX, "%s", count ? "" : why_none(job.result));
    return count;
}
