/* Sorting, ordering, medians and quantiles of samples: the second half of special.h.
 *
 *   fore_sort     in place: nothing where it is sorted; quicksort about the median of three, the
 *                 parts made without branches, insertion sort for short parts, heap sort when the
 *                 recursion goes too deep
 *   fore_order    least-significant-digit radix sort on the bits of the doubles, stable; digits
 *                 that all keys share are left out
 *   fore_median, fore_quantile
 *                 Hoare's selection by the same parts */
#include "engine/num/special.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/memory.h"

enum {
    INSERTION_MAX = 16,
    SELECT_MAX = 8,
    DEPTH_MAX = 96,
    RADIX_BITS = 11,
    RADIX = 1 << RADIX_BITS
};

static void swap(double *a, double *b)
{
    double t = *a;
    *a = *b;
    *b = t;
}

static int64_t move_nan_last(double *x, int64_t n)
{
    int64_t kept = n;
    for (int64_t i = 0; i < kept;) {
        if (isnan(x[i]))
            swap(&x[i], &x[--kept]);
        else
            i++;
    }
    return kept;
}

static void insertion_sort(double *x, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        double v = x[i];
        int64_t j = i;
        for (; j > 0 && x[j - 1] > v; j--) x[j] = x[j - 1];
        x[j] = v;
    }
}

static void sift_down(double *x, int64_t root, int64_t n)
{
    for (int64_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && x[child + 1] > x[child]) child++;
        if (x[root] >= x[child]) return;
        swap(&x[root], &x[child]);
    }
}

static void heap_sort(double *x, int64_t n)
{
    for (int64_t i = n / 2; i-- > 0;) sift_down(x, i, n);
    for (int64_t last = n - 1; last > 0; last--) {
        swap(&x[0], &x[last]);
        sift_down(x, 0, last);
    }
}

/* Those below the pivot (or not above it) first, without a branch that could be guessed wrong;
 * returns how many. */
static int64_t part_below(double *x, int64_t n, double pivot, bool equal_too)
{
    int64_t s = 0;
    for (int64_t i = 0; i < n; i++) {
        double v = x[i];
        bool first = equal_too ? v <= pivot : v < pivot;
        x[i] = x[s];
        x[s] = v;
        s += first;
    }
    return s;
}

