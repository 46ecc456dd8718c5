/* What the tests of this room share. */
#ifndef TESTS_RESPOND_SUPPORT_H
#define TESTS_RESPOND_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/pool.h"
#include "tests/respond/panel_worlds.h"

#define NEAR(a, b, tolerance)                                                                      \
    do {                                                                                           \
        double near_a_ = (a), near_b_ = (b);                                                       \
        if (!(fabs(near_a_ - near_b_) <= (tolerance)))                                             \
            fail_msg("%s = %.12g, expected %.12g within %g", #a, near_a_, near_b_,                 \
                     (double)(tolerance));                                                         \
    } while (0)
#define BETWEEN(a, lo, hi)                                                                         \
    do {                                                                                           \
        double between_ = (a);                                                                     \
        if (!(between_ >= (lo) && between_ <= (hi)))                                               \
            fail_msg("%s = %.12g, expected %g to %g", #a, between_, (double)(lo), (double)(hi));   \
    } while (0)

static inline fore_response *respond_to(const panel_world *w)
{
    panel_data d = panel_make(w);
    fore_response *r = NULL;
    fore_error err = {0};
    if (fore_response_fit(panel_of(&d), NULL, NULL, &r, &err) != FORE_OK)
        fail_msg("%s", err.message);
    panel_free(&d);
    return r;
}

#endif
