/* Inside the features room: evenly spaced moments, and at which of them a subject was open. */
#ifndef FORE_CUTOFFS_H
#define FORE_CUTOFFS_H

#include "features/timeline.h"

typedef struct cutoffs {
    const fore_timeline *t;
    int64_t first, step, count; /* microseconds; cut-off c lies at first + c * step */
} cutoffs;

typedef struct cutoff_span { /* first..last; none when last < first */
    int64_t first, last;
} cutoff_span;

typedef struct cutoff_life { /* of a subject, nearly always one spell */
    int64_t subject, spells;
    cutoff_span first;
} cutoff_life;

static inline int64_t cutoff_time(const cutoffs *c, int64_t i) { return c->first + i * c->step; }
cutoff_life cutoff_life_of(const cutoffs *c, int64_t subject);
/* How many of the cut-offs low..end-1 the subject was open at: its candidates there. */
int64_t cutoffs_open(const cutoffs *c, const cutoff_life *life, int64_t low, int64_t end);
/* Its candidate number n (from 0); there are more. */
int64_t cutoff_open(const cutoffs *c, const cutoff_life *life, int64_t n);

#endif
