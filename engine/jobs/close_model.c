/* Readings of past deals and the landmark model on them; writing and reading it. */
#include "engine/jobs/close_model.h"

#include <math.h>
#include <string.h>

#include "engine/base/random.h"

enum {
    READINGS = 4,      /* of one deal at most */
    DEALS_MAX = 4000,  /* that are read */
    WATCHED_MAX = 156, /* weeks from a reading on */
    LOTS = 20261122,   /* seed of the draws */
    PHASE_LOT = 1,
    DEAL_LOT = 2
};
static const double HALF_LIFE_WEEKS = 104;
static const double EVEN = 0.8; /* least share of filled cells relative to the most */
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
    double drawn; /* share of the deals that is read */
    fore_close_model *m;
} learner;

void fore_close_model_free(fore_close_model *m)
{
    if (!m) return;
    for (int64_t k = 0; k < m->stages; k++) fore_free(m->stage[k]);
    fore_landmark_free(m->landmark);
    fore_free(m);
}

int64_t fore_close_columns(const fore_close_model *m) { return m->features + m->stages; }

static fore_status add_stage(fore_close_model *m, const char *name, fore_error *err)
{
    size_t size = strlen(name) + 1;
    char *copy = FORE_NEW((int64_t)size, char);
    if (!copy) return fore_no_memory(err);
    memcpy(copy, name, size);
    m->stage[m->stages++] = copy;
    return FORE_OK;
}

/* --- which deals, which columns --- */

static bool usable(const learner *l, int64_t s)
{
    const fore_timeline *t = l->t;
    return !t->left_out[s] && t->created_at[s] != FORE_NO_TIME && t->created_at[s] < l->m->as_of;
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

static bool is_filled(const fore_timeline *t, int64_t s, const fore_subject_state *state, column k)
{
    const int32_t word[] = {t->account[s], state->owner, t->source[s], t->product[s]};
    return k == BY_AMOUNT ? state->amount > 0 : word[k] >= 0;
}

/* A column that is filled in when a deal closes, or when it is won, gives the closing away: it must
 * be filled about as often for open deals as for won and for lost ones. */
static void find_even_columns(const learner *l, bool even[COLUMNS])
{
    const fore_timeline *t = l->t;
    double count[3] = {0}, filled[3][COLUMNS] = {{0}};
    for (int64_t s = t->leads; s < t->subjects; s++) {
        if (!usable(l, s)) continue;
        int group = (int)fore_subject_closed(t, s, l->m->as_of).outcome; /* open, won, lost */
        fore_subject_state state;
        fore_subject_state_at(t, s, l->m->as_of, &state);
        count[group]++;
        for (int k = 0; k < COLUMNS; k++) filled[group][k] += is_filled(t, s, &state, (column)k);
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
        logged += first < t->change_first[s + 1] && t->change_at[first] < l->m->as_of;
    }
    bool log = all > 0 && logged * 2 > all;
    l->m->dates = log;
    find_even_columns(l, even);
    for (size_t i = 0; i < sizeof curve_features / sizeof *curve_features; i++) {
        int f = fore_feature_find(curve_features[i]);
        if (f >= 0 && (log || !fore_feature_at(f)->stored) && rests_evenly(curve_features[i], even))
            l->m->feature[l->m->features++] = f;
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
            if (t->change_field[i] == FORE_CHANGE_STAGE && t->change_at[i] < l->m->as_of &&
                stage >= 0 && stage < (double)t->stages.count)
                entered[(int64_t)stage]++;
        }
    }
    fore_status status = FORE_OK;
    while (l->m->stages < FORE_CLOSE_STAGES && status == FORE_OK) {
        int64_t best = -1;
        for (int64_t k = 0; k < t->stages.count; k++)
            if (entered[k] > 0 &&
                (best < 0 || entered[k] > entered[best] ||
                 (entered[k] == entered[best] &&
                  strcmp(fore_word(&t->stages, k), fore_word(&t->stages, best)) < 0)))
                best = k;
        if (best < 0) break;
        entered[best] = 0;
        status = add_stage(l->m, fore_word(&t->stages, best), err);
    }
    fore_free(entered);
    return status;
}

