/* Cross-sell: the product that customers with theirs most often have besides, never one already
 * bought.
 *
 * Of n_a customers with product a, n_ab also have b; of all n customers a share p_b has it. Shrunk
 * to p_b by a beta prior worth k = 20 customers: P(b | a) = (n_ab + k p_b) / (n_a + k),  sd =
 * sqrt(P (1 - P) / (n_a + k + 1)) A pair counts from five customers with both on, and where P less
 * 3 sd is above p_b: with thousands of pairs that keeps chance out. Of all pairs of a customer the
 * one with the highest P names the product. */
#include <math.h>
#include <stdlib.h>

#include "engine/jobs/customers.h"

enum { PRODUCTS_MOST = 1000, OWNED_MOST = 256, BOTH_NEEDED = 5 };
static const double SURE = 3;
static const int64_t ACTIVE = 365 * FORE_DAY;

typedef struct pairs {
    int32_t *index;   /* by product: its row, -1 = too rare to be looked at */
    int32_t *product; /* by row */
    int64_t n, customers;
    int32_t *both; /* n x n; on the diagonal who has it */
} pairs;

/* Rows of the products that a party had bought, each once; how many. */
static int64_t owned_by(const fore_customers *v, const pairs *k, int64_t party, int32_t *row)
{
    const fore_parties *p = &v->parties;
    int64_t n = 0;
    for (int64_t i = 0; i < v->state[party].purchases && n < OWNED_MOST; i++) {
        int32_t product = p->bought[p->bought_first[party] + i].product;
        int64_t seen = 0;
        if (product < 0 || k->index[product] < 0) continue;
        while (seen < n && row[seen] != k->index[product]) seen++;
        if (seen == n) row[n++] = k->index[product];
    }
    return n;
}

typedef struct popular {
    int64_t sold;
    int32_t product;
} popular;

static int by_sold(const void *left, const void *right)
{
    const popular *a = left, *b = right;
    if (a->sold != b->sold) return a->sold > b->sold ? -1 : 1;
    return (a->product > b->product) - (a->product < b->product);
}

/* The products that were bought most get a row. */
static fore_status choose_products(const fore_customers *v, pairs *k, fore_error *err)
{
    const fore_timeline *t = v->timeline;
    popular *list = FORE_NEW(t->products + 1, popular);
    if (!list) return fore_no_memory(err);
    for (int32_t i = 0; i < t->products; i++) {
        list[i] = (popular){0, i};
        k->index[i] = -1;
    }
    for (int64_t i = 0; i < v->parties.bought_first[v->parties.count]; i++)
        if (v->parties.bought[i].product >= 0 && v->parties.bought[i].at < v->as_of)
            list[v->parties.bought[i].product].sold++;
    if (t->products > 1) qsort(list, (size_t)t->products, sizeof *list, by_sold);
    for (int64_t i = 0; i < t->products && i < PRODUCTS_MOST && list[i].sold >= BOTH_NEEDED; i++) {
        k->index[list[i].product] = (int32_t)k->n;
        k->product[k->n++] = list[i].product;
    }
    fore_free(list);
    return FORE_OK;
}

static fore_status count_pairs(const fore_customers *v, pairs *k, fore_error *err)
{
    int32_t row[OWNED_MOST];
    k->both = FORE_ZNEW(k->n * k->n + 1, int32_t);
    if (!k->both) return fore_no_memory(err);
    for (int64_t i = 0; i < v->parties.count; i++) {
        int64_t n = owned_by(v, k, i, row);
        k->customers += n > 0;
        for (int64_t a = 0; a < n; a++)
            for (int64_t b = 0; b < n; b++) k->both[row[a] * k->n + row[b]]++;
    }
    return FORE_OK;
}

typedef struct offer {
    int32_t has, next; /* rows */
    double chance, lift;
} offer;

/* Won, yet no purchase of the party's list: its dates do not tell when it was there or closed. */
static bool won_beside(const fore_customers *v, int32_t s)
{
    const fore_timeline *t = v->timeline;
    return s >= t->leads && t->left_out[s] != FORE_KEPT &&
           fore_subject_ended(t, s, v->as_of).outcome == FORE_WON;
}

