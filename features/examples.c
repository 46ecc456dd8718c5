/* Training examples, in four steps:
 *
 *   options    horizon and step from the data where they are not given
 *   plan       cut-offs 0..J-1 ascending, and their windows: [0, validate) train, [validate,
 * calibrate) validate, [calibrate, gap) calibrate, [gap, test) left out, [test, J) test settle the
 * first plan of a list, from four windows to two, whose windows all hold enough rows of both
 * classes; else everything is train rows       per subject: its candidates are the cut-offs
 * first..last it was open at; one window by lot; up to per_subject cut-offs by lot
 *
 * Lots come from counter-based random numbers keyed by the subject's key: no order matters. */
#include "features/examples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/special.h"
#include "features/cutoffs.h"

enum {
    HORIZON_LEAST = 30,
    HORIZON_MOST = 180,
    HORIZON_FLOOR = 7,
    STEP_MOST = 7,
    PER_SUBJECT_MOST = 64
};
enum { FEW_ROWS_OF_A_CLASS = 5 }; /* below which two windows are no test */
static const double WIN_QUANTILE = 0.8, HISTORY_SHARE = 0.25, LIFE_SHARE = 0.25,
                    TEST_SHARE_MOST = 0.5;
static const double LOTS[FORE_WINDOWS] = {3, 1, 1, 2};

typedef struct plan {
    cutoffs c;                                      /* from a midnight on, J of them */
    int64_t horizon;                                /* microseconds */
    int64_t begin[FORE_WINDOWS], end[FORE_WINDOWS]; /* cut-offs [begin, end) */
} plan;

typedef struct making {
    const fore_timeline *t;
    fore_subject_kind kind;
    fore_examples_options o;
    plan p;
    int64_t first_subject, end_subject;
    int64_t first_creation;
    fore_examples *e;
} making;

typedef struct pick { /* what a subject gives */
    fore_window window;
    double chance;
    int64_t count, cutoff[PER_SUBJECT_MOST];
} pick;

fore_examples_options fore_examples_defaults(int64_t as_of)
{
    return (fore_examples_options){.as_of = as_of,
                                   .per_subject = 4,
                                   .test_share = 0.2,
                                   .validate_share = 0.2,
                                   .calibrate_share = 0.2,
                                   .window_wins = 20,
                                   .seed = 1};
}

const char *fore_window_word(fore_window window)
{
    static const char *const words[] = {"train", "validate", "calibrate", "test"};
    return words[window];
}

void fore_examples_free(fore_examples *examples)
{
    if (!examples) return;
    fore_free(examples->row);
    fore_free(examples->label);
    fore_free(examples->weight);
    fore_free(examples->window);
    fore_free(examples);
}

/* --- what is known of a subject as of as_of --- */

static bool is_usable(const making *m, int64_t s)
{
    return m->t->left_out[s] == FORE_KEPT && m->t->created_at[s] < m->o.as_of;
}

/* How it stood then; no closing while it is open. */
static fore_ending standing(const making *m, int64_t s)
{
    return fore_subject_closed(m->t, s, m->o.as_of);
}

static const char *noun(const making *m) { return m->kind == FORE_SUBJECT_LEAD ? "lead" : "deal"; }
static const char *success(const making *m)
{
    return m->kind == FORE_SUBJECT_LEAD ? "converted" : "won";
}

/* --- options from the data --- */

/* Days from creation to closing, of the won or of all closed, sorted. */
static fore_status lives(const making *m, bool won_only, double **days, int64_t *n, fore_error *err)
{
    *n = 0;
    *days = FORE_NEW(m->end_subject - m->first_subject, double);
    if (!*days) return fore_no_memory(err);
    for (int64_t s = m->first_subject; s < m->end_subject; s++) {
        fore_ending end = standing(m, s);
        if (!is_usable(m, s) || end.outcome == FORE_OUTCOME_OPEN ||
            (won_only && end.outcome != FORE_WON))
            continue;
        (*days)[(*n)++] = (double)(end.at - m->t->created_at[s]) / (double)FORE_DAY;
    }
    fore_sort(*days, *n);
    return FORE_OK;
}

