/* The rules that look at one row and at the facts of the rows it names. Every row is visited here
 * once, so that references are counted on the way. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "datasets/quality_run.h"

static const int64_t BEFORE_CREATION = FORE_DAY; /* dates without a time of day, and time zones */
static const int64_t AFTER_CLOSING = 90 * FORE_DAY; /* thanks, handing over, the first question */
enum { CLOSE_DATE_DAYS = 30 };

static void refer(quality_run *q, fore_entity entity, int64_t pk, fore_table from)
{
    quality_fact *fact = quality_fact_of(q, entity, pk);
    if (!fact) return;
    if (fact->references == 0) fact->first_from = quality_noun(from, false);
    if (fact->references < INT32_MAX) fact->references++;
}

static void money_text(int64_t minor, char out[64])
{
    fore_number_people((double)minor / 100.0, 2, out, 64);
}

/* --- leads and deals --- */

static void check_life(quality_run *q, fore_table table, int64_t pk, const char *id,
                       const quality_fact *fact)
{
    char created[32], closed[32];
    bool is_open = fact->outcome == FORE_OUTCOME_OPEN;
    quality_check_time(q, table, pk, id, "created_at", fact->created_at, false);
    quality_check_time(q, table, pk, id, "closed_at", fact->closed_at, false);
    if (fact->created_at == FORE_NO_TIME)
        quality_say(q, quality_add(q, QUALITY_CREATION_UNKNOWN, table, pk, id, "created_at", NULL),
                    "has no time of creation");
    if (!is_open && fact->closed_at == FORE_NO_TIME)
        quality_say(q, quality_add(q, QUALITY_CLOSING_UNKNOWN, table, pk, id, "closed_at", NULL),
                    "is closed, and nobody knows since when");
    if (is_open || fact->closed_at == FORE_NO_TIME || fact->created_at == FORE_NO_TIME ||
        fact->closed_at >= fact->created_at)
        return;
    fore_time_format(fact->created_at, created);
    fore_time_format(fact->closed_at, closed);
    quality_say(q,
                quality_add(q, QUALITY_CLOSED_BEFORE_CREATED, table, pk, id, "closed_at", closed),
                "closed %s, but created %s", closed, created);
}

static void check_lead(quality_run *q, const void *row)
{
    const fore_lead_row *lead = row;
    quality_fact *fact = quality_fact_of(q, FORE_LEAD, lead->pk);
    quality_fact *owner = quality_fact_of(q, FORE_REP, lead->owner);
    refer(q, FORE_ACCOUNT, lead->account, FORE_TABLE_LEAD);
    refer(q, FORE_CONTACT, lead->contact, FORE_TABLE_LEAD);
    refer(q, FORE_CAMPAIGN, lead->campaign, FORE_TABLE_LEAD);
    refer(q, FORE_REP, lead->owner, FORE_TABLE_LEAD);
    refer(q, FORE_DEAL, lead->deal, FORE_TABLE_LEAD);
    if (!fact) return;
    if (owner && fact->outcome == FORE_OUTCOME_OPEN) owner->open_leads++;
    check_life(q, FORE_TABLE_LEAD, lead->pk, lead->id, fact);
    if (fact->outcome == FORE_WON && !fact->has_deal)
        quality_say(q,
                    quality_add(q, QUALITY_CONVERTED_WITHOUT_DEAL, FORE_TABLE_LEAD, lead->pk,
                                lead->id, "deal_id", NULL),
                    "is converted, but names no deal and is named by none");
}

