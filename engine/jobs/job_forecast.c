/* "What will we sell?" The outlook as one distribution per period, with the record of past
 * forecasts that sets its width, for the company and for groups of it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/forecast_record.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/levels.h"
#include "engine/jobs/scoring.h"
#include "engine/num/special.h"
#include "features/sales_series.h"

enum { CUTS_DEFAULT = 8, HORIZON_MAX = 60, GROUP_DRAWS = 1000 };
/* An interval wider than this many times its median says little: Einstein shows nothing then; we
 * say so. */
static const double WIDE = 2.0;

static const fore_column columns[] = {
    {"period", "period", FORE_CELL_TEXT, 0},
    {"median", "median", FORE_CELL_MONEY, 0},
    {"lo80", "80 % from", FORE_CELL_MONEY, 0},
    {"hi80", "to", FORE_CELL_MONEY, 0},
    {"mean", "mean", FORE_CELL_MONEY, 0},
    {"won_so_far", "won so far", FORE_CELL_MONEY, 0},
    {"from_open_deals", "open deals", FORE_CELL_MONEY, 0},
    {"from_new_deals", "new deals", FORE_CELL_MONEY, 0},
};

static const fore_column group_columns[] = {
    {"group", "group", FORE_CELL_TEXT, 1},    {"period", "period", FORE_CELL_TEXT, 0},
    {"median", "median", FORE_CELL_MONEY, 0}, {"lo80", "80 % from", FORE_CELL_MONEY, 0},
    {"hi80", "to", FORE_CELL_MONEY, 0},
};

static const fore_column record_columns[] = {
    {"rule", "forecast by", FORE_CELL_TEXT, 0},
    {"error", "error", FORE_CELL_PERCENT, 0},
};

typedef struct request {
    fore_period period;
    int64_t horizon, levels;
    double level[FORE_LEVELS_MAX];
    bool grouped;
    fore_series_by by;
} request;

static fore_status read_request(const foresell_forecast_request *r, request *q, fore_error *err)
{
    *q = (request){.period = FORE_MONTHLY};
    if (r->period && (!fore_period_parse(r->period, &q->period) || q->period == FORE_DAILY ||
                      q->period == FORE_YEARLY))
        return fore_fail(err, FORE_E_USAGE, "a period is month, quarter or week, not '%s'",
                         r->period);
    q->horizon = r->horizon ? r->horizon : q->period == FORE_WEEKLY ? 8 : 3;
    if (q->horizon < 1 || q->horizon > HORIZON_MAX)
        return fore_fail(err, FORE_E_USAGE, "the horizon is 1 to %d periods", HORIZON_MAX);
    q->grouped = r->by != NULL;
    if (r->by && (!fore_series_by_parse(r->by, &q->by) || q->by == FORE_BY_TOTAL))
        return fore_fail(err, FORE_E_USAGE, "groups are by team, region, rep or product, not '%s'",
                         r->by);
    return fore_levels_parse(r->levels, q->level, &q->levels, err);
}

static double draw_quantile(const fore_pipeline_result *result, int64_t period, double p,
                            double *scratch)
{
    memcpy(scratch, result->draws + period * result->draw_count,
           (size_t)result->draw_count * sizeof *scratch);
    fore_sort(scratch, result->draw_count);
    return fore_quantile_sorted(scratch, result->draw_count, p);
}

static void period_name(fore_period period, int32_t start, char out[32])
{
    int32_t year, month, day;
    fore_civil_from_days(start, &year, &month, &day);
    if (period == FORE_QUARTERLY)
        snprintf(out, 32, "%04d Q%d", year, (month + 2) / 3);
    else if (period == FORE_MONTHLY)
        snprintf(out, 32, "%04d-%02d", year, month);
    else
        fore_date_format(start, out);
}

