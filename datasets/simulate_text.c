/* Ids, times and numbers as bytes; the header lines; the small files; orders and tickets. */
#include "datasets/simulate_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/civil.h"

/* --- pushing bytes --- */

char *fore_sim_put(char *p, const char *text)
{
    size_t n = strlen(text);
    memcpy(p, text, n); /* NOLINT(bugprone-not-null-terminated-result): the pieces of one line */
    return p + n;
}

static char *put_padded(char *p, uint64_t value, int width)
{
    char digits[24];
    int n = 0;
    do digits[n++] = (char)('0' + value % 10), value /= 10;
    while (value);
    while (n < width) digits[n++] = '0';
    while (n) *p++ = digits[--n];
    return p;
}

char *fore_sim_put_integer(char *p, int64_t value)
{
    if (value < 0) *p++ = '-';
    return put_padded(p, value < 0 ? -(uint64_t)value : (uint64_t)value, 1);
}

/* Rounded half up on the scaled integer: the same on every machine. |value| < 9e12. */
char *fore_sim_put_fixed(char *p, double value, int decimals)
{
    uint64_t scale = 1;
    for (int i = 0; i < decimals; i++) scale *= 10;
    uint64_t scaled = (uint64_t)(fabs(value) * (double)scale + 0.5);
    if (value < 0.0 && scaled > 0) *p++ = '-';
    p = put_padded(p, scaled / scale, 1);
    *p++ = '.';
    return put_padded(p, scaled % scale, decimals);
}

char *fore_sim_put_date(char *p, int32_t days)
{
    int32_t year, month, day;
    fore_civil_from_days(days, &year, &month, &day);
    p = put_padded(p, (uint64_t)year, 4);
    *p++ = '-';
    p = put_padded(p, (uint64_t)month, 2);
    *p++ = '-';
    return put_padded(p, (uint64_t)day, 2);
}

char *fore_sim_put_time(char *p, int64_t time)
{
    int32_t days = fore_date_of(time);
    uint64_t seconds = (uint64_t)((time - fore_time_of_date(days)) / FORE_SECOND);
    p = fore_sim_put_date(p, days);
    *p++ = 'T';
    p = put_padded(p, seconds / 3600, 2);
    *p++ = ':';
    p = put_padded(p, seconds / 60 % 60, 2);
    *p++ = ':';
    p = put_padded(p, seconds % 60, 2);
    *p++ = 'Z';
    return p;
}

char *fore_sim_put_id(char *p, char letter, uint64_t number)
{
    *p++ = letter;
    return put_padded(p, number, 7);
}

char *fore_sim_put_activity_id(char *p, uint64_t number, int32_t sequence)
{
    p = fore_sim_put_id(p, 'A', number);
    *p++ = '-';
    return put_padded(p, (uint64_t)sequence, 1);
}

char *fore_sim_put_rep(char *p, int64_t seat)
{
    *p++ = 'R';
    return put_padded(p, (uint64_t)seat + 1, 4);
}

char *fore_sim_put_account(char *p, int64_t seat, int32_t account)
{
    *p++ = 'C';
    p = put_padded(p, (uint64_t)seat + 1, 4);
    *p++ = '-';
    return put_padded(p, (uint64_t)account + 1, 4);
}

char *fore_sim_put_campaign(char *p, int campaign)
{
    *p++ = 'K';
    return put_padded(p, (uint64_t)campaign, 3);
}

char *fore_sim_put_end(char *p, const fore_simulate_options *o)
{
    if (o->crlf) *p++ = '\r';
    *p++ = '\n';
    return p;
}

/* --- dirt --- */

static const char *const dirty_words[FORE_DIRTY_KINDS] = {
    "closed-before-created", "won-without-amount", "dangling-reference",
    "duplicate-mail",        "duplicate-phone",    "skipped-stage",
    "future-date",           "ragged-row",         "bad-bytes"};

