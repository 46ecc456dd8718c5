/* Rows of accounts, leads, deals and their changes, and what is true of each lead. A lead is
 * written when it is closed or when the history ends; who it is is drawn again from its number. */
#include "datasets/simulate_text.h"

#include <math.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/memory.h"

static const char *const industries[SIM_INDUSTRIES] = {"Education", "Healthcare",   "Software",
                                                       "Retail",    "Logistics",    "Manufacturing",
                                                       "Energy",    "Public sector"};
static const char *const countries[SIM_COUNTRIES] = {"India", "Germany", "United States",
                                                     "United Kingdom", "UAE"};
static const char *const sources[SIM_SOURCES] = {"Web",     "Referral", "Event",
                                                 "Partner", "Ads",      "Cold list"};
static const char *const titles[SIM_TITLES] = {"Owner",    "Director",  "Manager",
                                               "Engineer", "Assistant", "Student"};
static const char *const languages[] = {"en", "hi", "te", "ta"};
static const char *const stages[SIM_STAGES] = {"Lead",        "Qualification", "Proposal",
                                               "Negotiation", "Won",           "Lost"};
static const char *const reasons[] = {"price", "competitor", "no budget", "no decision", "timing"};

const char *fore_sim_stage_word(int stage) { return stages[stage]; }

void fore_sim_rows_free(sim_rows *r)
{
    fore_text *all[] = {&r->activities, &r->leads, &r->deals,    &r->changes, &r->orders,
                        &r->tickets,    &r->truth, &r->accounts, &r->dirty};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) fore_text_free(all[i]);
}

/* Text as a CSV field; cut where it would not fit into 200 bytes (no text of this world is that
 * long). */
static char *put_field(char *p, const char *text, char sep)
{
    if (!strchr(text, sep) && !strchr(text, '"')) return fore_sim_put(p, text);
    *p++ = '"';
    for (; *text; text++) {
        if (*text == '"') *p++ = '"';
        *p++ = *text;
    }
    *p++ = '"';
    return p;
}

typedef struct company {
    char name[96], slug[32];
} company;

static company company_of(const sim_world *w, int64_t seat, int32_t account)
{
    company c;
    uint32_t u[4];
    fore_sim_draw(w, SIM_DRAW_NAME, 0, (uint64_t)seat << 32 | (uint32_t)account, u);
    fore_sim_company(u[0], c.name, sizeof c.name, c.slug, sizeof c.slug);
    return c;
}

void fore_sim_rows_account(sim_rows *rows, int64_t seat, int32_t account)
{
    const sim_world *w = rows->world;
    char row[512], *p = row, sep = w->options.delimiter;
    sim_account a = fore_sim_account(w, seat, account);
    company c = company_of(w, seat, account);
    p = fore_sim_put_account(p, seat, account);
    *p++ = sep;
    p = put_field(p, c.name, sep);
    *p++ = sep;
    p = fore_sim_put(p, industries[a.industry]);
    *p++ = sep;
    p = fore_sim_put_integer(p, (int64_t)a.employees);
    *p++ = sep;
    p = fore_sim_put_integer(p, (int64_t)(a.employees * (30.0 + 40.0 * a.created)) * 1000);
    *p++ = sep;
    p = fore_sim_put(p, countries[a.country]);
    *p++ = sep;
    p = fore_sim_put(p, fore_sim_region(seat));
    *p++ = sep;
    p = fore_sim_put_rep(p, seat);
    *p++ = sep;
    p = fore_sim_put_time(p, fore_sim_moment(w, w->seat[seat].account_week[account], 0.0));
    p = fore_sim_put_end(p, &w->options);
    fore_text_add(&rows->accounts, row, p - row);
    rows->account_count++;
}

/* --- leads --- */

typedef struct lead_texts {
    char name[160], mail[160], phone[24];
} lead_texts;

