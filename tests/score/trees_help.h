/* Rows that trees are fitted on, in several tests. */
#ifndef FORE_TESTS_TREES_HELP_H
#define FORE_TESTS_TREES_HELP_H

#include "tests/score/score_support.h"

#include "models/measure/classify.h"
#include "models/score/trees.h"
#include "models/score/trees_inside.h"

static uint64_t lcg; /* state of uniform() */

static inline double uniform(void)
{
    lcg = lcg * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(lcg >> 11) * 0x1p-53;
}

#endif
