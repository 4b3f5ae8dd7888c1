/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "changes.h"
#include "bus_view.h"
#include "note.h"
#include "small_file.h"

#include <stdlib.h>
#include <string.h>

static char *path_of(const struct core *core)
{
    return core_state_path(core, "changes");
}

json_t *changes_all(struct core *core)
{
    char *path, *text = NULL;
    gsize len = 0;

    if (core->changes)
        return core->changes;
    path = path_of(core);
    if (small_file_read(path, SMALL_FILE_MAX, &text, &len, NULL))
        core->changes = json_loadb(text, len, 0, NULL);
    g_free(text);
    if (!json_is_object(core->changes)) {
        json_decref(core->changes);
        core->changes = json_object();
    }
    g_free(path);
    return core->changes;
}

static void keep(struct core *core)
{
    char *path = path_of(core);
    char *text = json_dumps(core->changes, JSON_COMPACT | JSON_SORT_KEYS);

    if (text)
        core_keep(core, path, text);
    free(text);
    g_free(path);
    bus_view_tell("PeersChanged");
}

void changes_note(struct core *core, const char *aor, const char *change, const char *nai,
                  const char *operator_name, const char *method)
{
    json_t *before = json_object_get(changes_all(core), aor), *now;

    if (!strcmp(change, "none") || (!before && json_object_size(core->changes) >= CHANGES_MAX) ||
        !g_strcmp0(json_string_value(json_object_get(before, "nai")), nai))
        return;
    now = json_pack("{s:s, s:s, s:s, s:s, s:I}", "change", change, "nai", nai, "operator",
                    operator_name, "method", method, "since", (json_int_t)core_now());
    json_object_set_new(core->changes, aor, now);
    note("changed: peer=%s what=%s nai=%s", aor, change, nai);
    keep(core);
}

bool changes_drop(struct core *core, const char *aor)
{
    if (json_object_del(changes_all(core), aor) < 0)
        return false;
    keep(core);
    return true;
}
