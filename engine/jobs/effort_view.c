/* From the features' panel to the response's: kinds chosen, rows by rep, minutes and pace. */
#include "engine/jobs/effort_view.h"

#include <math.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"

enum { KIND_COUNT_LEAST = 100 };
static const double KIND_SHARE_LEAST = 0.01; /* rarer kinds are pooled */

/* The kinds that are common enough to have an elasticity of their own; the others are pooled last,
 * under their own name when there is only one of them. */
static int64_t choose_kinds(const fore_effort_panel *f, int group[FORE_ACTIVITY_KINDS],
                            fore_effort_view *out)
{
    double total[FORE_ACTIVITY_KINDS] = {0}, all = 0;
    for (int k = 0; k < FORE_ACTIVITY_KINDS; k++) {
        total[k] = fore_sum(f->count[k], f->cells);
        all += total[k];
    }
    int64_t kinds = 0;
    int pooled = 0, rare = FORE_OTHER;
    for (int k = 0; k < FORE_ACTIVITY_KINDS; k++) {
        group[k] = -1;
        if (k != FORE_OTHER && total[k] >= KIND_COUNT_LEAST && total[k] >= KIND_SHARE_LEAST * all &&
            kinds < FORE_KINDS_MAX - 1) {
            out->name[kinds] = fore_activity_kind_word((fore_activity_kind)k);
            group[k] = (int)kinds++;
        } else if (total[k] > 0) {
            pooled++;
            rare = k;
        }
    }
    if (pooled > 0) {
        out->name[kinds] =
            fore_activity_kind_word((fore_activity_kind)(pooled == 1 ? rare : FORE_OTHER));
        for (int k = 0; k < FORE_ACTIVITY_KINDS; k++)
            if (group[k] < 0) group[k] = (int)kinds;
        kinds++;
    }
    return all > 0 ? kinds : 0;
}

/* Which reps belong (team -1: all of them), by their row in the panel. */
static int64_t pick_reps(const fore_timeline *t, const fore_effort_panel *f, int32_t team,
                         int64_t *row)
{
    int64_t n = 0;
    for (int64_t r = 0; r < f->reps; r++)
        if (team < 0 || t->rep_team[f->rep[r]] == team) row[n++] = r;
    return n;
}

static double *cells(fore_effort_view *out, int64_t n)
{
    return fore_arena_alloc(out->arena, n, sizeof(double));
}

/* The first week in which anybody did something: of all reps, so that teams add up to the whole. */
static int64_t first_effort(const fore_effort_panel *f)
{
    for (int64_t cell = 0; cell < f->cells; cell++)
        for (int k = 0; k < FORE_ACTIVITY_KINDS; k++)
            if (f->count[k][cell] > 0) return cell / f->reps;
    return f->weeks;
}

static fore_status fill_view(const fore_timeline *t, const fore_effort_panel *f,
                             const fore_habits *habits, int32_t team, double period_weeks,
                             fore_effort_view *out, fore_error *err)
{
    int group[FORE_ACTIVITY_KINDS];
    int64_t weeks = f->weeks, kinds = choose_kinds(f, group, out);
    int64_t *row = fore_arena_alloc(out->arena, f->reps, sizeof *row);
    if (!row) return fore_no_memory(err);
    int64_t reps = pick_reps(t, f, team, row), n = reps * weeks;
    if (kinds == 0 || reps == 0)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "the history holds no activities of reps, so nothing can be said about effort; "
            "export calls, mails and meetings as well");
    double *amount = cells(out, n), *count = cells(out, n), *hours = cells(out, n),
           *arrivals = cells(out, n);
    double *held = cells(out, n), *activities = cells(out, n * kinds);
    if (!amount || !count || !hours || !arrivals || !held || !activities)
        return fore_no_memory(err);
    double minutes_sum[FORE_KINDS_MAX] = {0}, minutes_weight[FORE_KINDS_MAX] = {0};
    for (int64_t g = 0; g < reps; g++)
        for (int64_t w = 0; w < weeks; w++) {
            int64_t from = row[g] + w * f->reps, to = g * weeks + w;
            bool active = f->active_days[from] > 0;
            amount[to] = active ? f->won_amount[from] : NAN;
            count[to] = active ? f->won[from] : NAN;
            hours[to] = f->hours[from];
            arrivals[to] = f->leads_new[from] + f->deals_new[from];
            held[to] = f->leads_held[from] + f->deals_held[from];
            for (int k = 0; k < FORE_ACTIVITY_KINDS; k++) {
                int64_t into = group[k];
                if (into < 0) continue;
                double c = f->count[k][from];
                activities[into * n + to] += c;
                minutes_sum[into] += c * habits->minutes[k];
                minutes_weight[into] += c;
                if (w >= weeks - FORE_PACE_WEEKS) out->current[into] += c;
            }
        }
    out->effort_weeks = weeks - first_effort(f);
    double pace = fmax(1, fmin((double)out->effort_weeks, FORE_PACE_WEEKS));
    for (int64_t k = 0; k < kinds; k++) {
        out->minutes[k] = minutes_weight[k] > 0 ? minutes_sum[k] / minutes_weight[k] : 10;
        out->current[k] *= period_weeks / pace;
    }
    /* capacity: who was at work in the weeks of the pace; the mean of those weeks, so that a quiet
     * one or a holiday does not make the team small */
    out->hours_per_week = 0;
    for (int64_t g = 0; g < reps; g++) {
        double at_work = 0;
        for (int64_t w = weeks - (int64_t)pace; w < weeks; w++)
            at_work += f->active_days[row[g] + w * f->reps] > 0;
        if (at_work == 0) continue;
        out->reps_active += at_work / pace;
        out->hours_per_week += t->rep_hours_per_week[f->rep[row[g]]] * at_work / pace;
    }
    if (out->reps_active == 0) out->reps_active = (double)reps;
    out->panel = (fore_response_panel){.reps = reps,
                                       .weeks = weeks,
                                       .kinds = kinds,
                                       .won_amount = amount,
                                       .won_count = count,
                                       .activities = activities,
                                       .hours = hours,
                                       .arrivals = arrivals,
                                       .held = held,
                                       .minutes = out->minutes,
                                       .kind_names = out->name};
    return FORE_OK;
}

fore_status fore_effort_view_make(const fore_timeline *t, const fore_effort_panel *f,
                                  const fore_habits *habits, int32_t team, double period_weeks,
                                  fore_effort_view *out, fore_error *err)
{
    *out = (fore_effort_view){.arena = fore_arena_new()};
    if (!out->arena) return fore_no_memory(err);
    fore_status status = fill_view(t, f, habits, team, period_weeks, out, err);
    if (status != FORE_OK) fore_effort_view_free(out);
    return status;
}

void fore_effort_view_free(fore_effort_view *view)
{
    fore_arena_free(view->arena);
    *view = (fore_effort_view){0};
}
