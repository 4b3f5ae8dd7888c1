/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Partners, certificates and the process itself. */
#include "metrics_parts.h"
#include "../api/issue.h"
#include "../api/operator_key.h"
#include "../api/tls.h"
#include "metrics.h"

#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PARTNERS_MAX 512 /* that are counted: agreements are made by people */

struct partner {
    char name[STORE_NAME_MAX + 1];
    uint64_t answered, failed, batches, limited, up;
};
static struct partner partners[PARTNERS_MAX];
static size_t partner_count;
static GMutex lock;
static _Atomic int64_t authority_ends;

/* With the lock held; NULL: there are too many. */
static struct partner *partner_of(const char *name)
{
    for (size_t i = 0; i < partner_count; i++)
        if (strcmp(partners[i].name, name) == 0)
            return &partners[i];
    if (partner_count == PARTNERS_MAX)
        return NULL;
    partners[partner_count].up = true;
    g_strlcpy(partners[partner_count].name, name, sizeof partners->name);
    return &partners[partner_count++];
}

void metrics_partner_asked(const char *name, bool answered, size_t questions, bool batch)
{
    struct partner *partner;

    g_mutex_lock(&lock);
    partner = partner_of(name);
    if (partner) {
        partner->up = answered;
        partner->batches += batch;
        if (answered)
            partner->answered += questions;
        else
            partner->failed += questions;
    }
    g_mutex_unlock(&lock);
}

void metrics_partner_link(const char *name, bool up)
{
    struct partner *partner;

    g_mutex_lock(&lock);
    partner = partner_of(name);
    if (partner)
        partner->up = up;
    g_mutex_unlock(&lock);
}

void metrics_partner_limited(const char *name)
{
    struct partner *partner;

    g_mutex_lock(&lock);
    partner = partner_of(name);
    if (partner)
        partner->limited++;
    g_mutex_unlock(&lock);
}

/* Backslash, quote and newline (text format 0.0.4). g_free() it. */
static char *label(const char *name)
{
    GString *escaped = g_string_new(NULL);

    for (; *name; name++) {
        if (*name == '\\' || *name == '"')
            g_string_append_c(escaped, '\\');
        g_string_append_c(escaped, *name == '\n' ? ' ' : *name);
    }
    return g_string_free(escaped, FALSE);
}

/* What is counted of each partner. */
static const struct of_partner {
    const char *name, *type, *help;
    const char *more; /* labels beside the partner's; the same name once more has no head */
    size_t at;        /* of a uint64_t in struct partner */
    bool held;        /* only of partners whose agreement holds */
} of_partners[] = {
    {"simauth_partner_questions_total", "counter", "Questions to a partner.",
     ",result=\"answered\"", offsetof(struct partner, answered), false},
    {"simauth_partner_questions_total", NULL, NULL, ",result=\"failed\"",
     offsetof(struct partner, failed), false},
    {"simauth_partner_batches_total", "counter",
     "Requests to a partner with many questions in one.", "", offsetof(struct partner, batches),
     false},
    {"simauth_partner_up", "gauge",
     "1 when the last question was answered, or since then a connection that is kept to it.", "",
     offsetof(struct partner, up), true},
    {"simauth_partner_limited_total", "counter",
     "Requests of a partner above what its agreement lets it.", "",
     offsetof(struct partner, limited), false},
};

/* With the lock held. `holding`: names of partners; NULL: nobody knows which agreements hold. */
static void write_of_partners(GString *text, const struct of_partner *what, GHashTable *holding)
{
    if (what->help)
        metrics_head(text, what->name, what->type, what->help);
    for (size_t i = 0; i < partner_count; i++) {
        uint64_t value;
        char *name;

        if (what->held && holding && !g_hash_table_contains(holding, partners[i].name))
            continue;
        name = label(partners[i].name);

        memcpy(&value, (const char *)&partners[i] + what->at, sizeof value);
        g_string_append_printf(text, "%s{partner=\"%s\"%s} %" PRIu64 "\n", what->name, name,
                               what->more, value);
        g_free(name);
    }
}

struct agreements {
    GString *text;
    GHashTable *holding;
    int64_t now;
};

static int write_agreement(const struct store_partner *partner, void *data)
{
    struct agreements *agreements = data;
    char *name = label(partner->name);

    g_string_append_printf(agreements->text,
                           "simauth_partner_agreement_end_timestamp_seconds{partner=\"%s\"} "
                           "%" PRId64 "\n",
                           name, partner->suspended ? 0 : partner->valid_to);
    g_free(name);
    if (partner_active(partner, agreements->now))
        g_hash_table_add(agreements->holding, g_strdup(partner->name));
    return 0;
}