static double clip(double x, double low, double high) { return fmin(fmax(x, low), high); }

static fore_status choose_options(making *m, fore_error *err)
{
    double *won = NULL, *closed = NULL;
    int64_t won_n = 0, closed_n = 0;
    fore_status status = FORE_OK;
    FORE_GO(lives(m, true, &won, &won_n, err));
    FORE_GO(lives(m, false, &closed, &closed_n, err));
    if (won_n == 0)
        FORE_GO(fore_fail(
            err, FORE_E_NO_ANSWER,
            "no %s was %s before the moment asked for, so that there is nothing to learn from; "
            "import a history that holds %s %ss with their closing times",
            noun(m), success(m), success(m), noun(m)));
    double history = (double)(m->o.as_of - m->first_creation) / (double)FORE_DAY;
    m->e->horizon_chosen = m->o.horizon_days == 0;
    if (m->e->horizon_chosen) {
        double days = ceil(fore_quantile_sorted(won, won_n, WIN_QUANTILE));
        days = clip(days, HORIZON_LEAST, HORIZON_MOST);
        m->o.horizon_days = fmax(HORIZON_FLOOR, fmin(days, floor(history * HISTORY_SHARE)));
    }
    if (m->o.step_days == 0)
        m->o.step_days = (int32_t)clip(
            floor(fore_quantile_sorted(closed, closed_n, 0.5) * LIFE_SHARE), 1, STEP_MOST);
done:
    fore_free(won);
    fore_free(closed);
    return status;
}

static fore_status check_options(const making *m, fore_error *err)
{
    const fore_examples_options *o = &m->o;
    bool shares = o->test_share > 0 && o->test_share < 1 && o->validate_share >= 0 &&
                  o->calibrate_share >= 0 && o->validate_share + o->calibrate_share < 1;
    if (o->as_of == FORE_NO_TIME || o->horizon_days < 0 || o->step_days < 0 || !shares ||
        o->window_wins < 1 || o->per_subject < 1 || o->per_subject > PER_SUBJECT_MOST)
        return fore_fail(
            err, FORE_E_ARGUMENT,
            "the options of the examples contradict each other: give a moment, no negative days, "
            "1 to %d rows per subject, and shares that leave room for training",
            PER_SUBJECT_MOST);
    if (m->first_creation == FORE_NO_TIME)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "no %s with a time of creation lies before the moment asked for; import some, or ask "
            "for a later moment",
            noun(m));
    return FORE_OK;
}

static void find_first_creation(making *m)
{
    m->first_creation = FORE_NO_TIME;
    for (int64_t s = m->first_subject; s < m->end_subject; s++)
        if (is_usable(m, s) &&
            (m->first_creation == FORE_NO_TIME || m->t->created_at[s] < m->first_creation))
            m->first_creation = m->t->created_at[s];
}

/* --- the plan --- */

static fore_status lay_cutoffs(making *m, fore_error *err)
{
    plan *p = &m->p;
    p->horizon = (int64_t)(m->o.horizon_days * (double)FORE_DAY);
    p->c = (cutoffs){.t = m->t, .step = m->o.step_days * FORE_DAY};
    int64_t last = fore_time_of_date(fore_date_of(m->o.as_of - p->horizon));
    int64_t earliest = fore_time_of_date(fore_date_of(m->first_creation) + 1);
    if (last < earliest)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "the history of %ss is shorter than the horizon of %.0f days, so that no outcome is "
            "complete; give a shorter horizon or a longer history",
            noun(m), m->o.horizon_days);
    p->c.count = (last - earliest) / p->c.step + 1;
    p->c.first = last - (p->c.count - 1) * p->c.step;
    return FORE_OK;
}

