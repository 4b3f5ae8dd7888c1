/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The history as a file for a spreadsheet (ui/pages/export.c), of records as any plugin may tell
 * them: lines `Name=text`, an empty line before the next record. What is read back by RFC 4180 is
 * what was told, and no field is a formula.
 */
#include "fuzz.h"

#include "pages/export.h"

#define COLUMNS 16

/* One line is one value: text, a number behind `#`, a time behind `@`. */
static void add_value(GVariantBuilder *values, char *line)
{
    char *text = strchr(line, '=');

    if (!text || !g_utf8_validate(line, -1, NULL))
        return;
    *text++ = '\0';
    if (*text == '#')
        g_variant_builder_add(values, "{sv}", line, g_variant_new_int32(atoi(text + 1)));
    else if (*text == '@')
        g_variant_builder_add(values, "{sv}", line,
                              g_variant_new_int64(g_ascii_strtoll(text + 1, NULL, 10)));
    else if (g_utf8_validate(text, -1, NULL))
        g_variant_builder_add(values, "{sv}", line, g_variant_new_string(text));
}

static void add_record(GListStore *records, char *block)
{
    char **lines = g_strsplit(block, "\n", -1);
    GVariantBuilder values;
    GVariant *all;
    UiRecord *record;

    g_variant_builder_init(&values, G_VARIANT_TYPE_VARDICT);
    for (char **line = lines; *line; line++)
        add_value(&values, *line);
    all = g_variant_ref_sink(g_variant_builder_end(&values));
    record = ui_record_new(all);
    g_list_store_append(records, record);
    g_object_unref(record);
    g_variant_unref(all);
    g_strfreev(lines);
}

/* Reads one field and steps behind it; what stands in it goes to `field`. */
static const char *read_field(const char *at, GString *field)
{
    g_string_truncate(field, 0);
    if (*at != '"') {
        while (*at && *at != ',' && *at != '\r')
            g_string_append_c(field, *at++);
        return at;
    }
    for (at++; *at != '"' || at[1] == '"'; at++) {
        MUST(*at != '\0');
        if (*at == '"')
            at++;
        g_string_append_c(field, *at);
    }
    return at + 1;
}

static void check_field(GListModel *records, guint row, const char *name, const char *field)
{
    UiRecord *record = g_list_model_get_item(records, row);
    GVariant *value = ui_record_value(record, name);
    const char *told = value && g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)
                           ? g_variant_get_string(value, NULL)
                           : NULL;

    if (told) /* what would be a formula has one character more */
        MUST(!strcmp(field, told) || (*field == '\'' && !strcmp(field + 1, told)));
    if (told && *field)
        MUST(!strchr("=+-@\t\r", *field));
    g_object_unref(record);
}

static void check(GListModel *records, const char *csv)
{
    char *names[COLUMNS] = {0};
    GString *field = g_string_new(NULL);

    for (guint row = 0; row <= g_list_model_get_n_items(records); row++) {
        for (int column = 0; column < COLUMNS; column++) {
            csv = read_field(csv, field);
            MUST(*csv == (column + 1 < COLUMNS ? ',' : '\r'));
            csv++;
            if (row)
                check_field(records, row - 1, names[column], field->str);
            else
                names[column] = g_strdup(field->str);
        }
        MUST(*csv == '\n');
        csv++;
    }
    MUST(!*csv);
    for (int column = 0; column < COLUMNS; column++)
        g_free(names[column]);
    g_string_free(field, TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), **blocks = g_strsplit(text, "\n\n", 200), *csv;
    GListStore *records = g_list_store_new(UI_TYPE_RECORD);

    for (char **block = blocks; *block; block++)
        add_record(records, *block);
    csv = ui_export_text(G_LIST_MODEL(records));
    check(G_LIST_MODEL(records), csv);
    g_free(csv);
    g_object_unref(records);
    g_strfreev(blocks);
    free(text);
    return 0;
}
