/* See series_words.h. */
#include "engine/jobs/series_words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the note --- */

/* "at value 71, 80" -> "at 2025-11, 2026-08" */
static void put_with_times(fore_text *out, const char *note, const fore_series_plan *plan)
{
    static const char at[] = "at value ";
    fore_series_plan from = *plan;
    char when[32], *end;
    from.last = plan->start;
    for (const char *found; (found = strstr(note, at)) != NULL;) {
        fore_text_add(out, note, found + 3 - note);
        note = found + sizeof at - 1;
        for (;;) {
            long long position = strtoll(note, &end, 10);
            if (end == note) break; /* "..." */
            fore_series_when(&from, position - 1, when);
            fore_text_puts(out, when);
            note = end;
            if (strncmp(note, ", ", 2) != 0) break;
            fore_text_puts(out, ", ");
            note += 2;
        }
    }
    fore_text_puts(out, note);
}

static void put_missing(fore_text *out, const fore_series_plan *plan)
{
    if (plan->late == 1)
        fore_text_puts(out, "the last value is missing: step 1 forecasts it");
    else if (plan->late > 1)
        fore_text_printf(out, "the last %lld values are missing: steps 1 to %lld forecast them",
                         (long long)plan->late, (long long)plan->late);
}

/* The file has drivers for more steps than were asked for, or for fewer. */
static void put_ahead(fore_text *out, const foresell_series_request *r,
                      const fore_series_plan *plan)
{
    char when[32];
    if (plan->ahead == 0 || r->horizon == 0 || r->horizon == plan->ahead) return;
    fore_series_when(plan, 1, when);
    fore_text_printf(out, "%s%lld row%s without a value: --horizon counts from the first, %s",
                     out->length > 0 ? "; " : "", (long long)plan->ahead,
                     plan->ahead == 1 ? "" : "s", when);
}

static bool replaces(const foresell_series_request *r)
{
    return r->clean && (strcmp(r->clean, "outliers") == 0 || strcmp(r->clean, "both") == 0);
}

/* What was taken out is gone for the intervals too, and at the end for the level as well. */
static void put_replaced(fore_text *out, const foresell_series_request *r,
                         const fore_series_plan *plan, const fore_series_forecast *f)
{
    int64_t newest = 0;
    if (!replaces(r) || f->outliers == 0) return;
    while (newest < f->outliers && f->outlier[f->outliers - 1 - newest] == plan->n - 1 - newest)
        newest++;
    fore_text_puts(out, "; the intervals do not reckon with values such as those replaced");
    if (newest == 1)
        fore_text_puts(out,
                       "; the newest value is one of those: the forecast does not start from it");
    else if (newest > 1)
        fore_text_printf(out,
                         "; the newest %lld values are among those: the forecast does not start "
                         "from these",
                         (long long)newest);
}

const char *fore_series_words_note(fore_answer *a, const foresell_series_request *r,
                                   const fore_series_plan *plan, const fore_series_forecast *f)
{
    fore_text note = {0};
    put_missing(&note, plan);
    put_ahead(&note, r, plan);
    if (note.length > 0 && f->note[0]) fore_text_puts(&note, "; ");
    put_with_times(&note, f->note, plan);
    put_replaced(&note, r, plan, f);
    const char *kept = note.failed ? NULL : fore_arena_string(a->arena, fore_text_string(&note));
    fore_text_free(&note);
    if (!kept) a->failed = true;
    return kept ? kept : "";
}

const char *fore_series_words_hint(fore_answer *a, const foresell_series_request *r,
                                   const char *note, bool *hinted)
{
    const char *outlier = *hinted ? NULL : strstr(note, " outlier");
    const char *kept = outlier ? strstr(outlier, ": kept") : NULL;
    bool shifts = r->clean && strcmp(r->clean, "shifts") == 0;
    if (!kept || replaces(r)) return note;
    kept += strlen(": kept");
    const char *said =
        fore_arena_format(a->arena, "%.*s; --clean %s replaces such values%s", (int)(kept - note),
                          note, shifts ? "both" : "outliers", kept);
    *hinted = said != NULL;
    return said ? said : note;
}

/* --- effects --- */

static void put_effect(double v, bool logs, char out[48])
{
    double shown = logs ? 100 * expm1(v) : v;
    int decimals = fabs(shown) < 10 ? 2 : fabs(shown) < 1000 ? 1 : 0;
    fore_number_people(shown, decimals, out, 48);
}

/* "in a month that holds one": when the effect is there in full. */
static void put_unit(const fore_series_plan *plan, const fore_series_sources *sources,
                     const char *name, char out[64])
{
    const char *unit = "for each unit more";
    switch (fore_series_sources_kind(sources, name)) {
    case FORE_DRIVER_GIVEN: break;
    case FORE_DRIVER_HOLIDAY:
        if (plan->step > FORE_DAILY) {
            snprintf(out, 64, "in a %s that holds one", fore_series_step_word(plan));
            return;
        }
        unit = "over its days";
        break;
    case FORE_DRIVER_WEEKDAY: unit = "compared with Monday"; break;
    case FORE_DRIVER_MONTH: unit = "compared with January"; break;
    case FORE_DRIVER_DAYS: unit = "for each day more"; break;
    }
    snprintf(out, 64, "%s", unit);
}

/* Of logarithms: per cent. */
static void say_effect(fore_answer *a, const char *id, const fore_series_plan *plan,
                       const fore_series_sources *sources, const fore_series_forecast *f,
                       const fore_driver_effect *e)
{
    char effect[48], low[48], high[48], unit[64];
    bool logs = f->lambda == 0, scaled = !isnan(f->lambda) && !logs && f->lambda != 1;
    bool given = fore_series_sources_kind(sources, e->name) == FORE_DRIVER_GIVEN;
    put_effect(e->effect, logs, effect);
    put_effect(e->lower, logs, low);
    put_effect(e->upper, logs, high);
    put_unit(plan, sources, e->name, unit);
    fore_answer_note(a, "%s: %s%s %s%s%s %s (95 %% interval %s to %s%s%s)%s.", id, e->name,
                     given ? " goes with" : ":", e->effect > 0 ? "+" : "", effect, logs ? " %" : "",
                     unit, low, high, scaled ? ", of the transformed values" : "",
                     e->chosen ? "; chosen by the data: it is too short" : "",
                     e->lower <= 0 && e->upper >= 0 ? "; it may well be nothing" : "");
}

void fore_series_words_effects(fore_answer *a, const char *id, const fore_series_plan *plan,
                               const fore_series_sources *sources, const fore_series_forecast *f)
{
    for (int64_t j = 0; j < f->effects; j++)
        if (f->effect[j].kept) say_effect(a, id, plan, sources, f, &f->effect[j]);
}
