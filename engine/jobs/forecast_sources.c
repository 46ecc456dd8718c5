/* Deals that are not open yet, by where they come from: how many, what the forecast's new deals are
 * of each, and how they are won. */
#include <math.h>

#include "engine/jobs/forecast.h"

static const fore_column columns[] = {
    {"source", "source", FORE_CELL_TEXT, 1},
    {"expected", "deals", FORE_CELL_NUMBER, 0},
    {"amount", "bring", FORE_CELL_MONEY, 0},
    {"won_in_year", "won in a year", FORE_CELL_PERCENT, 0},
    {"median_weeks", "median weeks to win", FORE_CELL_INTEGER, 0},
};

static const char *name_of(const fore_forecast *f, const fore_outlook_source *s)
{
    return s->word == FORE_SOURCE_OTHERS ? "others"
           : s->word == FORE_SOURCE_NONE ? "no source"
                                         : fore_word(&f->context->timeline->sources, s->word);
}

/* The source's part of what the forecast expects of new deals, period by period. */
static double amount_of(const fore_forecast *f, int64_t k)
{
    const fore_outlook *o = f->outlook;
    double amount = 0;
    for (int64_t j = 0; j < o->periods; j++) {
        double all = 0;
        for (int64_t i = 0; i < o->sources; i++) all += o->source[i].won_in[j];
        if (all > 0) amount += f->result->period[j].from_new * o->source[k].won_in[j] / all;
    }
    return amount;
}

static void write_json(const fore_forecast *f)
{
    const fore_outlook *o = f->outlook;
    fore_json_array(f->json, "new_deals");
    for (int64_t k = 0; k < o->sources; k++) {
        const fore_outlook_source *s = &o->source[k];
        fore_json_object(f->json, NULL);
        if (s->word >= 0)
            fore_json_string(f->json, "source", name_of(f, s));
        else
            fore_json_null(f->json, "source");
        fore_json_bool(f->json, "others", s->word == FORE_SOURCE_OTHERS);
        fore_json_number(f->json, "expected", s->expected);
        fore_json_number(f->json, "expected_won", s->won);
        fore_json_number(f->json, "amount", amount_of(f, k));
        fore_json_number(f->json, "won_in_year", s->won_in_year);
        fore_json_integer(f->json, "median_weeks", s->median_weeks);
        fore_json_end_object(f->json);
    }
    fore_json_end_array(f->json);
}

void fore_forecast_sources(const fore_forecast *f)
{
    const fore_outlook *o = f->outlook;
    double deals = 0, amount = 0;
    write_json(f);
    if (o->sources < 2) return;
    int64_t g = fore_answer_grid(f->answer, "new_deals", "Deals to come, by source", columns, 5);
    for (int64_t k = 0; k < o->sources; k++) {
        const fore_outlook_source *s = &o->source[k];
        double brings = amount_of(f, k);
        fore_answer_row(f->answer, g);
        fore_answer_text(f->answer, g, name_of(f, s));
        fore_answer_number(f->answer, g, s->expected);
        fore_answer_number(f->answer, g, brings);
        fore_answer_number(f->answer, g, s->won_in_year);
        fore_answer_number(f->answer, g, (double)s->median_weeks);
        deals += s->expected;
        amount += brings;
    }
    fore_answer_row(f->answer, g);
    fore_answer_text(f->answer, g, "all");
    fore_answer_number(f->answer, g, deals);
    fore_answer_number(f->answer, g, amount);
    fore_answer_number(f->answer, g, NAN);
    fore_answer_number(f->answer, g, NAN);
    fore_answer_note(f->answer,
                     "Deals to come: those that open until the end of the last period, and what "
                     "they bring until then (the new deals of the first table).%s",
                     o->sources_differ ? ""
                                       : " What is won of the sources differs by no more than "
                                         "chance, so that all are taken to be alike in that.");
}
