/* Which column fills which slot.
 *
 * Planning goes by the rule's header names, then by the mapping file, which wins. What is left are
 * attributes, if the kind has any and the column is neither very personal nor free text. */
#include <stdio.h>
#include <string.h>

#include "datasets/import_run.h"

enum { UNUSED_SHOWN = 8 };

/* Parts of column names that stand for very personal matters; never kept unless allowed by name. */
static const char *const personal[] = {"ssn",         "socialsecurity",
                                       "passport",    "iban",
                                       "cardnumber",  "creditcard",
                                       "cvv",         "password",
                                       "passwd",      "secret",
                                       "health",      "medical",
                                       "diagnos",     "religio",
                                       "ethnic",      "politic",
                                       "sexual",      "biometric",
                                       "birthdate",   "dateofbirth",
                                       "birthday",    "aadhaar",
                                       "aadhar",      "pannumber",
                                       "taxid",       "nationalid",
                                       "driverlicen", "drivinglicen",
                                       "bankaccount", "accountnumber",
                                       "salary",      "streetaddress",
                                       "homeaddress", NULL};
/* Whole names of columns with free text or with the streets and mails of people. */
static const char *const free_text[] = {
    "description",   "notes",          "note",           "comment",
    "comments",      "body",           "message",        "text",
    "remarks",       "street",         "street2",        "address",
    "mailingstreet", "billingstreet",  "shippingstreet", "otherstreet",
    "fax",           "mobile",         "mobilephone",    "homephone",
    "otherphone",    "assistantphone", "secondaryemail", "emailbody",
    "content_html",  "internalnotes",  "nextstep",       NULL};

bool fore_has_attributes(fore_kind kind)
{
    return kind == FORE_KIND_REPS || kind == FORE_KIND_ACCOUNTS || kind == FORE_KIND_LEADS ||
           kind == FORE_KIND_DEALS || kind == FORE_KIND_PRODUCTS;
}

static fore_status add_words(fore_importing *run, fore_column_plan *column, const char *from,
                             const char *to, fore_error *err)
{
    char key[256];
    fore_header_key(from, key, sizeof key);
    if (strcmp(from, "*") == 0) strcpy(key, "*");
    FORE_TRY(fore_grow((void **)&column->words, &column->word_capacity, column->word_count + 1,
                       sizeof *column->words, err));
    fore_word word = {fore_arena_string(run->scrap, key), fore_arena_string(run->scrap, to)};
    if (!word.from || !word.to) return fore_no_memory(err);
    column->words[column->word_count++] = word;
    return FORE_OK;
}

typedef struct word_list {
    fore_importing *run;
    fore_column_plan *column;
} word_list;

static fore_status add_pair(void *context, const char *part, fore_error *err)
{
    word_list *list = context;
    char from[256];
    size_t n = strcspn(part, "=");
    if (n >= sizeof from || part[n] != '=') return FORE_OK;
    memcpy(from, part, n);
    from[n] = 0;
    return add_words(list->run, list->column, from, part + n + 1, err);
}

static fore_status bind_column(fore_importing *run, fore_file_plan *file, int64_t c,
                               const fore_bind *bind, fore_error *err)
{
    fore_column_plan *column = &file->columns[c];
    word_list list = {run, column};
    column->slot = (int)bind->slot;
    column->value_kind = fore_slot_kind(bind->slot);
    column->unit_seconds = bind->unit_seconds > 0 ? bind->unit_seconds : 60;
    return fore_list_each(bind->words, '|', add_pair, &list, err);
}

static bool slot_bound(const fore_file_plan *file, fore_slot slot)
{
    for (int64_t c = 0; c < fore_csv_columns(file->csv); c++) {
        if (file->columns[c].slot == (int)slot) return true;
    }
    return false;
}

static fore_status bind_by_rule(fore_importing *run, fore_file_plan *file, fore_error *err)
{
    for (const fore_bind *b = file->rule->binds; b && b->headers; b++) {
        int64_t c = fore_header_find(file, b->headers);
        if (c < 0 || file->columns[c].slot >= 0 || slot_bound(file, b->slot)) continue;
        FORE_TRY(bind_column(run, file, c, b, err));
    }
    for (const fore_canonical *k = file->rule->binds ? NULL : fore_canonical_columns(file->kind);
         k && k->name; k++) {
        fore_bind bind = {k->slot, k->name, NULL, 0};
        int64_t c = fore_header_find(file, k->name);
        if (c >= 0 && file->columns[c].slot < 0) FORE_TRY(bind_column(run, file, c, &bind, err));
    }
    return FORE_OK;
}

/* --- the mapping file --- */

