/* A thank-you when a customer's purchases pass a set amount, a feedback prompt so many days after
 * the first one.
 *
 * Each is due at one moment, is told for 14 days, and is done with by a contact of ours after that
 * moment: so it is told once. Amounts that are not set follow the customers: what three in four,
 * and 19 in 20, have not bought in all, rounded up to 1, 2 or 5 times a power of ten. */
#include <math.h>
#include <stdlib.h>

#include "engine/jobs/customers.h"
#include "engine/jobs/levels.h"
#include "engine/num/special.h"

enum { SET_MOST = FORE_LEVELS_MAX, CUSTOMERS_NEEDED = 20 };
static const int64_t TOLD = 14 * FORE_DAY;

typedef struct set_points {
    double amount[SET_MOST], days[SET_MOST];
    int64_t amounts, day_count;
} set_points;

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double round_up(double x)
{
    double power = pow(10, floor(log10(x))), head = x / power;
    return power * (head <= 1 ? 1 : head <= 2 ? 2 : head <= 5 ? 5 : 10);
}

/* What a party has bought before as_of, in the main currency. */
static double bought_by(const fore_customers *v, int64_t party)
{
    const fore_parties *p = &v->parties;
    double sum = 0;
    for (int64_t i = 0; i < v->state[party].purchases; i++) {
        double amount = p->bought[p->bought_first[party] + i].amount;
        if (!isnan(amount)) sum += amount;
    }
    return sum;
}

static fore_status usual_amounts(const fore_customers *v, set_points *set, fore_error *err)
{
    int64_t n = 0;
    double *sum = FORE_NEW(v->parties.count + 1, double);
    if (!sum) return fore_no_memory(err);
    for (int64_t i = 0; i < v->parties.count; i++) {
        sum[n] = bought_by(v, i);
        n += sum[n] > 0;
    }
    if (n >= CUSTOMERS_NEEDED) {
        qsort(sum, (size_t)n, sizeof *sum, by_value);
        set->amount[0] = round_up(fore_quantile_sorted(sum, n, 0.75));
        set->amount[1] = round_up(fore_quantile_sorted(sum, n, 0.95));
        set->amounts = 1 + (set->amount[1] > set->amount[0]);
    }
    fore_free(sum);
    return FORE_OK;
}

static fore_status read_points(const fore_customers *v, set_points *set, fore_error *err)
{
    const foresell_rank_request *r = v->request;
    *set = (set_points){.days = {30, 365}, .day_count = 2};
    if (r->thank_days)
        FORE_TRY(fore_numbers_parse(r->thank_days, "thank-days", set->days, SET_MOST,
                                    &set->day_count, err));
    if (r->thank_amounts)
        FORE_TRY(fore_numbers_parse(r->thank_amounts, "thank-amounts", set->amount, SET_MOST,
                                    &set->amounts, err));
    else
        FORE_TRY(usual_amounts(v, set, err));
    return FORE_OK;
}

static bool is_told(const fore_customers *v, int64_t due)
{
    return due < v->as_of && v->as_of - due <= TOLD;
}

static fore_proposal thanks(int64_t party, int64_t since, double worth)
{
    return (fore_proposal){.kind = FORE_THANK_YOU,
                           .party = party,
                           .subject = -1,
                           .product = -1,
                           .since = since,
                           .rest_days = 2,
                           .chance = NAN,
                           .amount = NAN,
                           .worth = worth};
}

/* The highest set amount that was passed of late. */
static fore_status thank_for_amount(fore_customers *v, int64_t party, const set_points *set,
                                    fore_error *err)
{
    const fore_parties *p = &v->parties;
    double sum = 0, passed = 0;
    int64_t when = FORE_NO_TIME;
    for (int64_t i = 0; i < v->state[party].purchases; i++) {
        const fore_purchase *b = &p->bought[p->bought_first[party] + i];
        double before = sum;
        if (isnan(b->amount)) continue;
        sum += b->amount;
        for (int64_t k = 0; k < set->amounts; k++)
            if (set->amount[k] > 0 && before < set->amount[k] && sum >= set->amount[k] &&
                set->amount[k] >= passed) {
                passed = set->amount[k];
                when = b->at;
            }
    }
    if (when == FORE_NO_TIME || !is_told(v, when)) return FORE_OK;
    fore_proposal say = thanks(party, when, sum);
    return fore_propose(v, &say, err,
                        "thank them: they have now bought for %.0f in all, more than %.0f", sum,
                        passed);
}

static fore_status ask_after_days(fore_customers *v, int64_t party, const set_points *set,
                                  fore_error *err)
{
    int64_t first = v->state[party].first_bought;
    for (int64_t k = 0; k < set->day_count; k++) {
        int64_t due = first + (int64_t)(set->days[k] * (double)FORE_DAY);
        if (!(set->days[k] > 0) || set->days[k] > 36500 || !is_told(v, due)) continue;
        fore_proposal say = thanks(party, due, 0);
        say.by_mail = true;
        return fore_propose(v, &say, err,
                            "ask how they like it: %.0f days since their first purchase",
                            set->days[k]);
    }
    return FORE_OK;
}

fore_status fore_find_thanks(fore_customers *v, fore_error *err)
{
    set_points set;
    FORE_TRY(read_points(v, &set, err));
    for (int64_t i = 0; i < v->parties.count; i++) {
        if (v->state[i].purchases == 0) continue;
        FORE_TRY(thank_for_amount(v, i, &set, err));
        FORE_TRY(ask_after_days(v, i, &set, err));
    }
    return FORE_OK;
}