/* Windows for a share of test and of the two windows before the gap; test_share 0: all is train. */
static void lay_windows(plan *p, double test_share, double validate_share, double calibrate_share)
{
    int64_t j = p->c.count, test = j;
    if (test_share > 0) test = j - (int64_t)fmax(1, floor(test_share * (double)j));
    int64_t gap = test;
    while (gap > 0 && test < j &&
           cutoff_time(&p->c, gap - 1) + p->horizon > cutoff_time(&p->c, test))
        gap--;
    int64_t calibrate = gap - (int64_t)floor(calibrate_share * (double)gap);
    int64_t validate = calibrate - (int64_t)floor(validate_share * (double)gap);
    const int64_t begin[] = {0, validate, calibrate, test}, end[] = {validate, calibrate, gap, j};
    memcpy(p->begin, begin, sizeof begin);
    memcpy(p->end, end, sizeof end);
}

/* --- one subject --- */

/* Log-spaced strata of the ages from `low` to `high` cut-offs (inclusive), one lot from each. */
static void thin(fore_random *random, int64_t first, int64_t low, int64_t high, int64_t most,
                 pick *out)
{
    int64_t n = high - low + 1, edge = low;
    out->count = n < most ? n : most;
    double from = log1p((double)(low - first)), to = log1p((double)(high + 1 - first));
    for (int64_t k = 0; k < out->count; k++) {
        double at =
            exp(from + (to - from) * (double)(k + 1) / (double)out->count) - 1 + (double)first;
        int64_t next = (int64_t)floor(at + 0.5), room = high + 1 - (out->count - 1 - k);
        if (next > room || k + 1 == out->count) next = room;
        if (next <= edge) next = edge + 1;
        out->cutoff[k] = edge + fore_random_below(random, next - edge);
        edge = next;
    }
}

/* False when the subject has no candidate in any window. */
static bool pick_rows(const making *m, int64_t s, pick *out)
{
    double lots = 0;
    bool in[FORE_WINDOWS];
    cutoff_life life = cutoff_life_of(&m->p.c, s);
    for (int w = 0; w < FORE_WINDOWS; w++) {
        in[w] = cutoffs_open(&m->p.c, &life, m->p.begin[w], m->p.end[w]) > 0;
        lots += in[w] ? LOTS[w] : 0;
    }
    if (lots == 0) return false;
    fore_random random = fore_random_new(m->o.seed, (uint64_t)m->t->key[s]);
    double lot = fore_random_uniform(&random) * lots;
    int chosen = -1;
    for (int w = 0; w < FORE_WINDOWS; w++) {
        if (!in[w]) continue;
        chosen = w;
        if (lot < LOTS[w]) break;
        lot -= LOTS[w];
    }
    out->window = (fore_window)chosen;
    out->chance = LOTS[chosen] / lots;
    int64_t first = cutoff_open(&m->p.c, &life, 0),
            low = first + cutoffs_open(&m->p.c, &life, 0, m->p.begin[chosen]);
    int64_t n = cutoffs_open(&m->p.c, &life, m->p.begin[chosen], m->p.end[chosen]);
    thin(&random, first, low, low + n - 1, m->o.per_subject, out); /* as if it was always open */
    for (int64_t k = 0; k < out->count; k++)
        out->cutoff[k] = cutoff_open(&m->p.c, &life, out->cutoff[k] - first);
    return true;
}

static double label_at(const making *m, int64_t s, int64_t cutoff)
{
    int64_t at = cutoff_time(&m->p.c, cutoff);
    fore_ending end = fore_subject_next_end(m->t, s, at);
    return end.outcome == FORE_WON && end.at < at + m->p.horizon;
}

/* --- settling the windows --- */

typedef struct tally {
    int64_t rows[FORE_WINDOWS], won[FORE_WINDOWS];
} tally;

static tally count_rows(const making *m)
{
    tally c = {0};
    pick picked;
    for (int64_t s = m->first_subject; s < m->end_subject; s++) {
        if (!is_usable(m, s) || !pick_rows(m, s, &picked)) continue;
        c.rows[picked.window] += picked.count;
        for (int64_t k = 0; k < picked.count; k++)
            c.won[picked.window] += label_at(m, s, picked.cutoff[k]) > 0.5;
    }
    return c;
}

static bool is_enough(const plan *p, const tally *c, int64_t least)
{
    for (int w = 0; w < FORE_WINDOWS; w++) {
        bool asked = w == FORE_WINDOW_TRAIN || w == FORE_WINDOW_TEST || p->begin[w] < p->end[w];
        if (asked && (c->won[w] < least || c->rows[w] - c->won[w] < least)) return false;
    }
    return true;
}

