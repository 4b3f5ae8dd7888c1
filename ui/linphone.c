/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linphone.h"

#include <gio/gdesktopappinfo.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const programs[] = {"linphone", "linphone-daemon", "linphonec", NULL};

static gboolean is_ours(const char *pid)
{
    char *folder = g_build_filename("/proc", pid, NULL), *file, *name = NULL;
    struct stat st;
    gboolean ours = stat(folder, &st) == 0 && st.st_uid == getuid();

    file = g_build_filename(folder, "comm", NULL);
    ours = ours && g_file_get_contents(file, &name, NULL, NULL) &&
           g_strv_contains(programs, g_strstrip(name));
    g_free(name);
    g_free(file);
    g_free(folder);
    return ours;
}

gboolean ui_linphone_runs(void)
{
    GDir *all = g_dir_open("/proc", 0, NULL);
    const char *pid;
    gboolean found = FALSE;

    while (all && !found && (pid = g_dir_read_name(all)))
        found = g_ascii_isdigit(*pid) && is_ours(pid);
    if (all)
        g_dir_close(all);
    return found;
}

gboolean ui_linphone_start(GError **error)
{
    static const char *const entries[] = {
        "linphone.desktop", "com.belledonnecommunications.linphone.desktop",
        "org.linphone.Linphone.desktop", "linphone-desktop.desktop"};
    GAppInfo *app = NULL;
    gboolean started;

    for (guint i = 0; !app && i < G_N_ELEMENTS(entries); i++)
        app = G_APP_INFO(g_desktop_app_info_new(entries[i]));
    if (!app && g_find_program_in_path("linphone"))
        app = g_app_info_create_from_commandline("linphone", "Linphone", G_APP_INFO_CREATE_NONE,
                                                 NULL);
    if (!app) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                            _("Linphone is not installed: install the package linphone-desktop."));
        return FALSE;
    }
    started = g_app_info_launch(app, NULL, NULL, error);
    g_object_unref(app);
    return started;
}