static const fore_canonical *canonical_named(fore_kind kind, const char *name, size_t length)
{
    for (const fore_canonical *k = fore_canonical_columns(kind); k && k->name; k++) {
        if (strlen(k->name) == length && strncmp(k->name, name, length) == 0) return k;
    }
    return NULL;
}

/* A column that other files have and this one does not: its rows would lose what it says. */
static fore_status refuse_foreign(const fore_importing *run, const fore_file_plan *file,
                                  const fore_mapping_entry *e, size_t head, fore_error *err)
{
    fore_text names = {0};
    bool elsewhere = false;
    for (int kind = 0; kind < FORE_KIND_COUNT && !elsewhere; kind++)
        elsewhere = canonical_named((fore_kind)kind, e->name, head) != NULL;
    if (!elsewhere) return FORE_OK;
    for (const fore_canonical *k = fore_canonical_columns(file->kind); k && k->name; k++)
        fore_text_printf(&names, "%s%s", names.length ? ", " : "", k->name);
    fore_status status =
        fore_fail_at(err, FORE_E_FORMAT, run->mapping.path, 0, 0,
                     "%s: [%s] %s: %s have no such column; theirs are %.700s", run->mapping.path,
                     e->section, e->name, fore_kind_word(file->kind), fore_text_string(&names));
    fore_text_free(&names);
    return status;
}

static void unbind(fore_file_plan *file, fore_slot slot)
{
    for (int64_t c = 0; c < fore_csv_columns(file->csv); c++) {
        if (file->columns[c].slot == (int)slot) file->columns[c].slot = -1;
    }
}

static fore_status map_column(fore_importing *run, fore_file_plan *file,
                              const fore_mapping_entry *e, const fore_canonical *k, fore_error *err)
{
    unbind(file, k->slot);
    if (k->slot == FORE_SLOT_CLOSED_AT || k->slot == FORE_SLOT_EXPECTED_CLOSE)
        unbind(file, FORE_SLOT_CLOSE_DATE);
    if (!*e->value) return FORE_OK;
    int64_t c = fore_header_find(file, e->value);
    if (c < 0) {
        return fore_fail_at(
            err, FORE_E_FORMAT, run->mapping.path, 0, 0,
            "%s: [%s] %s = %s: %s has no such column; it has %s, %s, ...", run->mapping.path,
            e->section, e->name, e->value, file->path, fore_csv_name(file->csv, 0),
            fore_csv_columns(file->csv) > 1 ? fore_csv_name(file->csv, 1) : "no other");
    }
    fore_bind bind = {k->slot, e->value, NULL, 0};
    return bind_column(run, file, c, &bind, err);
}

static fore_status map_value(fore_importing *run, fore_file_plan *file, const fore_mapping_entry *e,
                             fore_slot slot, const char *from, fore_error *err)
{
    for (int64_t c = 0; c < fore_csv_columns(file->csv); c++) {
        fore_column_plan *column = &file->columns[c];
        if (column->slot != (int)slot) continue;
        FORE_TRY(add_words(run, column, from, e->value, err));
        /* the mapping file goes first */
        fore_word own = column->words[column->word_count - 1];
        memmove(column->words + 1, column->words, (size_t)(column->word_count - 1) * sizeof own);
        column->words[0] = own;
    }
    return FORE_OK;
}

static fore_status bind_by_mapping(fore_importing *run, fore_file_plan *file, bool values,
                                   fore_error *err)
{
    const char *what = fore_kind_word(file->kind);
    for (int64_t i = 0; i < run->mapping.count; i++) {
        const fore_mapping_entry *e = &run->mapping.entries[i];
        if (!fore_mapping_section_fits(e->section, file->name, what)) continue;
        size_t head = strcspn(e->name, ".");
        const fore_canonical *k = canonical_named(file->kind, e->name, head);
        bool is_value = e->name[head] == '.';
        if (!k && !values) FORE_TRY(refuse_foreign(run, file, e, head, err));
        if (!k || is_value != values) continue;
        if (is_value)
            FORE_TRY(map_value(run, file, e, k->slot, e->name + head + 1, err));
        else
            FORE_TRY(map_column(run, file, e, k, err));
    }
    return FORE_OK;
}

/* --- attributes --- */

static bool named_in(const char *const *names, int64_t count, const char *key)
{
    char other[256];
    for (int64_t i = 0; i < count; i++) {
        fore_header_key(names[i], other, sizeof other);
        if (strcmp(other, key) == 0) return true;
    }
    return false;
}

static bool comma_list_has(const char *list, const char *key)
{
    char part[256], normal[256];
    while (list && *list) {
        size_t n = strcspn(list, ",");
        snprintf(part, sizeof part, "%.*s", (int)n, list);
        fore_header_key(part, normal, sizeof normal);
        if (strcmp(normal, key) == 0) return true;
        list += n + (list[n] == ',');
    }
    return false;
}