static void period_json(fore_json_writer *json, const request *q, const fore_outlook *o,
                        const fore_pipeline_result *result, int64_t j, double *scratch)
{
    const fore_pipeline_period *p = &result->period[j];
    fore_json_object(json, NULL);
    fore_json_date(json, "start", o->start[j]);
    fore_json_date(json, "end", o->start[j + 1] - 1);
    fore_json_number(json, "mean", p->mean);
    fore_json_number(json, "median", p->median);
    fore_json_object(json, "intervals");
    for (int64_t k = 0; k < q->levels; k++) {
        char key[32];
        double tail = (1 - q->level[k] / 100) / 2;
        const double limits[] = {draw_quantile(result, j, tail, scratch),
                                 draw_quantile(result, j, 1 - tail, scratch)};
        snprintf(key, sizeof key, "%g", q->level[k]);
        fore_json_numbers(json, key, limits, 2);
    }
    fore_json_end_object(json);
    fore_json_number(json, "won_so_far", p->won_so_far);
    fore_json_number(json, "from_open_deals", p->from_open);
    fore_json_number(json, "from_new_deals", p->from_new);
    fore_json_end_object(json);
}

static fore_status write_total(const request *q, const fore_outlook *o,
                               const fore_pipeline_result *result, fore_answer *a,
                               fore_json_writer *json, fore_error *err)
{
    double *scratch = FORE_NEW(result->draw_count, double);
    if (!scratch) return fore_no_memory(err);
    int64_t g = fore_answer_grid(a, "periods", "Forecast", columns, 8);
    fore_json_array(json, "periods");
    for (int64_t j = 0; j < o->periods; j++) {
        const fore_pipeline_period *p = &result->period[j];
        char name[32];
        double lo = draw_quantile(result, j, 0.1, scratch),
               hi = draw_quantile(result, j, 0.9, scratch);
        period_name(q->period, o->start[j], name);
        fore_answer_row(a, g);
        fore_answer_text(a, g, name);
        fore_answer_number(a, g, p->median);
        fore_answer_number(a, g, lo);
        fore_answer_number(a, g, hi);
        fore_answer_number(a, g, p->mean);
        fore_answer_number(a, g, p->won_so_far);
        fore_answer_number(a, g, p->from_open);
        fore_answer_number(a, g, p->from_new);
        period_json(json, q, o, result, j, scratch);
        if (p->median > 0 && (hi - lo) / p->median > WIDE)
            fore_answer_note(a,
                             "The interval of %s is too wide to plan with; a longer history, stage "
                             "changes and expected close dates would narrow it.",
                             name);
    }
    fore_json_end_array(json);
    fore_free(scratch);
    return FORE_OK;
}

/* --- groups --- */

/* The group of a subject: a word, rep or product index, -1 = unknown. */
static int32_t group_of(const fore_timeline *t, fore_series_by by, int64_t subject, int64_t as_of)
{
    fore_subject_state state;
    if (by == FORE_BY_PRODUCT) return t->product[subject];
    if (by == FORE_BY_CATEGORY)
        return t->product[subject] < 0 ? -1 : t->product_category[t->product[subject]];
    fore_subject_state_at(t, subject, as_of, &state);
    if (by == FORE_BY_REP || state.owner < 0) return state.owner;
    return by == FORE_BY_TEAM ? t->rep_team[state.owner] : t->rep_region[state.owner];
}

static const char *group_name(const fore_timeline *t, fore_series_by by, int32_t group)
{
    if (group < 0) return "(none)";
    switch (by) {
    case FORE_BY_TEAM: return fore_word(&t->teams, group);
    case FORE_BY_REGION: return fore_word(&t->regions, group);
    case FORE_BY_REP: return fore_word(&t->rep_ids, group);
    case FORE_BY_CATEGORY: return fore_word(&t->categories, group);
    default: return fore_word(&t->product_ids, group);
    }
}

static int64_t group_limit(const fore_timeline *t, fore_series_by by)
{
    switch (by) {
    case FORE_BY_TEAM: return t->teams.count;
    case FORE_BY_REGION: return t->regions.count;
    case FORE_BY_REP: return t->reps;
    case FORE_BY_CATEGORY: return t->categories.count;
    default: return t->products;
    }
}

static void write_group(const request *q, const fore_outlook *o, const fore_pipeline_result *result,
                        const char *name, double *scratch, fore_answer *a, int64_t g,
                        fore_json_writer *json)
{
    fore_json_object(json, NULL);
    fore_json_string(json, "group", name);
    fore_json_array(json, "periods");
    for (int64_t j = 0; j < o->periods; j++) {
        char period[32];
        period_name(q->period, o->start[j], period);
        fore_answer_row(a, g);
        fore_answer_text(a, g, name);
        fore_answer_text(a, g, period);
        fore_answer_number(a, g, result->period[j].median);
        fore_answer_number(a, g, draw_quantile(result, j, 0.1, scratch));
        fore_answer_number(a, g, draw_quantile(result, j, 0.9, scratch));
        period_json(json, q, o, result, j, scratch);
    }
    fore_json_end_array(json);
    fore_json_end_object(json);
}

