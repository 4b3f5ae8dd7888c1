/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record.h"

struct _UiRecord {
    GObject parent;
    GHashTable *values; /* name -> GVariant */
};

G_DEFINE_FINAL_TYPE(UiRecord, ui_record, G_TYPE_OBJECT)

static guint changed_signal;

GVariant *ui_record_value(UiRecord *record, const char *name)
{
    return g_hash_table_lookup(record->values, name);
}

const char *ui_record_text(UiRecord *record, const char *name)
{
    GVariant *value = ui_record_value(record, name);

    if (value && (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING) ||
                  g_variant_is_of_type(value, G_VARIANT_TYPE_OBJECT_PATH)))
        return g_variant_get_string(value, NULL);
    return "";
}

gint64 ui_record_number(UiRecord *record, const char *name)
{
    GVariant *value = ui_record_value(record, name);

    if (!value)
        return 0;
    switch (g_variant_classify(value)) {
    case G_VARIANT_CLASS_BYTE:
        return g_variant_get_byte(value);
    case G_VARIANT_CLASS_INT16:
        return g_variant_get_int16(value);
    case G_VARIANT_CLASS_UINT16:
        return g_variant_get_uint16(value);
    case G_VARIANT_CLASS_INT32:
        return g_variant_get_int32(value);
    case G_VARIANT_CLASS_UINT32:
        return g_variant_get_uint32(value);
    case G_VARIANT_CLASS_INT64:
        return g_variant_get_int64(value);
    case G_VARIANT_CLASS_UINT64:
        return (gint64)MIN(g_variant_get_uint64(value), (guint64)G_MAXINT64);
    case G_VARIANT_CLASS_DOUBLE:
        return (gint64)g_variant_get_double(value);
    default:
        return 0;
    }
}

gboolean ui_record_flag(UiRecord *record, const char *name)
{
    GVariant *value = ui_record_value(record, name);

    return value && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN) &&
           g_variant_get_boolean(value);
}

static bool take(UiRecord *record, GVariant *values)
{
    GVariantIter iter;
    char *name;
    GVariant *value;
    bool changed = false;

    g_variant_iter_init(&iter, values);
    while (g_variant_iter_next(&iter, "{sv}", &name, &value)) {
        GVariant *before = ui_record_value(record, name);
        if (before && g_variant_equal(before, value)) {
            g_free(name);
            g_variant_unref(value);
            continue;
        }
        changed = true;
        g_hash_table_insert(record->values, name, value);
    }
    return changed;
}

void ui_record_update(UiRecord *record, GVariant *values)
{
    bool changed;

    if (!values)
        return;
    g_variant_ref_sink(values);
    changed = g_variant_is_of_type(values, G_VARIANT_TYPE_VARDICT) && take(record, values);
    g_variant_unref(values);
    if (changed)
        g_signal_emit(record, changed_signal, 0);
}

UiRecord *ui_record_new(GVariant *values)
{
    UiRecord *record = g_object_new(UI_TYPE_RECORD, NULL);

    ui_record_update(record, values);
    return record;
}

static void finalize(GObject *object)
{
    g_hash_table_unref(UI_RECORD(object)->values);
    G_OBJECT_CLASS(ui_record_parent_class)->finalize(object);
}

static void ui_record_class_init(UiRecordClass *class)
{
    G_OBJECT_CLASS(class)->finalize = finalize;
    changed_signal = g_signal_new("changed", UI_TYPE_RECORD, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
}

static void ui_record_init(UiRecord *record)
{
    record->values =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
}
