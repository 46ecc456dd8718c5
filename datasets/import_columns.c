/* From columns to slots: which column fills which slot, how its values are read, and the cells of a
 * record.
 *
 * Planning goes by the rule's header names, then by the mapping file, which wins. What is left are
 * attributes, if the kind has any and the column is neither very personal nor free text. Observing
 * reads the file once to settle date order and decimal sign per column. */
#include <stdio.h>
#include <string.h>

#include "datasets/import_run.h"
#include "engine/base/json.h"

enum { KEY_LIMIT = 500, PULSE = 4096 };

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

static bool has_attributes(fore_kind kind)
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
        file->columns[c].attribute = verdict == KEEP && has_attributes(file->kind);
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
    return choose_attributes(run, file, err);
}

/* --- observing --- */

static bool is_date(fore_value_kind kind)
{
    return kind == FORE_V_TIME || kind == FORE_V_CLOSING || kind == FORE_V_DATE;
}

static bool is_number(fore_value_kind kind)
{
    return kind == FORE_V_MONEY || kind == FORE_V_NUMBER || kind == FORE_V_MINUTES;
}

/* What all columns of a file show together: it settles a column that does not tell by itself. */
typedef struct pool {
    fore_date_evidence dates;
    fore_number_evidence numbers;
} pool;

static pool pool_evidence(const fore_file_plan *file)
{
    pool p = {0};
    for (int64_t c = 0; c < file->column_count; c++) {
        const fore_column_plan *column = &file->columns[c];
        p.dates.day_first += column->dates.day_first;
        p.dates.month_first += column->dates.month_first;
        p.numbers.point += column->numbers.point;
        p.numbers.comma += column->numbers.comma;
    }
    return p;
}

static const char *file_setting(const fore_importing *run, const fore_file_plan *file,
                                const char *name)
{
    return fore_mapping_value(&run->mapping, file->name, fore_kind_word(file->kind), name);
}

static fore_status decide_date(fore_importing *run, fore_file_plan *file, int64_t c,
                               const pool *all, fore_error *err)
{
    fore_column_plan *column = &file->columns[c];
    const fore_date_evidence *e = &column->dates;
    const char *name = fore_csv_name(file->csv, c), *given = file_setting(run, file, "date_order");
    bool unclear, own = e->day_first + e->month_first > 0;
    bool others = !own && (all->dates.day_first > 0) != (all->dates.month_first > 0);
    fore_date_order usual = file->format->usual_order;
    if (others) usual = all->dates.day_first > 0 ? FORE_DAY_FIRST : FORE_MONTH_FIRST;
    if (given) usual = strcmp(given, "day") == 0 ? FORE_DAY_FIRST : FORE_MONTH_FIRST;
    column->order = fore_date_decide(e, usual, &unclear);
    if (column->order == FORE_ORDER_ISO) return FORE_OK;
    const char *word = fore_date_order_word(column->order);
    const char *source = !unclear ? ""
                         : own    ? ", mostly"
                         : given  ? ", as the mapping file says"
                         : others ? ", as in the file's other columns"
                                  : ", but the column does not settle it";
    FORE_TRY(fore_file_note(run, file, err, "dates in %s: %s%s", name, word, source));
    if (unclear && own) {
        return fore_run_warn(
            run, err,
            "%s: %s holds both day-first (%lld) and month-first dates (%lld); read as %s, the others are rejected",
            file->name, name, (long long)e->day_first, (long long)e->month_first, word);
    }
    if (!unclear || given || others) return FORE_OK;
    return fore_run_warn(
        run, err,
        "%s: in %s no date tells day from month; read as %s. Say it in a mapping file (date_order = day) if that is wrong",
        file->name, name, word);
}

