/* The forecast of groups: the same outlook, simulated for the members of each. */
#include "engine/jobs/forecast.h"

enum { GROUP_DRAWS = 1000 };

static const fore_column group_columns[] = {
    {"group", "group", FORE_CELL_TEXT, 1},    {"period", "period", FORE_CELL_TEXT, 0},
    {"median", "median", FORE_CELL_MONEY, 0}, {"lo80", "80 % from", FORE_CELL_MONEY, 0},
    {"hi80", "to", FORE_CELL_MONEY, 0},
};

/* The group of a subject: a word, rep or product index, -1 = unknown. */
static int32_t group_of(const fore_timeline *t, fore_series_by by, int64_t subject, int64_t as_of)
{
    fore_subject_state state;
    if (by == FORE_BY_PRODUCT) return t->product[subject];
    if (by == FORE_BY_CATEGORY)
        return t->product[subject] < 0 ? -1 : t->product_category[t->product[subject]];
    fore_subject_state_at(t, subject, as_of, &state);
    if (by == FORE_BY_REP || state.owner < 0) return state.owner;
    return by == FORE_BY_TEAM ? t->rep_team[state.owner] : t->rep_region[state.owner];
}

static const char *group_name(const fore_timeline *t, fore_series_by by, int32_t group)
{
    if (group < 0) return "(none)";
    switch (by) {
    case FORE_BY_TEAM: return fore_word(&t->teams, group);
    case FORE_BY_REGION: return fore_word(&t->regions, group);
    case FORE_BY_REP: return fore_word(&t->rep_ids, group);
    case FORE_BY_CATEGORY: return fore_word(&t->categories, group);
    default: return fore_word(&t->product_ids, group);
    }
}

static int64_t group_limit(const fore_timeline *t, fore_series_by by)
{
    switch (by) {
    case FORE_BY_TEAM: return t->teams.count;
    case FORE_BY_REGION: return t->regions.count;
    case FORE_BY_REP: return t->reps;
    case FORE_BY_CATEGORY: return t->categories.count;
    default: return t->products;
    }
}

static void write_group(const fore_forecast *f, const fore_forecast_whose *w,
                        const fore_pipeline_result *result, double *scratch, int64_t g,
                        int64_t *gaps)
{
    const fore_outlook *o = f->outlook;
    fore_answer *a = f->answer;
    fore_json_writer *json = f->json;
    fore_json_object(json, NULL);
    fore_json_string(json, "group", w->name);
    fore_json_array(json, "periods");
    for (int64_t j = 0; j < o->periods; j++) {
        char period[32];
        fore_forecast_period_name(f, o->start[j], period);
        fore_answer_row(a, g);
        fore_answer_text(a, g, w->name);
        fore_answer_text(a, g, period);
        fore_answer_number(a, g, result->period[j].median);
        fore_answer_number(a, g, fore_forecast_quantile(result, j, 0.1, scratch));
        fore_answer_number(a, g, fore_forecast_quantile(result, j, 0.9, scratch));
        fore_forecast_period_json(f, w, result, j, scratch);
        fore_forecast_gap_row(f, w, result, j, gaps);
    }
    fore_json_end_array(json);
    fore_json_end_object(json);
}

/* Coverage by group; what is in none is the group after the last. */
static fore_status cover(const fore_forecast *f, const int32_t *group, int64_t first, int64_t end,
                         int64_t limit, fore_coverage *coverage, fore_error *err)
{
    int32_t *column = FORE_NEW(f->context->timeline->subjects, int32_t);
    if (!column) return fore_no_memory(err);
    for (int64_t s = first; s < end; s++) column[s] = group[s] < 0 ? (int32_t)limit : group[s];
    fore_status status = fore_coverage_make(f->context, f->outlook, f->request.period, column,
                                            limit + 1, coverage, err);
    fore_free(column);
    return status;
}

static fore_status write_members(const fore_forecast *f, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_timeline *t = f->context->timeline;
    const fore_outlook *o = f->outlook;
    fore_coverage coverage = {0};
    int64_t gaps = -1;
    fore_series_by by = f->request.by;
    int64_t first = o->kind == FORE_SUBJECT_DEAL ? t->leads : 0;
    int64_t end = o->kind == FORE_SUBJECT_DEAL ? t->subjects : t->leads;
    int64_t limit = group_limit(t, by);
    uint8_t *member = FORE_ZNEW(t->subjects, uint8_t);
    int32_t *group = FORE_NEW(t->subjects, int32_t);
    double *scratch = FORE_NEW(GROUP_DRAWS, double);
    if (!member || !group || !scratch) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t s = first; s < end; s++) group[s] = group_of(t, by, s, o->as_of);
    if (f->targets) FORE_GO(cover(f, group, first, end, limit, &coverage, err));
    int64_t g = fore_answer_grid(f->answer, "groups", "By group", group_columns, 5);
    for (int64_t k = 0; k <= limit; k++) {
        int32_t index = k == limit ? -1 : (int32_t)k;
        for (int64_t s = first; s < end; s++) member[s] = group[s] == index;
        double share = fore_outlook_share(t, o, member);
        bool any = share > 0;
        for (int64_t i = 0; i < o->open && !any; i++) any = member[o->open_subject[i]];
        for (int64_t i = 0; i < o->wins && !any; i++) any = member[o->win_subject[i]];
        if (!any) continue;
        fore_pipeline_result *result = NULL;
        double level[FORE_FORECAST_PERIODS], shock_sd[FORE_FORECAST_PERIODS];
        fore_outlook_draws draws = *f->whole;
        draws.member = member;
        draws.share = share;
        draws.level = level;
        draws.shock_sd = shock_sd;
        FORE_GO(fore_record_tilt(f->record, t, o, member, share, level, shock_sd, err));
        draws.draws = GROUP_DRAWS;
        FORE_GO(fore_outlook_simulate(f->context, o, &draws, &result, err));
        const fore_forecast_whose whose = {by, index, group_name(t, by, index),
                                           f->targets ? &coverage : NULL, k};
        write_group(f, &whose, result, scratch, g, &gaps);
        fore_pipeline_result_free(result);
    }
done:
    fore_coverage_free(&coverage);
    fore_free(member);
    fore_free(group);
    fore_free(scratch);
    return status;
}

fore_status fore_forecast_groups(const fore_forecast *f, fore_error *err)
{
    fore_json_array(f->json, "groups");
    if (f->request.grouped) FORE_TRY(write_members(f, err));
    fore_json_end_array(f->json);
    return FORE_OK;
}
