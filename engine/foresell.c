/* The public C API: opens the context, runs a job, hands over its answer. No logic of its own. */
#include "engine/foresell.h"

#include <math.h>

#include "engine/jobs/jobs.h"

#ifndef FORE_VERSION
#define FORE_VERSION "0.1.0"
#endif

struct foresell {
    fore_context context;
};

/* The public cell kinds are the jobs' cell kinds. */
_Static_assert((int)FORESELL_TEXT == (int)FORE_CELL_TEXT, "cell kinds");
_Static_assert((int)FORESELL_RATIO == (int)FORE_CELL_RATIO, "cell kinds");

const char *foresell_version(void) { return FORE_VERSION; }
const char *foresell_status_text(fore_status status) { return fore_status_text(status); }

fore_status foresell_open(const foresell_options *options, foresell **out, fore_error *err)
{
    *out = NULL;
    foresell *w = FORE_ZNEW(1, foresell);
    if (!w) return fore_no_memory(err);
    fore_status status = fore_context_open(options, &w->context, err);
    if (status != FORE_OK) {
        fore_free(w);
        return status;
    }
    *out = w;
    return FORE_OK;
}

void foresell_close(foresell *w)
{
    if (!w) return;
    fore_context_close(&w->context);
    fore_free(w);
}

/* --- answers --- */

static const fore_answer *inner(const foresell_answer *answer)
{
    return (const fore_answer *)answer;
}

void foresell_answer_free(foresell_answer *answer) { fore_answer_free((fore_answer *)answer); }

const char *foresell_answer_json(const foresell_answer *answer)
{
    return fore_text_string(&inner(answer)->json);
}

int64_t foresell_answer_tables(const foresell_answer *answer) { return inner(answer)->grid_count; }

static const fore_grid *grid_of(const foresell_answer *answer, int64_t table)
{
    return &inner(answer)->grids[table];
}

const char *foresell_table_name(const foresell_answer *a, int64_t t) { return grid_of(a, t)->name; }
const char *foresell_table_title(const foresell_answer *a, int64_t t)
{
    return grid_of(a, t)->title;
}
const char *foresell_table_lead(const foresell_answer *a, int64_t t) { return grid_of(a, t)->lead; }
int64_t foresell_table_rows(const foresell_answer *a, int64_t t)
{
    return grid_of(a, t)->row_count;
}

int64_t foresell_table_columns(const foresell_answer *a, int64_t t)
{
    return grid_of(a, t)->column_count;
}

foresell_column foresell_table_column(const foresell_answer *a, int64_t t, int64_t column)
{
    const fore_column *c = &grid_of(a, t)->columns[column];
    return (foresell_column){c->key, c->heading, (foresell_cell_kind)c->kind, c->weight};
}

static const fore_cell *cell_of(const foresell_answer *a, int64_t t, int64_t row, int64_t column)
{
    const fore_grid *grid = grid_of(a, t);
    return &grid->cells[row * grid->column_count + column];
}

const char *foresell_cell_text(const foresell_answer *a, int64_t t, int64_t row, int64_t column)
{
    return cell_of(a, t, row, column)->text;
}

double foresell_cell_number(const foresell_answer *a, int64_t t, int64_t row, int64_t column)
{
    return cell_of(a, t, row, column)->number;
}

int64_t foresell_answer_notes(const foresell_answer *a) { return inner(a)->note_count; }
const char *foresell_note(const foresell_answer *a, int64_t note) { return inner(a)->notes[note]; }
const char *foresell_answer_missing(const foresell_answer *a) { return inner(a)->missing; }

int foresell_text_width(const char *text) { return fore_utf8_width(text); }
int64_t foresell_text_fit(const char *text, int width) { return fore_utf8_fit(text, width); }

void foresell_number_people(double value, int decimals, char *out, size_t size)
{
    fore_number_people(value, decimals, out, size);
}

void foresell_number_exact(double value, char out[32]) { fore_number_format(value, out); }

/* --- jobs --- */

#define RUN_JOB(call)                                                                              \
    do {                                                                                           \
        fore_answer *a = NULL;                                                                     \
        *answer = NULL;                                                                            \
        FORE_TRY(fore_answer_new(&a, err));                                                        \
        fore_status status = (call);                                                               \
        if (status == FORE_OK) status = fore_answer_finish(a, err);                                \
        if (status != FORE_OK) {                                                                   \
            fore_answer_free(a);                                                                   \
            return status;                                                                         \
        }                                                                                          \
        *answer = (foresell_answer *)a;                                                            \
        return FORE_OK;                                                                            \
    } while (0)

#define JOB(name)                                                                                  \
    fore_status foresell_##name(foresell *w, const foresell_##name##_request *request,             \
                                foresell_answer **answer, fore_error *err)                         \
    {                                                                                              \
        RUN_JOB(fore_job_##name(&w->context, request, a, err));                                    \
    }

JOB(import)
JOB(check)
JOB(train)
JOB(rank)
JOB(feedback)
JOB(score)
JOB(forecast)
JOB(changes)
JOB(adjust)
JOB(effort)
JOB(backtest)
JOB(nightly)
JOB(settings)

fore_status foresell_explain(foresell *w, const foresell_score_request *request,
                             foresell_answer **answer, fore_error *err)
{
    RUN_JOB(fore_job_explain(&w->context, request, a, err));
}

fore_status foresell_models(foresell *w, foresell_answer **answer, fore_error *err)
{
    RUN_JOB(fore_job_models(&w->context, a, err));
}

fore_status foresell_rollback(foresell *w, const char *id, int64_t now, foresell_answer **answer,
                              fore_error *err)
{
    RUN_JOB(fore_job_rollback(&w->context, id, now, a, err));
}

#define JOB_WITHOUT_WORKSPACE(name, kind)                                                          \
    fore_status foresell_##name(const foresell_options *options,                                   \
                                const foresell_##kind##_request *request,                          \
                                foresell_answer **answer, fore_error *err)                         \
    {                                                                                              \
        fore_context context = {0};                                                                \
        foresell_options bare = options ? *options : (foresell_options){0};                        \
        *answer = NULL;                                                                            \
        bare.path = NULL;                                                                          \
        fore_answer *a = NULL;                                                                     \
        FORE_TRY(fore_context_open(&bare, &context, err));                                         \
        fore_status status = fore_answer_new(&a, err);                                             \
        if (status == FORE_OK) status = fore_job_##name(&context, request, a, err);                \
        if (status == FORE_OK) status = fore_answer_finish(a, err);                                \
        fore_context_close(&context);                                                              \
        if (status != FORE_OK)                                                                     \
            fore_answer_free(a);                                                                   \
        else                                                                                       \
            *answer = (foresell_answer *)a;                                                        \
        return status;                                                                             \
    }

JOB_WITHOUT_WORKSPACE(simulate, simulate)
JOB_WITHOUT_WORKSPACE(table_train, table)
JOB_WITHOUT_WORKSPACE(table_score, table)
JOB_WITHOUT_WORKSPACE(series, series)
