/* Beside the model's figures: what people expect of the same periods, and how right they have been.
 */
#include <stdio.h>
#include <string.h>

#include "engine/jobs/adjustments.h"
#include "engine/jobs/forecast.h"

static const fore_column columns[] = {
    {"period", "period", FORE_CELL_TEXT, 0},        {"who", "who", FORE_CELL_TEXT, 1},
    {"amount", "expects", FORE_CELL_MONEY, 0},      {"model", "our mean", FORE_CELL_MONEY, 0},
    {"record", "closer before", FORE_CELL_TEXT, 0}, {"because", "because", FORE_CELL_TEXT, -1},
};

static const fore_adjuster *record_of(const fore_adjustments *all, const char *who)
{
    for (int64_t i = 0; i < all->people; i++)
        if (strcmp(all->person[i].who, who) == 0) return &all->person[i];
    return NULL;
}

static void write_one(const fore_forecast *f, const fore_adjustments *all, const fore_adjustment *x,
                      int64_t j, int64_t g)
{
    char name[32], record[32] = "";
    const fore_adjuster *p = record_of(all, x->who);
    if (p)
        snprintf(record, sizeof record, "%lld of %lld", (long long)p->closer, (long long)p->judged);
    fore_forecast_period_name(f, x->start, name);
    fore_answer_row(f->answer, g);
    fore_answer_text(f->answer, g, name);
    fore_answer_text(f->answer, g, x->who);
    fore_answer_number(f->answer, g, x->amount);
    fore_answer_number(f->answer, g, f->result->period[j].mean);
    fore_answer_text(f->answer, g, record[0] ? record : NULL);
    fore_answer_text(f->answer, g, x->because);
    fore_json_object(f->json, NULL);
    fore_json_date(f->json, "start", x->start);
    fore_json_string(f->json, "who", x->who);
    fore_json_number(f->json, "amount", x->amount);
    fore_json_time(f->json, "said_at", x->at);
    fore_json_string(f->json, "because", x->because);
    fore_json_end_object(f->json);
}

fore_status fore_forecast_adjusted(const fore_forecast *f, fore_error *err)
{
    fore_adjustments all;
    const fore_outlook *o = f->outlook;
    int64_t g = -1;
    FORE_TRY(fore_adjustments_read(f->context, f->as_of, &all, err));
    fore_json_array(f->json, "adjustments");
    for (int64_t j = 0; j < o->periods; j++)
        for (int64_t i = 0; i < all.count; i++) {
            const fore_adjustment *x = &all.item[i];
            if (!fore_adjustment_stands(x, o->start[j], o->start[j + 1])) continue;
            if (g < 0)
                g = fore_answer_grid(f->answer, "adjustments", "Beside it, people expect", columns,
                                     6);
            write_one(f, &all, x, j, g);
        }
    fore_json_end_array(f->json);
    fore_adjustments_free(&all);
    return FORE_OK;
}
