/* The forecast beside its target: what is missing, how likely it is to be reached, and whether the
 * open pipeline is enough for it.
 *
 *     gap      = target - median            coverage = pipeline / (target - won so far)
 *     P(reach) = share of draws >= target   a week   = (target - won so far) / weeks that are left,
 *                                                     at least one
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/forecast.h"

static const fore_column columns[] = {
    {"period", "period", FORE_CELL_TEXT, 0},
    {"target", "target", FORE_CELL_MONEY, 0},
    {"won_so_far", "won", FORE_CELL_MONEY, 0},
    {"median", "median", FORE_CELL_MONEY, 0},
    {"gap", "gap", FORE_CELL_MONEY, 0},
    {"probability", "chance", FORE_CELL_PERCENT, 0},
    {"coverage", "coverage", FORE_CELL_NUMBER, 0},
    {"coverage_needed", "needed", FORE_CELL_NUMBER, 0},
    {"needed_per_week", "a week", FORE_CELL_MONEY, 0},
};

static const fore_column group_columns[] = {
    {"group", "group", FORE_CELL_TEXT, 1},
    {"period", "period", FORE_CELL_TEXT, 0},
    {"target", "target", FORE_CELL_MONEY, 0},
    {"median", "median", FORE_CELL_MONEY, 0},
    {"gap", "gap", FORE_CELL_MONEY, 0},
    {"probability", "chance", FORE_CELL_PERCENT, 0},
    {"coverage", "coverage", FORE_CELL_NUMBER, 0},
    {"coverage_needed", "needed", FORE_CELL_NUMBER, 0},
    {"needed_per_week", "a week", FORE_CELL_MONEY, 0},
};

static double weeks_left(const fore_forecast *f, int64_t j)
{
    const fore_outlook *o = f->outlook;
    double now = (double)o->as_of / (double)FORE_DAY;
    return (o->start[j + 1] - fmax(now, o->start[j])) / 7;
}

static fore_gap gap_of(const fore_forecast *f, const fore_forecast_whose *w,
                       const fore_pipeline_result *r, int64_t j)
{
    const fore_outlook *o = f->outlook;
    const fore_pipeline_period *p = &r->period[j];
    double weeks = weeks_left(f, j);
    fore_gap gap = {.target = {.amount = NAN}, .pipeline = NAN, .needed = NAN};
    if (f->targets && !o->counts)
        gap.target = fore_target_of(f->targets, f->context->timeline, w->by, w->index, o->start[j],
                                    o->start[j + 1]);
    double target = gap.target.amount, open = target - p->won_so_far;
    int64_t reached = 0;
    for (int64_t d = 0; d < r->draw_count; d++)
        reached += r->draws[j * r->draw_count + d] >= target;
    gap.chance = isnan(target) ? NAN : (double)reached / (double)r->draw_count;
    gap.gap = target - p->median;
    gap.per_week = open > 0 ? open / fmax(weeks, 1) : open <= 0 ? 0 : NAN;
    if (w->coverage) {
        gap.pipeline = w->coverage->pipeline[j * w->coverage->groups + w->column];
        gap.needed = w->coverage->needed[j * w->coverage->groups + w->column];
        gap.endless = isinf(gap.needed);
        if (gap.endless) gap.needed = NAN;
    }
    gap.coverage = open > 0 ? gap.pipeline / open : NAN;
    return gap;
}

/* Targets reach into the period, but are none for it. */
static bool is_untold(const fore_gap *gap)
{
    return gap->target.held > 0 || gap->target.missing > 0;
}

void fore_forecast_gap_json(const fore_forecast *f, const fore_forecast_whose *w,
                            const fore_pipeline_result *r, int64_t j)
{
    fore_gap gap = gap_of(f, w, r, j);
    if (!isnan(gap.pipeline)) fore_json_number(f->json, "open_pipeline", gap.pipeline);
    if (!isnan(gap.needed)) fore_json_number(f->json, "coverage_needed", gap.needed);
    if (is_untold(&gap)) {
        fore_json_object(f->json, "target_untold");
        fore_json_integer(f->json, "days_held", gap.target.held);
        fore_json_string(f->json, "parts", gap.target.from);
        fore_json_integer(f->json, "parts_known", gap.target.parts);
        fore_json_integer(f->json, "parts_without", gap.target.missing);
        fore_json_end_object(f->json);
    }
    if (isnan(gap.target.amount)) return;
    fore_json_object(f->json, "target");
    fore_json_number(f->json, "amount", gap.target.amount);
    fore_json_number(f->json, "gap", gap.gap);
    fore_json_number(f->json, "probability", gap.chance);
    fore_json_number(f->json, "coverage", gap.coverage);
    fore_json_number(f->json, "needed_per_week", gap.per_week);
    fore_json_bool(f->json, "shared_by_days", gap.target.by_days);
    fore_json_string(f->json, "summed_from", gap.target.from);
    fore_json_end_object(f->json);
}

