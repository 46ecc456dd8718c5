/* A sales world whose right answers are known, written as the canonical CSV files with the answers
 * beside them (truth.json, truth_leads.csv).
 *
 * The world, week by week:
 *   - a rep has hours: holidays x absences x exp(noise), noise AR(1) with sd `hours_sd`; with
 *     confounding also x what the rep sees in the territory. The hours are divided over the open
 *     leads and deals of the rep's book in proportion to attention; with confounding attention
 *     follows how good a lead is. Touches of kind k are Poisson in the hours that a lead gets;
 *   - effort stock: s_k <- d s_k + (1 - d) touches / usual rate, d = 2^(-1 / half life);
 *     x = (b + sum w_k s_k) / (b + 1); m(x) = x^c / (1 - sigma + sigma x^c): a Hill curve with
 *     m(1) = 1, local elasticity c (1 - sigma), ceiling 1 / sigma; sigma = `saturation`;
 *   - an open lead, or a deal's stage, comes to a decision with a hazard that rises with age and m;
 *     the decision goes well with log-odds quality + local demand + season + drift + skill
 *     - age + log m. So losses grow with neglect and age. Effort acts from the next week on;
 *   - c and w are such that the long-run elasticity of the expected won amount to touches of kind k
 *     is `elasticity[k]`: found on pilot worlds from the mean over winning paths, weighted by
 * amount, of the sum over decisions of (1 - P) dlog m / dlog touches. Long futures give it within a
 *     tenth;
 *   - what is not effort: meetings because a deal advances, inbound calls, web visits, forms and
 *     replies because the lead is good, mailings by campaign, calls after the sale.
 *
 * Reproducible: Philox streams by (purpose, week, entity), so the same options give the same bytes
 * on every run and for any number of threads. Memory: the open leads and one week of rows. */
#ifndef FORE_DATASETS_SIMULATE_H
#define FORE_DATASETS_SIMULATE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/pool.h"
#include "engine/base/progress.h"
#include "engine/base/status.h"

/* What a rep can do; `FORE_SIM_KINDS` of them. Order of every array by kind. */
enum { FORE_SIM_CALL, FORE_SIM_EMAIL, FORE_SIM_MEETING, FORE_SIM_DEMO, FORE_SIM_KINDS };
const char *fore_simulate_kind_word(int kind); /* the word in activities.csv */

typedef enum fore_confounding {
    FORE_CONFOUNDING_NONE,      /* effort knows nothing of the lead but its stage */
    FORE_CONFOUNDING_RECORDED,  /* it follows attributes that the CSVs show, and the territory's
                                   potential */
    FORE_CONFOUNDING_UNRECORDED /* and hidden quality, and the week's local demand */
} fore_confounding;
bool fore_confounding_parse(const char *word,
                            fore_confounding *confounding); /* none recorded unrecorded */
const char *fore_confounding_word(fore_confounding confounding);

enum { /* dirty rows: which kinds may occur; every one made is listed in truth.json */
       FORE_DIRTY_CLOSED_BEFORE_CREATED = 1 << 0, /* deals */
       FORE_DIRTY_WON_WITHOUT_AMOUNT = 1 << 1,    /* deals */
       FORE_DIRTY_DANGLING = 1 << 2,              /* activities: a lead that does not exist */
       FORE_DIRTY_DUPLICATE_MAIL = 1 << 3,        /* leads: a second row with the same mail */
       FORE_DIRTY_DUPLICATE_PHONE = 1 << 4,       /* leads: a second row with the same phone */
       FORE_DIRTY_SKIPPED_STAGE = 1 << 5,         /* deal_changes: Qualification -> Negotiation */
       FORE_DIRTY_FUTURE_DATE = 1 << 6, /* activities: `at` after the end of the history */
       FORE_DIRTY_RAGGED = 1 << 7, /* activities: a field too few (a reject); not in the default */
       FORE_DIRTY_BYTES = 1 << 8,  /* leads: a name that is not UTF-8; not in the default */
       FORE_DIRTY_KINDS = 9,
       FORE_DIRTY_DEFAULT = (1 << 7) - 1
};
const char *fore_dirty_word(int kind_bit); /* "closed-before-created" ...; NULL for no kind */

