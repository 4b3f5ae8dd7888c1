/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nth.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define OURS __attribute__((visibility("default"))) /* in place of the C library's */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static struct nth here = {.left = -1}, *nth = &here;

/* Whether the operation that was just asked for is the one. */
static bool fails(enum nth_kind kind)
{
    if (nth->kind != (int32_t)kind || __atomic_load_n(&nth->left, __ATOMIC_SEQ_CST) < 0)
        return false;
    if (__atomic_fetch_sub(&nth->left, 1, __ATOMIC_SEQ_CST) != 0)
        return false;
    __atomic_fetch_add(&nth->hits, 1, __ATOMIC_SEQ_CST);
    if (nth->error == 0)
        raise(SIGKILL);
    errno = nth->error;
    return true;
}

static bool below(const char *path)
{
    size_t len = strlen(nth->folder);

    return nth->kind == NTH_FILES && len && path && strncmp(path, nth->folder, len) == 0;
}

/* Regular files and folders below the folder. */
static bool file_fails(int fd)
{
    char link[64], path[PATH_MAX];
    ssize_t n;

    if (nth->kind != NTH_FILES)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return below(path) && fails(NTH_FILES);
}

static bool path_fails(const char *path)
{
    return below(path) && fails(NTH_FILES);
}

static bool socket_fails(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    bool network = nth->kind == NTH_SOCKETS &&
                   getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
                   (address.ss_family == AF_INET || address.ss_family == AF_INET6);

    return network && fails(NTH_SOCKETS);
}

void nth_arm(enum nth_kind kind, const char *folder, int64_t left, int error)
{
    nth->kind = (int32_t)kind;
    nth->error = error;
    nth->hits = 0;
    snprintf(nth->folder, sizeof nth->folder, "%s", folder ? folder : "");
    __atomic_store_n(&nth->left, left, __ATOMIC_SEQ_CST);
}

int64_t nth_disarm(void)
{
    __atomic_store_n(&nth->left, -1, __ATOMIC_SEQ_CST);
    nth->kind = NTH_NONE;
    return nth->hits;
}

/* -- files ----------------------------------------------------------------------------------- */

#define OPENS(name)                                                                                \
    OURS int name(const char *path, int flags, ...)                                                \
    {                                                                                              \
        mode_t mode = 0;                                                                           \
        va_list arguments;                                                                         \
                                                                                                   \
        va_start(arguments, flags);                                                                \
        if (flags & (O_CREAT | __O_TMPFILE))                                                       \
            mode = va_arg(arguments, mode_t);                                                      \
        va_end(arguments);                                                                         \
        return path_fails(path) ? -1 : REAL(name)(path, flags, mode);                              \
    }

OPENS(open)
OPENS(open64)

/* What _FORTIFY_SOURCE makes of them. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
ssize_t __read_chk(int fd, void *data, size_t len, size_t room);

OURS int __open_2(const char *path, int flags)
{
    return path_fails(path) ? -1 : REAL(__open_2)(path, flags);
}

OURS int __open64_2(const char *path, int flags)
{
    return path_fails(path) ? -1 : REAL(__open64_2)(path, flags);
}

OURS FILE *fopen(const char *path, const char *mode)
{
    return path_fails(path) ? NULL : REAL(fopen)(path, mode);
}

OURS FILE *fopen64(const char *path, const char *mode)
{
    return path_fails(path) ? NULL : REAL(fopen64)(path, mode);
}

OURS int mkdir(const char *path, mode_t mode)
{
    return path_fails(path) ? -1 : REAL(mkdir)(path, mode);
}

OURS int rename(const char *from, const char *to)
{
    return path_fails(to) ? -1 : REAL(rename)(from, to);
}

OURS int fsync(int fd)
{
    return file_fails(fd) ? -1 : REAL(fsync)(fd);
}

OURS int fdatasync(int fd)
{
    return file_fails(fd) ? -1 : REAL(fdatasync)(fd);
}

OURS int ftruncate(int fd, off_t length)
{
    return file_fails(fd) ? -1 : REAL(ftruncate)(fd, length);
}

OURS int ftruncate64(int fd, off64_t length)
{
    return file_fails(fd) ? -1 : REAL(ftruncate64)(fd, length);
}

/* A disk that fills takes what still fits: the first half, where there are two. */
static ssize_t short_write(size_t len)
{
    if (nth->error != ENOSPC || len < 2)
        return -1;
    return (ssize_t)(len / 2);
}

OURS ssize_t write(int fd, const void *data, size_t len)
{
    if (socket_fails(fd))
        return -1;
    if (!file_fails(fd))
        return REAL(write)(fd, data, len);
    return short_write(len) < 0 ? -1 : REAL(write)(fd, data, (size_t)short_write(len));
}

OURS ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (!file_fails(fd))
        return REAL(pwrite)(fd, data, len, at);
    return short_write(len) < 0 ? -1 : REAL(pwrite)(fd, data, (size_t)short_write(len), at);
}

OURS ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    if (!file_fails(fd))
        return REAL(pwrite64)(fd, data, len, at);
    return short_write(len) < 0 ? -1 : REAL(pwrite64)(fd, data, (size_t)short_write(len), at);
}

