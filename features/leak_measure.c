/* Measures of one column for the leak finder.
 *
 * AUC by levels: every closed row is given the smoothed rate of label 1 in its level, without the
 * rows of its own fold, (W - W_f + PRIOR p) / (n - n_f + PRIOR); the AUC of these rates
 * (Mann-Whitney with mid-ranks) is what the column alone can tell, honestly measured. Its standard
 * error is that of Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747. */
#include "features/leak_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"

enum { BINS = 20, SURE_ROWS = 30 };
static const double PRIOR = 10; /* pseudo-rows at the base rate per level */

/* --- AUC --- */

/* Rows of one score: so many, so many of them won. */
typedef struct scored {
    double x;
    int64_t rows, won;
} scored;

static int compare_scored(const void *a, const void *b)
{
    double x = ((const scored *)a)->x, y = ((const scored *)b)->x;
    return (x > y) - (x < y);
}

/* Mann-Whitney with mid-ranks over sorted scores. NaN without both classes. */
static double auc_of(const scored *s, int64_t n)
{
    double rank_sum = 0, won = 0, rows = 0;
    for (int64_t i = 0, j; i < n; i = j) {
        double tied = 0, tied_won = 0;
        for (j = i; j < n && s[j].x == s[i].x; j++) {
            tied += (double)s[j].rows;
            tied_won += (double)s[j].won;
        }
        rank_sum += tied_won * (rows + (tied + 1) / 2);
        rows += tied;
        won += tied_won;
    }
    double lost = rows - won;
    if (won == 0 || lost == 0) return NAN;
    return (rank_sum - won * (won + 1) / 2) / (won * lost);
}

static double auc_error(double auc, double won, double lost)
{
    double q1 = auc / (2 - auc), q2 = 2 * auc * auc / (1 + auc);
    double v = auc * (1 - auc) + (won - 1) * (q1 - auc * auc) + (lost - 1) * (q2 - auc * auc);
    return sqrt(fmax(v, 0) / (won * lost));
}

static double either_way(double auc) { return isnan(auc) ? 0.5 : fmax(auc, 1 - auc); }

/* --- levels of a column: categories, or quantile bins of numbers; missing is level 0 --- */

typedef struct levelled {
    int32_t *level; /* of closed rows */
    int64_t levels;
    int64_t *rows, *won;           /* levels */
    int64_t *fold_rows, *fold_won; /* levels * FORE_LEAK_FOLDS */
    scored *value;                 /* closed rows with a number, ascending */
    int64_t values;
} levelled;

static void levelled_free(levelled *lv)
{
    fore_free(lv->level);
    fore_free(lv->rows);
    fore_free(lv->won);
    fore_free(lv->value);
    fore_free(lv->fold_rows);
    fore_free(lv->fold_won);
}

static int is_won(const fore_leak_finder *f, int64_t i)
{
    return f->input->label[f->closed[i]] > 0.5;
}

/* The number of edges that x lies above: 0..edges. */
static int32_t bin_of(const double *edge, int64_t edges, double x)
{
    int32_t bin = 0;
    while (bin < edges && x > edge[bin]) bin++;
    return bin;
}

static fore_status sort_numbers(const fore_leak_finder *f, const fore_frame_column *c, levelled *lv,
                                fore_error *err)
{
    lv->value = FORE_NEW(f->n, scored);
    if (!lv->value) return fore_no_memory(err);
    for (int64_t i = 0; i < f->n; i++)
        if (!isnan(c->number[f->closed[i]]))
            lv->value[lv->values++] = (scored){c->number[f->closed[i]], 1, is_won(f, i)};
    qsort(lv->value, (size_t)lv->values, sizeof *lv->value, compare_scored);
    return FORE_OK;
}

static fore_status bin_numbers(const fore_leak_finder *f, const fore_frame_column *c, levelled *lv,
                               fore_error *err)
{
    int64_t edges = 0;
    double edge[BINS];
    FORE_TRY(sort_numbers(f, c, lv, err));
    for (int64_t b = 1; b < BINS && lv->values; b++) {
        double x = lv->value[(lv->values - 1) * b / BINS].x;
        if (x < lv->value[lv->values - 1].x && (edges == 0 || x > edge[edges - 1]))
            edge[edges++] = x;
    }
    lv->levels = edges + 2;
    for (int64_t i = 0; i < f->n; i++) {
        double x = c->number[f->closed[i]];
        lv->level[i] = isnan(x) ? 0 : 1 + bin_of(edge, edges, x);
    }
    return FORE_OK;
}

static fore_status levelled_open(const fore_leak_finder *f, const fore_frame_column *c,
                                 levelled *lv, fore_error *err)
{
    lv->level = FORE_NEW(f->n, int32_t);
    if (!lv->level) return fore_no_memory(err);
    if (c->number) {
        FORE_TRY(bin_numbers(f, c, lv, err));
    } else {
        lv->levels = fore_dictionary_count(c->levels) + 1;
        for (int64_t i = 0; i < f->n; i++) lv->level[i] = c->code[f->closed[i]] + 1;
    }
    lv->rows = FORE_ZNEW(lv->levels, int64_t);
    lv->won = FORE_ZNEW(lv->levels, int64_t);
    lv->fold_rows = FORE_ZNEW(lv->levels * FORE_LEAK_FOLDS, int64_t);
    lv->fold_won = FORE_ZNEW(lv->levels * FORE_LEAK_FOLDS, int64_t);
    if (!lv->rows || !lv->won || !lv->fold_rows || !lv->fold_won) return fore_no_memory(err);
    for (int64_t i = 0; i < f->n; i++) {
        int64_t at = (int64_t)lv->level[i] * FORE_LEAK_FOLDS + f->fold[f->closed[i]];
        int won = is_won(f, i);
        lv->rows[lv->level[i]]++;
        lv->won[lv->level[i]] += won;
        lv->fold_rows[at]++;
        lv->fold_won[at] += won;
    }
    return FORE_OK;
}