static lead_texts texts_of(const sim_world *w, int64_t seat, const sim_lead *lead, int language)
{
    lead_texts t;
    uint32_t u[4];
    fore_sim_draw(w, SIM_DRAW_NAME, lead->born, lead->number | UINT64_C(1) << 61, u);
    sim_person person = fore_sim_person(language, u[0]);
    company c = company_of(w, seat, lead->account);
    char *p = fore_sim_put(t.name, person.given);
    *p++ = ' ';
    *fore_sim_put(p, person.family) = 0;
    p = fore_sim_put(t.mail, person.given_latin);
    *p++ = '.';
    p = fore_sim_put(p, person.family_latin);
    p = fore_sim_put_integer(p, (int64_t)lead->number);
    *p++ = '@';
    p = fore_sim_put(p, c.slug);
    *fore_sim_put(p, ".example.org") = 0;
    *fore_sim_put_integer(fore_sim_put(t.phone, "+999 "),
                          (int64_t)(UINT64_C(10000000) + lead->number)) = 0;
    return t;
}

/* One row; `letter` L, or a duplicate under another id. */
static void put_lead(sim_rows *rows, int64_t seat, const sim_lead *lead, char letter,
                     const lead_texts *t, const sim_profile *profile, int language,
                     const char *status, int64_t closed_at)
{
    const sim_world *w = rows->world;
    char row[1024], *p = row, sep = w->options.delimiter;
    bool own = letter == 'L',
         from_campaign = (profile->source == 2 || profile->source == 4) && lead->born >= 0;
    p = fore_sim_put_id(p, letter, lead->number);
    *p++ = sep;
    p = fore_sim_put_account(p, seat, lead->account);
    *p++ = sep;
    p = put_field(p, t->name, sep);
    *p++ = sep;
    p = fore_sim_put(p, t->mail);
    *p++ = sep;
    p = fore_sim_put(p, t->phone);
    *p++ = sep;
    p = fore_sim_put(p, titles[profile->title]);
    *p++ = sep;
    p = fore_sim_put(p, sources[profile->source]);
    *p++ = sep;
    if (from_campaign) p = fore_sim_put_campaign(p, lead->born / SIM_CAMPAIGN_WEEKS + 1);
    *p++ = sep;
    p = fore_sim_put_rep(p, seat);
    *p++ = sep;
    p = fore_sim_put_time(p, lead->created_at);
    *p++ = sep;
    p = fore_sim_put(p, status);
    *p++ = sep;
    if (closed_at != FORE_NO_TIME) p = fore_sim_put_time(p, closed_at);
    *p++ = sep;
    if (own && lead->stage > SIM_LEAD && lead->deal_at) p = fore_sim_put_id(p, 'D', lead->number);
    *p++ = sep;
    *p++ = lead->do_not_contact ? '1' : '0';
    *p++ = sep;
    p = fore_sim_put(p, fore_sim_product_word(profile->product));
    *p++ = sep;
    p = fore_sim_put(p, languages[language]);
    p = fore_sim_put_end(p, &w->options);
    fore_text_add(&rows->leads, row, p - row);
    rows->lead_count++;
}

static void count_quality(sim_rows *rows, const sim_lead *lead, bool converted)
{
    if (lead->born < 0) return;
    int bin = (int)((lead->attribute_logit + lead->hidden_logit + 6.0) / 12.0 * 512.0);
    rows->by_quality[converted][bin < 0 ? 0 : bin > 511 ? 511 : bin]++;
}

/* The row, and what dirt adds to it. */
static void write_lead(sim_rows *rows, int64_t seat, const sim_lead *lead, const char *status,
                       int64_t closed_at)
{
    static const int kinds[] = {FORE_DIRTY_DUPLICATE_MAIL, FORE_DIRTY_DUPLICATE_PHONE,
                                FORE_DIRTY_BYTES};
    const sim_world *w = rows->world;
    sim_profile profile = fore_sim_profile(w, seat, lead->number, lead->born, lead->account);
    int language = fore_sim_account(w, seat, lead->account).language, dirt = 0;
    lead_texts t = texts_of(w, seat, lead, language);
    char id[24], other[24];
    *fore_sim_put_id(id, 'L', lead->number) = 0;
    *fore_sim_put_id(other, 'Y', lead->number) = 0;
    if (w->options.dirty_share > 0.0) {
        uint32_t u[4];
        fore_sim_draw(w, SIM_DRAW_DIRTY_LEAD, 0, lead->number, u);
        dirt = fore_sim_dirt(w, u, kinds, 3);
    }
    if (dirt == FORE_DIRTY_BYTES) *fore_sim_put(t.name, "Jos\xE9 \xFF\xFE") = 0;
    put_lead(rows, seat, lead, 'L', &t, &profile, language, status, closed_at);
    if (dirt == FORE_DIRTY_DUPLICATE_MAIL || dirt == FORE_DIRTY_DUPLICATE_PHONE) {
        char *dropped = dirt == FORE_DIRTY_DUPLICATE_MAIL ? t.phone : t.mail;
        *dropped = 0; /* the twin shares one of the two */
        put_lead(rows, seat, lead, 'Y', &t, &profile, language, "new", FORE_NO_TIME);
    }
    if (dirt)
        fore_sim_note_dirt(rows, dirt, "leads.csv", id, dirt == FORE_DIRTY_BYTES ? NULL : other);
}

