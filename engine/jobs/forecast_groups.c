/* The forecast of groups: the same outlook, simulated for the members of each, and made to add up
 * to the company's in mean.
 *
 *   what each group is expected to bring -> by period, the company's mean over their sum: a factor
 *   simulate each, shocks as wide as groups' own past wants (group_record.h)
 *   what is to come of each draw is brought to the group's share of the company's mean */
#include "engine/jobs/forecast.h"

#include <math.h>

enum { GROUP_DRAWS = 1000, JUDGED_LEAST = 10 };
static const double HELD_LEAST = 0.6;               /* of past forecasts; below it we say so */
static const double NOTHING = 0.5, NO_WINS = 0.005; /* of the unit: written as 0 */

static const fore_column group_columns[] = {
    {"group", "group", FORE_CELL_TEXT, 1},     {"period", "period", FORE_CELL_TEXT, 0},
    {"mean", "mean", FORE_CELL_MONEY, 0},      {"median", "median", FORE_CELL_MONEY, 0},
    {"lo80", "80 % from", FORE_CELL_MONEY, 0}, {"hi80", "to", FORE_CELL_MONEY, 0},
};

static void write_row(const fore_forecast *f, const char *name, const fore_pipeline_result *result,
                      int64_t j, double *scratch, int64_t g)
{
    fore_answer *a = f->answer;
    char period[32];
    fore_forecast_period_name(f, f->outlook->start[j], period);
    fore_answer_row(a, g);
    fore_answer_text(a, g, name);
    fore_answer_text(a, g, period);
    fore_answer_number(a, g, result->period[j].mean);
    fore_answer_number(a, g, result->period[j].median);
    fore_answer_number(a, g, fore_forecast_quantile(result, j, 0.1, scratch));
    fore_answer_number(a, g, fore_forecast_quantile(result, j, 0.9, scratch));
}

/* Nothing of any period, and nothing will be: said of all such groups in one sentence. */
static bool is_empty(const fore_forecast *f, const fore_pipeline_result *result)
{
    double nothing = f->outlook->counts ? NO_WINS : NOTHING;
    for (int64_t j = 0; j < result->periods; j++)
        if (!(result->period[j].mean < nothing)) return false;
    return true;
}

/* What the rows above add up to. */
static fore_status write_company(const fore_forecast *f, int64_t g, int64_t empty, fore_error *err)
{
    double *scratch = FORE_NEW(f->result->draw_count, double);
    if (!scratch) return fore_no_memory(err);
    for (int64_t j = 0; j < f->outlook->periods; j++)
        write_row(f, "company", f->result, j, scratch, g);
    fore_free(scratch);
    if (empty > 0)
        fore_answer_note(f->answer, "%lld other%s: 0.", (long long)empty, empty == 1 ? "" : "s");
    return FORE_OK;
}

static void write_group(const fore_forecast *f, const fore_forecast_whose *w,
                        const fore_pipeline_result *result, double *scratch, int64_t g,
                        fore_gap_rows *gaps)
{
    const fore_outlook *o = f->outlook;
    fore_json_writer *json = f->json;
    bool empty = is_empty(f, result);
    fore_json_object(json, NULL);
    fore_json_string(json, "group", w->name);
    fore_json_array(json, "periods");
    for (int64_t j = 0; j < o->periods; j++) {
        if (!empty) write_row(f, w->name, result, j, scratch, g);
        fore_forecast_period_json(f, w, result, j, scratch);
        fore_forecast_gap_row(f, w, result, j, gaps);
    }
    fore_json_end_array(json);
    fore_json_end_object(json);
}

/* Coverage by group; what is in none is the group after the last. */
static fore_status cover(const fore_forecast *f, const fore_sales_groups *groups,
                         fore_coverage *coverage, fore_error *err)
{
    return f->targets ? fore_coverage_make(f->context, f->outlook, f->request.period,
                                           groups->column, groups->count, coverage, err)
                      : FORE_OK;
}

/* --- adding up --- */

typedef struct division {
    const fore_forecast *f;
    const fore_timeline *t;
    fore_sales_groups groups;
    double *member;
    double *expected; /* groups x periods: what each is to bring, from open and new deals */
    double *level;    /* groups x periods */
    double *share;    /* groups; -1: nothing is known of it */
    double *room;     /* 2 x periods */
} division;

