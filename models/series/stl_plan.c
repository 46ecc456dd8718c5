/* See stl_plan.h. Sums go on in the order of their values in every lane, so that wider vectors
 * change nothing. */
#include "models/series/stl_plan.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/num/elementwise.h"

enum { LANES = 8 };
#define INLINE static inline __attribute__((always_inline))

static int64_t whole(int64_t count) { return (count + LANES - 1) / LANES * LANES; }

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t next_odd(double x)
{
    int64_t v = (int64_t)ceil(x);
    return v % 2 ? v : v + 1;
}

static int64_t pass_window(int64_t m) { return next_odd((double)m); }

static int64_t slow_window(int64_t m, int64_t window)
{
    return next_odd(ceil(1.5 * (double)m / (1 - 1.5 / (double)window)));
}

/* ---- weights ---- */

/* Of y[left..right], places from 1, in the value at x of the local line through them; w: one every
 * `stride`. False where all are 0. */
static bool weigh(int64_t n, int64_t window, int degree, double x, int64_t left, int64_t right,
                  double *w, int64_t stride)
{
    double reach = fmax(x - (double)left, (double)right - x), total = 0, centre = 0, spread = 0;
    if (window > n) reach += (double)((window - n) / 2);
    for (int64_t j = left; j <= right; j++) {
        double r = fabs((double)j - x), u = r / reach;
        double v = r > 0.999 * reach ? 0 : r <= 0.001 * reach ? 1 : 1 - u * u * u;
        total += w[(j - left) * stride] = v * v * v;
    }
    if (!(total > 0)) return false;
    for (int64_t j = left; j <= right; j++) centre += (w[(j - left) * stride] /= total) * (double)j;
    for (int64_t j = left; j <= right; j++)
        spread += w[(j - left) * stride] * ((double)j - centre) * ((double)j - centre);
    bool line = reach > 0 && degree > 0 && sqrt(spread) > 0.001 * (double)(n - 1);
    double tilt = line ? (x - centre) / spread : 0;
    for (int64_t j = left; j <= right; j++)
        w[(j - left) * stride] *= 1 + tilt * ((double)j - centre);
    return true;
}

static int64_t place_of(const stl_loess *s, int64_t point)
{
    return least(point * s->jump, s->n - 1);
}

/* Which points there are; the weights are still to come. */
static stl_loess shape(int64_t n, int64_t window)
{
    stl_loess s = {.n = n, .window = least(window, n), .jump = (window + 9) / 10};
    int64_t half = (window + 1) / 2;
    if (s.jump > n - 1) s.jump = n > 1 ? n - 1 : 1;
    int64_t points = n < 2 ? 1 : 1 + (n - 2 + s.jump) / s.jump;
    for (int64_t e = 0; e < points; e++) {
        int64_t place = place_of(&s, e);
        if (window >= n || place + 1 < half)
            s.left++;
        else if (place >= n - half)
            s.right++;
        else
            s.inner++;
    }
    return s;
}

static int64_t weights_of(const stl_loess *s)
{
    return s->window * (whole(s->left) + whole(s->right) + 1);
}

/* The weights of `count` points from `point` on, whose windows start at `from`; where all are 0 a
 * value stands for itself. */
static double *edge(const stl_loess *s, int64_t window, int degree, int64_t point, int64_t count,
                    int64_t from, double *w)
{
    int64_t stride = whole(count);
    memset(w, 0, (size_t)(s->window * stride) * sizeof *w);
    for (int64_t e = 0; e < count; e++) {
        int64_t x = place_of(s, point + e);
        if (!weigh(s->n, window, degree, (double)(x + 1), from + 1, from + s->window, w + e,
                   stride))
            w[(x - from) * stride + e] = 1;
    }
    return w + s->window * stride;
}

static stl_loess make(int64_t n, int64_t window, int degree, double **block)
{
    stl_loess s = shape(n, window);
    double *w = *block;
    s.at_left = w;
    w = edge(&s, window, degree, 0, s.left, 0, w);
    s.at_right = w;
    w = edge(&s, window, degree, s.left + s.inner, s.right, n - s.window, w);
    s.at_inner = w;
    if (s.inner) weigh(n, window, degree, (double)(window + 1) / 2, 1, window, w, 1);
    *block = w + s.window;
    return s;
}

/* The places of the season, with k values each: those just outside too. */
static void make_place(fore_stl_plan *plan, int which, int64_t k, int64_t window, double **block)
{
    stl_loess *s = &plan->place[which];
    *s = make(k, window, 0, block);
    double *before = *block, *after = before + s->window;
    *block = after + s->window;
    if (!weigh(k, window, 0, 0, 1, s->window, before, 1)) {
        for (int64_t j = 0; j < s->window; j++) before[j] = s->at_left[j * whole(s->left)];
    }
    if (!weigh(k, window, 0, (double)(k + 1), k - s->window + 1, k, after, 1)) {
        const double *w = s->right ? s->at_right : s->at_left;
        int64_t count = s->right ? s->right : s->left;
        for (int64_t j = 0; j < s->window; j++) after[j] = w[j * whole(count) + count - 1];
    }
    plan->before[which] = before, plan->after[which] = after;
}

