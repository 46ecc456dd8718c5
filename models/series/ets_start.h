/* Where the search of an ETS fit starts, and the box that it stays in. For the files of ETS only.
 */
#ifndef FORE_SERIES_ETS_START_H
#define FORE_SERIES_ETS_START_H

#include "models/series/ets_likelihood.h"

enum { ETS_UNKNOWNS = 6 + FORE_ETS_SEASON_MAX, ETS_STARTS = 5 };

/* Initial states from a classical decomposition and a line (Hyndman et al. 2002, section 3), into
 * their places in x. */
void ets_start_states(const fore_ets_problem *p, double *x);
/* Likelihoods of smoothing have several hills. Those where trend and season change slowly forecast
 * better than higher ones where they do not: forecasting the last values of M3's training parts
 * from those before, sMAPE is 11.95 with the handicaps of ets_search.c for quick ones, 12.05
 * without that of quick trends, 12.08 without any. The last start is for a multiplicative trend
 * alone. start: 0 .. ETS_STARTS - 1. */
void ets_start_weights(const fore_ets_problem *p, int64_t start, double *x);
/* Without slope and season the means of a quick level stay positive, which multiplicative errors
 * need. */
void ets_start_plain(const fore_ets_problem *p, double *x);
/* The usual bounds. */
void ets_start_box(const fore_ets_problem *p, double *lower, double *upper);

#endif
