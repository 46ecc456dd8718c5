/* Readings of past deals, the landmark model on them, and its curves for the deals asked for. */
#include "engine/jobs/close_curves.h"

#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "models/survive/landmark.h"

const int32_t fore_close_days[FORE_CLOSE_DATES] = {30, 60, 90, 180, 365};

enum {
    READINGS = 4,      /* of one deal at most */
    DEALS_MAX = 4000,  /* that are read */
    WATCHED_MAX = 156, /* weeks from a reading on */
    STAGES_MAX = 12,   /* the most common stages have a column each */
    COLUMNS_MAX = 64,
    HORIZON_WEEKS = 520,
    LOTS = 20261122, /* seed of the draws */
    PHASE_LOT = 1,
    DEAL_LOT = 2
};
static const double HALF_LIFE_WEEKS = 104;
static const double EVEN = 0.8; /* least share of filled cells relative to the most */
static const double MIDDLE = 0.5, EARLY = 0.1, LATE = 0.9;
static const int64_t WEEK = 7 * FORE_DAY;

/* What a curve may depend on besides the clocks and the stage: few, robust, known at the time. */
static const char *const curve_features[] = {"stage_position",
                                             "days_in_stage",
                                             "stage_pace",
                                             "stage_moves",
                                             "stage_moves_back",
                                             "close_date_pushes",
                                             "days_to_expected_close",
                                             "amount_log",
                                             "amount_changes",
                                             "amount_growth",
                                             "touches_30d",
                                             "inbound_7d",
                                             "inbound_30d",
                                             "inbound_all",
                                             "outbound_30d",
                                             "replies_30d",
                                             "meetings_30d",
                                             "meetings_all",
                                             "days_since_touch",
                                             "days_since_inbound",
                                             "days_since_meeting",
                                             "pace_trend",
                                             "response_rate",
                                             "unanswered_in_a_row",
                                             "owner_win_rate",
                                             "owner_wins_90d",
                                             "source_win_rate",
                                             "product_win_rate",
                                             "account_won",
                                             "account_lost",
                                             "lead_days"};

typedef struct learner {
    fore_context *c;
    const fore_timeline *t;
    const fore_extractor *extractor;
    int64_t as_of;
    double drawn; /* share of the deals that is read */
    bool dates;   /* the expected date of closing may be used */
    int32_t feature[COLUMNS_MAX];
    int64_t features;
    int32_t stage[STAGES_MAX];
    int64_t stages;
    fore_landmark *model;
} learner;

/* --- which deals, which columns --- */

static bool usable(const learner *l, int64_t s)
{
    const fore_timeline *t = l->t;
    return !t->left_out[s] && t->created_at[s] != FORE_NO_TIME && t->created_at[s] < l->as_of;
}

static fore_random lot_of(const learner *l, int64_t s, int lot)
{
    return fore_random_new(LOTS + (uint64_t)lot, (uint64_t)l->t->key[s]);
}

static bool is_drawn(const learner *l, int64_t s)
{
    fore_random lot = lot_of(l, s, DEAL_LOT);
    return usable(l, s) && (l->drawn >= 1 || fore_random_uniform(&lot) < l->drawn);
}

/* Features that rest on a column of the deal whose own history nobody kept. */
typedef enum column { BY_ACCOUNT, BY_OWNER, BY_SOURCE, BY_PRODUCT, BY_AMOUNT, COLUMNS } column;
static const struct {
    const char *starts;
    column column;
} rests_on[] = {{"account_", BY_ACCOUNT},
                {"owner_", BY_OWNER},
                {"source_", BY_SOURCE},
                {"product_", BY_PRODUCT},
                {"amount_", BY_AMOUNT}};

static bool is_filled(const fore_timeline *t, int64_t s, column k)
{
    const int32_t *word[] = {t->account, t->owner, t->source, t->product};
    return k == BY_AMOUNT ? t->amount[s] > 0 : word[k][s] >= 0;
}

/* A column that is filled in when a deal closes, or when it is won, gives the closing away: it must
 * be filled about as often for open deals as for won and for lost ones. */
