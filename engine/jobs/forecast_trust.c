/* Whether the forecast can be planned with, and if not, what would help: each thing is named only
 * where the history lacks it. And whether its intervals have held what they say: where they held
 * improbably few actuals, the wider one is named. */
#include <math.h>

#include "engine/jobs/forecast.h"
#include "engine/num/special.h"

/* An interval wider than this many times its median, or whose upper bound is so many times the
 * lower one (all or nothing: one deal decides), says little: Einstein shows nothing then; we say
 * so. */
static const double WIDE = 2.0, SPAN = 10;
/* Two years show what belongs to the season; one deal with this part of what is expected decides.
 */
static const double MONTHS_WANTED = 24, LARGE_PART = 0.3;

/* Such few of n are held by a true 80 % interval with less than this probability. */
static const double STATED = 0.8, IMPROBABLE = 0.05;
enum { NARROW_TOLD = 3 }; /* periods whose wider range is named */

bool fore_forecast_held_too_seldom(int64_t held, int64_t of)
{
    if (of < 1 || held >= of) return false;
    /* P(X <= held) of a binomial is a beta probability */
    return fore_beta_cdf(1 - STATED, (double)(of - held), (double)held + 1) < IMPROBABLE;
}

static bool is_too_wide(const fore_forecast *f, int64_t j, double *scratch)
{
    double lo = fore_forecast_quantile(f->result, j, 0.1, scratch),
           hi = fore_forecast_quantile(f->result, j, 0.9, scratch);
    return hi - lo > WIDE * f->result->period[j].median || hi > SPAN * lo;
}

static void add(const fore_forecast *f, fore_text *words, const char *what)
{
    fore_text_printf(words, "%s%s", words->length ? "; " : "", what);
    fore_json_string(f->json, NULL, what);
}

static double months_of_history(const fore_forecast *f)
{
    const fore_timeline *t = f->context->timeline;
    int64_t first = f->as_of;
    for (int64_t s = 0; s < t->subjects; s++)
        if (t->created_at[s] != FORE_NO_TIME && t->created_at[s] < first) first = t->created_at[s];
    return (double)(f->as_of - first) / (double)FORE_DAY / 30.4375;
}

/* The open deal that most is expected of, and its part. */
static int64_t largest(const fore_outlook *o, double *part)
{
    double sum = 0, most = 0;
    int64_t which = -1;
    for (int64_t i = 0; i < o->open; i++) {
        double chance = 0;
        for (int64_t j = 0; j < o->periods; j++) chance += o->open_won[i + j * o->open];
        double worth = isnan(o->open_amount[i]) ? 0 : o->open_amount[i] * chance;
        sum += worth;
        if (worth > most) most = worth, which = o->open_subject[i];
    }
    *part = sum > 0 ? most / sum : 0;
    return which;
}

static int64_t staged(const fore_forecast *f)
{
    int64_t known = 0;
    for (int64_t i = 0; i < f->outlook->open; i++) {
        fore_subject_state state;
        fore_subject_state_at(f->context->timeline, f->outlook->open_subject[i], f->as_of, &state);
        known += state.stage >= 0;
    }
    return known;
}

static void what_would_help(const fore_forecast *f, fore_text *words)
{
    const fore_outlook *o = f->outlook;
    fore_text text = {0};
    double months = months_of_history(f), part;
    int64_t deal = largest(o, &part);
    bool deals = o->kind == FORE_SUBJECT_DEAL;
    fore_json_array(f->json, "would_help");
    if (months < MONTHS_WANTED) {
        fore_text_printf(&text, "a longer history (it has %.0f month%s; %.0f show the season)",
                         floor(months), floor(months) == 1 ? "" : "s", MONTHS_WANTED);
        add(f, words, fore_text_string(&text));
    }
    if (deals && staged(f) * 2 < o->open) add(f, words, "a change log of stages");
    if (deals && !f->coverage->dated)
        add(f, words, "expected close dates with a log of their changes");
    if (deals && !o->counts && f->coverage->unpriced * 2 > o->open)
        add(f, words, "amounts of open deals");
    if (f->request.period == FORE_WEEKLY || f->request.period == FORE_MONTHLY)
        add(f, words, "longer periods (--period quarter)");
    if (deals && o->open > 1 && !o->counts && part > LARGE_PART) {
        fore_text_clear(&text);
        fore_text_printf(&text,
                         "a look at %s, which is %.0f %% of what open deals are expected to bring",
                         fore_word(&f->context->timeline->ids, deal), 100 * part);
        add(f, words, fore_text_string(&text));
    }
    fore_json_end_array(f->json);
    f->answer->failed |= text.failed;
    fore_text_free(&text);
}

/* "2026-01 61,000 to 175,000; ..." of the first periods. */
static void tell_narrow(const fore_forecast *f, double *scratch)
{
    const fore_outlook *o = f->outlook;
    fore_text words = {0};
    for (int64_t j = 0; j < o->periods && j < NARROW_TOLD; j++) {
        char name[32], lo[32], hi[32];
        fore_forecast_period_name(f, o->start[j], name);
        fore_number_people(fore_forecast_quantile(f->result, j, 0.025, scratch), 0, lo, sizeof lo);
        fore_number_people(fore_forecast_quantile(f->result, j, 0.975, scratch), 0, hi, sizeof hi);
        fore_text_printf(&words, "%s%s %s to %s", j ? "; " : "", name, lo, hi);
    }
    fore_answer_note(f->answer,
                     "The 80 %% interval was too narrow so far (it held %.0f of %lld past "
                     "periods): plan with the 95 %% range, %s%s.",
                     f->record->coverage80 * (double)f->record->cuts, (long long)f->record->cuts,
                     fore_text_string(&words), o->periods > NARROW_TOLD ? "; ..." : "");
    f->answer->failed |= words.failed;
    fore_text_free(&words);
}

fore_status fore_forecast_trust(const fore_forecast *f, fore_error *err)
{
    fore_text names = {0}, words = {0};
    int64_t wide = 0;
    double *scratch = FORE_NEW(f->result->draw_count, double);
    if (!scratch) return fore_no_memory(err);
    fore_json_object(f->json, "trust");
    fore_json_array(f->json, "too_wide");
    for (int64_t j = 0; j < f->outlook->periods; j++) {
        char name[32];
        if (!is_too_wide(f, j, scratch)) continue;
        fore_forecast_period_name(f, f->outlook->start[j], name);
        fore_json_string(f->json, NULL, name);
        fore_text_printf(&names, "%s%s", wide++ ? ", " : "", name);
    }
    fore_json_end_array(f->json);
    if (wide > 0) {
        what_would_help(f, &words);
        fore_answer_note(f->answer, "Too wide to plan with: %s.%s%s%s", fore_text_string(&names),
                         words.length ? " What would help: " : "", fore_text_string(&words),
                         words.length ? "." : "");
    }
    const fore_record *r = f->record;
    bool narrow = r->cuts > 0 &&
                  fore_forecast_held_too_seldom(lround(r->coverage80 * (double)r->cuts), r->cuts);
    fore_json_bool(f->json, "too_narrow", narrow);
    if (narrow) tell_narrow(f, scratch);
    fore_json_end_object(f->json);
    f->answer->failed |= names.failed || words.failed;
    fore_text_free(&names);
    fore_text_free(&words);
    fore_free(scratch);
    return FORE_OK;
}
