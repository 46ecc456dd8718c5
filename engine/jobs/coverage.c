/* One pass over the subjects for each moment that is looked from. */
#include "engine/jobs/coverage.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"

typedef struct summing {
    const fore_timeline *t;
    const fore_outlook *o;
    const int32_t *group;
    int64_t groups, first, end; /* subjects of the kind */
    bool dated;
    double *pipeline, *won; /* groups: of the moment at hand */
} summing;

static bool counts(const summing *b, int64_t s)
{
    const fore_timeline *t = b->t;
    if (t->created_at[s] == FORE_NO_TIME || t->left_out[s]) return false;
    return b->o->currency < 0 || t->currency[s] < 0 || t->currency[s] == b->o->currency;
}

static int64_t group_of(const summing *b, int64_t s)
{
    int64_t g = b->group ? b->group[s] : 0;
    return g >= 0 && g < b->groups ? g : -1;
}

/* Are the open deals' dates and amounts known well enough, as of the outlook? */
static void look_at_open(summing *b, fore_coverage *c)
{
    const fore_outlook *o = b->o;
    int64_t dated = 0;
    for (int64_t i = 0; i < o->open; i++) {
        fore_subject_state state;
        fore_subject_state_at(b->t, o->open_subject[i], o->as_of, &state);
        dated += state.expected_close_on != FORE_NO_DATE;
        c->unpriced += isnan(o->open_amount[i]);
    }
    c->dated = b->dated = o->open > 0 && dated * 2 >= o->open;
    c->known = o->kind == FORE_SUBJECT_DEAL && c->unpriced * 2 <= o->open;
}

/* The pipeline at `moment` of the period [start, end), and what was then won from it on to its end.
 */
static void look(summing *b, int64_t moment, int32_t start, int32_t end)
{
    int64_t from = fore_time_of_date(start) > moment ? fore_time_of_date(start) : moment;
    int32_t earliest = moment >= fore_time_of_date(start) ? FORE_NO_DATE + 1 : start;
    memset(b->pipeline, 0, (size_t)b->groups * sizeof *b->pipeline);
    memset(b->won, 0, (size_t)b->groups * sizeof *b->won);
    for (int64_t s = b->first; s < b->end; s++) {
        int64_t g = counts(b, s) ? group_of(b, s) : -1;
        if (g < 0) continue;
        fore_ending ended = fore_subject_closed(b->t, s, b->o->as_of);
        fore_subject_state state;
        if (ended.outcome == FORE_WON && ended.at >= from && ended.at < fore_time_of_date(end)) {
            fore_subject_state_at(b->t, s, ended.at + 1, &state);
            b->won[g] += b->o->counts ? 1 : isnan(state.amount) ? 0 : state.amount;
        }
        if (!fore_subject_open_at(b->t, s, moment)) continue;
        fore_subject_state_at(b->t, s, moment, &state);
        int32_t on = state.expected_close_on;
        if (b->dated && (on == FORE_NO_DATE || on < earliest || on >= end)) continue;
        b->pipeline[g] += b->o->counts ? 1 : isnan(state.amount) ? 0 : state.amount;
    }
}

static int64_t first_creation(const summing *b)
{
    int64_t first = INT64_MAX;
    for (int64_t s = b->first; s < b->end; s++)
        if (counts(b, s) && b->t->created_at[s] < first) first = b->t->created_at[s];
    return first;
}

/* Sorts them; infinite ones count (no interpolation: infinity times nothing is no number). */
static double median(double *past, int64_t n)
{
    if (n < FORE_COVERAGE_LEAST) return NAN;
    fore_sort(past, n);
    return (past[(n - 1) / 2] + past[n / 2]) / 2;
}

/* Period j seen from now; and past periods seen from as far. */
static void look_back(summing *b, const fore_calendar *calendar, fore_period period, int64_t j,
                      int64_t oldest, fore_coverage *c, double *past)
{
    const fore_outlook *o = b->o;
    int64_t distance = o->as_of - fore_time_of_date(o->start[j]), seen = 0;
    int64_t *known = (int64_t *)(past + b->groups * FORE_COVERAGE_PAST);
    memset(known, 0, (size_t)b->groups * sizeof *known);
    for (int32_t k = 1; k <= FORE_COVERAGE_PAST + (int32_t)j + 1 && seen < FORE_COVERAGE_PAST;
         k++) {
        int32_t start = fore_calendar_add(calendar, period, o->start[0], -k);
        int32_t end = fore_calendar_add(calendar, period, start, 1);
        int64_t moment = fore_time_of_date(start) + distance;
        if (moment >= fore_time_of_date(end)) continue; /* a shorter period was over by then */
        if (moment <= oldest) break;
        look(b, moment, start, end);
        seen++;
        for (int64_t g = 0; g < b->groups; g++)
            if (b->won[g] > 0 || b->pipeline[g] > 0)
                past[g * FORE_COVERAGE_PAST + known[g]++] =
                    b->won[g] > 0 ? b->pipeline[g] / b->won[g] : INFINITY;
    }
    for (int64_t g = 0; g < b->groups; g++)
        c->needed[j * b->groups + g] = median(past + g * FORE_COVERAGE_PAST, known[g]);
}

fore_status fore_coverage_make(fore_context *context, const fore_outlook *o, fore_period period,
                               const int32_t *group, int64_t groups, fore_coverage *c,
                               fore_error *err)
{
    fore_status status = FORE_OK;
    double *past = NULL;
    summing b = {.o = o, .group = group, .groups = groups};
    *c = (fore_coverage){.periods = o->periods, .groups = groups};
    FORE_TRY(fore_context_history(context, &b.t, NULL, err));
    b.first = o->kind == FORE_SUBJECT_DEAL ? b.t->leads : 0;
    b.end = o->kind == FORE_SUBJECT_DEAL ? b.t->subjects : b.t->leads;
    c->pipeline = FORE_NEW(o->periods * groups, double);
    c->needed = FORE_NEW(o->periods * groups, double);
    b.pipeline = FORE_NEW(groups, double);
    b.won = FORE_NEW(groups, double);
    past = FORE_NEW(groups * (FORE_COVERAGE_PAST + 1), double); /* the last: counts */
    if (!c->pipeline || !c->needed || !b.pipeline || !b.won || !past) FORE_GO(fore_no_memory(err));
    look_at_open(&b, c);
    int64_t oldest = first_creation(&b);
    for (int64_t j = 0; j < o->periods; j++) {
        bool said = c->known && (c->dated || j == 0);
        if (said) {
            look(&b, o->as_of, o->start[j], o->start[j + 1]);
            memcpy(c->pipeline + j * groups, b.pipeline, (size_t)groups * sizeof *b.pipeline);
            look_back(&b, &context->calendar, period, j, oldest, c, past);
        }
        for (int64_t g = 0; g < groups && !said; g++)
            c->pipeline[j * groups + g] = c->needed[j * groups + g] = NAN;
    }
done:
    fore_free(b.pipeline);
    fore_free(b.won);
    fore_free(past);
    if (status != FORE_OK) fore_coverage_free(c);
    return status;
}

void fore_coverage_free(fore_coverage *c)
{
    fore_free(c->pipeline);
    fore_free(c->needed);
    c->pipeline = c->needed = NULL;
}
