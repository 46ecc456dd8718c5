/* See super_smoother.h.
 *
 *   for each span: running lines, and their cross-validated |residuals| smoothed by the middle span
 *   at each point the span with the smallest of those; these spans smoothed by the middle span
 *   between the lines of the two spans around it, in proportion; smoothed by the smallest span */
#include "models/series/super_smoother.h"

#include <math.h>
#include <stddef.h>

static const double spans[3] = {0.05, 0.2, 0.5};

/* Lines through the span around each point, full windows only: the ends use the last one. */
static void running_lines(const double *y, int64_t n, double span, double *out, double *residual)
{
    int64_t half = (int64_t)(0.5 * span * (double)n + 0.5);
    if (half < 2) half = 2;
    int64_t width = 2 * half + 1 < n ? 2 * half + 1 : n;
    double count = (double)width, spread = count * (count * count - 1) / 12;
    double sum = 0, moment = 0; /* over the window: of y and of i y */
    for (int64_t i = 0; i < width; i++) sum += y[i], moment += (double)i * y[i];
    for (int64_t j = 0, from = 0; j < n; j++) {
        if (j - half > from && from + width < n) {
            sum += y[from + width] - y[from];
            moment += (double)(from + width) * y[from + width] - (double)from * y[from];
            from++;
        }
        double centre = (double)from + (count - 1) / 2, x = (double)j - centre;
        out[j] = sum / count + (moment - centre * sum) / spread * x;
        double left = 1 - 1 / count - x * x / spread;
        if (residual) residual[j] = left > 0 ? fabs(y[j] - out[j]) / left : 0;
    }
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
        double at = fmin(spans[2], fmax(spans[0], residual[j])) - spans[1];
        double share = at >= 0 ? at / (spans[2] - spans[1]) : -at / (spans[1] - spans[0]);
        span[j] = (1 - share) * line[1][j] + share * line[at >= 0 ? 2 : 0][j];
    }
    running_lines(span, n, spans[0], smooth, NULL);
}
