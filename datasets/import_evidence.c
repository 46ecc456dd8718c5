/* How a column's dates and numbers are read, decided from all of its cells.
 *
 * Most exports hold ISO dates and plain numbers, which read the same whatever is decided. So a file
 * is imported straight away; at the first cell that leaves a doubt, the whole file is looked
 * through once by a second reader and its columns are decided. The cells read until then stay as
 * they are: the decision could not have changed them. */
#include <string.h>

#include "datasets/import_run.h"

enum { PULSE = 4096 };

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

/* One pass over the file by a reader of its own. */
static fore_status observe(fore_importing *run, fore_file_plan *file, const int64_t *which,
                           int64_t typed, fore_csv *csv, fore_error *err)
{
    fore_csv_record record;
    bool more = true;
    for (int64_t seen = 0;; seen++) {
        FORE_TRY(fore_csv_next(csv, &record, &more, err));
        if (!more) return FORE_OK;
        if (seen % PULSE == 0) FORE_TRY(fore_run_pulse(run, "looking through", seen, err));
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
}

fore_status fore_columns_observe(fore_importing *run, fore_file_plan *file, fore_error *err)
{
    fore_csv *csv = NULL;
    int64_t typed = 0, *which = FORE_NEW(file->column_count, int64_t);
    fore_status status = FORE_OK;
    if (!which) return fore_no_memory(err);
    for (int64_t c = 0; c < file->column_count; c++) {
        const fore_column_plan *column = &file->columns[c];
        bool counts = is_date(column->value_kind) || is_number(column->value_kind);
        if (column->slot >= 0 && counts) which[typed++] = c;
    }
    file->decided = true;
    FORE_GO(fore_csv_open(file->path, NULL, &csv, err));
    FORE_GO(observe(run, file, which, typed, csv, err));
    FORE_GO(decide(run, file, err));
done:
    fore_csv_close(csv);
    fore_free(which);
    return status;
}

/* Digits with at most a point that cannot stand for thousands: 12, -12.5, 12.2500. */
static bool plain_number(const char *text, int64_t length)
{
    int64_t i = length > 1 && text[0] == '-', point = -1;
    for (; i < length; i++) {
        if (text[i] == '.' && point < 0)
            point = i;
        else if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return point < 0 || (point > 0 && length - point != 4);
}

bool fore_cell_needs_decision(const fore_column_plan *column, const char *text, int64_t length)
{
    if (is_date(column->value_kind)) return !(length >= 10 && text[4] == '-' && text[7] == '-');
    return is_number(column->value_kind) && !plain_number(text, length);
}