/* From the plan asked for to the humblest: first fewer windows, then a longer test window, then
 * fewer rows in each; then none but train. */
static void settle_windows(making *m)
{
    const fore_examples_options *o = &m->o;
    const double merged = o->validate_share + o->calibrate_share;
    const struct {
        double validate, calibrate, stretch;
        int64_t least;
        const char *note;
    } tries[] = {
        {o->validate_share, o->calibrate_share, 1, o->window_wins, ""},
        {o->validate_share, o->calibrate_share, 1.5, o->window_wins,
         "The test window is longer than usual to hold enough wins. "},
        {merged, 0, 1, o->window_wins,
         "Few wins: one window serves for choosing and for calibrating. "},
        {merged, 0, 2, o->window_wins,
         "Few wins: one window serves for choosing and for calibrating, and the test window is longer than usual. "},
        {0, 0, 1, o->window_wins,
         "Few wins: only a training and a test window; choosing and calibrating take place inside training. "},
        {0, 0, 2, FEW_ROWS_OF_A_CLASS,
         "Very few wins: only a training and a short test window, whose figures are rough. "}};
    for (size_t k = 0; k < sizeof tries / sizeof *tries; k++) {
        double share = fmin(o->test_share * tries[k].stretch, fmax(o->test_share, TEST_SHARE_MOST));
        lay_windows(&m->p, share, tries[k].validate, tries[k].calibrate);
        tally c = count_rows(m);
        if (!is_enough(&m->p, &c, tries[k].least)) continue;
        snprintf(m->e->notes, sizeof m->e->notes, "%s", tries[k].note);
        return;
    }
    lay_windows(&m->p, 0, 0, 0);
    m->e->no_test = true;
    snprintf(
        m->e->notes, sizeof m->e->notes,
        "Too few wins, or too short a history, for a test that the training has not seen: all examples train, "
        "and no quality was measured. ");
}

/* --- rows --- */

static void count_left_out(const making *m, int64_t s)
{
    fore_examples_left_out *out = &m->e->left_out;
    switch (m->t->left_out[s]) {
    case FORE_LEFT_NO_CREATION: out->no_creation++; return;
    case FORE_LEFT_CLOSED_BEFORE_CREATED: out->closed_before_created++; return;
    case FORE_LEFT_CLOSED_WITHOUT_TIME: out->closed_without_time++; return;
    default: break;
    }
    if (m->t->created_at[s] >= m->o.as_of) {
        out->created_after++;
        return;
    }
    cutoff_life life = cutoff_life_of(&m->p.c, s);
    if (life.first.first > m->p.c.count - 1)
        out->too_new++;
    else if (cutoffs_open(&m->p.c, &life, 0, m->p.c.count) == 0)
        out->between++;
    else
        out->gap++;
}

static void add_subject(const making *m, int64_t s, const pick *picked)
{
    fore_examples *e = m->e;
    fore_window_summary *sum = &e->summary[picked->window];
    double weight = 1 / (picked->chance * (double)picked->count);
    bool won = false;
    for (int64_t k = 0; k < picked->count; k++) {
        int64_t at = cutoff_time(&m->p.c, picked->cutoff[k]);
        double label = label_at(m, s, picked->cutoff[k]);
        e->row[e->n] = (fore_extract_row){s, at};
        e->label[e->n] = label;
        e->weight[e->n] = weight;
        e->window[e->n++] = (uint8_t)picked->window;
        sum->rows++;
        sum->won += label > 0.5;
        if (sum->first == FORE_NO_TIME || at < sum->first) sum->first = at;
        if (sum->last == FORE_NO_TIME || at > sum->last) sum->last = at;
        won |= label > 0.5;
    }
    sum->subjects++;
    e->subjects++;
    e->won_subjects += won;
}

static fore_status allocate_rows(fore_examples *e, int64_t n, fore_error *err)
{
    e->row = FORE_NEW(n, fore_extract_row);
    e->label = FORE_NEW(n, double);
    e->weight = FORE_NEW(n, double);
    e->window = FORE_NEW(n, uint8_t);
    return e->row && e->label && e->weight && e->window ? FORE_OK : fore_no_memory(err);
}

