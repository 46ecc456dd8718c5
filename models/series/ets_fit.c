/* Fitting ETS models: what can be fitted, and the choice among forms. The search itself is
 * ets_search.c. */
#include <math.h>

#include "engine/base/memory.h"
#include "models/series/ets_search.h"

static bool known_form(const fore_ets_form *form)
{
    for (int i = 0; i < FORE_ETS_FORMS_ALL; i++) {
        const fore_ets_form *f = &fore_ets_forms[i];
        if (f->error == form->error && f->trend == form->trend && f->season == form->season &&
            f->damped == form->damped)
            return true;
    }
    return false;
}

static fore_status check(const double *y, int64_t n, int64_t m, const fore_ets_form *form,
                         fore_error *err)
{
    fore_ets_problem p = {.n = n, .m = m, .form = *form};
    char name[16];
    fore_ets_lay_out(&p);
    fore_ets_name(form, name);
    if (!known_form(form))
        return fore_fail(err, FORE_E_ARGUMENT, "%s is not one of the 19 forms that can be fitted",
                         name);
    if (form->season != 'N' && (m < 2 || m > FORE_ETS_SEASON_MAX))
        return fore_fail(err, FORE_E_ARGUMENT, "%s needs a season of 2 to %d steps, not %lld", name,
                         FORE_ETS_SEASON_MAX, (long long)m);
    if (n < 4 || p.count > n - 2)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "%s has %lld parameters and the series only %lld values; take a simpler form", name,
            (long long)p.count, (long long)n);
    for (int64_t t = 0; t < n; t++) {
        if (!isfinite(y[t]))
            return fore_fail(err, FORE_E_DATA,
                             "value %lld of the series is not finite; fill or remove it",
                             (long long)t + 1);
        if (form->error == 'M' && y[t] <= 0)
            return fore_fail(err, FORE_E_NO_ANSWER,
                             "%s needs positive values and value %lld is %g; take an additive form",
                             name, (long long)t + 1, y[t]);
    }
    return FORE_OK;
}

fore_status fore_ets_fit(const double *y, int64_t n, int64_t m, const fore_ets_form *form,
                         fore_ets *model, fore_error *err)
{
    ets_job job = {.y = y, .n = n, .m = form->season == 'N' ? 1 : m, .form = *form};
    FORE_TRY(check(y, n, job.m, form, err));
    FORE_TRY(ets_search_run(&job, 1, err));
    if (job.status != FORE_OK) {
        char name[16];
        fore_ets_name(form, name);
        return fore_fail(err, job.status, "%s cannot be fitted to these values; take another form",
                         name);
    }
    *model = job.model;
    return FORE_OK;
}

/* ---- the choice ---- */

/* The forms that can be tried go to the end of the list of jobs; how many they are. */
static int64_t add_jobs(fore_ets_question *q, ets_job *jobs)
{
    int forms = q->multiplicative_trend ? FORE_ETS_FORMS_ALL : FORE_ETS_FORMS;
    int64_t count = 0;
    q->status = FORE_OK;
    for (int i = 0; i < forms && q->status == FORE_OK; i++) {
        const fore_ets_form *form = &fore_ets_forms[i];
        int64_t m = form->season == 'N' ? 1 : q->m;
        fore_error ignored;
        if (form->season != 'N' && (m < 2 || m > FORE_ETS_SEASON_MAX)) continue;
        fore_status status = check(q->y, q->n, m, form, &ignored);
        if (status == FORE_E_DATA) q->status = status;
        if (status != FORE_OK) continue;
        jobs[count++] = (ets_job){.y = q->y, .n = q->n, .m = m, .form = *form};
    }
    return q->status == FORE_OK ? count : 0;
}

/* The smallest AICc, the first of equals. */
static void pick(fore_ets_question *q, const ets_job *jobs, int64_t count)
{
    double best = INFINITY;
    for (int64_t i = 0; i < count; i++) {
        if (jobs[i].status != FORE_OK || !(jobs[i].model.aicc < best)) continue;
        best = jobs[i].model.aicc;
        q->model = jobs[i].model;
    }
    if (q->status == FORE_OK && !isfinite(best)) q->status = FORE_E_NO_ANSWER;
}

fore_status fore_ets_choose_many(fore_ets_question *questions, int64_t count, fore_error *err)
{
    ets_job *jobs = FORE_NEW(count * FORE_ETS_FORMS_ALL, ets_job);
    int64_t *first = FORE_NEW(count + 1, int64_t);
    fore_status status = jobs && first ? FORE_OK : fore_no_memory(err);
    if (status != FORE_OK) goto done;
    first[0] = 0;
    for (int64_t i = 0; i < count; i++)
        first[i + 1] = first[i] + add_jobs(&questions[i], jobs + first[i]);
    FORE_GO(ets_search_run(jobs, first[count], err));
    for (int64_t i = 0; i < count; i++)
        pick(&questions[i], jobs + first[i], first[i + 1] - first[i]);
done:
    fore_free(jobs);
    fore_free(first);
    return status;
}

fore_status fore_ets_choose(const double *y, int64_t n, int64_t m, bool multiplicative_trend,
                            fore_ets *model, fore_error *err)
{
    fore_ets_question q = {.y = y, .n = n, .m = m, .multiplicative_trend = multiplicative_trend};
    FORE_TRY(fore_ets_choose_many(&q, 1, err));
    if (q.status == FORE_E_DATA) return check(y, n, 1, fore_ets_forms, err);
    if (q.status != FORE_OK)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "no ETS model can be fitted to %lld values; give a longer history",
                         (long long)n);
    *model = q.model;
    return FORE_OK;
}