/* Rows of one level and fold share their score, so that only these cells are sorted. */
static fore_status auc_by_level(const fore_leak_finder *f, const levelled *lv, double *auc,
                                fore_error *err)
{
    scored *cell = FORE_NEW(lv->levels * FORE_LEAK_FOLDS, scored);
    if (!cell) return fore_no_memory(err);
    int64_t cells = 0;
    for (int64_t at = 0; at < lv->levels * FORE_LEAK_FOLDS; at++) {
        if (lv->fold_rows[at] == 0) continue;
        double rows = (double)(lv->rows[at / FORE_LEAK_FOLDS] - lv->fold_rows[at]);
        double won = (double)(lv->won[at / FORE_LEAK_FOLDS] - lv->fold_won[at]);
        double x = (won + PRIOR * f->base) / (rows + PRIOR);
        cell[cells++] = (scored){x, lv->fold_rows[at], lv->fold_won[at]};
    }
    qsort(cell, (size_t)cells, sizeof *cell, compare_scored);
    *auc = auc_of(cell, cells);
    fore_free(cell);
    return FORE_OK;
}

/* --- measures of one column --- */

static bool is_filled(const fore_frame_column *c, int64_t row)
{
    return c->number ? !isnan(c->number[row]) : c->code[row] >= 0;
}

static bool is_yes(const fore_frame_column *c, int64_t row)
{
    return c->number && c->number[row] > 0.5; /* missing is no yes */
}

typedef struct shares {
    double won, lost, open, closed;
} shares;

static double part(int64_t some, int64_t all) { return all ? (double)some / (double)all : NAN; }

static shares shares_of(const fore_leak_finder *f, const fore_frame_column *c,
                        bool (*has)(const fore_frame_column *c, int64_t row))
{
    int64_t won = 0, lost = 0, open = 0;
    for (int64_t i = 0; i < f->rows; i++) {
        if (!has(c, i)) continue;
        double label = f->input->label[i];
        if (isinf(label)) continue;
        if (isnan(label))
            open++;
        else if (label > 0.5)
            won++;
        else
            lost++;
    }
    const fore_leak_report *r = f->report;
    return (shares){part(won, r->won), part(lost, r->lost), part(open, r->open),
                    part(won + lost, f->n)};
}

/* "E-mail given", "Account given": its yes is another column's filling. */
static bool is_mark_of_filling(const fore_frame_column *c)
{
    static const char ending[] = " given";
    size_t length = strlen(c->name), tail = sizeof ending - 1;
    return c->type == FORE_COLUMN_YES_NO && length > tail &&
           strcmp(c->name + length - tail, ending) == 0;
}

static void measure_filling(const fore_leak_finder *f, const fore_frame_column *c,
                            fore_leak_measures *m)
{
    shares filled = shares_of(f, c, is_filled), yes = {NAN, NAN, NAN, NAN};
    m->missing = 1 - filled.closed;
    if (c->type == FORE_COLUMN_YES_NO) yes = shares_of(f, c, is_yes);
    if (is_mark_of_filling(c)) {
        filled = yes;
        yes = (shares){NAN, NAN, NAN, NAN};
    }
    m->yes_won = yes.won;
    m->yes_lost = yes.lost;
    m->yes_open = yes.open;
    m->filled_won = filled.won;
    m->filled_lost = filled.lost;
    m->filled_open = filled.open;
    m->auc_filled = either_way(0.5 + (m->filled_won - m->filled_lost) / 2);
}

static void measure_sure_levels(const fore_frame_column *c, const levelled *lv,
                                fore_leak_measures *m)
{
    int64_t most = 0;
    for (int64_t l = 0; l < lv->levels; l++) {
        if (lv->rows[l] < SURE_ROWS ||
            (double)lv->won[l] < FORE_LEAK_SURE_RATE * (double)lv->rows[l])
            continue;
        m->sure_levels++;
        m->sure_won += lv->won[l];
        m->sure_rows += lv->rows[l];
        if (lv->rows[l] <= most || l == 0 || !c->levels) continue;
        most = lv->rows[l];
        m->sure_level = fore_dictionary_text(c->levels, l - 1);
    }
}

fore_status fore_leak_measure(const fore_leak_finder *f, int64_t column, fore_leak_measures *m,
                              fore_error *err)
{
    const fore_frame_column *c = fore_frame_column_at(f->frame, column);
    levelled lv = {0};
    measure_filling(f, c, m);
    m->set_late = f->input->set_late ? f->input->set_late[column] : 0;
    double by_level = NAN;
    fore_status status = levelled_open(f, c, &lv, err);
    if (status == FORE_OK) status = auc_by_level(f, &lv, &by_level, err);
    if (status == FORE_OK) {
        double by_value = either_way(c->number ? auc_of(lv.value, lv.values) : NAN);
        m->auc = fmax(fmax(0.5, by_level), by_value);
        m->auc_error = auc_error(m->auc, (double)f->report->won, (double)f->report->lost);
        measure_sure_levels(c, &lv, m);
    }
    levelled_free(&lv);
    return status;
}
