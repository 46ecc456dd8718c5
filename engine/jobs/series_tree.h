/* The nodes that names of series make: "South/Team A/Ravi" stands below "South/Team A", "South" and
 * "total". Names from columns may also be crossed: "South/Team A*Mugs" is a part of "South*Mugs"
 * (all teams), "South*" (all products) and "*Mugs" (all regions). Aggregates are every shorter way
 * to say a name; the bottom series are the names themselves. */
#ifndef FORE_JOBS_SERIES_TREE_H
#define FORE_JOBS_SERIES_TREE_H

#include "engine/jobs/series_file.h"
#include "models/series/reconcile.h"

extern const char fore_series_total[]; /* the node over all: "total" */
enum { FORE_SERIES_CROSS = '*' };      /* between the chains of a crossed name */

typedef struct fore_series_tree {
    fore_hierarchy shape;   /* of the nodes that are answered */
    int64_t nodes, all;     /* answered (aggregates, then bottoms); with those left out behind */
    fore_dictionary *names; /* all */
    int64_t *level;         /* all: elements of the name, 0 for the total */
    int64_t *series;        /* all: the bottom's series in the file; -1 for an aggregate */
    int64_t *missing;       /* all: of an aggregate left out, a series below that is bad; else -1 */
    int64_t *start, *member; /* behind shape */
} fore_series_tree;

/* Nodes of one level stand by name, so that the order of the file's rows does not matter. A series
 * that the grid could not place is left out with all aggregates above it, which would be too small
 * without it. E_DATA: a name with an empty element, or one that is also an aggregate; E_NO_ANSWER:
 * fewer than two series. *tree zeroed before; freed by the caller after failure too. */
fore_status fore_series_tree_make(const char *path, const fore_series_file *file,
                                  const fore_series_grid *grid, const char *separator, bool crossed,
                                  fore_series_tree *tree, fore_error *err);
void fore_series_tree_free(fore_series_tree *tree);

#endif
