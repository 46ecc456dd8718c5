/* The forecast of the company, period by period, and what every part says of a period. */
#include <stdio.h>
#include <string.h>

#include "engine/jobs/forecast.h"
#include "engine/num/special.h"

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

double fore_forecast_quantile(const fore_pipeline_result *result, int64_t period, double p,
                              double *scratch)
{
    memcpy(scratch, result->draws + period * result->draw_count,
           (size_t)result->draw_count * sizeof *scratch);
    fore_sort(scratch, result->draw_count);
    return fore_quantile_sorted(scratch, result->draw_count, p);
}

void fore_forecast_period_name(const fore_forecast *f, int32_t start, char out[32])
{
    fore_calendar_name(&f->context->calendar, f->request.period, start, out);
}

void fore_forecast_period_json(const fore_forecast *f, const fore_forecast_whose *w,
                               const fore_pipeline_result *result, int64_t j, double *scratch)
{
    fore_json_writer *json = f->json;
    const fore_forecast_request *q = &f->request;
    const fore_outlook *o = f->outlook;
    const fore_pipeline_period *p = &result->period[j];
    char name[32];
    fore_forecast_period_name(f, o->start[j], name);
    fore_json_object(json, NULL);
    fore_json_string(json, "name", name);
    fore_json_date(json, "start", o->start[j]);
    fore_json_date(json, "end", o->start[j + 1] - 1);
    fore_json_number(json, "mean", p->mean);
    fore_json_number(json, "median", p->median);
    fore_json_object(json, "intervals");
    for (int64_t k = 0; k < q->levels; k++) {
        char key[32];
        double tail = (1 - q->level[k] / 100) / 2;
        const double limits[] = {fore_forecast_quantile(result, j, tail, scratch),
                                 fore_forecast_quantile(result, j, 1 - tail, scratch)};
        snprintf(key, sizeof key, "%g", q->level[k]);
        fore_json_numbers(json, key, limits, 2);
    }
    fore_json_end_object(json);
    fore_json_number(json, "won_so_far", p->won_so_far);
    fore_json_number(json, "from_open_deals", p->from_open);
    fore_json_number(json, "from_new_deals", p->from_new);
    fore_forecast_gap_json(f, w, result, j);
    fore_json_end_object(json);
}

fore_status fore_forecast_periods(const fore_forecast *f, fore_error *err)
{
    const fore_outlook *o = f->outlook;
    const fore_pipeline_result *result = f->result;
    fore_answer *a = f->answer;
    double *scratch = FORE_NEW(result->draw_count, double);
    if (!scratch) return fore_no_memory(err);
    int64_t g = fore_answer_grid(a, "periods", "Forecast", columns, 8);
    const fore_forecast_whose whole = {FORE_BY_TOTAL, -1, NULL, f->coverage, 0};
    fore_json_array(f->json, "periods");
    for (int64_t j = 0; j < o->periods; j++) {
        const fore_pipeline_period *p = &result->period[j];
        char name[32];
        double lo = fore_forecast_quantile(result, j, 0.1, scratch),
               hi = fore_forecast_quantile(result, j, 0.9, scratch);
        fore_forecast_period_name(f, o->start[j], name);
        fore_answer_row(a, g);
        fore_answer_text(a, g, name);
        fore_answer_number(a, g, p->median);
        fore_answer_number(a, g, lo);
        fore_answer_number(a, g, hi);
        fore_answer_number(a, g, p->mean);
        fore_answer_number(a, g, p->won_so_far);
        fore_answer_number(a, g, p->from_open);
        fore_answer_number(a, g, p->from_new);
        fore_forecast_period_json(f, &whole, result, j, scratch);
    }
    fore_json_end_array(f->json);
    fore_free(scratch);
    fore_forecast_gap(f, &whole);
    return FORE_OK;
}