static double middle_of(double a, double b, double c)
{
    double low = a < b ? a : b, high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

/* Quicksort on the larger part by loop, on the smaller by recursion; heap sort when it goes too
 * deep. Values equal to a pivot that is the least are in place at once. */
static void quick_sort(double *x, int64_t n, int depth)
{
    while (n > INSERTION_MAX) {
        if (depth-- == 0) {
            heap_sort(x, n);
            return;
        }
        double pivot = middle_of(x[0], x[n / 2], x[n - 1]);
        int64_t s = part_below(x, n, pivot, false);
        if (s == 0) {
            s = part_below(x, n, pivot, true);
            x += s;
            n -= s;
        } else if (s < n - s) {
            quick_sort(x, s, depth);
            x += s;
            n -= s;
        } else {
            quick_sort(x + s, n - s, depth);
            n = s;
        }
    }
    insertion_sort(x, n);
}

void fore_sort(double *x, int64_t n)
{
    int64_t kept = move_nan_last(x, n), i = 1;
    while (i < kept && x[i - 1] <= x[i]) i++;
    if (i < kept) quick_sort(x, kept, DEPTH_MAX);
}

/* Puts the k-th smallest at x[k], nothing larger before it, nothing smaller after it. */
static void select_at(double *x, int64_t n, int64_t k)
{
    for (int rounds = 0; n > SELECT_MAX; rounds++) {
        if (rounds == DEPTH_MAX) {
            heap_sort(x, n);
            return;
        }
        double pivot = middle_of(x[0], x[n / 2], x[n - 1]);
        int64_t s = part_below(x, n, pivot, false);
        if (s == 0 && k < (s = part_below(x, n, pivot, true))) return; /* all these are equal */
        if (k < s) {
            n = s;
        } else {
            x += s;
            n -= s;
            k -= s;
        }
    }
    insertion_sort(x, n);
}

double fore_median(double *scratch, int64_t n)
{
    if (n <= 0 || move_nan_last(scratch, n) < n) return NAN;
    int64_t half = n / 2;
    select_at(scratch, n, half);
    if (n % 2 == 1) return scratch[half];
    double below = scratch[0];
    for (int64_t i = 1; i < half; i++)
        if (scratch[i] > below) below = scratch[i];
    return below / 2 + scratch[half] / 2;
}

double fore_quantile(double *scratch, int64_t n, double p)
{
    if (n <= 0 || isnan(p) || move_nan_last(scratch, n) < n) return NAN;
    double place = p * (double)(n - 1);
    int64_t i = place <= 0 ? 0 : place >= (double)(n - 1) ? n - 1 : (int64_t)floor(place);
    select_at(scratch, n, i);
    double w = place - (double)i, above = scratch[n - 1];
    if (place <= 0 || i == n - 1 || w == 0) return scratch[i];
    for (int64_t j = i + 1; j < n; j++) above = scratch[j] < above ? scratch[j] : above;
    return (1 - w) * scratch[i] + w * above;
}

double fore_quantile_sorted(const double *sorted, int64_t n, double p)
{
    if (n <= 0 || isnan(p)) return NAN;
    double place = p * (double)(n - 1);
    if (place <= 0) return sorted[0];
    if (place >= (double)(n - 1)) return sorted[n - 1];
    int64_t i = (int64_t)floor(place);
    double w = place - (double)i;
    return w == 0 ? sorted[i] : (1 - w) * sorted[i] + w * sorted[i + 1];
}

typedef struct keyed {
    uint64_t key;
    int64_t index;
} keyed;

/* A monotone map of doubles to integers: negative numbers have all bits flipped, others the sign.
 */
static uint64_t sort_key(double x)
{
    uint64_t bits;
    if (isnan(x)) return UINT64_MAX;
    if (x == 0) x = 0; /* -0 ties with 0 */
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | (UINT64_C(1) << 63);
}

static void radix_pass(const keyed *from, keyed *to, int64_t n, int shift, int64_t *starts)
{
    for (int64_t i = 0; i < n; i++) to[starts[(from[i].key >> shift) & (RADIX - 1)]++] = from[i];
}

/* Counts one digit; returns 0 when all keys share it, so that the pass can be left out. */
static int digit_starts(const keyed *items, int64_t n, int shift, int64_t *starts)
{
    int64_t before = 0;
    memset(starts, 0, RADIX * sizeof *starts);
    for (int64_t i = 0; i < n; i++) starts[(items[i].key >> shift) & (RADIX - 1)]++;
    if (starts[(items[0].key >> shift) & (RADIX - 1)] == n) return 0;
    for (int d = 0; d < RADIX; d++) {
        int64_t count = starts[d];
        starts[d] = before;
        before += count;
    }
    return 1;
}

static void order_few(const double *x, int64_t n, int64_t *order)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = sort_key(x[i]);
        int64_t j = i;
        for (; j > 0 && sort_key(x[order[j - 1]]) > key; j--) order[j] = order[j - 1];
        order[j] = i;
    }
}

int fore_order(const double *x, int64_t n, int64_t *order)
{
    if (n <= INSERTION_MAX) {
        order_few(x, n, order);
        return 1;
    }
    keyed *a = FORE_NEW(n, keyed), *b = FORE_NEW(n, keyed);
    int64_t *starts = FORE_NEW(RADIX, int64_t);
    int done = a && b && starts;
    if (done) {
        for (int64_t i = 0; i < n; i++) a[i] = (keyed){sort_key(x[i]), i};
        for (int shift = 0; shift < 64; shift += RADIX_BITS) {
            if (!digit_starts(a, n, shift, starts)) continue;
            radix_pass(a, b, n, shift, starts);
            keyed *t = a;
            a = b;
            b = t;
        }
        for (int64_t i = 0; i < n; i++) order[i] = a[i].index;
    }
    fore_free(a);
    fore_free(b);
    fore_free(starts);
    return done;
}
