/* Judging the record: sums over its cuts, a verdict, and words. */
#include "engine/jobs/forecast_judge.h"

#include <math.h>

#include "engine/base/civil.h"

static void compare(fore_record *r, int b)
{
    double actual = 0, rule = 0, own = 0, closer = 0, cuts = 0;
    for (int64_t i = 0; i < r->cuts; i++) {
        const fore_record_cut *cut = &r->cut[i];
        if (isnan(cut->baseline[b])) continue;
        double theirs = fabs(cut->baseline[b] - cut->actual), ours = fabs(cut->mean - cut->actual);
        actual += cut->actual;
        rule += theirs;
        own += ours;
        closer += ours < theirs ? 1 : ours > theirs ? 0 : 0.5;
        cuts++;
    }
    r->baseline_error[b] = actual > 0 ? rule / actual : NAN;
    r->own_error[b] = actual > 0 ? own / actual : NAN;
    r->closer[b] = cuts > 0 ? closer / cuts : NAN;
}

void fore_record_sum_up(fore_record *r)
{
    double actual = 0, error = 0, inside = 0, width = 0;
    for (int64_t i = 0; i < r->cuts; i++) {
        const fore_record_cut *cut = &r->cut[i];
        actual += cut->actual;
        error += fabs(cut->mean - cut->actual);
        width += cut->hi80 - cut->lo80;
        inside += cut->actual >= cut->lo80 && cut->actual <= cut->hi80;
    }
    r->error = actual > 0 ? error / actual : NAN;
    r->width = actual > 0 ? width / actual : NAN;
    r->coverage80 = r->cuts > 0 ? inside / (double)r->cuts : NAN;
    for (int b = 0; b < FORE_BASELINES; b++) compare(r, b);
}

fore_baseline fore_record_closest(const fore_record *r)
{
    int best = FORE_BASELINES;
    for (int b = 0; b < FORE_BASELINES; b++)
        if (r->baseline_error[b] < r->own_error[b] &&
            (best == FORE_BASELINES || r->baseline_error[b] < r->baseline_error[best]))
            best = b;
    return (fore_baseline)best;
}

fore_record_verdict fore_record_judge(const fore_record *r)
{
    if (r->cuts < 2) return FORE_RECORD_SHORT;
    if (isnan(r->error)) return FORE_RECORD_NO_SALES;
    if (r->width > FORE_RECORD_WIDE) return FORE_RECORD_TOO_WIDE;
    return (int)fore_record_closest(r) == FORE_BASELINES ? FORE_RECORD_SOUND : FORE_RECORD_BEATEN;
}

const char *fore_record_verdict_word(fore_record_verdict verdict)
{
    static const char *const words[] = {"sound", "a simple rule was closer", "too wide", "no sales",
                                        "too short"};
    return words[verdict];
}

/* What the deals lack that would make their part surer. */
static void helpful(const fore_record *r, fore_text *words)
{
    const char *const wanted[] = {
        r->logged ? NULL : "the history of stages and expected dates (a change log)",
        r->amounts_known < 0.5 ? "amounts of open deals" : NULL,
        r->learned < 12 ? "a longer history: twelve months and more" : NULL};
    int count = 0;
    for (int i = 0; i < 3; i++)
        if (wanted[i])
            fore_text_printf(words, "%s%s", count++ ? "; " : " What would help: ", wanted[i]);
    if (count > 0) fore_text_puts(words, ".");
}

static void no_sales(const fore_record *r, fore_text *words)
{
    char last[32], end[32];
    fore_date_format(r->last_win_on, last);
    fore_date_format(fore_calendar_add(&r->calendar, r->period,
                                       fore_calendar_start(&r->calendar, r->period, r->last_win_on),
                                       1),
                     end);
    fore_text_printf(
        words,
        "Nothing was won in the %lld past periods looked at (the newest win is of %s): "
        "there is nothing to measure a forecast by. If later closings are missing, "
        "import them; or ask as of when the records end: --as-of %s.",
        (long long)r->cuts, last, end);
}

void fore_record_advice(const fore_record *r, fore_text *words)
{
    fore_baseline best = fore_record_closest(r);
    switch (fore_record_judge(r)) {
    case FORE_RECORD_SOUND: return;
    case FORE_RECORD_SHORT:
        fore_text_puts(words,
                       "The history is too short to test past forecasts (it takes five full "
                       "periods, with a win in the first four): the intervals rest on an assumed "
                       "spread between periods.");
        return;
    case FORE_RECORD_NO_SALES: no_sales(r, words); return;
    case FORE_RECORD_TOO_WIDE:
        fore_text_printf(words,
                         "The 80 %% intervals were %.1f times as wide as what came: too wide to "
                         "plan with.",
                         r->width);
        break;
    case FORE_RECORD_BEATEN:
        fore_text_printf(words,
                         "The simple rule '%s' was closer so far (%.1f %% against %.1f %% on the "
                         "same periods).",
                         fore_baseline_word(best), 100 * r->baseline_error[best],
                         100 * r->own_error[best]);
        break;
    }
    if (r->idle > 0)
        fore_text_printf(words, " Nothing was won in the last %lld of them.", (long long)r->idle);
    helpful(r, words);
}
