/* Quotas of Salesforce and goals of HubSpot, as targets. One amount per rep (or team) and period:
 * what is a part of it, or something else than money, is left out with the reason. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "datasets/import_run.h"

/* Two quotas of one rep and period are alternatives where they are of different kinds. */
static fore_status refuse_another_kind(fore_importing *run, fore_row *row, const char *kind,
                                       const char *reason, fore_error *err)
{
    const char *scope = fore_text_of(row, FORE_SLOT_SCOPE),
               *id = fore_text_of(row, FORE_SLOT_SCOPE_ID);
    char key[300];
    snprintf(key, sizeof key, "%s|%.200s|%lld|%lld", scope, id ? id : "",
             (long long)fore_date_in(row, FORE_SLOT_PERIOD_START),
             (long long)fore_date_in(row, FORE_SLOT_PERIOD_END));
    const fore_lookup_entry *before = fore_lookup_find(run, FORE_LOOK_TARGET, key);
    if (before && strcmp(before->text, kind) != 0) return fore_reject(run, NULL, kind, reason, err);
    fore_lookup_entry entry = {.text = kind};
    return before ? FORE_OK : fore_lookup_put(run, FORE_LOOK_TARGET, key, &entry, err);
}

/* Targets have no currency of their own: all are of the first one's. */
static fore_status refuse_another_currency(fore_importing *run, fore_row *row, fore_error *err)
{
    const char *code = fore_text_of(row, FORE_SLOT_CURRENCY);
    const fore_lookup_entry *first = fore_lookup_find(run, FORE_LOOK_TARGET, "");
    if (!code || !*code) return FORE_OK;
    if (first && strcmp(first->text, code) != 0)
        return fore_reject_slot(run, FORE_SLOT_CURRENCY,
                                "another currency than the first quota's; convert quotas into one",
                                err);
    fore_lookup_entry entry = {.text = code};
    return first ? FORE_OK : fore_lookup_put(run, FORE_LOOK_TARGET, "", &entry, err);
}

static fore_status name_rep(fore_importing *run, const char *id, const char *name, fore_error *err)
{
    fore_put put;
    fore_rep_row rep = {.id = id,
                        .known = true,
                        .name = name,
                        .hours_per_week = NAN,
                        .hourly_cost_minor = FORE_NO_AMOUNT,
                        .active_from_on = FORE_NO_DATE,
                        .active_to_on = FORE_NO_DATE};
    return id && name ? fore_store_put_rep(run->store, &rep, &put, err) : FORE_OK;
}

fore_status fore_shape_quota(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    const char *id = fore_text_of(row, FORE_SLOT_SCOPE_ID),
               *type = fore_text_of(row, FORE_SLOT_SUBTYPE);
    fore_set_text(row, FORE_SLOT_SCOPE, id ? "rep" : "company");
    if (fore_has(row, FORE_SLOT_CATEGORY))
        return fore_reject_slot(run, FORE_SLOT_CATEGORY,
                                "a quota of a part of the sales; only whole quotas are read", err);
    if (fore_has(row, FORE_SLOT_REGION))
        return fore_reject_slot(run, FORE_SLOT_REGION,
                                "a quota of a territory; only quotas of reps are read", err);
    if (!fore_has(row, FORE_SLOT_AMOUNT) && fore_has(row, FORE_SLOT_QUANTITY))
        return fore_reject_slot(run, FORE_SLOT_QUANTITY,
                                "a quota of a quantity; only amounts of money are read", err);
    FORE_TRY(refuse_another_currency(run, row, err));
    if (row->rejected) return FORE_OK;
    FORE_TRY(refuse_another_kind(
        run, row, type ? type : "",
        "a quota of another forecast type for the period; leave one of them", err));
    return row->rejected ? FORE_OK : name_rep(run, id, fore_text_of(row, FORE_SLOT_REP_NAME), err);
}

/* By what the goal is called: what is counted is no money, whatever else the name says. */
static bool is_of_money(const char *name, const char *kpi)
{
    static const char *const counted[] = {"pipeline",   "call",    "dial",    "meeting", "email",
                                          "task",       "ticket",  "contact", "lead",    "activity",
                                          "activities", "created", "time",    "visit",   NULL};
    static const char *const money[] = {"revenue", "quota", "sale",   "booking", "turnover",
                                        "arr",     "mrr",   "umsatz", NULL};
    for (const char *const *w = counted; *w; w++)
        if ((name && fore_has_word(name, *w)) || (kpi && fore_has_word(kpi, *w))) return false;
    for (const char *const *w = money; *w; w++)
        if ((name && fore_has_word(name, *w)) || (kpi && fore_has_word(kpi, *w))) return true;
    return false;
}

/* To whom a goal is assigned: an owner, a user who is one, else a team. */
static fore_status assign(fore_importing *run, fore_row *row, fore_error *err)
{
    const char *user = fore_text_of(row, FORE_SLOT_KEY), *id = fore_text_of(row, FORE_SLOT_OWNER);
    const fore_lookup_entry *owner = fore_lookup_find(run, FORE_LOOK_OWNER_OF_USER, user);
    if (!id && owner) id = owner->text;
    if (!id && user)
        return fore_reject_slot(run, FORE_SLOT_KEY,
                                "no owner is this user; export owners with owner_id and user_id",
                                err);
    bool team = !id && fore_has(row, FORE_SLOT_TEAM);
    if (!id && !team)
        return fore_reject(run, NULL, NULL,
                           "a goal of nobody; export hubspot_owner_id or hs_assignee_team_id", err);
    fore_set_text(row, FORE_SLOT_SCOPE, team ? "team" : "rep");
    fore_set_text(row, FORE_SLOT_SCOPE_ID, team ? fore_text_of(row, FORE_SLOT_TEAM) : id);
    return FORE_OK;
}

fore_status fore_shape_goal(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    const char *name = fore_text_of(row, FORE_SLOT_NAME);
    if (!is_of_money(name, fore_text_of(row, FORE_SLOT_SUBTYPE)))
        return fore_reject_slot(run, FORE_SLOT_NAME,
                                "a goal not named for revenue, quota, sales or bookings; rename it",
                                err);
    FORE_TRY(assign(run, row, err));
    if (row->rejected) return FORE_OK;
    return refuse_another_kind(run, row, name ? name : "",
                               "another goal for the same period; leave one in the export", err);
}
