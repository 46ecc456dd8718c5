/* Past lists, and what then happened.
 *
 *   at each cut: a model trained on what was known then scores all that was open; beside it stand
 *     the orders that need no model and Odoo's naive Bayes learned from the same examples
 *   k = what the reps worked on a day then (backtest_rank.h); of the first k of each order: share
 *     won within the horizon, and their won amount over all won amount
 *   the same model a day later: which of the first k are still among the first k
 *   all cuts of a purpose: sums over cuts (hits over worked, amounts over amounts), AUC among rows
 *     of one cut, lift by tenths within cuts, reliability, and the intervals (topk.h)
 *
 * The reps' own order is read from what they did within a week of the cut: first contacted first.
 * They acted on news that no list of the cut could know. */
#include "engine/jobs/backtest_rank.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/jobs/odoo_bayes.h"
#include "engine/jobs/training.h"
#include "models/measure/topk.h"

enum {
    OURS,
    BAYES,
    NEWEST,
    OLDEST,
    REPS,
    SYSTEMS,
    ROWS_LEAST = 30,
    COVERAGE_BINS = 10,
    REP_DAYS = 7,
    RECORD_DAYS = 28,
    PER_REP = 50, /* as many as `rank` lists at most */
    CUTS_MOST = 64
};
static const double INTERVAL_LEVEL = 0.9;

static const char *const system_key[SYSTEMS] = {"foresell", "naive_bayes", "newest_first",
                                                "oldest_first", "reps_own"};
static const char *const system_name[SYSTEMS] = {"foresell", "naive Bayes (Odoo)", "newest first",
                                                 "oldest first", "what the reps did"};

static const fore_column rank_columns[] = {
    {"as_of", "as of", FORE_CELL_TEXT, 0},
    {"purpose", "for", FORE_CELL_TEXT, 0},
    {"rows", "open", FORE_CELL_INTEGER, 0},
    {"wins", "won", FORE_CELL_INTEGER, 0},
    {"auc", "AUC", FORE_CELL_RATIO, 0},
    {"log_loss", "loss", FORE_CELL_RATIO, 0},
    {"base_log_loss", "base", FORE_CELL_RATIO, 0},
    {"calibration_error", "calib.", FORE_CELL_RATIO, 0},
    {"lift", "lift", FORE_CELL_NUMBER, 0},
    {"lift_newest", "new", FORE_CELL_NUMBER, 0},
    {"lift_oldest", "old", FORE_CELL_NUMBER, 0},
    {"learner", NULL, FORE_CELL_TEXT, 0},
};

static const fore_column top_columns[] = {
    {"as_of", "as of", FORE_CELL_TEXT, 0},
    {"purpose", "for", FORE_CELL_TEXT, 0},
    {"k", "k", FORE_CELL_INTEGER, 0},
    {"base_rate", "all", FORE_CELL_PERCENT, 0},
    {"foresell", "ours", FORE_CELL_PERCENT, 0},
    {"naive_bayes", "Bayes", FORE_CELL_PERCENT, 0},
    {"newest_first", "new", FORE_CELL_PERCENT, 0},
    {"oldest_first", "old", FORE_CELL_PERCENT, 0},
    {"reps_own", "reps'", FORE_CELL_PERCENT, 0},
    {"kept", "kept", FORE_CELL_PERCENT, 0},
};

static const fore_column order_columns[] = {
    {"purpose", "for", FORE_CELL_TEXT, 0},
    {"order", "order", FORE_CELL_TEXT, 0},
    {"precision", "won of k", FORE_CELL_PERCENT, 0},
    {"captured", "amount", FORE_CELL_PERCENT, 0},
    {"auc", "AUC", FORE_CELL_RATIO, 0},
    {"lift_1", "1st tenth", FORE_CELL_NUMBER, 0},
    {"lift_2", "2nd", FORE_CELL_NUMBER, 0},
    {"lift_5", "5th", FORE_CELL_NUMBER, 0},
    {"lift_10", "10th", FORE_CELL_NUMBER, 0},
};

