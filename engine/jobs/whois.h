/* Who the rows of a list are, for people: names, and the hours in which they are at work.
 *
 * What was promised for an hour that suits both clocks stays there; a meeting, demo or visit stays
 * in any case, and is said to be outside. The hour of any other step is not before as_of and lies where the rep's day (8 to 18 o'clock of
 * the workspace) and theirs (8 to 18 of their zone, whereabouts.h; not on their weekend) overlap,
 * at the hour in which they, else all contacts, answered most; on the first day that has such an
 * hour. Where no day has one it is theirs, and said to be outside the rep's. Whose zone is not
 * known is taken to live by the rep's clock. Weekends do not count where a tenth of all answers
 * came on them; public holidays are not known. */
#ifndef FORE_JOBS_WHOIS_H
#define FORE_JOBS_WHOIS_H

#include "engine/jobs/next_step.h"
#include "engine/jobs/whereabouts.h"

enum { FORE_WHOIS_NAME = 256 };

typedef struct fore_whois {
    char name[FORE_WHOIS_NAME];    /* of the deal, else of the lead; "" = not known */
    char company[FORE_WHOIS_NAME]; /* of the account; "" */
    fore_whereabouts where;
    int hour, days_ahead; /* of the step, in the workspace's zone; 0 = today */
    int their_minutes;    /* minutes after their midnight at that hour; -1: zone not known */
    bool other_clock;     /* theirs differs from the workspace's then */
    bool outside;         /* the rep's hours; of what is promised: the hours of either */
} fore_whois;

fore_status fore_whois_read(fore_context *context, const fore_timeline *timeline, int64_t subject,
                            fore_whois *who, fore_error *err);
/* Keeps the text where there is none yet; what is too long ends before the character that is. */
void fore_whois_keep(char out[FORE_WHOIS_NAME], const char *text);
/* Sets the hour; fixed: the step is promised for the hour of its `due`. subject -1: nobody's own. */
fore_status fore_whois_set_hour(fore_context *context, const fore_timeline *timeline,
                                const fore_habits *habits, int64_t subject, int64_t as_of,
                                const fore_next_step *step, bool fixed, fore_whois *who,
                                fore_error *err);
/* "10:00", or "Mon 10:00" for another day than that of as_of. */
void fore_whois_when(fore_context *context, const fore_whois *who, int64_t as_of, char out[16]);
/* "Amit Patil, Deccan Steel"; "" when neither is known. */
void fore_whois_say(const fore_whois *who, fore_text *out);

#endif
