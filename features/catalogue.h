/* The feature catalogue: every number that a model may see, in one table (catalogue.c), with its unit
 * and its words for people. What each means exactly is written beside its row in catalogue.def.
 * Values are computed by extract.h as of a moment T, from events with time < T only. NaN = unknown;
 * 0 is a true zero. */
#ifndef FORE_CATALOGUE_H
#define FORE_CATALOGUE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/text.h"

typedef enum fore_unit {
    FORE_UNIT_COUNT, FORE_UNIT_DAYS, FORE_UNIT_HOURS, FORE_UNIT_MINUTES,
    FORE_UNIT_SHARE,   /* 0..1, shown in percent */
    FORE_UNIT_RATIO,   /* 1 = the same as usual */
    FORE_UNIT_LOG,     /* natural log of an amount: shown as the amount */
    FORE_UNIT_LOGRATIO,/* natural log of a ratio: shown as the ratio */
    FORE_UNIT_INDEX,   /* a number without unit */
    FORE_UNIT_YES      /* 0 or 1 */
} fore_unit;

typedef enum fore_feature_group {
    FORE_GROUP_COUNTS, FORE_GROUP_RHYTHM, FORE_GROUP_REPLIES, FORE_GROUP_CLOCK, FORE_GROUP_STAGE,
    FORE_GROUP_CLOSE_DATE, FORE_GROUP_AMOUNT, FORE_GROUP_RATES, FORE_GROUP_ACCOUNT, FORE_GROUP_SEASON,
    FORE_FEATURE_GROUPS
} fore_feature_group;
const char *fore_feature_group_word(fore_feature_group group);

typedef struct fore_feature {
    const char *name;          /* "inbound_30d": stable, models refer to it */
    fore_feature_group group;
    fore_unit unit;
    bool leads, deals;         /* to which subjects it applies; NaN for the others */
    int monotone;              /* +1 / -1: more is expected to help / hurt; 0: no opinion. A hint only */
    bool stored;               /* rests on a stored value without a history of its own: the leak finder
                                * should look at it */
    const char *high, *low;    /* clauses: a high value, and a low or zero one; at most one %s for the value */
} fore_feature;

enum { FORE_FEATURE_LIMIT = 192 }; /* more features than this there never are: for arrays on the stack */

int fore_feature_count(void);
const fore_feature *fore_feature_at(int index);  /* 0..count-1 */
int fore_feature_find(const char *name);         /* -1: none */

/* Appends the words for a value: the high form, or the low form. NaN: "<name> is not known". */
void fore_feature_say(int index, double value, bool high, fore_text *out);
/* Appends the value in its unit: "12 days", "35%", "4,500", "2.1x", "yes". */
void fore_feature_value(int index, double value, fore_text *out);

#endif