void fore_sim_rows_lead(sim_rows *rows, int64_t seat, const sim_lead *lead, const char *status,
                        int64_t closed_at)
{
    write_lead(rows, seat, lead, status, closed_at);
    if (closed_at == FORE_NO_TIME) return;
    bool converted = strcmp(status, "converted") == 0;
    if (converted)
        rows->converted++;
    else
        rows->disqualified++;
    count_quality(rows, lead, converted);
    if (!converted) fore_sim_rows_truth(rows, lead, status, NAN);
}

void fore_sim_rows_truth(sim_rows *rows, const sim_lead *lead, const char *state, double p_win)
{
    const sim_world *w = rows->world;
    char row[256], *p = row, sep = w->options.delimiter;
    p = fore_sim_put_id(p, 'L', lead->number);
    *p++ = sep;
    if (lead->deal_at) p = fore_sim_put_id(p, 'D', lead->number);
    *p++ = sep;
    p = fore_sim_put(p, state);
    *p++ = sep;
    p = fore_sim_put_fixed(p, lead->attribute_logit, 4);
    *p++ = sep;
    p = fore_sim_put_fixed(p, lead->hidden_logit, 4);
    *p++ = sep;
    if (!isnan(p_win)) p = fore_sim_put_fixed(p, p_win, 6);
    p = fore_sim_put_end(p, &w->options);
    fore_text_add(&rows->truth, row, p - row);
}

/* --- deals --- */

void fore_sim_rows_change(sim_rows *rows, sim_lead *lead, int64_t at, const char *field,
                          const char *before, const char *after)
{
    const sim_world *w = rows->world;
    bool stage = strcmp(field, "stage") == 0;
    if (stage && strcmp(after, stages[SIM_QUALIFICATION]) == 0 && w->options.dirty_share > 0.0) {
        static const int kinds[] = {FORE_DIRTY_SKIPPED_STAGE};
        uint32_t u[4];
        fore_sim_draw(w, SIM_DRAW_DIRTY_DEAL, 1, lead->number, u);
        lead->skips_stage = fore_sim_dirt(w, u, kinds, 1) != 0;
    }
    if (stage && lead->skips_stage && strcmp(after, stages[SIM_PROPOSAL]) == 0) return;
    if (stage && lead->skips_stage && strcmp(before, stages[SIM_PROPOSAL]) == 0)
        before = stages[SIM_QUALIFICATION];
    char row[256], id[24], *p = row, sep = w->options.delimiter;
    *fore_sim_put_id(id, 'D', lead->number) = 0;
    if (stage && lead->skips_stage && strcmp(after, stages[SIM_NEGOTIATION]) == 0)
        fore_sim_note_dirt(rows, FORE_DIRTY_SKIPPED_STAGE, "deal_changes.csv", id, NULL);
    p = fore_sim_put(p, id);
    *p++ = sep;
    p = fore_sim_put_time(p, at);
    *p++ = sep;
    p = fore_sim_put(p, field);
    *p++ = sep;
    p = fore_sim_put(p, before);
    *p++ = sep;
    p = fore_sim_put(p, after);
    p = fore_sim_put_end(p, &w->options);
    fore_text_add(&rows->changes, row, p - row);
}

void fore_sim_rows_amount(sim_rows *rows, sim_lead *lead, int64_t at, int64_t before)
{
    char old[32], new[32];
    *fore_sim_put_fixed(old, (double)before, 2) = 0;
    *fore_sim_put_fixed(new, (double)lead->amount, 2) = 0;
    fore_sim_rows_change(rows, lead, at, "amount", old, new);
}

