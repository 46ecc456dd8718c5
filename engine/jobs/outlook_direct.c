/*   moments: every week back from as_of, a year of them
 *   rows: the deals open at each; drawn by key where there are too many
 *   for every period: y = won in [moment + begin, moment + end), of moments whose end is over
 *     design, ridge logit (recent moments weigh more) -> chances of the deals open now
 *   deals not open at the moment: weighted mean of what such deals brought in the same stretch */
#include "engine/jobs/outlook_direct.h"

#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "models/score/logit.h"

enum {
    MOMENTS_DAYS = 800,
    MOMENTS_LEAST = 8,
    WINS_LEAST = 10,
    ROWS_MOST = 8000,
    STAGES_MOST = 8,
    AGE_STEPS = 9,
    READ = 7,  /* columns read from the features */
    DATES = 3, /* made from the expected date */
    COLUMNS_MOST = 2 * STAGES_MOST + AGE_STEPS + READ + DATES + 2,
    LOTS = 20261123
};
static const double CHANCE_HALF_LIFE_DAYS = 365, NEW_HALF_LIFE_DAYS = 91, RIDGE = 6.7,
                    TOLERANCE = 1e-7;
static const double DUE_LEAST = -60, DUE_MOST = 180, DUE_SOON = 30;
static const double age_steps[AGE_STEPS] = {3, 7, 14, 28, 56, 84, 126, 182, 365};
static const int64_t WEEK = 7 * FORE_DAY;
enum { DAYS_IN_STAGE, AMOUNT_LOG, DUE, SINCE_TOUCH, OWNER_RATE, FIRST_COUNT };
static const char *const features[READ + 1] = {
    "days_in_stage",    "amount_log",     "days_to_expected_close",
    "days_since_touch", "owner_win_rate", "touches_30d",
    "inbound_30d",      "inbound_all"};

typedef struct row {
    int64_t subject, moment;
    double weight; /* 1 over the chance to be drawn */
} row;

typedef struct direct {
    fore_context *c;
    const fore_timeline *t;
    const fore_extractor *extractor;
    fore_outlook *o;
    bool logged, amounts;
    int64_t first, end;   /* subjects of the kind */
    int64_t since;        /* the oldest moment asked */
    int64_t nearest;      /* the same for the first period alone: how many rows are drawn and which
                           * stages are told apart is chosen by it, whatever the horizon */
    int64_t begins, ends; /* of the period in hand, after its moment */
    double share[2];      /* drawn of deals not won, and won */
    int32_t stage[STAGES_MOST];
    int64_t stages, columns;
    row *row;
    int64_t rows;
    double *x;
} direct;

bool fore_outlook_usable(const fore_timeline *t, const fore_outlook *o, int64_t s)
{
    if (t->left_out[s] || t->created_at[s] == FORE_NO_TIME || t->created_at[s] >= o->as_of)
        return false;
    return o->currency < 0 || t->currency[s] < 0 || t->currency[s] == o->currency;
}

/* When it closed, as known now; INT64_MAX: not yet. */
static int64_t closed_at(const direct *d, int64_t s)
{
    fore_ending end = fore_subject_closed(d->t, s, d->o->as_of);
    return end.outcome == FORE_OUTCOME_OPEN ? INT64_MAX : end.at;
}

static bool is_won(const direct *d, int64_t s)
{
    return fore_subject_closed(d->t, s, d->o->as_of).outcome == FORE_WON;
}

/* The moments, in weeks before as_of, at which the deal was open: from .. to, but for those at
 * which it was closed and opened again later. False: none. */
static bool open_weeks(const direct *d, int64_t s, int64_t since, int64_t *from, int64_t *to)
{
    int64_t closed = closed_at(d, s), as_of = d->o->as_of;
    int64_t begin = d->t->created_at[s] + 1 > since ? d->t->created_at[s] + 1 : since;
    *to = (as_of - begin) / WEEK;
    *from = closed >= as_of ? 1 : (as_of - closed + WEEK - 1) / WEEK;
    if (*from < 1) *from = 1;
    return begin < as_of && *from <= *to;
}

/* --- rows --- */

