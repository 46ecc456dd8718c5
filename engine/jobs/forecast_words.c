/* What the forecast rests on and what past ones were worth, in words and in JSON. */
#include <math.h>
#include <stdio.h>

#include "engine/jobs/forecast.h"
#include "engine/jobs/forecast_judge.h"

static const fore_column record_columns[] = {
    {"rule", "forecast by", FORE_CELL_TEXT, 0},
    {"error", "error", FORE_CELL_PERCENT, 0},
};

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

void fore_forecast_record(const fore_forecast *f)
{
    const fore_record *r = f->record;
    fore_answer *a = f->answer;
    fore_json_writer *json = f->json;
    fore_text words = {0};
    fore_json_object(json, "backtest");
    fore_json_integer(json, "cuts", r->cuts);
    fore_json_string(json, "verdict", fore_record_verdict_word(fore_record_judge(r)));
    fore_json_number(json, "error", r->error);
    fore_json_number(json, "coverage_80", r->coverage80);
    learned_json(r, f->whole, json);
    fore_json_object(json, "baselines");
    for (int b = 0; b < FORE_BASELINES; b++)
        fore_json_number(json, fore_baseline_word((fore_baseline)b), r->baseline_error[b]);
    fore_json_end_object(json);
    fore_json_end_object(json);
    fore_record_advice(r, &words);
    if (words.length > 0) fore_answer_note(a, "%s", fore_text_string(&words));
    a->failed |= words.failed;
    fore_text_free(&words);
    if (r->cuts < 2) return;
    char title[96];
    snprintf(title, sizeof title, "%lld past periods, forecast at their start", (long long)r->cuts);
    int64_t g = fore_answer_grid(a, "record", title, record_columns, 2);
    fore_answer_row(a, g);
    fore_answer_text(a, g, "foresell");
    fore_answer_number(a, g, r->error);
    for (int b = 0; b < FORE_BASELINES; b++) {
        if (isnan(r->baseline_error[b])) continue;
        fore_answer_row(a, g);
        fore_answer_text(a, g, fore_baseline_word((fore_baseline)b));
        fore_answer_number(a, g, r->baseline_error[b]);
    }
    weight_words(r, &words);
    fore_answer_note(
        a,
        "Weighed by what each was worth in past periods of this length (of other lengths "
        "they differ, and so do the figures): %s.",
        fore_text_string(&words));
    a->failed |= words.failed;
    fore_text_free(&words);
    int64_t held = (int64_t)lround(r->coverage80 * (double)r->cuts);
    if (!fore_forecast_held_too_seldom(held, r->cuts)) /* else told by fore_forecast_trust */
        fore_answer_note(a, "In %lld past periods the 80 %% interval held the actual %lld times.",
                         (long long)r->cuts, (long long)held);
}
