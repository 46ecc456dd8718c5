/* "Forecast these series." A CSV of unique_id,ds,y; every series on its own, so that a bad one
 * never stops the others.
 *
 *   read the file -> make every series regular (series_file.h) -> forecast them all at once -> tell
 *   each, or why there is none */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/jobs.h"
#include "engine/jobs/levels.h"
#include "engine/jobs/series_drivers.h"
#include "engine/jobs/series_file.h"
#include "engine/jobs/series_hierarchy.h"
#include "engine/jobs/series_options.h"
#include "engine/jobs/series_words.h"
#include "models/series/series_forecast.h"

enum {
    HORIZON_LEAST = 6,
    ASIDE_SHOWN = 10,
    NOTES_MOST = 50,
    EFFECTS_SAID = 3,
    PATHS_LEAST = 200,
    PATHS = 4000,
    PATHS_MOST = 40000,
    PATHS_OUTSIDE = 20,      /* beyond each bound of a level */
    PATH_VALUES = 40000000,  /* of a hierarchy */
    PATHS_OF_ONE = 10000000, /* values of one series */
    HOUR_SECONDS = 3600,
    WEEK_HOURS = 168,
    YEAR_DAYS = 365,
    YEAR_FROM = 28 /* steps ahead */
};

typedef struct series_writer {
    fore_answer *answer;
    int64_t grid, effects, sums; /* effects: -1 without drivers; sums: -1 unless asked for */
    fore_json_writer *json;
    const double *level;
    int64_t levels;
    const fore_series_nested *nested;
    const fore_series_sources *sources;
    const foresell_series_request *request;
    double vague; /* a level that there are too few paths for; 0: none */
} series_writer;

static void write_effect(series_writer *w, const char *id, const fore_driver_effect *e,
                         bool transformed)
{
    fore_answer_row(w->answer, w->effects);
    fore_answer_text(w->answer, w->effects, id);
    fore_answer_text(w->answer, w->effects, e->name);
    fore_answer_number(w->answer, w->effects, e->effect);
    fore_answer_number(w->answer, w->effects, e->error);
    fore_answer_number(w->answer, w->effects, e->lower);
    fore_answer_number(w->answer, w->effects, e->upper);
    fore_answer_text(w->answer, w->effects, e->chosen ? "by data" : "");
    fore_json_object(w->json, NULL);
    fore_json_string(w->json, "name", e->name);
    fore_json_number(w->json, "effect", e->effect);
    fore_json_number(w->json, "se", e->error);
    fore_json_number(w->json, "lo", e->lower);
    fore_json_number(w->json, "hi", e->upper);
    if (e->chosen) fore_json_bool(w->json, "chosen", true);
    if (transformed) fore_json_bool(w->json, "transformed", true);
    fore_json_end_object(w->json);
}

/* The effects that are known, then what was left out. */
static void write_effects(series_writer *w, const char *id, const fore_series_forecast *f)
{
    if (!f->effect) return;
    fore_json_array(w->json, "drivers");
    for (int64_t j = 0; j < f->effects; j++)
        if (f->effect[j].kept)
            write_effect(w, id, &f->effect[j], !isnan(f->lambda) && f->lambda != 1);
    fore_json_end_array(w->json);
    fore_json_array(w->json, "drivers_left_out");
    for (int64_t j = 0; j < f->effects; j++) {
        if (f->effect[j].kept) continue;
        fore_json_object(w->json, NULL);
        fore_json_string(w->json, "name", f->effect[j].name);
        fore_json_string(w->json, "reason", f->effect[j].why);
        fore_json_end_object(w->json);
    }
    fore_json_end_array(w->json);
}

static void write_time(series_writer *w, const char *name, const fore_series_plan *p, int64_t at)
{
    fore_series_plan from = *p;
    char when[32];
    from.last = p->start;
    fore_series_when(&from, at, when);
    fore_json_string(w->json, name, when);
}

