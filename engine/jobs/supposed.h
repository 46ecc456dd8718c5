/* The history as it would stand if something had been otherwise: the same timeline with one thing
 * changed, and an extractor over it. Behind the split of a score's move, the order of the list.
 *
 * Nothing is cut out. Every feature sees only what lies before its moment, so that what is moved to
 * the moment itself has not happened yet; and a cancelled activity counts nowhere. The columns that
 * differ are copied, all others are shared with the timeline, which must outlive this. */
#ifndef FORE_JOBS_SUPPOSED_H
#define FORE_JOBS_SUPPOSED_H

#include "features/extract.h"
#include "features/timeline.h"

enum { FORE_SUPPOSED_COLUMNS = 10 };

typedef struct fore_supposed {
    fore_timeline timeline;   /* shares all columns but `copied` */
    fore_extractor *extractor;
    void *copied[FORE_SUPPOSED_COLUMNS];
    int copies;
} fore_supposed;

/* As of as_of, without what happened at `since` or later: nobody created, closed, contacted, changed. */
fore_status fore_suppose_nothing_since(const fore_timeline *timeline, int64_t since, int64_t as_of,
                                       fore_pool *pool, fore_supposed *out, fore_error *err);
/* Without our attempts that had no answer before as_of: calls, mails and messages to open subjects
 * after the last time that they were answered (fore_attempts_unanswered). Rates of owners, sources and
 * accounts are those of `extractor`. */
fore_status fore_suppose_no_vain_attempts(const fore_timeline *timeline, const fore_extractor *extractor,
                                          int64_t as_of, fore_supposed *out, fore_error *err);
/* With subject[0..n) open again as of as_of, as though the dead time after the closing had not been: not
 * closed, the changes that closed them undone; what lies before the pause that ends at the first event at or
 * after `fresh`, or at as_of, is moved up to it, so that nothing is older or quieter than when it was open; and no
 * older than max_age. The loss itself stays known: it counts in the rates of owners, sources and accounts, which
 * are those of `extractor`. */
fore_status fore_suppose_open_again(const fore_timeline *timeline, const fore_extractor *extractor,
                                    const int64_t *subject, int64_t n, int64_t fresh, int64_t as_of,
                                    int64_t max_age, fore_supposed *out, fore_error *err);
void fore_supposed_free(fore_supposed *supposed);

/* Index of the first event of the subject that such an attempt could be: all attempts from there to
 * as_of had no answer. *attempts: how many. Meetings, demos and visits take two, and count as answered
 * unless their outcome says otherwise. */
int64_t fore_attempts_unanswered(const fore_timeline *timeline, int64_t subject, int64_t as_of,
                                 int64_t *attempts);

#endif
