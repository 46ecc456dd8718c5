/* What the lists that were drawn by lot tell: of each rep's day, those drawn against as many that
 * were drawn to be compared (day_draw.c). Both groups are drawn from the same leads and deals with
 * the same chance, so that whatever differs afterwards is what being drawn does. That is less than
 * what standing on the list does: some of the compared stand on it too, for their worth, and some
 * are contacted without it.
 *
 *   effect = sum (T - mean T of the rep's day) y / sum (T - mean)^2,  T = 1 drawn, y = 1 won (a
 *            lead: converted) within FORE_DRAWN_DAYS
 *   its standard error is clustered by lead or deal, who may be drawn on several days
 *
 * With the number of our contacts within these days, log ratios of the two groups are what an
 * experiment on effort measured (models/respond/response.h). Rows whose days are not over by as_of
 * are not looked at. */
#ifndef FORE_JOBS_DRAWN_LISTS_H
#define FORE_JOBS_DRAWN_LISTS_H

#include "engine/jobs/context.h"
#include "models/respond/response.h"

enum { FORE_DRAWN_DAYS = 60 };

typedef struct fore_drawn_contrast {
    int64_t drawn, compared, waiting;         /* rows; waiting: whose days are not over yet */
    double won_drawn, won_compared;           /* shares won within the days; NaN without rows */
    double contacts_drawn, contacts_compared; /* means within the days */
    double effect, effect_se;                 /* on the chance to be won; NaN: cannot be told */
    bool usable;           /* enough wins, more contacts, and sharper than what is known anyway */
    fore_effort_lift lift; /* when usable */
} fore_drawn_contrast;

fore_status fore_drawn_contrast_read(fore_context *context, int64_t as_of, fore_drawn_contrast *out,
                                     fore_error *err);
/* What is said of it to people; nothing where nothing was ever drawn. */
void fore_drawn_contrast_note(const fore_drawn_contrast *contrast, fore_answer *answer);
/* "drawn_lists": {...} in the open object; nothing where nothing was ever drawn. */
void fore_drawn_contrast_json(const fore_drawn_contrast *contrast, fore_json_writer *json);

#endif