/* Reading knows no full disk. */
OURS ssize_t read(int fd, void *data, size_t len)
{
    return socket_fails(fd) || (nth->error == EIO && file_fails(fd)) ? -1
                                                                     : REAL(read)(fd, data, len);
}

OURS ssize_t __read_chk(int fd, void *data, size_t len, size_t room)
{
    return socket_fails(fd) || (nth->error == EIO && file_fails(fd))
               ? -1
               : REAL(__read_chk)(fd, data, len, room);
}

OURS ssize_t pread(int fd, void *data, size_t len, off_t at)
{
    return nth->error == EIO && file_fails(fd) ? -1 : REAL(pread)(fd, data, len, at);
}

OURS ssize_t pread64(int fd, void *data, size_t len, off64_t at)
{
    return nth->error == EIO && file_fails(fd) ? -1 : REAL(pread64)(fd, data, len, at);
}

/* -- sockets --------------------------------------------------------------------------------- */

OURS int socket(int domain, int type, int protocol)
{
    if ((domain == AF_INET || domain == AF_INET6) && nth->error == EMFILE && fails(NTH_SOCKETS))
        return -1;
    return REAL(socket)(domain, type, protocol);
}

OURS int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
    return socket_fails(fd) ? -1 : REAL(accept4)(fd, address, len, flags);
}

OURS int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    bool network = address->sa_family == AF_INET || address->sa_family == AF_INET6;

    return network && fails(NTH_SOCKETS) ? -1 : REAL(connect)(fd, address, len);
}

OURS ssize_t send(int fd, const void *data, size_t len, int flags)
{
    return socket_fails(fd) ? -1 : REAL(send)(fd, data, len, flags);
}

OURS ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return socket_fails(fd) ? -1 : REAL(sendmsg)(fd, message, flags);
}

OURS ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return socket_fails(fd) ? -1 : REAL(writev)(fd, parts, count);
}

OURS ssize_t recv(int fd, void *data, size_t len, int flags)
{
    return socket_fails(fd) ? -1 : REAL(recv)(fd, data, len, flags);
}

/* -- memory ---------------------------------------------------------------------------------- */

#ifdef NTH_PRELOAD

#include <link.h>

#define MODULES 8

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static struct {
    uintptr_t from, to;
} modules[MODULES];
static size_t module_count;

/* The program itself, and libsimauth where it is not a part of it. */
static int take_module(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    (void)data;
    if (info->dlpi_name[0] && !strstr(info->dlpi_name, "simauth"))
        return 0;
    for (int i = 0; i < info->dlpi_phnum && module_count < MODULES; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        modules[module_count].from = info->dlpi_addr + part->p_vaddr;
        modules[module_count++].to = info->dlpi_addr + part->p_vaddr + part->p_memsz;
    }
    return 0;
}

static bool ours(const void *caller)
{
    for (size_t i = 0; i < module_count; i++) {
        if ((uintptr_t)caller >= modules[i].from && (uintptr_t)caller < modules[i].to)
            return true;
    }
    return false;
}

#define CALLER __builtin_return_address(0)

OURS void *malloc(size_t size)
{
    return ours(CALLER) && fails(NTH_MEMORY) ? NULL : __libc_malloc(size);
}

OURS void *calloc(size_t count, size_t size)
{
    return ours(CALLER) && fails(NTH_MEMORY) ? NULL : __libc_calloc(count, size);
}

OURS void *realloc(void *block, size_t size)
{
    return ours(CALLER) && fails(NTH_MEMORY) ? NULL : __libc_realloc(block, size);
}

OURS char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = ours(CALLER) && fails(NTH_MEMORY) ? NULL : __libc_malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

/* What simauth_secure_alloc() asks for. */
OURS void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    if ((flags & MAP_ANONYMOUS) && ours(CALLER) && fails(NTH_MEMORY))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SIMAUTH_NTH");
    int fd = path ? REAL(open)(path, O_RDWR | O_CLOEXEC) : -1;
    void *map =
        fd >= 0 ? mmap(NULL, sizeof *nth, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (map == MAP_FAILED)
        return;
    close(fd);
    dl_iterate_phdr(take_module, NULL);
    unsetenv("SIMAUTH_NTH"); /* not for what this one starts */
    unsetenv("LD_PRELOAD");
    nth = map;
}

#else

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
void *__real_simauth_secure_alloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
void *__wrap_simauth_secure_alloc(size_t size);

void *__wrap_malloc(size_t size)
{
    return fails(NTH_MEMORY) ? NULL : __real_malloc(size);
}

void *nth_malloc(size_t size)
{
    return __wrap_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(NTH_MEMORY) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails(NTH_MEMORY) ? NULL : __real_realloc(block, size);
}

void *__wrap_simauth_secure_alloc(size_t size)
{
    return fails(NTH_MEMORY) ? NULL : __real_simauth_secure_alloc(size);
}

char *__wrap_strdup(const char *text)
{
    return fails(NTH_MEMORY) ? NULL : __real_strdup(text);
}

#endif
