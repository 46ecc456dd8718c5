/* The curves of the deals asked for. */
#include "engine/jobs/close_curves.h"

#include <math.h>
#include <string.h>

const int32_t fore_close_days[FORE_CLOSE_DATES] = {30, 60, 90, 180, 365};

enum { HORIZON_WEEKS = 520, COLUMNS_MAX = FORE_CLOSE_FEATURES + FORE_CLOSE_STAGES };
static const double MIDDLE = 0.5, EARLY = 0.1, LATE = 0.9;

static bool is_asked(const fore_timeline *t, int64_t s, int64_t as_of)
{
    return s >= t->leads && s < t->subjects && t->left_out[s] != FORE_LEFT_NO_CREATION &&
           fore_subject_open_at(t, s, as_of);
}

/* What is asked: of subject[0..n) as of a moment, by a model that is there or learned now. */
typedef struct question {
    int64_t as_of, n, horizon;
    const int64_t *subject;
    const fore_close_model *model;
    const fore_close_options *options;
} question;

/* Called with the curves of deal i; others are passed over. */
typedef void (*curve_use)(void *context, int64_t i, double *won, double *lost);

static fore_status predict_each(const fore_close_model *m, fore_context *c, const question *q,
                                int64_t asked, curve_use use, void *context, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_timeline *t = c->timeline;
    double row[COLUMNS_MAX], *x = FORE_NEW(asked * fore_close_columns(m), double),
                             *curve = FORE_NEW(2 * q->horizon, double);
    fore_extract_row *rows = FORE_NEW(asked, fore_extract_row);
    int64_t *place = FORE_NEW(asked, int64_t), k = 0;
    if (!rows || !place || !x || !curve) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < q->n; i++) {
        if (!is_asked(t, q->subject[i], q->as_of)) continue;
        place[k] = i;
        rows[k++] = (fore_extract_row){q->subject[i], q->as_of};
    }
    FORE_GO(fore_close_rows(m, t, c->extractor, c->pool, rows, asked, x, err));
    for (int64_t i = 0; i < asked; i++) {
        for (int64_t j = 0; j < fore_close_columns(m); j++) row[j] = x[i + j * asked];
        fore_reading now = fore_close_clocks(m, t, rows[i].subject, q->as_of);
        fore_landmark_predict(m->landmark, &now, row, q->horizon, curve, curve + q->horizon);
        use(context, place[i], curve, curve + q->horizon);
    }
done:
    fore_free(rows);
    fore_free(place);
    fore_free(x);
    fore_free(curve);
    return status;
}

static fore_status each_curve(fore_context *c, const question *q, curve_use use, void *context,
                              fore_error *err)
{
    const fore_timeline *t;
    fore_close_model *learned = NULL;
    int64_t asked = 0;
    FORE_TRY(fore_context_history(c, &t, NULL, err));
    for (int64_t i = 0; i < q->n; i++) asked += is_asked(t, q->subject[i], q->as_of);
    if (asked == 0) return FORE_OK;
    if (!q->model) FORE_TRY(fore_close_model_learn(c, q->as_of, q->options, &learned, err));
    fore_status status =
        predict_each(q->model ? q->model : learned, c, q, asked, use, context, err);
    fore_close_model_free(learned);
    return status;
}

typedef struct weekly {
    int64_t n, horizon;
    double *won, *lost;
} weekly;

static void keep_weekly(void *context, int64_t i, double *won, double *lost)
{
    weekly *w = context;
    for (int64_t h = 0; h < w->horizon; h++) {
        w->won[i + h * w->n] = won[h];
        w->lost[i + h * w->n] = lost[h];
    }
}

fore_status fore_close_weekly(fore_context *c, int64_t as_of, const fore_close_options *options,
                              const int64_t *subject, int64_t n, int64_t horizon, double *won,
                              double *lost, fore_error *err)
{
    weekly w = {n, horizon, won, lost};
    question q = {as_of, n, horizon, subject, NULL, options};
    for (int64_t i = 0; i < n * horizon; i++) won[i] = lost[i] = NAN;
    return each_curve(c, &q, keep_weekly, &w, err);
}

typedef struct summary {
    int64_t as_of;
    int32_t today;
    const fore_close_basis *basis;
    fore_close_curve *out;
} summary;

/* How the curves are made to agree with a chance: by the horizon it is the given one; within it
 * wins come in time as the curve says, and so they do after it, for what is still open then. The
 * lost ones share what is left. */
typedef struct agreement {
    bool needed;
    double chance, by; /* by the horizon: as given, as the curve says */
} agreement;

