/* Measuring past lists; the method is told in past_lists.h. */
#include "engine/jobs/past_lists.h"

#include <math.h>
#include <string.h>

#include "engine/jobs/odoo_bayes.h"
#include "engine/jobs/training.h"

enum {
    ROWS_LEAST = 30,
    COVERAGE_BINS = 10,
    REP_DAYS = 7,
    RECORD_DAYS = 28,
    PER_REP = 50 /* as many as `rank` lists at most */
};

/* --- adding up --- */

void fore_past_lists_free(fore_past_lists *all)
{
    for (int s = 0; s < FORE_ORDERS; s++) fore_free(all->score[s]);
    fore_free(all->y);
    fore_free(all->stratum);
    *all = (fore_past_lists){0};
}

static fore_status all_grow(fore_past_lists *all, int64_t more, fore_error *err)
{
    int64_t wanted = all->n + more;
    for (int s = 0; s <= FORE_ORDERS; s++) {
        double **column = s < FORE_ORDERS ? &all->score[s] : &all->y;
        int64_t capacity = all->capacity;
        FORE_TRY(fore_grow((void **)column, &capacity, wanted, sizeof **column, err));
        if (s < FORE_ORDERS) continue;
        int64_t same = all->capacity;
        FORE_TRY(fore_grow((void **)&all->stratum, &same, wanted, sizeof *all->stratum, err));
        all->capacity = capacity;
    }
    return FORE_OK;
}

/* --- what the reps did --- */

static bool is_own_contact(uint8_t code)
{
    switch (fore_code_kind(code)) {
    case FORE_CALL:
    case FORE_EMAIL:
    case FORE_MEETING:
    case FORE_DEMO:
    case FORE_VISIT:
    case FORE_MESSAGE: break;
    default: return false;
    }
    return fore_code_direction(code) != FORE_INBOUND &&
           fore_code_outcome(code) != FORE_EVENT_CANCELLED;
}

static int64_t first_contact(const fore_timeline *t, int64_t subject, int64_t from, int64_t end)
{
    int64_t first = t->event_first[subject], last = t->event_first[subject + 1];
    for (int64_t e = fore_time_lower(t->event_at, first, last, from); e < last; e++) {
        if (t->event_at[e] >= end) break;
        if (is_own_contact(t->event_code[e])) return t->event_at[e];
    }
    return FORE_NO_TIME;
}

static int64_t kind_first(const fore_timeline *t, fore_subject_kind kind)
{
    return kind == FORE_SUBJECT_LEAD ? 0 : t->leads;
}

static int64_t kind_end(const fore_timeline *t, fore_subject_kind kind)
{
    return kind == FORE_SUBJECT_LEAD ? t->leads : t->subjects;
}

/* Different subjects of [first, end) contacted per day, over the days with any; 0: none. */
static int64_t worked_per_day(const fore_timeline *t, int64_t first, int64_t end, int64_t cut)
{
    int64_t day[RECORD_DAYS] = {0}, days = 0, worked = 0, start = cut - RECORD_DAYS * FORE_DAY;
    for (int64_t s = first; s < end; s++)
        for (int64_t at = start; (at = first_contact(t, s, at, cut)) != FORE_NO_TIME;) {
            int64_t on = (at - start) / FORE_DAY;
            day[on]++;
            at = start + (on + 1) * FORE_DAY;
        }
    for (int d = 0; d < RECORD_DAYS; d++) {
        days += day[d] > 0;
        worked += day[d];
    }
    int64_t mean = days > 0 ? (worked + days / 2) / days : 0;
    return days > 0 && mean < 1 ? 1 : mean;
}

/* Is it open, and the rep's? */
static bool holds(const fore_timeline *t, int64_t s, int64_t at, int64_t rep)
{
    fore_subject_state state;
    if (!fore_subject_open_at(t, s, at)) return false;
    fore_subject_state_at(t, s, at, &state);
    return state.owner == rep;
}