/* One row of the company's table (grid of fore_forecast_gap) or of the groups'. */
static void write_row(const fore_forecast *f, const fore_forecast_whose *w,
                      const fore_pipeline_result *r, int64_t j, const fore_gap *gap, int64_t g)
{
    char period[32];
    fore_answer *a = f->answer;
    fore_forecast_period_name(f, f->outlook->start[j], period);
    fore_answer_row(a, g);
    if (w->name) fore_answer_text(a, g, w->name);
    fore_answer_text(a, g, period);
    fore_answer_number(a, g, gap->target.amount);
    if (!w->name) fore_answer_number(a, g, r->period[j].won_so_far);
    fore_answer_number(a, g, r->period[j].median);
    fore_answer_number(a, g, gap->gap);
    fore_answer_number(a, g, gap->chance);
    fore_answer_number(a, g, gap->coverage);
    fore_answer_number(a, g, gap->needed);
    fore_answer_number(a, g, gap->per_week);
}

static void tell(const fore_forecast *f, const fore_forecast_whose *w, bool by_days,
                 const char *from)
{
    fore_answer *a = f->answer;
    if (from)
        fore_answer_note(a, "The company has no target of its own: those by %s add up.", from);
    if (by_days) fore_answer_note(a, "Targets of other periods than these are shared by days.");
    if (weeks_left(f, 0) < 1)
        fore_answer_note(a, "Less than a week is left: \"a week\" is all that is still to be won.");
    if (w->coverage && w->coverage->known)
        fore_answer_note(
            a,
            "Coverage: %s, over what is still to be won; needed: what past periods had "
            "at the same distance, over what they then won.",
            w->coverage->dated ? "open deals expected to close in the period"
                               : "all open deals (too few dates are known to have stood then)");
    if (w->coverage && !w->coverage->known)
        fore_answer_note(a, "Open deals have no amounts, so that coverage cannot be told.");
}

static void tell_untold(const fore_forecast *f, const fore_gap *gap, int64_t j)
{
    char period[32];
    const fore_target *t = &gap->target;
    const fore_outlook *o = f->outlook;
    fore_forecast_period_name(f, o->start[j], period);
    if (t->held > 0)
        fore_answer_note(f->answer,
                         "%s targets reach into %s but hold only %d of its %d days: they are not "
                         "counted for it.",
                         isnan(t->amount) ? "Some" : "The company's own", period, (int)t->held,
                         (int)(o->start[j + 1] - o->start[j]));
    if (t->missing > 0)
        fore_answer_note(f->answer,
                         "%lld of %lld %ss with a target before or after have none for %s (%s%s): "
                         "the others' sum is no target of the company, and no gap is told. A "
                         "target of 0 is one, for who needs none.",
                         (long long)t->missing, (long long)t->parts, t->from, period, t->lacking,
                         t->missing > 1 ? ", ..." : "");
}

void fore_forecast_gap(const fore_forecast *f, const fore_forecast_whose *w)
{
    const fore_outlook *o = f->outlook;
    if (!f->targets) return;
    if (fore_targets_count(f->targets) == 0) {
        fore_answer_note(
            f->answer, "No targets are known: import a targets.csv (scope, scope_id, period_start, "
                       "period_end, amount), or the CRM's quotas, for gap and coverage.");
        return;
    }
    int64_t g = -1;
    bool by_days = false, untold = false, endless = false;
    const char *from = NULL;
    for (int64_t j = 0; j < o->periods; j++) {
        fore_gap gap = gap_of(f, w, f->result, j);
        if (is_untold(&gap)) tell_untold(f, &gap, j);
        untold |= is_untold(&gap);
        if (isnan(gap.target.amount)) continue;
        endless |= gap.endless;
        if (g < 0) g = fore_answer_grid(f->answer, "targets", "Target", columns, 9);
        by_days |= gap.target.by_days;
        if (gap.target.from) from = gap.target.from;
        write_row(f, w, f->result, j, &gap, g);
    }
    if (g >= 0) tell(f, w, by_days, from);
    if (endless)
        fore_answer_note(f->answer, "Half of the past periods or more won nothing from the same "
                                    "distance on: what coverage is needed cannot be told.");
    if (g >= 0 || untold) return;
    if (o->counts)
        fore_answer_note(f->answer,
                         "Targets are amounts, and what was won has none: no gap is told.");
    else
        fore_answer_note(f->answer, "The targets that are known are of other periods than these.");
}

void fore_forecast_gap_row(const fore_forecast *f, const fore_forecast_whose *w,
                           const fore_pipeline_result *r, int64_t j, fore_gap_rows *rows)
{
    fore_gap gap = gap_of(f, w, r, j);
    if (isnan(gap.target.amount)) {
        char period[32];
        fore_forecast_period_name(f, f->outlook->start[j], period);
        if (is_untold(&gap) && rows->untold++ == 0)
            snprintf(rows->first, sizeof rows->first, "%.50s for %s", w->name, period);
        return;
    }
    if (rows->grid < 0)
        rows->grid =
            fore_answer_grid(f->answer, "group_targets", "Target by group", group_columns, 9);
    write_row(f, w, r, j, &gap, rows->grid);
}

void fore_forecast_gap_untold(const fore_forecast *f, const fore_gap_rows *rows)
{
    if (rows->untold > 0)
        fore_answer_note(f->answer,
                         "Groups whose targets hold a part of a period's days or reps only have "
                         "none there: %s%s.",
                         rows->first, rows->untold > 1 ? ", ..." : "");
}
