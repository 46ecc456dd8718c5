/* Inside of the simulator: the state of a world and its step. Not for other rooms. */
#ifndef FORE_DATASETS_SIMULATE_WORLD_H
#define FORE_DATASETS_SIMULATE_WORLD_H

#include "datasets/simulate.h"
#include "engine/base/random.h"
#include "engine/base/text.h"

enum { SIM_LEAD, SIM_QUALIFICATION, SIM_PROPOSAL, SIM_NEGOTIATION, SIM_WON, SIM_LOST, SIM_STAGES };
enum { SIM_INDUSTRIES = 8, SIM_COUNTRIES = 5, SIM_SOURCES = 6, SIM_TITLES = 6, SIM_PRODUCTS = 5 };
enum { SIM_CAMPAIGN_WEEKS = 13, SIM_SEATS_PER_BLOCK = 4 };
enum {
    SIM_REPS,
    SIM_ACCOUNTS,
    SIM_LEADS,
    SIM_DEALS,
    SIM_CHANGES,
    SIM_ACTIVITIES,
    SIM_CAMPAIGNS,
    SIM_PRODUCTS_FILE,
    SIM_ORDERS,
    SIM_TICKETS,
    SIM_TARGETS,
    SIM_TRUTH_LEADS,
    SIM_TRUTH,
    SIM_FILES
};

/* One purpose per kind of draw; a draw is named by (purpose, week, entity). */
enum sim_purpose {
    SIM_DRAW_SEAT = 1,
    SIM_DRAW_ARRIVALS,
    SIM_DRAW_HOURS,
    SIM_DRAW_ACCOUNT,
    SIM_DRAW_LEAD,
    SIM_DRAW_NAME,
    SIM_DRAW_DECISION,
    SIM_DRAW_TOUCHES,
    SIM_DRAW_DEAL,
    SIM_DRAW_ROWS,
    SIM_DRAW_CUSTOMER,
    SIM_DRAW_PLANNED,
    SIM_DRAW_DIRTY_LEAD,
    SIM_DRAW_DIRTY_DEAL,
    SIM_DRAW_DIRTY_ACTIVITY
};

typedef struct sim_account { /* drawn from its number whenever it is needed, never kept */
    int industry, country, language;
    double employees, hidden; /* hidden: standard normal, shared by the account's leads */
    double created;           /* fraction of the week it was met in */
} sim_account;

typedef struct sim_profile { /* what is known of a lead from its first day, and what is not */
    int source, title, product;
    double created; /* fraction of the week of arrival */
    double attribute_logit, hidden_logit;
    bool do_not_contact;
} sim_profile;

typedef struct sim_lead {
    uint64_t number;
    int32_t born, account; /* week of arrival; number of its account in the seat */
    int32_t stage;
    int32_t rows; /* activities written so far: the next one's number */
    bool do_not_contact, opted_out, touched, engaged, skips_stage;
    double attention, quality; /* quality: log-odds without demand, season, drift, effort */
    double attribute_logit, hidden_logit;
    double stock[FORE_SIM_KINDS];
    double gain[FORE_SIM_KINDS]; /* sum over decisions so far of dlog P / dlog touches */
    int64_t created_at, deal_at;
    int64_t amount; /* of the deal, in whole units */
    int32_t stage_week, expected_close_on;
    int32_t product;
} sim_lead;

typedef struct sim_customer { /* after the sale; part of the files, not of the answers */
    uint64_t number;
    int32_t account, since, rows, product;
    int32_t orders, tickets;
    int64_t amount;
} sim_customer;

typedef struct sim_time_range { /* fractions of the week */
    double from, to;
} sim_time_range;

typedef struct sim_decision {
    double hazard, success;       /* success is found only where it is asked for */
    double slope[FORE_SIM_KINDS]; /* dlog m / dlog touches */
} sim_decision;

typedef struct sim_week { /* what a week holds for a lead */
    sim_decision decision;
    sim_time_range range; /* when it is there to be worked */
    double when;          /* the decision */
    double attention;
    bool decided, good, misfit, unsubscribes;
} sim_week;

