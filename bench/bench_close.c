/* When will the open deals close: whose curves hold?
 *
 *   bench_close WORKSPACE AS_OF [MOMENTS [CLASSIFIER]]
 *       At MOMENTS (4) moments, 30 days apart, the newest 90 days before AS_OF, every system learns
 * from what was known then and says of each deal open then when it will be won. One JSON line per
 *       system: log loss of being won within 30, 60 and 90 days; of the deals won between the
 * moment and AS_OF the share that closed before the median date that was said for such wins (0.5 is
 *       right), and before the first tenth and nine tenths (0.1, 0.9). CLASSIFIER 0: without it.
 *
 * Systems: the landmark curves that are served; the hazards of the forecast (age and record as of
 * some ages), the same by age alone; Aalen-Johansen by stage (all deals that entered the stage,
 * time since they did, given open so long; by age where no stage is known); the classifier that
 * `train` would publish, learned for that horizon; nothing but the rate of wins at moments before.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/jobs/close_curves.h"
#include "engine/jobs/outlook.h"
#include "engine/jobs/training.h"
#include "models/survive/incidence.h"
#include "models/survive/landmark.h"

enum { HORIZONS = 3, SYSTEMS_MAX = 32, WEEKS_MAX = 120, FEWEST = 20 };
static const int32_t horizon_days[HORIZONS] = {30, 60, 90};
static const double LEAST = 1e-6;

typedef struct tally {
    char name[64];
    double loss[HORIZONS], said[HORIZONS], won[HORIZONS];
    int64_t rows[HORIZONS];
    double wins, before[3];
    double seconds;
} tally;

typedef struct bench {
    fore_context c;
    const fore_timeline *t;
    const fore_extractor *extractor;
    int64_t as_of, moment, weeks;
    int64_t *subject, n; /* open deals of the moment */
    double *curve;       /* n x weeks */
    tally system[SYSTEMS_MAX];
    int systems;
} bench;

static void stop(fore_error *err)
{
    fprintf(stderr, "%s\n", err->message);
    exit(err->code == FORE_E_NO_ANSWER ? 3 : 1);
}

static tally *tally_of(bench *b, const char *name)
{
    for (int i = 0; i < b->systems; i++)
        if (strcmp(b->system[i].name, name) == 0) return &b->system[i];
    tally *new = &b->system[b->systems++];
    snprintf(new->name, sizeof new->name, "%s", name);
    return new;
}

/* Days from the moment to the win; NaN when it is not won before AS_OF. */
static double won_after(const bench *b, int64_t s)
{
    bool won = b->t->outcome[s] == FORE_WON && b->t->closed_at[s] < b->as_of;
    return won ? (double)(b->t->closed_at[s] - b->moment) / (double)FORE_DAY : NAN;
}

static void score(const bench *b, tally *t, int64_t i, int h, double p)
{
    double days = won_after(b, b->subject[i]);
    bool won = days < horizon_days[h];
    p = fmin(fmax(p, LEAST), 1 - LEAST);
    t->loss[h] -= log(won ? p : 1 - p);
    t->said[h] += p;
    t->won[h] += won;
    t->rows[h]++;
}

static void score_curves(bench *b, tally *t)
{
    const double share[3] = {0.1, 0.5, 0.9};
    for (int64_t i = 0; i < b->n; i++) {
        double curve[WEEKS_MAX];
        for (int64_t w = 0; w < b->weeks; w++) curve[w] = b->curve[i + w * b->n];
        for (int h = 0; h < HORIZONS; h++)
            score(b, t, i, h, fore_curve_at(curve, b->weeks, horizon_days[h] / 7.0));
        double days = won_after(b, b->subject[i]);
        if (isnan(days)) continue;
        double end = (double)(b->as_of - b->moment) / (double)FORE_DAY / 7;
        double all = fore_curve_at(curve, b->weeks, end);
        t->wins++;
        for (int k = 0; k < 3; k++)
            t->before[k] += fore_curve_at(curve, b->weeks, days / 7) <= share[k] * all;
    }
}

/* --- systems --- */

static void run_landmark(bench *b)
{
    fore_error err = {0};
    double began = fore_clock_seconds(), *lost = FORE_NEW(b->n * b->weeks, double);
    if (!lost || fore_close_weekly(&b->c, b->moment, NULL, b->subject, b->n, b->weeks, b->curve,
                                   lost, &err) != FORE_OK)
        stop(&err);
    tally *t = tally_of(b, "curves");
    t->seconds += fore_clock_seconds() - began;
    score_curves(b, t);
    fore_free(lost);
}

