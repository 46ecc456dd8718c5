/* Time zones from what a record says, and that the system knows all of those in the tables. */
#include "engine/jobs/whereabouts.h"

#include "jobs_world.h"

static void is_at(const char *zone, const char *country, const char *region, const char *phone,
                  const char *wanted, const char *from)
{
    fore_whereabouts w = fore_whereabouts_of(zone, country, region, phone);
    assert_string_equal(w.zone, wanted);
    if (from)
        assert_string_equal(w.from, from);
    else
        assert_null(w.from);
    fore_zone *opened = NULL;
    if (*wanted) OK(fore_zone_open(w.zone, &opened, e));
    fore_zone_free(opened);
}

static void whereabouts__the_nearest_word__decides(void **state)
{
    (void)state;
    is_at("Europe/Paris", "Germany", NULL, "+91 1", "Europe/Paris", "time zone");
    is_at("america_slash_new_york", NULL, NULL, NULL, "America/New_York", "time zone");
    is_at("us_slash_eastern", NULL, NULL, NULL, "US/Eastern", "time zone");
    is_at("UTC+5:30", NULL, NULL, NULL, "+05:30", "time zone");
    is_at("GMT", NULL, NULL, NULL, "+00:00", "time zone");
    is_at("no idea", "india", NULL, NULL, "Asia/Kolkata", "country");
    is_at(NULL, "USA", "California", NULL, "America/Los_Angeles", "region");
    is_at(NULL, "us", "NY", NULL, "America/New_York", "region");
    is_at(NULL, "Canada", "BC", NULL, "America/Vancouver", "region");
    is_at(NULL, NULL, NULL, "+49 30 123", "Europe/Berlin", "phone");
    is_at(NULL, NULL, NULL, "00351-21", "Europe/Lisbon", "phone");
}

/* What is no zone is not one for its slash or its first digits. */
static void whereabouts__offsets__are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    is_at("+0530", NULL, NULL, NULL, "+05:30", "time zone");
    is_at("UTC+0530", NULL, NULL, NULL, "+05:30", "time zone");
    is_at("-0330", NULL, NULL, NULL, "-03:30", "time zone");
    is_at("gmt-03", NULL, NULL, NULL, "-03:00", "time zone");
    is_at("UTC+2", NULL, NULL, NULL, "+02:00", "time zone");
    static const char *const none[] = {"N/A",     "(GMT-05:00) Eastern Time (US/Canada)",
                                       "GMT+5.5", "+053",
                                       "+05:3",   "+05:300",
                                       "+05:30h", "+0560",
                                       "+15",     "+",
                                       "UTC+",    "GMTish",
                                       "+05300"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        is_at(none[i], NULL, NULL, NULL, "", NULL);
        is_at(none[i], "India", NULL, NULL, "Asia/Kolkata", "country");
        is_at(none[i], NULL, NULL, "+49 30 123", "Europe/Berlin", "phone");
    }
}

static void whereabouts__several_zones_and_no_region__is_not_known(void **state)
{
    (void)state;
    is_at(NULL, "United States", "North", NULL, "", NULL);
    is_at(NULL, "Brazil", NULL, NULL, "", NULL);
    is_at(NULL, "Atlantis", NULL, "+49 30", "", NULL); /* a phone does not outvote a country */
    is_at(NULL, NULL, NULL, "+1 212 555", "", NULL);
    is_at(NULL, NULL, NULL, "+7 727", "", NULL); /* shared by two countries */
    is_at(NULL, NULL, NULL, "030 123", "", NULL);
    is_at(NULL, "", "", "", "", NULL);
    is_at(NULL, "|de|", NULL, NULL, "", NULL);
    is_at("+99:00", NULL, NULL, NULL, "", NULL);
}

static void whereabouts__every_code_of_two_letters__is_a_zone_of_the_system(void **state)
{
    (void)state;
    int known = 0, friday = 0;
    for (char a = 'a'; a <= 'z'; a++)
        for (char b = 'a'; b <= 'z'; b++) {
            char code[3] = {a, b, 0};
            fore_whereabouts country = fore_whereabouts_of(NULL, code, NULL, NULL);
            fore_whereabouts state_of = fore_whereabouts_of(NULL, "us", code, NULL);
            const char *zones[] = {country.zone, state_of.zone};
            for (int k = 0; k < 2; k++) {
                fore_zone *zone = NULL;
                if (!zones[k][0]) continue;
                OK(fore_zone_open(zones[k], &zone, e));
                fore_zone_free(zone);
                known++;
            }
            friday += country.rests_on_friday;
        }
    assert_true(known > 120 && friday == 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whereabouts__the_nearest_word__decides),
        cmocka_unit_test(whereabouts__offsets__are_read_whole_or_not_at_all),
        cmocka_unit_test(whereabouts__several_zones_and_no_region__is_not_known),
        cmocka_unit_test(whereabouts__every_code_of_two_letters__is_a_zone_of_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