static fore_status expect(division *d, int64_t k, fore_error *err)
{
    const fore_outlook *o = d->f->outlook;
    double *mean = d->expected + k * o->periods, *level = d->level + k * o->periods;
    fore_sales_groups_members(&d->groups, k, d->member);
    d->share[k] = fore_outlook_share(d->t, o, d->member);
    if (!fore_sales_groups_any(o, d->member, d->share[k])) {
        d->share[k] = -1;
        return FORE_OK;
    }
    FORE_TRY(fore_record_tilt(d->f->record, d->t, o, d->member, d->share[k], level, d->room, err));
    FORE_TRY(fore_outlook_expect(o, d->member, d->share[k], mean, d->room, err));
    for (int64_t j = 0; j < o->periods; j++) mean[j] *= level[j];
    return FORE_OK;
}

/* The groups' expectations become parts of the company's mean. */
static void divide(division *d)
{
    const fore_outlook *o = d->f->outlook;
    for (int64_t j = 0; j < o->periods; j++) {
        const fore_pipeline_period *all = &d->f->result->period[j];
        double sum = 0;
        for (int64_t k = 0; k < d->groups.count; k++) sum += d->expected[k * o->periods + j];
        double factor = sum > 0 ? (all->mean - all->won_so_far) / sum : 1;
        for (int64_t k = 0; k < d->groups.count; k++) {
            d->expected[k * o->periods + j] *= factor;
            d->level[k * o->periods + j] *= factor;
        }
    }
}

/* Period j of the result, so that its mean is what was won and `expected`. */
static void bring_to(fore_pipeline_result *result, int64_t j, double expected)
{
    fore_pipeline_period *p = &result->period[j];
    double sure = p->won_so_far, drawn = p->mean - sure;
    double factor = drawn > 0 ? expected / drawn : 1;
    for (int64_t d = 0; d < result->draw_count; d++) {
        double *x = &result->draws[j * result->draw_count + d];
        *x = sure + (*x - sure) * factor;
    }
    for (int q = 0; q < FORE_PIPELINE_LEVELS; q++)
        p->quantile[q] = sure + (p->quantile[q] - sure) * factor;
    p->median = sure + (p->median - sure) * factor;
    p->sd *= factor;
    p->from_open *= factor;
    p->from_new *= factor;
    p->mean = sure + expected;
}

static fore_status simulate(division *d, int64_t k, fore_pipeline_result **result, fore_error *err)
{
    const fore_forecast *f = d->f;
    const fore_outlook *o = f->outlook;
    fore_sales_groups_members(&d->groups, k, d->member);
    for (int64_t j = 0; j < o->periods; j++) d->room[j] = f->whole->shock_sd[j];
    fore_group_record_widen(f->past, f->record->shock_sd[0], o->periods, d->room);
    fore_outlook_draws draws = *f->whole;
    draws.member = d->member;
    draws.share = d->share[k];
    draws.level = d->level + k * o->periods;
    draws.shock_sd = d->room;
    draws.draws = GROUP_DRAWS;
    FORE_TRY(fore_outlook_simulate(f->context, o, &draws, result, err));
    for (int64_t j = 0; j < o->periods; j++) bring_to(*result, j, d->expected[k * o->periods + j]);
    return FORE_OK;
}

static fore_status make_division(division *d, fore_error *err)
{
    const fore_forecast *f = d->f;
    FORE_TRY(fore_sales_groups_make(d->t, f->outlook, f->request.by, f->outlook->as_of, &d->groups,
                                    err));
    int64_t n = d->groups.count, cells = n * f->outlook->periods;
    d->member = FORE_ZNEW(d->t->subjects, double);
    d->expected = FORE_ZNEW(2 * cells + n + 2 * f->outlook->periods, double);
    if (!d->member || !d->expected) return fore_no_memory(err);
    d->level = d->expected + cells;
    d->share = d->level + cells;
    d->room = d->share + n;
    for (int64_t k = 0; k < n; k++) FORE_TRY(expect(d, k, err));
    divide(d);
    return FORE_OK;
}

