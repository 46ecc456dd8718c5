/* A combination whose weights are learned: from what a series is like (series_features.h), how far
 * the members' forecasts lie apart and how well they did inside the history, boosted trees say whom
 * to believe (models/score/blend.h; after FFORMA).
 *
 * Learned on many series whose last steps are held out: reference series drawn by
 * bench/reference_series.h for the weights that are shipped (bench/learn_weights.c writes them),
 * or the series of a file. */
#ifndef FORE_SERIES_LEARNED_H
#define FORE_SERIES_LEARNED_H

#include "engine/base/text.h"
#include "models/series/member.h"
#include "models/series/series_features.h"

enum {
    FORE_LEARNED_MEMBERS = 8,
    FORE_LEARNED_CORE = 4,  /* the first ones: those of the median combination */
    FORE_LEARNED_OWN = 500, /* usable series from which on a file's own history is learned from */
    FORE_LEARNED_MOST = 20000,
    FORE_LEARNED_STEPS = 24, /* held out of each, and compared, at most */
    FORE_LEARNED_COLUMNS = FORE_SERIES_FEATURES + 2 * FORE_LEARNED_MEMBERS + 6
};

/* ETS, CES, ARIMA, dynamic optimised Theta; Theta, naive, seasonal naive, drift */
extern const fore_series_method fore_learned_methods[FORE_LEARNED_MEMBERS];

typedef struct fore_learned fore_learned;

/* Those that travel with the program. Read-only afterwards, for any number of threads. */
fore_status fore_learned_shipped(fore_learned **out, fore_error *err);
/* From the tasks' histories: the last horizon (at most FORE_LEARNED_STEPS or half) of each is held
 * out, members are fitted to the rest; `rounds` trees a member are grown. They go on from `from`;
 * NULL: from nothing, and then only what they say of the differences between series is kept, most
 * of it; on the whole the weights of the core are equal and those of the plain members small.
 * (Generated series know how weights change with the features, but not whom to believe on the
 * whole; equal weights are hard to beat there. Both found on past origins of M3's histories.)
 * Series that are constant, mostly zeros or too short are left out; of more than FORE_LEARNED_MOST
 * every so many are taken. *used (or NULL): how many those were; E_NO_ANSWER when fewer than
 * `least`. The same for any number of threads. */
fore_status fore_learned_fit(fore_pool *pool, const fore_series_task *tasks, int64_t count,
                             int64_t least, const fore_series_options *options,
                             const fore_learned *from, int64_t rounds, fore_learned **out,
                             int64_t *used, fore_error *err);
void fore_learned_free(fore_learned *learned); /* NULL is harmless */

/* "5000 reference series", "812 series of this file" */
const char *fore_learned_source(const fore_learned *learned);
void fore_learned_name_source(fore_learned *learned, const char *source); /* cut at 63 bytes */
/* fore_learned in bytes, about 5 a node. */
fore_status fore_learned_write(const fore_learned *learned, fore_text *out, fore_error *err);
fore_status fore_learned_read(const uint8_t *bytes, int64_t length, fore_learned **out,
                              fore_error *err); /* E_MODEL */

/* What is known of a series when its weights are asked for. */
typedef struct fore_learned_case {
    const double *y; /* n, finite */
    int64_t n, m, steps;
    /* member k of fore_learned_methods; forecast[k] NULL: it could not be fitted */
    const double *forecast[FORE_LEARNED_MEMBERS]; /* steps */
    const double *fitted[FORE_LEARNED_MEMBERS];   /* n, NaN where none */
} fore_learned_case;

/* row: FORE_LEARNED_COLUMNS. */
fore_status fore_learned_row(const fore_learned_case *c, double *row, fore_error *err);
/* weight: FORE_LEARNED_MEMBERS, >= 0, summing to 1; 0 where there is no forecast. */
fore_status fore_learned_weigh(const fore_learned *learned, const fore_learned_case *c,
                               double *weight, fore_error *err);

#endif
