/* Drivers of a file of series: from its own columns, a file of drivers, holidays, the calendar;
 * what is to come must be known or taken on, series by series. */
#include "answer_help.h"
#include "engine/base/random.h"

enum { PAST = 72, AHEAD = 6 };

typedef struct sales {
    double y[PAST + AHEAD], promo[PAST + AHEAD], effort[PAST + AHEAD];
} sales;

/* 100 + 30 promo + 2 effort + 5 per working day, and noise of sd 3. */
static void simulate(uint64_t seed, sales *s)
{
    fore_random r = fore_random_new(seed, 0);
    for (int i = 0; i < PAST + AHEAD; i++) {
        int32_t from = fore_days_from_civil(2018 + i / 12, i % 12 + 1, 1), days = 0;
        for (int32_t d = from; d < fore_period_add(FORE_MONTHLY, from, 1); d++)
            days += fore_weekday(d) < 5;
        s->promo[i] = fore_random_uniform(&r) < 0.3;
        s->effort[i] = floor(20 + 5 * fore_random_normal(&r));
        s->y[i] = 100 + 30 * s->promo[i] + 2 * s->effort[i] + 5 * days + 3 * fore_random_normal(&r);
    }
}

static const char *write_text(world *w, const char *name, fore_text *text)
{
    static char path[4][128];
    static int next;
    char *at = path[next++ % 4];
    snprintf(at, sizeof path[0], "%s/%s", w->folder, name);
    FILE *out = fopen(at, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text->bytes, 1, (size_t)text->length, out), text->length);
    assert_int_equal(fclose(out), 0);
    fore_text_free(text);
    return at;
}

static void put_rows(fore_text *out, const char *id, const sales *s, int from, int end, bool value)
{
    for (int i = from; i < end; i++) {
        fore_text_printf(out, "%s,%04d-%02d,", id, 2018 + i / 12, i % 12 + 1);
        if (value && i < PAST) fore_text_printf(out, "%.3f", s->y[i]);
        if (value) fore_text_puts(out, ",");
        fore_text_printf(out, "%g,%g\n", s->promo[i], s->effort[i]);
    }
}

static const char *own_file(world *w, const sales *a, const sales *b, int rows)
{
    fore_text text = {0};
    fore_text_puts(&text, "unique_id,ds,y,promo,effort\n");
    put_rows(&text, "a", a, 0, rows, true);
    if (b) put_rows(&text, "b", b, 0, rows, true);
    return write_text(w, "series.csv", &text);
}

static const fore_json_node *series_at(const heard *h, int64_t i)
{
    return fore_json_at(node_of(h->root, "series"), i);
}

static const fore_json_node *driver(const heard *h, int64_t series, const char *name)
{
    const fore_json_node *list = node_of(series_at(h, series), "drivers");
    for (int64_t i = 0; i < fore_json_length(list); i++)
        if (strcmp(string_of(fore_json_at(list, i), "name"), name) == 0)
            return fore_json_at(list, i);
    fail_msg("there is no driver %s", name);
    return NULL;
}

static void holds(const fore_json_node *d, double truth)
{
    double lo = number_of(d, "lo"), hi = number_of(d, "hi"), effect = number_of(d, "effect");
    if (!(lo < effect && effect < hi && lo - 2 * number_of(d, "se") < truth &&
          truth < hi + 2 * number_of(d, "se")))
        fail_msg("%s is %g, not %g", string_of(d, "name"), effect, truth);
}

