/* "How much effort raises sales by 10, 20 or 30 percent?" The panel of reps by weeks -> the
 * response of sales to effort, with its verdict -> the cheapest plan for each target -> the
 * experiment that would tell more. The coming period's sales at today's pace come from the outlook.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/drawn_lists.h"
#include "engine/jobs/effort_view.h"
#include "engine/jobs/forecast_record.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/levels.h"
#include "engine/num/special.h"
#include "models/respond/experiment.h"
#include "models/respond/plan.h"

enum { RAISES_MAX = 8, RECORD_CUTS = 4, SHORT_DAYS = 45 };

static const fore_column columns[] = {
    {"raise_pct", "raise", FORE_CELL_PERCENT, 0},
    {"hours_factor", "effort x", FORE_CELL_NUMBER, 0},
    {"hours_factor_p10", "from", FORE_CELL_NUMBER, 0},
    {"hours_factor_p90", "to", FORE_CELL_NUMBER, 0},
    {"extra_hours", "extra hours", FORE_CELL_MONEY, 0},
    {"hours_factor_80", NULL, FORE_CELL_NUMBER, 0},      /* people get one multiple */
    {"probability_reached", NULL, FORE_CELL_PERCENT, 0}, /* even odds, by construction */
    {"plan", "plan", FORE_CELL_TEXT, -1},
};

typedef struct request {
    double raise[RAISES_MAX];
    int64_t raises;
    int32_t start, end;        /* the period, [start, end) days */
    char name[32];             /* as the calendar names it; "": dates were given */
    fore_drawn_contrast drawn; /* what lists drawn by lot told, of the whole team */
} request;

static fore_status read_period(const fore_calendar *calendar, const char *text, int64_t as_of,
                               request *q, fore_error *err)
{
    int32_t today = fore_date_of(as_of);
    if (!text || strcmp(text, "next-quarter") == 0 || strcmp(text, "next-month") == 0) {
        fore_period period =
            text && strcmp(text, "next-month") == 0 ? FORE_MONTHLY : FORE_QUARTERLY;
        q->start =
            fore_calendar_add(calendar, period, fore_calendar_start(calendar, period, today), 1);
        q->end = fore_calendar_add(calendar, period, q->start, 1);
        fore_calendar_name(calendar, period, q->start, q->name);
        return FORE_OK;
    }
    const char *dots = strstr(text, "..");
    int64_t from, to;
    bool from_day, to_day;
    if (!dots || fore_moment_parse(text, dots - text, NULL, &from, &from_day, NULL) ||
        fore_moment_parse(dots + 2, (int64_t)strlen(dots + 2), NULL, &to, &to_day, NULL) ||
        !from_day || !to_day)
        return fore_fail(err, FORE_E_USAGE,
                         "'%s' is not a period; write next-quarter, next-month, or "
                         "2026-04-01..2026-06-30",
                         text);
    q->start = fore_date_of(from);
    q->end = fore_date_of(to) + 1;
    if (q->start < today || q->end - q->start < 7 || q->end - today > 3 * 366)
        return fore_fail(
            err, FORE_E_USAGE,
            "the period must begin at or after the as-of day, last a week or more, and end "
            "within three years");
    return FORE_OK;
}

static fore_status read_request(const fore_context *c, const foresell_effort_request *r,
                                int64_t as_of, request *q, fore_error *err)
{
    FORE_TRY(fore_numbers_parse(r->raise ? r->raise : "10,20,30", "raise", q->raise, RAISES_MAX,
                                &q->raises, err));
    for (int64_t i = 0; i < q->raises; i++)
        if (!(q->raise[i] > 0 && q->raise[i] <= 1000))
            return fore_fail(err, FORE_E_USAGE, "a raise lies between 0 and 1000 percent, not %g",
                             q->raise[i]);
    if (r->by && strcmp(r->by, "team") != 0)
        return fore_fail(err, FORE_E_USAGE, "effort can be split by team, not by '%s'", r->by);
    return read_period(&c->calendar, r->period, as_of, q, err);
}

/* --- words and JSON --- */

static void range_json(fore_json_writer *json, const char *key, const fore_plan_range *r)
{
    fore_json_object(json, key);
    fore_json_number(json, "median", r->median);
    fore_json_number(json, "p10", r->p10);
    fore_json_number(json, "p90", r->p90);
    fore_json_end_object(json);
}