const char *fore_dirty_word(int kind_bit)
{
    for (int i = 0; i < FORE_DIRTY_KINDS; i++)
        if (kind_bit == 1 << i) return dirty_words[i];
    return NULL;
}

int fore_sim_dirt(const sim_world *w, const uint32_t word[4], const int *kinds, int count)
{
    if (fore_sim_unit(word[0]) >= w->options.dirty_share) return 0;
    int allowed[FORE_DIRTY_KINDS], n = 0;
    for (int i = 0; i < count; i++)
        if (w->options.dirty_kinds & (uint32_t)kinds[i]) allowed[n++] = kinds[i];
    return n ? allowed[word[1] % (uint32_t)n] : 0;
}

void fore_sim_note_dirt(sim_rows *rows, int kind, const char *file, const char *id,
                        const char *other)
{
    if (rows->dirty.length) fore_text_putc(&rows->dirty, ',');
    fore_text_printf(&rows->dirty, "\n{\"kind\":\"%s\",\"file\":\"%s\",\"id\":\"%s\"",
                     fore_dirty_word(kind), file, id);
    if (other) fore_text_printf(&rows->dirty, ",\"other\":\"%s\"", other);
    fore_text_putc(&rows->dirty, '}');
    rows->dirty_count++;
}

/* --- header lines --- */

const char *const fore_sim_file_name[SIM_FILES] = {
    "reps.csv",       "accounts.csv",    "leads.csv",    "deals.csv",  "deal_changes.csv",
    "activities.csv", "campaigns.csv",   "products.csv", "orders.csv", "tickets.csv",
    "targets.csv",    "truth_leads.csv", "truth.json"};

static const char *const header_lines[SIM_FILES] = {
    "rep_id,name,team,region,manager_id,hours_per_week,hourly_cost,active_from,active_to,territory_potential",
    "account_id,name,industry,employees,annual_revenue,country,region,owner_id,created_at",
    ("lead_id,account_id,name,email,phone,title,source,campaign_id,owner_id,created_at,status,closed_at,deal_id,"
     "do_not_contact,interest,language"),
    ("deal_id,lead_id,account_id,owner_id,product_id,name,stage,amount,currency,created_at,expected_close_at,"
     "closed_at,outcome,lost_reason"),
    "deal_id,at,field,old,new",
    "activity_id,at,kind,direction,rep_id,lead_id,deal_id,account_id,campaign_id,minutes,outcome,due_at",
    "campaign_id,name,channel,started_at,ended_at,cost",
    "product_id,name,category,list_price",
    "order_id,account_id,at,product_id,quantity,amount,currency,deal_id",
    "ticket_id,account_id,lead_id,opened_at,closed_at,priority,satisfaction",
    "scope,scope_id,period_start,period_end,amount",
    "lead_id,deal_id,state,attribute_logit,hidden_logit,p_win_90d",
    NULL};

void fore_sim_text_header(const fore_simulate_options *o, int file, fore_text *out)
{
    if (!header_lines[file]) return;
    if (o->bom) fore_text_puts(out, "\xEF\xBB\xBF");
    for (const char *p = header_lines[file]; *p; p++)
        fore_text_putc(out, *p == ',' ? o->delimiter : *p);
    fore_text_puts(out, o->crlf ? "\r\n" : "\n");
}

/* A row of a small file: fields separated by '|' in the format, which no field contains. */
static void put_row(const sim_world *w, fore_text *out, const char *row)
{
    for (const char *p = row; *p; p++) fore_text_putc(out, *p == '|' ? w->options.delimiter : *p);
    fore_text_puts(out, w->options.crlf ? "\r\n" : "\n");
}

/* --- small files --- */

static const char *const regions[] = {"North", "South", "East", "West", "Centre"};
static const char *const product_names[SIM_PRODUCTS] = {"Starter", "Basic", "Team", "Business",
                                                        "Enterprise"};

