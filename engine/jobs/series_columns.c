/* See series_columns.h; what the cells of a file prove is found out in series_evidence.c. */
#include "engine/jobs/series_columns.h"

#include <math.h>
#include <string.h>

#include "engine/jobs/levels.h"
#include "engine/jobs/series_file.h"

enum { NAME = 64 };

/* --- which columns --- */

static const char *const id_names[] = {
    "uniqueid", "series", "seriesid", "id",      "item",    "itemid", "sku",     "company",
    "country",  "region", "category", "family",  "team",    "store",  "storeid", "shop",
    "rep",      "owner",  "product",  "segment", "channel", NULL};
static const char *const date_names[] = {"ds",  "date", "month",     "period",   "week", "quarter",
                                         "day", "time", "timestamp", "datetime", "year", NULL};
static const char *const date_parts[] = {"date", "month", "period", "week", "quarter", NULL};
static const char *const value_names[] = {
    "y",     "value",  "values",   "sales",  "amount", "revenue", "quantity", "qty",
    "units", "volume", "turnover", "demand", "orders", "total",   "count",    NULL};
static const char *const value_parts[] = {"sales",    "amount", "revenue", "value",
                                          "quantity", "units",  "total",   NULL};

static bool is_word(const char *name, const char *word) { return strcmp(name, word) == 0; }
static bool has_word(const char *name, const char *word) { return strstr(name, word) != NULL; }

static bool taken(const fore_series_columns *c, int64_t j)
{
    for (int64_t i = 0; i < c->ids; i++)
        if (c->id[i] == j) return true;
    return c->date == j || c->value == j;
}

static int64_t look_for(const fore_csv *csv, const fore_series_columns *c, const char *const *words,
                        bool (*fits)(const char *, const char *))
{
    char name[NAME];
    for (; *words; words++)
        for (int64_t j = 0; j < fore_csv_columns(csv); j++) {
            fore_text_normalise(fore_csv_name(csv, j), name, sizeof name);
            if (!taken(c, j) && fits(name, *words)) return j;
        }
    return -1;
}

static int64_t named(const fore_csv *csv, const char *list)
{
    for (int64_t j = 0; list && j < fore_csv_columns(csv); j++)
        if (fore_list_names(list, fore_csv_name(csv, j))) return j;
    return -1;
}

static int64_t exactly(const fore_csv *csv, const char *name)
{
    for (int64_t j = 0; j < fore_csv_columns(csv); j++)
        if (fore_text_equal_fold(fore_csv_name(csv, j), name)) return j;
    return -1;
}

static fore_status check_names(const fore_csv *csv, const foresell_series_request *r,
                               fore_error *err)
{
    int64_t n = fore_csv_columns(csv);
    const char **name = FORE_NEW(n, const char *);
    fore_status status = FORE_OK;
    if (!name) return fore_no_memory(err);
    for (int64_t j = 0; j < n; j++) name[j] = fore_csv_name(csv, j);
    FORE_GO(fore_list_check(r->id, "--id", name, n, err));
    FORE_GO(fore_list_check(r->date, "--date", name, n, err));
    FORE_GO(fore_list_check(r->value, "--value", name, n, err));
    FORE_GO(fore_list_check(r->with, "--with", name, n, err));
    if (fore_list_count(r->id) > FORE_SERIES_KEYS)
        status = fore_fail(err, FORE_E_USAGE, "--id: give at most %d columns", FORE_SERIES_KEYS);
done:
    fore_free(name);
    return status;
}

/* All columns of the list, or all that look like it unless unique_id is there. */
static void find_ids(const fore_csv *csv, const char *list, fore_series_columns *c)
{
    char name[NAME];
    for (int64_t j = 0; list && j < fore_csv_columns(csv) && c->ids < FORE_SERIES_KEYS; j++)
        if (fore_list_names(list, fore_csv_name(csv, j))) c->id[c->ids++] = j;
    if (list) return;
    int64_t j = exactly(csv, "unique_id");
    if (j >= 0) {
        c->id[c->ids++] = j;
        return;
    }
    for (j = 0; j < fore_csv_columns(csv) && c->ids < FORE_SERIES_KEYS; j++) {
        fore_text_normalise(fore_csv_name(csv, j), name, sizeof name);
        for (const char *const *w = id_names; *w && !taken(c, j); w++)
            if (strcmp(name, *w) == 0) c->id[c->ids++] = j;
    }
}

