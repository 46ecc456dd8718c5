/* The cut-offs within the spells of a subject: nearly always one stretch of them. */
#include "features/cutoffs.h"

static cutoff_span span_of_spell(const cutoffs *c, int64_t s, int64_t k)
{
    fore_open_spell spell = fore_subject_spell(c->t, s, k);
    cutoff_span in = {spell.from < c->first ? 0 : (spell.from - c->first) / c->step + 1,
                      c->count - 1};
    if (spell.until < cutoff_time(c, in.last))
        in.last = spell.until < c->first ? -1 : (spell.until - c->first) / c->step;
    return in;
}

cutoff_life cutoff_life_of(const cutoffs *c, int64_t s)
{
    return (cutoff_life){s, fore_subject_spells(c->t, s), span_of_spell(c, s, 0)};
}

static cutoff_span span_of(const cutoffs *c, const cutoff_life *life, int64_t k)
{
    return k == 0 ? life->first : span_of_spell(c, life->subject, k);
}

int64_t cutoffs_open(const cutoffs *c, const cutoff_life *life, int64_t low, int64_t end)
{
    int64_t n = 0;
    for (int64_t k = 0; k < life->spells; k++) {
        cutoff_span in = span_of(c, life, k);
        int64_t from = in.first > low ? in.first : low, to = in.last < end ? in.last + 1 : end;
        n += to > from ? to - from : 0;
    }
    return n;
}

int64_t cutoff_open(const cutoffs *c, const cutoff_life *life, int64_t n)
{
    for (int64_t k = 0;; k++) {
        cutoff_span in = span_of(c, life, k);
        int64_t here = in.last < in.first ? 0 : in.last - in.first + 1;
        if (n < here) return in.first + n;
        n -= here;
    }
}
