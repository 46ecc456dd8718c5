/* "What will we sell?" The outlook as one distribution per period, with the record of past
 * forecasts that sets its width, for the company and for groups of it: the parts of forecast.h in
 * their order. */
#include "engine/jobs/forecast.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/scoring.h"

enum { CUTS_DEFAULT = 8 };

fore_status fore_forecast_read(const foresell_forecast_request *r, fore_forecast_request *q,
                               fore_error *err)
{
    *q = (fore_forecast_request){.period = FORE_MONTHLY};
    if (r->period && (!fore_period_parse(r->period, &q->period) || q->period == FORE_DAILY ||
                      q->period == FORE_YEARLY))
        return fore_fail(err, FORE_E_USAGE, "a period is month, quarter or week, not '%s'",
                         r->period);
    q->horizon = r->horizon ? r->horizon : q->period == FORE_WEEKLY ? 8 : 3;
    if (q->horizon < 1 || q->horizon > FORE_FORECAST_PERIODS)
        return fore_fail(err, FORE_E_USAGE, "the horizon is 1 to %d periods",
                         FORE_FORECAST_PERIODS);
    q->grouped = r->by != NULL;
    if (r->by && (!fore_series_by_parse(r->by, &q->by) || q->by == FORE_BY_TOTAL))
        return fore_fail(err, FORE_E_USAGE, "groups are by team, region, rep or product, not '%s'",
                         r->by);
    return fore_levels_parse(r->levels, q->level, &q->levels, err);
}

static const char *unit_of(const fore_timeline *t, const fore_outlook *o)
{
    if (o->counts) return o->kind == FORE_SUBJECT_DEAL ? "deals won" : "leads converted";
    return o->currency >= 0 ? fore_word(&t->currencies, o->currency) : "amount";
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
    if (o->other_currency > 0)
        fore_answer_note(f->answer, "%lld deals in another currency are left out.",
                         (long long)o->other_currency);
}

static fore_status write_answer(const fore_forecast *f, fore_error *err)
{
    fore_json_object(f->json, NULL);
    fore_json_time(f->json, "as_of", f->as_of);
    fore_json_string(f->json, "unit", f->unit);
    FORE_TRY(fore_forecast_periods(f, err));
    FORE_TRY(fore_forecast_groups(f, err));
    fore_forecast_record(f);
    fore_json_end_object(f->json);
    tell_basis(f);
    return FORE_OK;
}

fore_status fore_job_forecast(fore_context *c, const foresell_forecast_request *r, fore_answer *a,
                              fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    fore_record record;
    fore_outlook *o = NULL;
    fore_pipeline_result *result = NULL;
    fore_json_writer json = fore_json_to(&a->json);
    fore_forecast f = {.context = c, .answer = a, .json = &json, .record = &record};
    FORE_TRY(fore_forecast_read(r, &f.request, err));
    FORE_TRY(fore_context_moment(c, &r->moment, a, &moment, err));
    f.as_of = moment.as_of;
    fore_period period = f.request.period;
    fore_outlook_options options = {.as_of = f.as_of,
                                    .period = period,
                                    .first_on = fore_period_start(period, fore_date_of(f.as_of)),
                                    .periods = f.request.horizon};
    FORE_GO(fore_outlook_make(c, &options, &o, err));
    fore_record_options wanted = {.as_of = f.as_of,
                                  .period = period,
                                  .cuts = CUTS_DEFAULT,
                                  .steps = f.request.horizon,
                                  .seed = r->seed};
    FORE_GO(fore_record_make(c, &wanted, &record, err));
    double level[FORE_FORECAST_PERIODS], shock_sd[FORE_FORECAST_PERIODS];
    FORE_GO(fore_record_tilt(&record, c->timeline, o, NULL, 1, level, shock_sd, err));
    fore_outlook_draws draws = {.share = 1,
                                .level = level,
                                .shock_sd = shock_sd,
                                .persistence = record.persistence,
                                .seed = r->seed};
    FORE_GO(fore_outlook_simulate(c, o, &draws, &result, err));
    f.outlook = o;
    f.whole = &draws;
    f.result = result;
    f.unit = unit_of(c->timeline, o);
    FORE_GO(write_answer(&f, err));
done:
    fore_pipeline_result_free(result);
    fore_outlook_free(o);
    return status;
}