/* Values far from the others, and where the level moved; only where there are some. */
static void write_anomalies(series_writer *w, const fore_series_plan *p,
                            const fore_series_forecast *f)
{
    if (f->outliers > 0) {
        fore_json_array(w->json, "outliers");
        for (int64_t i = 0; i < f->outliers; i++) write_time(w, NULL, p, f->outlier[i]);
        fore_json_end_array(w->json);
    }
    if (f->shifts == 0) return;
    fore_json_array(w->json, "shifts");
    for (int64_t i = 0; i < f->shifts; i++) {
        fore_json_object(w->json, NULL);
        write_time(w, "ds", p, f->shift[i]);
        fore_json_number(w->json, "size", f->shift_size[i]);
        fore_json_end_object(w->json);
    }
    fore_json_end_array(w->json);
}

/* All steps together that were asked for: their interval is narrower than the sum of theirs, errors
 * partly cancel. */
static void write_sum(series_writer *w, const char *id, const fore_series_plan *p,
                      const fore_series_task *task)
{
    char from[32], to[32], key[32];
    const fore_series_forecast *f = task->forecast;
    if (f->paths == 0 && !task->summed) return;
    fore_series_when(p, p->late + 1, from);
    fore_series_when(p, f->horizon, to);
    fore_answer_row(w->answer, w->sums);
    fore_answer_text(w->answer, w->sums, id);
    fore_answer_text(w->answer, w->sums, fore_arena_format(w->answer->arena, "%s to %s", from, to));
    fore_answer_number(w->answer, w->sums, NAN);
    fore_json_object(w->json, "sum");
    fore_json_string(w->json, "from", from);
    fore_json_string(w->json, "to", to);
    for (int64_t k = 0; k < f->levels; k++) {
        fore_error ignored;
        fore_series_sum sum = task->sum[k];
        if (!task->summed && fore_series_add_up(f, p->late, f->horizon - p->late, w->level[k], &sum,
                                                &ignored) != FORE_OK)
            continue;
        if (isnan(sum.lower) && !isnan(f->lower[p->late + k * f->horizon])) w->vague = w->level[k];
        if (k == 0) {
            fore_answer_number(w->answer, w->sums, sum.mean);
            fore_json_number(w->json, "mean", sum.mean);
        }
        fore_answer_number(w->answer, w->sums, sum.lower);
        fore_answer_number(w->answer, w->sums, sum.upper);
        snprintf(key, sizeof key, "lo-%.10g", w->level[k]);
        fore_json_number(w->json, key, sum.lower);
        snprintf(key, sizeof key, "hi-%.10g", w->level[k]);
        fore_json_number(w->json, key, sum.upper);
    }
    fore_json_end_object(w->json);
}

static void write_forecast(series_writer *w, const char *id, const fore_series_plan *p, int64_t s,
                           const fore_series_task *task, const char *note)
{
    const fore_series_forecast *f = task->forecast;
    fore_json_object(w->json, NULL);
    fore_json_string(w->json, "unique_id", id);
    fore_json_string(w->json, "method", f->name);
    fore_json_string(w->json, "step", fore_series_step_word(p));
    fore_json_integer(w->json, "season", p->season);
    if (!isnan(f->lambda)) fore_json_number(w->json, "lambda", f->lambda);
    if (note[0]) fore_json_string(w->json, "note", note);
    write_effects(w, id, f);
    write_anomalies(w, p, f);
    if (w->sums >= 0) write_sum(w, id, p, task);
    fore_series_nested_node(w->nested, s, w->json);
    fore_json_array(w->json, "forecast");
    for (int64_t h = 0; h < f->horizon; h++) {
        char when[32], key[32];
        fore_series_when(p, h + 1, when);
        fore_answer_row(w->answer, w->grid);
        fore_answer_text(w->answer, w->grid, id);
        fore_answer_text(w->answer, w->grid, when);
        fore_answer_number(w->answer, w->grid, (double)(h + 1));
        fore_answer_number(w->answer, w->grid, f->mean[h]);
        fore_json_object(w->json, NULL);
        fore_json_string(w->json, "ds", when);
        fore_json_integer(w->json, "step", h + 1);
        fore_json_number(w->json, "mean", f->mean[h]);
        for (int64_t k = 0; k < f->levels; k++) {
            fore_answer_number(w->answer, w->grid, f->lower[h + k * f->horizon]);
            fore_answer_number(w->answer, w->grid, f->upper[h + k * f->horizon]);
            snprintf(key, sizeof key, "lo-%.10g", w->level[k]);
            fore_json_number(w->json, key, f->lower[h + k * f->horizon]);
            snprintf(key, sizeof key, "hi-%.10g", w->level[k]);
            fore_json_number(w->json, key, f->upper[h + k * f->horizon]);
        }
        fore_json_end_object(w->json);
    }
    fore_json_end_array(w->json);
    fore_json_end_object(w->json);
}

