/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ring on the disk: read again here, worth nothing elsewhere, and no damage that is believed.
 */
#include "keyring_file.h"
#include "seal_key.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW 1000100

struct desk {
    char folder[64], path[96], machine[96], other_machine[96];
    struct simauth_secret key;
    struct simauth_keyring *ring;
};

static void write_text(const char *path, const char *text)
{
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static int desk_setup(void **state)
{
    static struct desk d;
    memset(&d, 0, sizeof d);
    strcpy(d.folder, "/tmp/simauth-keys-XXXXXX");
    assert_non_null(mkdtemp(d.folder));
    snprintf(d.path, sizeof d.path, "%s/setup-keys", d.folder);
    snprintf(d.machine, sizeof d.machine, "%s/machine-id", d.folder);
    snprintf(d.other_machine, sizeof d.other_machine, "%s/other-id", d.folder);
    write_text(d.machine, "0123456789abcdef0123456789abcdef\n");
    write_text(d.other_machine, "f123456789abcdef0123456789abcdef\n");
    simauth_secret_set(&d.key, "01234567890123456789012345678901", 32);
    d.ring = simauth_keyring_new();
    for (int i = 0; i < 3; i++) {
        struct simauth_held_key key = world_held_key("stp", i % 2);
        key.key.octets[5] = (uint8_t)i;
        assert_int_equal(simauth_keyring_add(d.ring, &key, NOW), SIMAUTH_OK);
    }
    *state = &d;
    return 0;
}

static int desk_teardown(void **state)
{
    struct desk *d = *state;
    char command[128];
    simauth_keyring_free(d->ring);
    snprintf(command, sizeof command, "rm -rf %s", d->folder);
    return system(command);
}

static size_t count(const struct simauth_keyring *ring)
{
    size_t n = 0;
    while (simauth_keyring_at(ring, n))
        n++;
    return n;
}

static void save(struct desk *d)
{
    char error[KEYRING_FILE_ERROR_MAX];
    GBytes *sealed = keyring_file_seal(d->ring, &d->key);
    assert_non_null(sealed);
    assert_true(keyring_file_write(d->path, sealed, error));
    g_bytes_unref(sealed);
}

static enum keyring_file_status load(const char *path, const struct simauth_secret *key,
                                     size_t *keys)
{
    char error[KEYRING_FILE_ERROR_MAX];
    struct simauth_keyring *ring = simauth_keyring_new();
    enum keyring_file_status status = keyring_file_read(path, key, NOW, ring, error);
    *keys = count(ring);
    bool silent = status == KEYRING_FILE_READ || status == KEYRING_FILE_NONE;
    assert_int_equal(error[0] == '\0', silent);
    simauth_keyring_free(ring);
    return status;
}

static void kept_and_read(void **state)
{
    struct desk *d = *state;
    struct stat st;
    size_t keys;
    assert_int_equal(load(d->path, &d->key, &keys), KEYRING_FILE_NONE);
    save(d);
    assert_int_equal(load(d->path, &d->key, &keys), KEYRING_FILE_READ);
    assert_int_equal(keys, 3);
    assert_int_equal(stat(d->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    simauth_keyring_forget(d->ring, NULL); /* an empty ring is kept as well */
    save(d);
    assert_int_equal(load(d->path, &d->key, &keys), KEYRING_FILE_READ);
    assert_int_equal(keys, 0);
}

/* No key stands in the file as it is. */
static void nothing_in_clear(void **state)
{
    struct desk *d = *state;
    gchar *file;
    gsize len;
    const struct simauth_held_key *key = simauth_keyring_at(d->ring, 0);
    save(d);
    assert_true(g_file_get_contents(d->path, &file, &len, NULL));
    assert_null(memmem(file, len, key->key.octets, 8));
    assert_null(memmem(file, len, key->peer_nai, strlen(key->peer_nai)));
    g_free(file);
}

static void every_octet_counts(void **state)
{
    struct desk *d = *state;
    gchar *file;
    gsize len;
    size_t keys;
    save(d);
    assert_true(g_file_get_contents(d->path, &file, &len, NULL));
    for (gsize i = 0; i < len; i++) {
        file[i] ^= 1;
        assert_true(g_file_set_contents(d->path, file, (gssize)len, NULL));
        assert_int_equal(load(d->path, &d->key, &keys), KEYRING_FILE_FOREIGN);
        assert_int_equal(keys, 0);
        file[i] ^= 1;
    }
    for (gsize cut = 0; cut < len; cut += 7) {
        assert_true(g_file_set_contents(d->path, file, (gssize)cut, NULL));
        assert_int_equal(load(d->path, &d->key, &keys), KEYRING_FILE_FOREIGN);
    }
    g_free(file);
}

static void copied_to_another_machine(void **state)
{
    struct desk *d = *state;
    char error[SEAL_KEY_ERROR_MAX];
    struct simauth_secret again;
    size_t keys;
    assert_int_equal(seal_key_of_machine(d->folder, d->machine, &d->key, error), SEAL_KEY_GOOD);
    assert_int_equal(seal_key_of_machine(d->folder, d->machine, &again, error), SEAL_KEY_GOOD);
    assert_true(simauth_secret_equal(&d->key, &again));
    save(d);
    assert_int_equal(load(d->path, &again, &keys), KEYRING_FILE_READ);
    assert_int_equal(seal_key_of_machine(d->folder, d->other_machine, &again, error),
                     SEAL_KEY_GOOD);
    assert_int_equal(load(d->path, &again, &keys), KEYRING_FILE_FOREIGN);
    assert_int_equal(keys, 0);
}

static void what_is_wrong_with_the_seal(void **state)
{
    struct desk *d = *state;
    char error[SEAL_KEY_ERROR_MAX], seal[96];
    struct simauth_secret key;
    snprintf(seal, sizeof seal, "%s/setup-keys.seal", d->folder);
    assert_int_equal(seal_key_of_machine(d->folder, "/nonexistent", &key, error), SEAL_KEY_FAILED);
    write_text(d->other_machine, "uninitialized\n"); /* machine-id(5): not started yet */
    assert_int_equal(seal_key_of_machine(d->folder, d->other_machine, &key, error),
                     SEAL_KEY_FAILED);
    assert_int_equal(seal_key_of_machine("/nonexistent", d->machine, &key, error), SEAL_KEY_FAILED);
    assert_int_equal(seal_key_of_machine(d->folder, d->machine, &key, error), SEAL_KEY_GOOD);
    assert_int_equal(chmod(seal, 0644), 0);
    assert_int_equal(seal_key_of_machine(d->folder, d->machine, &key, error), SEAL_KEY_FAILED);
    assert_non_null(strstr(error, "chmod 600"));
    assert_int_equal(key.len, 0);
    write_text(seal, "short");
    assert_int_equal(chmod(seal, 0600), 0);
    assert_int_equal(seal_key_of_machine(d->folder, d->machine, &key, error), SEAL_KEY_FAILED);
    assert_int_equal(unlink(seal), 0);
    assert_int_equal(symlink(d->machine, seal), 0);
    assert_int_equal(seal_key_of_machine(d->folder, d->machine, &key, error), SEAL_KEY_FAILED);
    assert_int_equal(unlink(seal), 0);
    assert_int_equal(mkfifo(seal, 0600), 0); /* and nobody waits for who never writes */
    alarm(20);
    assert_int_equal(seal_key_of_machine(d->folder, d->machine, &key, error), SEAL_KEY_FAILED);
    alarm(0);
    assert_non_null(strstr(error, "no ordinary file"));
}

static void a_disk_that_does_not(void **state)
{
    struct desk *d = *state;
    char error[KEYRING_FILE_ERROR_MAX];
    GBytes *sealed = keyring_file_seal(d->ring, &d->key);
    size_t keys;
    assert_false(keyring_file_write("/nonexistent/setup-keys", sealed, error));
    assert_non_null(strstr(error, "/nonexistent/setup-keys"));
    g_bytes_unref(sealed);
    assert_int_equal(mkdir(d->path, 0700), 0);
    assert_int_equal(load(d->path, &d->key, &keys), KEYRING_FILE_UNREADABLE);
    struct simauth_secret none = {0};
    assert_null(keyring_file_seal(d->ring, &none));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(kept_and_read),
        TEST(nothing_in_clear),
        TEST(every_octet_counts),
        TEST(copied_to_another_machine),
        TEST(what_is_wrong_with_the_seal),
        TEST(a_disk_that_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
