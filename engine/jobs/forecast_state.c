/* Making the state of the forecast from the outlook and its record; to JSON and back. */
#include "engine/jobs/forecast_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/jobs/forecast.h"

enum { LO80 = 2, HI80 = 6, BODY_LIMIT = 256 * 1024 * 1024 };

void fore_state_free(fore_forecast_state *state)
{
    fore_free(state->line);
    *state = (fore_forecast_state){0};
}

static int by_key(const void *left, const void *right)
{
    const fore_state_line *a = left, *b = right;
    return (a->key > b->key) - (a->key < b->key);
}

int64_t fore_state_find(const fore_forecast_state *state, int32_t start, int32_t end)
{
    for (int64_t j = 0; j < state->periods; j++)
        if (state->start[j] == start && state->start[j + 1] == end) return j;
    return -1;
}

/* --- from the history --- */

/* Mean amount of a win whose amount is not known yet. */
static double usual_amount(const fore_outlook *o)
{
    double sum = 0, weight = 0;
    for (int64_t i = 0; i < o->past_wins; i++) {
        sum += o->past_weight[i] * o->past_amount[i];
        weight += o->past_weight[i];
    }
    return weight > 0 ? sum / weight : 0;
}

/* To hundredths (wins: millionths), so that what is kept stays small. */
static double tidy(double value, bool counts)
{
    double unit = counts ? 1e6 : 100;
    return round(value * unit) / unit;
}

static void take_open(const fore_outlook *o, const fore_timeline *t, const double *level,
                      fore_forecast_state *state)
{
    double usual = usual_amount(o);
    for (int64_t i = 0; i < o->open; i++) {
        int64_t s = o->open_subject[i];
        fore_subject_state now;
        fore_subject_state_at(t, s, o->as_of, &now);
        fore_state_line *line = &state->line[state->lines++];
        *line = (fore_state_line){
            .key = t->pk[s], .amount = o->open_amount[i], .due_on = now.expected_close_on};
        double left = 1, worth = isnan(line->amount) ? usual : line->amount;
        for (int64_t j = 0; j < o->periods; j++) { /* as the draws take it: chances stay chances */
            double p = fmin(level[j] * o->open_won[i + j * o->open], left);
            left -= p;
            line->expected[j] = tidy(p * worth, o->counts);
        }
    }
}

static void take_won(const fore_outlook *o, const fore_timeline *t, fore_forecast_state *state)
{
    for (int64_t i = 0; i < o->wins; i++) {
        fore_state_line *line = &state->line[state->lines++];
        int64_t s = o->win_subject[i];
        fore_subject_state now;
        fore_subject_state_at(t, s, o->as_of, &now);
        *line = (fore_state_line){.key = t->pk[s],
                                  .won = true,
                                  .amount = o->win_amount[i],
                                  .due_on = now.expected_close_on,
                                  .expected = {o->win_amount[i]}};
    }
}

static void take_periods(const fore_pipeline_result *result, fore_forecast_state *state)
{
    for (int64_t j = 0; j < state->periods; j++) {
        const fore_pipeline_period *p = &result->period[j];
        double lines = 0;
        for (int64_t i = 0; i < state->lines; i++) lines += state->line[i].expected[j];
        state->period[j] = (fore_state_period){.mean = p->mean,
                                               .median = p->median,
                                               .lo80 = p->quantile[LO80],
                                               .hi80 = p->quantile[HI80],
                                               .fresh = p->mean - lines};
    }
}

static fore_status take(const fore_outlook *o, const fore_timeline *t, const double *level,
                        const fore_pipeline_result *result, fore_forecast_state *state,
                        fore_error *err)
{
    state->line = FORE_NEW(o->open + o->wins, fore_state_line);
    if (!state->line) return fore_no_memory(err);
    take_won(o, t, state);
    take_open(o, t, level, state);
    qsort(state->line, (size_t)state->lines, sizeof *state->line, by_key);
    take_periods(result, state);
    return FORE_OK;
}

