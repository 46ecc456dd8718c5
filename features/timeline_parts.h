/* Inside the features room: how a timeline gets its memory, and the piles that sort its events. */
#ifndef FORE_TIMELINE_PARTS_H
#define FORE_TIMELINE_PARTS_H

#include "features/timeline.h"

/* --- one block of memory behind all columns (timeline_image.c) --- */

/* Gives every column its place, from the counts that are already set in *t. Contents undefined. */
fore_status fore_image_allocate(fore_timeline *t, fore_error *err);
/* Columns are const for the world; the builder writes through this. */
#define FORE_FILL(type, column) ((type *)(uintptr_t)(column))

/* --- events on their way into the columns (timeline_events.c) --- */

typedef struct fore_event_record {
    int64_t at;
    int32_t owner, rep, campaign;
    float minutes;
    uint8_t code, flags;
} fore_event_record;

typedef struct fore_event_piles fore_event_piles;
fore_event_piles *fore_piles_new(int64_t owners); /* NULL when memory is short */
void fore_piles_free(fore_event_piles *piles);
fore_status fore_piles_add(fore_event_piles *piles, const fore_event_record *record,
                           fore_error *err);
int64_t fore_piles_count(const fore_event_piles *piles);

/* Where the sorted events go; hour, campaign and minutes may be NULL. `first` holds owners + 1. */
typedef struct fore_event_columns {
    int64_t *first, *at;
    uint8_t *code, *flags, *hour;
    int32_t *rep, *campaign;
    float *minutes;
} fore_event_columns;
/* Sorts by (owner, at, code, flags, rep, campaign, minutes), so that the order of adding does not
 * matter, and empties the piles. */
fore_status fore_piles_write(fore_event_piles *piles, fore_pool *pool, const fore_zone *zone,
                             const fore_event_columns *columns, fore_error *err);

#endif
