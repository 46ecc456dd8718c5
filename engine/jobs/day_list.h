/* The day's list: of everything open and scored those who may and need be worked today, in order,
 * as many as each rep's hours hold. Behind job_rank; rank_rows.c writes it. */
#ifndef FORE_JOBS_DAY_LIST_H
#define FORE_JOBS_DAY_LIST_H

#include "engine/foresell.h"
#include "engine/jobs/list_rules.h"
#include "engine/jobs/next_step.h"
#include "engine/jobs/roster.h"
#include "engine/jobs/uplift.h"
#include "engine/jobs/whois.h"

typedef struct fore_candidate {
    const fore_roster_row *row;
    fore_next_step step;
    double chance;             /* that orders: without what attempts in vain would add to it */
    fore_uplift_chance uplift; /* what the step adds to that chance; NaN: not known */
    double gain_per_minute;
    bool promised_hour; /* the step's hour was promised */
    bool drawn;         /* by lot */
    bool compared;      /* drawn as well, but left where its worth puts it */
    double draw_chance; /* of being drawn, drawn or not; 0: could not be */
} fore_candidate;

/* Who is not on the list, by the first reason that holds. */
typedef struct fore_passed_over {
    int64_t do_not_contact, said_not, done_today, resting, capped, same_account, hours_full,
        beyond_limit;
} fore_passed_over;

typedef struct fore_lottery {
    double share; /* of the list that is drawn */
    int32_t day;
    uint64_t seed;
    bool worked; /* fore_context_is_worked: else neither the list nor the share is kept */
} fore_lottery;

typedef struct fore_day_list {
    fore_candidate *item; /* kept of them, in order */
    int64_t kept;
    fore_whois *who;         /* kept */
    fore_passed_over passed; /* of the rep's, or of everybody's */
    fore_lottery lot;
    fore_candidate *lot_of; /* lots that were drawn or are compared, whether or not on the list */
    int64_t lots;
    bool too_long; /* the first takes longer than there are hours, and stands there all the same */
} fore_day_list;

/* rep: whose list, -1 = everybody's. The roster must hold everything open, and outlive the list.
 * fore_day_list_free. */
fore_status fore_day_list_build(fore_context *context, const foresell_rank_request *request,
                                const fore_roster *roster, int64_t rep, fore_day_list *list,
                                fore_error *err);
void fore_day_list_free(fore_day_list *list);

/* Does what a contact adds order the list? Only where it is known for all kinds that have a model.
 */
bool fore_list_by_uplift(const fore_roster *roster);

/* Of each rep's list of rows[rep] rows (reps + 1: the last is nobody's), the lot's share is drawn
 * from those of `item` that are not urgent, all alike: each with chance share R / N. As many again
 * are drawn to be compared with them. */
fore_status fore_day_draw(const fore_timeline *timeline, const fore_lottery *lot,
                          fore_candidate *item, int64_t n, const int64_t *rows, fore_error *err);

/* Keeps a list with a share by lot that somebody works by, where the workspace can be written, so that a later
 * analysis can tell what was drawn from what was chosen. whole: in place of what stood on that
 * day's list by its worth; what was drawn that day stays drawn. */
fore_status fore_day_list_record(fore_context *context, const fore_roster *roster,
                                 const fore_day_list *list, bool whole, fore_error *err);

/* Whose hours it takes: the owner's, or (reps) nobody's where there is none or they have left. */
int64_t fore_whose_hours(const fore_timeline *timeline, const fore_roster_row *row);
/* Hours of a rep's day; of what belongs to nobody (rep = reps): a day of its own. */
double fore_hours_of_day(const fore_timeline *timeline, int64_t rep, double hours);

/* rank_rows.c: the table "leads" and the array of that name in the open object. */
fore_status fore_rank_rows(fore_context *context, const fore_roster *roster,
                           const fore_day_list *list, fore_answer *answer, fore_json_writer *json,
                           fore_error *err);

#endif