/* The rows that were set aside, and the series that they belong to. */
static void tell_aside(const fore_series_file *set, const char *path, fore_answer *a,
                       fore_json_writer *json)
{
    fore_json_array(json, "set_aside");
    for (int64_t i = 0; i < set->aside_count; i++) {
        const fore_series_aside *row = &set->aside[i];
        char reason[96];
        fore_series_aside_reason(set, row, reason);
        fore_json_object(json, NULL);
        fore_json_string(json, "file", path);
        fore_json_integer(json, "line", row->line);
        fore_json_string(json, "unique_id", row->id);
        fore_json_string(json, "reason", reason);
        fore_json_end_object(json);
        if (i < ASIDE_SHOWN && row->nameless)
            fore_answer_note(a, "%s:%lld: %s: set aside.", path, (long long)row->line, reason);
        else if (i < ASIDE_SHOWN && row->id && !row->timed)
            fore_answer_note(a, "%s:%lld: %s: set aside; its time cannot be read.", path,
                             (long long)row->line, reason);
        else if (i < ASIDE_SHOWN)
            fore_answer_note(a, "%s:%lld: %s: set aside; its value of %s counts as missing.", path,
                             (long long)row->line, reason,
                             row->id ? fore_series_called(a->arena, row->id) : "some series");
    }
    fore_json_end_array(json);
    if (set->aside_count > ASIDE_SHOWN)
        fore_answer_note(a, "And %lld more such rows; --json names them all.",
                         (long long)(set->aside_count - ASIDE_SHOWN));
}

static fore_column *make_columns(fore_answer *a, const double *level, int64_t levels,
                                 fore_error *err)
{
    fore_column *c = fore_arena_alloc(a->arena, 4 + 2 * levels, sizeof *c);
    if (!c) {
        fore_no_memory(err);
        return NULL;
    }
    c[0] = (fore_column){"unique_id", "series", FORE_CELL_TEXT, 1};
    c[1] = (fore_column){"ds", "ds", FORE_CELL_TEXT, 0};
    c[2] = (fore_column){"step", "step", FORE_CELL_INTEGER, 0};
    c[3] = (fore_column){"mean", "mean", FORE_CELL_NUMBER, 0};
    for (int64_t k = 0; k < levels; k++) {
        const char *lo = fore_arena_format(a->arena, "lo-%.10g", level[k]);
        const char *hi = fore_arena_format(a->arena, "hi-%.10g", level[k]);
        c[4 + 2 * k] = (fore_column){lo, lo, FORE_CELL_NUMBER, 0};
        c[5 + 2 * k] = (fore_column){hi, hi, FORE_CELL_NUMBER, 0};
    }
    return c;
}

