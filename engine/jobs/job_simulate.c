/* "Make me a company whose right answers are known." */
#include <math.h>

#include "datasets/simulate.h"
#include "engine/jobs/jobs.h"

/* Futures are simulated again and again for the truths: beyond so many leads they would take minutes. */
static const double TRUTHS_LEADS_MAX = 20000;

static const fore_column columns[] = {
    {"what", "simulated company", FORE_CELL_TEXT, 0},
    {"value", "", FORE_CELL_NUMBER, 0},
};

static void line(fore_answer *a, int64_t grid, const char *what, double value)
{
    fore_answer_row(a, grid);
    fore_answer_text(a, grid, what);
    fore_answer_number(a, grid, value);
}

static fore_status read_options(const foresell_simulate_request *r, fore_simulate_options *o,
                                fore_error *err)
{
    *o = fore_simulate_default();
    o->seed = r->seed;
    if (r->weeks) o->weeks = (int32_t)(r->weeks > INT32_MAX ? INT32_MAX : r->weeks);
    if (r->reps) o->reps = (int32_t)(r->reps > INT32_MAX ? INT32_MAX : r->reps);
    if (r->leads_per_week != 0) o->leads_per_week = r->leads_per_week;
    o->dirty_share = r->dirty;
    if (o->leads_per_week * o->weeks > TRUTHS_LEADS_MAX) o->truth_draws = 0;
    if (r->confounding && !fore_confounding_parse(r->confounding, &o->confounding))
        return fore_fail(err, FORE_E_USAGE, "confounding is none, recorded or unrecorded, not '%s'",
                         r->confounding);
    if (isnan(r->elasticity)) return FORE_OK;
    double total = 0;
    for (int k = 0; k < FORE_SIM_KINDS; k++) total += o->elasticity[k];
    for (int k = 0; k < FORE_SIM_KINDS; k++) o->elasticity[k] *= r->elasticity / total;
    return FORE_OK;
}

fore_status fore_job_simulate(fore_context *c, const foresell_simulate_request *r, fore_answer *a,
                              fore_error *err)
{
    fore_simulate_options options;
    fore_simulate_truth truth;
    FORE_TRY(read_options(r, &options, err));
    FORE_TRY(fore_simulate(&options, r->folder, c->pool, c->observer, &truth, err));
    int64_t g = fore_answer_grid(a, "company", NULL, columns, 2);
    line(a, g, "leads", (double)truth.leads);
    line(a, g, "deals", (double)truth.deals);
    line(a, g, "deals won", (double)truth.won);
    line(a, g, "activities", (double)truth.activities);
    line(a, g, "won amount", truth.won_amount);
    line(a, g, "true elasticity of sales to effort", truth.elasticity_total);
    if (truth.dirty) line(a, g, "rows spoilt on purpose", (double)truth.dirty);
    if (options.truth_draws == 0)
        fore_answer_note(a, "So many leads: expected future sales are left out of truth.json.");
    fore_answer_note(a, "Written to %s; the right answers are in truth.json there.", r->folder);
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_string(&json, "folder", r->folder);
    fore_json_date(&json, "start", truth.start_on);
    fore_json_date(&json, "end", truth.end_on);
    fore_json_integer(&json, "leads", truth.leads);
    fore_json_integer(&json, "deals", truth.deals);
    fore_json_integer(&json, "won", truth.won);
    fore_json_integer(&json, "activities", truth.activities);
    fore_json_number(&json, "won_amount", truth.won_amount);
    fore_json_number(&json, "elasticity", truth.elasticity_total);
    fore_json_integer(&json, "dirty", truth.dirty);
    fore_json_end_object(&json);
    return FORE_OK;
}
