/* What learned.c and learned_fit.c share. */
#ifndef FORE_SERIES_LEARNED_INSIDE_H
#define FORE_SERIES_LEARNED_INSIDE_H

#include "models/score/trees.h"
#include "models/series/learned.h"

struct fore_learned {
    fore_trees *trees[FORE_LEARNED_MEMBERS]; /* margins: row -> weight by softmax */
    char source[64];
};

#endif
