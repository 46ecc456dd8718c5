/* Parties: whom we do business with, over all of their leads, deals and orders. An account is one; without
 * an account a contact; without either a lead with its deal. Who was lost as a lead and is a customer by
 * another deal is one party.
 *
 * Numbered by the first account or subject that belongs to them, so that the order in which rows came in
 * changes nothing. */
#ifndef FORE_JOBS_PARTIES_H
#define FORE_JOBS_PARTIES_H

#include "engine/jobs/context.h"

typedef struct fore_purchase {
    int64_t at;
    int32_t product; /* -1 = unknown */
    double amount;   /* NaN: unknown, in another currency, or told by an order already */
    bool dated;      /* false: a won deal of someone whose orders are known: its product counts, not its date */
} fore_purchase;

typedef struct fore_parties {
    const fore_timeline *timeline;
    int64_t count;
    int32_t *of;            /* party by subject */
    int32_t *account;       /* by party, -1 = none */
    int64_t *first;         /* count + 1 */
    int32_t *subject;       /* of a party, ascending: subject[first[p]] .. */
    int64_t *bought_first;  /* count + 1 */
    fore_purchase *bought;  /* orders and won deals, by time */
} fore_parties;

/* currency: the word in which amounts count, -1 = any. as_of: orders from then on tell nothing of deals before. */
fore_status fore_parties_new(const fore_timeline *timeline, int32_t currency, int64_t as_of,
                             fore_parties *out, fore_error *err);
void fore_parties_free(fore_parties *parties);

/* What was known of a party at a moment. Times are FORE_NO_TIME where there is nothing. */
typedef struct fore_party_state {
    int64_t newest;         /* subject created last, -1 = none */
    int64_t open;           /* the newest open subject, -1 = none */
    int64_t open_count;
    int64_t lost, lost_at;  /* the loss that came last */
    int64_t won_at;         /* a lead was converted, or a deal won: the last time */
    int64_t first_bought, last_bought;
    int64_t purchases;      /* entries of `bought` that had happened */
    int64_t last_out, last_in; /* contacts */
    bool do_not_contact, mail_closed;
} fore_party_state;
void fore_party_state_at(const fore_parties *parties, int64_t party, int64_t as_of,
                         fore_party_state *state);

/* What they did in [from, to), each thing once. */
typedef struct fore_signs {
    int64_t letters, opens, clicks, visits, spoke; /* letters: ours; spoke: calls, mails, forms, replies of theirs */
    int64_t last_at, spoke_at;  /* of theirs; FORE_NO_TIME */
} fore_signs;
void fore_party_signs(const fore_parties *parties, int64_t party, int64_t from, int64_t to,
                      fore_signs *signs);

/* Walks the events of a party in [from, to), each once, in the order of their owners. */
typedef void fore_event_visit(void *context, const fore_timeline *timeline, int64_t event);
void fore_party_events(const fore_parties *parties, int64_t party, int64_t from, int64_t to,
                       fore_event_visit *visit, void *context);

#endif