static int64_t only_left(const fore_csv *csv, const fore_series_columns *c)
{
    int64_t left = -1;
    for (int64_t j = 0; j < fore_csv_columns(csv); j++) {
        if (taken(c, j)) continue;
        if (left >= 0) return -1;
        left = j;
    }
    return left;
}

static void say_guesses(const fore_csv *csv, const fore_series_columns *c, fore_answer *a)
{
    bool usual = is_word(c->date_name, "ds") && is_word(c->value_name, "y") && c->ids <= 1 &&
                 (c->ids == 0 || fore_text_equal_fold(fore_csv_name(csv, c->id[0]), "unique_id"));
    fore_text keys = {0};
    if (usual) return;
    for (int64_t i = 0; i < c->ids; i++)
        fore_text_printf(&keys, "%s'%s'", i ? " and " : "", fore_csv_name(csv, c->id[i]));
    fore_answer_note(a,
                     "Read: times from '%s', values from '%s', %s%s; --date, --value and --id name "
                     "other columns.",
                     c->date_name, c->value_name, c->ids ? "series from " : "one series",
                     fore_text_string(&keys));
    fore_text_free(&keys);
}

/* Other columns with the header of this one. */
static void say_twins(const fore_csv *csv, int64_t column, const char *option, fore_answer *a)
{
    const char *header = fore_csv_header(csv, column);
    for (int64_t j = 0; *header && j < fore_csv_columns(csv); j++) {
        if (j == column || strcmp(fore_csv_header(csv, j), header) != 0) continue;
        fore_answer_note(a, "Two columns are called '%s': %s is read; %s %s reads the other.",
                         header, column < j ? "the first" : "the second", option,
                         fore_csv_name(csv, j));
        return;
    }
}

fore_status fore_series_columns_find(const fore_csv *csv, const foresell_series_request *r,
                                     fore_series_columns *c, fore_answer *a, fore_error *err)
{
    *c = (fore_series_columns){.date = -1, .value = -1};
    FORE_TRY(check_names(csv, r, err));
    c->date = r->date ? named(csv, r->date) : exactly(csv, "ds");
    c->value = r->value ? named(csv, r->value) : exactly(csv, "y");
    find_ids(csv, r->id, c);
    if (c->date < 0) c->date = look_for(csv, c, date_names, is_word);
    if (c->value < 0) c->value = look_for(csv, c, value_names, is_word);
    if (c->date < 0) c->date = look_for(csv, c, date_parts, has_word);
    if (c->value < 0) c->value = look_for(csv, c, value_parts, has_word);
    if (c->date < 0 && c->value < 0 && c->ids == 0 && fore_csv_columns(csv) == 2) c->date = 0;
    if (c->value < 0 && c->date >= 0) c->value = only_left(csv, c);
    if (c->date < 0 || c->value < 0)
        return fore_fail_at(
            err, FORE_E_DATA, fore_csv_path(csv), 1, 0,
            "the columns ds (date) and y (value) are needed, and unique_id where the file holds "
            "several series; name others with --date, --value and --id%s",
            c->date >= 0 ? ". A sheet with one column per series has to be turned into rows "
                           "unique_id,ds,y; --value \"Column name\" reads one of its columns"
                         : "");
    c->date_name = fore_arena_string(a->arena, fore_csv_name(csv, c->date));
    c->value_name = fore_arena_string(a->arena, fore_csv_name(csv, c->value));
    if (!c->date_name || !c->value_name) return fore_no_memory(err);
    say_twins(csv, c->date, "--date", a);
    say_twins(csv, c->value, "--value", a);
    for (int64_t i = 0; i < c->ids; i++) say_twins(csv, c->id[i], "--id", a);
    say_guesses(csv, c, a);
    return FORE_OK;
}

static int64_t key_columns(const fore_csv *csv, const char *list)
{
    int64_t found = 0;
    for (int64_t j = 0; list && j < fore_csv_columns(csv); j++)
        found += fore_list_names(list, fore_csv_name(csv, j));
    return found;
}

