/* What the tests of this room share. */
#ifndef TESTS_SURVIVE_SUPPORT_H
#define TESTS_SURVIVE_SUPPORT_H

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
#include "engine/base/random.h"

#define NEAR(a, b, tolerance)                                                                      \
    do {                                                                                           \
        double near_a_ = (a), near_b_ = (b);                                                       \
        if (!(fabs(near_a_ - near_b_) <= (tolerance)))                                             \
            fail_msg("%s = %.12g, expected %.12g within %g", #a, near_a_, near_b_,                 \
                     (double)(tolerance));                                                         \
    } while (0)

#endif
