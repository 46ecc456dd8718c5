/* The roster: leads and deals with their scores as of a moment. Behind rank, score, explain,
 * nightly. */
#ifndef FORE_JOBS_ROSTER_H
#define FORE_JOBS_ROSTER_H

#include "engine/jobs/scoring.h"

typedef struct fore_roster_row {
    int64_t subject;
    double probability, lo, hi;
    double amount; /* of the deal, else what a won deal brings on average; NaN: no amounts at all */
    double expected_value; /* probability x (a lead: chance that its deal is won) x amount; NaN in
                            * another currency than most wins */
    int32_t owner;         /* rep index as of the moment, -1 = nobody */
    bool owner_left;       /* and their last day is over */
    char grade;            /* 'A'..'D' */
} fore_roster_row;

typedef struct fore_roster {
    int64_t as_of;
    int32_t today; /* the date of as_of in the workspace's zone */
    fore_roster_row *row;
    int64_t count;
    const fore_timeline *timeline;
    const fore_extractor *extractor;
    fore_scoring *scoring[2]; /* by subject kind; NULL: no model for it */
    fore_attributes *attributes[2];
    int32_t currency;      /* word: that of most wins; -1 = none named */
    double lead_amount;    /* mean amount of the deals won before as_of; NaN */
    double lead_deal_rate; /* share of closed deals that were won before as_of; 1 without deals */
} fore_roster;

/* Loads the models that answer. E_NO_ANSWER when there is none. Rows come later. */
fore_status fore_roster_open(fore_context *context, int64_t as_of, fore_roster *roster,
                             fore_error *err);
void fore_roster_free(fore_roster *roster);

/* Appends every subject that is open as of the moment (a converted lead is represented by its deal)
 * and has a model. */
fore_status fore_roster_add_open(fore_context *context, fore_roster *roster, fore_error *err);
/* Appends one subject by the user's id. E_NOT_FOUND; E_NO_ANSWER when it cannot be scored. */
fore_status fore_roster_add(fore_context *context, fore_roster *roster, const char *id,
                            fore_error *err);

/* Has the rep's last day passed? False for -1. */
bool fore_roster_rep_left(const fore_roster *roster, int64_t rep);

/* Members of the open object: "beats_baseline" (false: one of the models that answer was measured
 * as no better than the base rate; null: not measured) and "models" (purpose, id, horizon_days,
 * beats_baseline). */
void fore_roster_models_json(const fore_roster *roster, fore_json_writer *json);
/* One sentence per such model whose rows are shown, ending in `so`; none where all are better. */
void fore_roster_note_idle(const fore_roster *roster, fore_answer *answer, const char *so);

/* Contributions of one row: raw and parts have scoring->columns doubles each, the caller's. */
fore_status fore_roster_parts(fore_context *context, const fore_roster *roster,
                              const fore_roster_row *row, double *raw, double *parts, double *base,
                              fore_error *err);

/* Members of the open object: id, kind, rep_id, probability, lo, hi, grade, amount, expected_value,
 * horizon_days, model. */
void fore_roster_score_json(const fore_roster *roster, const fore_roster_row *row,
                            fore_json_writer *json);

/* The least probability of grades A, B, C: 2, 1 and 1/2 times the base rate of the model. */
void fore_grade_limits(const fore_scoring *scoring, double limit[3]);

/* The rep with that id, or else the only one whose id or name is that text in any case (of ASCII
 * letters). E_NOT_FOUND: none, or several; the message names those that come near. */
fore_status fore_roster_find_rep(fore_context *context, const char *text, int64_t *pk,
                                 fore_error *err);

#endif