static void plan_json(fore_json_writer *json, const fore_plan *p, const fore_effort_view *pa)
{
    fore_json_object(json, NULL);
    fore_json_number(json, "raise_pct", 100 * p->raise);
    fore_json_bool(json, "reachable", p->reachable);
    fore_json_number(json, "probability_reached", p->probability_reached);
    fore_json_number(json, "probability_with_luck", p->probability_sales);
    fore_json_bool(json, "within_observed_range", p->within_observed_range);
    range_json(json, "hours_factor", &p->hours_factor);
    fore_json_number(json, "hours_factor_80", p->hours_factor_80);
    range_json(json, "extra_hours", &p->extra_hours);
    fore_json_array(json, "plan");
    for (int64_t k = 0; k < pa->panel.kinds; k++) {
        fore_json_object(json, NULL);
        fore_json_string(json, "kind", pa->name[k]);
        fore_json_number(json, "current", p->kinds[k].current);
        fore_json_number(json, "needed", p->kinds[k].needed);
        fore_json_number(json, "extra", p->kinds[k].extra);
        fore_json_number(json, "p10", p->kinds[k].p10);
        fore_json_number(json, "p90", p->kinds[k].p90);
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
    fore_json_number(json, "later_share", p->later_share);
    fore_json_array(json, "constraints");
    for (int64_t i = 0; i < p->constraint_count; i++)
        fore_json_string(json, NULL, p->constraints[i]);
    fore_json_end_array(json);
    fore_json_end_object(json);
}

/* What the plan changes, in words: "call 1,200 -> 1,500, meeting 80 -> 96". */
static void plan_words(const fore_plan *p, const fore_effort_view *pa, fore_text *words)
{
    char now[48], then[48];
    int64_t changed = 0;
    for (int64_t k = 0; k < pa->panel.kinds; k++) {
        bool other = strcmp(pa->name[k], "other") == 0;
        fore_number_people(p->kinds[k].current, 0, now, sizeof now);
        fore_number_people(p->kinds[k].needed, 0, then, sizeof then);
        if (strcmp(now, then) == 0) continue;
        fore_text_printf(words, "%s%s %s -> %s", changed++ ? ", " : "",
                         other ? "other activities" : pa->name[k], now, then);
    }
    if (changed == 0) fore_text_puts(words, "no change");
    if (!p->within_observed_range) fore_text_puts(words, "; an extrapolation");
}

static void show_plan(fore_answer *a, int64_t g, const fore_plan *p, const fore_effort_view *pa)
{
    fore_text words = {0};
    if (!p->reachable)
        fore_text_puts(&words, "not reachable within the limits; the furthest plan: ");
    plan_words(p, pa, &words);
    fore_answer_row(a, g);
    fore_answer_number(a, g, p->raise);
    fore_answer_number(a, g, p->hours_factor.median);
    fore_answer_number(a, g, p->hours_factor.p10);
    fore_answer_number(a, g, p->hours_factor.p90);
    fore_answer_number(a, g, p->extra_hours.median);
    fore_answer_number(a, g, p->hours_factor_80);
    fore_answer_number(a, g, p->probability_reached);
    fore_answer_text(a, g, fore_text_string(&words));
    a->failed |= words.failed;
    fore_text_free(&words);
}

static bool plan_says(const fore_plan *p, const char *text)
{
    for (int64_t j = 0; j < p->constraint_count; j++)
        if (strcmp(p->constraints[j], text) == 0) return true;
    return false;
}

/* One caveat with the raises that share it: "+20 %, +30 %: ..."; none named when all do. */
static void show_caveat(fore_answer *a, const char *who, const fore_plan *plan, int64_t plans,
                        const char *text)
{
    fore_text raises = {0};
    int64_t sharing = 0;
    for (int64_t i = 0; i < plans; i++)
        if (plan_says(&plan[i], text))
            fore_text_printf(&raises, "%s+%.4g %%", sharing++ ? ", " : "", 100 * plan[i].raise);
    if (sharing == plans)
        fore_answer_note(a, "%s%s", who, text);
    else
        fore_answer_note(a, "%s%s: %s", who, fore_text_string(&raises), text);
    a->failed |= raises.failed;
    fore_text_free(&raises);
}

/* The caveats below the table, each once. */
static void show_caveats(fore_answer *a, const char *who, const fore_plan *plan, int64_t plans)
{
    for (int64_t i = 0; i < plans; i++)
        for (int64_t j = 0; j < plan[i].constraint_count; j++) {
            bool said = false;
            for (int64_t before = 0; before < i; before++)
                said |= plan_says(&plan[before], plan[i].constraints[j]);
            if (!said) show_caveat(a, who, plan, plans, plan[i].constraints[j]);
        }
}

static void experiment_json(fore_json_writer *json, const fore_experiment *e)
{
    fore_json_object(json, "experiment");
    fore_json_string(json, "who", e->who);
    fore_json_string(json, "what", e->what);
    fore_json_string(json, "how_long", e->how_long);
    fore_json_string(json, "detects", e->detects);
    fore_json_string(json, "cost", e->cost);
    fore_json_integer(json, "weeks", e->weeks);
    fore_json_integer(json, "reps", e->reps);
    fore_json_number(json, "change", e->change);
    fore_json_number(json, "power", e->power);
    fore_json_number(json, "extra_hours", e->extra_hours);
    fore_json_bool(json, "feasible", e->feasible);
    fore_json_end_object(json);
}

static void checks_json(fore_json_writer *json, const fore_response *r)
{
    const fore_response_checks *c = &r->checks;
    fore_json_object(json, "elasticity");
    fore_json_number(json, "median", r->total_median);
    fore_json_number(json, "p10", r->total_p10);
    fore_json_number(json, "p90", r->total_p90);
    fore_json_string(json, "evidence", fore_evidence_text(r->evidence));
    fore_json_end_object(json);
    fore_json_object(json, "checks");
    fore_json_number(json, "effort_sd", c->effort_sd);
    fore_json_number(json, "naive", c->pooled);
    fore_json_number(json, "fixed_effects", c->fixed_effects);
    fore_json_number(json, "fixed_effects_se", c->fixed_effects_se);
    fore_json_number(json, "first_stage_f", c->first_stage_f);
    fore_json_number(json, "hours_estimate", c->hours_estimate);
    fore_json_number(json, "lead_p", c->lead_p);
    fore_json_number(json, "placebo_p", c->placebo_p);
    fore_json_number(json, "robustness", c->robustness);
    fore_json_number(json, "spread", c->spread);
    fore_json_end_object(json);
}

/* The rest of one answer, into the open object: baseline, verdict, answers, experiment. */
static void write_baseline(const fore_effort_view *pa, const fore_pipeline_result *sales,
                           double *scratch, fore_json_writer *json, double *hours)
{
    const double *draws = sales->draws + (sales->periods - 1) * sales->draw_count;
    memcpy(scratch, draws, (size_t)sales->draw_count * sizeof *scratch);
    fore_sort(scratch, sales->draw_count);
    *hours = 0;
    for (int64_t k = 0; k < pa->panel.kinds; k++) *hours += pa->current[k] * pa->minutes[k] / 60;
    fore_json_object(json, "baseline");
    fore_json_number(json, "mean", fore_mean(draws, sales->draw_count));
    fore_json_number(json, "p10", fore_quantile_sorted(scratch, sales->draw_count, 0.1));
    fore_json_number(json, "p90", fore_quantile_sorted(scratch, sales->draw_count, 0.9));
    fore_json_number(json, "hours", *hours);
    fore_json_object(json, "activities");
    for (int64_t k = 0; k < pa->panel.kinds; k++)
        fore_json_number(json, pa->name[k], pa->current[k]);
    fore_json_end_object(json);
    fore_json_end_object(json);
}

static void write_verdict(const fore_response *r, const char *who, fore_answer *a, int64_t grid,
                          fore_json_writer *json)
{
    bool mixed = r->evidence != FORE_EVIDENCE_PRIOR;
    fore_json_string(json, "verdict", fore_verdict_text(r->verdict));
    fore_json_array(json, "why");
    for (int64_t i = 0; i < r->why_count; i++) fore_json_string(json, NULL, r->why[i]);
    fore_json_end_array(json);
    checks_json(json, r);
    fore_answer_lead(
        a, grid,
        "%sVerdict: %s. Elasticity of sales to effort %.2f (80 %%: %.2f to %.2f), from %s%s.", who,
        fore_verdict_text(r->verdict), r->total_median, r->total_p10, r->total_p90,
        fore_evidence_text(r->evidence), mixed ? ", together with published studies" : "");
    for (int64_t i = 0; i < r->why_count; i++) fore_answer_note(a, "- %s%s", who, r->why[i]);
}

static fore_status answer_targets(fore_context *c, const request *q, const fore_effort_view *pa,
                                  const fore_pipeline_result *sales, uint64_t seed,
                                  const char *title, const char *who, fore_verdict *verdict,
                                  fore_answer *a, fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_response *response = NULL;
    fore_plan *plan = NULL;
    fore_response_options options = fore_response_default();
    double weeks = (q->end - q->start) / 7.0, hours, *scratch = FORE_NEW(sales->draw_count, double);
    if (!scratch || !(plan = FORE_ZNEW(q->raises, fore_plan))) {
        status = fore_no_memory(err);
        goto done;
    }
    options.seed = seed;
    options.whole = *verdict;
    options.lifts = &q->drawn.lift;
    options.lift_count = who[0] == '\0' && q->drawn.usable;
    FORE_GO(fore_response_fit(&pa->panel, &options, c->pool, &response, err));
    *verdict = response->verdict;
    write_baseline(pa, sales, scratch, json, &hours);
    int64_t g = fore_answer_grid(a, "answers", title, columns, 8);
    write_verdict(response, who, a, g, json);
    fore_plan_input input = {.response = response,
                             .weeks = (int64_t)ceil(weeks),
                             /* exact weeks: the plan counts whole ones */
                             .reps = pa->reps_active * weeks / ceil(weeks),
                             .current = pa->current,
                             .minutes = pa->minutes,
                             .kind_names = pa->name,
                             .baseline = sales->draws + (sales->periods - 1) * sales->draw_count,
                             .baseline_count = sales->draw_count,
                             .hours_available = pa->hours_per_week * weeks,
                             .hours_per_rep = pa->hours_per_week * weeks / pa->reps_active,
                             .leads = NAN,
                             .touches_per_lead = NAN};
    fore_json_array(json, "answers");
    for (int64_t i = 0; i < q->raises; i++) {
        FORE_GO(fore_plan_solve(&input, q->raise[i] / 100, &plan[i], err));
        plan_json(json, &plan[i], pa);
        show_plan(a, g, &plan[i], pa);
    }
    fore_json_end_array(json);
    show_caveats(a, who, plan, q->raises);
    fore_experiment e;
    bool wide =
        response->verdict != FORE_IDENTIFIED || response->total_p90 > 2 * response->total_p10;
    fore_status proposed =
        wide ? fore_experiment_propose(&pa->panel, response, 0, &e, err) : FORE_E_NO_ANSWER;
    if (proposed == FORE_OK) {
        experiment_json(json, &e);
        if (who[0] == '\0') /* a part of the people can tell less than all of them */
            fore_answer_note(a, "What would tell: %s %s %s %s %s", e.who, e.what, e.how_long,
                             e.detects, e.cost);
    } else if (proposed == FORE_E_NO_ANSWER)
        fore_json_null(json, "experiment");
    else
        status = proposed;
done:
    fore_free(plan);
    fore_free(scratch);
    fore_response_free(response);
    return status;
}

/* verdict: in, that of the whole which the team is part of (identified for the whole itself); out,
 * that of this group. */
static fore_status answer_group(fore_context *c, const request *q, const fore_effort_panel *f,
                                const fore_habits *habits, const fore_outlook *o,
                                const fore_record *record, int32_t team, uint64_t seed,
                                fore_verdict *verdict, fore_answer *a, fore_json_writer *json,
                                fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_timeline *t = c->timeline;
    fore_effort_view pa = {0};
    fore_pipeline_result *sales = NULL;
    double *member = FORE_ZNEW(t->subjects, double);
    char title[160], who[96] = "", from[32], to[32];
    if (!member) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t s = 0; s < t->subjects; s++) {
        fore_subject_state state;
        fore_subject_state_at(t, s, o->as_of, &state);
        member[s] = team < 0 || (state.owner >= 0 && t->rep_team[state.owner] == team);
    }
    FORE_GO(fore_effort_view_make(t, f, habits, team, (q->end - q->start) / 7.0, &pa, err));
    double level[2], shock_sd[2], share = fore_outlook_share(t, o, member);
    FORE_GO(fore_record_tilt(record, t, o, member, share, level, shock_sd, err));
    fore_outlook_draws draws = {.member = member,
                                .share = share,
                                .level = level,
                                .shock_sd = shock_sd,
                                .persistence = record->persistence,
                                .seed = seed};
    FORE_GO(fore_outlook_simulate(c, o, &draws, &sales, err));
    fore_date_format(q->start, from);
    fore_date_format(q->end - 1, to);
    snprintf(title, sizeof title, "Effort for more sales, %s to %s%s%s", from, to,
             team < 0 ? "" : ": team ", team < 0 ? "" : fore_word(&t->teams, team));
    if (team >= 0) snprintf(who, sizeof who, "%s: ", fore_word(&t->teams, team));
    FORE_GO(answer_targets(c, q, &pa, sales, seed, title, who, verdict, a, json, err));
done:
    fore_pipeline_result_free(sales);
    fore_effort_view_free(&pa);
    fore_free(member);
    return status;
}

