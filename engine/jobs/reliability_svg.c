/* The reliability table as an SVG that prints well: one panel per purpose, said on the x axis, came
 * true on the y axis, a point per bin with the range in which chance alone leaves the rate nine
 * times in ten if what was said is right, and the line where both agree. Dark blue on white and a
 * dashed grey line: told apart without colour too. The axes end at the largest figure shown. */
#include <math.h>

#include "engine/jobs/backtest_rank.h"

enum { SIDE = 300, LEFT = 62, TOP = 44, BOTTOM = 52, RIGHT = 18, TICKS = 5 };
static const double Z90 = 1.6448536269514722;

/* The ends of the range for a share of n when the chance is p (Wilson, turned around: the noise of
 * a known chance). */
static double noise(double p, double n) { return Z90 * sqrt(fmax(p * (1 - p), 0) / n); }

static double axis_end(const fore_reliability_panel *panel)
{
    static const double ends[] = {0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.4, 0.6, 0.8, 1};
    double largest = 0;
    for (int64_t b = 0; b < panel->bins; b++) {
        const fore_reliability *r = &panel->bin[b];
        largest = fmax(largest, fmax(r->rate, r->mean + noise(r->mean, r->weight)));
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (largest <= ends[i]) return ends[i];
    return 1;
}

static void put_escaped(fore_text *out, const char *text)
{
    for (; *text; text++) switch (*text) {
        case '&': fore_text_puts(out, "&amp;"); break;
        case '<': fore_text_puts(out, "&lt;"); break;
        case '>': fore_text_puts(out, "&gt;"); break;
        default: fore_text_putc(out, *text);
        }
}

static void put_axes(fore_text *out, double x0, double y0, double end)
{
    for (int i = 0; i <= TICKS; i++) {
        double v = end * i / TICKS, at = SIDE * (double)i / TICKS;
        const char *format = end < 0.05 ? "%.1f %%" : "%.0f %%";
        fore_text_printf(out, "<path class=\"g\" d=\"M%.1f %.1fh%d M%.1f %.1fv-%d\"/>\n", x0,
                         y0 - at, SIDE, x0 + at, y0, SIDE);
        fore_text_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", x0 - 7,
                         y0 - at + 4);
        fore_text_printf(out, format, 100 * v);
        fore_text_printf(out, "</text><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x0 + at,
                         y0 + 18);
        fore_text_printf(out, format, 100 * v);
        fore_text_puts(out, "</text>\n");
    }
    fore_text_printf(out,
                     "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">chance that was said"
                     "</text>\n",
                     x0 + SIDE / 2.0, y0 + 40);
    fore_text_printf(out,
                     "<text transform=\"translate(%.1f %.1f) rotate(-90)\" "
                     "text-anchor=\"middle\">share that came true</text>\n",
                     x0 - 48, y0 - SIDE / 2.0);
}

static void put_panel(fore_text *out, const fore_reliability_panel *panel, double x0)
{
    double y0 = TOP + SIDE, end = axis_end(panel), scale = SIDE / end;
    fore_text_printf(out, "<text class=\"t\" x=\"%.1f\" y=\"%d\">", x0, TOP - 16);
    put_escaped(out, panel->title);
    fore_text_puts(out, "</text>\n");
    put_axes(out, x0, y0, end);
    fore_text_printf(out, "<path class=\"d\" d=\"M%.1f %.1fl%d -%d\"/>\n", x0, y0, SIDE, SIDE);
    for (int64_t b = 0; b < panel->bins; b++) {
        const fore_reliability *r = &panel->bin[b];
        double x = x0 + r->mean * scale, half = noise(r->mean, r->weight);
        double low = fmax(r->mean - half, 0), high = fmin(r->mean + half, end);
        fore_text_printf(out, "<path class=\"n\" d=\"M%.1f %.1fV%.1f\"/>", x, y0 - low * scale,
                         y0 - high * scale);
        fore_text_printf(out,
                         "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>said %.2f %%, came true "
                         "%.2f %%, %.0f rows</title></circle>\n",
                         x, y0 - r->rate * scale, 100 * r->mean, 100 * r->rate, r->weight);
    }
}

void fore_reliability_svg(const fore_reliability_panel *panel, int64_t panels, fore_text *out)
{
    int step = LEFT + SIDE + RIGHT, width = (int)panels * step, height = TOP + SIDE + BOTTOM + 22;
    fore_text_printf(out,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                     "viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Reliability\">\n",
                     width, height, width, height);
    fore_text_puts(out, "<style>text{font:12px sans-serif;fill:#222}.t{font-weight:bold;"
                        "font-size:14px}.s{font-size:11px;fill:#444}path{fill:none}"
                        ".g{stroke:#ddd}.d{stroke:#777;stroke-dasharray:6 4;stroke-width:1.5}"
                        ".n{stroke:#7fa8d1;stroke-width:5}circle{fill:#08306b}</style>\n"
                        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    for (int64_t i = 0; i < panels; i++) put_panel(out, &panel[i], (double)(i * step + LEFT));
    fore_text_printf(out,
                     "<text class=\"s\" x=\"14\" y=\"%d\">Points: tenths of the list by chance. "
                     "Bars: where chance alone puts</text>"
                     "<text class=\"s\" x=\"14\" y=\"%d\">nine of ten points if what was said is "
                     "right. Dashed: said = came true.</text>\n</svg>\n",
                     height - 18, height - 5);
}
