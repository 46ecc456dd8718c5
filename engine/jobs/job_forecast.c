/* "What will we sell?" The outlook as one distribution per period, with the record of past
 * forecasts that sets its width, for the company and for groups of it: the parts of forecast.h in
 * their order. */
#include <stdio.h>

#include "engine/jobs/forecast.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/scoring.h"

enum { DEALS_DEFAULT = 5, YEARS_MOST = 20 /* hazards by the week end a little later */ };

fore_status fore_forecast_read(const foresell_forecast_request *r, fore_forecast_request *q,
                               fore_error *err)
{
    *q = (fore_forecast_request){.period = FORE_MONTHLY};
    if (r->period && (!fore_period_parse(r->period, &q->period) || q->period == FORE_DAILY))
        return fore_fail(err, FORE_E_USAGE, "a period is month, quarter, week or year, not '%s'",
                         r->period);
    q->horizon = r->horizon                 ? r->horizon
                 : q->period == FORE_WEEKLY ? 8
                 : q->period == FORE_YEARLY ? 2
                                            : 3;
    bool years = q->period == FORE_YEARLY;
    int64_t most = years ? YEARS_MOST : FORE_FORECAST_PERIODS;
    if (q->horizon < 1 || q->horizon > most)
        return fore_fail(err, FORE_E_USAGE, "the horizon is 1 to %lld %s", (long long)most,
                         years ? "years" : "periods");
    q->grouped = r->by != NULL;
    if (r->by && (!fore_series_by_parse(r->by, &q->by) || q->by == FORE_BY_TOTAL))
        return fore_fail(err, FORE_E_USAGE, "groups are by team, region, rep or product, not '%s'",
                         r->by);
    if (r->deals < -1)
        return fore_fail(err, FORE_E_USAGE, "--deals is a number of deals to name, 0 for none");
    q->deals = r->deals == -1 ? 0 : r->deals ? r->deals : DEALS_DEFAULT;
    return fore_levels_parse(r->levels, q->level, &q->levels, err);
}

/* Wins without a date; their money, unless wins are what is counted. */
static void tell_undated(const fore_forecast *f)
{
    const fore_outlook *o = f->outlook;
    bool one = o->undated_wins == 1, leads = o->kind == FORE_SUBJECT_LEAD;
    char money[64], brought[96] = "";
    fore_number_people(o->undated_amount, 0, money, sizeof money);
    if (!o->counts) snprintf(brought, sizeof brought, ", %s%s,", money, one ? "" : " in all");
    if (o->undated_wins > 0)
        fore_answer_note(f->answer,
                         "%lld %s%s%s %s no closing date and %s in no period and in no past that "
                         "this was learned from; map the column of that date as closed_at "
                         "(`foresell check --code closing_unknown` lists them).",
                         (long long)o->undated_wins, leads ? "converted lead" : "won deal",
                         one ? "" : "s", brought, one ? "has" : "have", one ? "is" : "are");
}

static void write_undated(const fore_forecast *f)
{
    fore_json_object(f->json, "undated_wins");
    fore_json_integer(f->json, "count", f->outlook->undated_wins);
    fore_json_number(f->json, "amount", f->outlook->undated_amount);
    fore_json_end_object(f->json);
}

/* What the answer does not hold, and what it was learned from. */
static void tell_basis(const fore_forecast *f)
{
    const fore_outlook *o = f->outlook;
    fore_answer_note(f->answer, "Unit: %s. %lld %s%s open.", f->unit, (long long)o->open,
                     fore_purpose(o->kind), o->open == 1 ? " is" : "s are");
    if (o->used < o->known)
        fore_answer_note(f->answer,
                         "How deals come to be won was learned from %lld of the %lld deals, drawn "
                         "by their ids.",
                         (long long)o->used, (long long)o->known);
    const fore_calendar *calendar = &f->context->calendar;
    if (f->request.period == FORE_MONTHLY && calendar->own_count > 0 &&
        o->start[o->periods] > calendar->own[calendar->own_count - 1])
        fore_answer_note(f->answer,
                         "Periods beyond the last one of period_starts are taken to be as "
                         "long as that; add their starts there.");
    if (f->context->timeline->converted > 0)
        fore_answer_note(f->answer, "%lld deals were converted to %s at the stated rates.",
                         (long long)f->context->timeline->converted, f->unit);
    if (o->other_currency > 0)
        fore_answer_note(f->answer,
                         "%lld deals in another currency are left out; `foresell settings "
                         "currency=EUR exchange_rates=USD=0.92` states what one unit is worth.",
                         (long long)o->other_currency);
    tell_undated(f);
}

static fore_status write_answer(const fore_forecast *f, fore_error *err)
{
    fore_json_object(f->json, NULL);
    fore_json_time(f->json, "as_of", f->as_of);
    fore_json_string(f->json, "unit", f->unit);
    FORE_TRY(fore_forecast_periods(f, err));
    FORE_TRY(fore_forecast_trust(f, err));
    FORE_TRY(fore_forecast_adjusted(f, err));
    FORE_TRY(fore_forecast_categories(f, err));
    FORE_TRY(fore_forecast_groups(f, err));
    FORE_TRY(fore_forecast_watch(f, err));
    fore_forecast_sources(f);
    fore_forecast_record(f);
    write_undated(f);
    fore_json_end_object(f->json);
    tell_basis(f);
    return FORE_OK;
}

static fore_status read_calendar(const foresell_forecast_request *r, fore_calendar *calendar,
                                 fore_error *err)
{
    if (r->fiscal_start)
        FORE_TRY(fore_calendar_set(calendar, "fiscal_year_start", r->fiscal_start, err));
    if (r->fiscal_weeks)
        FORE_TRY(fore_calendar_set(calendar, "fiscal_weeks", r->fiscal_weeks, err));
    return FORE_OK;
}

fore_status fore_job_forecast(fore_context *c, const foresell_forecast_request *r, fore_answer *a,
                              fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    fore_forecast_basis basis = {0};
    fore_targets *targets = NULL;
    fore_coverage coverage = {0};
    fore_json_writer json = fore_json_to(&a->json);
    fore_forecast f = {.context = c, .answer = a, .json = &json};
    FORE_TRY(fore_forecast_read(r, &f.request, err));
    fore_calendar kept = c->calendar; /* this answer may have another one */
    FORE_GO(read_calendar(r, &c->calendar, err));
    FORE_GO(fore_context_moment(c, &r->moment, a, &moment, err));
    FORE_GO(fore_forecast_basis_make(c, &f.request, moment.as_of, r->seed, &basis, err));
    f.as_of = moment.as_of;
    f.outlook = basis.outlook;
    f.record = &basis.record;
    f.whole = &basis.draws;
    f.result = basis.result;
    f.unit = basis.unit;
    f.past = &basis.past;
    FORE_GO(fore_targets_read(c->store, &c->calendar, &targets, err));
    FORE_GO(fore_coverage_make(c, f.outlook, f.request.period, NULL, 1, &coverage, err));
    f.targets = targets;
    f.coverage = &coverage;
    FORE_GO(write_answer(&f, err));
done:
    fore_coverage_free(&coverage);
    fore_targets_free(targets);
    fore_forecast_basis_free(&basis);
    c->calendar = kept;
    return status;
}
