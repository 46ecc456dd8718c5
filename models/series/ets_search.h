/* Many ETS fits in one thread, side by side in the lanes of ets_lanes.h. For the files of ETS only.
 *
 *   fits with the same season stand in one queue, the longest series first
 *   each lane holds one fit with its own search (climb.h): the lanes are evaluated together, every
 *   search is told its value and says where it wants to look next; who is done makes room for the
 *   next of the queue
 *
 * So what a fit gives does not depend on what runs beside it. */
#ifndef FORE_SERIES_ETS_SEARCH_H
#define FORE_SERIES_ETS_SEARCH_H

#include "models/series/ets_likelihood.h"

typedef struct ets_job {
    const double *y; /* n finite values, positive for multiplicative errors; borrowed */
    int64_t n, m;    /* m = 1 without season */
    fore_ets_form form;
    fore_ets model;     /* out */
    fore_status status; /* out: OK, or E_NUMERIC when the form cannot be fitted to these values */
} ets_job;

/* Fits all of them. Allocates once, however many there are. */
fore_status ets_search_run(ets_job *jobs, int64_t count, fore_error *err);

#endif
