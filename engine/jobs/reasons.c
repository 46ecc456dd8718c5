/* Reasons in words. A contribution becomes a reason only when the record bears it out: among the
 * training rows, subjects on this side of the column's cut were won more often (or less often) than
 * the base rate, in the direction of the contribution.
 *
 *   subjects in two halves, by lot; for both: the half chooses the cut of a column, the best of
 *     five by chi-square, and the other half measures its sides: d = rate / base - 1, and the
 *     variance v of d by subject: sum over subjects of (sum of w (y - base))^2 / (sum of w base)^2
 *   d and v of both halves together, weighted by 1 / v; the cut that is shown: chosen by all
 *   all sides of all columns: true d is 0 with 1 - w, else normal around 0 with variance t;
 *     w and t by EM, then m = P(not 0 | d) t / (t + v)
 *   a side is said to be worth 1 + m d, and 1 where |d| < 2 sqrt(v)
 *
 * The best of five flatters itself, so it is never measured where it was chosen. What then is still
 * chance is shrunk away as far as the columns of this very history say: nearly all where few
 * columns know anything, nearly nothing of what stands far out (empirical Bayes with a point at
 * zero: Johnstone and Silverman, Annals of Statistics 32, 2004, with a normal slab). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/scoring.h"
#include "engine/num/special.h"

enum { CUT_CANDIDATES = 5, CUT_ROWS_MIN = 20, EM_STEPS = 100, ROWS_MAX = 100000 };
static const double PART_MIN = 0.05;   /* log-odds: weaker contributions are not worth words */
static const double RATIO_MIN = 1.1;   /* "won 1.0x as often" says nothing */
static const double SHARE_MAX = 0.999; /* of sides that tell anything: keeps the odds finite */
static const double ERRORS_MIN = 2; /* standard errors from the base rate: below it may be chance */

/* The rows measured on, cut in two by subject. */
typedef struct halves {
    int64_t *row; /* n: of the matrix */
    double *label, *weight;
    int64_t *group;
    int64_t n;
    uint8_t *half;  /* 0 or 1 */
    double base[2]; /* share of wins by half */
} halves;
enum { BOTH = 2 }; /* in the place of a half */

typedef struct side {
    double weight, won, rows;
    double squares; /* of what each subject adds to won - base weight */
    double subject; /* what the present one has added so far */
    int64_t group;
} side;

static void add_row(side *s, const halves *h, int64_t i)
{
    int64_t group = h->group[i];
    if (s->rows == 0 || group != s->group) {
        s->squares += s->subject * s->subject;
        s->subject = 0;
        s->group = group;
    }
    s->subject += h->weight[i] * (h->label[i] - h->base[h->half[i]]);
    s->weight += h->weight[i];
    s->won += h->weight[i] * h->label[i];
    s->rows += 1;
}

static void split_at(const double *x, const halves *h, int half, double cut, side *high, side *low)
{
    *high = *low = (side){0};
    for (int64_t i = 0; i < h->n; i++)
        if ((half == BOTH || h->half[i] == half) && !isnan(x[i]))
            add_row(x[i] >= cut ? high : low, h, i);
}

static bool is_enough(const side *high, const side *low)
{
    return high->rows >= CUT_ROWS_MIN && low->rows >= CUT_ROWS_MIN;
}

static double chi_square(const side *high, const side *low, double base_rate)
{
    double expected_high = high->weight * base_rate, expected_low = low->weight * base_rate;
    return pow(high->won - expected_high, 2) / expected_high +
           pow(low->won - expected_low, 2) / expected_low;
}

/* The best cut of a column in a half; NaN: none tells the rows apart. */
static double choose_cut(const double *x, const halves *h, int half, double base_rate,
                         double *sorted)
{
    static const double quantile[CUT_CANDIDATES] = {0.25, 0.5, 0.75, 0.9, 0.97};
    int64_t known = 0;
    for (int64_t i = 0; i < h->n; i++)
        if ((half == BOTH || h->half[i] == half) && !isnan(x[i])) sorted[known++] = x[i];
    fore_sort(sorted, known);
    double best = 0, chosen = NAN;
    for (int k = 0; k < CUT_CANDIDATES && known >= 2 * CUT_ROWS_MIN; k++) {
        double at = fore_quantile_sorted(sorted, known, quantile[k]);
        if (at <= sorted[0]) { /* half and more at the minimum: split it from the rest */
            int64_t i = 0;
            while (i < known && sorted[i] <= sorted[0]) i++;
            if (i == known) break;
            at = sorted[i];
        }
        side high, low;
        split_at(x, h, half, at, &high, &low);
        double chi = is_enough(&high, &low) ? chi_square(&high, &low, base_rate) : -1;
        if (chi > best) {
            best = chi;
            chosen = at;
        }
    }
    return chosen;
}