static agreement agree(const fore_close_basis *basis, int64_t i, const double *won)
{
    if (!basis->chance) return (agreement){0};
    double chance = basis->chance[i],
           by = fore_curve_at(won, HORIZON_WEEKS, basis->horizon_days / 7);
    return (agreement){chance > 0 && chance < 1 && by > 0 && by < 1, chance, by};
}

static double agreed(const agreement *a, double won)
{
    if (!a->needed) return won;
    return won <= a->by ? won * (a->chance / a->by)
                        : a->chance + (won - a->by) * ((1 - a->chance) / (1 - a->by));
}

static void summarise(void *context, int64_t i, double *won, double *lost)
{
    const summary *s = context;
    fore_close_curve *curve = &s->out[i];
    const double share[] = {EARLY, MIDDLE, LATE};
    int32_t *date[] = {&curve->lo, &curve->expected_on, &curve->hi};
    agreement a = agree(s->basis, i, won);
    curve->known = true;
    for (int k = 0; k < FORE_CLOSE_DATES; k++) {
        curve->on[k] = s->today + fore_close_days[k];
        curve->p[k] = agreed(&a, fore_curve_at(won, HORIZON_WEEKS, fore_close_days[k] / 7.0));
    }
    curve->p_lost = lost[HORIZON_WEEKS - 1] * (a.needed ? (1 - a.chance) / (1 - a.by) : 1);
    for (int64_t h = 0; h < HORIZON_WEEKS && a.needed; h++) won[h] = agreed(&a, won[h]);
    curve->p_won = won[HORIZON_WEEKS - 1];
    curve->p_lost = fmin(curve->p_lost, 1 - curve->p_won); /* rounding never makes more than all */
    for (int k = 0; k < 3; k++) {
        double week = fore_curve_reach(won, HORIZON_WEEKS, share[k] * curve->p_won);
        *date[k] = s->today + (int32_t)floor(7 * week);
    }
}

fore_status fore_close_curves(fore_context *c, int64_t as_of, const fore_close_basis *basis,
                              const int64_t *subject, int64_t n, fore_close_curve *out,
                              fore_error *err)
{
    fore_close_basis none = {0};
    summary s = {as_of, fore_date_of(as_of + fore_zone_offset(c->zone, as_of)),
                 basis ? basis : &none, out};
    question q = {as_of, n, HORIZON_WEEKS, subject, s.basis->model, NULL};
    for (int64_t i = 0; i < n; i++) {
        out[i] = (fore_close_curve){.expected_on = FORE_NO_DATE,
                                    .lo = FORE_NO_DATE,
                                    .hi = FORE_NO_DATE,
                                    .p_won = NAN,
                                    .p_lost = NAN};
        for (int k = 0; k < FORE_CLOSE_DATES; k++) {
            out[i].on[k] = FORE_NO_DATE;
            out[i].p[k] = NAN;
        }
    }
    return each_curve(c, &q, summarise, &s, err);
}

fore_status fore_close_curves_new(fore_context *c, const fore_roster *r,
                                  const fore_roster_row *const *row, int64_t n,
                                  fore_close_curve **curves, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_scoring *s = r->scoring[FORE_SUBJECT_DEAL];
    fore_error own = {0};
    double *chance = FORE_NEW(n + 1, double);
    int64_t *subject = FORE_NEW(n + 1, int64_t);
    *curves = FORE_NEW(n + 1, fore_close_curve);
    if (!chance || !subject || !*curves) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < n; i++) {
        subject[i] = row[i]->subject;
        chance[i] = row[i]->probability;
    }
    fore_close_basis basis = {s ? s->close : NULL, s ? chance : NULL, s ? s->horizon_days : 0};
    status = fore_close_curves(c, r->as_of, &basis, subject, n, *curves, &own);
    if (status == FORE_E_NO_ANSWER) status = FORE_OK;
    if (status != FORE_OK && err) *err = own;
done:
    fore_free(chance);
    fore_free(subject);
    if (status != FORE_OK) {
        fore_free(*curves);
        *curves = NULL;
    }
    return status;
}

void fore_close_json(fore_json_writer *json, const fore_close_curve *curve, double amount)
{
    if (!curve->known) return;
    fore_json_object(json, "close");
    fore_json_date(json, "expected_on", curve->expected_on);
    fore_json_date(json, "lo", curve->lo);
    fore_json_date(json, "hi", curve->hi);
    fore_json_number(json, "p_won", curve->p_won);
    fore_json_number(json, "p_lost", curve->p_lost);
    fore_json_number(json, "expected_amount", curve->p_won * amount);
    fore_json_array(json, "p_won_by");
    for (int k = 0; k < FORE_CLOSE_DATES; k++) {
        fore_json_object(json, NULL);
        fore_json_date(json, "on", curve->on[k]);
        fore_json_number(json, "p", curve->p[k]);
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
    fore_json_end_object(json);
}
