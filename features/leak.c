/* The finder of columns that know the outcome: the measures of each column, then the rules of
 * leak.h, each of which adds a sentence.
 *
 * AUC by levels: every closed row is given the smoothed rate of label 1 in its level, without the
 * rows of its own fold, (W - W_f + PRIOR p) / (n - n_f + PRIOR); the AUC of these rates
 * (Mann-Whitney with mid-ranks) is what the column alone can tell, honestly measured. Its standard
 * error is that of Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747. */
#include "features/leak.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/special.h"

enum { FOLDS = 5, BINS = 20, SURE_ROWS = 30, OPEN_ROWS = 30, LATE_ROWS = 10 };
static const double PRIOR = 10;        /* pseudo-rows at the base rate per level */
static const double SURE_BASE = 0.8;   /* above it, sure levels are nothing special */
static const double OPEN_FACTOR = 0.1; /* "a tenth as often" */
static const double OUTCOME_AUC = 0.55, JUDGEMENT_AUC = 0.53, JUDGEMENT_MISSING = 0.2;
static const double ERRORS = 3; /* standard errors that a name's measure must clear */

typedef struct finder {
    const fore_frame *frame;
    const fore_leak_input *input;
    fore_leak_report *report;
    int64_t rows;
    uint8_t *fold;   /* rows */
    int64_t *closed; /* won + lost row numbers */
    int64_t n;       /* won + lost */
    double base;
} finder;

typedef struct measures {
    double auc, auc_error, auc_filled;
    double filled_won, filled_lost, filled_open;
    double missing;         /* share of closed rows */
    const char *sure_level; /* the biggest sure level */
    int64_t sure_levels, sure_won, sure_rows;
    int64_t set_late;
} measures;

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
    int64_t *fold_rows, *fold_won; /* levels * FOLDS */
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

static int is_won(const finder *f, int64_t i) { return f->input->label[f->closed[i]] > 0.5; }

/* The number of edges that x lies above: 0..edges. */
static int32_t bin_of(const double *edge, int64_t edges, double x)
{
    int32_t bin = 0;
    while (bin < edges && x > edge[bin]) bin++;
    return bin;
}

