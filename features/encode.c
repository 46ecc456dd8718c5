/* Fitting an encoding: counts of levels over the training rows decide which raw columns there are;
 * past rates come from counts of subjects by level and fold.
 *
 *   for each frame column (not dropped, not constant on the rows):
 *       number, date, yes/no   value; "is missing" when frequent and its pattern is new
 *       category, mail domain  count rows by level; order by (count descending, text)
 *                              indicators: count >= level_rows, at most max_levels
 *                              other, missing: when that many rows fall there
 *                              past rate: when there are more than rate_levels
 *       text                   length, words
 *
 * Only counts enter, so that the order of rows cannot matter. */
#include "features/encode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/num/special.h"
#include "features/encoding_fields.h"

enum { LEVEL_ROWS = 30, LEVEL_SHARE = 20, LEVEL_ROWS_LEAST = 5 };

typedef struct fitting {
    const fore_frame *frame;
    const fore_encode_rows *rows;
    const double *label;
    fore_encoding_options options;
    int64_t n, level_rows;
    fore_fingerprint *patterns; /* of missing cells that have a flag already */
    int64_t pattern_count, pattern_capacity;
    fore_encoding *encoding;
} fitting;

fore_encoding_options fore_encoding_defaults(void)
{
    return (fore_encoding_options){
        .max_levels = 50, .rate_levels = 15, .folds = 5, .seed = 1, .missing_flags = true};
}

void fore_encoding_free(fore_encoding *encoding)
{
    if (!encoding) return;
    for (int64_t f = 0; f < encoding->fields; f++) {
        fore_field *field = &encoding->field[f];
        fore_dictionary_free(field->levels);
        fore_free(field->rate.units);
        fore_free(field->rate.won);
        fore_free(field->rate.fold_units);
        fore_free(field->rate.fold_won);
    }
    fore_free(encoding->field);
    fore_free(encoding->column);
    fore_arena_free(encoding->arena);
    fore_free(encoding);
}

int64_t fore_encoding_count(const fore_encoding *encoding) { return encoding->columns; }

const fore_raw_column *fore_encoding_column(const fore_encoding *encoding, int64_t column)
{
    return &encoding->column[column];
}

void fore_encoding_family(const fore_encoding *encoding, int32_t *family)
{
    const char *last = NULL;
    int32_t number = -1;
    for (int64_t j = 0; j < encoding->columns; j++) { /* those of one source are neighbours */
        const fore_raw_column *c = &encoding->column[j];
        family[j] = -1;
        if (c->kind != FORE_RAW_LEVEL && c->kind != FORE_RAW_OTHER) continue;
        if (!last || strcmp(c->source, last) != 0) number++;
        last = c->source;
        family[j] = number;
    }
}

int fore_encoding_fold(const fore_encoding *encoding, int64_t group)
{
    fore_random random = fore_random_new(encoding->seed, (uint64_t)group);
    return (int)fore_random_below(&random, encoding->folds);
}

static int64_t frame_row(const fitting *fit, int64_t i)
{
    return fit->rows->rows ? fit->rows->rows[i] : i;
}

static int64_t group_of(const fitting *fit, int64_t i)
{
    return fit->rows->group ? fit->rows->group[i] : frame_row(fit, i);
}

/* --- numbers, dates, yes/no --- */

/* Whether some earlier column misses exactly these rows; remembers the pattern otherwise. */
static fore_status new_pattern(fitting *fit, const double *number, bool *is_new, fore_error *err)
{
    fore_fingerprint fp;
    fore_fingerprint_start(&fp);
    for (int64_t i = 0; i < fit->n; i++)
        if (isnan(number[frame_row(fit, i)])) fore_fingerprint_add(&fp, &i, sizeof i);
    *is_new = false;
    for (int64_t k = 0; k < fit->pattern_count; k++)
        if (fit->patterns[k].a == fp.a && fit->patterns[k].b == fp.b) return FORE_OK;
    FORE_TRY(fore_grow((void **)&fit->patterns, &fit->pattern_capacity, fit->pattern_count + 1,
                       sizeof fp, err));
    fit->patterns[fit->pattern_count++] = fp;
    *is_new = true;
    return FORE_OK;
}