static fore_status write_groups(fore_context *c, const request *q, const fore_outlook *o,
                                const fore_record *record, const fore_outlook_draws *whole,
                                fore_answer *a, fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_timeline *t = c->timeline;
    int64_t first = o->kind == FORE_SUBJECT_DEAL ? t->leads : 0;
    int64_t end = o->kind == FORE_SUBJECT_DEAL ? t->subjects : t->leads;
    int64_t limit = group_limit(t, q->by);
    uint8_t *member = FORE_ZNEW(t->subjects, uint8_t);
    int32_t *group = FORE_NEW(t->subjects, int32_t);
    double *scratch = FORE_NEW(GROUP_DRAWS, double);
    if (!member || !group || !scratch) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t s = first; s < end; s++) group[s] = group_of(t, q->by, s, o->as_of);
    int64_t g = fore_answer_grid(a, "groups", "By group", group_columns, 5);
    for (int64_t k = 0; k <= limit; k++) {
        int32_t index = k == limit ? -1 : (int32_t)k;
        for (int64_t s = first; s < end; s++) member[s] = group[s] == index;
        double share = fore_outlook_share(t, o, member);
        bool any = share > 0;
        for (int64_t i = 0; i < o->open && !any; i++) any = member[o->open_subject[i]];
        for (int64_t i = 0; i < o->wins && !any; i++) any = member[o->win_subject[i]];
        if (!any) continue;
        fore_pipeline_result *result = NULL;
        double level[HORIZON_MAX], shock_sd[HORIZON_MAX];
        fore_outlook_draws draws = *whole;
        draws.member = member;
        draws.share = share;
        draws.level = level;
        draws.shock_sd = shock_sd;
        FORE_GO(fore_record_tilt(record, t, o, member, share, level, shock_sd, err));
        draws.draws = GROUP_DRAWS;
        FORE_GO(fore_outlook_simulate(c, o, &draws, &result, err));
        write_group(q, o, result, group_name(t, q->by, index), scratch, a, g, json);
        fore_pipeline_result_free(result);
    }
done:
    fore_free(member);
    fore_free(group);
    fore_free(scratch);
    return status;
}

/* --- the record --- */

/* What the forecast rests on, in words: "pipeline 30 %, ...". */
static void weight_words(const fore_record *r, fore_text *words)
{
    for (int m = 0; m < FORE_MEMBERS; m++)
        fore_text_printf(words, "%s%s %.0f %%", m ? ", " : "",
                         fore_record_member_word((fore_record_member)m), 100 * r->weight[0][m]);
}

static void learned_json(const fore_record *r, const fore_outlook_draws *d, fore_json_writer *json)
{
    fore_json_number(json, "level", d->level[0]);
    fore_json_number(json, "pipeline_level", r->pipeline_level[0]);
    fore_json_number(json, "shock_sd", r->shock_sd[0]);
    fore_json_numbers(json, "shock_sd_ahead", r->shock_sd, r->steps);
    fore_json_number(json, "persistence", r->persistence);
    fore_json_integer(json, "cuts_learned", r->learned);
    fore_json_object(json, "weights");
    for (int m = 0; m < FORE_MEMBERS; m++)
        fore_json_number(json, fore_record_member_word((fore_record_member)m), r->weight[0][m]);
    fore_json_end_object(json);
}

