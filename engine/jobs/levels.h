/* Lists in requests: "80,95" -> interval levels in per cent, names separated by commas. */
#ifndef FORE_JOBS_LEVELS_H
#define FORE_JOBS_LEVELS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"

enum { FORE_LEVELS_MAX = 8 };
/* NULL gives 80 and 95. E_USAGE for anything but 1 to FORE_LEVELS_MAX numbers inside (0, 100). */
fore_status fore_levels_parse(const char *text, double level[FORE_LEVELS_MAX], int64_t *count,
                              fore_error *err);
/* A comma-separated list of numbers of any kind, at most `limit`; `what` names it in the error. */
fore_status fore_numbers_parse(const char *text, const char *what, double *out, int64_t limit,
                               int64_t *count, fore_error *err);
/* Is `name` one of the comma-separated names? Spaces around them do not count; NULL holds none. */
bool fore_list_names(const char *list, const char *name);

#endif