/* --- how much of what was measured is to be believed --- */

typedef struct belief {
    double share;  /* w: of sides that tell anything */
    double spread; /* t */
} belief;

static double deviation(const side *s, double base) { return s->won / s->weight / base - 1; }

static double variance(const side *s, double base)
{
    double expected = s->weight * base;
    return (s->squares + s->subject * s->subject) / (expected * expected);
}

/* The probability that the true d is not 0. */
static double is_real(const belief *b, double d, double v)
{
    double log_odds = log(b->share) - log1p(-b->share) - 0.5 * log1p(b->spread / v) +
                      0.5 * d * d * (1 / v - 1 / (v + b->spread));
    return 1 / (1 + exp(-log_odds));
}

/* EM over the measured sides: d and v hold m each. */
static void learn(belief *b, const double *d, const double *v, int64_t m)
{
    double noise = 0, seen = 0;
    for (int64_t i = 0; i < m; i++) {
        noise += v[i] / (double)m;
        seen += d[i] * d[i] / (double)m;
    }
    b->share = 0.5;
    b->spread = fmax(noise, seen - noise);
    for (int k = 0; k < EM_STEPS && m > 0; k++) {
        double real = 0, squares = 0;
        for (int64_t i = 0; i < m; i++) {
            double p = is_real(b, d[i], v[i]), keep = b->spread / (b->spread + v[i]);
            real += p;
            squares += p * (keep * keep * d[i] * d[i] + keep * v[i]);
        }
        if (!(real > 0)) break;
        b->spread = squares / real;
        b->share = fmin(real / (double)m, SHARE_MAX);
    }
}

static double shrunk(const belief *b, double d, double v)
{
    if (!(d * d >= ERRORS_MIN * ERRORS_MIN * v)) return 1;
    return 1 + is_real(b, d, v) * b->spread / (b->spread + v) * d;
}

static void halves_free(halves *h)
{
    fore_free(h->row);
    fore_free(h->label);
    fore_free(h->weight);
    fore_free(h->group);
    fore_free(h->half);
}

/* The rows of positive weight; of more than ROWS_MAX a part, whole subjects by their hash. */
static fore_status draw_rows(const fore_view *x, const double *label, const double *weight,
                             const int64_t *group, halves *h, fore_error *err)
{
    int64_t n = x->rows;
    double limit = n > ROWS_MAX ? (double)ROWS_MAX / (double)n : 1;
    h->row = FORE_NEW(n, int64_t);
    h->label = FORE_NEW(n, double);
    h->weight = FORE_NEW(n, double);
    h->group = FORE_NEW(n, int64_t);
    h->half = FORE_NEW(n, uint8_t);
    if (!h->row || !h->label || !h->weight || !h->group || !h->half) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++) {
        int64_t subject = group ? group[i] : i;
        uint64_t lot = fore_hash(&subject, sizeof subject, FORE_REASON_LOT);
        if (!(weight[i] > 0) || (double)(lot >> 11) * 0x1p-53 >= limit) continue;
        h->row[h->n] = i;
        h->label[h->n] = label[i];
        h->weight[h->n] = weight[i];
        h->group[h->n] = subject;
        h->half[h->n++] = lot & 1;
    }
    return FORE_OK;
}

/* d and v of one more half; v is 0 before the first. */
static void pool(double *d, double *v, double d_half, double v_half)
{
    double sum = *v > 0 ? 1 / *v + 1 / v_half : 1 / v_half;
    *d = ((*v > 0 ? *d / *v : 0) + d_half / v_half) / sum;
    *v = 1 / sum;
}

