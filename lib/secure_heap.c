/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory for what holds secrets: locked, and in no core dump. */
#include "simauth/secret.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define KEYS_HEAP ((size_t)1 << 19) /* some thousand private keys, and what they are used with */
#define KEYS_LEAST 32
#define HEAD 64 /* before what the caller has; keeps its alignment */
#define KEPT 8  /* blocks that wait for their next use */
#define KEPT_LARGEST ((size_t)1 << 15)

struct head {
    size_t size; /* of all, this too */
};

/* AddressSanitizer sees what is written behind an object of malloc(), and leaks of it. */
#if defined(__has_feature) /* clang's word for what gcc has a macro for */
#if __has_feature(address_sanitizer)
#define WATCHED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WATCHED
#endif
#if defined(WATCHED)
static struct head *take(size_t size)
{
    return calloc(1, size);
}

static void give_back(struct head *head)
{
    free(head);
}
#else
/* A session comes and goes with each call, and locking its pages costs more than the rest of it
 * but X25519: the last few that were given back, wiped, stay locked for the next of their size. */
static struct {
    pthread_mutex_t lock;
    struct head *blocks[KEPT];
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct head *take_kept(size_t size)
{
    struct head *found = NULL;

    pthread_mutex_lock(&kept.lock);
    for (size_t i = 0; i < KEPT && !found; i++)
        if (kept.blocks[i] && kept.blocks[i]->size == size) {
            found = kept.blocks[i];
            kept.blocks[i] = NULL;
        }
    pthread_mutex_unlock(&kept.lock);
    return found;
}

static bool keep(struct head *head)
{
    size_t i = 0;

    if (head->size > KEPT_LARGEST)
        return false;
    pthread_mutex_lock(&kept.lock);
    while (i < KEPT && kept.blocks[i])
        i++;
    if (i < KEPT)
        kept.blocks[i] = head;
    pthread_mutex_unlock(&kept.lock);
    return i < KEPT;
}

static struct head *take(size_t size)
{
    struct head *pages = take_kept(size);

    if (pages)
        return pages;
    pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    (void)mlock(pages, size); /* beyond RLIMIT_MEMLOCK it is memory as any other */
    (void)madvise(pages, size, MADV_DONTDUMP);
    return pages;
}

static void give_back(struct head *head)
{
    if (!keep(head))
        munmap(head, head->size);
}
#endif

void *simauth_secure_alloc(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole;
    struct head *head;

    if (size > SIZE_MAX - HEAD - page)
        return NULL;
    whole = (size + HEAD + page - 1) / page * page;
    head = take(whole);
    if (!head)
        return NULL;
    head->size = whole;
    return (char *)head + HEAD;
}

void simauth_secure_free(void *memory)
{
    struct head *head;

    if (!memory)
        return;
    head = (struct head *)(void *)((char *)memory - HEAD);
    OPENSSL_cleanse(memory, head->size - HEAD);
    give_back(head);
}

void simauth_secure_heap_init(void)
{
    if (!CRYPTO_secure_malloc_initialized())
        (void)CRYPTO_secure_malloc_init(KEYS_HEAP, KEYS_LEAST);
}

/* -- what libcrypto gives back -------------------------------------------------------------------
 * Reading a private key leaves it in buffers that libcrypto 3.0 frees as they are.
 */

static void *heap_new(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(size);
}

static void heap_free(void *octets, const char *file, int line)
{
    (void)file;
    (void)line;
    if (octets)
        OPENSSL_cleanse(octets, malloc_usable_size(octets));
    free(octets);
}

static void *heap_change(void *octets, size_t size, const char *file, int line)
{
    size_t before = octets ? malloc_usable_size(octets) : 0;
    void *fresh = malloc(size);

    if (fresh && octets) {
        memcpy(fresh, octets, before < size ? before : size);
        heap_free(octets, file, line);
    }
    return fresh;
}

void simauth_process_harden(void)
{
    const struct rlimit no_core = {0, 0};
    struct rlimit locked;

    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)CRYPTO_set_mem_functions(heap_new, heap_change, heap_free); /* before it has any */
    simauth_secure_heap_init();
    /* With a limit, what is allocated beyond it would fail: then only such blocks are locked. */
    if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur == RLIM_INFINITY)
        (void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}