static void find_even_columns(const learner *l, bool even[COLUMNS])
{
    const fore_timeline *t = l->t;
    double count[3] = {0}, filled[3][COLUMNS] = {{0}};
    for (int64_t s = t->leads; s < t->subjects; s++) {
        if (!usable(l, s)) continue;
        int group = fore_subject_open_at(t, s, l->as_of) ? 0 : t->outcome[s] == FORE_WON ? 1 : 2;
        count[group]++;
        for (int k = 0; k < COLUMNS; k++) filled[group][k] += is_filled(t, s, (column)k);
    }
    for (int k = 0; k < COLUMNS; k++) {
        double least = 1, most = 0;
        for (int g = 0; g < 3; g++) {
            if (count[g] == 0) continue;
            least = fmin(least, filled[g][k] / count[g]);
            most = fmax(most, filled[g][k] / count[g]);
        }
        even[k] = least >= EVEN * most;
    }
}

static bool rests_evenly(const char *feature, const bool even[COLUMNS])
{
    for (size_t i = 0; i < sizeof rests_on / sizeof *rests_on; i++)
        if (strncmp(feature, rests_on[i].starts, strlen(rests_on[i].starts)) == 0)
            return even[rests_on[i].column];
    return true;
}

/* Stored values without a change log are those of today: only histories that log changes before the
 * moment may use them. */
static void choose_features(learner *l)
{
    const fore_timeline *t = l->t;
    bool even[COLUMNS];
    int64_t logged = 0, all = 0;
    for (int64_t s = t->leads; s < t->subjects; s++) {
        if (!usable(l, s)) continue;
        int64_t first = t->change_first[s];
        all++;
        logged += first < t->change_first[s + 1] && t->change_at[first] < l->as_of;
    }
    bool log = all > 0 && logged * 2 > all;
    l->dates = log;
    find_even_columns(l, even);
    for (size_t i = 0; i < sizeof curve_features / sizeof *curve_features; i++) {
        int f = fore_feature_find(curve_features[i]);
        if (f >= 0 && (log || !fore_feature_at(f)->stored) && rests_evenly(curve_features[i], even))
            l->feature[l->features++] = f;
    }
}

/* The stages that most deals entered before the moment; ties by name, so that no numbering counts.
 */
static fore_status choose_stages(learner *l, fore_error *err)
{
    const fore_timeline *t = l->t;
    int64_t *entered = FORE_ZNEW(t->stages.count + 1, int64_t);
    if (!entered) return fore_no_memory(err);
    for (int64_t s = t->leads; s < t->subjects; s++) {
        if (!usable(l, s)) continue;
        for (int64_t i = t->change_first[s]; i < t->change_first[s + 1]; i++) {
            double stage = t->change_new[i];
            if (t->change_field[i] == FORE_CHANGE_STAGE && t->change_at[i] < l->as_of &&
                stage >= 0 && stage < (double)t->stages.count)
                entered[(int64_t)stage]++;
        }
    }
    for (; l->stages < STAGES_MAX; l->stages++) {
        int64_t best = -1;
        for (int64_t k = 0; k < t->stages.count; k++)
            if (entered[k] > 0 &&
                (best < 0 || entered[k] > entered[best] ||
                 (entered[k] == entered[best] &&
                  strcmp(fore_word(&t->stages, k), fore_word(&t->stages, best)) < 0)))
                best = k;
        if (best < 0) break;
        l->stage[l->stages] = (int32_t)best;
        entered[best] = 0;
    }
    fore_free(entered);
    return FORE_OK;
}

static int64_t columns_of(const learner *l) { return l->features + l->stages; }

/* Counts and lengths of time work by their order of size. */
static double by_size(int32_t feature, double value)
{
    fore_unit unit = fore_feature_at(feature)->unit;
    bool length = unit == FORE_UNIT_COUNT || unit == FORE_UNIT_DAYS || unit == FORE_UNIT_HOURS ||
                  unit == FORE_UNIT_MINUTES;
    return length ? copysign(log1p(fabs(value)), value) : value;
}

/* n x columns, column-major. */
static fore_status read_rows(const learner *l, const fore_extract_row *rows, int64_t n, double *x,
                             fore_error *err)
{
    if (l->features > 0)
        FORE_TRY(
            fore_extract(l->extractor, l->c->pool, rows, n, l->feature, l->features, x, n, err));
    for (int64_t f = 0; f < l->features; f++)
        for (int64_t i = 0; i < n; i++) x[f * n + i] = by_size(l->feature[f], x[f * n + i]);
    for (int64_t i = 0; i < n; i++) {
        fore_subject_state state;
        fore_subject_state_at(l->t, rows[i].subject, rows[i].as_of, &state);
        for (int64_t k = 0; k < l->stages; k++)
            x[(l->features + k) * n + i] = state.stage == l->stage[k];
    }
    return FORE_OK;
}