/* --- rows --- */

/* Counts and lengths of time work by their order of size. */
static double by_size(int32_t feature, double value)
{
    fore_unit unit = fore_feature_at(feature)->unit;
    bool length = unit == FORE_UNIT_COUNT || unit == FORE_UNIT_DAYS || unit == FORE_UNIT_HOURS ||
                  unit == FORE_UNIT_MINUTES;
    return length ? copysign(log1p(fabs(value)), value) : value;
}

fore_status fore_close_rows(const fore_close_model *m, const fore_timeline *t,
                            const fore_extractor *extractor, fore_pool *pool,
                            const fore_extract_row *rows, int64_t n, double *x, fore_error *err)
{
    int32_t stage[FORE_CLOSE_STAGES];
    for (int64_t k = 0; k < m->stages; k++) stage[k] = fore_words_find(&t->stages, m->stage[k]);
    if (m->features > 0)
        FORE_TRY(fore_extract(extractor, pool, rows, n, m->feature, m->features, x, n, err));
    for (int64_t f = 0; f < m->features; f++)
        for (int64_t i = 0; i < n; i++) x[f * n + i] = by_size(m->feature[f], x[f * n + i]);
    for (int64_t i = 0; i < n; i++) {
        fore_subject_state state;
        fore_subject_state_at(t, rows[i].subject, rows[i].as_of, &state);
        for (int64_t k = 0; k < m->stages; k++)
            x[(m->features + k) * n + i] = state.stage >= 0 && state.stage == stage[k];
    }
    return FORE_OK;
}

fore_reading fore_close_clocks(const fore_close_model *m, const fore_timeline *t, int64_t s,
                               int64_t moment)
{
    fore_subject_state state;
    fore_subject_state_at(t, s, moment, &state);
    fore_reading r = {
        .age = (moment - t->created_at[s]) / WEEK, .in_stage = -1, .due = FORE_DUE_UNKNOWN};
    if (state.stage_since != FORE_NO_TIME && state.stage_since <= moment)
        r.in_stage = (moment - state.stage_since) / WEEK;
    if (m->dates && state.expected_close_on != FORE_NO_DATE) {
        double days =
            (double)(fore_time_of_date(state.expected_close_on) - moment) / (double)FORE_DAY;
        r.due = (int64_t)floor(fmin(fmax(days / 7, -FORE_DUE_MOST), FORE_DUE_MOST));
    }
    return r;
}

/* --- readings --- */

typedef struct reading_list {
    fore_reading *reading;
    fore_extract_row *row;
    int64_t count, capacity;
} reading_list;

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
    fore_ending end = fore_subject_next_end(t, s, moment);
    bool closed = end.outcome != FORE_OUTCOME_OPEN && end.at < l->m->as_of;
    int64_t weeks = ((closed ? end.at : l->m->as_of) - moment) / WEEK + closed;
    fore_deal_end event = !closed                   ? FORE_DEAL_OPEN
                          : end.outcome == FORE_WON ? FORE_DEAL_WON
                                                    : FORE_DEAL_LOST;
    if (weeks > WATCHED_MAX) {
        weeks = WATCHED_MAX;
        event = FORE_DEAL_OPEN;
    }
    fore_reading reading = fore_close_clocks(l->m, t, s, moment);
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
    fore_ending ended = fore_subject_closed(t, s, l->m->as_of);
    int64_t end = ended.outcome == FORE_OUTCOME_OPEN ? l->m->as_of : ended.at;
    int64_t life = end - t->created_at[s] - phase;
    int64_t moments = life > 0 ? (life - 1) / WEEK + 1 : 0;
    int64_t parts = moments < READINGS ? moments : READINGS;
    for (int64_t k = 0; k < parts; k++) {
        int64_t from = k * moments / parts, size = (k + 1) * moments / parts - from;
        int64_t week = from + fore_random_below(&lot, size);
        int64_t moment = t->created_at[s] + phase + week * WEEK;
        if (fore_subject_open_at(t, s, moment)) /* not so where it was opened again later */
            FORE_TRY(add_reading(l, s, moment, (double)size, list, err));
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
    options.now = l->m->as_of / WEEK;
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
    x = FORE_NEW(list.count * fore_close_columns(l->m), double);
    if (!x) FORE_GO(fore_no_memory(err));
    FORE_GO(fore_close_rows(l->m, l->t, l->extractor, l->c->pool, list.row, list.count, x, err));
    fore_matrix matrix = {x, list.count, fore_close_columns(l->m), list.count};
    FORE_GO(fore_landmark_fit(list.reading, list.count, &matrix, &options, l->c->pool,
                              &l->m->landmark, NULL, err));
done:
    fore_free(list.reading);
    fore_free(list.row);
    fore_free(x);
    return status;
}