static void write_record(const fore_record *r, const fore_outlook_draws *d, fore_answer *a,
                         fore_json_writer *json)
{
    fore_text words = {0};
    fore_json_object(json, "backtest");
    fore_json_integer(json, "cuts", r->cuts);
    fore_json_number(json, "error", r->error);
    fore_json_number(json, "coverage_80", r->coverage80);
    learned_json(r, d, json);
    fore_json_object(json, "baselines");
    for (int b = 0; b < FORE_BASELINES; b++)
        fore_json_number(json, fore_baseline_word((fore_baseline)b), r->baseline_error[b]);
    fore_json_end_object(json);
    fore_json_end_object(json);
    if (r->cuts < 2) {
        fore_answer_note(
            a, "The history is too short to test past forecasts: the intervals rest on an "
               "assumed spread between periods.");
        return;
    }
    char title[96];
    snprintf(title, sizeof title, "%lld past periods, forecast at their start", (long long)r->cuts);
    int64_t g = fore_answer_grid(a, "record", title, record_columns, 2);
    int best = -1;
    fore_answer_row(a, g);
    fore_answer_text(a, g, "foresell");
    fore_answer_number(a, g, r->error);
    for (int b = 0; b < FORE_BASELINES; b++) {
        if (isnan(r->baseline_error[b])) continue;
        if (r->baseline_error[b] < (best < 0 ? r->error : r->baseline_error[best])) best = b;
        fore_answer_row(a, g);
        fore_answer_text(a, g, fore_baseline_word((fore_baseline)b));
        fore_answer_number(a, g, r->baseline_error[b]);
    }
    if (best >= 0)
        fore_answer_note(a, "The simple rule '%s' was closer so far (%.1f %% against %.1f %%).",
                         fore_baseline_word((fore_baseline)best), 100 * r->baseline_error[best],
                         100 * r->error);
    weight_words(r, &words);
    fore_answer_note(a, "Weighed by what each was worth in past periods: %s.",
                     fore_text_string(&words));
    a->failed |= words.failed;
    fore_text_free(&words);
    fore_answer_note(a, "In %lld past periods the 80 %% interval held the actual %.0f times.",
                     (long long)r->cuts, r->coverage80 * (double)r->cuts);
}

fore_status fore_job_forecast(fore_context *c, const foresell_forecast_request *r, fore_answer *a,
                              fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    request q;
    fore_record record;
    fore_outlook *o = NULL;
    fore_pipeline_result *result = NULL;
    FORE_TRY(read_request(r, &q, err));
    FORE_TRY(fore_context_moment(c, &r->moment, a, &moment, err));
    fore_outlook_options options = {.as_of = moment.as_of,
                                    .period = q.period,
                                    .first_on =
                                        fore_period_start(q.period, fore_date_of(moment.as_of)),
                                    .periods = q.horizon};
    FORE_GO(fore_outlook_make(c, &options, &o, err));
    fore_record_options wanted = {.as_of = moment.as_of,
                                  .period = q.period,
                                  .cuts = CUTS_DEFAULT,
                                  .steps = q.horizon,
                                  .seed = r->seed};
    FORE_GO(fore_record_make(c, &wanted, &record, err));
    double level[HORIZON_MAX], shock_sd[HORIZON_MAX];
    FORE_GO(fore_record_tilt(&record, c->timeline, o, NULL, 1, level, shock_sd, err));
    fore_outlook_draws draws = {.share = 1,
                                .level = level,
                                .shock_sd = shock_sd,
                                .persistence = record.persistence,
                                .seed = r->seed};
    FORE_GO(fore_outlook_simulate(c, o, &draws, &result, err));
    const char *unit = o->counts ? (o->kind == FORE_SUBJECT_DEAL ? "deals won" : "leads converted")
                       : o->currency >= 0 ? fore_word(&c->timeline->currencies, o->currency)
                                          : "amount";
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", moment.as_of);
    fore_json_string(&json, "unit", unit);
    FORE_GO(write_total(&q, o, result, a, &json, err));
    fore_json_array(&json, "groups");
    if (q.grouped) FORE_GO(write_groups(c, &q, o, &record, &draws, a, &json, err));
    fore_json_end_array(&json);
    write_record(&record, &draws, a, &json);
    fore_json_end_object(&json);
    fore_answer_note(a, "Unit: %s. %lld %s%s open.", unit, (long long)o->open,
                     fore_purpose(o->kind), o->open == 1 ? " is" : "s are");
    if (o->used < o->known)
        fore_answer_note(a,
                         "How deals come to be won was learned from %lld of the %lld deals, drawn "
                         "by their ids.",
                         (long long)o->used, (long long)o->known);
    if (o->other_currency > 0)
        fore_answer_note(a, "%lld deals in another currency are left out.",
                         (long long)o->other_currency);
done:
    fore_pipeline_result_free(result);
    fore_outlook_free(o);
    return status;
}