static fore_status fit_number(fitting *fit, const fore_frame_column *c, fore_field *field,
                              fore_error *err)
{
    int64_t missing = 0;
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < fit->n; i++) {
        double x = c->number[frame_row(fit, i)];
        if (isnan(x))
            missing++;
        else
            low = fmin(low, x), high = fmax(high, x);
    }
    field->value = high > low;
    if (!fit->options.missing_flags || missing < fit->level_rows ||
        fit->n - missing < fit->level_rows)
        return FORE_OK;
    return new_pattern(fit, c->number, &field->missing, err);
}

/* --- text --- */

int64_t fore_text_characters(const char *text)
{
    int64_t n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

int64_t fore_text_words(const char *text)
{
    int64_t n = 0;
    bool inside = false;
    for (; *text; text++) {
        bool blank = (unsigned char)*text <= ' ';
        n += !blank && !inside;
        inside = !blank;
    }
    return n;
}

static void fit_text(const fitting *fit, const fore_frame_column *c, fore_field *field)
{
    int64_t length = -1, words = -1;
    for (int64_t i = 0; i < fit->n; i++) {
        int32_t code = c->code[frame_row(fit, i)];
        if (code < 0) continue;
        const char *text = fore_dictionary_text(c->levels, code);
        int64_t l = fore_text_characters(text), w = fore_text_words(text);
        field->value |= length >= 0 && l != length;
        field->words |= words >= 0 && w != words;
        length = l;
        words = w;
    }
}

/* --- past rates --- */

typedef struct unit { /* a subject within a level */
    int64_t group;
    int32_t level;
    int32_t won;
} unit;

static int compare_units(const void *a, const void *b)
{
    const unit *x = a, *y = b;
    if (x->level != y->level) return x->level < y->level ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

/* Labelled rows as units, each (level, subject) once, with label 1 if any of its rows has. */
static int64_t collect_units(const fitting *fit, const int32_t *level_of_row, unit *units)
{
    int64_t n = 0, kept = 0;
    for (int64_t i = 0; i < fit->n; i++)
        if (level_of_row[i] >= 0 && !isnan(fit->label[i]))
            units[n++] = (unit){group_of(fit, i), level_of_row[i], fit->label[i] > 0.5};
    qsort(units, (size_t)n, sizeof *units, compare_units);
    for (int64_t i = 0; i < n; i++) {
        if (kept && compare_units(&units[kept - 1], &units[i]) == 0)
            units[kept - 1].won |= units[i].won;
        else
            units[kept++] = units[i];
    }
    return kept;
}

/* Prior strength m of a beta-binomial from the one-way ANOVA estimate of the intraclass correlation
 * rho: m = (1 - rho) / rho. 0 when less than half of what the levels differ by is more than chance:
 * such rates would be noise beside the indicators. */
static double prior_strength(const int32_t *rows, const int32_t *won, int64_t levels, double p)
{
    double n = 0, squares = 0, between = 0, within = 0, used = 0;
    for (int64_t l = 0; l < levels; l++) {
        if (rows[l] == 0) continue;
        double r = rows[l], rate = won[l] / r;
        n += r;
        squares += r * r;
        between += r * (rate - p) * (rate - p);
        within += r * rate * (1 - rate);
        used++;
    }
    if (used < 2 || n <= used) return 0;
    double ms_between = between / (used - 1), ms_within = within / (n - used);
    double size = (n - squares / n) / (used - 1);
    double rho = (ms_between - ms_within) / (ms_between + (size - 1) * ms_within);
    if (!(rho > 0) || ms_between < 2 * ms_within) return 0;
    return fmax((1 - fmin(rho, 1)) / rho, 0.5);
}

static fore_status count_folds(const fitting *fit, const unit *units, int64_t n, int64_t levels,
                               fore_field *field, fore_error *err)
{
    int folds = fit->encoding->folds;
    field->rate.fold_units = FORE_ZNEW(levels * folds, int32_t);
    field->rate.fold_won = FORE_ZNEW(levels * folds, int32_t);
    if (!field->rate.fold_units || !field->rate.fold_won) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++) {
        int64_t at =
            (int64_t)units[i].level * folds + fore_encoding_fold(fit->encoding, units[i].group);
        field->rate.fold_units[at]++;
        field->rate.fold_won[at] += units[i].won;
    }
    return FORE_OK;
}

/* level_of_row: ranks of levels; levels with fewer than two rows are already -1 there. */
static fore_status fit_rate(const fitting *fit, const int32_t *level_of_row, int64_t levels,
                            fore_field *field, fore_error *err)
{
    fore_status status = FORE_OK;
    unit *units = FORE_NEW(fit->n, unit);
    field->rate.units = FORE_ZNEW(levels, int32_t);
    field->rate.won = FORE_ZNEW(levels, int32_t);
    if (!units || !field->rate.units || !field->rate.won) FORE_GO(fore_no_memory(err));
    int64_t n = collect_units(fit, level_of_row, units), won = 0;
    for (int64_t i = 0; i < n; i++) {
        field->rate.units[units[i].level]++;
        field->rate.won[units[i].level] += units[i].won;
        won += units[i].won;
    }
    if (won > 0 && won < n) {
        field->rate.base = (double)won / (double)n;
        field->rate.strength =
            prior_strength(field->rate.units, field->rate.won, levels, field->rate.base);
    }
    field->rated = field->rate.strength > 0;
    if (field->rated) FORE_GO(count_folds(fit, units, n, levels, field, err));
done:
    fore_free(units);
    return status;
}

/* --- categories --- */

typedef struct ranked {
    const char *text;
    int64_t rows;
    int64_t code;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->rows != y->rows) return x->rows > y->rows ? -1 : 1;
    return strcmp(x->text, y->text);
}