typedef struct sim_seat { /* a territory and the rep in it */
    double potential, skill;
    double hours_noise, demand; /* AR(1) states */
    double hours;               /* of this week, relative to the reference */
    int32_t accounts, history_accounts;
    int32_t *account_week; /* when each account was met; history only (NULL in futures) */
    int64_t account_capacity;
    sim_lead *lead;
    int64_t leads, lead_capacity;
    sim_week *plan; /* scratch: one per lead */
    int64_t plan_capacity;
    sim_customer *customer;
    int64_t customers, customer_capacity;
    int64_t arrivals; /* this week */
    uint64_t first_number;
} sim_seat;

typedef struct sim_world {
    fore_simulate_options options;
    uint32_t key[2], future_key[2];
    int32_t week; /* the next one to simulate; 0 = start of the history */
    double weight[FORE_SIM_KINDS], exponent; /* w, c */
    double decay, book;                      /* d; attention in a usual book */
    double progress;
    double mood; /* of this week: season, drift and loss, in log-odds */
    sim_seat *seat;
    int64_t seats;
    uint64_t next_number;
} sim_world;

/* What a step adds up. Plain sums, added over blocks in block order. */
typedef struct sim_tally {
    double expected, realised;   /* won amount of the week */
    double gain[FORE_SIM_KINDS]; /* sum of expected x dlog P / dlog touches */
    int64_t touches[FORE_SIM_KINDS];
} sim_tally;

/* Where a step writes its rows: one buffer per file, flushed in block order. */
typedef struct sim_rows {
    const sim_world *world;
    fore_text activities, leads, deals, changes, orders, tickets, truth, accounts, dirty;
    int64_t activity_count, lead_count, deal_count, won_count, lost_count, account_count,
        dirty_count;
    int64_t converted, disqualified; /* leads that were decided */
    double won_amount;
    int64_t by_quality[2][512]; /* [converted][bin]: for the AUC */
} sim_rows;

/* What more than one part of the world needs. */
#define FORE_SIM_SIZE_MEAN 4.0      /* of the log of employees */
#define FORE_SIM_DEAL_ATTENTION 1.8 /* a deal gets more of a rep's week than a lead */
#define FORE_SIM_POTENTIAL_SD 0.35  /* of territories */

/* --- simulate_world.c --- */

fore_status fore_sim_check(const fore_simulate_options *options, fore_error *err);
/* Empty world at its first week, with exponent and weights still to be set. */
fore_status fore_sim_world_new(const fore_simulate_options *options, sim_world *world,
                               fore_error *err);
void fore_sim_world_free(sim_world *world);
/* A world without history rows, all weeks up to `until` (exclusive), and the sum over weeks >=
 * from. */
fore_status fore_sim_run(sim_world *world, int32_t until, int32_t from, sim_tally *tally,
                         fore_error *err);
/* Finds exponent and weights (simulate.h); gain: the elasticities by kind that they give. */
fore_status fore_sim_calibrate(const fore_simulate_options *options, double weight[FORE_SIM_KINDS],
                               double *exponent, double gain[FORE_SIM_KINDS], fore_error *err);

/* --- simulate_week.c --- */

extern const double fore_sim_minutes[FORE_SIM_KINDS];
/* Draws this week's arrivals and hours of every seat: serial, before the seats step. */
void fore_sim_week_open(sim_world *world);
/* One seat's week. rows NULL: nothing is written. p_win (indexed by number - first_open; NULL = not
 * wanted) collects the probability of winning of leads that were open at the start of a future. */
typedef struct sim_step {
    const double *factor; /* by kind; NULL = 1 */
    sim_tally *tally;
    sim_rows *rows;
    double p_win_share;   /* share of this week inside the 90 days */
    double *p_win;        /* by position in `open`, or NULL */
    const uint64_t *open; /* ascending lead numbers */
    int64_t open_count;
} sim_step;
fore_status fore_sim_seat_step(const sim_world *world, int64_t seat, const sim_step *step,
                               fore_error *err);

/* --- simulate_draws.c --- */

int64_t fore_sim_moment(const sim_world *world, int32_t week,
                        double fraction); /* in office hours */