/* Adds what they have bought although their dates do not tell when. */
static int64_t add_undated(const fore_customers *v, const pairs *k, int64_t party, int32_t *row,
                           int64_t n)
{
    const fore_timeline *t = v->timeline;
    const fore_parties *p = &v->parties;
    int32_t account = p->account[party];
    for (int64_t i = p->first[party]; i < p->first[party + 1] && n < OWNED_MOST; i++) {
        int32_t s = p->subject[i];
        if (won_beside(v, s) && t->product[s] >= 0 && k->index[t->product[s]] >= 0)
            row[n++] = k->index[t->product[s]];
    }
    for (int64_t i = account < 0 ? 0 : t->sale_first[account];
         account >= 0 && i < t->sale_first[account + 1] && n < OWNED_MOST; i++)
        if (t->sale_at[i] == FORE_NO_TIME && t->sale_product[i] >= 0 &&
            k->index[t->sale_product[i]] >= 0)
            row[n++] = k->index[t->sale_product[i]];
    return n;
}

/* The best product that is not among the n owned; chance 0 = none. */
static offer best_offer(const pairs *k, const int32_t *row, int64_t n)
{
    offer best = {0};
    for (int32_t b = 0; b < k->n; b++) {
        bool owned = false;
        for (int64_t i = 0; i < n; i++) owned = owned || row[i] == b;
        double share = (double)k->both[b * k->n + b] / (double)k->customers;
        for (int64_t i = 0; i < n && !owned; i++) {
            double both = k->both[row[i] * k->n + b], has = k->both[row[i] * k->n + row[i]];
            double weight = has + FORE_RATE_PRIOR, p = (both + FORE_RATE_PRIOR * share) / weight;
            double sd = sqrt(p * (1 - p) / (weight + 1));
            if (both < BOTH_NEEDED || p - SURE * sd <= share || p <= best.chance) continue;
            best = (offer){row[i], b, p, p / share};
        }
    }
    return best;
}

/* What such a purchase brings on average. */
static double usual_amount(const fore_customers *v, int32_t product)
{
    double sum = 0, n = 0;
    for (int64_t i = 0; i < v->parties.bought_first[v->parties.count]; i++) {
        const fore_purchase *b = &v->parties.bought[i];
        if (b->product != product || b->at >= v->as_of || isnan(b->amount)) continue;
        sum += b->amount;
        n++;
    }
    return n > 0 ? sum / n : NAN;
}

static fore_status propose_offer(fore_customers *v, const pairs *k, int64_t party,
                                 const offer *best, double amount, fore_error *err)
{
    int32_t next = k->product[best->next], has = k->product[best->has];
    int64_t both = k->both[best->has * k->n + best->next];
    int64_t owners = k->both[best->has * k->n + best->has];
    fore_proposal p = {.kind = FORE_CROSS_SELL,
                       .party = party,
                       .subject = -1,
                       .product = next,
                       .since = FORE_NO_TIME,
                       .rest_days = 30,
                       .chance = NAN,
                       .amount = amount,
                       .worth = best->chance * (isnan(amount) ? 1 : amount)};
    return fore_propose(v, &p, err,
                        "offer %s: %lld of %lld customers with %s have it too (%.1fx as often as "
                        "all)",
                        v->product_name[next], (long long)both, (long long)owners,
                        v->product_name[has], best->lift);
}

fore_status fore_find_cross_sell(fore_customers *v, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t products = v->timeline->products;
    pairs k = {.index = FORE_NEW(products + 1, int32_t),
               .product = FORE_NEW(products + 1, int32_t)};
    double *amount = FORE_NEW(PRODUCTS_MOST, double);
    int32_t row[OWNED_MOST];
    if (!k.index || !k.product || !amount) FORE_GO(fore_no_memory(err));
    FORE_GO(choose_products(v, &k, err));
    FORE_GO(count_pairs(v, &k, err));
    for (int64_t i = 0; i < k.n; i++) amount[i] = usual_amount(v, k.product[i]);
    for (int64_t i = 0; i < v->parties.count; i++) {
        const fore_party_state *s = &v->state[i];
        if (s->purchases == 0 || s->open >= 0 || v->as_of - s->last_bought > ACTIVE) continue;
        int64_t n = add_undated(v, &k, i, row, owned_by(v, &k, i, row));
        if (n == OWNED_MOST) continue; /* more than are counted: one of them might be named */
        offer best = best_offer(&k, row, n);
        if (best.chance > 0) FORE_GO(propose_offer(v, &k, i, &best, amount[best.next], err));
    }
done:
    fore_free(k.index);
    fore_free(k.product);
    fore_free(k.both);
    fore_free(amount);
    return status;
}
