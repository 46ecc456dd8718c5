/* A hierarchy of series: aggregates are summed up from the bottom series, every node is forecast
 * by the method asked for, and the forecasts are made to add up, their intervals with them.
 *
 *   fore_series_nest     the file's series -> all nodes, in place of the file's (names, grid)
 *   (the job forecasts them like any series)
 *   fore_series_settle   reconciles what came, in place
 *
 * Rules: before its first value a bottom series counts as 0; a gap inside is filled along a
 * straight line; one that ends before the others is forecast up to their end, and counts as that. A
 * bad series is left out, and so are all aggregates above it. */
#ifndef FORE_JOBS_SERIES_HIERARCHY_H
#define FORE_JOBS_SERIES_HIERARCHY_H

#include "engine/jobs/series_tree.h"
#include "models/series/series_forecast.h"

typedef struct fore_series_nested {
    bool used;
    fore_series_tree tree;
    fore_reconcile_method method;
    bool chosen; /* the method was named */
    bool non_negative;
    fore_reconcile_info info;
    int64_t length; /* steps of the history */
    int64_t errors; /* times whose errors were known of all nodes */
    int64_t late, early, gaps,
        unsure; /* bottoms that begin late, end early, have gaps, no interval */
    int64_t horizon;
    double *base; /* nodes x horizon: before */
} fore_series_nested;

/* Nothing when request->hierarchy is NULL. nested zeroed before; freed after failure too. */
fore_status fore_series_nest(fore_context *c, const foresell_series_request *request,
                             const fore_series_options *options, fore_series_file *file,
                             fore_series_grid *grid, fore_series_nested *nested, fore_error *err);
/* tasks: one a node. */
fore_status fore_series_settle(const foresell_series_request *request, const fore_series_grid *grid,
                               fore_series_nested *nested, fore_series_task *tasks,
                               fore_error *err);
/* "hierarchy": {...} and the sentences. */
void fore_series_nested_tell(const fore_series_nested *nested, fore_answer *a,
                             fore_json_writer *json);
/* Members of one node's object. */
void fore_series_nested_node(const fore_series_nested *nested, int64_t node,
                             fore_json_writer *json);
void fore_series_nested_free(fore_series_nested *nested);

#endif