/* The columns of the forecast, so that a CSV goes on with them: ds "... to ...", no step. */
static fore_status make_sums(fore_answer *a, const double *level, int64_t levels, int64_t *grid,
                             fore_error *err)
{
    fore_column *c = make_columns(a, level, levels, err);
    if (!c) return FORE_E_MEMORY;
    c[1].heading = "time";
    c[2].heading = NULL; /* no step */
    *grid = fore_answer_grid(a, "sums", "All steps together", c, 4 + 2 * levels);
    return FORE_OK;
}

/* Sample paths that tell the highest level. */
static int64_t paths_for(const fore_series_options *o)
{
    double most = PATHS;
    for (int64_t k = 0; k < o->levels; k++)
        most = fmax(most, ceil(PATHS_OUTSIDE / (0.5 - o->level[k] / 200)));
    return most < PATHS_MOST ? (int64_t)most : PATHS_MOST;
}

/* The nodes of a hierarchy, which hang together, keep their paths until they add up: fewer of them
 * where thousands of nodes would fill the memory. Another series has as many as it has alone, and
 * adds them up at once. */
static void plan_sums(const fore_series_grid *grid, const fore_series_nested *nested,
                      fore_series_task *tasks, fore_series_options *o)
{
    int64_t steps = 1, paths = paths_for(o);
    for (int64_t s = 0; s < grid->series; s++) {
        int64_t most = PATHS_OF_ONE / tasks[s].horizon;
        steps += tasks[s].horizon;
        if (nested->used) continue;
        tasks[s].sum_paths = paths < most ? paths : most;
        tasks[s].sum_from = grid->plan[s].late;
    }
    if (!nested->used) return;
    int64_t most = PATH_VALUES / steps;
    o->paths = paths < most ? paths : most < PATHS_LEAST ? PATHS_LEAST : most;
}

static int64_t make_effects(fore_answer *a, const fore_series_sources *sources, bool transformed)
{
    static const fore_column columns[] = {
        {"unique_id", "series", FORE_CELL_TEXT, 1}, {"driver", "driver", FORE_CELL_TEXT, 1},
        {"effect", "effect", FORE_CELL_NUMBER, 0},  {"se", "error", FORE_CELL_NUMBER, 0},
        {"lo-95", "lo-95", FORE_CELL_NUMBER, 0},    {"hi-95", "hi-95", FORE_CELL_NUMBER, 0},
        {"chosen", "chosen", FORE_CELL_TEXT, 0}};
    if (!sources) return -1;
    const char *title = "What one unit of each driver goes with";
    if (transformed) title = "What one unit of each driver goes with, on the transformed scale";
    return fore_answer_grid(a, "drivers", title, columns, 7);
}

/* Seasons that dates suggest beside the shortest one, where two cycles and more tell of them. Of
 * the next weeks a level that follows the newest days knows more than what few years were like. */
static void try_seasons(const fore_series_plan *p, fore_series_task *task)
{
    int64_t longer = 0;
    if (p->step == FORE_STEP_SECONDS && p->width == HOUR_SECONDS) longer = WEEK_HOURS;
    if (p->step == FORE_DAILY && !p->week && task->horizon > YEAR_FROM) longer = YEAR_DAYS;
    if (longer && p->season > 1 && p->n > 2 * longer) task->season[task->seasons++] = longer;
}

static fore_series_task *make_tasks(const foresell_series_request *r, const fore_series_grid *grid)
{
    fore_series_task *tasks = FORE_ZNEW(grid->series, fore_series_task);
    for (int64_t s = 0; tasks && s < grid->series; s++) {
        const fore_series_plan *p = &grid->plan[s];
        int64_t h = p->season < HORIZON_LEAST ? HORIZON_LEAST : p->season;
        h = p->late + (r->horizon ? r->horizon : p->ahead ? p->ahead : h);
        tasks[s] = (fore_series_task){.y = grid->values + p->first,
                                      .n = p->why[0] ? 0 : p->n,
                                      .m = p->season,
                                      .horizon = h < FORE_HORIZON_MAX ? h : FORE_HORIZON_MAX};
        if (!r->season) try_seasons(p, &tasks[s]);
    }
    return tasks;
}