fore_status fore_state_make(fore_context *c, fore_period kind, int64_t as_of, int64_t periods,
                            uint64_t seed, fore_forecast_state *state, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_timeline *t;
    fore_forecast_basis basis = {0};
    fore_forecast_request request = {.period = kind, .horizon = periods};
    *state = (fore_forecast_state){.kind = kind, .as_of = as_of, .periods = periods};
    FORE_TRY(fore_context_history(c, &t, NULL, err));
    FORE_GO(fore_forecast_basis_make(c, &request, as_of, seed, &basis, err));
    const fore_outlook *o = basis.outlook;
    state->subject_kind = o->kind;
    state->counts = o->counts;
    memcpy(state->start, o->start, (size_t)(periods + 1) * sizeof *state->start);
    snprintf(state->unit, sizeof state->unit, "%s", basis.unit);
    memcpy(state->rates, t->rates, sizeof state->rates);
    FORE_GO(take(o, t, basis.level, basis.result, state, err));
done:
    fore_forecast_basis_free(&basis);
    if (status != FORE_OK) fore_state_free(state);
    return status;
}

/* --- to the night's record and back --- */

static void write_line(const fore_forecast_state *state, const fore_state_line *line,
                       fore_json_writer *json)
{
    fore_json_array(json, NULL);
    fore_json_integer(json, NULL, line->key);
    fore_json_integer(json, NULL, line->won);
    fore_json_number(json, NULL, line->amount);
    if (line->due_on == FORE_NO_DATE)
        fore_json_null(json, NULL);
    else
        fore_json_integer(json, NULL, line->due_on);
    for (int64_t j = 0; j < state->periods; j++) fore_json_number(json, NULL, line->expected[j]);
    fore_json_end_array(json);
}

static void write_state(const fore_forecast_state *state, fore_text *out)
{
    fore_json_writer json = fore_json_to(out);
    int64_t start[FORE_STATE_PERIODS + 1];
    for (int64_t j = 0; j <= state->periods; j++) start[j] = state->start[j];
    fore_json_object(&json, NULL);
    fore_json_integer(&json, "subject_kind", state->subject_kind);
    fore_json_bool(&json, "counts", state->counts);
    fore_json_string(&json, "unit", state->unit);
    fore_json_string(&json, "rates", state->rates);
    fore_json_integers(&json, "start", start, state->periods + 1);
    fore_json_array(&json, "periods");
    for (int64_t j = 0; j < state->periods; j++) {
        const fore_state_period *p = &state->period[j];
        const double values[] = {p->mean, p->median, p->lo80, p->hi80, p->fresh};
        fore_json_numbers(&json, NULL, values, 5);
    }
    fore_json_end_array(&json);
    fore_json_array(&json, "lines");
    for (int64_t i = 0; i < state->lines; i++) write_line(state, &state->line[i], &json);
    fore_json_end_array(&json);
    fore_json_end_object(&json);
}

fore_status fore_state_keep(fore_store *store, const fore_forecast_state *state, fore_error *err)
{
    fore_status status;
    fore_text text = {0}, packed = {0};
    write_state(state, &text);
    FORE_GO(fore_text_check(&text, err));
    FORE_GO(fore_pack(text.bytes, text.length, &packed, err));
    fore_snapshot_row row = {.kind = fore_period_word(state->kind),
                             .day_on = fore_date_of(state->as_of),
                             .as_of = state->as_of,
                             .body = packed.bytes,
                             .body_length = packed.length};
    FORE_GO(fore_store_put_snapshot(store, &row, err));
done:
    fore_text_free(&text);
    fore_text_free(&packed);
    return status;
}

static fore_status fail_damaged(const fore_snapshot_row *row, fore_error *err)
{
    char day[32];
    fore_date_format(row->day_on, day);
    return fore_fail(err, FORE_E_FORMAT,
                     "the forecast kept on %s (%s) cannot be read; take another --since, before or "
                     "after that day",
                     day, row->kind);
}

