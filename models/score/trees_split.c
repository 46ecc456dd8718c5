/* The best split of one column in one leaf.
 *
 *     gain = 1/2 [S(G_l)^2/(H_l + l2) + S(G_r)^2/(H_r + l2) - S(G)^2/(H + l2)],
 *     S(G) = max(|G| - l1, 0)                          (Chen and Guestrin 2016, eq. 7)
 *
 * Missing values are tried on either side. Where a column has a direction, or one above bounds the
 * leaf, values are cut to what is allowed and the gain is that of the cut values. */
#include "engine/num/elementwise.h"
#include "models/score/trees_growing.h"

typedef struct scan {
    const tree_grower *w;
    const tree_leaf *l;
    int32_t feature;
    double *g, *h, *gain; /* TREE_BINS each */
    tree_split best;
} scan;

static double shrunk(double g, double l1)
{
    double size = fabs(g) - l1;
    return size > 0 ? size : 0;
}

/* gain[k] of (g[k], h[k]) against the rest; below 0 where a side is too light. */
FORE_WIDE
static void find_gains(const double *g, const double *h, int64_t n, double all_g, double all_h,
                       double l1, double l2, double least, double *restrict gain)
{
    double whole = fabs(all_g) - l1;
    whole = whole > 0 ? whole : 0;
    double parent = whole * whole / (all_h + l2);
    for (int64_t k = 0; k < n; k++) {
        double other_h = all_h - h[k];
        double a = fabs(g[k]) - l1, b = fabs(all_g - g[k]) - l1;
        a = a > 0 ? a : 0;
        b = b > 0 ? b : 0;
        double value = 0.5 * (a * a / (h[k] + l2) + b * b / (other_h + l2) - parent);
        bool light = (h[k] < least) | (other_h < least);
        gain[k] = light ? -1 : value;
    }
}

double tree_leaf_value(double g, double h, const fore_trees_options *o, double low, double high)
{
    double value = copysign(shrunk(g, o->l1), -g) / (h + o->l2);
    return value < low ? low : value > high ? high : value;
}

/* What the objective loses by a leaf of that value: -(g v + 1/2 (h + l2) v^2 + l1 |v|). */
static double worth(double g, double h, double v, const fore_trees_options *o)
{
    return -(g * v + 0.5 * (h + o->l2) * v * v + o->l1 * fabs(v));
}

/* As find_gains where values are bounded or the column has a direction. */
static void find_bounded_gains(const scan *s, int64_t n)
{
    const fore_trees_options *o = &s->w->options;
    const tree_leaf *l = s->l;
    int direction = o->monotone ? o->monotone[s->feature] : 0;
    double all_g = (double)l->sum.g * s->w->g_unit, all_h = (double)l->sum.h * s->w->h_unit;
    double parent = worth(all_g, all_h, tree_leaf_value(all_g, all_h, o, l->low, l->high), o);
    for (int64_t k = 0; k < n; k++) {
        double g = s->g[k], h = s->h[k], other_g = all_g - g, other_h = all_h - h;
        double left = tree_leaf_value(g, h, o, l->low, l->high);
        double right = tree_leaf_value(other_g, other_h, o, l->low, l->high);
        bool wrong = direction * (right - left) < 0;
        s->gain[k] = wrong || h < o->min_hessian || other_h < o->min_hessian
                         ? -1
                         : worth(g, h, left, o) + worth(other_g, other_h, right, o) - parent;
    }
}

/* Splits after bins 1..n, missing values on the given side. */
static void try_splits(scan *s, const tree_sum *bin, int32_t n, bool missing_left)
{
    const tree_grower *w = s->w;
    const fore_trees_options *o = &w->options;
    tree_sum sum = missing_left ? bin[0] : (tree_sum){0, 0};
    for (int32_t k = 0; k < n; k++) {
        sum.g += bin[k + 1].g;
        sum.h += bin[k + 1].h;
        s->g[k] = (double)sum.g * w->g_unit;
        s->h[k] = (double)sum.h * w->h_unit;
    }
    if (o->monotone)
        find_bounded_gains(s, n);
    else
        find_gains(s->g, s->h, n, (double)s->l->sum.g * w->g_unit, (double)s->l->sum.h * w->h_unit,
                   o->l1, o->l2, o->min_hessian, s->gain);
    int32_t best = -1;
    double most = s->best.gain;
    for (int32_t k = 0; k < n; k++) {
        if (!(s->gain[k] > most) || s->gain[k] < o->min_gain) continue;
        most = s->gain[k];
        best = k;
    }
    if (best < 0) return;
    s->best = (tree_split){most, s->feature, best + 1, missing_left,
                           missing_left ? bin[0] : (tree_sum){0}};
    for (int32_t k = 1; k <= best + 1; k++) {
        s->best.left.g += bin[k].g;
        s->best.left.h += bin[k].h;
    }
}

tree_split tree_best_split(const tree_grower *w, const tree_leaf *l, int32_t feature,
                           const tree_sum *bin, double *room)
{
    scan s = {w, l, feature, room, room + TREE_BINS, room + 2 * TREE_BINS, {.gain = 0}};
    int32_t count = w->bins->count[feature];
    if (l->depth >= w->options.depth) return s.best;
    if (bin[0].h > 0) { /* the last bin: known against missing */
        try_splits(&s, bin, count, false);
        try_splits(&s, bin, count - 1, true);
        return s.best;
    }
    try_splits(&s, bin, count - 1, false);
    if (s.best.gain > 0) /* missing values, unseen so far, follow the majority */
        s.best.missing_left = 2 * s.best.left.h >= l->sum.h;
    return s.best;
}