static void check_deal_amount(quality_run *q, const fore_deal_row *deal)
{
    char money[64];
    if (deal->outcome == FORE_WON && deal->amount_minor == FORE_NO_AMOUNT)
        quality_say(q,
                    quality_add(q, QUALITY_AMOUNT_UNKNOWN, FORE_TABLE_DEAL, deal->pk, deal->id,
                                "amount", NULL),
                    "is won, but for how much is unknown");
    if (deal->amount_minor != FORE_NO_AMOUNT && deal->amount_minor < 0) {
        money_text(deal->amount_minor, money);
        quality_say(q,
                    quality_add(q, QUALITY_AMOUNT_NEGATIVE, FORE_TABLE_DEAL, deal->pk, deal->id,
                                "amount", money),
                    "has an amount below zero");
    }
    bool stated = q->exchange.own[0] != 0;
    if (deal->currency && *deal->currency && *q->main_currency &&
        (stated ? isnan(fore_exchange_rate(&q->exchange, deal->currency))
                : strcmp(deal->currency, q->main_currency) != 0))
        quality_say(q,
                    quality_add(q, QUALITY_CURRENCY_OTHER, FORE_TABLE_DEAL, deal->pk, deal->id,
                                "currency", deal->currency),
                    stated ? "is in %s, for which no rate to %s is stated"
                           : "is in %s, and most won deals are in %s",
                    deal->currency, q->main_currency);
}

/* What a deal is worth in the main currency, in hundredths; 0 where that is not known. */
static double main_worth(const quality_run *q, const fore_deal_row *deal)
{
    bool named = deal->currency && *deal->currency && *q->main_currency;
    if (deal->amount_minor == FORE_NO_AMOUNT) return 0;
    if (!named || strcmp(deal->currency, q->main_currency) == 0) return (double)deal->amount_minor;
    double rate = *q->exchange.own ? fore_exchange_rate(&q->exchange, deal->currency) : NAN;
    return isnan(rate) ? 0 : rate * (double)deal->amount_minor;
}

static void check_close_date(quality_run *q, const fore_deal_row *deal)
{
    char day[32];
    if (deal->expected_close_on == FORE_NO_DATE) return;
    quality_check_time(q, FORE_TABLE_DEAL, deal->pk, deal->id, "expected_close_at",
                       fore_time_of_date(deal->expected_close_on), true);
    if (q->as_of == FORE_NO_TIME || deal->outcome != FORE_OUTCOME_OPEN) return;
    int32_t late = fore_date_of(q->as_of) - deal->expected_close_on;
    if (late <= CLOSE_DATE_DAYS) return;
    fore_date_format(deal->expected_close_on, day);
    quality_say(q,
                quality_add(q, QUALITY_CLOSE_DATE_PASSED, FORE_TABLE_DEAL, deal->pk, deal->id,
                            "expected_close_at", day),
                "was to close %d days ago and is still open", late);
}

static void check_deal(quality_run *q, const void *row)
{
    const fore_deal_row *deal = row;
    const quality_fact *fact = quality_fact_of(q, FORE_DEAL, deal->pk);
    quality_fact *owner = quality_fact_of(q, FORE_REP, deal->owner);
    refer(q, FORE_LEAD, deal->lead, FORE_TABLE_DEAL);
    refer(q, FORE_ACCOUNT, deal->account, FORE_TABLE_DEAL);
    refer(q, FORE_CONTACT, deal->contact, FORE_TABLE_DEAL);
    refer(q, FORE_REP, deal->owner, FORE_TABLE_DEAL);
    refer(q, FORE_PRODUCT, deal->product, FORE_TABLE_DEAL);
    refer(q, FORE_CAMPAIGN, deal->campaign, FORE_TABLE_DEAL);
    if (!fact) return;
    if (owner && deal->outcome == FORE_OUTCOME_OPEN) owner->open_deals++;
    check_life(q, FORE_TABLE_DEAL, deal->pk, deal->id, fact);
    if (fact->outcome == FORE_WON && fact->closed_at == FORE_NO_TIME) {
        q->undated_wins++;
        q->undated_amount += main_worth(q, deal);
    }
    if (deal->outcome == FORE_OUTCOME_OPEN && deal->closed_at != FORE_NO_TIME)
        quality_say(q,
                    quality_add_time(q, QUALITY_CLOSING_WHILE_OPEN, FORE_TABLE_DEAL, deal->pk,
                                     deal->id, "closed_at", deal->closed_at),
                    "has a time of closing, but is neither won nor lost");
    check_deal_amount(q, deal);
    check_close_date(q, deal);
}

/* --- the other entities --- */

static void check_rep(quality_run *q, const void *row)
{
    const fore_rep_row *rep = row;
    refer(q, FORE_REP, rep->manager, FORE_TABLE_REP);
}