/* A series whose drivers lack a value is left out, and told. */
static fore_status add_drivers(fore_series_sources *sources, const fore_series_file *file,
                               fore_series_grid *grid, fore_series_task *tasks, fore_error *err)
{
    for (int64_t s = 0; sources && s < grid->series; s++) {
        if (grid->plan[s].why[0]) continue;
        FORE_TRY(fore_series_drivers_make(sources, file, tasks[s].y, s, &grid->plan[s],
                                          tasks[s].horizon, &tasks[s].drivers, err));
        if (grid->plan[s].why[0]) tasks[s].n = 0;
    }
    return FORE_OK;
}

static void write_left_out(series_writer *w, const char *id, const char *why, int64_t count)
{
    if (count < ASIDE_SHOWN)
        fore_answer_note(w->answer, "%s is left out: %s", fore_series_called(w->answer->arena, id),
                         why);
    fore_json_object(w->json, NULL);
    fore_json_string(w->json, "unique_id", id);
    fore_json_string(w->json, "error", why);
    fore_json_end_object(w->json);
}

static const char *why_not(const fore_series_grid *grid, const fore_series_task *tasks, int64_t s)
{
    return grid->plan[s].why[0] ? grid->plan[s].why : tasks[s].message;
}

/* A list of those without an answer, and what to say of it at the end. */
static void write_the_left_out(series_writer *w, const fore_series_file *file,
                               const fore_series_grid *grid, const fore_series_task *tasks)
{
    fore_text names = {0};
    int64_t count = 0;
    fore_json_array(w->json, "left_out");
    for (int64_t s = 0; s < grid->series; s++) {
        if (tasks[s].forecast && !grid->plan[s].why[0]) continue;
        const char *id = fore_dictionary_text(file->ids, s);
        if (count++ < ASIDE_SHOWN)
            fore_text_printf(&names, "%s%s", count > 1 ? ", " : "",
                             fore_series_called(w->answer->arena, id));
        fore_json_object(w->json, NULL);
        fore_json_string(w->json, "unique_id", id);
        if (grid->plan[s].line > 0) fore_json_integer(w->json, "line", grid->plan[s].line);
        fore_json_string(w->json, "reason", why_not(grid, tasks, s));
        fore_json_end_object(w->json);
    }
    fore_json_end_array(w->json);
    if (count > ASIDE_SHOWN)
        fore_answer_note(w->answer,
                         "And %lld more are left out; --json tells each with its reason.",
                         (long long)(count - ASIDE_SHOWN));
    if (count > 0)
        w->answer->missing = fore_arena_format(
            w->answer->arena, "%lld of %lld series left out: %s%s", (long long)count,
            (long long)grid->series, fore_text_string(&names), count > ASIDE_SHOWN ? ", ..." : "");
    fore_text_free(&names);
}

/* How many were answered. */
static int64_t write_series(series_writer *w, const fore_series_file *file,
                            const fore_series_grid *grid, const fore_series_task *tasks)
{
    int64_t answered = 0;
    bool few = grid->series <= NOTES_MOST, hinted = false;
    fore_json_array(w->json, "series");
    for (int64_t s = 0; s < grid->series; s++) {
        const char *id = fore_dictionary_text(file->ids, s), *called = id;
        const fore_series_forecast *f = tasks[s].forecast;
        if (few) called = fore_series_called(w->answer->arena, id);
        if (!f || grid->plan[s].why[0]) {
            write_left_out(w, id, why_not(grid, tasks, s), s - answered);
            continue;
        }
        const char *note = fore_series_words_note(w->answer, w->request, &grid->plan[s], f);
        write_forecast(w, id, &grid->plan[s], s, &tasks[s], note);
        if (note[0] && few)
            fore_answer_note(w->answer, "%s: %s", called,
                             fore_series_words_hint(w->answer, w->request, note, &hinted));
        if (grid->plan[s].assumed && few)
            fore_answer_note(w->answer, "%s: a single date tells no step; a %s is taken.", called,
                             fore_series_step_word(&grid->plan[s]));
        if (f->effect && grid->series <= EFFECTS_SAID)
            fore_series_words_effects(w->answer, called, &grid->plan[s], w->sources, f);
        answered++;
    }
    fore_json_end_array(w->json);
    return answered;
}