const char *fore_sim_region(int64_t seat) { return regions[seat % 5]; }
const char *fore_sim_product_word(int product) { return product_names[product]; }

void fore_sim_text_reps(const sim_world *w, fore_text *out)
{
    char start[16], row[512];
    *fore_sim_put_date(start, w->options.start_on - 7 * w->options.warmup_weeks) = 0;
    int32_t teams = w->options.teams < w->options.reps ? w->options.teams : w->options.reps;
    for (int32_t t = 0; t < teams; t++) {
        sim_person p = fore_sim_person(0, (uint32_t)(t * 31 + 5));
        snprintf(row, sizeof row, "M%04d|%s %s|Team %d|%s||40|60|%s||", t + 1, p.given, p.family,
                 t + 1, regions[t % 5], start);
        put_row(w, out, row);
    }
    for (int64_t i = 0; i < w->seats; i++) {
        uint32_t u[4];
        fore_sim_draw(w, SIM_DRAW_NAME, 0, (uint64_t)i | UINT64_C(1) << 62, u);
        sim_person p = fore_sim_person((int)(u[0] % 4), u[1]);
        char id[24], potential[32];
        *fore_sim_put_rep(id, i) = 0;
        *fore_sim_put_fixed(potential, exp(w->seat[i].potential), 3) = 0;
        snprintf(row, sizeof row, "%s|%s %s|Team %d|%s|M%04d|40|35|%s||%s", id, p.given, p.family,
                 (int)(i % teams) + 1, fore_sim_region(i), (int)(i % teams) + 1, start, potential);
        put_row(w, out, row);
    }
}

void fore_sim_text_campaigns(const sim_world *w, fore_text *out)
{
    static const char *const channels[] = {"email", "ads", "event"};
    for (int32_t first = 0, k = 1; first < w->options.weeks; first += SIM_CAMPAIGN_WEEKS, k++) {
        int32_t last =
            first + SIM_CAMPAIGN_WEEKS < w->options.weeks ? first + SIM_CAMPAIGN_WEEKS : 0;
        char id[16], from[16], to[16] = "", row[256];
        *fore_sim_put_campaign(id, k) = 0;
        *fore_sim_put_date(from, w->options.start_on + 7 * first) = 0;
        if (last) *fore_sim_put_date(to, w->options.start_on + 7 * last) = 0;
        snprintf(row, sizeof row, "%s|Campaign %d|%s|%s|%s|%d.00", id, k, channels[k % 3], from, to,
                 2000 + 500 * (k % 4));
        put_row(w, out, row);
    }
}

void fore_sim_text_products(const sim_world *w, fore_text *out)
{
    for (int i = 0; i < SIM_PRODUCTS; i++) {
        char row[128];
        snprintf(row, sizeof row, "P%d|%s|%s|%.0f.00", i + 1, product_names[i],
                 i < 2   ? "Small"
                 : i < 4 ? "Medium"
                         : "Large",
                 fore_sim_list_price(w, i));
        put_row(w, out, row);
    }
}

static void put_target(const sim_world *w, fore_text *out, const char *scope, const char *id,
                       int32_t start, double amount)
{
    char from[16], to[16], row[160];
    *fore_sim_put_date(from, start) = 0;
    *fore_sim_put_date(to, fore_period_add(FORE_QUARTERLY, start, 1)) = 0;
    snprintf(row, sizeof row, "%s|%s|%s|%s|%.0f.00", scope, id, from, to,
             floor(amount / 100.0 + 0.5) * 100.0);
    put_row(w, out, row);
}