typedef struct fore_simulate_options {
    uint64_t seed;    /* 1 */
    int32_t start_on; /* first day of the history, a Monday (else the Monday before); 2023-01-02 */
    int32_t weeks;    /* of history, 1..2000; 104 */
    int32_t warmup_weeks;  /* before the start, not written except what is still open; 30 */
    int32_t reps;          /* 1..100000; 12 */
    int32_t teams;         /* 3; each has a manager, who sells nothing */
    double leads_per_week; /* whole company, mean of a Poisson; 60 */
    double touches;        /* factor on all touches per lead and week; 1 = about 1.4 */
    double
        elasticity[FORE_SIM_KINDS]; /* long run; .11 .05 .10 .05, in total .31; all 0: no effect */
    double saturation;              /* sigma in [0, .9]; .3 */
    double half_life_weeks;         /* carry-over; 2 */
    fore_confounding confounding;   /* unrecorded */
    double favour;                  /* how much attention follows quality (log-log); .6 */
    double chase;                   /* elasticity of hours to local demand, when unrecorded; .6 */
    double progress;  /* P(meeting because of an advance); NaN = 0 without confounding, else .7 */
    double hours_sd;  /* sd of log hours that has nothing to do with the leads; .2. 0: no absences
                         either */
    double hidden_sd; /* hidden quality, log-odds; .8 */
    double demand_sd; /* local demand, log-odds, AR(1) .85; .35 */
    double season;    /* amplitude, in arrivals (relative) and log-odds (half of it); .15 */
    double drift_per_year;        /* change of the log-odds of success per year; -.1 */
    double loss;                  /* factor on the odds of losing at each decision; 1 */
    double speed;                 /* factor on the hazard of a decision; 1 */
    double amount_median;         /* of a deal for the middle product at a middle account; 4000 */
    double amount_sd;             /* of its log, beside product and account; .5 */
    double open_rate, click_rate; /* of mailings; .25, .12 (of the opened) */
    char currency[4];             /* "EUR" */
    double language[4];           /* shares of Latin, Hindi, Telugu, Tamil names; .4 .2 .25 .15 */
    double dirty_share;           /* of eligible rows; 0 */
    uint32_t dirty_kinds;         /* FORE_DIRTY_DEFAULT */
    char delimiter;               /* ',' ; or ';' or a tab */
    bool crlf, bom;               /* false */
    int64_t truth_draws; /* futures per factor behind the truths; 100; 0 leaves those truths out */
    int32_t truth_weeks; /* how far they look, 1..104; 26 */
} fore_simulate_options;

fore_simulate_options fore_simulate_default(void);
/* Asks for a size: about so many leads and activities over options->weeks; sets reps,
 * leads_per_week and touches and leaves the expensive truths out above 20,000 leads. */
void fore_simulate_size(fore_simulate_options *options, int64_t leads, int64_t activities);

enum { FORE_SIM_FACTORS = 10 };
/* 0.8 1 1.1 1.2 1.36 1.5 1.8 2 2.5 3: the factors of effort in truth.json */
extern const double fore_simulate_factors[FORE_SIM_FACTORS];

