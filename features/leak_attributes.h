/* Which attributes know the outcome, judged so that the test of the model stays a test.
 *
 *   early    by the outcomes known before `test_start`: what one could have seen without the test
 *   newest   by those known before `as_of`
 *   verdict  the graver of the two. A column that only the newest closings betray is left out as well,
 *            since tomorrow's list must not rest on it, but its finding says so (newest_only): the
 *            test then is blind to the outcomes it is made on but for this one choice, which takes a
 *            column away and never brings one in.
 *
 * In both, "open" is what is open in the data as they are now (attributes.h). */
#ifndef FORE_FEATURES_LEAK_ATTRIBUTES_H
#define FORE_FEATURES_LEAK_ATTRIBUTES_H

#include "features/attributes.h"
#include "features/leak.h"

/* The graver finding of each column into *report, a report on the same columns; `test_start` is
 * told in the reasons. Where early has too few rows of a class to judge, *report stands alone and
 * report->test_seen is set. */
fore_status fore_leak_merge(const fore_leak_report *early, int64_t test_start,
                            fore_leak_report *report, fore_error *err);

/* test_start FORE_NO_TIME: there is no test, and all outcomes before as_of judge. */
fore_status fore_leak_find_attributes(const fore_attributes *attributes,
                                      const fore_timeline *timeline, int64_t test_start,
                                      int64_t as_of, fore_pool *pool, fore_leak_report **report,
                                      fore_error *err);

#endif