static fore_status draw_rows(direct *d, fore_error *err)
{
    double count[2] = {0};
    int64_t from, to, room = 0;
    for (int64_t s = d->first; s < d->end; s++)
        if (fore_outlook_usable(d->t, d->o, s) && open_weeks(d, s, d->nearest, &from, &to))
            count[is_won(d, s)] += (double)(to - from + 1);
    for (int k = 0; k < 2; k++) d->share[k] = fmin(1, ROWS_MOST / 2.0 / fmax(1, count[k]));
    for (int64_t s = d->first; s < d->end; s++) {
        if (!fore_outlook_usable(d->t, d->o, s) || !open_weeks(d, s, d->since, &from, &to))
            continue;
        double share = d->share[is_won(d, s)];
        fore_random lot = fore_random_new(LOTS, (uint64_t)d->t->key[s]);
        if (share < 1 && fore_random_uniform(&lot) >= share) continue;
        while (d->rows + to - from + 1 > room) {
            room = room ? 2 * room : 4096;
            row *grown = fore_realloc(d->row, room, sizeof *grown);
            if (!grown) return fore_no_memory(err);
            d->row = grown;
        }
        for (int64_t w = from; w <= to; w++)
            if (fore_subject_open_at(d->t, s, d->o->as_of - w * WEEK))
                d->row[d->rows++] = (row){s, d->o->as_of - w * WEEK, 1 / share};
    }
    return FORE_OK;
}

/* The stages that most rows are in; ties by name, so that no numbering counts. */
static fore_status choose_stages(direct *d, fore_error *err)
{
    double *seen = FORE_ZNEW(d->t->stages.count + 1, double);
    if (!seen) return fore_no_memory(err);
    for (int64_t i = 0; i < d->rows; i++) {
        fore_subject_state state;
        fore_subject_state_at(d->t, d->row[i].subject, d->row[i].moment, &state);
        if (state.stage >= 0 && d->row[i].moment >= d->nearest)
            seen[state.stage] += d->row[i].weight;
    }
    while (d->stages < STAGES_MOST) {
        int32_t best = -1;
        for (int32_t k = 0; k < d->t->stages.count; k++)
            if (seen[k] > 0 &&
                (best < 0 || seen[k] > seen[best] ||
                 (seen[k] == seen[best] &&
                  strcmp(fore_word(&d->t->stages, k), fore_word(&d->t->stages, best)) < 0)))
                best = k;
        if (best < 0) break;
        seen[best] = 0;
        d->stage[d->stages++] = best;
    }
    fore_free(seen);
    return FORE_OK;
}

static double by_size(double value) { return copysign(log1p(fabs(value)), value); }

/* The columns of one row from what was read of it; returns how many. */
static int64_t columns_of(const direct *d, const row *r, const double read[READ + 1], double *out)
{
    int64_t k = 0;
    double age = (double)(r->moment - d->t->created_at[r->subject]) / (double)FORE_DAY;
    for (int i = 0; i < AGE_STEPS; i++) out[k++] = age >= age_steps[i];
    for (int i = FIRST_COUNT; i <= READ; i++) out[k++] = by_size(read[i]);
    out[k++] = by_size(read[SINCE_TOUCH]);
    out[k++] = read[OWNER_RATE];
    if (!d->logged) return k;
    fore_subject_state state;
    fore_subject_state_at(d->t, r->subject, r->moment, &state);
    double stay = isnan(read[DAYS_IN_STAGE]) ? 0 : by_size(read[DAYS_IN_STAGE]), due = read[DUE];
    for (int64_t i = 0; i < d->stages; i++) {
        out[k++] = state.stage == d->stage[i];
        out[k++] = state.stage == d->stage[i] ? stay : 0;
    }
    out[k++] = isnan(due) ? NAN : fmin(fmax(due, DUE_LEAST), DUE_MOST);
    out[k++] = due < 0;
    out[k++] = due >= 0 && due < DUE_SOON;
    if (d->amounts) out[k++] = read[AMOUNT_LOG];
    return k;
}

static fore_status read_rows(direct *d, const row *rows, int64_t n, double **x, fore_error *err)
{
    fore_status status = FORE_OK;
    int32_t index[READ + 1];
    double none[READ + 1] = {0}, out[COLUMNS_MOST];
    for (int i = 0; i <= READ; i++) index[i] = fore_feature_find(features[i]);
    d->columns = columns_of(d, &(row){d->first, 0, 1}, none, out);
    fore_extract_row *at = FORE_NEW(n, fore_extract_row);
    double *read = FORE_NEW(n * (READ + 1), double);
    *x = FORE_NEW(n * d->columns, double);
    if (!at || !read || !*x) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < n; i++) at[i] = (fore_extract_row){rows[i].subject, rows[i].moment};
    FORE_GO(fore_extract(d->extractor, d->c->pool, at, n, index, READ + 1, read, n, err));
    for (int64_t i = 0; i < n; i++) {
        double mine[READ + 1];
        for (int k = 0; k <= READ; k++) mine[k] = read[i + k * n];
        columns_of(d, &rows[i], mine, out);
        for (int64_t k = 0; k < d->columns; k++) (*x)[i + k * n] = out[k];
    }