typedef enum keep { KEEP, DROP_ASKED, DROP_PERSONAL, DROP_TEXT, DROP_UNLISTED, DROP_IGNORED } keep;

static keep judge(const fore_importing *run, const fore_file_plan *file, int64_t c)
{
    char key[256];
    const char *header = fore_csv_name(file->csv, c);
    const fore_import_options *o = run->options;
    fore_header_key(header, key, sizeof key);
    if (!*fore_csv_header(file->csv, c)) return DROP_IGNORED;
    if (named_in(o->deny, o->deny_count, key)) return DROP_ASKED;
    if (comma_list_has(
            fore_mapping_value(&run->mapping, file->name, fore_kind_word(file->kind), "ignore"),
            key))
        return DROP_ASKED;
    if (named_in(o->allow, o->allow_count, key)) return KEEP;
    if (o->allow_count > 0) return DROP_ASKED;
    for (const char *const *p = personal; *p; p++) {
        if (strcmp(*p, "ssn") == 0 ? strcmp(key, "ssn") == 0 : strstr(key, *p) != NULL)
            return DROP_PERSONAL;
    }
    for (const char *const *t = free_text; *t; t++) {
        if (strcmp(key, *t) == 0) return DROP_TEXT;
    }
    if (file->rule->ignored && fore_list_has(file->rule->ignored, header)) return DROP_IGNORED;
    if (file->format->listed_attributes_only && !fore_list_has(file->format->attributes, header))
        return DROP_UNLISTED;
    return KEEP;
}

static fore_status choose_attributes(fore_importing *run, fore_file_plan *file, fore_error *err)
{
    static const char *const reasons[] = {
        NULL,
        "left out as asked",
        "left out as very personal (allow them by name to keep them)",
        "left out as free text or address",
        "left out, not on the list for this vendor (allow them by name)",
        NULL};
    fore_text names[DROP_IGNORED + 1] = {0};
    fore_status status = FORE_OK;
    for (int64_t c = 0; c < fore_csv_columns(file->csv); c++) {
        if (file->columns[c].slot >= 0) continue;
        keep verdict = judge(run, file, c);
        file->columns[c].attribute = verdict == KEEP && fore_has_attributes(file->kind);
        if (verdict == KEEP || verdict == DROP_IGNORED || names[verdict].length > 300) continue;
        if (names[verdict].length > 0) fore_text_puts(&names[verdict], ", ");
        fore_text_puts(&names[verdict], fore_csv_name(file->csv, c));
    }
    for (int v = 0; v <= DROP_IGNORED; v++) {
        if (names[v].failed) FORE_GO(fore_no_memory(err));
        if (names[v].length == 0 || !reasons[v]) continue;
        FORE_GO(fore_file_note(run, file, err, "columns %s: %s", reasons[v],
                               fore_text_string(&names[v])));
    }
done:
    for (int v = 0; v <= DROP_IGNORED; v++) fore_text_free(&names[v]);
    return status;
}

/* Columns that fill no slot and are no attributes; what other notes say already is left out. */
static fore_status note_unused(fore_importing *run, fore_file_plan *file, fore_error *err)
{
    fore_text names = {0};
    int64_t count = 0;
    for (int64_t c = 0; c < fore_csv_columns(file->csv); c++) {
        const fore_column_plan *column = &file->columns[c];
        if (column->slot >= 0 || column->attribute || !*fore_csv_header(file->csv, c)) continue;
        keep verdict = judge(run, file, c);
        if (verdict != KEEP && verdict != DROP_IGNORED) continue;
        if (count++ >= UNUSED_SHOWN) continue;
        fore_text_printf(&names, "%s%.60s", count > 1 ? ", " : "", fore_csv_name(file->csv, c));
    }
    if (count > UNUSED_SHOWN)
        fore_text_printf(&names, " and %lld more", (long long)(count - UNUSED_SHOWN));
    fore_status status = fore_text_check(&names, err);
    if (status == FORE_OK && count > 0)
        status = fore_file_note(run, file, err, "columns not used: %s", fore_text_string(&names));
    fore_text_free(&names);
    return status;
}

fore_status fore_columns_plan(fore_importing *run, fore_file_plan *file, fore_error *err)
{
    int64_t n = fore_csv_columns(file->csv);
    file->columns = FORE_ZNEW(n, fore_column_plan);
    if (!file->columns) return fore_no_memory(err);
    file->column_count = n;
    for (int64_t c = 0; c < n; c++) file->columns[c].slot = -1;
    FORE_TRY(bind_by_rule(run, file, err));
    FORE_TRY(bind_by_mapping(run, file, false, err));
    FORE_TRY(bind_by_mapping(run, file, true, err));
    FORE_TRY(choose_attributes(run, file, err));
    return note_unused(run, file, err);
}