static int64_t worked_in_a_day(const fore_timeline *t, fore_subject_kind kind, int64_t cut,
                               bool *recorded)
{
    int64_t owners = 0, k = worked_per_day(t, kind_first(t, kind), kind_end(t, kind), cut);
    if (k == 0) k = worked_per_day(t, 0, t->subjects, cut);
    *recorded = k > 0;
    if (k > 0) return k;
    for (int64_t r = 0; r < t->reps; r++)
        for (int64_t s = kind_first(t, kind); s < kind_end(t, kind); s++)
            if (holds(t, s, cut, r)) {
                owners++;
                break;
            }
    return PER_REP * (owners > 0 ? owners : 1);
}

/* --- one cut --- */

typedef struct cut_rows {
    fore_extract_row *row;
    double *label, *value, *p, *lo, *hi, *score; /* score: FORE_ORDERS x room */
    fore_listed *before, *after;
    int64_t n, room;
} cut_rows;

static void rows_free(cut_rows *r)
{
    fore_free(r->row);
    fore_free(r->label);
    fore_free(r->before);
    *r = (cut_rows){0};
}

static fore_status rows_new(int64_t room, cut_rows *r, fore_error *err)
{
    *r = (cut_rows){.room = room};
    r->row = FORE_NEW(room, fore_extract_row);
    r->label = FORE_NEW(room * (5 + FORE_ORDERS), double);
    r->before = FORE_NEW(2 * room, fore_listed);
    if (!r->row || !r->label || !r->before) {
        rows_free(r);
        return fore_no_memory(err);
    }
    r->value = r->label + room;
    r->p = r->label + 2 * room;
    r->lo = r->label + 3 * room;
    r->hi = r->label + 4 * room;
    r->score = r->label + 5 * room;
    r->after = r->before + room;
    return FORE_OK;
}

/* Everything of the kind that was open at the cut, and whether it was won within the horizon. */
static void open_rows(const fore_timeline *t, fore_subject_kind kind, int64_t cut, int64_t horizon,
                      cut_rows *r)
{
    r->n = 0;
    for (int64_t s = kind_first(t, kind); s < kind_end(t, kind); s++) {
        if (t->left_out[s] || !fore_subject_open_at(t, s, cut)) continue;
        r->row[r->n] = (fore_extract_row){s, cut};
        fore_ending end = fore_subject_next_end(t, s, cut);
        r->label[r->n++] = end.outcome == FORE_WON && end.at < cut + horizon;
    }
}

/* The won amount of each row, in the currency of most wins; of a lead: that of its won deal. */
static double won_values(const fore_timeline *t, cut_rows *r)
{
    int64_t most = -1, best = 0;
    double sum = 0;
    for (int64_t c = -1; c < t->currencies.count; c++) {
        int64_t wins = 0;
        for (int64_t i = 0; i < r->n; i++)
            wins += r->label[i] > 0 && t->currency[r->row[i].subject] == c;
        if (wins > best) {
            best = wins;
            most = c;
        }
    }
    for (int64_t i = 0; i < r->n; i++) {
        int64_t s = r->row[i].subject, deal = s >= t->leads ? s : t->other[s];
        fore_ending end = {FORE_OUTCOME_OPEN, FORE_NO_TIME};
        if (r->label[i] > 0 && deal >= 0)
            end = s == deal ? fore_subject_next_end(t, s, r->row[i].as_of)
                            : fore_subject_closed(t, deal, INT64_MAX);
        double amount = end.outcome == FORE_WON ? fore_closing_amount(t, deal, end.at) : NAN;
        bool counts = amount > 0 && (s < t->leads || t->currency[s] == most);
        r->value[i] = counts ? amount : 0;
        sum += r->value[i];
    }
    return sum;
}