done:
    fore_free(at);
    fore_free(read);
    return status;
}

/* --- one period --- */

/* Rows whose stretch is over, their answers and weights; how many moments and wins they hold. */
typedef struct lesson {
    int64_t *row, rows, moments;
    double *y, *w, wins;
} lesson;

static void lesson_free(lesson *l)
{
    fore_free(l->row);
    fore_free(l->y);
    fore_free(l->w);
}

/* A win is seen from as many moments as the stretch has weeks: it counts once. */
static double once_of(const direct *d)
{
    return fmax(1, (double)(d->ends - d->begins) / (double)WEEK);
}

static fore_status make_lesson(const direct *d, lesson *l, fore_error *err)
{
    double total = 0, all = 0;
    int64_t nearest = INT64_MAX, oldest = INT64_MAX;
    l->row = FORE_NEW(d->rows, int64_t);
    l->y = FORE_NEW(d->rows, double);
    l->w = FORE_NEW(d->rows, double);
    if (!l->row || !l->y || !l->w) return fore_no_memory(err);
    for (int64_t i = 0; i < d->rows; i++) {
        const row *r = &d->row[i];
        int64_t over = r->moment + d->ends;
        fore_ending end = fore_subject_next_end(d->t, r->subject, r->moment);
        if (over > d->o->as_of || d->o->as_of - over > MOMENTS_DAYS * FORE_DAY) continue;
        bool won = end.outcome == FORE_WON && end.at >= r->moment + d->begins && end.at < over;
        double age = (double)(d->o->as_of - over) / (double)FORE_DAY;
        l->row[l->rows] = i;
        l->y[l->rows] = won;
        l->w[l->rows++] = r->weight * exp2(-age / CHANCE_HALF_LIFE_DAYS);
        l->wins += won;
        total += l->w[l->rows - 1];
        all += r->weight;
        if (r->moment < oldest) oldest = r->moment;
        if (nearest == INT64_MAX || r->moment > nearest) nearest = r->moment;
    }
    l->moments = l->rows > 0 ? (nearest - oldest) / WEEK + 1 : 0;
    double once = once_of(d);
    l->wins /= once;
    for (int64_t i = 0; i < l->rows; i++) l->w[i] *= all / total / once;
    return FORE_OK;
}

static fore_status predict(const direct *d, const double *now, const fore_design *design,
                           const fore_logit_model *logit, int64_t period, fore_error *err)
{
    int64_t n = d->o->open;
    double *z = FORE_NEW(n * design->width, double);
    if (!z) return fore_no_memory(err);
    fore_view rows = {now, n, d->columns, n, NULL};
    fore_design_block(design, &rows, 0, n, z, n);
    for (int64_t i = 0; i < n; i++) {
        double eta = logit->intercept;
        for (int64_t k = 0; k < design->width; k++) eta += logit->beta[k] * z[i + k * n];
        d->o->direct_won[i + period * n] = 1 / (1 + exp(-eta));
    }
    fore_free(z);
    return FORE_OK;
}

/* What deals not open at a moment brought in its stretch, as the mean over the moments; returns how
 * many wins it rests on, a win seen from several moments once. */
static double new_business(const direct *d, double *mean)
{
    const fore_outlook *o = d->o;
    double sum = 0, total = 0, wins = 0;
    for (int64_t w = 1; o->as_of - w * WEEK >= d->since; w++) {
        int64_t moment = o->as_of - w * WEEK, over = moment + d->ends;
        if (over > o->as_of || o->as_of - over > MOMENTS_DAYS * FORE_DAY) continue;
        double weight = exp2(-(double)(o->as_of - over) / (double)FORE_DAY / NEW_HALF_LIFE_DAYS);
        total += weight;
        for (int64_t i = 0; i < o->past_wins; i++) {
            int64_t s = o->past_subject[i], closed = closed_at(d, s);
            if (closed < moment + d->begins || closed >= over) continue;
            if (fore_outlook_usable(d->t, o, s) && fore_subject_open_at(d->t, s, moment)) continue;
            sum += weight * o->past_amount[i];
            wins++;
        }
    }
    *mean = total > 0 ? sum / total : NAN;
    return wins / once_of(d);
}