static void series_drivers__own_columns__effects_told_and_empty_rows_forecast(void **state)
{
    world *w = *state;
    sales a, b;
    simulate(1, &a);
    simulate(2, &b);
    foresell_series_request r = {.file = own_file(w, &a, &b, PAST + AHEAD),
                                 .with = "promo,effort",
                                 .calendar = true,
                                 .method = "arima"};
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    for (int64_t s = 0; s < 2; s++) {
        const fore_json_node *f = node_of(series_at(&h, s), "forecast");
        holds(driver(&h, s, "promo"), 30);
        holds(driver(&h, s, "effort"), 2);
        holds(driver(&h, s, "working days"), 5);
        assert_int_equal(fore_json_length(f), AHEAD);
        assert_string_equal(string_of(fore_json_at(f, 0), "ds"), "2024-01");
        for (int64_t k = 0; k < AHEAD; k++) /* it knows promo, effort and days of these months */
            assert_true(fabs(number_of(fore_json_at(f, k), "mean") - (s ? b : a).y[PAST + k]) < 16);
    }
    assert_true(noted(&h, "a: promo goes with +"));
    for (int64_t s = 0; s < 2; s++) { /* who was asked for by name, and whom the data chose */
        bool chosen = false;
        assert_false(fore_json_get_bool(driver(&h, s, "promo"), "chosen", &chosen));
        assert_true(fore_json_get_bool(driver(&h, s, "working days"), "chosen", &chosen) && chosen);
        assert_false(fore_json_get_bool(driver(&h, s, "promo"), "transformed", &chosen));
    }
    assert_true(noted(&h, "chosen by the data: it is too short"));
    int64_t told = grid_of(&h, "drivers")->row_count; /* the length of months may stay by chance */
    assert_true(told >= 6 && told <= 8);
    forget(&h);
}

/* The same from two files, whatever the order of the lines; rows for all series or for one. */
static void series_drivers__a_file_of_drivers__same_bytes_as_own_columns(void **state)
{
    world *w = *state;
    sales a;
    simulate(3, &a);
    foresell_series_request r = {
        .file = own_file(w, &a, NULL, PAST + AHEAD), .with = "promo,effort", .method = "arima"};
    HEAR(own, fore_job_series(&w->c, &r, own.answer, e));
    fore_text text = {0};
    fore_text_puts(&text, "unique_id,ds,promo,effort\n");
    put_rows(&text, "a", &a, PAST, PAST + AHEAD, false);
    put_rows(&text, "other", &a, 0, 4, false);
    r = (foresell_series_request){.file = own_file(w, &a, NULL, PAST),
                                  .drivers = write_text(w, "drivers.csv", &text),
                                  .method = "arima",
                                  .horizon = AHEAD};
    HEAR(two, fore_job_series(&w->c, &r, two.answer, e));
    assert_string_equal(own.answer->json.bytes, two.answer->json.bytes);
    forget(&two);
    fore_text_puts(&text, "Month;promo;effort\n"); /* for all series, history too */
    for (int i = PAST + AHEAD - 1; i >= 0; i--)
        fore_text_printf(&text, "%02d/%04d;%s;%g,0\n", i % 12 + 1, 2018 + i / 12,
                         a.promo[i] > 0 ? "yes" : "no", a.effort[i]);
    r.drivers = write_text(w, "drivers.csv", &text);
    HEAR(all, fore_job_series(&w->c, &r, all.answer, e));
    assert_string_equal(own.answer->json.bytes, all.answer->json.bytes);
    forget(&all);
    forget(&own);
}

static void series_drivers__times_to_come_unknown__told_or_carried(void **state)
{
    world *w = *state;
    sales a, b;
    simulate(4, &a);
    simulate(5, &b);
    fore_text text = {0};
    fore_text_puts(&text, "unique_id,ds,y,promo,effort\n");
    put_rows(&text, "a", &a, 0, PAST, true);
    put_rows(&text, "b", &b, 0, PAST + 3, true);
    foresell_series_request r = {
        .file = write_text(w, "series.csv", &text), .with = "promo", .method = "ses", .horizon = 3};
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_non_null(strstr(string_of(series_at(&h, 0), "error"), "promo has no value at 2024-01"));
    assert_non_null(fore_json_get(series_at(&h, 1), "forecast"));
    assert_string_equal(h.answer->missing, "1 of 2 series left out: a");
    forget(&h);
    r.carry = true;
    HEAR(carried, fore_job_series(&w->c, &r, carried.answer, e));
    assert_non_null(fore_json_get(series_at(&carried, 0), "forecast"));
    assert_true(noted(&carried, "keep their last one"));
    forget(&carried);
    fore_text_puts(&text, "ds,y,promo\n2024-01,1,\n2024-02,2,1\n2024-03,3,0\n");
    r.file = write_text(w, "series.csv", &text);
    DENIED(FORE_E_NO_ANSWER, "no value at 2024-01; write 0", d,
           fore_job_series(&w->c, &r, d.answer, e));
}