/* ---- room ---- */

typedef struct stl_room {
    int64_t width;          /* of a row of places */
    double *years, *places; /* years x width and one row more at both ends */
    double *flat;           /* n + 2 m: the places in a row */
    double *low, *smooth;   /* n + 2 m, n */
    double *points, *parts; /* of a smoother: its points, and its values apart by their phase */
} stl_room;

static int64_t years_of(int64_t n, int64_t m) { return (n - 1) / m + 1; }

static int64_t parts_of(int64_t n, int64_t m, int64_t window)
{
    int64_t jump = (slow_window(m, window) + 9) / 10;
    return n + 2 * m + jump * (LANES + 1);
}

static stl_room room_of(int64_t n, int64_t m, double *at)
{
    int64_t years = years_of(n, m), width = whole(m) + LANES;
    stl_room r = {.width = width, .years = at};
    r.places = r.years + years * width;
    r.flat = r.places + (years + 2) * width;
    r.low = r.flat + n + 2 * m;
    r.smooth = r.low + n + 2 * m;
    r.points = r.smooth + n;
    r.parts = r.points + n + 4 * LANES;
    return r;
}

int64_t fore_stl_plan_size(int64_t n, int64_t m, int64_t window)
{
    int64_t years = years_of(n, m), sum = 0;
    stl_loess each[] = {shape(years, window), shape(n / m, window), shape(n, pass_window(m)),
                        shape(n, slow_window(m, window))};
    for (int i = 0; i < 4; i++) sum += weights_of(&each[i]) + 2 * each[i].window;
    const stl_room room = room_of(n, m, NULL);
    return sum + (2 * years + 2) * room.width + 2 * (n + 2 * m) + 2 * n + 4 * LANES +
           parts_of(n, m, window);
}

fore_stl_plan fore_stl_plan_make(int64_t n, int64_t m, int64_t window, double *block)
{
    fore_stl_plan plan = {.n = n, .m = m};
    make_place(&plan, 0, years_of(n, m), window, &block);
    make_place(&plan, 1, n / m, window, &block);
    plan.pass = make(n, pass_window(m), 1, &block);
    plan.slow = make(n, slow_window(m, window), 1, &block);
    plan.room = block;
    stl_room room = room_of(n, m, block);
    memset(room.years, 0, (size_t)(years_of(n, m) * room.width) * sizeof *block);
    return plan;
}

/* ---- sums ---- */

/* out: sums over `count` values, `stride` apart, in LANES places side by side. */
INLINE void sums(const double *w, int64_t step, int64_t count, const double *y, int64_t stride,
                 double *out)
{
    double a[LANES] = {0};
    for (int64_t j = 0; j < count; j++)
        for (int l = 0; l < LANES; l++) a[l] += w[j * step] * y[j * stride + l];
    for (int l = 0; l < LANES; l++) out[l] = a[l];
}

/* out: sums of the same `count` values with the weights of LANES points. */
INLINE void edge_sums(const double *w, int64_t points, int64_t count, const double *y, double *out)
{
    int64_t stride = whole(points);
    for (int64_t from = 0; from < points; from += LANES) {
        double a[LANES] = {0};
        for (int64_t j = 0; j < count; j++)
            for (int l = 0; l < LANES; l++) a[l] += w[j * stride + from + l] * y[j];
        for (int l = 0; l < LANES && from + l < points; l++) out[from + l] = a[l];
    }
}

/* The points with windows of their own: values a jump apart are brought side by side first. */
INLINE void inner_sums(const stl_loess *s, const double *y, double *parts, double *out)
{
    const double *first = y + s->left * s->jump - (s->window - 1) / 2;
    int64_t jump = s->jump, span = (s->inner - 1) * jump + s->window;
    int64_t row = (span + jump - 1) / jump + LANES;
    for (int64_t phase = 0; phase < jump; phase++) {
        int64_t q = 0;
        for (int64_t t = phase; t < span; t += jump) parts[phase * row + q++] = first[t];
        for (; q < row; q++) parts[phase * row + q] = 0;
    }
    for (int64_t from = 0; from < s->inner; from += LANES) {
        double a[LANES] = {0};
        for (int64_t j = 0, phase = 0, q = from; j < s->window; j++) {
            for (int l = 0; l < LANES; l++) a[l] += s->at_inner[j] * parts[phase * row + q + l];
            if (++phase == jump) phase = 0, q++;
        }
        for (int l = 0; l < LANES; l++) out[from + l] = a[l];
    }
}

/* Points a jump apart, but for the last, joined by straight lines. */
INLINE void join(const stl_loess *s, const double *at, int64_t points, double *out)
{
    int64_t jump = s->jump, last = (points - 2) * jump;
    for (int64_t i = 0; i < jump; i++) {
        double share = (double)i / (double)jump;
        for (int64_t e = 0; e + 2 < points; e++)
            out[e * jump + i] = at[e] + (at[e + 1] - at[e]) * share;
    }
    double from = at[points - 2], step = (at[points - 1] - from) / (double)(s->n - 1 - last);
    for (int64_t t = last; t < s->n; t++) out[t] = from + step * (double)(t - last);
}

