/* What the simulator draws by name: random numbers, moments of a week, and who the accounts and
 * leads are. Everything random comes from (purpose, week, entity), so that plans of effort share
 * their numbers. */
#include "datasets/simulate_world.h"

#include <math.h>

#include "engine/base/civil.h"

static const double source_share[SIM_SOURCES] = {0.35, 0.12, 0.12, 0.08, 0.20, 0.13};
static const double source_logit[SIM_SOURCES] = {0.0, 0.9, 0.3, 0.5, -0.4, -0.9};
static const double title_share[SIM_TITLES] = {0.12, 0.13, 0.30, 0.25, 0.12, 0.08};
static const double title_logit[SIM_TITLES] = {0.5, 0.4, 0.15, -0.15, -0.5, -1.0};
static const double industry_logit[SIM_INDUSTRIES] = {0.4,   0.25,  0.1,   0.0,
                                                      -0.05, -0.15, -0.25, -0.3};
static const double country_share[SIM_COUNTRIES] = {0.55, 0.15, 0.12, 0.10, 0.08};
static const double country_logit[SIM_COUNTRIES] = {0.05, 0.0, 0.15, -0.05, -0.2};
static const double size_logit = 0.3, size_sd = 1.3;
static const double product_price[SIM_PRODUCTS] = {0.35, 0.7, 1.0, 1.8, 3.6};

/* --- random draws by name --- */

static const uint32_t *key_of(const sim_world *w, int32_t week)
{
    return week >= w->options.weeks ? w->future_key : w->key;
}

fore_random fore_sim_stream(const sim_world *w, enum sim_purpose purpose, int32_t week,
                            uint64_t entity)
{
    const uint32_t *key = key_of(w, week);
    uint32_t name = (uint32_t)purpose << 24 | ((uint32_t)(week + (1 << 20)) & 0xFFFFFF);
    return (fore_random){.key = {key[0], key[1]},
                         .counter = {0, name, (uint32_t)entity, (uint32_t)(entity >> 32)},
                         .used = 4};
}

void fore_sim_draw(const sim_world *w, enum sim_purpose purpose, int32_t week, uint64_t entity,
                   uint32_t out[4])
{
    fore_random r = fore_sim_stream(w, purpose, week, entity);
    fore_philox(r.counter, r.key, out);
}

double fore_sim_unit(uint32_t word) { return ((double)word + 0.5) * 0x1p-32; }

double fore_sim_normal(uint32_t a, uint32_t b)
{
    return sqrt(-2.0 * log(fore_sim_unit(a))) * cos(6.283185307179586477 * fore_sim_unit(b));
}

int64_t fore_sim_poisson(uint32_t word, double mean)
{
    enum { MOST = 200 };
    if (!(mean > 0.0)) return 0;
    if (mean > 60.0) mean = 60.0; /* exp(-mean) must stay a usable start for the sum */
    double u = fore_sim_unit(word), p = exp(-mean), sum = p;
    int64_t k = 0;
    while (u > sum && k < MOST) {
        k++;
        p *= mean / (double)k;
        sum += p;
    }
    return k;
}

static int pick(const double *share, int n, double u)
{
    double total = 0.0, sum = 0.0;
    for (int i = 0; i < n; i++) total += share[i];
    for (int i = 0; i < n - 1; i++) {
        sum += share[i];
        if (u * total < sum) return i;
    }
    return n - 1;
}

/* --- time --- */

int64_t fore_sim_week_start(const sim_world *w, int32_t week)
{
    return fore_time_of_date(w->options.start_on) + (int64_t)week * 7 * FORE_DAY;
}

/* Monday to Friday, 8:00 to 18:00, to the second; rises with the fraction. */
int64_t fore_sim_moment(const sim_world *w, int32_t week, double fraction)
{
    double days = 5.0 * fraction;
    int64_t day = (int64_t)days;
    if (day > 4) day = 4;
    int64_t seconds = 8 * 3600 + (int64_t)((days - (double)day) * 36000.0);
    return fore_sim_week_start(w, week) + day * FORE_DAY + seconds * FORE_SECOND;
}

/* --- who the accounts and leads are --- */

sim_account fore_sim_account(const sim_world *w, int64_t seat, int32_t account)
{
    int32_t week = account < w->seat[seat].history_accounts ? 0 : w->options.weeks;
    fore_random r =
        fore_sim_stream(w, SIM_DRAW_ACCOUNT, week, (uint64_t)seat << 32 | (uint32_t)account);
    sim_account a;
    a.industry = (int)fore_random_below(&r, SIM_INDUSTRIES);
    a.country = pick(country_share, SIM_COUNTRIES, fore_random_uniform(&r));
    a.language = pick(w->options.language, 4, fore_random_uniform(&r));
    a.employees = floor(exp(FORE_SIM_SIZE_MEAN + 0.3 * w->seat[seat].potential +
                            size_sd * fore_random_normal(&r))) +
                  1.0;
    a.hidden = fore_random_normal(&r);
    a.created = fore_random_uniform(&r);
    return a;
}

sim_profile fore_sim_profile(const sim_world *w, int64_t seat, uint64_t number, int32_t born,
                             int32_t account)
{
    sim_account a = fore_sim_account(w, seat, account);
    fore_random r = fore_sim_stream(w, SIM_DRAW_LEAD, born, number);
    sim_profile p;
    p.created = 0.95 * fore_random_uniform(&r);
    p.source = pick(source_share, SIM_SOURCES, fore_random_uniform(&r));
    p.title = pick(title_share, SIM_TITLES, fore_random_uniform(&r));
    double own = fore_random_normal(&r);
    p.do_not_contact = fore_random_uniform(&r) < 0.02;
    double size = (log(a.employees) - FORE_SIM_SIZE_MEAN) / size_sd;
    p.product = (int)floor(2.0 + 0.8 * size + 0.8 * fore_random_normal(&r) + 0.5);
    p.product = p.product < 0 ? 0 : p.product >= SIM_PRODUCTS ? SIM_PRODUCTS - 1 : p.product;
    p.attribute_logit = source_logit[p.source] + title_logit[p.title] + industry_logit[a.industry] +
                        country_logit[a.country] + size_logit * size;
    p.hidden_logit = w->options.hidden_sd * (sqrt(0.4) * a.hidden + sqrt(0.6) * own);
    return p;
}

double fore_sim_price(const sim_world *w, int product)
{
    return w->options.amount_median * product_price[product];
}

double fore_sim_list_price(const sim_world *w, int product)
{
    return floor(fore_sim_price(w, product) + 0.5);
}
