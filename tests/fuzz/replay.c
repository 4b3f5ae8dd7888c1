/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds every file of the folders given to the target, as libFuzzer would; a folder without files
 * is a failure. */
#include "fuzz.h"
#include <dirent.h>

#define FILE_MAX_OCTETS (1 << 20)

static int eat(const char *folder, const char *name)
{
    char path[4096];
    uint8_t *octets = malloc(FILE_MAX_OCTETS), *exact;
    FILE *file;
    size_t len;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL || octets == NULL) {
        perror(path);
        exit(1);
    }
    len = fread(octets, 1, FILE_MAX_OCTETS, file);
    fclose(file);
    exact = malloc(len > 0 ? len : 1); /* of its own size, so that ASan sees an octet too many */
    MUST(exact != NULL);
    memcpy(exact, octets, len);
    printf("%s: %zu octets\n", path, len);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    free(octets);
    return 1;
}

int main(int argc, char **argv)
{
    int eaten = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        struct dirent *entry;
        if (folder == NULL) {
            perror(argv[i]);
            return 1;
        }
        while ((entry = readdir(folder)) != NULL) {
            if (entry->d_name[0] != '.')
                eaten += eat(argv[i], entry->d_name);
        }
        closedir(folder);
    }
    return eaten > 0 ? 0 : 1;
}
