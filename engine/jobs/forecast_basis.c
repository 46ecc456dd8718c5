/* From the history to what a forecast rests on: outlook -> record of past forecasts -> the level
 * and the common shock that follow from it -> draws. */
#include "engine/jobs/forecast.h"

enum { CUTS_DEFAULT = 8 };

fore_status fore_forecast_basis_make(fore_context *c, const fore_forecast_request *q, int64_t as_of,
                                     uint64_t seed, fore_forecast_basis *b, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_timeline *t;
    *b = (fore_forecast_basis){0};
    FORE_TRY(fore_context_history(c, &t, NULL, err));
    fore_outlook_options options = {
        .as_of = as_of,
        .period = q->period,
        .first_on = fore_calendar_start(&c->calendar, q->period, fore_date_of(as_of)),
        .periods = q->horizon};
    FORE_GO(fore_outlook_make(c, &options, &b->outlook, err));
    fore_record_options wanted = {.as_of = as_of,
                                  .period = q->period,
                                  .cuts = CUTS_DEFAULT,
                                  .steps = q->horizon,
                                  .seed = seed};
    if (q->grouped) {
        fore_group_record_open(&b->past, c, q->by, as_of, seed);
        wanted.watch = fore_group_record_look;
        wanted.watch_context = &b->past;
    }
    FORE_GO(fore_record_make(c, &wanted, &b->record, err));
    FORE_GO(fore_record_tilt(&b->record, t, b->outlook, NULL, 1, b->level, b->shock_sd, err));
    b->draws = (fore_outlook_draws){.share = 1,
                                    .level = b->level,
                                    .shock_sd = b->shock_sd,
                                    .persistence = b->record.persistence,
                                    .seed = seed};
    FORE_GO(fore_outlook_simulate(c, b->outlook, &b->draws, &b->result, err));
    b->unit = fore_outlook_unit(t, b->outlook);
done:
    if (status != FORE_OK) fore_forecast_basis_free(b);
    return status;
}

void fore_forecast_basis_free(fore_forecast_basis *b)
{
    fore_pipeline_result_free(b->result);
    fore_outlook_free(b->outlook);
    fore_group_record_free(&b->past);
    b->result = NULL;
    b->outlook = NULL;
}