/* Too little to learn from: no direct way. No win of an open deal: none is to be expected. */
static fore_status learn_period(direct *d, const double *now, int64_t period, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_outlook *o = d->o;
    lesson l = {0};
    fore_design *design = NULL;
    fore_logit_model *logit = NULL;
    FORE_GO(make_lesson(d, &l, err));
    double fresh = new_business(d, &o->direct_new[period]);
    bool enough = l.moments >= MOMENTS_LEAST && l.wins + fresh >= WINS_LEAST;
    for (int64_t i = 0; i < o->open; i++) o->direct_won[i + period * o->open] = enough ? 0 : NAN;
    if (!enough) o->direct_new[period] = NAN;
    if (!enough || l.wins == 0) goto done;
    fore_view rows = {d->x, l.rows, d->columns, d->rows, l.row};
    fore_logit_options options = fore_logit_default();
    options.precision = RIDGE;
    options.tolerance = TOLERANCE;
    FORE_GO(fore_design_fit(d->c->pool, &rows, l.w, NULL, &design, err));
    FORE_GO(fore_logit_fit(d->c->pool, &rows, design, l.y, l.w, NULL, &options, &logit, NULL, err));
    FORE_GO(predict(d, now, design, logit, period, err));
done:
    fore_logit_free(logit);
    fore_design_free(design);
    lesson_free(&l);
    return status;
}

/* Before the first closing nothing closed, or nobody wrote it down. */
static int64_t first_closing(const direct *d)
{
    int64_t first = d->o->as_of;
    for (int64_t s = d->first; s < d->end; s++) {
        fore_ending end = fore_subject_next_end(d->t, s, d->t->created_at[s]);
        bool ended = end.outcome != FORE_OUTCOME_OPEN && fore_outlook_usable(d->t, d->o, s);
        if (ended && end.at < first) first = end.at;
    }
    return first;
}

static void set_stretch(direct *d, int64_t period)
{
    int64_t begin = fore_time_of_date(d->o->start[period]) - d->o->as_of;
    d->begins = begin > 0 ? begin : 0;
    d->ends = fore_time_of_date(d->o->start[period + 1]) - d->o->as_of;
}

/* The oldest moment asked for periods up to this one. */
static int64_t oldest_of(direct *d, int64_t period)
{
    set_stretch(d, period);
    int64_t oldest = d->o->as_of - d->ends - MOMENTS_DAYS * FORE_DAY, first = first_closing(d);
    return first > oldest ? first : oldest;
}

fore_status fore_outlook_learn_direct(fore_context *c, fore_outlook *o, bool logged, bool amounts,
                                      fore_error *err)
{
    fore_status status = FORE_OK;
    direct d = {.c = c, .o = o, .logged = logged, .amounts = amounts && !o->counts};
    double *now = NULL;
    row *open = NULL;
    FORE_TRY(fore_context_history(c, &d.t, &d.extractor, err));
    d.first = o->kind == FORE_SUBJECT_DEAL ? d.t->leads : 0;
    d.end = o->kind == FORE_SUBJECT_DEAL ? d.t->subjects : d.t->leads;
    o->direct_won = fore_arena_alloc(o->arena, o->open * o->periods, sizeof(double));
    o->direct_new = fore_arena_alloc(o->arena, o->periods, sizeof(double));
    open = FORE_NEW(o->open, row);
    if (!o->direct_won || !o->direct_new || !open) FORE_GO(fore_no_memory(err));
    int64_t periods = o->periods < FORE_DIRECT_PERIODS ? o->periods : FORE_DIRECT_PERIODS;
    d.nearest = oldest_of(&d, 0);
    d.since = oldest_of(&d, periods - 1);
    FORE_GO(draw_rows(&d, err));
    if (logged) FORE_GO(choose_stages(&d, err));
    for (int64_t i = 0; i < o->open; i++) open[i] = (row){o->open_subject[i], o->as_of, 1};
    FORE_GO(read_rows(&d, d.row, d.rows, &d.x, err));
    FORE_GO(read_rows(&d, open, o->open, &now, err));
    for (int64_t j = periods; j < o->periods; j++) o->direct_new[j] = NAN;
    for (int64_t i = periods * o->open; i < o->periods * o->open; i++) o->direct_won[i] = NAN;
    for (int64_t j = 0; j < periods; j++) {
        set_stretch(&d, j);
        FORE_GO(learn_period(&d, now, j, err));
    }
done:
    fore_free(open);
    fore_free(now);
    fore_free(d.row);
    fore_free(d.x);
    return status;
}
