/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where there is no libFuzzer: feeds every file of the folders given to the target, then -runs=N
 * inputs that are made of them, always the same ones for the same -seed=N; a folder without files
 * is a failure. What ends the program is left as crash-NAME in the folder where it ran.
 */
#include "mutator.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define FILE_MAX_OCTETS (1 << 20)
#define FILES_MAX 1024

static struct fuzz_input inputs[FILES_MAX];
static size_t input_count;

/* -- what ended it ----------------------------------------------------------------------------- */

static struct fuzz_input current;
static char crash_name[256];

static void leave_input(void)
{
    int fd = open(crash_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ssize_t put = fd >= 0 ? write(fd, current.octets, current.len) : -1;

    if (put == (ssize_t)current.len) {
        static const char words[] = "the input is in ";
        put = write(2, words, sizeof words - 1);
        put = write(2, crash_name, strlen(crash_name));
        put = write(2, "\n", 1);
    }
    (void)put;
}

static void on_signal(int number)
{
    leave_input();
    signal(number, SIG_DFL);
    raise(number);
}

/* Of the sanitizers' runtime, where it is there. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void watch(const char *program)
{
    static const int numbers[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM};
    const char *name = strrchr(program, '/');

    snprintf(crash_name, sizeof crash_name, "crash-%s", name ? name + 1 : program);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(leave_input);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], on_signal);
}

/* Of its own size, so that ASan sees an octet too many. */
static void eat(const uint8_t *octets, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);

    MUST(exact != NULL);
    if (len > 0)
        memcpy(exact, octets, len);
    current = (struct fuzz_input){exact, len};
    alarm(120); /* an input that never ends */
    LLVMFuzzerTestOneInput(exact, len);
    alarm(0);
    current = (struct fuzz_input){NULL, 0};
    free(exact);
}

/* -- the corpus -------------------------------------------------------------------------------- */

static void load(const char *folder, const char *name)
{
    char path[4096];
    struct fuzz_input *input = &inputs[input_count];
    FILE *file;

    MUST(input_count < FILES_MAX);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    input->octets = malloc(FILE_MAX_OCTETS);
    if (file == NULL || input->octets == NULL) {
        perror(path);
        exit(1);
    }
    input->len = fread(input->octets, 1, FILE_MAX_OCTETS, file);
    fclose(file);
    input_count++;
    printf("%s: %zu octets\n", path, input->len);
    fflush(stdout);
    eat(input->octets, input->len);
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void load_folder(const char *folder)
{
    struct dirent **list;
    int count = scandir(folder, &list, is_file, alphasort);

    if (count < 0) {
        perror(folder);
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        load(folder, list[i]->d_name);
        free(list[i]);
    }
    free(list);
}

static void run(unsigned long runs, uint64_t seed)
{
    struct fuzz_mutator mutator = {.state = seed, .inputs = inputs, .count = input_count};
    struct fuzz_input made = {malloc(FUZZ_MADE_MAX), 0};

    MUST(made.octets != NULL);
    for (unsigned long i = 0; i < runs; i++) {
        fuzz_make(&mutator, &made);
        eat(made.octets, made.len);
    }
    free(made.octets);
    printf("%zu files and %lu inputs made of them\n", input_count, runs);
}

int main(int argc, char **argv)
{
    unsigned long runs = 0, seed = 1;

    watch(argv[0]);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "-runs=", 6) == 0)
            runs = strtoul(argv[i] + 6, NULL, 10);
        else if (strncmp(argv[i], "-seed=", 6) == 0)
            seed = strtoul(argv[i] + 6, NULL, 10);
        else
            load_folder(argv[i]);
    }
    if (input_count > 0)
        run(runs, seed);
    for (size_t i = 0; i < input_count; i++)
        free(inputs[i].octets);
    return input_count > 0 ? 0 : 1;
}
