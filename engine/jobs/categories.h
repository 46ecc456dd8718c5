/* Forecast categories: commit, most likely, best case, pipeline, omitted. Beside our figures, how sure
 * people or the CRM's stages say a deal is.
 *
 * From, in this order, by what half of the open deals or more have:
 *   CRM    the category that the export carries, as of the moment: from its changes, else the stored
 *          one where nothing is later than the moment and the deal is open, or where changes of
 *          categories were being recorded by then (so that one without any is what it was)
 *   STAGE  the CRM's own chance of the deal (its stage's): FORE_COMMIT_FROM, FORE_BEST_FROM, less
 *   OURS   our chance that it is won in the period, by the same limits
 *
 * CRM and STAGE: deals that are expected to close in the period (coverage.h says which and what where no
 * dates are known). OURS: all open deals.
 *
 * How a category came true: past periods, looked at from the same distance to their start as the one
 * asked for, by what was known then: of the deals that were in it, the part (of their number, of their
 * amount then) that was won by the period's end. CRM: as above, whatever became of the deals; nothing
 * is said of a period whose moment lies before the first recorded change of any category, nor of one
 * with more deals of unknown category than a tenth of those that were won. OURS: from outlooks made
 * as of then, for the period that runs only. STAGE: chances have no history, and nothing is said. */
#ifndef FORE_JOBS_CATEGORIES_H
#define FORE_JOBS_CATEGORIES_H

#include "engine/jobs/context.h"
#include "engine/jobs/outlook.h"

#define FORE_COMMIT_FROM 0.6
#define FORE_BEST_FROM 0.3

typedef enum fore_category {
    FORE_COMMIT, FORE_MOST_LIKELY, FORE_BEST_CASE, FORE_PIPELINE_CATEGORY, FORE_OMITTED,
    FORE_CATEGORIES,
    FORE_CATEGORY_NONE = -1
} fore_category;
const char *fore_category_word(fore_category category); /* "commit" ... */
/* What vendors write: "Commit", "Forecast", "BEST_CASE", "Committed", ... NONE for "Closed" and
 * anything else. */
fore_category fore_category_parse(const char *text);

typedef enum fore_category_source {
    FORE_CATEGORY_CRM, FORE_CATEGORY_STAGE, FORE_CATEGORY_OURS
} fore_category_source;
const char *fore_category_source_word(fore_category_source source); /* "crm", "stage", "ours" */

typedef struct fore_category_sum {
    int64_t deals, priced; /* all; those whose amount is known */
    double amount;         /* of the latter; counts: deals */
    double expected;       /* of all, by our chances to be won in the period; the amounts that are not
                            * known as those of past wins on average */
    double expected_deals;
    int64_t past_deals, past_won;
    double past_amount, past_won_amount;
} fore_category_sum;

typedef struct fore_categories {
    fore_category_source source;
    bool dated;              /* by expected dates; false: all open deals, for the first period */
    int64_t periods;
    fore_category_sum *sum;  /* periods x FORE_CATEGORIES at [j * FORE_CATEGORIES + category] */
    fore_category_sum *rest; /* periods: open deals in none of them, or not of the period */
    int64_t *past;           /* periods: past periods behind the past_* members */
    int64_t unsaid;          /* CRM: of the first period's, left out because categories are not known */
} fore_categories;

/* dated: as coverage.h found. */
fore_status fore_categories_make(fore_context *context, const fore_outlook *outlook,
                                 fore_period period, bool dated, fore_categories *categories,
                                 fore_error *err);
void fore_categories_free(fore_categories *categories);

#endif