/* --- readings --- */

typedef struct reading_list {
    fore_reading *reading;
    fore_extract_row *row;
    int64_t count, capacity;
} reading_list;

/* The clocks of an open deal at a moment. */
static fore_reading clocks_of(const learner *l, int64_t s, int64_t moment)
{
    fore_subject_state state;
    fore_subject_state_at(l->t, s, moment, &state);
    fore_reading r = {
        .age = (moment - l->t->created_at[s]) / WEEK, .in_stage = -1, .due = FORE_DUE_UNKNOWN};
    if (state.stage_since != FORE_NO_TIME && state.stage_since <= moment)
        r.in_stage = (moment - state.stage_since) / WEEK;
    if (l->dates && state.expected_close_on != FORE_NO_DATE) {
        double days =
            (double)(fore_time_of_date(state.expected_close_on) - moment) / (double)FORE_DAY;
        r.due = (int64_t)floor(fmin(fmax(days / 7, -FORE_DUE_MOST), FORE_DUE_MOST));
    }
    return r;
}

static fore_status add_reading(const learner *l, int64_t s, int64_t moment, double weight,
                               reading_list *list, fore_error *err)
{
    const fore_timeline *t = l->t;
    if (list->count == list->capacity) {
        int64_t grown = list->capacity ? 2 * list->capacity : 1024;
        fore_reading *readings = fore_realloc(list->reading, grown, sizeof *readings);
        if (readings) list->reading = readings;
        fore_extract_row *rows = fore_realloc(list->row, grown, sizeof *rows);
        if (rows) list->row = rows;
        if (!readings || !rows) return fore_no_memory(err);
        list->capacity = grown;
    }
    bool closed = t->outcome[s] != FORE_OUTCOME_OPEN && t->closed_at[s] != FORE_NO_TIME &&
                  t->closed_at[s] < l->as_of;
    int64_t weeks = ((closed ? t->closed_at[s] : l->as_of) - moment) / WEEK + closed;
    fore_deal_end event = !closed                     ? FORE_DEAL_OPEN
                          : t->outcome[s] == FORE_WON ? FORE_DEAL_WON
                                                      : FORE_DEAL_LOST;
    if (weeks > WATCHED_MAX) {
        weeks = WATCHED_MAX;
        event = FORE_DEAL_OPEN;
    }
    fore_reading reading = clocks_of(l, s, moment);
    reading.weeks = weeks;
    reading.last = moment / WEEK + (weeks > 0 ? weeks - 1 : 0);
    reading.weight = weight;
    reading.event = event;
    list->reading[list->count] = reading;
    list->row[list->count++] = (fore_extract_row){s, moment};
    return FORE_OK;
}

/* The deal's weekly moments, from a phase by lot on: the moments at which it might have been asked
 * about. One by lot from each of four equal parts of them stands for its part. */
static fore_status read_deal(const learner *l, int64_t s, reading_list *list, fore_error *err)
{
    const fore_timeline *t = l->t;
    fore_random lot = lot_of(l, s, PHASE_LOT);
    int64_t phase = (int64_t)(fore_random_uniform(&lot) * (double)WEEK) + 1;
    int64_t end = fore_subject_open_at(t, s, l->as_of) ? l->as_of : t->closed_at[s];
    int64_t life = end - t->created_at[s] - phase;
    int64_t moments = life > 0 ? (life - 1) / WEEK + 1 : 0;
    int64_t parts = moments < READINGS ? moments : READINGS;
    for (int64_t k = 0; k < parts; k++) {
        int64_t from = k * moments / parts, size = (k + 1) * moments / parts - from;
        int64_t week = from + fore_random_below(&lot, size);
        FORE_TRY(
            add_reading(l, s, t->created_at[s] + phase + week * WEEK, (double)size, list, err));
    }
    return FORE_OK;
}

/* The readings of a deal count as one deal on average: the regressions' ridges then mean the same
 * whether deals live for weeks or for years. */