static fore_status sort_numbers(const finder *f, const fore_frame_column *c, levelled *lv,
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

static fore_status bin_numbers(const finder *f, const fore_frame_column *c, levelled *lv,
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

static fore_status levelled_open(const finder *f, const fore_frame_column *c, levelled *lv,
                                 fore_error *err)
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
    lv->fold_rows = FORE_ZNEW(lv->levels * FOLDS, int64_t);
    lv->fold_won = FORE_ZNEW(lv->levels * FOLDS, int64_t);
    if (!lv->rows || !lv->won || !lv->fold_rows || !lv->fold_won) return fore_no_memory(err);
    for (int64_t i = 0; i < f->n; i++) {
        int64_t at = (int64_t)lv->level[i] * FOLDS + f->fold[f->closed[i]];
        int won = is_won(f, i);
        lv->rows[lv->level[i]]++;
        lv->won[lv->level[i]] += won;
        lv->fold_rows[at]++;
        lv->fold_won[at] += won;
    }
    return FORE_OK;
}

/* Rows of one level and fold share their score, so that only these cells are sorted. */
static fore_status auc_by_level(const finder *f, const levelled *lv, double *auc, fore_error *err)
{
    scored *cell = FORE_NEW(lv->levels * FOLDS, scored);
    if (!cell) return fore_no_memory(err);
    int64_t cells = 0;
    for (int64_t at = 0; at < lv->levels * FOLDS; at++) {
        if (lv->fold_rows[at] == 0) continue;
        double rows = (double)(lv->rows[at / FOLDS] - lv->fold_rows[at]);
        double won = (double)(lv->won[at / FOLDS] - lv->fold_won[at]);
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

static void measure_filling(const finder *f, const fore_frame_column *c, measures *m)
{
    int64_t won = 0, lost = 0, open = 0;
    for (int64_t i = 0; i < f->rows; i++) {
        if (!is_filled(c, i)) continue;
        double label = f->input->label[i];
        if (isnan(label))
            open++;
        else if (label > 0.5)
            won++;
        else
            lost++;
    }
    const fore_leak_report *r = f->report;
    m->filled_won = r->won ? (double)won / (double)r->won : NAN;
    m->filled_lost = r->lost ? (double)lost / (double)r->lost : NAN;
    m->filled_open = r->open ? (double)open / (double)r->open : NAN;
    m->missing = f->n ? 1 - (double)(won + lost) / (double)f->n : NAN;
    m->auc_filled = either_way(0.5 + (m->filled_won - m->filled_lost) / 2);
}

static void measure_sure_levels(const fore_frame_column *c, const levelled *lv, measures *m)
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

static fore_status measure(const finder *f, int64_t column, measures *m, fore_error *err)
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

/* --- the vocabulary of names --- */

typedef struct name_words {
    char text[256]; /* lower-case words, each between blanks: " last notable activity " */
} name_words;

/* Words are runs of letters; a capital after a small letter starts a new one ("LastActivity"). */
static void split_name(const char *name, name_words *words)
{
    size_t n = 0;
    char before = 0;
    words->text[n++] = ' ';
    for (; *name && n + 3 < sizeof words->text; before = *name++) {
        bool upper = *name >= 'A' && *name <= 'Z', lower = *name >= 'a' && *name <= 'z';
        bool letter = upper || lower || (unsigned char)*name > 127;
        bool starts = upper && before >= 'a' && before <= 'z';
        if ((starts || !letter) && words->text[n - 1] != ' ') words->text[n++] = ' ';
        if (letter) words->text[n++] = upper ? (char)(*name + 'a' - 'A') : *name;
    }
    if (words->text[n - 1] != ' ') words->text[n++] = ' ';
    words->text[n] = 0;
}

static bool has_word(const name_words *words, const char *const *list)
{
    char padded[32];
    for (; *list; list++) {
        snprintf(padded, sizeof padded, " %s ", *list);
        if (strstr(words->text, padded)) return true;
    }
    return false;
}

static bool names_outcome(const name_words *w)
{
    static const char *const yes[] = {"outcome", "result",  "won",       "lost",       "closed",
                                      "close",   "closing", "converted", "conversion", "reason",
                                      "paid",    "payment", "invoice",   "contract",   "signed",
                                      "churn",   NULL};
    static const char *const no[] = {"previous", "prior",  "past", "expected", "planned",
                                     "forecast", "method", "type", NULL};
    return has_word(w, yes) && !has_word(w, no);
}

static bool names_judgement(const name_words *w)
{
    static const char *const yes[] = {"tag",         "tags",    "quality",   "rating",
                                      "grade",       "score",   "index",     "profile",
                                      "disposition", "verdict", "qualified", NULL};
    return has_word(w, yes);
}

static bool names_last_state(const name_words *w)
{
    static const char *const last[] = {"last", "latest", "current", "final", NULL};
    static const char *const what[] = {"activity", "action", "contact", "contacted", "call",
                                       "touch",    "email",  "event",   "status",    "stage",
                                       "modified", "update", "updated", NULL};
    static const char *const alone[] = {
        " status ",     " stage ", " disposition ", " lead status ", " lead stage ",
        " deal stage ", NULL};
    if (has_word(w, last) && has_word(w, what)) return true;
    for (const char *const *name = alone; *name; name++)
        if (strcmp(w->text, *name) == 0) return true;
    return false;
}

static bool names_contact_measure(const name_words *w)
{
    static const char *const yes[] = {"duration",  "talk time", "call length",
                                      "call time", "minutes",   NULL};
    return has_word(w, yes);
}

/* --- the rules --- */

typedef struct verdict {
    fore_leak_grade grade;
    fore_text reasons;
} verdict;

static void raise_to(verdict *v, fore_leak_grade grade)
{
    if (v->grade < grade) v->grade = grade;
    if (v->reasons.length) fore_text_putc(&v->reasons, ' ');
}

static void rule_separates(const measures *m, verdict *v)
{
    if (m->auc < FORE_LEAK_AUC_SUSPICIOUS) return;
    raise_to(v, m->auc >= FORE_LEAK_AUC_KNOWS ? FORE_LEAK_KNOWS : FORE_LEAK_SUSPICIOUS);
    fore_text_printf(&v->reasons, "Alone it tells won from lost with an AUC of %.3f.", m->auc);
}

static void rule_sure_levels(const finder *f, const measures *m, verdict *v)
{
    double share = (double)m->sure_won / (double)f->report->won;
    if (m->sure_levels == 0 || share < FORE_LEAK_SURE_SHARE || f->base >= SURE_BASE) return;
    raise_to(v, FORE_LEAK_KNOWS);
    double rate = 100 * (double)m->sure_won / (double)m->sure_rows;
    const char *level = m->sure_level ? m->sure_level : "";
    int fits = (int)fore_utf8_fit(level, 60);
    if (!m->sure_level)
        fore_text_puts(&v->reasons, "A range of its values holds");
    else if (m->sure_levels == 1)
        fore_text_printf(&v->reasons, "Its value '%.*s' holds", fits, level);
    else
        fore_text_printf(&v->reasons, "%lld of its values, such as '%.*s', hold",
                         (long long)m->sure_levels, fits, level);
    fore_text_printf(&v->reasons, " %.0f %% of the won, and of these rows %.0f %% are won.",
                     100 * share, rate);
}

/* At least OPEN_ROWS open rows, and hardly any of them filled. */
static bool is_absent_while_open(const finder *f, const measures *m)
{
    double closed = fmax(m->filled_won, m->filled_lost);
    return f->report->open >= OPEN_ROWS && closed >= FORE_LEAK_CLOSED_FILLED &&
           m->filled_open <= OPEN_FACTOR * closed;
}

static void rule_filled(const finder *f, const measures *m, verdict *v)
{
    bool absent = is_absent_while_open(f, m);
    if (!absent && m->auc_filled < FORE_LEAK_FILLED_SUSPICIOUS) return;
    raise_to(v, absent || m->auc_filled >= FORE_LEAK_FILLED_KNOWS ? FORE_LEAK_KNOWS
                                                                  : FORE_LEAK_SUSPICIOUS);
    fore_text_printf(&v->reasons, "It is filled on %.0f %% of the won and %.0f %% of the lost",
                     100 * m->filled_won, 100 * m->filled_lost);
    if (absent) fore_text_printf(&v->reasons, ", but on %.0f %% of the open", 100 * m->filled_open);
    fore_text_putc(&v->reasons, '.');
}

static void rule_set_late(const finder *f, const measures *m, verdict *v)
{
    if (m->set_late < LATE_ROWS || (double)m->set_late < FORE_LEAK_LATE_SHARE * (double)f->n)
        return;
    raise_to(v, m->auc >= FORE_LEAK_NAME_AUC ? FORE_LEAK_KNOWS : FORE_LEAK_SUSPICIOUS);
    fore_text_printf(&v->reasons,
                     "On %.0f %% of the closed its value was set or changed after the closing.",
                     100 * (double)m->set_late / (double)f->n);
}

static void name_verdict(const measures *m, double least, const char *sentence, verdict *v)
{
    if (m->auc < least || m->auc - 0.5 < ERRORS * m->auc_error) return;
    raise_to(v, m->auc >= FORE_LEAK_NAME_KNOWS ? FORE_LEAK_KNOWS : FORE_LEAK_SUSPICIOUS);
    fore_text_printf(&v->reasons, "%s (AUC alone %.3f).", sentence, m->auc);
}

static bool is_often_missing_while_open(const finder *f, const measures *m)
{
    return f->report->open >= OPEN_ROWS && 1 - m->filled_open >= JUDGEMENT_MISSING;
}

static void rule_name(const finder *f, const char *name, const measures *m, verdict *v)
{
    name_words words;
    split_name(name, &words);
    if (names_outcome(&words))
        name_verdict(m, OUTCOME_AUC, "Its name speaks of the outcome, and its values go with it",
                     v);
    bool to_some = m->missing >= JUDGEMENT_MISSING || is_often_missing_while_open(f, m);
    if (names_judgement(&words) && to_some)
        name_verdict(m, JUDGEMENT_AUC,
                     "By its name a judgement, given to some only, and it goes with the outcome",
                     v);
    if (names_last_state(&words))
        name_verdict(
            m, FORE_LEAK_NAME_AUC,
            "By its name a state that is overwritten until the end, so that it holds the end", v);
    if (names_contact_measure(&words))
        name_verdict(m, FORE_LEAK_NAME_AUC,
                     "By its name measured in the contact itself, so not known before it", v);
}

static fore_status judge(const finder *f, const char *name, const measures *m, verdict *v,
                         fore_error *err)
{
    rule_separates(m, v);
    rule_sure_levels(f, m, v);
    rule_filled(f, m, v);
    rule_set_late(f, m, v);
    rule_name(f, name, m, v);
    return fore_text_check(&v->reasons, err);
}

/* --- the report --- */

static fore_status find_column(void *context, int64_t column, int worker, fore_error *err)
{
    (void)worker;
    const finder *f = context;
    const fore_frame_column *c = fore_frame_column_at(f->frame, column);
    fore_leak_finding *finding = &f->report->finding[column];
    if (c->type == FORE_COLUMN_EMPTY || f->report->too_few) return FORE_OK;
    measures m = {0};
    verdict v = {0};
    FORE_TRY(measure(f, column, &m, err));
    fore_status status = judge(f, finding->name, &m, &v, err);
    finding->grade = v.grade;
    finding->auc = m.auc;
    finding->auc_filled = m.auc_filled;
    finding->filled_won = m.filled_won;
    finding->filled_lost = m.filled_lost;
    finding->filled_open = m.filled_open;
    finding->reasons =
        v.reasons.bytes ? v.reasons.bytes : ""; /* moved to the arena by keep_texts */
    if (status != FORE_OK) {
        fore_text_free(&v.reasons);
        finding->reasons = "";
    }
    return status;
}

/* Moves the reasons from the heap into the report's arena; frees them all in any case. */
static fore_status keep_texts(fore_leak_report *report, fore_error *err)
{
    fore_status status = FORE_OK;
    for (int64_t j = 0; j < report->columns; j++) {
        fore_leak_finding *finding = &report->finding[j];
        report->knows += finding->grade == FORE_LEAK_KNOWS;
        report->suspicious += finding->grade == FORE_LEAK_SUSPICIOUS;
        if (!*finding->reasons) continue;
        char *kept = fore_arena_string(report->arena, finding->reasons);
        fore_free((void *)finding->reasons);
        finding->reasons = kept ? kept : "";
        if (!kept) status = fore_no_memory(err);
    }
    return status;
}

static fore_status report_new(const fore_frame *frame, fore_leak_report **report, fore_error *err)
{
    fore_leak_report *r = *report = FORE_ZNEW(1, fore_leak_report);
    if (!r) return fore_no_memory(err);
    int64_t columns = fore_frame_columns(frame);
    r->arena = fore_arena_new();
    if (!r->arena) return fore_no_memory(err);
    r->finding = fore_arena_alloc(r->arena, columns, sizeof *r->finding);
    if (!r->finding) return fore_no_memory(err);
    for (int64_t j = 0; j < columns; j++) {
        const char *name = fore_arena_string(r->arena, fore_frame_column_at(frame, j)->name);
        if (!name) return fore_no_memory(err);
        r->finding[j] = (fore_leak_finding){name, FORE_LEAK_CLEAN, NAN, NAN, NAN, NAN, NAN, ""};
        r->columns++;
    }
    return FORE_OK;
}

static fore_status finder_open(finder *f, fore_error *err)
{
    f->rows = fore_frame_rows(f->frame);
    f->fold = FORE_NEW(f->rows, uint8_t);
    f->closed = FORE_NEW(f->rows, int64_t);
    if (!f->fold || !f->closed) return fore_no_memory(err);
    for (int64_t i = 0; i < f->rows; i++) {
        int64_t group = f->input->group ? f->input->group[i] : i;
        fore_random random = fore_random_new(f->input->seed, (uint64_t)group);
        f->fold[i] = (uint8_t)fore_random_below(&random, FOLDS);
        double label = f->input->label[i];
        if (isnan(label))
            f->report->open++;
        else
            f->closed[f->n++] = i;
        f->report->won += label > 0.5;
    }
    f->report->lost = f->n - f->report->won;
    f->report->too_few =
        f->report->won < FORE_LEAK_MIN_CLASS || f->report->lost < FORE_LEAK_MIN_CLASS;
    f->base = f->n ? (double)f->report->won / (double)f->n : NAN;
    return FORE_OK;
}

fore_status fore_leak_find(const fore_frame *frame, const fore_leak_input *input, fore_pool *pool,
                           fore_leak_report **report, fore_error *err)
{
    fore_status status = FORE_OK;
    finder f = {.frame = frame, .input = input};
    *report = NULL;
    FORE_GO(report_new(frame, &f.report, err));
    FORE_GO(finder_open(&f, err));
    fore_status found = fore_pool_run(pool, fore_frame_columns(frame), find_column, &f, err);
    status = keep_texts(f.report, err);
    if (found != FORE_OK) status = found;
    if (status != FORE_OK) goto done;
    *report = f.report;
    f.report = NULL;
done:
    fore_free(f.fold);
    fore_free(f.closed);
    fore_leak_report_free(f.report);
    return status;
}

void fore_leak_report_free(fore_leak_report *report)
{
    if (!report) return;
    fore_arena_free(report->arena);
    fore_free(report);
}

const fore_leak_finding *fore_leak_of(const fore_leak_report *report, const char *name)
{
    for (int64_t j = 0; j < report->columns; j++)
        if (strcmp(report->finding[j].name, name) == 0) return &report->finding[j];
    return NULL;
}

const char *fore_leak_grade_word(fore_leak_grade grade)
{
    static const char *const words[] = {"clean", "suspicious", "knows the outcome"};
    return words[grade];
}