/* A festival between October and November, felt ten days before; Christmas is always in December.
 */
static void series_drivers__holidays__moving_ones_are_effects(void **state)
{
    world *w = *state;
    static const int day[] = {311, 300, 319, 308, 297, 316}; /* of the year */
    sales a;
    fore_text text = {0};
    simulate(6, &a);
    for (int i = 0; i < PAST; i++)
        for (int k = -10; k < 1; k++) {
            int32_t year, month, d;
            fore_civil_from_days(fore_days_from_civil(2018 + i / 12, 1, 1) + day[i / 12] + k, &year,
                                 &month, &d);
            if (month == i % 12 + 1) a.y[i] += 40.0 / 11;
        }
    fore_text_puts(&text, "date,name,country,before\n");
    for (int i = 0; i < 6; i++) {
        char date[32];
        fore_date_format(fore_days_from_civil(2018 + i, 1, 1) + day[i], date);
        fore_text_printf(&text, "%s,Festival,IN,10\n%d-12-25,Christmas,IN,\n%d-07-04,Fourth,US,1\n",
                         date, 2018 + i, 2018 + i);
    }
    foresell_series_request r = {.file = own_file(w, &a, NULL, PAST + AHEAD),
                                 .with = "promo,effort",
                                 .holidays = write_text(w, "holidays.csv", &text),
                                 .country = "in",
                                 .calendar = true,
                                 .horizon = AHEAD,
                                 .method = "arima"};
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    holds(driver(&h, 0, "Festival"), 40);
    const fore_json_node *out = node_of(series_at(&h, 0), "drivers_left_out");
    assert_string_equal(string_of(fore_json_at(out, 0), "name"), "Christmas");
    fore_text_puts(&text, "date,name,country,before\n"); /* other rows first: the same bytes */
    for (int i = 5; i >= 0; i--) {
        char date[32];
        fore_date_format(fore_days_from_civil(2018 + i, 1, 1) + day[i], date);
        fore_text_printf(&text, "%d-12-25,Christmas,IN,\n%s,Festival,IN,10\n", 2018 + i, date);
    }
    r.holidays = write_text(w, "holidays.csv", &text);
    HEAR(again, fore_job_series(&w->c, &r, again.answer, e));
    assert_string_equal(h.answer->json.bytes, again.answer->json.bytes);
    forget(&again);
    forget(&h);
    r.country = "Mars";
    DENIED(FORE_E_DATA, "no holiday of Mars", d, fore_job_series(&w->c, &r, d.answer, e));
    r.country = NULL, r.holidays = NULL, r.with = NULL, r.calendar = false, r.carry = true;
    DENIED(FORE_E_USAGE, "--carry needs", d, fore_job_series(&w->c, &r, d.answer, e));
}

static void series_drivers__files_that_cannot_be_read__place_and_remedy(void **state)
{
    static const struct {
        const char *text, *words;
    } drivers[] = {{"promo,effort\n1,2\n", "needs the column ds"},
                   {"ds,promo\n2024-01,many\n", "promo is neither a number nor yes or no"},
                   {"ds,promo\nsoon,1\n", "neither a date"},
                   {"ds,promo\n2024-01\n", "1 cells, the header has 2"},
                   {"ds,promo\n2024-01,1\n2024-01,1\n", "same time as in line 2"},
                   {"ds\n2024-01\n", "no column of drivers"}},
      holidays[] = {{"when,what\n2024-01-01,x\n", "needs the columns date and name"},
                    {"date,name\n2024-01,x\n", "no day such as"},
                    {"date,name,before\n2024-01-01,x,many\n", "before is not a number of days"},
                    {"date,name\n", "no holiday is in it"}};
    world *w = *state;
    sales a;
    simulate(7, &a);
    const char *file = own_file(w, &a, NULL, PAST);
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        fore_text text = {0};
        fore_text_puts(&text, drivers[i].text);
        foresell_series_request r = {.file = file, .drivers = write_text(w, "d.csv", &text)};
        DENIED(FORE_E_DATA, drivers[i].words, d, fore_job_series(&w->c, &r, d.answer, e));
    }
    for (size_t i = 0; i < sizeof holidays / sizeof *holidays; i++) {
        fore_text text = {0};
        fore_text_puts(&text, holidays[i].text);
        foresell_series_request r = {.file = file, .holidays = write_text(w, "h.csv", &text)};
        DENIED(FORE_E_DATA, holidays[i].words, d, fore_job_series(&w->c, &r, d.answer, e));
        file = own_file(w, &a, NULL, PAST);
    }
}