/* Quotas by quarter, set from the usual rates and a tenth more: known before the quarter begins. */
void fore_sim_text_targets(const sim_world *w, fore_text *out)
{
    const fore_simulate_options *o = &w->options;
    double rep = 1.1 * 13.0 * o->leads_per_week / o->reps * 0.27 * 0.32 * 2.05 * o->amount_median;
    int32_t teams = o->teams < o->reps ? o->teams : o->reps, end = o->start_on + 7 * o->weeks;
    for (int32_t q = fore_period_start(FORE_QUARTERLY, o->start_on);
         q < fore_period_add(FORE_QUARTERLY, fore_period_start(FORE_QUARTERLY, end), 2);
         q = fore_period_add(FORE_QUARTERLY, q, 1)) {
        char id[32];
        put_target(w, out, "company", "", q, rep * o->reps);
        for (int32_t t = 0; t < teams; t++) {
            snprintf(id, sizeof id, "Team %d", t + 1);
            put_target(w, out, "team", id, q, rep * ((o->reps - t - 1) / teams + 1));
        }
        for (int64_t i = 0; i < w->seats; i++) {
            *fore_sim_put_rep(id, i) = 0;
            put_target(w, out, "rep", id, q, rep);
        }
    }
}

/* --- after the sale --- */

void fore_sim_text_order(sim_rows *rows, int64_t seat, sim_customer *c, int64_t at, bool first)
{
    const sim_world *w = rows->world;
    char row[256], *p = row, sep = w->options.delimiter;
    int64_t amount =
        first
            ? c->amount
            : c->amount * (20 + (int64_t)(c->number * 7 + (uint64_t)c->orders * 13) % 50) / 100 + 1;
    p = fore_sim_put_id(p, 'O', c->number);
    *p++ = '-';
    p = fore_sim_put_integer(p, ++c->orders);
    *p++ = sep;
    p = fore_sim_put_account(p, seat, c->account);
    *p++ = sep;
    p = fore_sim_put_time(p, at);
    *p++ = sep;
    *p++ = 'P';
    p = fore_sim_put_integer(p, c->product + 1);
    *p++ = sep;
    p = fore_sim_put_integer(p, 1);
    *p++ = sep;
    p = fore_sim_put_fixed(p, (double)amount, 2);
    *p++ = sep;
    p = fore_sim_put(p, w->options.currency);
    *p++ = sep;
    if (first) p = fore_sim_put_id(p, 'D', c->number);
    p = fore_sim_put_end(p, &w->options);
    fore_text_add(&rows->orders, row, p - row);
}

void fore_sim_text_ticket(sim_rows *rows, int64_t seat, sim_customer *c, int32_t week)
{
    static const char *const priorities[] = {"low", "normal", "normal", "high"};
    const sim_world *w = rows->world;
    uint32_t u[4];
    fore_sim_draw(w, SIM_DRAW_CUSTOMER, week, c->number | UINT64_C(1) << 62, u);
    char row[256], *p = row, sep = w->options.delimiter;
    int64_t opened = fore_sim_moment(w, week, fore_sim_unit(u[0]));
    int64_t closed = opened + (int64_t)(fore_sim_unit(u[1]) * 240.0) * FORE_HOUR + FORE_HOUR;
    bool open = closed >= fore_sim_week_start(w, w->options.weeks);
    p = fore_sim_put_id(p, 'T', c->number);
    *p++ = '-';
    p = fore_sim_put_integer(p, ++c->tickets);
    *p++ = sep;
    p = fore_sim_put_account(p, seat, c->account);
    *p++ = sep;
    p = fore_sim_put_id(p, 'L', c->number);
    *p++ = sep;
    p = fore_sim_put_time(p, opened);
    *p++ = sep;
    if (!open) p = fore_sim_put_time(p, closed);
    *p++ = sep;
    p = fore_sim_put(p, priorities[u[2] % 4]);
    *p++ = sep;
    if (!open && fore_sim_unit(u[3]) < 0.6)
        p = fore_sim_put_integer(p, 1 + (int64_t)sqrt(fore_sim_unit(u[3] * 2654435761u) * 24.99));
    p = fore_sim_put_end(p, &w->options);
    fore_text_add(&rows->tickets, row, p - row);
}
