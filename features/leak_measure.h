/* What the leak finder measures of one column (leak_measure.c) and judges by (leak.c). */
#ifndef FORE_FEATURES_LEAK_MEASURE_H
#define FORE_FEATURES_LEAK_MEASURE_H

#include "features/leak.h"

enum { FORE_LEAK_FOLDS = 5 };

typedef struct fore_leak_finder {
    const fore_frame *frame;
    const fore_leak_input *input;
    fore_leak_report *report; /* rows by class are counted already */
    int64_t rows;
    uint8_t *fold;   /* rows: 0..FORE_LEAK_FOLDS - 1 */
    int64_t *closed; /* n row numbers */
    int64_t n;       /* won + lost */
    double base;     /* won / n */
} fore_leak_finder;

typedef struct fore_leak_measures {
    double auc, auc_error, auc_filled;
    double filled_won, filled_lost, filled_open; /* of a mark of filling (see leak.h): its "yes" */
    double yes_won, yes_lost, yes_open; /* shares of "yes" of a yes/no column, NaN for other columns
                                          and for marks of filling */
    double missing;         /* share of closed rows */
    const char *sure_level; /* the biggest sure level of a category; NULL for bins of numbers */
    int64_t sure_levels, sure_won, sure_rows;
    int64_t set_late;
} fore_leak_measures;

fore_status fore_leak_measure(const fore_leak_finder *finder, int64_t column,
                              fore_leak_measures *measures, fore_error *err);

#endif