/* One column: its cut, and d and v of both sides; the cut is NaN where it tells nothing apart. */
static void measure_column(const double *x, const halves *h, double base_rate, double *sorted,
                           fore_reason_cut *cut, double d[2], double v[2])
{
    side high, low;
    *cut = (fore_reason_cut){NAN, NAN, NAN, 0, 0};
    d[0] = d[1] = v[0] = v[1] = 0;
    for (int half = 0; half < 2; half++) {
        double at = choose_cut(x, h, half, base_rate, sorted), base = h->base[1 - half];
        if (isnan(at) || !(base > 0 && base < 1)) return;
        split_at(x, h, 1 - half, at, &high, &low);
        if (!is_enough(&high, &low)) return;
        if (!(variance(&high, base) > 0 && variance(&low, base) > 0)) return;
        pool(&d[0], &v[0], deviation(&high, base), variance(&high, base));
        pool(&d[1], &v[1], deviation(&low, base), variance(&low, base));
    }
    cut->cut = choose_cut(x, h, BOTH, base_rate, sorted);
    if (isnan(cut->cut)) return;
    split_at(x, h, BOTH, cut->cut, &high, &low);
    cut->count_high = high.rows;
    cut->count_low = low.rows;
}

static void find_bases(halves *h)
{
    double won[2] = {0, 0}, all[2] = {0, 0};
    for (int64_t i = 0; i < h->n; i++) {
        won[h->half[i]] += h->weight[i] * h->label[i];
        all[h->half[i]] += h->weight[i];
    }
    for (int k = 0; k < 2; k++) h->base[k] = won[k] / all[k];
}

typedef struct measuring {
    const fore_view *x;
    halves h;
    double base_rate;
    fore_reason_cut *cut; /* p, and d and v of both sides of each */
    double *d, *v;
    double *room; /* 2 n for every worker */
} measuring;

static fore_status measure_one(void *context, int64_t j, int worker, fore_error *err)
{
    (void)err;
    measuring *m = context;
    double *x = m->room + worker * 2 * m->h.n, *sorted = x + m->h.n;
    for (int64_t i = 0; i < m->h.n; i++) x[i] = fore_view_row(m->x, m->h.row[i])[j * m->x->stride];
    measure_column(x, &m->h, m->base_rate, sorted, &m->cut[j], m->d + 2 * j, m->v + 2 * j);
    return FORE_OK;
}

/* What is believed of the sides that tell rows apart. */
static void believe(measuring *m)
{
    int64_t p = m->x->columns, sides = 0;
    belief b;
    for (int64_t j = 0; j < p; j++) {
        if (isnan(m->cut[j].cut)) continue;
        memmove(m->d + sides, m->d + 2 * j, 2 * sizeof *m->d);
        memmove(m->v + sides, m->v + 2 * j, 2 * sizeof *m->v);
        sides += 2;
    }
    learn(&b, m->d, m->v, sides);
    sides = 0;
    for (int64_t j = 0; j < p; j++) {
        if (isnan(m->cut[j].cut)) continue;
        m->cut[j].rate_high = m->base_rate * shrunk(&b, m->d[sides], m->v[sides]);
        m->cut[j].rate_low = m->base_rate * shrunk(&b, m->d[sides + 1], m->v[sides + 1]);
        sides += 2;
    }
}

fore_status fore_reasons_measure(fore_pool *workers, const fore_view *x, const double *label,
                                 const double *weight, const int64_t *group, double base_rate,
                                 fore_reason_cut *cut, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t p = x->columns;
    measuring m = {.x = x,
                   .base_rate = base_rate,
                   .cut = cut,
                   .d = FORE_NEW(2 * p, double),
                   .v = FORE_NEW(2 * p, double)};
    if (!m.d || !m.v) FORE_GO(fore_no_memory(err));
    FORE_GO(draw_rows(x, label, weight, group, &m.h, err));
    m.room = FORE_NEW(2 * m.h.n * fore_pool_threads(workers), double);
    if (!m.room) FORE_GO(fore_no_memory(err));
    find_bases(&m.h);
    FORE_GO(fore_pool_run(workers, p, measure_one, &m, err));
    believe(&m);
done:
    halves_free(&m.h);
    fore_free(m.d);
    fore_free(m.v);
    fore_free(m.room);
    return status;
}

void fore_chance_say(double p, char out[24])
{
    if (p > 0 && p < 0.0005)
        snprintf(out, 24, "under 0.1 %%");
    else if (p < 1 && p >= 0.9995)
        snprintf(out, 24, "over 99.9 %%");
    else
        snprintf(out, 24, "%.1f %%", 100 * p);
}

