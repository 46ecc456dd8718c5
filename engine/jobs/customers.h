/* Customers and win-back: whom to call although nothing is open with them. A section of the day's list.
 *
 *   win-back     who was lost, or open and forgotten, and now shows that they are interested (list_winback.c)
 *   churn        a customer who may be leaving: reads and never clicks, orders later than they used to,
 *                waits for a ticket, was not satisfied (list_churn.c)
 *   thank-you    a set amount bought, or a set number of days since the first purchase (list_thanks.c)
 *   cross-sell   the product that comes next most often, never one already bought (list_cross_sell.c)
 *
 * Each finder appends what it finds as of the moment; list_customers.c keeps what may be approached and a few
 * rows a rep. Everything is told from what lies before the moment. A closed lead or deal stays as it is: it
 * keeps its state and its last score, and what is proposed is a new deal with the same account or person. */
#ifndef FORE_JOBS_CUSTOMERS_H
#define FORE_JOBS_CUSTOMERS_H

#include "engine/jobs/day_list.h"
#include "engine/jobs/parties.h"

typedef enum fore_proposal_kind {
    FORE_CHURN,
    FORE_WIN_BACK,
    FORE_THANK_YOU,
    FORE_CROSS_SELL,
    FORE_PROPOSALS
} fore_proposal_kind;

typedef struct fore_proposal {
    fore_proposal_kind kind;
    bool urgent;         /* before the others of its kind: they got in touch, or complain */
    int64_t party;
    int64_t subject;     /* win-back: what was lost or forgotten; -1 */
    int32_t product;     /* -1 */
    int64_t since;       /* when it became due; FORE_NO_TIME: any day will do. Done with by our contact after it */
    double rest_days;    /* no contact of ours in so many days before */
    double chance;       /* measured, else NaN */
    double amount;       /* that it may bring; NaN */
    double worth;        /* orders proposals of a kind */
    bool by_mail;        /* else by a call */
    const char *reason;  /* in the view's arena */
} fore_proposal;

/* What the finders look at, and what they have found. */
typedef struct fore_customers {
    fore_context *context;
    const foresell_rank_request *request;
    const fore_roster *roster;
    const fore_timeline *timeline;
    int64_t as_of;
    fore_habits habits;
    fore_parties parties;
    fore_party_state *state;    /* by party, as of as_of */
    const char **account_id, **account_name; /* by account */
    int32_t *account_owner;     /* rep by account, -1; as the CRM holds it now */
    const char **product_name;  /* by product: its name, else its id */
    int32_t *reason_lost;       /* word of `reasons` by subject, -1; known from its closing on */
    const char *reasons[64];
    int64_t reason_count;
    fore_proposal *found;
    int64_t count, capacity;
    fore_arena *arena;
    struct fore_win_back_measure {
        int64_t cases, came;    /* tested past moments of lost ones, and those who bought within 90 days */
        double base_rate;       /* of all of them */
        double auc, auc_error;  /* of the rates by record, learned on what came before; NaN: not enough */
        bool tells;
    } win_back;
} fore_customers;

/* Reads what the finders need; the roster must outlive it. Close it also when opening failed. */
fore_status fore_customers_open(fore_context *context, const foresell_rank_request *request,
                                const fore_roster *roster, fore_customers *view, fore_error *err);
void fore_customers_close(fore_customers *view);

enum { FORE_WIN_BACK_HORIZON = 90, FORE_WIN_BACK_REST = 60 };

/* Appends it with that reason. */
fore_status fore_propose(fore_customers *view, const fore_proposal *proposal, fore_error *err,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

fore_status fore_find_win_back(fore_customers *view, fore_error *err);
fore_status fore_find_churn(fore_customers *view, fore_error *err);
fore_status fore_find_thanks(fore_customers *view, fore_error *err);
fore_status fore_find_cross_sell(fore_customers *view, fore_error *err);

/* Finds, chooses and writes: the table "customers" and the array of that name in the open object. Nothing
 * is written for people where nothing is found. list: today's, whose leads and deals are not approached twice.
 * rep: -1 = everybody. */
fore_status fore_customer_rows(fore_context *context, const foresell_rank_request *request,
                               const fore_roster *roster, const fore_day_list *list, int64_t rep,
                               fore_answer *answer, fore_json_writer *json, fore_error *err);

#endif
