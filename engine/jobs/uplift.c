/* From the team's response to what one contact adds. */
#include "engine/jobs/uplift.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/drawn_lists.h"
#include "engine/jobs/effort_view.h"
#include "engine/num/special.h"
#include "models/respond/plan.h"

static const double LEAST = 0.1, MOST = 0.9; /* the 80 % interval */

/* --- learning --- */

/* log f per unit of elasticity for a contact that is the share `extra` of what a lead gets anyway.
 */
static double reach_of(double extra, double saturation)
{
    extra = fmin(extra, FORE_PLAN_CEILING - 1);
    return (1 + saturation) * log1p(extra / (1 + saturation));
}

typedef struct pace {
    double open;    /* leads and deals, on average over the weeks of the pace */
    double minutes; /* of effort for one of them within the horizon */
} pace;

static pace pace_of(const fore_effort_view *v)
{
    pace p = {0};
    int64_t weeks = v->panel.weeks;
    int64_t last = v->effort_weeks < FORE_PACE_WEEKS ? v->effort_weeks : FORE_PACE_WEEKS;
    if (last < 1) last = 1;
    for (int64_t g = 0; g < v->panel.reps; g++)
        for (int64_t w = weeks - last; w < weeks; w++)
            p.open += w >= 0 ? v->panel.held[g * weeks + w] / (double)last : 0;
    for (int64_t k = 0; k < v->panel.kinds; k++)
        p.minutes += v->current[k] * v->minutes[k] / p.open;
    return p;
}

/* Quantiles of log f for one kind: draws of its elasticity, or of the total's by minutes. */
static void set_kind(fore_uplift *u, int kind, double *draws, int64_t n, double reach)
{
    fore_sort(draws, n);
    u->lo[kind] = fore_quantile_sorted(draws, n, LEAST) * reach;
    u->mid[kind] = fore_quantile_sorted(draws, n, 0.5) * reach;
    u->hi[kind] = fore_quantile_sorted(draws, n, MOST) * reach;
}

static fore_status set_kinds(const fore_response *r, const fore_effort_view *v,
                             const fore_habits *habits, fore_uplift *u, fore_error *err)
{
    int64_t n = r->draw_count;
    pace p = pace_of(v);
    double *draws = FORE_NEW(n, double);
    if (!draws) return fore_no_memory(err);
    for (int kind = 0; kind < FORE_ACTIVITY_KINDS; kind++) {
        const char *word = fore_activity_kind_word((fore_activity_kind)kind);
        int64_t own = -1;
        for (int64_t k = 0; k < r->kinds; k++)
            if (strcmp(v->name[k], word) == 0 && v->current[k] > 0) own = k;
        for (int64_t d = 0; d < n; d++) {
            draws[d] = own < 0 ? 0 : r->draws[d + own * n];
            for (int64_t k = 0; k < r->kinds && own < 0; k++) draws[d] += r->draws[d + k * n];
        }
        double extra = own < 0 ? habits->minutes[kind] / p.minutes : p.open / v->current[own];
        double saturation = own < 0 ? 0 : r->scale[own] / r->mean_stock[own];
        set_kind(u, kind, draws, n, reach_of(extra, saturation));
    }
    fore_free(draws);
    u->known = p.open > 0 && p.minutes > 0;
    return FORE_OK;
}

/* Why there is none, or where it comes from. */
static void say_basis(const fore_response *r, fore_uplift *u)
{
    if (r->verdict != FORE_IDENTIFIED)
        snprintf(u->basis, sizeof u->basis,
                 "none: what effort does is not known from this history (%s; see foresell effort)",
                 fore_verdict_text(r->verdict));
    else if (r->no_effect)
        snprintf(u->basis, sizeof u->basis,
                 "none: as far as this history tells, more effort does not raise sales (see "
                 "foresell effort)");
    else
        snprintf(u->basis, sizeof u->basis,
                 "elasticity of sales to effort %.2f (80 %%: %.2f to %.2f), from %s; all taken to "
                 "respond alike",
                 r->total_median, r->total_p10, r->total_p90, fore_evidence_text(r->evidence));
}