typedef struct level_counts {
    const fore_dictionary *words; /* texts by code */
    fore_dictionary *domains;     /* owned; of e-mail columns */
    int32_t *code;                /* by level of the frame column */
    ranked *order;
    int64_t levels, used; /* codes; those with a training row */
    int64_t missing;
} level_counts;

static void level_counts_free(level_counts *counts)
{
    fore_dictionary_free(counts->domains);
    fore_free(counts->code);
    fore_free(counts->order);
}

/* Codes of the frame's levels: themselves, or the codes of their domains. */
static fore_status read_codes(const fore_frame_column *c, level_counts *counts, fore_error *err)
{
    int64_t n = fore_dictionary_count(c->levels);
    counts->code = FORE_NEW(n, int32_t);
    if (!counts->code) return fore_no_memory(err);
    counts->words = c->levels;
    counts->levels = n;
    for (int64_t k = 0; k < n; k++) counts->code[k] = (int32_t)k;
    if (!c->email) return FORE_OK;
    counts->domains = fore_dictionary_new();
    if (!counts->domains) return fore_no_memory(err);
    for (int64_t k = 0; k < n; k++) {
        const char *text = fore_dictionary_text(c->levels, k);
        char domain[FORE_DOMAIN_SIZE];
        fore_email_domain(text, (int64_t)strlen(text), domain, sizeof domain);
        int64_t code = fore_dictionary_add(counts->domains, domain, (int64_t)strlen(domain));
        if (code < 0) return fore_no_memory(err);
        counts->code[k] = (int32_t)code;
    }
    counts->words = counts->domains;
    counts->levels = fore_dictionary_count(counts->domains);
    return FORE_OK;
}

