/* Lists in requests: "80,95" -> interval levels in per cent, names separated by commas. */
#ifndef FORE_JOBS_LEVELS_H
#define FORE_JOBS_LEVELS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "engine/base/text.h"

enum { FORE_LEVELS_MAX = 8 };
/* NULL gives 80 and 95. E_USAGE for anything but 1 to FORE_LEVELS_MAX numbers inside (0, 100). */
fore_status fore_levels_parse(const char *text, double level[FORE_LEVELS_MAX], int64_t *count,
                              fore_error *err);
/* A comma-separated list of numbers of any kind, at most `limit`, each with or without a "%"; `what` names it in the error. */
fore_status fore_numbers_parse(const char *text, const char *what, double *out, int64_t limit,
                               int64_t *count, fore_error *err);
/* Lists of names: separated by commas, spaces around them not counting; a name that holds a comma, or
 * begins with a quotation mark, stands in quotation marks ("Revenue, annual"), doubled within. */
bool fore_list_names(const char *list, const char *name); /* is it among them? NULL holds none */
int64_t fore_list_count(const char *list);
/* Is every item one of the n names? Else E_USAGE tells which is not, and what comes near it. */
fore_status fore_list_check(const char *list, const char *option, const char *const *name, int64_t n,
                            fore_error *err);
void fore_list_add(fore_text *list, const char *name); /* quoted where it must be */

#endif
