/* The squares of the one-step errors of up to eight CES models at once, one in each lane of a
 * vector, with their derivatives to the weights (carried forward beside the states). What a lane
 * gives does not depend on its neighbours nor on the width of the machine's vectors: every
 * operation works element by element, in the same order. For the files of CES only; no heap. */
#ifndef FORE_SERIES_CES_LANES_H
#define FORE_SERIES_CES_LANES_H

#include "models/series/ces.h"

enum { CES_LANES = 8, CES_WEIGHTS = 4 };

/* Lanes share the form and the season, not the number of values. Arrays are t-major: value t of
 * lane i at [t * width + i]; the season's place j likewise. */
typedef struct ces_lanes {
    int64_t width; /* CES_LANES, or 1 */
    int64_t m;
    fore_ces_form form;
    double *y;                             /* borrowed; any finite number behind a lane's values */
    int64_t n[CES_LANES];                  /* 0: nobody there */
    double weight[CES_WEIGHTS][CES_LANES]; /* a0, a1, b0, b1; those a form lacks are not read */
    /* where the first run begins: l at its places (one, or m with FORE_CES_SIMPLE), and s */
    double level[CES_LANES * FORE_CES_SEASON_MAX], season[CES_LANES * FORE_CES_SEASON_MAX];
    double squares[CES_LANES], slope[CES_WEIGHTS][CES_LANES]; /* out */
} ces_lanes;

/* Nobody anywhere. */
void ces_lanes_clear(ces_lanes *w);
void ces_lanes_run(ces_lanes *w);

#endif
