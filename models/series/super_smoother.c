/* See super_smoother.h.
 *
 *   for each span: running lines, and their cross-validated |residuals| smoothed by the middle span
 *   at each point the span with the smallest of those; these spans smoothed by the middle span
 *   between the lines of the two spans around it, in proportion; smoothed by the smallest span */
#include "models/series/super_smoother.h"

#include <math.h>
#include <stddef.h>

static const double spans[3] = {0.05, 0.2, 0.5};

typedef struct window {
    int64_t half, width;
    double count, spread; /* sum of squares of the places around their centre */
} window;

static window window_of(int64_t n, double span)
{
    int64_t half = (int64_t)(0.5 * span * (double)n + 0.5);
    if (half < 2) half = 2;
    int64_t width = 2 * half + 1 < n ? 2 * half + 1 : n;
    double count = (double)width;
    return (window){half, width, count, count * (count * count - 1) / 12};
}

/* The points from `first` up to `end` on the line through the window that starts at `from`. */
static void line(const double *y, const window *w, int64_t from, int64_t first, int64_t end,
                 double *out, double *residual)
{
    double centre = (double)from + (w->count - 1) / 2, sum = 0, moment = 0;
    for (int64_t i = from; i < from + w->width; i++) {
        sum += y[i];
        moment += ((double)i - centre) * y[i];
    }
    double level = sum / w->count, slope = moment / w->spread;
    for (int64_t j = first; j < end; j++) {
        double x = (double)j - centre, left = 1 - 1 / w->count - x * x / w->spread;
        out[j] = level + slope * x;
        if (residual) residual[j] = left > 0 ? fabs(y[j] - out[j]) / left : 0;
    }
}

/* Lines through the span around each point, full windows only: the ends use the last one. In the
 * middle of its window a line passes through the mean. */
static void running_lines(const double *y, int64_t n, double span, double *out, double *residual)
{
    const window w = window_of(n, span);
    int64_t first = w.width < n ? w.half + 1 : n, end = n - w.half;
    double sum = 0, share = 1 / w.count, wider = 1 / (1 - share);
    line(y, &w, 0, 0, first, out, residual);
    if (first == n) return;
    for (int64_t i = 0; i < w.width; i++) sum += y[i];
    for (int64_t j = first; j < end; j++) out[j] = sum += y[j + w.half] - y[j - w.half - 1];
    for (int64_t j = first; j < end; j++) out[j] *= share;
    for (int64_t j = first; residual && j < end; j++) residual[j] = fabs(y[j] - out[j]) * wider;
    line(y, &w, n - w.width, end, n, out, residual);
}

void fore_super_smooth(const double *y, int64_t n, double *smooth, double *room)
{
    double *line[3], *error[3], *residual = room + 6 * n, *span = room + 7 * n;
    for (int s = 0; s < 3; s++) {
        line[s] = room + 2 * s * n;
        error[s] = line[s] + n;
        running_lines(y, n, spans[s], line[s], residual);
        running_lines(residual, n, spans[1], error[s], NULL);
    }
    for (int64_t j = 0; j < n; j++) {
        int best = 0;
        for (int s = 1; s < 3; s++)
            if (error[s][j] < error[best][j]) best = s;
        span[j] = spans[best];
    }
    running_lines(span, n, spans[1], residual, NULL);
    for (int64_t j = 0; j < n; j++) {
        double at = residual[j] < spans[0] ? spans[0] : residual[j];
        at = (at > spans[2] ? spans[2] : at) - spans[1];
        double share = at >= 0 ? at / (spans[2] - spans[1]) : -at / (spans[1] - spans[0]);
        span[j] = (1 - share) * line[1][j] + share * line[at >= 0 ? 2 : 0][j];
    }
    running_lines(span, n, spans[0], smooth, NULL);
}