static void check_account(quality_run *q, const void *row)
{
    const fore_account_row *account = row;
    refer(q, FORE_REP, account->owner, FORE_TABLE_ACCOUNT);
    quality_check_time(q, FORE_TABLE_ACCOUNT, account->pk, account->id, "created_at",
                       account->created_at, false);
}

static void check_contact(quality_run *q, const void *row)
{
    const fore_contact_row *contact = row;
    refer(q, FORE_ACCOUNT, contact->account, FORE_TABLE_CONTACT);
    refer(q, FORE_REP, contact->owner, FORE_TABLE_CONTACT);
    quality_check_time(q, FORE_TABLE_CONTACT, contact->pk, contact->id, "created_at",
                       contact->created_at, false);
}

static void check_campaign(quality_run *q, const void *row)
{
    const fore_campaign_row *campaign = row;
    quality_check_time(q, FORE_TABLE_CAMPAIGN, campaign->pk, campaign->id, "started_at",
                       campaign->started_at, true);
    quality_check_time(q, FORE_TABLE_CAMPAIGN, campaign->pk, campaign->id, "ended_at",
                       campaign->ended_at, true);
}

/* --- what happened --- */

static void check_against_owner(quality_run *q, const fore_activity_row *a,
                                const quality_fact *fact, const char *noun)
{
    char at[32];
    fore_time_format(a->at, at);
    if (fact->created_at != FORE_NO_TIME && a->at < fact->created_at - BEFORE_CREATION)
        quality_say(q,
                    quality_add(q, QUALITY_ACTIVITY_BEFORE_CREATION, FORE_TABLE_ACTIVITY, a->pk,
                                a->id, "at", at),
                    "%.0f days before its %s was created",
                    (double)(fact->created_at - a->at) / (double)FORE_DAY, noun);
    if (fact->outcome != FORE_OUTCOME_OPEN && fact->closed_at != FORE_NO_TIME &&
        a->at > fact->closed_at + AFTER_CLOSING)
        quality_say(q,
                    quality_add(q, QUALITY_ACTIVITY_AFTER_CLOSING, FORE_TABLE_ACTIVITY, a->pk,
                                a->id, "at", at),
                    "%.0f days after its %s was closed",
                    (double)(a->at - fact->closed_at) / (double)FORE_DAY, noun);
}

static void check_activity(quality_run *q, const void *row)
{
    const fore_activity_row *a = row;
    refer(q, FORE_REP, a->rep, FORE_TABLE_ACTIVITY);
    refer(q, FORE_LEAD, a->lead, FORE_TABLE_ACTIVITY);
    refer(q, FORE_DEAL, a->deal, FORE_TABLE_ACTIVITY);
    refer(q, FORE_ACCOUNT, a->account, FORE_TABLE_ACTIVITY);
    refer(q, FORE_CONTACT, a->contact, FORE_TABLE_ACTIVITY);
    refer(q, FORE_CAMPAIGN, a->campaign, FORE_TABLE_ACTIVITY);
    quality_check_time(q, FORE_TABLE_ACTIVITY, a->pk, a->id, "at", a->at, false);
    quality_check_time(q, FORE_TABLE_ACTIVITY, a->pk, a->id, "due_at", a->due_at, true);
    if (a->at == FORE_NO_TIME && a->due_at == FORE_NO_TIME)
        quality_say(q,
                    quality_add(q, QUALITY_ACTIVITY_TIMELESS, FORE_TABLE_ACTIVITY, a->pk, a->id,
                                "at", NULL),
                    "has neither a time nor a due time");
    if (!a->lead && !a->deal && !a->account)
        quality_say(q,
                    quality_add(q, QUALITY_ACTIVITY_UNLINKED, FORE_TABLE_ACTIVITY, a->pk, a->id,
                                NULL, NULL),
                    a->contact ? "names a contact that has neither a deal nor a lead"
                               : "names no lead, deal, account or contact");
    if (a->at == FORE_NO_TIME) return;
    /* a lead's activities may well be older than the deal that came of it */
    const quality_fact *lead = quality_fact_of(q, FORE_LEAD, a->lead);
    const quality_fact *deal = quality_fact_of(q, FORE_DEAL, a->deal);
    if (lead && lead->known)
        check_against_owner(q, a, lead, "lead");
    else if (deal && deal->known)
        check_against_owner(q, a, deal, "deal");
}