static void tell_past(const fore_forecast *f)
{
    const fore_group_record *p = f->past;
    fore_json_object(f->json, "groups_backtest");
    fore_json_integer(f->json, "cuts", p->cuts);
    fore_json_integer(f->json, "forecasts", p->judged);
    fore_json_number(f->json, "coverage_80",
                     p->judged ? (double)p->inside / (double)p->judged : NAN);
    fore_json_number(f->json, "error", p->sold > 0 ? p->missed / p->sold : NAN);
    fore_json_end_object(f->json);
    if (p->judged == 0) return;
    fore_answer_note(
        f->answer,
        "Groups add up to the company in mean, not in median. Of %lld past forecasts of groups the "
        "80 %% interval held the actual %lld times.",
        (long long)p->judged, (long long)p->inside);
    if (p->judged >= JUDGED_LEAST && (double)p->inside < HELD_LEAST * (double)p->judged)
        fore_answer_note(
            f->answer, "That is too seldom to plan by these groups: deals come to theirs late, or "
                       "change it.");
    else if (fore_forecast_held_too_seldom(p->inside, p->judged))
        fore_answer_note(f->answer, "Groups' intervals were too narrow so far: plan with their 95 "
                                    "%% range (--json).");
}

/* Nothing but what is in no group would only be the company once more. */
static bool is_known(const division *d)
{
    return d->groups.count > 1 ||
           (d->groups.count == 1 && fore_sales_groups_index(&d->groups, 0) >= 0);
}

static void tell_unknown(const fore_forecast *f)
{
    fore_series_by by = f->request.by;
    const char *word = by == FORE_BY_TEAM     ? "team"
                       : by == FORE_BY_REGION ? "region"
                       : by == FORE_BY_REP    ? "rep"
                                              : "product";
    fore_answer_note(f->answer, "No %ss are known of these deals: there is nothing to divide by.%s",
                     word,
                     by == FORE_BY_TEAM || by == FORE_BY_REGION
                         ? " They are a column of the reps or users that are imported."
                         : "");
}

static fore_status write_members(const fore_forecast *f, bool *known, fore_error *err)
{
    fore_status status = FORE_OK;
    division d = {.f = f, .t = f->context->timeline};
    fore_coverage coverage = {0};
    fore_gap_rows gaps = {.grid = -1};
    double *scratch = FORE_NEW(GROUP_DRAWS, double);
    if (!scratch) return fore_no_memory(err);
    FORE_GO(make_division(&d, err));
    *known = is_known(&d);
    if (!*known) goto done;
    FORE_GO(cover(f, &d.groups, &coverage, err));
    int64_t g = fore_answer_grid(f->answer, "groups", "By group", group_columns, 6);
    int64_t empty = 0;
    for (int64_t k = 0; k < d.groups.count; k++) {
        fore_pipeline_result *result = NULL;
        if (d.share[k] < 0) continue;
        FORE_GO(simulate(&d, k, &result, err));
        const fore_forecast_whose whose = {f->request.by, fore_sales_groups_index(&d.groups, k),
                                           fore_sales_groups_name(d.t, &d.groups, k),
                                           f->targets ? &coverage : NULL, k};
        write_group(f, &whose, result, scratch, g, &gaps);
        empty += is_empty(f, result);
        fore_pipeline_result_free(result);
    }
    FORE_GO(write_company(f, g, empty, err));
    fore_forecast_gap_untold(f, &gaps);
    if (d.groups.late)
        fore_answer_note(f->answer, "Products are filled in with the win here: what is still open "
                                    "is shared among them as the wins of late were.");
done:
    fore_coverage_free(&coverage);
    fore_sales_groups_free(&d.groups);
    fore_free(d.member);
    fore_free(d.expected);
    fore_free(scratch);
    return status;
}

fore_status fore_forecast_groups(const fore_forecast *f, fore_error *err)
{
    bool known = false;
    fore_json_array(f->json, "groups");
    if (f->request.grouped) FORE_TRY(write_members(f, &known, err));
    fore_json_end_array(f->json);
    if (known) tell_past(f);
    if (f->request.grouped && !known) tell_unknown(f);
    return FORE_OK;
}