static const fore_column reliability_columns[] = {
    {"purpose", "for", FORE_CELL_TEXT, 0},  {"rows", "rows", FORE_CELL_INTEGER, 0},
    {"low", "from", FORE_CELL_PERCENT, 0},  {"high", "to", FORE_CELL_PERCENT, 0},
    {"said", "said", FORE_CELL_PERCENT, 0}, {"came_true", "came true", FORE_CELL_PERCENT, 0},
};

/* --- one order at one cut --- */

typedef struct order_result {
    bool given;                   /* an order there is */
    double hits, value;           /* of the first k */
    double lift[FORE_LIFT_PARTS]; /* by tenths, best first */
} order_result;

typedef struct rank_cut {
    int64_t n, k;
    bool k_recorded;
    double wins, won_value; /* won_value: 0 where no amount is known */
    double kept;
    fore_quality quality;
    double base_log_loss;
    order_result order[SYSTEMS];
    const char *learner;
} rank_cut;

/* The rows of a purpose over all cuts, for what is measured of them together. */
typedef struct all_cuts {
    double *score[SYSTEMS], *y;
    int64_t *stratum;
    int64_t n, capacity;
    bool given[SYSTEMS]; /* at every cut */
    double hits[SYSTEMS], value[SYSTEMS], lift[SYSTEMS][FORE_LIFT_PARTS];
    double k, rows, wins, won_value, kept;
    int64_t cuts, kept_cuts;
    fore_coverage coverage;
} all_cuts;

static void all_free(all_cuts *all)
{
    for (int s = 0; s < SYSTEMS; s++) fore_free(all->score[s]);
    fore_free(all->y);
    fore_free(all->stratum);
    *all = (all_cuts){0};
}

