/* Features as of T, and the state of a subject as of T. Only events, changes, closings, sales and
 * tickets with time < T are seen; a row costs one binary search and one backward pass over the
 * subject's events; smoothed rates come from prefix sums over closings that the extractor holds. */
#ifndef FORE_EXTRACT_H
#define FORE_EXTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/pool.h"
#include "engine/base/status.h"
#include "features/catalogue.h"
#include "features/timeline.h"

/* Pseudo-observations at the rate of the level above that a smoothed win rate starts with (beta
 * prior, posterior mean): a group counts as much as its level above once it has this many closings.
 * Level by level (Micci-Barreca 2001, the hierarchical case), k = FORE_RATE_PRIOR:
 *     rate(all) = wins / closings          rate(g) = (wins(g) + k rate(above g)) / (closings(g) + k)
 *     owner -> its team -> all    campaign -> the subject's source -> all    product -> its category -> all
 * A level that is not known is passed over. Teams and categories are undated master data: as stored. */
#define FORE_RATE_PRIOR 20.0

typedef struct fore_extract_row {
    int64_t subject;
    int64_t as_of; /* microseconds */
} fore_extract_row;

/* Prefix structures over a timeline, built once (a few passes over the subjects). The timeline is
 * borrowed and must outlive the extractor. Read-only after building: any number of threads may share it. */
typedef struct fore_extractor fore_extractor;
fore_status fore_extractor_new(const fore_timeline *timeline, fore_pool *pool, fore_extractor **extractor, fore_error *err);
/* The same rates and loads over another timeline, which differs from the first one in what befell single
 * subjects only: "what if this had not happened". Shares the first one's tables, which must outlive it. */
fore_status fore_extractor_over(const fore_extractor *extractor, const fore_timeline *timeline,
                                fore_extractor **over, fore_error *err);
void fore_extractor_free(fore_extractor *extractor);

/* out: n x F, column-major with leading dimension ld >= n: out[f * ld + i] is feature features[f] of
 * rows[i]. features NULL: the whole catalogue, F = fore_feature_count(). Same bytes for any number of
 * threads and any order of rows. E_ARGUMENT for a subject or feature that does not exist. */
fore_status fore_extract(const fore_extractor *extractor, fore_pool *pool, const fore_extract_row *rows,
                         int64_t n, const int32_t *features, int64_t n_features, double *out, int64_t ld,
                         fore_error *err);
/* The whole catalogue for one subject: values has fore_feature_count() doubles. */
fore_status fore_extract_one(const fore_extractor *extractor, int64_t subject, int64_t as_of,
                             double *values, fore_error *err);

/* What was known of a subject at T. A deal's stage is known only from a change before T. Amount,
 * expected close and owner: the last change before T, else the old value of the first change, else
 * the stored value. CRMs put the true date into the expected one when a deal closes: where the history
 * has not recorded any change of such a date before T, all expected dates are unknown. */
typedef struct fore_subject_state {
    bool exists, open;          /* created < T; exists and not closed before T */
    int32_t stage;              /* word, -1 = unknown */
    int64_t stage_since;        /* FORE_NO_TIME = unknown */
    double amount;
    int32_t expected_close_on;
    int32_t owner;
} fore_subject_state;
void fore_subject_state_at(const fore_timeline *timeline, int64_t subject, int64_t as_of, fore_subject_state *state);
/* What a subject that closed then closed with: changes at its closing count, later ones do not. NaN = unknown. */
double fore_closing_amount(const fore_timeline *timeline, int64_t subject, int64_t closed_at);

/* The base win rate of closings of a kind before T, and how many there were; NaN when none. */
double fore_base_rate(const fore_extractor *extractor, fore_subject_kind kind, int64_t as_of, int64_t *closings);

#endif