static void run_outlook(bench *b, const char *name, bool plain)
{
    fore_error err = {0};
    double began = fore_clock_seconds();
    fore_outlook *o;
    int32_t starts[WEEKS_MAX + 1];
    for (int64_t w = 0; w <= b->weeks; w++) starts[w] = fore_date_of(b->moment) + (int32_t)(7 * w);
    fore_outlook_options options = {
        .as_of = b->moment, .periods = b->weeks, .starts = starts, .plain = plain};
    if (fore_outlook_make(&b->c, &options, &o, &err) != FORE_OK) stop(&err);
    int64_t at = 0;
    for (int64_t i = 0; i < b->n; i++) {
        while (at < o->open && o->open_subject[at] < b->subject[i]) at++;
        double sum = 0;
        bool there = at < o->open && o->open_subject[at] == b->subject[i];
        for (int64_t w = 0; w < b->weeks; w++) {
            if (there) sum += o->open_won[at + w * o->open];
            b->curve[i + w * b->n] = sum;
        }
    }
    tally *t = tally_of(b, name);
    t->seconds += fore_clock_seconds() - began;
    score_curves(b, t);
    fore_outlook_free(o);
}

/* Days from entering `stage` (-1: from creation) to the end, of the deals known at the moment. */
static fore_incidence *stage_incidence(const bench *b, int64_t stage)
{
    const fore_timeline *t = b->t;
    fore_error err = {0};
    fore_incidence *out = NULL;
    int64_t n = 0, *event = FORE_NEW(t->deals, int64_t);
    double *time = FORE_NEW(t->deals, double);
    if (!event || !time) exit(1);
    for (int64_t s = t->leads; s < t->subjects; s++) {
        int64_t from = stage < 0 ? t->created_at[s] : FORE_NO_TIME;
        if (t->left_out[s] || t->created_at[s] >= b->moment) continue;
        for (int64_t i = t->change_first[s]; stage >= 0 && i < t->change_first[s + 1]; i++)
            if (t->change_field[i] == FORE_CHANGE_STAGE && t->change_new[i] == (double)stage &&
                t->change_at[i] < b->moment)
                from = t->change_at[i];
        bool closed = t->outcome[s] != FORE_OUTCOME_OPEN && t->closed_at[s] < b->moment;
        if (from == FORE_NO_TIME || (closed && t->closed_at[s] <= from)) continue;
        time[n] = (double)((closed ? t->closed_at[s] : b->moment) - from) / (double)FORE_DAY;
        event[n++] = !closed ? 0 : t->outcome[s] == FORE_WON ? 1 : 2;
    }
    if (n >= FEWEST && fore_incidence_fit(time, event, NULL, n, 2, 0.95, &out, &err) != FORE_OK)
        stop(&err);
    fore_free(time);
    fore_free(event);
    return out;
}

static void run_stages(bench *b)
{
    double began = fore_clock_seconds();
    int64_t stages = b->t->stages.count;
    fore_incidence **curve = FORE_ZNEW(stages + 1, fore_incidence *);
    if (!curve) exit(1);
    for (int64_t k = 0; k < stages; k++) curve[k] = stage_incidence(b, k);
    curve[stages] = stage_incidence(b, -1);
    for (int64_t i = 0; i < b->n; i++) {
        fore_subject_state state;
        fore_subject_state_at(b->t, b->subject[i], b->moment, &state);
        bool known = state.stage >= 0 && state.stage_since != FORE_NO_TIME && curve[state.stage];
        const fore_incidence *c = curve[known ? state.stage : stages];
        int64_t from = known ? state.stage_since : b->t->created_at[b->subject[i]];
        double u = (double)(b->moment - from) / (double)FORE_DAY;
        double open = c ? fore_incidence_survival(c, u) : 0;
        for (int64_t w = 0; w < b->weeks; w++)
            b->curve[i + w * b->n] = open > 1e-9
                                         ? (fore_incidence_of(c, 1, u + 7.0 * (double)(w + 1)) -
                                            fore_incidence_of(c, 1, u)) /
                                               open
                                         : 0;
    }
    for (int64_t k = 0; k <= stages; k++) fore_incidence_free(curve[k]);
    fore_free(curve);
    tally *t = tally_of(b, "Aalen-Johansen by stage");
    t->seconds += fore_clock_seconds() - began;
    score_curves(b, t);
}

