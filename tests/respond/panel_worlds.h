/* Rep-week panels whose truth is known: the five rules of effort of the identification table (60
 * territories, 104 weeks, elasticity 0.31), and variations of them.
 *
 *   log sales  = 2 + potential + season + 0.31 log effort + demand + N(0, 0.13^2)
 *   log effort = level + 0.85 potential [rules 2-5] + 1.06 demand [rules 3, 5] + noise
 *   potential ~ N(0, 0.8^2) per territory; demand AR(1) with coefficient 0.7 and sd 0.107 per week
 *   noise: sd 0.2 (rules 1-3) or 0.01 (4, 5); three quarters of it are the hours a rep had */
#ifndef TESTS_RESPOND_PANEL_WORLDS_H
#define TESTS_RESPOND_PANEL_WORLDS_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "models/respond/response.h"

typedef struct panel_world {
    int64_t reps, weeks, kinds;
    double elasticity[FORE_KINDS_MAX]; /* by kind */
    double follows_potential, follows_demand, noise;
    double demand_sd, demand_persistence, sales_noise;
    double decay; /* of the true stock */
    double level; /* log of mean effort per kind and week */
    bool record_hours;
    bool counts; /* outcome: Poisson counts with mean `rate` instead of amounts */
    double rate;
    uint64_t seed;
} panel_world;

static inline panel_world panel_world_default(void)
{
    return (panel_world){.reps = 60,
                         .weeks = 104,
                         .kinds = 1,
                         .elasticity = {0.31},
                         .noise = 0.2,
                         .demand_sd = 0.107,
                         .demand_persistence = 0.7,
                         .sales_noise = 0.13,
                         .level = 3,
                         .rate = 1,
                         .seed = 20261122};
}

/* The rules of the table, 1 to 5. */
static inline panel_world panel_world_rule(int rule)
{
    panel_world w = panel_world_default();
    w.follows_potential = rule >= 2 ? 0.85 : 0;
    w.follows_demand = rule == 3 || rule == 5 ? 1.06 : 0;
    w.noise = rule >= 4 ? 0.01 : 0.2;
    return w;
}

typedef struct panel_data {
    fore_response_panel panel;
    double *won, *activities, *hours, *arrivals, *held, minutes[FORE_KINDS_MAX];
    const char *names[FORE_KINDS_MAX];
} panel_data;

static inline double *panel_doubles(int64_t n)
{
    double *x = calloc((size_t)n, sizeof(double));
    if (!x) abort();
    return x;
}

static inline void panel_free(panel_data *d)
{
    free(d->won);
    free(d->activities);
    free(d->hours);
    free(d->arrivals);
    free(d->held);
}

static inline panel_data panel_make(const panel_world *w)
{
    static const char *const NAMES[] = {"call", "email", "meeting", "demo", "visit"};
    int64_t cells = w->reps * w->weeks;
    panel_data d = {.won = panel_doubles(cells),
                    .activities = panel_doubles(w->kinds * cells),
                    .hours = panel_doubles(cells),
                    .arrivals = panel_doubles(cells),
                    .held = panel_doubles(cells)};
    double *season = panel_doubles(w->weeks);
    fore_random random = fore_random_new(w->seed, 0);
    for (int64_t t = 0; t < w->weeks; t++)
        season[t] =
            0.2 * sin(6.283185307179586 * (double)t / 52) + 0.1 * fore_random_normal(&random);
    for (int64_t g = 0; g < w->reps; g++) {
        double potential = 0.8 * fore_random_normal(&random),
               demand = w->demand_sd * fore_random_normal(&random);
        double stock[FORE_KINDS_MAX];
        for (int64_t t = 0; t < w->weeks; t++) {
            int64_t cell = g * w->weeks + t;
            double hours = 0.75 * w->noise * fore_random_normal(&random);
            double log_sales = 2 + potential + season[t] + demand;
            d.hours[cell] = 38 * exp(hours);
            for (int64_t k = 0; k < w->kinds; k++) {
                double own = sqrt(1 - 0.5625) * w->noise * fore_random_normal(&random);
                double effort = exp(w->level + w->follows_potential * potential +
                                    w->follows_demand * demand + hours + own);
                d.activities[k * cells + cell] = effort;
                stock[k] = t == 0 ? effort : (1 - w->decay) * effort + w->decay * stock[k];
                log_sales += w->elasticity[k] * (log(stock[k]) - w->level);
            }
            if (w->counts)
                d.won[cell] = (double)fore_random_poisson(&random, w->rate * exp(log_sales - 2));
            else
                d.won[cell] = 1000 * exp(log_sales + w->sales_noise * fore_random_normal(&random));
            d.arrivals[cell] = (double)fore_random_poisson(&random, 6);
            d.held[cell] = 20 + (double)fore_random_poisson(&random, 10);
            double p = w->demand_persistence;
            demand = p * demand + sqrt(1 - p * p) * w->demand_sd * fore_random_normal(&random);
        }
    }
    free(season);
    for (int64_t k = 0; k < w->kinds; k++) {
        d.minutes[k] = 15 + 10 * (double)k;
        d.names[k] = NAMES[k % 5];
    }
    d.panel = (fore_response_panel){.reps = w->reps,
                                    .weeks = w->weeks,
                                    .kinds = w->kinds,
                                    .activities = d.activities,
                                    .arrivals = d.arrivals,
                                    .held = d.held};
    if (w->counts)
        d.panel.won_count = d.won;
    else
        d.panel.won_amount = d.won;
    if (w->record_hours) d.panel.hours = d.hours;
    return d;
}

/* The panel's pointers into the struct itself: after panel_make has returned by value. */
static inline const fore_response_panel *panel_of(panel_data *d)
{
    d->panel.minutes = d->minutes;
    d->panel.kind_names = d->names;
    return &d->panel;
}

#endif
