/* Reading what people said, what came, and who was closer. */
#include "engine/jobs/adjustments.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "datasets/cell_values.h"
#include "engine/jobs/outlook.h"

typedef struct reading {
    fore_adjustments *out;
    const fore_timeline *t;
    int64_t as_of;
} reading;

void fore_adjustments_free(fore_adjustments *a)
{
    fore_free(a->item);
    fore_free(a->person);
    fore_arena_free(a->arena);
    *a = (fore_adjustments){0};
}

static fore_status remember(void *context, const fore_adjustment_row *row, fore_error *err)
{
    reading *r = context;
    fore_adjustments *out = r->out;
    FORE_TRY(
        fore_grow((void **)&out->item, &out->capacity, out->count + 1, sizeof *out->item, err));
    fore_adjustment *a = &out->item[out->count];
    *a = (fore_adjustment){.at = row->at,
                           .start = row->start_on,
                           .end = row->end_on,
                           .amount = (double)row->amount_minor / 100,
                           .model = row->model_mean,
                           .model_lo80 = row->model_lo80,
                           .model_hi80 = row->model_hi80,
                           .who = fore_arena_string(out->arena, row->who),
                           .because = fore_arena_string(out->arena, row->because),
                           .taken_back =
                               row->taken_back_at != FORE_NO_TIME && row->taken_back_at <= r->as_of,
                           .over = fore_time_of_date(row->end_on) <= r->as_of,
                           .actual = NAN};
    if (!a->who || !a->because) return fore_no_memory(err);
    a->unit = fore_arena_string(out->arena, row->unit);
    if (!a->unit) return fore_no_memory(err);
    a->foreign = strcmp(row->rates, r->t->rates) != 0;
    for (int64_t i = 0; i < out->count; i++) {
        fore_adjustment *before = &out->item[i];
        before->replaced |= before->start == a->start && before->end == a->end && !a->taken_back &&
                            strcmp(before->who, a->who) == 0;
    }
    out->count++;
    return FORE_OK;
}

/* What was won in the periods that are over, in the unit of the forecast. */
static fore_status find_actuals(fore_context *c, int64_t as_of, fore_adjustments *a,
                                fore_error *err)
{
    const fore_timeline *t;
    fore_outlook *o = NULL;
    fore_outlook_options options = {
        .as_of = as_of,
        .period = FORE_MONTHLY,
        .periods = 1,
        .first_on = fore_calendar_start(&c->calendar, FORE_MONTHLY, fore_date_of(as_of)),
        .plain = true};
    FORE_TRY(fore_context_history(c, &t, NULL, err));
    FORE_TRY(fore_outlook_make(c, &options, &o, err));
    for (int64_t i = 0; i < a->count; i++) {
        fore_adjustment *x = &a->item[i];
        x->foreign |= strcmp(x->unit, fore_outlook_unit(t, o)) != 0;
        if (x->over && !x->foreign)
            x->actual = fore_outlook_actual(t, o, x->start, x->end, as_of, NULL);
    }
    fore_outlook_free(o);
    return FORE_OK;
}

static fore_adjuster *person_of(fore_adjustments *a, const char *who)
{
    for (int64_t i = 0; i < a->people; i++)
        if (strcmp(a->person[i].who, who) == 0) return &a->person[i];
    a->person[a->people] = (fore_adjuster){.who = who};
    return &a->person[a->people++];
}

static fore_status judge(fore_adjustments *a, fore_error *err)
{
    double *actual = FORE_ZNEW(a->count, double);
    a->person = FORE_NEW(a->count, fore_adjuster);
    if (!actual || !a->person) {
        fore_free(actual);
        return fore_no_memory(err);
    }
    for (int64_t i = 0; i < a->count; i++) {
        const fore_adjustment *x = &a->item[i];
        if (!x->over || x->taken_back || x->replaced || x->foreign) continue;
        fore_adjuster *p = person_of(a, x->who);
        double theirs = fabs(x->amount - x->actual), ours = fabs(x->model - x->actual);
        p->judged++;
        p->closer += theirs < ours;
        p->error += theirs;
        p->model_error += ours;
        p->bias += x->amount - x->actual;
        actual[p - a->person] += x->actual;
    }
    for (int64_t i = 0; i < a->people; i++) {
        fore_adjuster *p = &a->person[i];
        double sum = actual[i] > 0 ? actual[i] : NAN;
        p->error /= sum, p->model_error /= sum, p->bias /= sum;
    }
    fore_free(actual);
    return FORE_OK;
}

fore_status fore_adjustments_read(fore_context *c, int64_t as_of, fore_adjustments *a,
                                  fore_error *err)
{
    fore_status status;
    *a = (fore_adjustments){.arena = fore_arena_new()};
    reading r = {.out = a, .as_of = as_of};
    if (!a->arena) return fore_no_memory(err);
    FORE_GO(fore_context_history(c, &r.t, NULL, err));
    FORE_GO(fore_store_adjustments(c->store, as_of, remember, &r, err));
    if (a->count > 0) {
        FORE_GO(find_actuals(c, as_of, a, err));
        FORE_GO(judge(a, err));
    }
done:
    if (status != FORE_OK) fore_adjustments_free(a);
    return status;
}

/* --- the names of periods --- */

static const fore_period kinds[] = {FORE_MONTHLY, FORE_QUARTERLY, FORE_YEARLY};
enum { KINDS = 3, MONTHS_BACK = 36, MONTHS_ON = 13 };

static bool same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == ' ' || *a == '-') a++;
        while (*b == ' ' || *b == '-') b++;
        if (toupper((unsigned char)*a) != toupper((unsigned char)*b)) return false;
        if (!*a) return true;
    }
}

/* "Jan 2026", "01/2026": the month's own name, "2026-01"; anything else stays. */
static void plain_name(const char *name, char out[32])
{
    fore_period period;
    int32_t start;
    snprintf(out, 32, "%.31s", name);
    if (!fore_cell_period(name, (int64_t)strlen(name), &period, &start) || period != FORE_MONTHLY)
        return;
    fore_date_format(start, out);
    out[strlen("2026-01")] = '\0';
}

bool fore_adjustment_period(const fore_calendar *calendar, const char *name, int32_t day,
                            fore_period *kind, int32_t *start, int32_t *end)
{
    char known[32], plain[32];
    plain_name(name, plain);
    for (int k = 0; k < KINDS; k++) {
        int32_t here = fore_calendar_start(calendar, kinds[k], day);
        for (int32_t i = -MONTHS_BACK; i <= MONTHS_ON; i++) {
            *start = fore_calendar_add(calendar, kinds[k], here, i);
            fore_calendar_name(calendar, kinds[k], *start, known);
            if (!same_name(known, name) && !same_name(known, plain)) continue;
            *kind = kinds[k];
            *end = fore_calendar_add(calendar, kinds[k], here, i + 1);
            return true;
        }
    }
    return false;
}

void fore_adjustment_name(const fore_calendar *calendar, int32_t start, int32_t end, char out[32])
{
    fore_date_format(start, out); /* said by another calendar than that of now */
    for (int k = 0; k < KINDS; k++)
        if (fore_calendar_start(calendar, kinds[k], start) == start &&
            fore_calendar_add(calendar, kinds[k], start, 1) == end)
            fore_calendar_name(calendar, kinds[k], start, out);
}