static fore_status count_levels(const fitting *fit, const fore_frame_column *c,
                                level_counts *counts, fore_error *err)
{
    FORE_TRY(read_codes(c, counts, err));
    counts->order = FORE_NEW(counts->levels, ranked);
    if (!counts->order) return fore_no_memory(err);
    for (int64_t k = 0; k < counts->levels; k++)
        counts->order[k] = (ranked){fore_dictionary_text(counts->words, k), 0, k};
    for (int64_t i = 0; i < fit->n; i++) {
        int32_t code = c->code[frame_row(fit, i)];
        if (code < 0)
            counts->missing++;
        else
            counts->order[counts->code[code]].rows++;
    }
    for (int64_t k = 0; k < counts->levels; k++) counts->used += counts->order[k].rows > 0;
    qsort(counts->order, (size_t)counts->levels, sizeof *counts->order, compare_ranked);
    return FORE_OK;
}

/* Chooses indicators, other and missing; a two-valued field keeps one of its two indicators. */
static void choose_indicators(const fitting *fit, const level_counts *counts, fore_field *field)
{
    int64_t pooled = 0, kept = 0, rows = 0;
    for (int64_t k = 0; k < counts->used; k++) {
        rows = counts->order[k].rows;
        if (rows >= fit->level_rows && rows < fit->n && kept < fit->options.max_levels)
            kept++;
        else
            pooled += rows;
    }
    field->indicators = kept;
    field->missing = counts->missing >= fit->level_rows;
    field->other = kept > 0 && pooled >= fit->level_rows;
    if (kept == 0) field->missing = field->missing && counts->missing < fit->n;
    if (kept == 2 && counts->used == 2 && counts->missing == 0) field->indicators = 1;
    if (kept == 1 && counts->used == 1 && field->missing) field->indicators = 0;
}

static fore_status keep_levels(const fitting *fit, const fore_frame_column *c, level_counts *counts,
                               fore_field *field, fore_error *err)
{
    bool rated = fit->label && counts->used > fit->options.rate_levels;
    int64_t keep = field->indicators;
    if (rated)
        while (keep < counts->used && counts->order[keep].rows >= 2) keep++;
    if (keep == 0) return FORE_OK;
    fore_status status = FORE_OK;
    int32_t *rank = FORE_NEW(counts->levels, int32_t), *level_of_row = NULL;
    field->levels = fore_dictionary_new();
    if (!rank || !field->levels) FORE_GO(fore_no_memory(err));
    for (int64_t k = 0; k < counts->levels; k++)
        rank[counts->order[k].code] = k < keep ? (int32_t)k : -1;
    for (int64_t k = 0; k < keep; k++) {
        const char *text = counts->order[k].text;
        if (fore_dictionary_add(field->levels, text, (int64_t)strlen(text)) < 0)
            FORE_GO(fore_no_memory(err));
    }
    if (!rated) goto done;
    level_of_row = FORE_NEW(fit->n, int32_t);
    if (!level_of_row) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < fit->n; i++) {
        int32_t code = c->code[frame_row(fit, i)];
        level_of_row[i] = code < 0 ? -1 : rank[counts->code[code]];
    }
    FORE_GO(fit_rate(fit, level_of_row, keep, field, err));
done:
    fore_free(rank);
    fore_free(level_of_row);
    return status;
}

static fore_status fit_category(const fitting *fit, const fore_frame_column *c, fore_field *field,
                                fore_error *err)
{
    fore_status status = FORE_OK;
    level_counts counts = {0};
    FORE_GO(count_levels(fit, c, &counts, err));
    choose_indicators(fit, &counts, field);
    FORE_GO(keep_levels(fit, c, &counts, field, err));
    if (c->email) {
        int64_t free_rows = 0;
        for (int64_t k = 0; k < counts.used; k++)
            free_rows += fore_free_mail(counts.order[k].text) ? counts.order[k].rows : 0;
        field->free_mail = free_rows > 0 && free_rows < fit->n - counts.missing;
    }
done:
    level_counts_free(&counts);
    return status;
}

/* --- the whole --- */

