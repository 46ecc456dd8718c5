/* Calibration in words; see calibration_words.h. */
#include "engine/jobs/calibration_words.h"

#include <math.h>

static const double CHANCE_TIMES = 1.5; /* the error of right chances seldom reaches more */

bool fore_calibration_is_off(const fore_quality *q)
{
    return q->ece > FORE_CALIBRATION_GOOD && q->ece > CHANCE_TIMES * q->ece_chance;
}

void fore_calibration_say(const fore_quality *q, fore_text *out)
{
    fore_text_printf(out, "the chances were off by %.3f on average (%.3f by chance alone)", q->ece,
                     q->ece_chance);
    if (isfinite(q->slope) && isfinite(q->intercept)) /* not known: one class, or told apart */
        fore_text_printf(out, "; slope %.2f, intercept %.2f (ideal: 1 and 0)", q->slope,
                         q->intercept);
}

static double rate(const fore_choice *c, fore_role role)
{
    return (double)c->positives[role] / (double)c->rows[role];
}

void fore_shift_say(const fore_prior_shift *s, fore_text *out)
{
    if (!s->known)
        fore_text_puts(out, "The model knows too few outcomes to read a base rate from scores.");
    else if (!s->holds)
        fore_text_printf(out,
                         "The scores alone cannot tell the base rate: they are no mixture of those "
                         "that won and lost rows had (p %s%.3f), so more than the base rate "
                         "differs.",
                         s->p_value < 0.001 ? "< " : "", fmax(s->p_value, 0.001));
    else
        fore_text_printf(out,
                         "By the scores alone the base rate is %.1f %% (+- %.1f), and was %.1f %%.",
                         100 * s->share, 100 * s->error, 100 * s->from);
}

void fore_shift_json(fore_json_writer *json, const char *key, const fore_prior_shift *s)
{
    fore_json_object(json, key);
    fore_json_bool(json, "known", s->known);
    if (s->known) {
        fore_json_number(json, "base_rate_before", s->from);
        fore_json_number(json, "base_rate_by_scores", s->share);
        fore_json_number(json, "error", s->error);
        fore_json_number(json, "chi_squared", s->chi2);
        fore_json_number(json, "p_value", s->p_value);
        fore_json_bool(json, "holds", s->holds);
        fore_json_bool(json, "moved", s->moved);
    }
    fore_json_end_object(json);
}

void fore_calibration_tell(const fore_choice *c, bool by_time, fore_text *out)
{
    const fore_quality *q = &c->test;
    fore_text_printf(out, c->test_out_of_fold ? "Out of fold "
                          : by_time           ? "On the newest rows "
                                              : "On the rows kept back ");
    fore_calibration_say(q, out);
    fore_text_puts(out, ".");
    if (!by_time || c->test_out_of_fold || !fore_calibration_is_off(q) || !c->shift.known) return;
    double was = rate(c, FORE_ROLE_VALIDATE), is = rate(c, FORE_ROLE_TEST);
    double noise = is * (1 - is) / (double)c->rows[FORE_ROLE_TEST] +
                   was * (1 - was) / (double)c->rows[FORE_ROLE_VALIDATE];
    if ((is - was) * (is - was) > 9 * noise)
        fore_text_printf(out,
                         " The base rate moved: of the last rows learned from %.1f %% came true, "
                         "of those after them %.1f %%.",
                         100 * was, 100 * is);
    else
        fore_text_printf(out,
                         " The base rate stayed (%.1f %%, then %.1f %%): what the columns tell "
                         "changed.",
                         100 * was, 100 * is);
    fore_text_puts(out, " ");
    fore_shift_say(&c->shift, out);
}