void metrics_write_partners(GString *text, struct gateway *gateway)
{
    struct agreements agreements = {
        .text = text,
        .holding = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .now = g_get_real_time() / G_USEC_PER_SEC};
    bool known = false;

    metrics_head(text, "simauth_partner_agreement_end_timestamp_seconds", "gauge",
                 "When the agreement ends; 0: it is suspended.");
    if (gateway->ops->begin(gateway->store, STORE_READ) == STORE_OK) {
        known =
            gateway->ops->partner_list(gateway->store, write_agreement, &agreements) == STORE_OK;
        gateway->ops->rollback(gateway->store);
    }
    g_mutex_lock(&lock);
    for (size_t i = 0; i < G_N_ELEMENTS(of_partners); i++)
        write_of_partners(text, &of_partners[i], known ? agreements.holding : NULL);
    g_mutex_unlock(&lock);
    g_hash_table_destroy(agreements.holding);
}

void metrics_authority(int64_t ends)
{
    authority_ends = ends;
}

void metrics_write_certificates(GString *text, struct gateway *gateway)
{
    int64_t ends = authority_ends;

    metrics_head(text, "simauth_certificate_expiry_timestamp_seconds", "gauge",
                 "When the operator's certificates end.");
    g_string_append_printf(
        text,
        "simauth_certificate_expiry_timestamp_seconds{certificate=\"tls\"} %" PRId64 "\n"
        "simauth_certificate_expiry_timestamp_seconds{certificate=\"statement\"} %" PRId64 "\n",
        tls_present_expires(), operator_keys_expires(gateway->operator_keys));
    if (ends > 0)
        g_string_append_printf(
            text,
            "simauth_certificate_expiry_timestamp_seconds{certificate=\"authority\"} %" PRId64 "\n",
            ends);
}

/* -- the process, under the names that Prometheus's client libraries use ----------------------- */

static unsigned open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", "..", and the folder itself */
}

static long long resident_pages(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long long pages = 0;

    if (file && fscanf(file, "%*d %lld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages;
}

static void write_disk(GString *text, const char *database)
{
    char *folder = g_path_get_dirname(database);
    struct statvfs disk;

    if (statvfs(folder, &disk) == 0) {
        metrics_head(text, "simauth_store_free_bytes", "gauge",
                     "Room left on the database's disk.");
        g_string_append_printf(text, "simauth_store_free_bytes %llu\n",
                               (unsigned long long)disk.f_bavail * disk.f_frsize);
    }
    g_free(folder);
}

static void write_journal(GString *text, struct gateway *gateway)
{
    struct store_journal journal;

    if (!gateway->ops->journal)
        return;
    gateway->ops->journal(gateway->store, &journal);
    metrics_head(text, "simauth_journal_bytes", "gauge", "The journal's files.");
    g_string_append_printf(text, "simauth_journal_bytes %" PRIu64 "\n", journal.octets);
    metrics_head(text, "simauth_journal_behind_seconds", "gauge",
                 "How long records have waited in the journal for their tables.");
    g_string_append_printf(text, "simauth_journal_behind_seconds %" PRId64 "\n", journal.behind);
}

void metrics_write_process(GString *text, struct gateway *gateway)
{
    struct rusage usage;
    struct rlimit files;

    getrusage(RUSAGE_SELF, &usage);
    getrlimit(RLIMIT_NOFILE, &files);
    metrics_head(text, "process_cpu_seconds_total", "counter", "CPU used.");
    g_string_append_printf(text, "process_cpu_seconds_total %.3f\n",
                           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    metrics_head(text, "process_resident_memory_bytes", "gauge", "Memory in RAM.");
    g_string_append_printf(text, "process_resident_memory_bytes %lld\n",
                           resident_pages() * sysconf(_SC_PAGESIZE));
    metrics_head(text, "process_open_fds", "gauge", "Open file descriptors.");
    g_string_append_printf(text, "process_open_fds %u\n", open_files());
    metrics_head(text, "process_max_fds", "gauge", "How many there may be.");
    g_string_append_printf(text, "process_max_fds %llu\n", (unsigned long long)files.rlim_cur);
    if (!gateway->ops->shared)
        write_disk(text, gateway->config->database);
    write_journal(text, gateway);
}