/* Days whose season is the week: the calendar adds nothing, which is said. A holiday is told by the
 * period that holds it, not by a unit. */
static void series_drivers__calendar_and_holidays__said_plainly(void **state)
{
    world *w = *state;
    fore_text text = {0};
    char date[32];
    fore_random lot = fore_random_new(9, 0);
    int32_t monday = fore_days_from_civil(2024, 1, 1);
    fore_text_puts(&text, "ds,y\n");
    for (int i = 0; i < 60; i++) {
        fore_date_format(monday + i, date);
        fore_text_printf(&text, "%s,%g\n", date, 50 + i % 7 + fore_random_normal(&lot));
    }
    foresell_series_request r = {
        .file = write_text(w, "days.csv", &text), .calendar = true, .method = "naive"};
    HEAR(days, fore_job_series(&w->c, &r, days.answer, e));
    assert_true(noted(&days, "--calendar adds nothing to 1 series (day by day)"));
    forget(&days);
    fore_text_puts(&text, "ds,y\n");
    for (int i = 0; i < 60; i++)
        fore_text_printf(&text, "%04d-%02d,%g\n", 2019 + i / 12, i % 12 + 1,
                         100 + fore_random_normal(&lot) -
                             40 * (i == 3 || i == 15 || i == 26 || i == 39 || i == 51));
    const char *file = write_text(w, "months.csv", &text);
    fore_text_puts(&text, "date,name\n2019-04-21,Easter\n2020-04-12,Easter\n2021-03-28,Easter\n"
                          "2022-04-17,Easter\n2023-04-09,Easter\n2024-03-31,Easter\n");
    r = (foresell_series_request){
        .file = file, .holidays = write_text(w, "h.csv", &text), .method = "ses", .horizon = 3};
    HEAR(months, fore_job_series(&w->c, &r, months.answer, e));
    assert_true(noted(&months, "series: Easter: -"));
    assert_true(noted(&months, " in a month that holds one (95 % interval -"));
    forget(&months);
}

static void series_drivers__any_allocation_fails__clean_error(void **state)
{
    world *w = *state;
    sales a;
    fore_text text = {0};
    simulate(8, &a);
    fore_text_puts(&text, "date,name\n2022-10-24,Diwali\n2023-11-12,Diwali\n");
    foresell_series_request r = {.file = own_file(w, &a, NULL, PAST + AHEAD),
                                 .with = "promo",
                                 .holidays = write_text(w, "holidays.csv", &text),
                                 .calendar = true,
                                 .season = 1,
                                 .method = "ses"};
    int64_t live = fore_memory_live(), failures = 0;
    for (int64_t k = 1;; k += 1 + k / 6) {
        fore_answer *answer = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_answer_new(&answer, NULL);
        if (status == FORE_OK) status = fore_job_series(&w->c, &r, answer, NULL);
        if (status == FORE_OK) status = fore_answer_finish(answer, NULL);
        fore_memory_fail_at(0);
        fore_answer_free(answer);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(series_drivers__own_columns__effects_told_and_empty_rows_forecast),
        WITH_WORLD(series_drivers__a_file_of_drivers__same_bytes_as_own_columns),
        WITH_WORLD(series_drivers__times_to_come_unknown__told_or_carried),
        WITH_WORLD(series_drivers__holidays__moving_ones_are_effects),
        WITH_WORLD(series_drivers__files_that_cannot_be_read__place_and_remedy),
        WITH_WORLD(series_drivers__calendar_and_holidays__said_plainly),
        WITH_WORLD(series_drivers__any_allocation_fails__clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