fore_status fore_close_model_learn(fore_context *c, int64_t as_of, const fore_close_options *o,
                                   fore_close_model **model, fore_error *err)
{
    learner l = {.c = c};
    *model = NULL;
    FORE_TRY(fore_context_history(c, &l.t, &l.extractor, err));
    l.m = FORE_ZNEW(1, fore_close_model);
    if (!l.m) return fore_no_memory(err);
    l.m->as_of = as_of;
    fore_status status = learn(&l, o ? o : &(fore_close_options){0}, err);
    if (status == FORE_OK)
        *model = l.m;
    else
        fore_close_model_free(l.m);
    return status;
}

/* --- beside a published model --- */

void fore_close_model_write(const fore_close_model *m, fore_json_writer *json, const char *key)
{
    fore_json_object(json, key);
    fore_json_integer(json, "as_of", m->as_of);
    fore_json_bool(json, "dates", m->dates);
    fore_json_array(json, "features");
    for (int64_t f = 0; f < m->features; f++)
        fore_json_string(json, NULL, fore_feature_at(m->feature[f])->name);
    fore_json_end_array(json);
    fore_json_array(json, "stages");
    for (int64_t k = 0; k < m->stages; k++) fore_json_string(json, NULL, m->stage[k]);
    fore_json_end_array(json);
    fore_landmark_write(m->landmark, json, "curves");
    fore_json_end_object(json);
}

static fore_status damaged(fore_error *err)
{
    return fore_fail(err, FORE_E_MODEL, "the model's curves are damaged; train the model again");
}

static fore_status read_model(const fore_json_node *node, fore_close_model *m, fore_error *err)
{
    const fore_json_node *features = fore_json_get(node, "features");
    const fore_json_node *stages = fore_json_get(node, "stages");
    if (!fore_json_get_integer(node, "as_of", &m->as_of) ||
        !fore_json_get_bool(node, "dates", &m->dates) ||
        fore_json_length(features) > FORE_CLOSE_FEATURES ||
        fore_json_length(stages) > FORE_CLOSE_STAGES)
        return damaged(err);
    for (int64_t f = 0; f < fore_json_length(features); f++) {
        const char *name = fore_json_as_string(fore_json_at(features, f));
        int index = name ? fore_feature_find(name) : -1;
        if (index < 0) return damaged(err);
        m->feature[m->features++] = index;
    }
    for (int64_t k = 0; k < fore_json_length(stages); k++) {
        const char *name = fore_json_as_string(fore_json_at(stages, k));
        if (!name) return damaged(err);
        FORE_TRY(add_stage(m, name, err));
    }
    return fore_landmark_read(fore_json_get(node, "curves"), fore_close_columns(m), &m->landmark,
                              err);
}

fore_status fore_close_model_read(const fore_json_node *node, fore_close_model **model,
                                  fore_error *err)
{
    *model = NULL;
    fore_close_model *m = FORE_ZNEW(1, fore_close_model);
    if (!m) return fore_no_memory(err);
    fore_status status = read_model(node, m, err);
    if (status == FORE_OK)
        *model = m;
    else
        fore_close_model_free(m);
    return status;
}