static fore_status fill_rows(making *m, fore_error *err)
{
    tally c = count_rows(m);
    int64_t n = 0;
    for (int w = 0; w < FORE_WINDOWS; w++) n += c.rows[w];
    FORE_TRY(allocate_rows(m->e, n, err));
    for (int w = 0; w < FORE_WINDOWS; w++)
        m->e->summary[w] =
            (fore_window_summary){.base_rate = NAN, .first = FORE_NO_TIME, .last = FORE_NO_TIME};
    pick picked;
    for (int64_t s = m->first_subject; s < m->end_subject; s++) {
        if (is_usable(m, s) && pick_rows(m, s, &picked))
            add_subject(m, s, &picked);
        else
            count_left_out(m, s);
    }
    return FORE_OK;
}

static void summarise(making *m)
{
    fore_examples *e = m->e;
    double won[FORE_WINDOWS] = {0}, all[FORE_WINDOWS] = {0};
    for (int64_t i = 0; i < e->n; i++) {
        won[e->window[i]] += e->weight[i] * e->label[i];
        all[e->window[i]] += e->weight[i];
    }
    for (int w = 0; w < FORE_WINDOWS; w++)
        if (all[w] > 0) e->summary[w].base_rate = won[w] / all[w];
    e->horizon_days = m->o.horizon_days;
    e->step_days = m->o.step_days;
    e->test_start = e->no_test ? FORE_NO_TIME : cutoff_time(&m->p.c, m->p.begin[FORE_WINDOW_TEST]);
    e->few_wins = e->won_subjects < FORE_FEW_WINS;
    size_t length = strlen(e->notes);
    if (e->few_wins)
        snprintf(
            e->notes + length, sizeof e->notes - length,
            "Only %lld %ss with an example were %s within %.0f days: estimates are shrunk and intervals wide. ",
            (long long)e->won_subjects, noun(m), success(m), e->horizon_days);
    length = strlen(e->notes);
    if (length && e->notes[length - 1] == ' ') e->notes[length - 1] = 0;
}

static fore_status check_classes(const making *m, fore_error *err)
{
    int64_t won = 0;
    for (int64_t i = 0; i < m->e->n; i++) won += m->e->label[i] > 0.5;
    if (m->e->n > 0 && won > 0 && won < m->e->n) return FORE_OK;
    if (m->e->n == 0)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "no %s was open at any moment whose next %.0f days are known; give a shorter horizon or a "
            "longer history",
            noun(m), m->o.horizon_days);
    return fore_fail(
        err, FORE_E_NO_ANSWER,
        "%s of the %lld examples was %s within %.0f days, so that there is nothing to tell apart; give "
        "another horizon or a longer history",
        won ? "every one" : "none", (long long)m->e->n, success(m), m->o.horizon_days);
}

fore_status fore_examples_make(const fore_timeline *timeline, fore_subject_kind kind,
                               const fore_examples_options *options, fore_examples **examples,
                               fore_error *err)
{
    fore_status status = FORE_OK;
    making m = {.t = timeline, .kind = kind, .o = *options};
    m.first_subject = kind == FORE_SUBJECT_LEAD ? 0 : timeline->leads;
    m.end_subject = kind == FORE_SUBJECT_LEAD ? timeline->leads : timeline->subjects;
    *examples = NULL;
    m.e = FORE_ZNEW(1, fore_examples);
    if (!m.e) return fore_no_memory(err);
    m.e->kind = kind;
    if (m.o.as_of != FORE_NO_TIME) find_first_creation(&m);
    FORE_GO(check_options(&m, err));
    FORE_GO(choose_options(&m, err));
    FORE_GO(lay_cutoffs(&m, err));
    settle_windows(&m);
    FORE_GO(fill_rows(&m, err));
    FORE_GO(check_classes(&m, err));
    summarise(&m);
    *examples = m.e;
    m.e = NULL;
done:
    fore_examples_free(m.e);
    return status;
}
