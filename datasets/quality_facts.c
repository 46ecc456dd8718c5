/* What the rules need to know of other rows - who exists, when it was created and closed - and the
 * rules on references: dangling ones, and owners who have left. */
#include <string.h>

#include "datasets/quality_run.h"

static quality_fact *fact_make(quality_run *q, fore_entity entity, int64_t pk)
{
    if (q->failed || fore_grow((void **)&q->facts[entity], &q->capacity[entity], pk + 1,
                               sizeof **q->facts, NULL) != FORE_OK) {
        q->failed = true;
        return NULL;
    }
    quality_fact *facts = q->facts[entity];
    const quality_fact none = {.created_at = FORE_NO_TIME, .closed_at = FORE_NO_TIME};
    if (q->last[entity] == 0) facts[0] = none;
    while (q->last[entity] < pk) facts[++q->last[entity]] = none;
    return &facts[pk];
}

/* Every row struct of an entity begins so. */
typedef struct entity_head {
    int64_t pk;
    const char *id;
    bool known;
} entity_head;

static quality_fact *take_head(quality_run *q, fore_entity entity, const void *row)
{
    const entity_head *head = row;
    quality_fact *fact = fact_make(q, entity, head->pk);
    if (fact) fact->known = head->known;
    return fact;
}

static void take_rep(quality_run *q, const void *row) { take_head(q, FORE_REP, row); }
static void take_account(quality_run *q, const void *row) { take_head(q, FORE_ACCOUNT, row); }
static void take_contact(quality_run *q, const void *row) { take_head(q, FORE_CONTACT, row); }
static void take_campaign(quality_run *q, const void *row) { take_head(q, FORE_CAMPAIGN, row); }
static void take_product(quality_run *q, const void *row) { take_head(q, FORE_PRODUCT, row); }

static fore_outcome outcome_of_status(const char *status)
{
    if (!status) return FORE_OUTCOME_OPEN;
    if (fore_text_equal_fold(status, "converted")) return FORE_WON;
    return fore_text_equal_fold(status, "disqualified") || fore_text_equal_fold(status, "lost")
               ? FORE_LOST
               : FORE_OUTCOME_OPEN;
}

static void take_lead(quality_run *q, const void *row)
{
    const fore_lead_row *lead = row;
    quality_fact *fact = take_head(q, FORE_LEAD, row);
    if (!fact) return;
    fact->created_at = lead->created_at;
    fact->closed_at = lead->closed_at;
    fact->outcome = (uint8_t)outcome_of_status(lead->status);
    fact->has_deal = lead->deal != 0;
}

static void take_deal(quality_run *q, const void *row)
{
    const fore_deal_row *deal = row;
    quality_fact *fact = take_head(q, FORE_DEAL, row);
    if (!fact) return;
    fact->created_at = deal->created_at;
    fact->closed_at = deal->closed_at;
    fact->outcome = (uint8_t)deal->outcome;
    fact->lead = deal->lead;
}

fore_status quality_check_facts(quality_run *q, fore_error *err)
{
    fore_any_row row;
    FORE_TRY(quality_walk(q, FORE_TABLE_REP, true, &row, take_rep, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_ACCOUNT, true, &row, take_account, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_CONTACT, true, &row, take_contact, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_CAMPAIGN, true, &row, take_campaign, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_PRODUCT, true, &row, take_product, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_LEAD, true, &row, take_lead, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_DEAL, true, &row, take_deal, err));
    for (int64_t pk = 1; pk <= q->last[FORE_DEAL]; pk++) {
        const quality_fact *deal = &q->facts[FORE_DEAL][pk];
        quality_fact *lead = deal->known ? quality_fact_of(q, FORE_LEAD, deal->lead) : NULL;
        if (lead) lead->has_deal = true;
    }
    return FORE_OK;
}

/* --- rules --- */

static void check_dangling(quality_run *q, fore_entity entity, const void *row)
{
    const entity_head *head = row;
    const quality_fact *fact = quality_fact_of(q, entity, head->pk);
    if (head->known || !fact || fact->references == 0) return;
    quality_say(q,
                quality_add(q, QUALITY_REFERENCE_DANGLING, (fore_table)entity, head->pk, head->id,
                            NULL, NULL),
                "named by %d %s (first by %s %s), but no imported file holds this %s",
                fact->references, fact->references == 1 ? "row" : "rows",
                strchr("ao", fact->first_from[0]) ? "an" : "a", fact->first_from,
                quality_noun((fore_table)entity, false));
}

static void check_rep(quality_run *q, const void *row)
{
    const fore_rep_row *rep = row;
    const quality_fact *fact = quality_fact_of(q, FORE_REP, rep->pk);
    check_dangling(q, FORE_REP, row);
    if (!rep->known || !fact || q->as_of == FORE_NO_TIME || rep->active_to_on == FORE_NO_DATE)
        return;
    if (rep->active_to_on >= fore_date_of(q->as_of) || fact->open_leads + fact->open_deals == 0)
        return;
    char day[32];
    fore_date_format(rep->active_to_on, day);
    quality_say(
        q, quality_add(q, QUALITY_OWNER_LEFT, FORE_TABLE_REP, rep->pk, rep->id, "active_to", day),
        "left on %s and still owns %d open leads and %d open deals", day, fact->open_leads,
        fact->open_deals);
}

static void check_account(quality_run *q, const void *row) { check_dangling(q, FORE_ACCOUNT, row); }
static void check_contact(quality_run *q, const void *row) { check_dangling(q, FORE_CONTACT, row); }
static void check_campaign(quality_run *q, const void *row)
{
    check_dangling(q, FORE_CAMPAIGN, row);
}
static void check_product(quality_run *q, const void *row) { check_dangling(q, FORE_PRODUCT, row); }
static void check_lead(quality_run *q, const void *row) { check_dangling(q, FORE_LEAD, row); }
static void check_deal(quality_run *q, const void *row) { check_dangling(q, FORE_DEAL, row); }

fore_status quality_check_references(quality_run *q, fore_error *err)
{
    fore_any_row row;
    FORE_TRY(quality_walk(q, FORE_TABLE_REP, true, &row, check_rep, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_ACCOUNT, true, &row, check_account, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_CONTACT, true, &row, check_contact, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_CAMPAIGN, true, &row, check_campaign, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_PRODUCT, true, &row, check_product, err));
    FORE_TRY(quality_walk(q, FORE_TABLE_LEAD, true, &row, check_lead, err));
    return quality_walk(q, FORE_TABLE_DEAL, true, &row, check_deal, err);
}
