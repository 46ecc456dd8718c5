/* Reasons in words. A contribution becomes a reason only when the record bears it out: among the
 * training rows, subjects on this side of the column's cut were won more often (or less often) than
 * the base rate, in the direction of the contribution. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/scoring.h"
#include "engine/num/special.h"

enum { CUT_CANDIDATES = 5, CUT_ROWS_MIN = 20 };
static const double PART_MIN = 0.05; /* log-odds: weaker contributions are not worth words */
static const double RATIO_MIN = 1.1; /* "won 1.0x as often" says nothing */

typedef struct side {
    double weight, won, rows;
} side;

/* Chi-square of the split of x at `cut`; fills the reason. */
static double split_at(const double *x, const double *label, const double *weight, int64_t n,
                       double cut, double base_rate, fore_reason_cut *out)
{
    side high = {0}, low = {0};
    for (int64_t i = 0; i < n; i++) {
        if (isnan(x[i]) || weight[i] <= 0) continue;
        side *s = x[i] >= cut ? &high : &low;
        s->weight += weight[i];
        s->won += weight[i] * label[i];
        s->rows += 1;
    }
    *out =
        (fore_reason_cut){cut, high.won / high.weight, low.won / low.weight, high.rows, low.rows};
    if (high.rows < CUT_ROWS_MIN || low.rows < CUT_ROWS_MIN) return -1;
    double expected_high = high.weight * base_rate, expected_low = low.weight * base_rate;
    return pow(high.won - expected_high, 2) / expected_high +
           pow(low.won - expected_low, 2) / expected_low;
}

fore_status fore_reasons_measure(const double *x, int64_t n, int64_t p, const double *label,
                                 const double *weight, double base_rate, fore_reason_cut *cut,
                                 fore_error *err)
{
    static const double quantile[CUT_CANDIDATES] = {0.25, 0.5, 0.75, 0.9, 0.97};
    double *sorted = FORE_NEW(n, double);
    if (!sorted) return fore_no_memory(err);
    for (int64_t j = 0; j < p; j++) {
        const double *column = x + j * n;
        int64_t known = 0;
        for (int64_t i = 0; i < n; i++)
            if (!isnan(column[i])) sorted[known++] = column[i];
        fore_sort(sorted, known);
        cut[j] = (fore_reason_cut){NAN, NAN, NAN, 0, 0};
        double best = 0;
        for (int k = 0; k < CUT_CANDIDATES && known >= 2 * CUT_ROWS_MIN; k++) {
            double at = fore_quantile_sorted(sorted, known, quantile[k]);
            if (at <= sorted[0]) { /* half and more at the minimum: split it from the rest */
                int64_t i = 0;
                while (i < known && sorted[i] <= sorted[0]) i++;
                if (i == known) break;
                at = sorted[i];
            }
            fore_reason_cut tried;
            double chi = split_at(column, label, weight, n, at, base_rate, &tried);
            if (chi > best) {
                best = chi;
                cut[j] = tried;
            }
        }
    }
    fore_free(sorted);
    return FORE_OK;
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