static void run_classifier(bench *b, int h)
{
    fore_error err = {0};
    fore_training training;
    double began = fore_clock_seconds();
    fore_training_options o = {.as_of = b->moment, .horizon_days = horizon_days[h]};
    fore_extract_row *rows = FORE_NEW(b->n, fore_extract_row);
    double *p = FORE_NEW(b->n, double);
    if (!rows || !p) exit(1);
    for (int64_t i = 0; i < b->n; i++) rows[i] = (fore_extract_row){b->subject[i], b->moment};
    fore_status status = fore_training_run(&b->c, FORE_SUBJECT_DEAL, &o, &training, &err);
    if (status != FORE_OK) {
        fprintf(stderr, "classifier for %d days: %s\n", horizon_days[h], err.message);
        goto done;
    }
    fore_attributes *attributes;
    if (fore_attributes_read(b->c.store, b->t, FORE_SUBJECT_DEAL, b->moment, NULL, 0, &attributes,
                             &err) != FORE_OK ||
        fore_scoring_predict(training.scoring, b->extractor, b->c.pool, attributes, rows, b->n, p,
                             NULL, NULL, &err) != FORE_OK)
        stop(&err);
    tally *t = tally_of(b, "classifier");
    t->seconds += fore_clock_seconds() - began;
    for (int64_t i = 0; i < b->n; i++) score(b, t, i, h, p[i]);
    fore_attributes_free(attributes);
    fore_training_free(&training);
done:
    fore_free(rows);
    fore_free(p);
}

/* The share of wins within the horizon among the deals open one horizon before the moment. */
static void run_rate(bench *b)
{
    tally *t = tally_of(b, "rate");
    for (int h = 0; h < HORIZONS; h++) {
        double open = 1, won = 0.5;
        for (int64_t back = 1; back <= 6; back++) {
            int64_t then = b->moment - (horizon_days[h] + 30 * (back - 1)) * FORE_DAY;
            for (int64_t s = b->t->leads; s < b->t->subjects; s++) {
                if (b->t->left_out[s] || !fore_subject_open_at(b->t, s, then)) continue;
                open++;
                won += b->t->outcome[s] == FORE_WON &&
                       b->t->closed_at[s] < then + horizon_days[h] * FORE_DAY;
            }
        }
        for (int64_t i = 0; i < b->n; i++) score(b, t, i, h, won / open);
    }
}

/* --- all of them --- */

static void find_open(bench *b)
{
    b->n = 0;
    for (int64_t s = b->t->leads; s < b->t->subjects; s++)
        if (!b->t->left_out[s] && fore_subject_open_at(b->t, s, b->moment)) b->subject[b->n++] = s;
}

static void print_system(const tally *t)
{
    printf("{\"bench\":\"close\",\"system\":\"%s\"", t->name);
    for (int h = 0; h < HORIZONS; h++) {
        double n = (double)t->rows[h];
        if (n == 0) continue;
        printf(",\"log_loss_%d\":%.4f,\"said_%d\":%.3f,\"won_%d\":%.3f", horizon_days[h],
               t->loss[h] / n, horizon_days[h], t->said[h] / n, horizon_days[h], t->won[h] / n);
    }
    if (t->wins > 0)
        printf(",\"wins\":%.0f,\"before_10\":%.3f,\"before_median\":%.3f,\"before_90\":%.3f",
               t->wins, t->before[0] / t->wins, t->before[1] / t->wins, t->before[2] / t->wins);
    printf(",\"rows\":%lld,\"seconds\":%.2f}\n", (long long)t->rows[0], t->seconds);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_close WORKSPACE AS_OF [MOMENTS [CLASSIFIER]]\n");
        return 2;
    }
    fore_error err = {0};
    bench b = {0};
    fore_moment moment;
    int64_t moments = argc > 3 ? strtoll(argv[3], NULL, 10) : 4;
    bool classify = argc <= 4 || strcmp(argv[4], "0") != 0;
    if (fore_context_open(&(foresell_options){.path = argv[1], .mode = FORESELL_READ}, &b.c,
                          &err) != FORE_OK ||
        fore_context_moment(&b.c, &(foresell_moment){fore_clock_now(), argv[2]}, NULL, &moment,
                            &err) != FORE_OK ||
        fore_context_history(&b.c, &b.t, &b.extractor, &err) != FORE_OK)
        stop(&err);
    b.as_of = moment.as_of;
    b.subject = FORE_NEW(b.t->deals, int64_t);
    b.curve = FORE_NEW(b.t->deals * WEEKS_MAX, double);
    if (!b.subject || !b.curve) return 1;
    for (int64_t k = 0; k < moments; k++) {
        b.moment = fore_time_of_date(fore_date_of(b.as_of) - 90 - (int32_t)(30 * k));
        b.weeks = (b.as_of - b.moment) / (7 * FORE_DAY) + 1;
        if (b.weeks > WEEKS_MAX - 1) b.weeks = WEEKS_MAX - 1;
        find_open(&b);
        if (b.n == 0) continue;
        run_landmark(&b);
        run_outlook(&b, "forecast's hazards", false);
        run_outlook(&b, "hazards by age", true);
        run_stages(&b);
        for (int h = 0; h < HORIZONS && classify; h++) run_classifier(&b, h);
        run_rate(&b);
    }
    for (int i = 0; i < b.systems; i++) print_system(&b.system[i]);
    fore_free(b.subject);
    fore_free(b.curve);
    fore_context_close(&b.c);
    return 0;
}