static void scale_weights(reading_list *list, int64_t deals)
{
    double sum = 0;
    for (int64_t i = 0; i < list->count; i++) sum += list->reading[i].weight;
    for (int64_t i = 0; i < list->count; i++) list->reading[i].weight *= (double)deals / sum;
}

static fore_status learn(learner *l, const fore_close_options *o, fore_error *err)
{
    fore_status status = FORE_OK;
    reading_list list = {0};
    double *x = NULL;
    int64_t known = 0, deals = 0;
    fore_landmark_options options = fore_landmark_default();
    options.half_life_weeks = o->half_life_weeks > 0 ? o->half_life_weeks : HALF_LIFE_WEEKS;
    options.now = l->as_of / WEEK;
    if (o->ridge > 0) options.ridge = o->ridge;
    if (o->ridge_fade > 0) options.ridge_fade = o->ridge_fade;
    for (int64_t s = l->t->leads; s < l->t->subjects; s++) known += usable(l, s);
    l->drawn = (double)(o->deals_max > 0 ? o->deals_max : DEALS_MAX) / fmax(1, (double)known);
    choose_features(l);
    FORE_GO(choose_stages(l, err));
    for (int64_t s = l->t->leads; s < l->t->subjects; s++) {
        if (!is_drawn(l, s)) continue;
        FORE_GO(read_deal(l, s, &list, err));
        deals++;
    }
    scale_weights(&list, deals);
    x = FORE_NEW(list.count * columns_of(l), double);
    if (!x) FORE_GO(fore_no_memory(err));
    FORE_GO(read_rows(l, list.row, list.count, x, err));
    fore_matrix matrix = {x, list.count, columns_of(l), list.count};
    FORE_GO(fore_landmark_fit(list.reading, list.count, &matrix, &options, l->c->pool, &l->model,
                              NULL, err));
done:
    fore_free(list.reading);
    fore_free(list.row);
    fore_free(x);
    return status;
}

/* --- curves --- */

static bool is_asked(const learner *l, int64_t s)
{
    return s >= l->t->leads && s < l->t->subjects && l->t->left_out[s] != FORE_LEFT_NO_CREATION &&
           fore_subject_open_at(l->t, s, l->as_of);
}

/* Learns, reads the deals and calls `each` with the curves of deal i; others are passed over. */
typedef void (*curve_use)(void *context, int64_t i, const double *won, const double *lost);

static fore_status each_curve(fore_context *c, int64_t as_of, const fore_close_options *o,
                              const int64_t *subject, int64_t n, int64_t horizon, curve_use use,
                              void *context, fore_error *err)
{
    fore_status status = FORE_OK;
    learner l = {.c = c, .as_of = as_of};
    double *x = NULL, *curve = NULL, row[COLUMNS_MAX];
    fore_extract_row *rows = NULL;
    int64_t *place = NULL, asked = 0;
    FORE_TRY(fore_context_history(c, &l.t, &l.extractor, err));
    for (int64_t i = 0; i < n; i++) asked += is_asked(&l, subject[i]);
    if (asked == 0) return FORE_OK;
    FORE_GO(learn(&l, o, err));
    rows = FORE_NEW(asked, fore_extract_row);
    place = FORE_NEW(asked, int64_t);
    x = FORE_NEW(asked * columns_of(&l), double);
    curve = FORE_NEW(2 * horizon, double);
    if (!rows || !place || !x || !curve) FORE_GO(fore_no_memory(err));
    asked = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!is_asked(&l, subject[i])) continue;
        place[asked] = i;
        rows[asked++] = (fore_extract_row){subject[i], as_of};
    }
    FORE_GO(read_rows(&l, rows, asked, x, err));
    for (int64_t i = 0; i < asked; i++) {
        int64_t s = rows[i].subject;
        for (int64_t j = 0; j < columns_of(&l); j++) row[j] = x[i + j * asked];
        fore_reading now = clocks_of(&l, s, as_of);
        fore_landmark_predict(l.model, &now, row, horizon, curve, curve + horizon);
        use(context, place[i], curve, curve + horizon);
    }
done:
    fore_landmark_free(l.model);
    fore_free(rows);
    fore_free(place);
    fore_free(x);
    fore_free(curve);
    return status;
}