fore_status fore_series_columns_of_drivers(const fore_csv *csv, const foresell_series_request *r,
                                           fore_series_columns *c, fore_answer *a, fore_error *err)
{
    *c = (fore_series_columns){.date = named(csv, r->date), .value = -1};
    if (c->date < 0) c->date = exactly(csv, "ds");
    find_ids(csv, key_columns(csv, r->id) > 0 ? r->id : NULL, c);
    if (c->date < 0) c->date = look_for(csv, c, date_names, is_word);
    if (c->date < 0) c->date = look_for(csv, c, date_parts, has_word);
    if (c->date < 0)
        return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), 1, 0,
                            "a file of drivers needs the column ds (date), unique_id where they "
                            "differ by series, and one column per driver");
    c->date_name = fore_arena_string(a->arena, fore_csv_name(csv, c->date));
    if (!c->date_name) return fore_no_memory(err);
    for (int64_t j = 0; j < fore_csv_columns(csv); j++) {
        if (taken(c, j)) continue;
        if (c->drivers == FORE_SERIES_DRIVERS)
            return fore_fail_at(err, FORE_E_LIMIT, fore_csv_path(csv), 1, 0,
                                "more than %d drivers; leave some out", FORE_SERIES_DRIVERS);
        c->driver[c->drivers++] = j;
    }
    return FORE_OK;
}

/* --- one cell --- */

bool fore_series_whole(const char *text, int64_t length, int64_t *value)
{
    double number;
    if (!fore_number_parse(text, length, &number) || number != floor(number) || fabs(number) > 1e15)
        return false;
    *value = (int64_t)number;
    return true;
}

static bool missing_word(const char *text) { return fore_text_equal_fold(text, "NA"); }

bool fore_series_missing(const char *text, int64_t length)
{
    return length == 0 || missing_word(text) || fore_cell_empty(text, length);
}

static bool read_day(const fore_series_columns *c, const char *text, int64_t length, int64_t *days,
                     int *form)
{
    static const int form_of[] = {FORE_FORM_DAY, FORE_FORM_WEEK, FORE_FORM_MONTH, FORE_FORM_QUARTER,
                                  FORE_FORM_DAY};
    fore_period period;
    int32_t start;
    int64_t number;
    if (c->serial && fore_series_whole(text, length, &number)) {
        *days = number - FORE_SERIAL_EPOCH;
        *form = FORE_FORM_DAY;
        return number >= FORE_SERIAL_FROM && number < FORE_SERIAL_END;
    }
    if ((c->months || c->days) && fore_series_whole(text, length, &number)) {
        int64_t v = c->months ? 100 * number + 1 : number;
        *days = fore_days_from_civil((int32_t)(v / 10000), (int32_t)(v / 100 % 100),
                                     (int32_t)(v % 100));
        *form = c->months ? FORE_FORM_MONTH : FORE_FORM_DAY;
        return true;
    }
    if (!fore_cell_period(text, length, &period, &start)) return false;
    *days = start;
    *form = form_of[period];
    return true;
}

bool fore_series_time(const fore_series_columns *c, const char *text, int64_t length, int64_t *at,
                      int *form)
{
    int64_t time;
    bool day, iso = fore_time_parse(text, length, NULL, &time, &day);
    if (!iso && read_day(c, text, length, at, form)) {
        if (c->clock) *at *= FORE_DAY / FORE_SECOND;
        return true;
    }
    if (!iso && !c->serial && fore_series_whole(text, length, at)) {
        *form = FORE_FORM_NUMBER;
        return true;
    }
    if (!iso && !fore_cell_time(text, length, c->order, NULL, &time, &day)) return false;
    *form = c->clock ? FORE_FORM_MOMENT : FORE_FORM_DAY;
    *at = c->clock ? (time - ((time % FORE_SECOND) + FORE_SECOND) % FORE_SECOND) / FORE_SECOND
                   : fore_date_of(time);
    return true;
}

bool fore_series_number(const fore_series_columns *c, const char *text, int64_t length,
                        double *value)
{
    if (c->decimal == FORE_DECIMAL_POINT && fore_number_parse(text, length, value)) return true;
    return fore_cell_number(text, length, c->decimal, value) && isfinite(*value);
}

bool fore_series_driver(const fore_series_columns *c, const char *text, int64_t length,
                        double *value)
{
    bool yes;
    *value = NAN;
    if (fore_series_missing(text, length) || fore_series_number(c, text, length, value))
        return true;
    if (!fore_cell_flag(text, length, &yes)) return false;
    *value = yes;
    return true;
}

const char *fore_series_key(const fore_series_columns *c, const fore_csv_record *record,
                            fore_text *room)
{
    if (c->ids == 0) return "series";
    if (c->ids == 1) return record->cells[c->id[0]];
    fore_text_clear(room);
    for (int64_t i = 0; i < c->ids; i++) {
        if (i) fore_text_putc(room, '/');
        fore_text_puts(room, record->cells[c->id[i]]);
    }
    return room->failed ? NULL : fore_text_string(room);
}