static fore_status decide_number(fore_importing *run, fore_file_plan *file, int64_t c,
                                 const pool *all, fore_error *err)
{
    fore_column_plan *column = &file->columns[c];
    const fore_number_evidence *e = &column->numbers;
    const char *name = fore_csv_name(file->csv, c), *given = file_setting(run, file, "decimal");
    bool unclear, settled = true;
    column->decimal = fore_number_decide(e, &unclear);
    if (unclear && given) {
        column->decimal = strcmp(given, "comma") == 0 ? FORE_DECIMAL_COMMA : FORE_DECIMAL_POINT;
    } else if (unclear && (all->numbers.point > 0) != (all->numbers.comma > 0)) {
        column->decimal = all->numbers.comma > 0 ? FORE_DECIMAL_COMMA : FORE_DECIMAL_POINT;
    } else {
        settled = !unclear;
    }
    const char *word = column->decimal == FORE_DECIMAL_COMMA ? "comma" : "point";
    if (column->decimal == FORE_DECIMAL_COMMA || unclear || (e->comma > 0 && e->point > 0)) {
        FORE_TRY(fore_file_note(run, file, err, "numbers in %s: decimal %s", name, word));
    }
    if (settled) return FORE_OK;
    return fore_run_warn(
        run, err,
        "%s: in %s nothing tells whether 1.234 is a thousand or one; read with decimal %s. Say it in a mapping file (decimal = comma) if that is wrong",
        file->name, name, word);
}

static fore_status decide(fore_importing *run, fore_file_plan *file, fore_error *err)
{
    pool all = pool_evidence(file);
    for (int64_t c = 0; c < file->column_count; c++) {
        const fore_column_plan *column = &file->columns[c];
        if (column->slot < 0) continue;
        if (is_date(column->value_kind)) FORE_TRY(decide_date(run, file, c, &all, err));
        if (is_number(column->value_kind)) FORE_TRY(decide_number(run, file, c, &all, err));
    }
    return FORE_OK;
}

fore_status fore_columns_observe(fore_importing *run, fore_file_plan *file, fore_error *err)
{
    fore_csv_record record;
    bool more;
    int64_t n = fore_csv_columns(file->csv), typed = 0, *which = FORE_NEW(n, int64_t);
    fore_status status = FORE_OK;
    if (!which) return fore_no_memory(err);
    for (int64_t c = 0; c < n; c++) {
        const fore_column_plan *column = &file->columns[c];
        if (column->slot >= 0 && (is_date(column->value_kind) || is_number(column->value_kind)))
            which[typed++] = c;
    }
    for (int64_t seen = 0; typed > 0; seen++) {
        FORE_GO(fore_csv_next(file->csv, &record, &more, err));
        if (!more) break;
        if (seen % PULSE == 0) FORE_GO(fore_run_pulse(run, "looking through", seen, err));
        for (int64_t i = 0; i < typed; i++) {
            int64_t c = which[i];
            fore_column_plan *column = &file->columns[c];
            if (c >= record.count || record.lengths[c] == 0) continue;
            if (is_date(column->value_kind))
                fore_date_observe(&column->dates, record.cells[c], record.lengths[c]);
            else
                fore_number_observe(&column->numbers, record.cells[c], record.lengths[c]);
        }
    }
    FORE_GO(decide(run, file, err));
    FORE_GO(fore_csv_rewind(file->csv, err));
done:
    fore_free(which);
    return status;
}

/* --- reading --- */

static const char *translate(const fore_column_plan *column, const char *text)
{
    char key[256];
    fore_header_key(text, key, sizeof key);
    for (int64_t i = 0; i < column->word_count; i++) {
        const char *from = column->words[i].from;
        if (strcmp(from, key) == 0 || strcmp(from, "*") == 0) return column->words[i].to;
    }
    return NULL;
}

/* A cell without the spaces at its ends, NUL-terminated; copied only where there are some at the
 * end. */
static void trim_cell(fore_row *row, const char **text, int64_t *length)
{
    const char *t = *text;
    int64_t n = *length;
    while (n > 0 && (t[0] == ' ' || t[0] == '\t')) t++, n--;
    bool tail = n > 0 && (t[n - 1] == ' ' || t[n - 1] == '\t');
    while (n > 0 && (t[n - 1] == ' ' || t[n - 1] == '\t')) n--;
    if (tail) {
        char *copy = row->trimmed + row->trimmed_used;
        memcpy(copy, t, (size_t)n);
        copy[n] = 0;
        row->trimmed_used += n + 1;
        t = copy;
    }
    *text = t;
    *length = n;
}

static const char *reason_for(fore_value_kind kind)
{
    switch (kind) {
    case FORE_V_TIME:
    case FORE_V_CLOSING: return "not a time";
    case FORE_V_DATE: return "not a date";
    case FORE_V_MONEY: return "not an amount";
    case FORE_V_FLAG: return "neither yes nor no";
    case FORE_V_MINUTES: return "not a duration";
    default: return "not a number";
    }
}