/* Scores of the orders that need no model. */
static double plain_score(const fore_timeline *t, int order, int64_t subject, int64_t cut)
{
    double age = (double)(cut - t->created_at[subject]);
    if (order == FORE_ORDER_NEWEST) return -age;
    if (order == FORE_ORDER_OLDEST) return age;
    int64_t at = first_contact(t, subject, cut, cut + REP_DAYS * FORE_DAY);
    return at == FORE_NO_TIME ? -(double)(REP_DAYS * FORE_DAY) : (double)(cut - at);
}

/* False when the reps contacted nobody. */
static bool score_plainly(const fore_timeline *t, int64_t cut, cut_rows *r)
{
    bool contacted = false;
    for (int64_t i = 0; i < r->n; i++) {
        int64_t s = r->row[i].subject;
        for (int o = FORE_ORDER_NEWEST; o < FORE_ORDERS; o++)
            r->score[o * r->room + i] = plain_score(t, o, s, cut);
        contacted |= first_contact(t, s, cut, cut + REP_DAYS * FORE_DAY) != FORE_NO_TIME;
    }
    return contacted;
}

/* A day later: who is still open then, and their scores in each order. */
static fore_status measure_kept(fore_context *c, const fore_training *training,
                                const fore_odoo_bayes *bayes, fore_subject_kind kind, int64_t cut,
                                cut_rows *r, fore_past_list *out, fore_error *err)
{
    const fore_timeline *t = c->timeline;
    int64_t n = r->n, m = 0;
    for (int64_t i = 0; i < n; i++) r->before[i].key = t->key[r->row[i].subject];
    for (int64_t s = kind_first(t, kind); s < kind_end(t, kind); s++)
        if (!t->left_out[s] && fore_subject_open_at(t, s, cut + FORE_DAY))
            r->row[m++] = (fore_extract_row){s, cut + FORE_DAY};
    FORE_TRY(fore_scoring_predict(training->scoring, c->extractor, c->pool, training->attributes,
                                  r->row, m, r->p, NULL, NULL, err));
    for (int o = 0; o < FORE_ORDERS; o++) {
        if (!out->order[o].given) continue;
        for (int64_t i = 0; i < n; i++) r->before[i].score = r->score[o * r->room + i];
        for (int64_t i = 0; i < m; i++)
            r->after[i] = (fore_listed){t->key[r->row[i].subject],
                                        o == FORE_ORDER_OURS ? r->p[i]
                                        : o == FORE_ORDER_BAYES
                                            ? fore_odoo_bayes_chance(bayes, r->row[i])
                                            : plain_score(t, o, r->row[i].subject, cut + FORE_DAY)};
        FORE_TRY(fore_top_kept(r->before, n, r->after, m, out->k, &out->order[o].kept, err));
    }
    return FORE_OK;
}

static fore_status measure_order(const cut_rows *r, int system, int64_t k, fore_past_order *o,
                                 fore_error *err)
{
    const double *score = r->score + system * r->room;
    o->given = true;
    FORE_TRY(fore_value_at(score, r->label, r->n, k, &o->hits, err));
    FORE_TRY(fore_value_at(score, r->value, r->n, k, &o->value, err));
    return fore_lift(score, r->label, NULL, r->n, o->lift, err);
}

static fore_status add_cut(const cut_rows *r, const fore_past_list *cut, fore_past_lists *all,
                           fore_error *err)
{
    FORE_TRY(all_grow(all, r->n, err));
    FORE_TRY(fore_coverage_add(r->p, r->lo, r->hi, r->label, r->n, COVERAGE_BINS,
                               FORE_PAST_INTERVAL_LEVEL, &all->coverage, err));
    for (int s = 0; s < FORE_ORDERS; s++) {
        memcpy(all->score[s] + all->n, r->score + s * r->room, (size_t)r->n * sizeof(double));
        all->given[s] = cut->order[s].given && (all->cuts == 0 || all->given[s]);
        all->hits[s] += cut->order[s].hits;
        all->value[s] += cut->order[s].value;
        for (int d = 0; d < FORE_LIFT_PARTS && cut->wins > 0; d++)
            all->lift[s][d] += cut->order[s].lift[d] * cut->wins;
    }
    memcpy(all->y + all->n, r->label, (size_t)r->n * sizeof(double));
    for (int64_t i = 0; i < r->n; i++) all->stratum[all->n + i] = all->cuts;
    all->n += r->n;
    all->cuts++;
    all->k += (double)(cut->k < cut->n ? cut->k : cut->n);
    all->rows += (double)cut->n;
    all->wins += cut->wins;
    all->won_value += cut->won_value;
    return FORE_OK;
}

