/* Where somebody is, as far as the clock goes: a time zone from what a record says, in this order:
 *
 *   1. a time zone of its own: an IANA name that the system knows ("Europe/Paris", also as
 *      "europe_slash_paris"), or an offset ("+05:30", "-0330", "UTC+2"); any other text is passed by
 *   2. country with region: states of the United States, Canada, Australia
 *   3. a country with one zone (its far islands follow the mainland)
 *   4. the country code of a phone number, where it is a country with one zone
 *
 * A state in two zones counts as most of its people. Countries with several zones and no known
 * region, and countries that are not in the table, are not known: the rep's own clock holds then.
 * Public holidays are not known. The offsets are those of the system's zoneinfo. */
#ifndef FORE_JOBS_WHEREABOUTS_H
#define FORE_JOBS_WHEREABOUTS_H

#include <stdbool.h>

enum { FORE_ZONE_NAME = 64 };

typedef struct fore_whereabouts {
    char zone[FORE_ZONE_NAME]; /* for fore_zone_open; "" = not known */
    const char *from;          /* "time zone", "region", "country", "phone"; NULL = not known */
    bool rests_on_friday;      /* the weekend is Friday and Saturday */
} fore_whereabouts;

/* Each may be NULL. In any case of letters; countries by name or code of two letters. */
fore_whereabouts fore_whereabouts_of(const char *zone, const char *country, const char *region,
                                     const char *phone);

#endif
