/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prefs.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define GROUP "window"

static const struct {
    const char *key;
    gboolean fallback;
} prefs[UI_PREF_COUNT] = {
    [UI_PREF_NOTIFY] = {"notify", TRUE},
    [UI_PREF_BACKGROUND] = {"background", TRUE},
    [UI_PREF_SET_UP] = {"set-up", FALSE},
};

static char *prefs_path(void)
{
    return g_build_filename(g_get_user_config_dir(), "simauth", "ui.conf", NULL);
}

static GKeyFile *prefs_file(const char *path)
{
    GKeyFile *file = g_key_file_new();

    g_key_file_load_from_file(file, path, G_KEY_FILE_KEEP_COMMENTS, NULL);
    return file;
}

/* Read anew each time: it is small, asked for by a person's click, and another window may write. */
gboolean ui_pref(enum ui_pref pref)
{
    char *path = prefs_path();
    GKeyFile *file = prefs_file(path);
    GError *error = NULL;
    gboolean on = g_key_file_get_boolean(file, GROUP, prefs[pref].key, &error);

    if (error)
        on = prefs[pref].fallback;
    g_clear_error(&error);
    g_key_file_unref(file);
    g_free(path);
    return on;
}

static gboolean write_file(const char *path, const char *text, gsize len)
{
    char *folder = g_path_get_dirname(path);
    GError *error = NULL;
    gboolean done = g_mkdir_with_parents(folder, 0700) == 0 &&
                    g_file_set_contents_full(path, text, (gssize)len,
                                             G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error);

    if (!done)
        g_warning("%s cannot be written: %s", path, error ? error->message : g_strerror(errno));
    g_clear_error(&error);
    g_free(folder);
    return done;
}

gboolean ui_pref_set(enum ui_pref pref, gboolean on)
{
    char *path = prefs_path(), *text;
    GKeyFile *file = prefs_file(path);
    gboolean done;
    gsize len;

    g_key_file_set_boolean(file, GROUP, prefs[pref].key, on);
    text = g_key_file_to_data(file, &len, NULL);
    done = write_file(path, text, len);
    g_key_file_unref(file);
    g_free(text);
    g_free(path);
    return done;
}

/* -- autostart --------------------------------------------------------------------------------- */

static char *autostart_path(void)
{
    return g_build_filename(g_get_user_config_dir(), "autostart", UI_APP_ID ".desktop", NULL);
}

gboolean ui_autostart(void)
{
    char *path = autostart_path();
    GKeyFile *file = prefs_file(path);
    gboolean on = g_key_file_has_group(file, "Desktop Entry") &&
                  !g_key_file_get_boolean(file, "Desktop Entry", "Hidden", NULL);

    g_key_file_unref(file);
    g_free(path);
    return on;
}

gboolean ui_autostart_set(gboolean on)
{
    static const char text[] = "[Desktop Entry]\n"
                               "Type=Application\n"
                               "Name=SIM Call Security\n"
                               "Name[fr]=Sécurité des appels par SIM\n"
                               "Exec=simauth-ui --background\n"
                               "Icon=" UI_APP_ID "\n"
                               "NoDisplay=true\n"
                               "X-GNOME-Autostart-enabled=true\n";
    char *path = autostart_path();
    gboolean done =
        on ? write_file(path, text, strlen(text)) : g_unlink(path) == 0 || errno == ENOENT;

    g_free(path);
    return done;
}
