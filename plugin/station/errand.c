/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Apart from the thread: a fuzzed phone has a worker of its own below it. */
#include "worker.h"

void worker_begin(struct worker *worker, struct errand *errand, struct settings *settings,
                  void (*on_worker)(struct errand *errand, struct station *station),
                  void (*back)(struct errand *errand), void (*lost)(struct errand *errand))
{
    errand->work = on_worker;
    errand->back = back;
    errand->lost = lost;
    errand->settings = settings ? settings_ref(settings) : NULL;
    worker_do(worker, errand);
}