typedef struct weekly {
    int64_t n, horizon;
    double *won, *lost;
} weekly;

static void keep_weekly(void *context, int64_t i, const double *won, const double *lost)
{
    weekly *w = context;
    for (int64_t h = 0; h < w->horizon; h++) {
        w->won[i + h * w->n] = won[h];
        w->lost[i + h * w->n] = lost[h];
    }
}

fore_status fore_close_weekly(fore_context *c, int64_t as_of, const fore_close_options *options,
                              const int64_t *subject, int64_t n, int64_t horizon, double *won,
                              double *lost, fore_error *err)
{
    weekly w = {n, horizon, won, lost};
    fore_close_options o = options ? *options : (fore_close_options){0};
    for (int64_t i = 0; i < n * horizon; i++) won[i] = lost[i] = NAN;
    return each_curve(c, as_of, &o, subject, n, horizon, keep_weekly, &w, err);
}

typedef struct summary {
    int64_t as_of;
    int32_t today;
    fore_close_curve *out;
} summary;

static void summarise(void *context, int64_t i, const double *won, const double *lost)
{
    const summary *s = context;
    fore_close_curve *curve = &s->out[i];
    const double share[] = {EARLY, MIDDLE, LATE};
    int32_t *date[] = {&curve->lo, &curve->expected_on, &curve->hi};
    curve->known = true;
    curve->p_won = won[HORIZON_WEEKS - 1];
    curve->p_lost = lost[HORIZON_WEEKS - 1];
    for (int k = 0; k < 3; k++) {
        double week = fore_curve_reach(won, HORIZON_WEEKS, share[k] * curve->p_won);
        *date[k] = s->today + (int32_t)floor(7 * week);
    }
    for (int k = 0; k < FORE_CLOSE_DATES; k++) {
        curve->on[k] = s->today + fore_close_days[k];
        curve->p[k] = fore_curve_at(won, HORIZON_WEEKS, fore_close_days[k] / 7.0);
    }
}

fore_status fore_close_curves(fore_context *c, int64_t as_of, const int64_t *subject, int64_t n,
                              fore_close_curve *out, fore_error *err)
{
    summary s = {as_of, fore_date_of(as_of + fore_zone_offset(c->zone, as_of)), out};
    for (int64_t i = 0; i < n; i++) {
        out[i] = (fore_close_curve){.expected_on = FORE_NO_DATE,
                                    .lo = FORE_NO_DATE,
                                    .hi = FORE_NO_DATE,
                                    .p_won = NAN,
                                    .p_lost = NAN};
        for (int k = 0; k < FORE_CLOSE_DATES; k++) {
            out[i].on[k] = FORE_NO_DATE;
            out[i].p[k] = NAN;
        }
    }
    return each_curve(c, as_of, &(fore_close_options){0}, subject, n, HORIZON_WEEKS, summarise, &s,
                      err);
}

fore_status fore_close_curves_new(fore_context *c, int64_t as_of, const int64_t *subject, int64_t n,
                                  fore_close_curve **curves, fore_error *err)
{
    *curves = FORE_NEW(n, fore_close_curve);
    if (!*curves) return fore_no_memory(err);
    fore_error own = {0};
    fore_status status = fore_close_curves(c, as_of, subject, n, *curves, &own);
    if (status == FORE_OK || status == FORE_E_NO_ANSWER) return FORE_OK;
    fore_free(*curves);
    *curves = NULL;
    if (err) *err = own;
    return status;
}

void fore_close_json(fore_json_writer *json, const fore_close_curve *curve, double amount)
{
    if (!curve->known) return;
    fore_json_object(json, "close");
    fore_json_date(json, "expected_on", curve->expected_on);
    fore_json_date(json, "lo", curve->lo);
    fore_json_date(json, "hi", curve->hi);
    fore_json_number(json, "p_won", curve->p_won);
    fore_json_number(json, "p_lost", curve->p_lost);
    fore_json_number(json, "expected_amount", curve->p_won * amount);
    fore_json_array(json, "p_won_by");
    for (int k = 0; k < FORE_CLOSE_DATES; k++) {
        fore_json_object(json, NULL);
        fore_json_date(json, "on", curve->on[k]);
        fore_json_number(json, "p", curve->p[k]);
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
    fore_json_end_object(json);
}