int64_t fore_sim_week_start(const sim_world *world, int32_t week);
fore_random fore_sim_stream(const sim_world *world, enum sim_purpose purpose, int32_t week,
                            uint64_t entity);
void fore_sim_draw(const sim_world *world, enum sim_purpose purpose, int32_t week, uint64_t entity,
                   uint32_t out[4]);
double fore_sim_unit(uint32_t word);                  /* (0, 1) */
double fore_sim_normal(uint32_t a, uint32_t b);
int64_t fore_sim_poisson(uint32_t word, double mean); /* inversion: rises with the mean */
sim_account fore_sim_account(const sim_world *world, int64_t seat, int32_t account);
sim_profile fore_sim_profile(const sim_world *world, int64_t seat, uint64_t number, int32_t born,
                             int32_t account);
/* The amount that a product usually goes for. */
double fore_sim_price(const sim_world *world, int product);

/* --- simulate_rows.c: what a step writes; all texts of the world --- */

void fore_sim_rows_free(sim_rows *rows);
void fore_sim_rows_touches(sim_rows *rows, int64_t seat, sim_lead *lead,
                           const int64_t count[FORE_SIM_KINDS], sim_time_range range);
void fore_sim_rows_around(sim_rows *rows, int64_t seat, sim_lead *lead, sim_time_range range,
                          bool unsubscribes);
void fore_sim_rows_advance(sim_rows *rows, int64_t seat, sim_lead *lead,
                           double at); /* the meeting */
void fore_sim_rows_change(sim_rows *rows, sim_lead *lead, int64_t at, const char *field,
                          const char *before, const char *after);
void fore_sim_rows_amount(sim_rows *rows, sim_lead *lead, int64_t at, int64_t before);
void fore_sim_rows_push(sim_rows *rows, sim_lead *lead, int64_t at, int32_t before);
void fore_sim_rows_lead(sim_rows *rows, int64_t seat, const sim_lead *lead, const char *status,
                        int64_t closed_at);
void fore_sim_rows_deal(sim_rows *rows, int64_t seat, const sim_lead *lead, int64_t closed_at);
void fore_sim_rows_truth(sim_rows *rows, const sim_lead *lead, const char *state, double p_win);
void fore_sim_rows_account(sim_rows *rows, int64_t seat, int32_t account);
void fore_sim_rows_customer(sim_rows *rows, int64_t seat, sim_customer *customer, int32_t week);
void fore_sim_rows_planned(sim_rows *rows, int64_t seat, sim_lead *lead);
const char *fore_sim_stage_word(int stage);
void fore_sim_text_order(sim_rows *rows, int64_t seat, sim_customer *customer, int64_t at,
                         bool first);
/* The small files and all header lines. */
extern const char *const fore_sim_file_name[SIM_FILES];
void fore_sim_text_header(const fore_simulate_options *options, int file, fore_text *out);
void fore_sim_text_reps(const sim_world *world, fore_text *out);
void fore_sim_text_campaigns(const sim_world *world, fore_text *out);
void fore_sim_text_products(const sim_world *world, fore_text *out);
void fore_sim_text_targets(const sim_world *world, fore_text *out);
double fore_sim_list_price(const sim_world *world, int product);

/* --- simulate_future.c --- */

typedef struct sim_future_result {
    double *expected; /* weeks, mean over draws */
    double *realised; /* draws x weeks, or NULL */
    double *p_win;    /* open leads (ascending number), mean over draws; or NULL */
    double touches[FORE_SIM_KINDS];
} sim_future_result;
/* Goes on from `world` (at the end of its history); the caller gives the arrays of `result`. */
fore_status fore_sim_future(const sim_world *world, const double factor[FORE_SIM_KINDS],
                            int32_t weeks, int64_t draws, const uint64_t *open, int64_t open_count,
                            fore_pool *pool, sim_future_result *result, fore_error *err);

/* --- simulate_names.c --- */

typedef struct sim_person {
    const char *given, *family;             /* in the script of the language */
    const char *given_latin, *family_latin; /* for the mail address */
} sim_person;
sim_person fore_sim_person(int language, uint32_t word);
void fore_sim_company(uint32_t word, char *out, int64_t size, char *slug, int64_t slug_size);

#endif