fore_status fore_job_series(fore_context *c, const foresell_series_request *request, fore_answer *a,
                            fore_error *err)
{
    fore_status status = FORE_OK;
    foresell_series_request own = *request;
    const foresell_series_request *r = &own;
    fore_series_file file = {0};
    fore_series_nested nested = {0};
    fore_series_grid grid = {0};
    fore_series_options options;
    fore_series_task *tasks = NULL;
    fore_series_sources *sources = NULL;
    FORE_TRY(fore_series_options_read(&own, &options, err));
    FORE_GO(fore_series_sources_read(r, &sources, a, err));
    FORE_GO(fore_series_file_read(c, r, fore_series_sources_names(sources), &file, a, err));
    FORE_GO(fore_series_sum_up(&file, r->every, r->file, a, err));
    FORE_GO(fore_series_grid_make(&file, r->season, &grid, err));
    if (r->strict) FORE_GO(fore_series_grid_refuse(&grid, r->file, err));
    FORE_GO(fore_series_nest(c, r, &options, &file, &grid, &nested, err));
    if (!r->hierarchy) fore_series_grid_end(&file, &grid);
    fore_column *columns = make_columns(a, options.level, options.levels, err);
    tasks = make_tasks(r, &grid);
    if (!tasks || !columns) FORE_GO(fore_no_memory(err));
    FORE_GO(add_drivers(sources, &file, &grid, tasks, err));
    if (r->strict && sources) FORE_GO(fore_series_grid_refuse(&grid, r->file, err));
    if (r->sum) plan_sums(&grid, &nested, tasks, &options);
    FORE_GO(fore_series_batch(c->pool, tasks, grid.series, &options, err));
    FORE_GO(fore_series_settle(r, &grid, &nested, tasks, err));
    fore_json_writer json = fore_json_to(&a->json);
    int64_t rows = fore_answer_grid(a, "forecast", NULL, columns, 4 + 2 * options.levels);
    int64_t sums = -1;
    if (r->sum) FORE_GO(make_sums(a, options.level, options.levels, &sums, err));
    series_writer w = {a,
                       rows,
                       make_effects(a, sources, r->box_cox),
                       sums,
                       &json,
                       options.level,
                       options.levels,
                       &nested,
                       sources,
                       r,
                       0};
    fore_json_object(&json, NULL);
    fore_series_nested_tell(&nested, a, &json);
    int64_t answered = write_series(&w, &file, &grid, tasks);
    if (w.vague > 0)
        fore_answer_note(a,
                         "The sums have no %.10g %% interval: there are too few sample paths for "
                         "it. Give a lower --level.",
                         w.vague);
    fore_series_sources_say(sources, a);
    write_the_left_out(&w, &file, &grid, tasks);
    tell_aside(&file, r->file, a, &json);
    fore_json_end_object(&json);
    if (answered == 0)
        status =
            fore_fail_at(err, FORE_E_NO_ANSWER, r->file, grid.plan[0].line, 0,
                         "no series could be forecast; the first: %s", why_not(&grid, tasks, 0));
done:
    for (int64_t s = 0; tasks && s < grid.series; s++) fore_series_free(tasks[s].forecast);
    fore_free(tasks);
    fore_series_sources_free(sources);
    fore_series_nested_free(&nested);
    fore_series_grid_free(&grid);
    fore_series_file_free(&file);
    return status;
}
