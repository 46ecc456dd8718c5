/* What is known of leads or deals besides their events, as a frame: one row per subject of a kind, in
 * the timeline's order, one column per attribute.
 *
 * Columns of a lead: Source, Title, E-mail given, Free mail, E-mail domain, Phone given, Campaign,
 * Campaign channel, Owner, Owner team, Owner region, Account given; of its account Industry, Employees, Annual
 * revenue, Country, Region and every attribute as "Account: X"; and every attribute of the lead under its
 * own name. Columns of a deal: Source, Product, Product category, List price, Currency, Campaign,
 * Campaign channel, Owner (and team, region), the account's as above, "Lead: " title, mail, phone
 * and attributes of its lead, "Product: X", and every attribute of the deal under its own name.
 * Columns that are empty for all subjects are left out. Names, addresses and numbers of people never
 * enter; nor do status, stage, amount, dates of closing, lost reason (extract.h has those that were
 * known at T). An attribute whose name one of the columns above already bears becomes "X (attribute)".
 *
 * Point in time: a value that the change log records (owner, attributes of deals) is taken as it was
 * at creation: the old value of its first change. All other attributes carry no history and are taken
 * as known at creation, which is why leak.h must see this frame before training. Subjects created at
 * or after as_of stay in the frame (rows must match), but as_of bounds which changes are read. */
#ifndef FORE_FEATURES_ATTRIBUTES_H
#define FORE_FEATURES_ATTRIBUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "engine/store/store.h"
#include "features/frame.h"
#include "features/timeline.h"

typedef struct fore_late_change {
    int64_t column, at; /* of the frame; when a subject's value changed first after its closing */
} fore_late_change;

typedef struct fore_attributes {
    fore_frame *frame;      /* rows = leads, or deals */
    fore_subject_kind kind;
    int64_t first;          /* frame row = subject - first */
    fore_late_change *late; /* lates: closed subjects whose value changed after the closing */
    int64_t lates;
    uint8_t *from_account;  /* per column: 1 when it is read from the account, so that it is filled only
                               where an account is given */
    int64_t *group;         /* per row: the key of the subject, for folds that no order changes */
} fore_attributes;

/* Attributes of deals that hold what the CRM itself forecasts: its category, its chance. On closed deals
 * they say how it ended, and a model that had them would only repeat the CRM: no frame has them; the
 * forecast shows them beside its own figures. */
bool fore_is_forecast_category(const char *attribute);
bool fore_is_forecast_chance(const char *attribute); /* in percent, or up to 1 */

/* deny: names of columns to leave out (compared as fore_text_normalise does), NULL when denied = 0. */
fore_status fore_attributes_read(fore_store *store, const fore_timeline *timeline, fore_subject_kind kind,
                                 int64_t as_of, const char *const *deny, int64_t denied,
                                 fore_attributes **attributes, fore_error *err);
/* For leak.h, what is known of each row's outcome before a moment: label (rows) 1 won, 0 lost, also
 * when nobody knows the time of closing; NaN: open in the data as they are now, whatever the moment,
 * for a value without history is today's, and it is on what is open today that it may be missing;
 * infinite: closed later, or left out for another reason. late (columns): subjects whose value changed
 * after the closing and before the moment, which is at most the as_of of the reading. */
void fore_attributes_labels(const fore_attributes *attributes, const fore_timeline *timeline,
                            int64_t before, double *label, int64_t *late);
void fore_attributes_free(fore_attributes *attributes); /* NULL is fine */

#endif