static fore_status all_grow(all_cuts *all, int64_t more, fore_error *err)
{
    int64_t wanted = all->n + more;
    for (int s = 0; s <= SYSTEMS; s++) {
        double **column = s < SYSTEMS ? &all->score[s] : &all->y;
        int64_t capacity = all->capacity;
        FORE_TRY(fore_grow((void **)column, &capacity, wanted, sizeof **column, err));
        if (s < SYSTEMS) continue;
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

int64_t fore_first_contact(const fore_timeline *t, int64_t subject, int64_t from, int64_t end)
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
        for (int64_t at = start; (at = fore_first_contact(t, s, at, cut)) != FORE_NO_TIME;) {
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

int64_t fore_worked_in_a_day(const fore_timeline *t, fore_subject_kind kind, int64_t cut,
                             bool *recorded)
{
    int64_t owners = 0, k = worked_per_day(t, kind_first(t, kind), kind_end(t, kind), cut);
    if (k == 0) k = worked_per_day(t, 0, t->subjects, cut);
    *recorded = k > 0;
    if (k > 0) return k;
    for (int64_t r = 0; r < t->reps; r++)
        for (int64_t s = kind_first(t, kind); s < kind_end(t, kind); s++)
            if (t->owner[s] == r && fore_subject_open_at(t, s, cut)) {
                owners++;
                break;
            }
    return PER_REP * (owners > 0 ? owners : 1);
}

/* --- one cut --- */

typedef struct cut_rows {
    fore_extract_row *row;
    double *label, *value, *p, *lo, *hi, *score; /* score: SYSTEMS x room */
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
    r->label = FORE_NEW(room * (5 + SYSTEMS), double);
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
        r->label[r->n++] = t->outcome[s] == FORE_WON && t->closed_at[s] < cut + horizon;
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
        double amount = r->label[i] > 0 && deal >= 0 && t->outcome[deal] == FORE_WON
                            ? fore_closing_amount(t, deal)
                            : NAN;
        bool counts = amount > 0 && (s < t->leads || t->currency[s] == most);
        r->value[i] = counts ? amount : 0;
        sum += r->value[i];
    }
    return sum;
}

/* Scores of the orders that need no model. */
static bool score_plainly(const fore_timeline *t, int64_t cut, cut_rows *r)
{
    bool contacted = false;
    for (int64_t i = 0; i < r->n; i++) {
        int64_t s = r->row[i].subject;
        int64_t at = fore_first_contact(t, s, cut, cut + REP_DAYS * FORE_DAY);
        double age = (double)(cut - t->created_at[s]);
        r->score[NEWEST * r->room + i] = -age;
        r->score[OLDEST * r->room + i] = age;
        r->score[REPS * r->room + i] =
            at == FORE_NO_TIME ? -(double)(REP_DAYS * FORE_DAY) : (double)(cut - at);
        contacted |= at != FORE_NO_TIME;
    }
    return contacted;
}

/* The same model a day later: who is still open then, and their scores. */
static fore_status measure_kept(fore_context *c, const fore_training *training,
                                fore_subject_kind kind, int64_t cut, cut_rows *r, rank_cut *out,
                                fore_error *err)
{
    const fore_timeline *t = c->timeline;
    int64_t n = r->n, m = 0;
    for (int64_t i = 0; i < n; i++)
        r->before[i] = (fore_listed){t->key[r->row[i].subject], r->p[i]};
    for (int64_t s = kind_first(t, kind); s < kind_end(t, kind); s++)
        if (!t->left_out[s] && fore_subject_open_at(t, s, cut + FORE_DAY))
            r->row[m++] = (fore_extract_row){s, cut + FORE_DAY};
    FORE_TRY(fore_scoring_predict(training->scoring, c->extractor, c->pool, training->attributes,
                                  r->row, m, r->p, NULL, NULL, err));
    for (int64_t i = 0; i < m; i++) r->after[i] = (fore_listed){t->key[r->row[i].subject], r->p[i]};
    return fore_top_kept(r->before, n, r->after, m, out->k, &out->kept, err);
}

static fore_status measure_order(const cut_rows *r, int system, int64_t k, order_result *o,
                                 fore_error *err)
{
    const double *score = r->score + system * r->room;
    o->given = true;
    FORE_TRY(fore_value_at(score, r->label, r->n, k, &o->hits, err));
    FORE_TRY(fore_value_at(score, r->value, r->n, k, &o->value, err));
    return fore_lift(score, r->label, NULL, r->n, o->lift, err);
}

static fore_status add_cut(const cut_rows *r, const rank_cut *cut, all_cuts *all, fore_error *err)
{
    FORE_TRY(all_grow(all, r->n, err));
    FORE_TRY(fore_coverage_add(r->p, r->lo, r->hi, r->label, r->n, COVERAGE_BINS, INTERVAL_LEVEL,
                               &all->coverage, err));
    for (int s = 0; s < SYSTEMS; s++) {
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

static fore_status rank_at(fore_context *c, fore_subject_kind kind, int64_t cut, int64_t as_of,
                           double horizon_days, uint64_t seed, rank_cut *out, all_cuts *all,
                           fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_timeline *t = c->timeline;
    fore_training training = {0};
    fore_odoo_bayes *bayes = NULL;
    cut_rows r;
    fore_training_options options = {
        .as_of = cut, .judged_at = as_of, .seed = seed, .horizon_days = horizon_days};
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
    out->k = fore_worked_in_a_day(t, kind, cut, &out->k_recorded);
    out->won_value = won_values(t, &r);
    bool contacted = score_plainly(t, cut, &r);
    for (int64_t i = 0; i < n; i++) {
        r.score[OURS * r.room + i] = r.p[i];
        r.score[BAYES * r.room + i] = fore_odoo_bayes_chance(bayes, r.row[i]);
    }
    for (int s = 0; s < SYSTEMS; s++)
        if (s != REPS || contacted) FORE_GO(measure_order(&r, s, out->k, &out->order[s], err));
    FORE_GO(add_cut(&r, out, all, err));
    double rate = training.scoring->base_rate, won = out->wins / (double)n;
    out->base_log_loss = -(won * log(rate) + (1 - won) * log(1 - rate));
    FORE_GO(measure_kept(c, &training, kind, cut, &r, out, err));
    if (!isnan(out->kept)) {
        all->kept += out->kept;
        all->kept_cuts++;
    }
done:
    fore_odoo_bayes_free(bayes);
    fore_training_free(&training);
    rows_free(&r);
    return status;
}

/* --- writing --- */

static double share(double part, double whole) { return whole > 0 ? part / whole : NAN; }

static void orders_json(fore_json_writer *json, const char *key, double hit_rows, double wins,
                        double won_value, const order_result *order, const double *auc)
{
    fore_json_object(json, key);
    for (int s = 0; s < SYSTEMS; s++) {
        if (!order[s].given) continue;
        fore_json_object(json, system_key[s]);
        fore_json_number(json, "precision_at_k", share(order[s].hits, hit_rows));
        fore_json_number(json, "value_captured", share(order[s].value, won_value));
        if (auc) fore_json_number(json, "auc_same_day", auc[s]);
        if (wins > 0) fore_json_numbers(json, "lift_by_tenth", order[s].lift, FORE_LIFT_PARTS);
        fore_json_end_object(json);
    }
    fore_json_end_object(json);
}

static void top_row(fore_answer *a, int64_t g, const char *date, fore_subject_kind kind, double k,
                    double base, const order_result *order, double kept)
{
    fore_answer_row(a, g);
    fore_answer_text(a, g, date);
    fore_answer_text(a, g, fore_purpose(kind));
    fore_answer_number(a, g, k);
    fore_answer_number(a, g, base);
    for (int s = 0; s < SYSTEMS; s++)
        fore_answer_number(a, g, order[s].given ? share(order[s].hits, k) : NAN);
    fore_answer_number(a, g, kept);
}

static void write_cut(const rank_cut *r, const char *date, fore_subject_kind kind, fore_answer *a,
                      const int64_t grid[2], fore_json_writer *json)
{
    const double numbers[] = {(double)r->n,
                              r->wins,
                              r->quality.auc,
                              r->quality.log_loss,
                              r->base_log_loss,
                              r->quality.ece,
                              r->quality.lift_top,
                              r->order[NEWEST].lift[0],
                              r->order[OLDEST].lift[0]};
    double k = (double)(r->k < r->n ? r->k : r->n);
    fore_answer_row(a, grid[0]);
    fore_answer_text(a, grid[0], date);
    fore_answer_text(a, grid[0], fore_purpose(kind));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        fore_answer_number(a, grid[0], numbers[i]);
    fore_answer_text(a, grid[0], r->learner);
    top_row(a, grid[1], date, kind, k, r->wins / (double)r->n, r->order, r->kept);
    fore_json_object(json, NULL);
    fore_json_string(json, "as_of", date);
    fore_json_string(json, "purpose", fore_purpose(kind));
    fore_json_string(json, "learner", r->learner);
    fore_quality_json(json, &r->quality);
    fore_json_number(json, "base_rate_log_loss", r->base_log_loss);
    fore_json_number(json, "lift_newest_first", r->order[NEWEST].lift[0]);
    fore_json_number(json, "lift_oldest_first", r->order[OLDEST].lift[0]);
    fore_json_number(json, "k", k);
    fore_json_bool(json, "k_from_record", r->k_recorded);
    fore_json_number(json, "won_amount", r->won_value);
    fore_json_number(json, "top_kept_a_day_later", r->kept);
    orders_json(json, "orders", k, r->wins, r->won_value, r->order, NULL);
    fore_json_end_object(json);
}

/* All cuts of a purpose as orders whose figures are those of the sums. */
static fore_status sum_up(const all_cuts *all, order_result *order, double *auc, fore_error *err)
{
    for (int s = 0; s < SYSTEMS; s++) {
        order[s] = (order_result){all->given[s], all->hits[s], all->value[s], {0}};
        auc[s] = NAN;
        for (int d = 0; d < FORE_LIFT_PARTS; d++)
            order[s].lift[d] = share(all->lift[s][d], all->wins);
        if (order[s].given)
            FORE_TRY(
                fore_auc_within(all->score[s], all->y, NULL, all->stratum, all->n, &auc[s], err));
    }
    return FORE_OK;
}

static void order_rows(fore_answer *a, int64_t g, fore_subject_kind kind, const all_cuts *all,
                       const order_result *order, const double *auc)
{
    for (int s = 0; s < SYSTEMS; s++) {
        if (!order[s].given) continue;
        fore_answer_row(a, g);
        fore_answer_text(a, g, fore_purpose(kind));
        fore_answer_text(a, g, system_name[s]);
        fore_answer_number(a, g, share(order[s].hits, all->k));
        fore_answer_number(a, g, share(order[s].value, all->won_value));
        fore_answer_number(a, g, auc[s]);
        static const int tenth[] = {0, 1, 4, 9};
        for (int i = 0; i < 4; i++) fore_answer_number(a, g, order[s].lift[tenth[i]]);
    }
    fore_answer_row(a, g);
    fore_answer_text(a, g, fore_purpose(kind));
    fore_answer_text(a, g, "no order at all");
    fore_answer_number(a, g, share(all->wins, all->rows));
    fore_answer_number(a, g, all->won_value > 0 ? share(all->k, all->rows) : NAN);
    fore_answer_number(a, g, 0.5);
    for (int i = 0; i < 4; i++) fore_answer_number(a, g, 1);
}

static void reliability_rows(fore_answer *a, int64_t g, fore_subject_kind kind,
                             const fore_reliability *bin, int64_t bins, fore_json_writer *json)
{
    fore_json_array(json, "reliability");
    for (int64_t b = 0; b < bins; b++) {
        const double v[] = {bin[b].weight, bin[b].low, bin[b].high, bin[b].mean, bin[b].rate};
        static const char *const key[] = {"rows", "low", "high", "said", "came_true"};
        fore_answer_row(a, g);
        fore_answer_text(a, g, fore_purpose(kind));
        fore_json_object(json, NULL);
        for (int i = 0; i < 5; i++) {
            fore_answer_number(a, g, v[i]);
            fore_json_number(json, key[i], v[i]);
        }
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
}

static void coverage_json(fore_json_writer *json, const fore_coverage *v)
{
    fore_json_object(json, "intervals");
    fore_json_number(json, "nominal", INTERVAL_LEVEL);
    fore_json_integer(json, "bins", v->bins);
    fore_json_integer(json, "inside", v->inside);
    fore_json_integer(json, "inside_without_noise", v->inside_bare);
    fore_json_number(json, "coverage", share((double)v->inside, (double)v->bins));
    fore_json_number(json, "interval_share_of_width", v->room);
    fore_json_string(json, "method",
                     "tenths of each past list by chance: is the share that came true within the "
                     "mean interval widened by the noise of counting?");
    fore_json_end_object(json);
}

static fore_status write_overall(fore_subject_kind kind, const all_cuts *all, fore_answer *a,
                                 const int64_t grid[4], fore_json_writer *json,
                                 fore_reliability *bin, int64_t *bins, fore_error *err)
{
    order_result order[SYSTEMS];
    double auc[SYSTEMS];
    FORE_TRY(sum_up(all, order, auc, err));
    FORE_TRY(fore_reliability_table(all->score[OURS], all->y, NULL, all->n, FORE_RELIABILITY_BINS,
                                    bin, bins, err));
    double kept = share(all->kept, (double)all->kept_cuts);
    top_row(a, grid[1], "all", kind, all->k, share(all->wins, all->rows), order, kept);
    order_rows(a, grid[2], kind, all, order, auc);
    fore_json_object(json, NULL);
    fore_json_string(json, "purpose", fore_purpose(kind));
    fore_json_integer(json, "cuts", all->cuts);
    fore_json_integer(json, "rows", all->n);
    fore_json_number(json, "positives", all->wins);
    fore_json_number(json, "base_rate", share(all->wins, all->rows));
    fore_json_number(json, "k_sum", all->k);
    fore_json_number(json, "won_amount", all->won_value);
    fore_json_number(json, "top_kept_a_day_later", kept);
    orders_json(json, "orders", all->k, all->wins, all->won_value, order, auc);
    fore_json_number(json, "calibration_error", fore_ece(bin, *bins));
    reliability_rows(a, grid[3], kind, bin, *bins, json);
    coverage_json(json, &all->coverage);
    fore_json_end_object(json);
    const fore_coverage *v = &all->coverage;
    fore_answer_note(a,
                     "%ss, 90 %% intervals: in %lld of %lld tenths of past lists (%.0f %%) the "
                     "share that came true lay within the mean interval widened by the noise of "
                     "counting; %.0f %% of that width is the interval's own. No single chance can "
                     "be checked: nobody sees it.",
                     kind == FORE_SUBJECT_LEAD ? "Lead" : "Deal", (long long)v->inside,
                     (long long)v->bins, 100 * share((double)v->inside, (double)v->bins),
                     100 * v->room);
    return FORE_OK;
}

/* The horizon that the whole history suggests: outcomes must be complete after each cut. */
static fore_status horizon_of(fore_context *c, fore_subject_kind kind, int64_t as_of, double *days,
                              fore_error *err)
{
    fore_examples *e = NULL;
    fore_examples_options options = fore_examples_defaults(as_of);
    FORE_TRY(fore_examples_make(c->timeline, kind, &options, &e, err));
    *days = e->horizon_days;
    fore_examples_free(e);
    return FORE_OK;
}

static void explain(fore_answer *a, bool recorded, bool assumed)
{
    fore_answer_note(
        a, "Lift: wins among the best tenth of the list over the average; new and old: the "
           "same for lists by age, newest or oldest first. Base: log loss of the base rate.");
    fore_answer_note(
        a,
        "k: how many the reps work in a day%s%s%s. All: share won of all that was open. Kept: of "
        "the first k, those still open that are among the first k a day later. Reps': what was "
        "contacted first in the week after, with news that no list could know.",
        recorded ? ", counted from their contacts in the four weeks before" : "",
        recorded && assumed ? "; "
        : assumed           ? ", "
                            : "",
        assumed ? "taken as 50 per rep where no contacts are recorded" : "");
    fore_answer_note(a,
                     "Won of k: share of the first k that was won; amount: their won amount over "
                     "all won amount; AUC: among those open on the same day; lift by tenths of "
                     "the list.");
}

static fore_status write_plot(const char *plot, fore_reliability bin[2][FORE_RELIABILITY_BINS],
                              const int64_t bins[2], const int64_t rows[2], fore_answer *a,
                              fore_error *err)
{
    static const char *const titles[] = {"Leads: said and came true", "Deals: said and came true"};
    fore_reliability_panel panel[2];
    int64_t panels = 0;
    for (int k = 0; k < 2; k++)
        if (rows[k] > 0)
            panel[panels++] = (fore_reliability_panel){titles[k], bin[k], bins[k], rows[k]};
    fore_text svg = {0};
    fore_reliability_svg(panel, panels, &svg);
    fore_status status = fore_text_check(&svg, err);
    if (status == FORE_OK) status = fore_file_replace(plot, svg.bytes, svg.length, err);
    fore_text_free(&svg);
    if (status == FORE_OK) fore_answer_note(a, "The reliability is drawn in %s.", plot);
    return status;
}

/* One purpose: cuts into `json` (an open array). Nothing for a kind that gives no answer. */
typedef struct run {
    fore_context *c;
    int64_t as_of, cuts;
    uint64_t seed;
    fore_answer *a;
    int64_t grid[4];
    fore_json_writer *json;
    bool recorded, assumed;
    fore_error why;
} run;

static fore_status rank_purpose(run *u, fore_subject_kind kind, all_cuts *all, fore_error *err)
{
    double days;
    fore_status status = horizon_of(u->c, kind, u->as_of, &days, &u->why);
    if (status == FORE_E_NO_ANSWER) return FORE_OK;
    int64_t step = status == FORE_OK ? (int64_t)(days * (double)FORE_DAY) / 2 : 0;
    for (int64_t i = u->cuts; status == FORE_OK && i-- > 0;) {
        char date[32];
        rank_cut r = {.kept = NAN};
        int64_t cut = u->as_of - (int64_t)(days * (double)FORE_DAY) - i * step;
        fore_date_format(fore_date_of(cut), date);
        status = rank_at(u->c, kind, cut, u->as_of, days, u->seed, &r, all, &u->why);
        if (status == FORE_OK) {
            write_cut(&r, date, kind, u->a, u->grid, u->json);
            u->recorded |= r.k_recorded;
            u->assumed |= !r.k_recorded;
        } else if (status == FORE_E_NO_ANSWER) {
            fore_answer_note(u->a, "%s, %ss: %s", date, fore_purpose(kind), u->why.message);
            status = FORE_OK;
        }
    }
    if (status != FORE_OK && err) *err = u->why;
    return status;
}

fore_status fore_backtest_rank(fore_context *c, int64_t as_of, int64_t cuts, uint64_t seed,
                               const char *plot, fore_answer *a, fore_json_writer *json,
                               fore_error *err)
{
    fore_status status = FORE_OK;
    run u = {.c = c, .as_of = as_of, .cuts = cuts, .seed = seed, .a = a, .json = json};
    all_cuts all[2] = {0};
    fore_reliability bin[2][FORE_RELIABILITY_BINS];
    int64_t bins[2] = {0}, rows[2] = {0};
    u.grid[0] =
        fore_answer_grid(a, "rank", "Scores at past dates, and what happened", rank_columns, 12);
    u.grid[1] = fore_answer_grid(a, "top", "Won among the first k of the list", top_columns, 10);
    u.grid[2] = fore_answer_grid(a, "orders", "All dates together", order_columns, 9);
    u.grid[3] = fore_answer_grid(a, "reliability", "Said and came true, by tenths of the list",
                                 reliability_columns, 6);
    fore_json_array(json, "rank");
    for (int k = FORE_SUBJECT_LEAD; k <= FORE_SUBJECT_DEAL; k++)
        FORE_GO(rank_purpose(&u, (fore_subject_kind)k, &all[k], err));
    fore_json_end_array(json);
    if (all[0].cuts + all[1].cuts == 0) {
        status = fore_fail(err, FORE_E_NO_ANSWER, "no past date can be scored: %s", u.why.message);
        goto done;
    }
    explain(a, u.recorded, u.assumed);
    fore_json_array(json, "rank_overall");
    for (int k = FORE_SUBJECT_LEAD; k <= FORE_SUBJECT_DEAL; k++) {
        rows[k] = all[k].n;
        if (rows[k] > 0)
            FORE_GO(write_overall((fore_subject_kind)k, &all[k], a, u.grid, json, bin[k], &bins[k],
                                  err));
    }
    fore_json_end_array(json);
    if (plot) FORE_GO(write_plot(plot, bin, bins, rows, a, err));
done:
    for (int k = 0; k < 2; k++) all_free(&all[k]);
    return status;
}
