/* What is asked of `foresell series`, in the words of the command line. */
#ifndef FORE_JOBS_SERIES_OPTIONS_H
#define FORE_JOBS_SERIES_OPTIONS_H

#include "engine/foresell.h"
#include "models/series/series_forecast.h"

/* r->season becomes the shortest of r->seasons where these are given. E_USAGE says what is wrong.
 */
fore_status fore_series_options_read(foresell_series_request *r, fore_series_options *options,
                                     fore_error *err);

#endif