/* Numbers in truth.json, for callers that do not want to read it. Money in the currency's units. */
typedef struct fore_simulate_truth {
    int32_t start_on, end_on; /* the history is [start_on, end_on) */
    int64_t accounts, leads, deals, won,
        activities; /* rows written (won: deals); activities with planned ones */
    double won_amount;
    double conversion_rate, win_rate; /* of the leads and deals that were closed in the history */
    double quality_auc; /* of the true quality, for conversion, among leads created and closed in
                           the history */
    double elasticity_total,
        elasticity[FORE_SIM_KINDS]; /* long run, at today's pace: measured on the pilot */
    /* Without truth_draws these are NaN. Over the next 13 weeks, and over truth_weeks: */
    double expected_quarter[FORE_SIM_FACTORS], expected_horizon[FORE_SIM_FACTORS];
    double needed_quarter[3],
        needed_horizon[3]; /* effort factor for +10, +20, +30 %; NaN: beyond the last factor */
    int64_t dirty;         /* rows made dirty */
} fore_simulate_truth;

/* Writes reps, accounts, leads, deals, deal_changes, activities, campaigns, products, orders,
 * tickets and targets .csv, truth.json and truth_leads.csv (lead_id, deal_id, state,
 * attribute_logit, hidden_logit, p_win_90d) into `folder` (made when absent). All files appear at
 * the end, or none. truth, pool and observer may be NULL. Errors: E_ARGUMENT (an option out of
 * range, named), E_IO, E_FULL, E_MEMORY, E_CANCELLED. */
fore_status fore_simulate(const fore_simulate_options *options, const char *folder, fore_pool *pool,
                          const fore_observer *observer, fore_simulate_truth *truth,
                          fore_error *err);

/* The future after the end of the history, under a plan: the world goes on `draws` times with the
 * touches of each kind multiplied by `factor`. Draw i uses the same random numbers under every
 * plan. */
typedef struct fore_simulate_plan {
    double factor[FORE_SIM_KINDS]; /* > = 0; 1 = today's pace */
    int32_t weeks;                 /* horizon, 1..520 */
    int64_t draws;                 /* >= 1 */
} fore_simulate_plan;

typedef struct fore_simulate_outcome {
    int64_t draws;
    int32_t weeks;
    double *expected; /* weeks: expected won amount in each week, mean over draws of the sum of
                         (probability x amount) */
    double *realised; /* draws x weeks, draw i in realised[i * weeks ..]: what was won; rows are one
                         future each */
    double touches[FORE_SIM_KINDS]; /* mean per draw over the horizon */
    double hours;                   /* mean per draw: what those touches took */
} fore_simulate_outcome;

fore_status fore_simulate_future(const fore_simulate_options *options,
                                 const fore_simulate_plan *plan, fore_pool *pool,
                                 fore_simulate_outcome *outcome, fore_error *err);
void fore_simulate_outcome_free(fore_simulate_outcome *outcome); /* and back to zero */

/* A flat territory x week panel under one of five rules of effort, for tests of what a regression
 * can find out. potential_i ~ N(0, .665); demand_it: AR(1) .7, sd .11; u_it ~ N(0, sd); season_t =
 * .1 sin(2 pi t / 52) log effort_it = 3 + a potential_i + b demand_it + u_it log sales_it  = 9 +
 * potential_i + season_t + demand_it + .31 log effort_it + N(0, .17) rule: random a = b = 0, sd .2
 * | potential a = .81, sd .2 | demand a = .81, b = 1, sd .2 | potential_fixed a = .81, sd .01 |
 * demand_fixed a = .81, b = 1, sd .01 */
typedef enum fore_panel_rule {
    FORE_PANEL_RANDOM,
    FORE_PANEL_POTENTIAL,
    FORE_PANEL_DEMAND,
    FORE_PANEL_POTENTIAL_FIXED,
    FORE_PANEL_DEMAND_FIXED,
    FORE_PANEL_RULES
} fore_panel_rule;
#define FORE_PANEL_ELASTICITY 0.31
/* log_effort, log_sales: territories x weeks each, week t of territory i at [i * weeks + t];
 * caller's. */
void fore_simulate_panel(fore_panel_rule rule, uint64_t seed, int64_t territories, int64_t weeks,
                         double *log_effort, double *log_sales);

#endif