fore_status fore_job_effort(fore_context *c, const foresell_effort_request *r, fore_answer *a,
                            fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    request q = {0};
    fore_effort_panel *f = NULL;
    fore_outlook *o = NULL;
    fore_record record;
    fore_habits habits;
    const fore_timeline *t;
    FORE_TRY(fore_context_moment(c, &r->moment, a, &moment, err));
    FORE_TRY(read_request(c, r, moment.as_of, &q, err));
    FORE_TRY(fore_context_history(c, &t, NULL, err));
    FORE_TRY(fore_drawn_contrast_read(c, moment.as_of, &q.drawn, err));
    FORE_GO(fore_effort_panel_make(t, moment.as_of, -1, FORE_PANEL_WEEKS, &f, err));
    int32_t today = fore_date_of(moment.as_of);
    const int32_t starts[] = {today, q.start, q.end};
    bool later = q.start > today;
    fore_outlook_options options = {
        .as_of = moment.as_of, .starts = later ? starts : starts + 1, .periods = later ? 2 : 1};
    FORE_GO(fore_outlook_make(c, &options, &o, err));
    /* misses of periods about as long as the one asked for */
    fore_record_options wanted = {.as_of = moment.as_of,
                                  .period =
                                      q.end - q.start > SHORT_DAYS ? FORE_QUARTERLY : FORE_MONTHLY,
                                  .cuts = RECORD_CUTS,
                                  .steps = 2,
                                  .seed = r->seed};
    FORE_GO(fore_record_make(c, &wanted, &record, err));
    fore_habits_read(t, moment.as_of, &habits);
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", moment.as_of);
    fore_json_object(&json, "period");
    fore_json_date(&json, "start", q.start);
    fore_json_date(&json, "end", q.end - 1);
    fore_json_string(&json, "name", q.name[0] ? q.name : NULL);
    fore_json_end_object(&json);
    fore_json_string(&json, "unit",
                     o->counts          ? "wins"
                     : o->currency >= 0 ? fore_word(&t->currencies, o->currency)
                                        : "amount");
    fore_verdict whole = FORE_IDENTIFIED;
    fore_drawn_contrast_json(&q.drawn, &json);
    FORE_GO(answer_group(c, &q, f, &habits, o, &record, -1, r->seed, &whole, a, &json, err));
    fore_drawn_contrast_note(&q.drawn, a);
    if (q.name[0] == 'F') fore_answer_note(a, "The period is %s of the fiscal calendar.", q.name);
    fore_answer_note(
        a,
        "\"effort x\": the multiple of today's effort at which the target is as likely reached as not (80 %% range: from, to; ∞: none within the limits of change reaches it).");
    if (r->by) {
        fore_json_array(&json, "groups");
        for (int32_t team = 0; team < t->teams.count; team++) {
            fore_verdict part = whole;
            int64_t length = a->json.length, grids = a->grid_count, notes = a->note_count;
            fore_json_writer before = json;
            fore_json_object(&json, NULL);
            fore_json_string(&json, "group", fore_word(&t->teams, team));
            status =
                answer_group(c, &q, f, &habits, o, &record, team, r->seed, &part, a, &json, err);
            if (status == FORE_E_NO_ANSWER) { /* take back what this team had begun to say */
                status = FORE_OK;
                a->json.length = length;
                a->json.bytes[length] = 0;
                a->note_count = notes;
                while (a->grid_count > grids) fore_free(a->grids[--a->grid_count].cells);
                json = before;
                fore_answer_note(a, "Team %s: no recent effort or sales to answer from.",
                                 fore_word(&t->teams, team));
                continue;
            }
            if (status != FORE_OK) goto done;
            fore_json_end_object(&json);
        }
        fore_json_end_array(&json);
    }
    fore_json_end_object(&json);
done:
    fore_outlook_free(o);
    fore_effort_panel_free(f);
    return status;
}