fore_status fore_past_list_measure(fore_context *c, fore_subject_kind kind, int64_t cut,
                                   double horizon_days, uint64_t seed, fore_past_list *out,
                                   fore_past_lists *all, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_timeline *t = c->timeline;
    fore_training training = {0};
    fore_odoo_bayes *bayes = NULL;
    cut_rows r;
    fore_training_options options = {.as_of = cut, .seed = seed, .horizon_days = horizon_days};
    options.without[FORE_SVM] = true; /* never chosen at these sizes, and the slowest by far */
    FORE_TRY(rows_new(t->subjects, &r, err));
    FORE_GO(fore_training_run(c, kind, &options, &training, err));
    open_rows(t, kind, cut, (int64_t)(horizon_days * (double)FORE_DAY), &r);
    int64_t n = r.n;
    if (n < ROWS_LEAST) {
        status = fore_fail(err, FORE_E_NO_ANSWER, "only %lld were open then", (long long)n);
        goto done;
    }
    FORE_GO(fore_scoring_predict(training.scoring, c->extractor, c->pool, training.attributes,
                                 r.row, n, r.p, r.lo, r.hi, err));
    FORE_GO(fore_quality_measure(r.p, r.label, NULL, n, &out->quality, err));
    FORE_GO(fore_odoo_bayes_learn(t, training.examples, cut, &bayes, err));
    out->learner = fore_learner_name(training.choice.winner);
    out->n = n;
    out->wins = out->quality.positives;
    out->k = worked_in_a_day(t, kind, cut, &out->k_recorded);
    out->won_value = won_values(t, &r);
    bool contacted = score_plainly(t, cut, &r);
    for (int64_t i = 0; i < n; i++) {
        r.score[FORE_ORDER_OURS * r.room + i] = r.p[i];
        r.score[FORE_ORDER_BAYES * r.room + i] = fore_odoo_bayes_chance(bayes, r.row[i]);
    }
    for (int s = 0; s < FORE_ORDERS; s++)
        if (s != FORE_ORDER_REPS || contacted)
            FORE_GO(measure_order(&r, s, out->k, &out->order[s], err));
    FORE_GO(add_cut(&r, out, all, err));
    double rate = training.scoring->base_rate, won = out->wins / (double)n;
    out->base_log_loss = -(won * log(rate) + (1 - won) * log(1 - rate));
    FORE_GO(measure_kept(c, &training, bayes, kind, cut, &r, out, err));
    for (int o = 0; o < FORE_ORDERS; o++) {
        if (!out->order[o].given || isnan(out->order[o].kept)) continue;
        all->kept[o] += out->order[o].kept;
        all->kept_cuts[o]++;
    }
done:
    fore_odoo_bayes_free(bayes);
    fore_training_free(&training);
    rows_free(&r);
    return status;
}

fore_status fore_past_lists_horizon(fore_context *c, fore_subject_kind kind, int64_t as_of,
                                    double *days, fore_error *err)
{
    fore_examples *e = NULL;
    fore_examples_options options = fore_examples_defaults(as_of);
    FORE_TRY(fore_examples_make(c->timeline, kind, &options, &e, err));
    *days = e->horizon_days;
    fore_examples_free(e);
    return FORE_OK;
}