static fore_status learn(fore_context *c, const fore_timeline *t, int64_t as_of,
                         double horizon_days, fore_uplift *u, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_effort_panel *panel = NULL;
    fore_effort_view view = {0};
    fore_response *response = NULL;
    fore_response_options options = fore_response_default();
    fore_drawn_contrast drawn;
    fore_habits habits;
    fore_habits_read(t, as_of, &habits);
    FORE_GO(fore_effort_panel_make(t, as_of, -1, FORE_PANEL_WEEKS, &panel, err));
    FORE_GO(fore_effort_view_make(t, panel, &habits, -1, horizon_days / 7, &view, err));
    FORE_GO(fore_drawn_contrast_read(c, as_of, &drawn, err));
    options.lifts = &drawn.lift;
    options.lift_count = drawn.usable;
    FORE_GO(fore_response_fit(&view.panel, &options, c->pool, &response, err));
    say_basis(response, u);
    if (response->verdict == FORE_IDENTIFIED && !response->no_effect)
        FORE_GO(set_kinds(response, &view, &habits, u, err));
done:
    fore_response_free(response);
    fore_effort_view_free(&view);
    fore_effort_panel_free(panel);
    return status;
}

fore_status fore_uplift_learn(fore_context *c, int64_t as_of, double horizon_days, fore_uplift *u,
                              fore_error *err)
{
    const fore_timeline *t;
    fore_error why = {0};
    *u = (fore_uplift){.known = false};
    FORE_TRY(fore_context_history(c, &t, NULL, err));
    fore_status status = learn(c, t, as_of, horizon_days, u, &why);
    if (status == FORE_E_NO_ANSWER) {
        snprintf(u->basis, sizeof u->basis, "none: the history holds no effort of reps");
        return FORE_OK;
    }
    if (status != FORE_OK && err) *err = why;
    return status;
}

/* --- asking --- */

static double added(double log_f, double chance)
{
    return -expm1(exp(log_f) * log1p(-chance)) - chance;
}

fore_uplift_chance fore_uplift_of(const fore_uplift *u, fore_activity_kind kind, double chance)
{
    if (!u || !u->known || !(chance >= 0 && chance < 1)) return (fore_uplift_chance){NAN, NAN, NAN};
    return (fore_uplift_chance){added(u->mid[kind], chance), added(u->lo[kind], chance),
                                added(u->hi[kind], chance)};
}

/* --- beside a published model --- */

void fore_uplift_write(const fore_uplift *u, fore_json_writer *json, const char *key)
{
    fore_json_object(json, key);
    fore_json_string(json, "basis", u->basis);
    fore_json_object(json, "kinds");
    for (int k = 0; k < FORE_ACTIVITY_KINDS && u->known; k++) {
        const double log_f[] = {u->lo[k], u->mid[k], u->hi[k]};
        fore_json_numbers(json, fore_activity_kind_word((fore_activity_kind)k), log_f, 3);
    }
    fore_json_end_object(json);
    fore_json_end_object(json);
}

fore_status fore_uplift_read(const fore_json_node *node, fore_uplift *u, fore_error *err)
{
    const char *basis = fore_json_get_string(node, "basis");
    const fore_json_node *kinds = fore_json_get(node, "kinds");
    *u = (fore_uplift){.known = fore_json_length(kinds) > 0};
    if (!basis)
        return fore_fail(err, FORE_E_MODEL,
                         "what the model says of effort is damaged; train the model again");
    snprintf(u->basis, sizeof u->basis, "%s", basis);
    for (int k = 0; k < FORE_ACTIVITY_KINDS && u->known; k++) {
        double log_f[3];
        if (!fore_json_get_numbers(kinds, fore_activity_kind_word((fore_activity_kind)k), log_f,
                                   3) ||
            !isfinite(log_f[0]) || !isfinite(log_f[1]) || !isfinite(log_f[2]))
            return fore_fail(err, FORE_E_MODEL,
                             "what the model says of effort is damaged; train the model again");
        u->lo[k] = log_f[0];
        u->mid[k] = log_f[1];
        u->hi[k] = log_f[2];
    }
    return FORE_OK;
}
