/* The next step with a lead or deal: which kind of contact, when, and why. Rules, in this order:
 *
 *   1. something is planned and due: do that
 *   2. they got in touch last, at most 14 days ago, and nobody answered: answer, by the channel they used
 *   3. never contacted: call; while it is new (3 days) before all else, for speed decides there
 *   4. opened or clicked a mail since our last attempt: call
 *   5. three attempts and more without an answer: the channel tried least since (calls, mail; a message
 *      only where mail is closed), when alike not that of the last attempt
 *   6. a deal that has moved on by two stages and more, with contact: propose a meeting
 *   7. else the channel that they have answered most
 *
 * Mail is never proposed to who opted out or unsubscribed, not even where it is planned. The hour is the
 * one in which they, else all the team's contacts, answered most. */
#ifndef FORE_JOBS_NEXT_STEP_H
#define FORE_JOBS_NEXT_STEP_H

#include "engine/jobs/context.h"

typedef struct fore_next_step {
    fore_activity_kind kind;
    const char *channel; /* "phone", "mail", "in person", "message" */
    int hour;            /* of the day, in the workspace's zone */
    int64_t due;         /* of what is planned; FORE_NO_TIME */
    bool urgent;         /* rules 1 and 2, and 3 while new: before everything else */
    char why[160];
    double minutes;      /* what it takes */
} fore_next_step;

/* What the team's own record says: minutes per kind, and the hour in which contacts answer. */
typedef struct fore_habits {
    double minutes[FORE_ACTIVITY_KINDS];
    double answered[24]; /* inbound contacts and answered calls by hour of the day */
    int best_hour;
    double weekends; /* share of them on Saturdays and Sundays */
} fore_habits;
void fore_habits_read(const fore_timeline *timeline, int64_t as_of, fore_habits *habits);

void fore_next_step_choose(const fore_timeline *timeline, const fore_habits *habits, int64_t subject,
                           int64_t as_of, fore_next_step *step);

/* Of the open hours that in which they, when they answered thrice, else all contacts answered most; -1
 * when none is open. subject -1: all contacts. */
int fore_next_step_hour(const fore_timeline *timeline, const fore_habits *habits, int64_t subject,
                        int64_t as_of, const bool open[24]);

/* The newest outbound contact before as_of, and the newest inbound one; FORE_NO_TIME when none. */
void fore_last_contacts(const fore_timeline *timeline, int64_t subject, int64_t as_of,
                        int64_t *outbound, int64_t *inbound);

/* By an event's code: the other side answered or took part (meetings, demos and visits take two, unless
 * their outcome says otherwise); we reached out, and nothing says that anybody was there. */
bool fore_is_answer(uint8_t code);
bool fore_is_attempt(uint8_t code);
bool fore_is_outbound(uint8_t code); /* a contact that we made */
bool fore_is_inbound(uint8_t code);  /* one that they made: a reply, a form, a call, mail or message */

#endif
