/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds any of some thousand octet strings in files, each octet looked at once.
 *
 *   search_secrets NEEDLES FILE...
 *
 * NEEDLES has a line "NAME HEX" for each, of 6 octets at least. Prints "FILE OFFSET NAME" for each
 * place.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOTS (1U << 16)
#define NEEDLE_MIN 6

struct needle {
    struct needle *next; /* with the same slot */
    char name[128];
    size_t len;
    uint8_t octets[512];
};

static struct needle *slots[SLOTS];

/* Of the first four octets, all of which count: texts and pointers share their beginnings. */
static uint32_t slot_of(const uint8_t *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof word);
    return (word * 2654435761U) >> 16;
}

static void add(const char *name, const char *hex)
{
    struct needle *needle = calloc(1, sizeof *needle);
    uint32_t slot;

    if (!needle)
        err(2, "needles");
    needle->len = strlen(hex) / 2;
    if (needle->len < NEEDLE_MIN || needle->len > sizeof needle->octets)
        errx(2, "%s has %zu octets", name, needle->len);
    snprintf(needle->name, sizeof needle->name, "%s", name);
    for (size_t i = 0; i < needle->len; i++)
        if (sscanf(hex + 2 * i, "%2hhx", &needle->octets[i]) != 1)
            errx(2, "%s is not hexadecimal", name);
    slot = slot_of(needle->octets);
    needle->next = slots[slot];
    slots[slot] = needle;
}

static void read_needles(const char *path)
{
    FILE *file = fopen(path, "r");
    char name[128], hex[1100];

    if (!file)
        err(2, "%s", path);
    while (fscanf(file, "%127s %1099s", name, hex) == 2)
        add(name, hex);
    fclose(file);
}

static void search(const char *path)
{
    int fd = open(path, O_RDONLY);
    const uint8_t *text = MAP_FAILED;
    struct stat about;

    if (fd < 0 || fstat(fd, &about) != 0)
        err(2, "%s", path);
    if (about.st_size >= NEEDLE_MIN)
        text = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    for (size_t at = 0, len = (size_t)about.st_size; text != MAP_FAILED && at + 4 <= len; at++)
        for (const struct needle *n = slots[slot_of(text + at)]; n; n = n->next)
            if (n->len <= len - at && memcmp(text + at, n->octets, n->len) == 0)
                printf("%s %zu %s\n", path, at, n->name);
    if (text != MAP_FAILED)
        munmap((void *)(uintptr_t)text, (size_t)about.st_size);
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        errx(2, "usage: search_secrets NEEDLES FILE...");
    read_needles(argv[1]);
    for (int i = 2; i < argc; i++)
        search(argv[i]);
    return 0;
}
