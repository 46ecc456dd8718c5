/* Concordance by a Fenwick tree (Fenwick 1994).
 *
 *   tree: weight of the rows known to live longer, by rank of their risk
 *   for groups of equal time, latest first:
 *     put the group's censored rows into the tree
 *     for each of its events: lower += tree below its rank, equal += at it, pairs += whole tree
 *     put the group's events into the tree
 *   c = (lower + equal / 2) / pairs */
#include "models/survive/concordance.h"

#include <math.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"

typedef struct tree {
    int64_t ranks;
    double *sum; /* ranks + 1; sum[0] unused */
} tree;

static void put(tree *t, int64_t rank, double weight)
{
    for (int64_t i = rank; i <= t->ranks; i += i & -i) t->sum[i] += weight;
}

/* Weight at ranks 1..rank. */
static double up_to(const tree *t, int64_t rank)
{
    double sum = 0;
    for (int64_t i = rank; i > 0; i -= i & -i) sum += t->sum[i];
    return sum;
}

/* Dense ranks from 1; order sorts risk. Returns the highest. */
static int64_t rank_all(const double *risk, const int64_t *order, int64_t n, int64_t *rank)
{
    int64_t r = 0;
    for (int64_t k = 0; k < n; k++) {
        if (k == 0 || risk[order[k]] != risk[order[k - 1]]) r++;
        rank[order[k]] = r;
    }
    return r;
}

static void put_group(tree *t, const fore_lifetimes *rows, const int64_t *members, int64_t count,
                      const int64_t *rank, int64_t event)
{
    for (int64_t k = 0; k < count; k++)
        if (rows->event[members[k]] == event)
            put(t, rank[members[k]], fore_lifetimes_weight(rows, members[k]));
}

static double walk_back(tree *t, const fore_lifetimes *rows, const int64_t *order,
                        const int64_t *rank)
{
    double right = 0, pairs = 0;
    for (int64_t end = rows->n, start; end > 0; end = start) {
        for (start = end - 1; start > 0; start--)
            if (rows->time[order[start - 1]] != rows->time[order[end - 1]]) break;
        put_group(t, rows, order + start, end - start, rank, 0);
        for (int64_t k = start; k < end; k++) {
            int64_t i = order[k];
            if (!rows->event[i]) continue;
            double w = fore_lifetimes_weight(rows, i), below = up_to(t, rank[i] - 1);
            right += w * (below + (up_to(t, rank[i]) - below) / 2);
            pairs += w * up_to(t, t->ranks);
        }
        put_group(t, rows, order + start, end - start, rank, 1);
    }
    return pairs > 0 ? right / pairs : NAN;
}

fore_status fore_concordance(const fore_lifetimes *rows, const double *risk, double *c,
                             fore_error *err)
{
    fore_status status = FORE_OK;
    fore_lifetimes bare = *rows;
    tree t = {0};
    bare.x = NULL;
    *c = NAN;
    status = fore_lifetimes_check(&bare, 0, 1, err);
    if (status == FORE_E_NO_ANSWER) return FORE_OK; /* no event, no pair */
    if (status != FORE_OK) return status;
    for (int64_t i = 0; i < rows->n; i++)
        if (isnan(risk[i]))
            return fore_fail(err, FORE_E_DATA, "row %lld: its risk is not a number; drop the row",
                             (long long)i + 1);
    int64_t *order = FORE_NEW(rows->n, int64_t), *rank = FORE_NEW(rows->n, int64_t);
    t.sum = FORE_ZNEW(rows->n + 1, double);
    if (!order || !rank || !t.sum || !fore_order(risk, rows->n, order))
        FORE_GO(fore_no_memory(err));
    t.ranks = rank_all(risk, order, rows->n, rank);
    if (!fore_order(rows->time, rows->n, order)) FORE_GO(fore_no_memory(err));
    *c = walk_back(&t, rows, order, rank);
done:
    fore_free(t.sum);
    fore_free(order);
    fore_free(rank);
    return status;
}