static void check_sale(quality_run *q, const void *row)
{
    const fore_sale_row *sale = row;
    char money[64];
    refer(q, FORE_ACCOUNT, sale->account, FORE_TABLE_SALE);
    refer(q, FORE_PRODUCT, sale->product, FORE_TABLE_SALE);
    refer(q, FORE_DEAL, sale->deal, FORE_TABLE_SALE);
    quality_check_time(q, FORE_TABLE_SALE, sale->pk, sale->id, "at", sale->at, false);
    if (sale->amount_minor == FORE_NO_AMOUNT || sale->amount_minor >= 0) return;
    money_text(sale->amount_minor, money);
    quality_say(q,
                quality_add(q, QUALITY_AMOUNT_NEGATIVE, FORE_TABLE_SALE, sale->pk, sale->id,
                            "amount", money),
                "has an amount below zero: a return?");
}

static void check_ticket(quality_run *q, const void *row)
{
    const fore_ticket_row *ticket = row;
    refer(q, FORE_ACCOUNT, ticket->account, FORE_TABLE_TICKET);
    refer(q, FORE_LEAD, ticket->lead, FORE_TABLE_TICKET);
    quality_check_time(q, FORE_TABLE_TICKET, ticket->pk, ticket->id, "opened_at", ticket->opened_at,
                       false);
    quality_check_time(q, FORE_TABLE_TICKET, ticket->pk, ticket->id, "closed_at", ticket->closed_at,
                       false);
}

/* --- the currency of most won deals --- */

enum { CURRENCIES = 32 };

/* Ties go to the one that comes first in the store. */
static fore_status find_main_currency(quality_run *q, fore_error *err)
{
    struct {
        char word[16];
        int64_t won;
    } seen[CURRENCIES];
    int count = 0, best = -1;
    fore_deal_row deal;
    fore_cursor *cursor = NULL;
    bool more;
    fore_status status;
    FORE_TRY(fore_cursor_open(q->store, FORE_TABLE_DEAL, false, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &deal, &more, err));
        if (!more) break;
        if (deal.outcome != FORE_WON || !deal.currency || !*deal.currency) continue;
        int c = 0;
        while (c < count && strcmp(seen[c].word, deal.currency) != 0) c++;
        if (c == count && (count == CURRENCIES || strlen(deal.currency) >= sizeof seen[0].word))
            continue;
        if (c == count) {
            strcpy(seen[count].word, deal.currency);
            seen[count++].won = 0;
        }
        seen[c].won++;
    }
    for (int c = 0; c < count; c++)
        if (best < 0 || seen[c].won > seen[best].won) best = c;
    if (best >= 0) strcpy(q->main_currency, seen[best].word);
done:
    fore_cursor_close(cursor);
    return status;
}

fore_status quality_check_rows(quality_run *q, fore_error *err)
{
    union {
        fore_rep_row rep;
        fore_account_row account;
        fore_contact_row contact;
        fore_campaign_row campaign;
        fore_lead_row lead;
        fore_deal_row deal;
        fore_activity_row activity;
        fore_sale_row sale;
        fore_ticket_row ticket;
    } row;
    FORE_TRY(find_main_currency(q, err));
    FORE_TRY(fore_store_exchange(q->store, &q->exchange, err));
    if (q->exchange.own[0]) strcpy(q->main_currency, q->exchange.own);
    FORE_TRY(quality_walk(q, FORE_TABLE_REP, false, &row, check_rep, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_ACCOUNT, false, &row, check_account, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_CONTACT, false, &row, check_contact, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_CAMPAIGN, false, &row, check_campaign, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_LEAD, false, &row, check_lead, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_DEAL, false, &row, check_deal, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_ACTIVITY, false, &row, check_activity, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_SALE, false, &row, check_sale, err));
    return quality_walk(q, FORE_TABLE_TICKET, false, &row, check_ticket, err);
}