void fore_sim_rows_push(sim_rows *rows, sim_lead *lead, int64_t at, int32_t before)
{
    char old[32], new[32];
    *fore_sim_put_date(old, before) = 0;
    *fore_sim_put_date(new, lead->expected_close_on) = 0;
    fore_sim_rows_change(rows, lead, at, "expected_close_at", old, new);
}

static int deal_dirt(const sim_rows *rows, const sim_lead *lead)
{
    const sim_world *w = rows->world;
    if (w->options.dirty_share == 0.0 || lead->stage < SIM_WON) return 0;
    static const int kinds[] = {FORE_DIRTY_CLOSED_BEFORE_CREATED, FORE_DIRTY_WON_WITHOUT_AMOUNT};
    uint32_t u[4];
    fore_sim_draw(w, SIM_DRAW_DIRTY_DEAL, 0, lead->number, u);
    return fore_sim_dirt(w, u, kinds, lead->stage == SIM_WON ? 2 : 1);
}

static void put_deal(sim_rows *rows, int64_t seat, const sim_lead *lead, int64_t closed_at,
                     int dirt, const char *id)
{
    const sim_world *w = rows->world;
    char row[768], name[160], *p = row, sep = w->options.delimiter;
    company c = company_of(w, seat, lead->account);
    *fore_sim_put(fore_sim_put(fore_sim_put(name, c.name), " - "),
                  fore_sim_product_word(lead->product)) = 0;
    p = fore_sim_put(p, id);
    *p++ = sep;
    p = fore_sim_put_id(p, 'L', lead->number);
    *p++ = sep;
    p = fore_sim_put_account(p, seat, lead->account);
    *p++ = sep;
    p = fore_sim_put_rep(p, seat);
    *p++ = sep;
    *p++ = 'P';
    p = fore_sim_put_integer(p, lead->product + 1);
    *p++ = sep;
    p = put_field(p, name, sep);
    *p++ = sep;
    p = fore_sim_put(p, stages[lead->stage]);
    *p++ = sep;
    if (dirt != FORE_DIRTY_WON_WITHOUT_AMOUNT) p = fore_sim_put_fixed(p, (double)lead->amount, 2);
    *p++ = sep;
    p = fore_sim_put(p, w->options.currency);
    *p++ = sep;
    p = fore_sim_put_time(p, lead->deal_at);
    *p++ = sep;
    p = fore_sim_put_date(p, lead->expected_close_on);
    *p++ = sep;
    if (dirt == FORE_DIRTY_CLOSED_BEFORE_CREATED) closed_at = lead->deal_at - 9 * FORE_DAY;
    if (closed_at != FORE_NO_TIME) p = fore_sim_put_time(p, closed_at);
    *p++ = sep;
    p = fore_sim_put(p, lead->stage == SIM_WON ? "won" : lead->stage == SIM_LOST ? "lost" : "open");
    *p++ = sep;
    if (lead->stage == SIM_LOST) p = fore_sim_put(p, reasons[lead->number * 2654435761u % 5]);
    p = fore_sim_put_end(p, &w->options);
    fore_text_add(&rows->deals, row, p - row);
    rows->deal_count++;
}

void fore_sim_rows_deal(sim_rows *rows, int64_t seat, const sim_lead *lead, int64_t closed_at)
{
    char id[24];
    *fore_sim_put_id(id, 'D', lead->number) = 0;
    int dirt = deal_dirt(rows, lead);
    if (lead->deal_at <
        fore_sim_week_start(rows->world, 0)) /* its lead closed before the files begin */
        write_lead(rows, seat, lead, "converted", lead->deal_at);
    put_deal(rows, seat, lead, closed_at, dirt, id);
    if (dirt) fore_sim_note_dirt(rows, dirt, "deals.csv", id, NULL);
    if (closed_at == FORE_NO_TIME) return;
    fore_sim_rows_truth(rows, lead, lead->stage == SIM_WON ? "won" : "deal lost", NAN);
    if (lead->stage == SIM_WON) {
        rows->won_count++;
        rows->won_amount += (double)lead->amount;
    } else {
        rows->lost_count++;
    }
}