static bool read_value(const fore_importing *run, const fore_column_plan *column, fore_value *v)
{
    switch (column->value_kind) {
    case FORE_V_TEXT: return true;
    case FORE_V_TIME:
        return fore_cell_time(v->text, v->length, column->order, run->zone, &v->integer,
                              &v->date_only);
    case FORE_V_CLOSING:
        if (!fore_cell_time(v->text, v->length, column->order, run->zone, &v->integer,
                            &v->date_only))
            return false;
        if (v->date_only) v->integer += FORE_DAY - FORE_SECOND;
        return true;
    case FORE_V_DATE: {
        int32_t days;
        if (!fore_cell_date(v->text, v->length, column->order, run->zone, &days)) return false;
        v->integer = days;
        return true;
    }
    case FORE_V_MONEY: return fore_cell_money(v->text, v->length, column->decimal, &v->integer);
    case FORE_V_NUMBER: return fore_cell_number(v->text, v->length, column->decimal, &v->number);
    case FORE_V_MINUTES:
        return fore_cell_minutes(v->text, v->length, column->unit_seconds, column->decimal,
                                 &v->number);
    case FORE_V_FLAG: {
        bool yes;
        if (!fore_cell_flag(v->text, v->length, &yes)) return false;
        v->integer = yes;
        return true;
    }
    }
    return false;
}

static fore_status read_slot(fore_importing *run, int64_t c, const char *text, int64_t length,
                             fore_error *err)
{
    const fore_column_plan *column = &run->file->columns[c];
    fore_value *v = &run->row.values[column->slot];
    trim_cell(&run->row, &text, &length);
    const char *other = column->word_count > 0 ? translate(column, text) : NULL;
    if (other) {
        if (!*other) return FORE_OK;
        text = other;
        length = (int64_t)strlen(other);
    }
    *v = (fore_value){.row = run->row.number, .text = text, .length = length, .column = c};
    bool is_key =
        column->value_kind == FORE_V_TEXT && column->slot == FORE_SLOT_ID && length > KEY_LIMIT;
    if (is_key)
        return fore_reject(run, fore_csv_name(run->file->csv, c), text,
                           "a key of more than 500 bytes", err);
    if (read_value(run, column, v)) return FORE_OK;
    return fore_reject(run, fore_csv_name(run->file->csv, c), text, reason_for(column->value_kind),
                       err);
}

static fore_status make_trim_room(fore_importing *run, fore_error *err)
{
    const fore_csv_record *r = &run->record;
    int64_t last = r->count - 1;
    int64_t need = r->cells[last] + r->lengths[last] - r->cells[0] + r->count;
    run->row.trimmed_used = 0;
    return fore_grow((void **)&run->row.trimmed, &run->row.trimmed_capacity, need, 1, err);
}

static fore_status read_attributes(fore_importing *run, fore_error *err)
{
    fore_row *row = &run->row;
    const fore_csv_record *r = &run->record;
    bool any = false;
    fore_text_clear(&row->attributes);
    fore_json_writer w = fore_json_to(&row->attributes);
    for (int64_t c = 0; c < r->count; c++) {
        if (!run->file->columns[c].attribute || fore_cell_empty(r->cells[c], r->lengths[c]))
            continue;
        if (!any) fore_json_object(&w, NULL);
        any = true;
        fore_json_string_n(&w, fore_csv_name(run->file->csv, c), r->cells[c], r->lengths[c]);
    }
    if (any) fore_json_end_object(&w);
    return fore_text_check(&row->attributes, err);
}

fore_status fore_columns_read(fore_importing *run, fore_error *err)
{
    fore_row *row = &run->row;
    const fore_csv_record *r = &run->record;
    row->number++;
    row->line = r->line;
    row->kind = run->file->kind;
    row->rejected = false;
    if (r->fit != FORE_CSV_FITS) {
        char count[64];
        snprintf(count, sizeof count, "%lld cells", (long long)r->count);
        return fore_reject(run, NULL, count,
                           r->fit == FORE_CSV_TOO_FEW ? "too few columns" : "too many columns",
                           err);
    }
    FORE_TRY(make_trim_room(run, err));
    for (int64_t c = 0; c < r->count && !row->rejected; c++) {
        if (run->file->columns[c].slot < 0 || fore_cell_empty(r->cells[c], r->lengths[c])) continue;
        FORE_TRY(read_slot(run, c, r->cells[c], r->lengths[c], err));
    }
    return row->rejected || !has_attributes(row->kind) ? FORE_OK : read_attributes(run, err);
}