static bool is_dropped(const fitting *fit, const char *name)
{
    for (int64_t k = 0; k < fit->options.drops; k++)
        if (strcmp(fit->options.drop[k], name) == 0) return true;
    return false;
}

static fore_status fit_column(fitting *fit, const fore_frame_column *c, fore_error *err)
{
    fore_encoding *e = fit->encoding;
    fore_field *field = &e->field[e->fields];
    if (c->type == FORE_COLUMN_EMPTY || is_dropped(fit, c->name)) return FORE_OK;
    e->fields++; /* from here on fore_encoding_free looks after it */
    *field = (fore_field){.type = c->type, .email = c->email};
    field->name = fore_arena_string(e->arena, c->name);
    if (!field->name) return fore_no_memory(err);
    if (c->number)
        FORE_TRY(fit_number(fit, c, field, err));
    else if (c->type == FORE_COLUMN_CATEGORY || c->email)
        FORE_TRY(fit_category(fit, c, field, err));
    else
        fit_text(fit, c, field);
    if (fore_field_columns(field) > 0) return FORE_OK;
    fore_dictionary_free(field->levels);
    fore_free(field->rate.units);
    fore_free(field->rate.won);
    *field = (fore_field){0};
    e->fields--;
    return FORE_OK;
}

static fore_status check_options(const fitting *fit, fore_error *err)
{
    const fore_encoding_options *o = &fit->options;
    if (fit->n == 0)
        return fore_fail(err, FORE_E_DATA,
                         "there are no rows to fit an encoding on; give at least one");
    if (o->folds < 2 || o->folds > 32 || o->max_levels < 0 || o->rate_levels < 0 ||
        o->level_rows < 0)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the encoding takes 2 to 32 folds and no negative limit of levels; "
                         "correct its options");
    for (int64_t i = 0; i < fit->n; i++)
        if (frame_row(fit, i) < 0 || frame_row(fit, i) >= fore_frame_rows(fit->frame))
            return fore_fail(
                err, FORE_E_ARGUMENT,
                "row %lld is asked for, but the table has %lld rows; give rows within it",
                (long long)frame_row(fit, i), (long long)fore_frame_rows(fit->frame));
    return FORE_OK;
}

static int64_t level_rows_of(const fitting *fit)
{
    if (fit->options.level_rows > 0) return fit->options.level_rows;
    int64_t rows = fit->n / LEVEL_SHARE;
    if (rows > LEVEL_ROWS) rows = LEVEL_ROWS;
    return rows < LEVEL_ROWS_LEAST ? LEVEL_ROWS_LEAST : rows;
}

fore_status fore_encoding_fit(const fore_frame *frame, const fore_encode_rows *rows,
                              const double *label, const fore_encoding_options *options,
                              fore_encoding **encoding, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_encoding *e = NULL;
    fitting fit = {frame, rows, label, options ? *options : fore_encoding_defaults(), 0, 0, 0,
                   0,     0,    0};
    *encoding = NULL;
    fit.n = rows->rows ? rows->n : fore_frame_rows(frame);
    FORE_TRY(check_options(&fit, err));
    fit.level_rows = level_rows_of(&fit);
    fit.encoding = e = FORE_ZNEW(1, fore_encoding);
    if (!e) FORE_GO(fore_no_memory(err));
    e->relative = rows->reference != NULL;
    e->folds = fit.options.folds;
    e->seed = fit.options.seed;
    e->arena = fore_arena_new();
    e->field = FORE_ZNEW(fore_frame_columns(frame), fore_field);
    if (!e->arena || !e->field) FORE_GO(fore_no_memory(err));
    for (int64_t j = 0; j < fore_frame_columns(frame); j++)
        FORE_GO(fit_column(&fit, fore_frame_column_at(frame, j), err));
    FORE_GO(fore_encoding_name(e, err));
    *encoding = e;
    e = NULL;
done:
    fore_free(fit.patterns);
    fore_encoding_free(e);
    return status;
}