INLINE void smooth(const stl_loess *s, const double *y, const stl_room *r, double *out)
{
    double *at = r->points;
    if (s->inner) inner_sums(s, y, r->parts, at + s->left);
    edge_sums(s->at_left, s->left, s->window, y, at);
    edge_sums(s->at_right, s->right, s->window, y + s->n - s->window, at + s->left + s->inner);
    join(s, at, s->left + s->inner + s->right, out);
}

/* ---- the season ---- */

/* LANES places of the season smoothed over their years, one further at both ends. */
INLINE void smooth_places(const stl_loess *s, const double *before, const double *after,
                          const double *years, int64_t width, double *out)
{
    int64_t points = s->left + s->inner + s->right, last = 0, end = s->n - s->window;
    double *row = out + width;
    sums(before, 1, s->window, years, width, out);
    sums(after, 1, s->window, years + end * width, width, out + (s->n + 1) * width);
    for (int64_t e = 0; e < points; e++) {
        int64_t place = place_of(s, e), right = e - s->left - s->inner;
        int64_t from = e < s->left ? 0 : right >= 0 ? end : place - (s->window - 1) / 2;
        const double *w = e < s->left  ? s->at_left + e
                          : right >= 0 ? s->at_right + right
                                       : s->at_inner;
        int64_t step = e < s->left ? whole(s->left) : right >= 0 ? whole(s->right) : 1;
        sums(w, step, s->window, years + from * width, width, row + place * width);
        for (int64_t i = last + 1; i < place; i++) {
            double share = (double)(i - last) / (double)(place - last);
            for (int l = 0; l < LANES; l++) {
                double a = row[last * width + l], b = row[place * width + l];
                row[i * width + l] = a + (b - a) * share;
            }
        }
        last = place;
    }
}

/* flat: y less its trend, smoothed by places, a cycle more at both ends. */
INLINE void season_of(const fore_stl_plan *p, const double *y, const double *trend,
                      const stl_room *r)
{
    int64_t n = p->n, m = p->m, more = n % m ? n % m : m; /* places with one year more */
    for (int64_t t = 0, row = 0; t < n; t += m, row++)
        for (int64_t j = 0; j < m; j++)
            r->years[row * r->width + j] = t + j < n ? y[t + j] - trend[t + j] : 0;
    for (int which = 0; which < 2; which++)
        for (int64_t j = which ? more : 0; j < (which ? m : more); j += LANES)
            smooth_places(&p->place[which], p->before[which], p->after[which], r->years + j,
                          r->width, r->places + j);
    for (int64_t t = 0, row = 0; t < n + 2 * m; t += m, row++)
        for (int64_t j = 0; j < m && t + j < n + 2 * m; j++)
            r->flat[t + j] = r->places[row * r->width + j];
}

/* Sums of `length` values each, the first at x[i], in place of x[i]; by doubling, the highest digit
 * of the length first. once: room. */
INLINE void moving_sums(double *x, int64_t count, int64_t length, double *once)
{
    int64_t reached = 1, digit = 1;
    while (2 * digit <= length) digit *= 2;
    memcpy(once, x, (size_t)count * sizeof *x);
    for (digit /= 2; digit > 0; digit /= 2) {
        for (int64_t i = 0; i + reached < count; i++) x[i] += x[i + reached];
        reached *= 2;
        if (!(length & digit)) continue;
        for (int64_t i = 0; i + reached < count; i++) x[i] += once[i + reached];
        reached++;
    }
}

/* low: moving averages of m, m and 3 of flat: n of them. */
INLINE void low_pass(const fore_stl_plan *p, const stl_room *r)
{
    int64_t n = p->n, m = p->m;
    double share = 1 / ((double)m * (double)m * 3);
    memcpy(r->low, r->flat, (size_t)(n + 2 * m) * sizeof *r->low);
    moving_sums(r->low, n + 2 * m, m, r->parts);
    moving_sums(r->low, n + m + 1, m, r->parts);
    for (int64_t i = 0; i < n; i++) r->low[i] = (r->low[i] + r->low[i + 1] + r->low[i + 2]) * share;
}

static FORE_WIDE void run(const fore_stl_plan *p, const stl_room *r, const double *y, int rounds,
                          double *seasonal, double *trend)
{
    int64_t n = p->n;
    for (int k = 0; k < rounds; k++) {
        season_of(p, y, trend, r);
        low_pass(p, r);
        smooth(&p->pass, r->low, r, r->smooth);
        for (int64_t t = 0; t < n; t++) {
            seasonal[t] = r->flat[p->m + t] - r->smooth[t];
            r->low[t] = y[t] - seasonal[t];
        }
        smooth(&p->slow, r->low, r, trend);
    }
}

void fore_stl_run(const fore_stl_plan *plan, const double *y, int rounds, double *seasonal,
                  double *trend)
{
    const stl_room room = room_of(plan->n, plan->m, plan->room);
    run(plan, &room, y, rounds, seasonal, trend);
}