static bool borne_out(const fore_scoring *s, fore_reason *r)
{
    const fore_reason_cut *c = &s->cut[r->column];
    r->ratio = NAN;
    if (isnan(c->cut) || isnan(r->value) || !(s->base_rate > 0)) return false;
    double rate = r->value >= c->cut ? c->rate_high : c->rate_low;
    r->ratio = rate / s->base_rate;
    return r->part > 0 ? r->ratio >= RATIO_MIN : r->ratio <= 1 / RATIO_MIN;
}

/* What nobody can change or learn from comes last, whatever its size: rep, weekday, season. */
static bool is_circumstance(const fore_scoring *s, int64_t column)
{
    const char *name = fore_scoring_column_name(s, column);
    return strncmp(name, "season_", 7) == 0 || strncmp(name, "created_week", 12) == 0 ||
           strcmp(name, "days_to_quarter_end") == 0 || strncmp(name, "owner_", 6) == 0 ||
           strncmp(name, "Owner", 5) == 0;
}

static bool is_stronger(const fore_scoring *s, const fore_reason *a, const fore_reason *b)
{
    bool late_a = is_circumstance(s, a->column), late_b = is_circumstance(s, b->column);
    return late_a != late_b ? late_b : fabs(a->part) > fabs(b->part);
}

int64_t fore_reasons_pick(const fore_scoring *s, const double *raw, const double *parts, int sign,
                          fore_reason *out, int64_t limit)
{
    int64_t count = 0;
    for (int64_t j = 0; j < s->columns && limit > 0; j++) {
        fore_reason r = {j, parts[j], raw[j], NAN};
        if (!(fabs(r.part) >= PART_MIN) || (sign > 0 && r.part < 0) || (sign < 0 && r.part > 0))
            continue;
        if (!borne_out(s, &r)) continue;
        if (j >= s->feature_count) { /* "source is not Web" is no reason */
            const fore_raw_column *c = fore_encoding_column(s->encoding, j - s->feature_count);
            bool indicator = c->kind == FORE_RAW_LEVEL || c->kind == FORE_RAW_OTHER ||
                             c->kind == FORE_RAW_MISSING;
            if (indicator && raw[j] == 0) continue;
        }
        int64_t at = count < limit ? count++ : limit;
        if (at == limit && !is_stronger(s, &r, &out[limit - 1])) continue;
        if (at == limit) at--;
        for (; at > 0 && is_stronger(s, &r, &out[at - 1]); at--) out[at] = out[at - 1];
        out[at] = r;
    }
    return count;
}

void fore_reason_say(const fore_scoring *s, const fore_reason *r, fore_text *out)
{
    const fore_reason_cut *c = &s->cut[r->column];
    if (r->column < s->feature_count) {
        bool high = isnan(c->cut) || r->value >= c->cut;
        fore_feature_say(s->feature[r->column], r->value, high, out);
    } else {
        const fore_raw_column *column =
            fore_encoding_column(s->encoding, r->column - s->feature_count);
        fore_text_puts(out, column->words);
        bool indicator = column->kind == FORE_RAW_LEVEL || column->kind == FORE_RAW_OTHER ||
                         column->kind == FORE_RAW_MISSING;
        if (column->kind == FORE_RAW_RATE)
            fore_text_puts(out, r->part > 0 ? " is high" : " is low");
        else if (column->kind == FORE_RAW_YES_NO || column->kind == FORE_RAW_FREE_MAIL)
            fore_text_puts(out, r->value > 0 ? ": yes" : ": no");
        else if (!indicator) {
            char number[48];
            fore_number_people(r->value, fabs(r->value) < 10 ? 1 : 0, number, sizeof number);
            fore_text_printf(out, ": %s%s%s", number, column->unit[0] ? " " : "", column->unit);
        }
    }
    if (isnan(r->ratio)) return;
    const char *verb = s->kind == FORE_SUBJECT_LEAD ? "converted" : "won";
    if (r->ratio < 0.05)
        fore_text_printf(out, " (hardly ever %s)", verb);
    else
        fore_text_printf(out, " (%s %.1fx as often)", verb, r->ratio);
}