static double number_at(const fore_json_node *array, int64_t i)
{
    double value;
    const fore_json_node *node = fore_json_at(array, i);
    return node && fore_json_as_number(node, &value) ? value : NAN;
}

static bool read_line(const fore_json_node *node, int64_t periods, fore_state_line *line)
{
    double key = number_at(node, 0), won = number_at(node, 1), due = number_at(node, 3);
    if (isnan(key) || isnan(won) || fore_json_length(node) != 4 + periods) return false;
    *line = (fore_state_line){.key = (int64_t)key,
                              .won = won > 0,
                              .amount = number_at(node, 2),
                              .due_on = isnan(due) ? FORE_NO_DATE : (int32_t)due};
    for (int64_t j = 0; j < periods; j++) {
        line->expected[j] = number_at(node, 4 + j);
        if (isnan(line->expected[j])) return false;
    }
    return true;
}

static bool read_head(const fore_json_node *root, fore_forecast_state *state)
{
    const fore_json_node *periods = fore_json_get(root, "periods");
    int64_t kind;
    const char *unit = fore_json_get_string(root, "unit");
    const char *rates = fore_json_get_string(root, "rates");
    double start[FORE_STATE_PERIODS + 1];
    state->periods = fore_json_length(periods);
    if (!unit || !rates || state->periods < 1 || state->periods > FORE_STATE_PERIODS ||
        !fore_json_get_integer(root, "subject_kind", &kind) ||
        !fore_json_get_bool(root, "counts", &state->counts) ||
        !fore_json_get_numbers(root, "start", start, state->periods + 1))
        return false;
    snprintf(state->unit, sizeof state->unit, "%s", unit);
    snprintf(state->rates, sizeof state->rates, "%s", rates);
    state->subject_kind = (fore_subject_kind)kind;
    for (int64_t j = 0; j <= state->periods; j++) state->start[j] = (int32_t)start[j];
    for (int64_t j = 0; j < state->periods; j++) {
        const fore_json_node *p = fore_json_at(periods, j);
        state->period[j] = (fore_state_period){number_at(p, 0), number_at(p, 1), number_at(p, 2),
                                               number_at(p, 3), number_at(p, 4)};
        if (isnan(state->period[j].mean) || isnan(state->period[j].fresh)) return false;
    }
    return true;
}

static fore_status parse(const fore_snapshot_row *row, const fore_json_node *root,
                         fore_forecast_state *state, fore_error *err)
{
    const fore_json_node *lines = fore_json_get(root, "lines");
    int64_t n = fore_json_length(lines);
    if (!read_head(root, state)) return fail_damaged(row, err);
    state->line = FORE_NEW(n, fore_state_line);
    if (!state->line) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++)
        if (!read_line(fore_json_at(lines, i), state->periods, &state->line[i]))
            return fail_damaged(row, err);
    state->lines = n;
    return FORE_OK;
}

static fore_status visit(void *context, const fore_snapshot_row *row, fore_error *err)
{
    fore_forecast_state *state = context;
    fore_json *document = NULL;
    fore_text text = {0};
    state->as_of = row->as_of;
    fore_status status = fore_unpack(row->body, row->body_length, BODY_LIMIT, &text, err);
    if (status == FORE_OK) status = fore_json_parse(text.bytes, text.length, &document, err);
    if (status == FORE_OK)
        status = parse(row, fore_json_root(document), state, err);
    else if (status != FORE_E_MEMORY)
        status = fail_damaged(row, err);
    fore_json_free(document);
    fore_text_free(&text);
    return status;
}

fore_status fore_state_read(fore_store *store, fore_period kind, int64_t not_after,
                            fore_forecast_state *state, bool *found, fore_error *err)
{
    *state = (fore_forecast_state){.kind = kind, .kept = true};
    fore_status status =
        fore_store_snapshot(store, fore_period_word(kind), not_after, visit, state, found, err);
    if (status != FORE_OK || !*found) fore_state_free(state);
    return status;
}
