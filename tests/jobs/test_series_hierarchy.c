/* A file of series as the parts of a whole: the nodes that names make, their sums, what is left out
 * and why; all forecasts add up, whatever the way. */
#include "answer_help.h"
#include "engine/base/file.h"

enum { MONTHS = 36 };
static const char *const ways[] = {"bottom-up", "top-down", "ols", "structure", "variance", "mint"};
static const char *const paths[] = {"Süd/Team A/Ravi", "Süd/Team A/美咲", "Süd/Team B/Bob",
                                    "North/Ann", "North/Cyd"};
enum { PATHS = 5 };

typedef struct a_file {
    fore_text text;
    char path[128];
} a_file;

static void write_file(world *w, a_file *f)
{
    snprintf(f->path, sizeof f->path, "%s/series.csv", w->folder);
    FILE *out = fopen(f->path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(f->text.bytes, 1, (size_t)f->text.length, out), f->text.length);
    assert_int_equal(fclose(out), 0);
    fore_text_free(&f->text);
}

static double value_of(int series, int t)
{
    return 40 + 10 * series + (t % 12) * (series % 2 ? 1 : -1) + 7 * ((t * (3 + series)) % 5) +
           5 * (t * 7 % 11 % 3);
}

static void put(fore_text *out, const char *name, int t, double y)
{
    fore_text_printf(out, "%s,%04d-%02d-01,%g\n", name, 2020 + t / 12, t % 12 + 1, y);
}

static void put_series(fore_text *out, int series, int from, int end)
{
    for (int t = from; t < end; t++) put(out, paths[series], t, value_of(series, t));
}

static void put_all(fore_text *out)
{
    fore_text_puts(out, "unique_id,ds,y\n");
    for (int s = 0; s < PATHS; s++) put_series(out, s, 0, MONTHS);
}

static foresell_series_request request(const a_file *f, const char *reconcile)
{
    return (foresell_series_request){.file = f->path,
                                     .method = "ses",
                                     .horizon = 3,
                                     .hierarchy = "path",
                                     .reconcile = reconcile};
}

static const fore_json_node *series_of(const heard *h, const char *name)
{
    const fore_json_node *all = node_of(h->root, "series");
    for (int64_t i = 0; i < fore_json_length(all); i++)
        if (!strcmp(string_of(fore_json_at(all, i), "unique_id"), name))
            return fore_json_at(all, i);
    fail_msg("there is no series '%s'", name);
    return NULL;
}

static double told(const heard *h, const char *name, int64_t step, const char *key)
{
    return number_of(fore_json_at(node_of(series_of(h, name), "forecast"), step), key);
}

static bool answered(const heard *h, const char *name)
{
    return fore_json_get(series_of(h, name), "forecast") != NULL;
}

static void adds_up(const heard *h, const char *sum, int parts, const char *const *part)
{
    for (int64_t k = 0; k < 3; k++) {
        double all = 0;
        for (int i = 0; i < parts; i++) all += told(h, part[i], k, "mean");
        CLOSE(told(h, sum, k, "mean"), all);
    }
}

static void hierarchy__paths__every_way_adds_up(void **state)
{
    world *w = *state;
    a_file f = {0};
    put_all(&f.text);
    write_file(w, &f);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        foresell_series_request r = request(&f, ways[i]);
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        assert_int_equal(fore_json_length(node_of(h.root, "series")), PATHS + 5);
        adds_up(&h, "total", 2, (const char *[]){"North", "Süd"});
        adds_up(&h, "total", PATHS, paths);
        adds_up(&h, "Süd", 2, (const char *[]){"Süd/Team A", "Süd/Team B"});
        adds_up(&h, "Süd/Team A", 2, paths);
        const fore_json_node *about = node_of(h.root, "hierarchy");
        assert_string_equal(string_of(about, "method"), ways[i]);
        CLOSE(number_of(about, "nodes"), PATHS + 5);
        for (int64_t k = 0; k < 3; k++) {
            assert_true(told(&h, "total", k, "lo-95") < told(&h, "total", k, "lo-80"));
            assert_true(told(&h, "total", k, "hi-80") < told(&h, "total", k, "hi-95"));
            double sum = 0, total = told(&h, "total", k, "hi-80") - told(&h, "total", k, "lo-80");
            for (int s = 0; s < PATHS; s++)
                sum += told(&h, paths[s], k, "hi-80") - told(&h, paths[s], k, "lo-80");
            assert_true(total > 0 && (total < sum || i == 1)); /* not all go wrong together */
        }
        forget(&h);
    }
}

static void hierarchy__sums_over_steps__of_what_was_reconciled(void **state)
{
    world *w = *state;
    a_file f = {0};
    put_all(&f.text);
    write_file(w, &f);
    foresell_series_request r = request(&f, "mint");
    r.sum = true;
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    const fore_json_node *sum = node_of(series_of(&h, "total"), "sum");
    double all = 0, parts = 0;
    for (int64_t k = 0; k < 3; k++) all += told(&h, "total", k, "mean");
    for (int s = 0; s < PATHS; s++)
        parts += number_of(node_of(series_of(&h, paths[s]), "sum"), "mean");
    CLOSE(number_of(sum, "mean"), all);
    CLOSE(parts, all);
    double low = number_of(sum, "lo-80"), high = number_of(sum, "hi-80"), wide = 0;
    for (int64_t k = 0; k < 3; k++)
        wide += told(&h, "total", k, "hi-80") - told(&h, "total", k, "lo-80");
    assert_true(low < all && all < high && high - low < wide);
    assert_true(fabs((low + high) / 2 - all) < 0.1 * (high - low)); /* about the new mean */
    forget(&h);
}

static void hierarchy__base_forecasts__are_those_of_the_summed_series(void **state)
{
    world *w = *state;
    a_file f = {0};
    put_all(&f.text);
    write_file(w, &f);
    foresell_series_request r = request(&f, "bottom-up");
    r.method = "naive";
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    double last = 0;
    for (int s = 0; s < PATHS; s++) last += value_of(s, MONTHS - 1);
    CLOSE(told(&h, "total", 0, "mean"), last);
    double base;
    assert_true(
        fore_json_as_number(fore_json_at(node_of(series_of(&h, "total"), "base"), 0), &base));
    CLOSE(base, last);
    assert_string_equal(string_of(fore_json_at(node_of(series_of(&h, "Süd"), "forecast"), 0), "ds"),
                        "2023-01-01");
    forget(&h);
}

static void hierarchy__columns__nested_and_crossed(void **state)
{
    world *w = *state;
    a_file f = {0};
    static const char *const rows[] = {"Süd,Team A,Mugs", "Süd,Team A,Caps", "Süd,Team B,Mugs",
                                       "North,Team A,Caps"};
    fore_text_puts(&f.text, "Region,team,product,ds,y\n");
    for (int s = 0; s < 4; s++)
        for (int t = 0; t < MONTHS; t++) put(&f.text, rows[s], t, value_of(s, t));
    write_file(w, &f);
    foresell_series_request r = request(&f, NULL);
    r.hierarchy = "region, team,product";
    HEAR(nested, fore_job_series(&w->c, &r, nested.answer, e));
    adds_up(&nested, "total", 2, (const char *[]){"Süd", "North"});
    adds_up(&nested, "Süd", 2, (const char *[]){"Süd/Team A", "Süd/Team B/Mugs"});
    assert_true(noted(&nested, "mint (the history suffices for it)"));
    r.hierarchy = "region,team*product";
    HEAR(crossed, fore_job_series(&w->c, &r, crossed.answer, e));
    adds_up(&crossed, "total", 2, (const char *[]){"*Mugs", "*Caps"});
    adds_up(&crossed, "total", 2, (const char *[]){"Süd*", "North*"});
    adds_up(&crossed, "*Caps", 2, (const char *[]){"Süd*Caps", "North/Team A*Caps"});
    adds_up(&crossed, "Süd*Mugs", 2, (const char *[]){"Süd/Team A*Mugs", "Süd/Team B*Mugs"});
    CLOSE(number_of(series_of(&crossed, "Süd/Team A*Mugs"), "level"), 3);
    r.hierarchy = "region,city";
    DENIED(FORE_E_DATA, "no column 'city'", d, fore_job_series(&w->c, &r, d.answer, e));
    r.hierarchy = "region,,team";
    DENIED(FORE_E_USAGE, "columns from the top", d, fore_job_series(&w->c, &r, d.answer, e));
    r.hierarchy = "region,team,product", r.separator = "ea";
    DENIED(FORE_E_DATA, "another --separator", d, fore_job_series(&w->c, &r, d.answer, e));
    r.separator = "";
    DENIED(FORE_E_USAGE, "at least one", d, fore_job_series(&w->c, &r, d.answer, e));
    r.separator = " > ";
    HEAR(other, fore_job_series(&w->c, &r, other.answer, e));
    adds_up(&other, "Süd > Team A", 2,
            (const char *[]){"Süd > Team A > Mugs", "Süd > Team A > Caps"});
    forget(&nested);
    forget(&crossed);
    forget(&other);
}

static void hierarchy__lines_turned_round_or_threads_added__same_bytes(void **state)
{
    world *w = *state;
    a_file f = {0};
    put_all(&f.text);
    write_file(w, &f);
    foresell_series_request r = request(&f, NULL);
    HEAR(one, fore_job_series(&w->c, &r, one.answer, e));
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int s = PATHS - 1; s >= 0; s--)
        for (int t = MONTHS - 1; t >= 0; t--) put(&f.text, paths[s], t, value_of(s, t));
    write_file(w, &f);
    fore_context_close(&w->c);
    world_open(w, 3);
    HEAR(two, fore_job_series(&w->c, &r, two.answer, e));
    assert_string_equal(one.answer->json.bytes, two.answer->json.bytes);
    forget(&one);
    forget(&two);
}

static void hierarchy__a_bad_series__takes_its_sums_with_it_and_no_other(void **state)
{
    world *w = *state;
    a_file f = {0};
    put_all(&f.text);
    fore_text_puts(&f.text, "Süd/Team A/Ravi,2020-03-01,1\n");
    write_file(w, &f);
    foresell_series_request r = request(&f, "variance");
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_false(answered(&h, "total"));
    assert_false(answered(&h, "Süd"));
    assert_false(answered(&h, "Süd/Team A"));
    assert_false(answered(&h, "Süd/Team A/Ravi"));
    assert_true(noted(&h, "total is left out: Süd/Team A/Ravi below it"));
    assert_true(noted(&h, "two values for the same time"));
    assert_true(answered(&h, "Süd/Team B"));
    adds_up(&h, "North", 2, &paths[3]);
    CLOSE(number_of(node_of(h.root, "hierarchy"), "left_out"), 4);
    forget(&h);
    r.strict = true;
    DENIED(FORE_E_DATA, "same time", d, fore_job_series(&w->c, &r, d.answer, e));
}

static void hierarchy__late_early_and_broken_series__counted_as_told(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int t = 0; t < MONTHS; t++) put(&f.text, "a/full", t, 10);
    for (int t = 20; t < MONTHS; t++) put(&f.text, "a/late", t, 5);
    for (int t = 0; t < MONTHS - 2; t++) put(&f.text, "a/early", t, 3);
    for (int t = 0; t < MONTHS; t++)
        if (t != 7) put(&f.text, "a/gap", t, 2);
    write_file(w, &f);
    foresell_series_request r = request(&f, "bottom-up");
    r.method = "mean";
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    double base;
    assert_true(
        fore_json_as_number(fore_json_at(node_of(series_of(&h, "total"), "base"), 0), &base));
    CLOSE(base, 10 + 3 + 2 + 5.0 * (MONTHS - 20) / MONTHS); /* nothing before, forecast after */
    CLOSE(told(&h, "total", 0, "mean"), 20);
    CLOSE(told(&h, "a/early", 0, "mean"), 3);
    assert_string_equal(
        string_of(fore_json_at(node_of(series_of(&h, "a/early"), "forecast"), 0), "ds"),
        "2023-01-01");
    assert_true(noted(&h, "1 series begins later"));
    assert_true(noted(&h, "1 series ends before"));
    assert_true(noted(&h, "1 series has gaps"));
    forget(&h);
}

static void put_day(fore_text *out, const char *name, int32_t day, double y)
{
    char date[32];
    fore_date_format(day, date);
    fore_text_printf(out, "%s,%s,%g\n", name, date, y);
}

static void hierarchy__other_working_days__nothing_is_sold_on_the_rest(void **state)
{
    world *w = *state;
    a_file f = {0};
    int32_t monday = fore_days_from_civil(2024, 1, 1);
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int32_t d = 0; d < 70; d++) {
        if (d % 7 < 5) put_day(&f.text, "a/office", monday + d, 10);
        put_day(&f.text, "a/shop", monday + d, 3);
    }
    write_file(w, &f);
    foresell_series_request r = request(&f, "bottom-up");
    r.method = "snaive", r.horizon = 7;
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    for (int64_t k = 0; k < 7; k++) {
        double base;
        assert_true(
            fore_json_as_number(fore_json_at(node_of(series_of(&h, "total"), "base"), k), &base));
        CLOSE(base, k < 5 ? 13 : 3);
        CLOSE(told(&h, "a/office", k, "mean"), k < 5 ? 10 : 0);
    }
    assert_false(noted(&h, "before the others"));
    forget(&h);
}

static void hierarchy__drivers_by_date__drive_every_node(void **state)
{
    world *w = *state;
    a_file f = {0};
    put_all(&f.text);
    write_file(w, &f);
    char path[128];
    snprintf(path, sizeof path, "%s/drivers.csv", w->folder);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fprintf(out, "ds,promo\n");
    for (int t = 0; t < MONTHS + 3; t++)
        fprintf(out, "%04d-%02d-01,%d\n", 2020 + t / 12, t % 12 + 1, t * 7 % 11 % 3);
    assert_int_equal(fclose(out), 0);
    foresell_series_request r = request(&f, "mint");
    r.drivers = path;
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    adds_up(&h, "total", PATHS, paths);
    const fore_json_node *effect = fore_json_at(node_of(series_of(&h, "total"), "drivers"), 0);
    double found = number_of(effect, "effect"), sd = number_of(effect, "se");
    if (!(fabs(found - 5 * PATHS) < 3 * sd && found > 0)) fail_msg("%g, %g", found, sd);
    forget(&h);
}

static void hierarchy__short_history__structure_and_said(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int s = 0; s < PATHS; s++) put_series(&f.text, s, 0, 7);
    put(&f.text, "North/New", 6, 12);
    write_file(w, &f);
    foresell_series_request r = request(&f, NULL);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_true(noted(&h, "structure (the history is too short for mint)"));
    assert_true(noted(&h, "1 node is too short for an interval"));
    adds_up(&h, "North", 3, (const char *[]){"North/Ann", "North/Cyd", "North/New"});
    double lo;
    assert_false(fore_json_get_number(
        fore_json_at(node_of(series_of(&h, "North/New"), "forecast"), 0), "lo-80", &lo));
    assert_true(told(&h, "total", 0, "lo-80") < told(&h, "total", 0, "mean"));
    forget(&h);
    fore_text_puts(&f.text, "unique_id,ds,y\na/b,2020-01-01,3\na/c,2020-01-01,4\n");
    write_file(w, &f);
    HEAR(one, fore_job_series(&w->c, &r, one.answer, e));
    CLOSE(told(&one, "total", 0, "mean"), 7);
    assert_false(fore_json_get_number(
        fore_json_at(node_of(series_of(&one, "total"), "forecast"), 0), "lo-80", &lo));
    forget(&one);
}

static void hierarchy__non_negative__nothing_below_zero_and_adds_up(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int t = 0; t < MONTHS; t++) {
        put(&f.text, "a/falling", t, 70 - 2 * t + t % 2);
        put(&f.text, "a/rising", t, 5 + t % 3);
        put(&f.text, "b/flat", t, 20 + t % 4);
    }
    write_file(w, &f);
    foresell_series_request r = request(&f, "mint");
    r.method = "holt";
    HEAR(free_one, fore_job_series(&w->c, &r, free_one.answer, e));
    assert_true(told(&free_one, "a/falling", 2, "mean") < 0);
    r.non_negative = true;
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    adds_up(&h, "a", 2, (const char *[]){"a/falling", "a/rising"});
    for (int64_t k = 0; k < 3; k++) {
        assert_true(told(&h, "a/falling", k, "mean") >= 0);
        assert_true(told(&h, "a/falling", k, "lo-95") >= 0);
    }
    forget(&free_one);
    forget(&h);
}

/* Short series that err together, of quite different tails. */
static void hierarchy__levels__nested_and_the_mean_inside(void **state)
{
    static const double y[PATHS][8] = {{57.8, 59.6, 65.2, 63.1, 65.9, 65.9, 68.9, 66.8},
                                       {4, 0.7, 3.4, 0.6, 0.1, 0.3, 0.3, 0.4},
                                       {30, 69.2, 35, 32.4, 30, 38, 88.2, 193.2},
                                       {27, 29.8, 22.9, 33.8, 34.4, 31.2, 20, 34.7},
                                       {0, 0, 3, 8, 0, 8, 3, 0}};
    static const char *const name[PATHS] = {"R0/S0", "R1/S1", "R0/S2", "R1/S3", "R0/S4"};
    static const char *const low[] = {"lo-50", "lo-80", "lo-95"};
    static const char *const high[] = {"hi-50", "hi-80", "hi-95"};
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int s = 0; s < PATHS; s++)
        for (int t = 0; t < 8; t++) put(&f.text, name[s], t, y[s][t]);
    write_file(w, &f);
    for (size_t i = 0; i < 2 * sizeof ways / sizeof *ways; i++) {
        foresell_series_request r = request(&f, ways[i / 2]);
        r.levels = "50,80,95", r.method = NULL, r.non_negative = i % 2;
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        for (int64_t at = 0; at < fore_json_length(node_of(h.root, "series")); at++) {
            const char *id = string_of(fore_json_at(node_of(h.root, "series"), at), "unique_id");
            for (int64_t k = 0; k < 3; k++) {
                double inner_low = told(&h, id, k, "mean"), inner_high = inner_low;
                for (int l = 0; l < 3; l++) {
                    double lo = told(&h, id, k, low[l]), hi = told(&h, id, k, high[l]);
                    assert_true(lo <= inner_low && inner_high <= hi);
                    inner_low = lo, inner_high = hi;
                }
            }
        }
        forget(&h);
    }
}

static void refused(world *w, const char *rows, fore_status code, const char *words)
{
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    fore_text_puts(&f.text, rows);
    write_file(w, &f);
    foresell_series_request r = request(&f, NULL);
    DENIED(code, words, d, fore_job_series(&w->c, &r, d.answer, e));
}

static void hierarchy__names_that_cannot_be__are_refused(void **state)
{
    world *w = *state;
    refused(w, "a/b,1,2\na/c,1,2\na,1,4\n", FORE_E_DATA, "'a' is a series of the file and also");
    refused(w, "a/b,1,2\na/c,1,2\ntotal,1,4\n", FORE_E_DATA, "'total' is a series");
    refused(w, "a/b,1,2\na//c,1,2\n", FORE_E_DATA, "'a//c' has an empty part");
    refused(w, "a/b,1,2\n/c,1,2\n", FORE_E_DATA, "empty part");
    refused(w, "a/b,1,2\n,1,2\n", FORE_E_DATA, "empty part");
    refused(w, "a/b,1,2\na/b,2,2\n", FORE_E_NO_ANSWER, "needs two series");
    refused(w, "a/b,1,x\na/c,2,x\n", FORE_E_NO_ANSWER, "not a number");
    a_file f = {0};
    put_all(&f.text);
    write_file(w, &f);
    foresell_series_request r = request(&f, "magic");
    DENIED(FORE_E_USAGE, "named 'magic'", d, fore_job_series(&w->c, &r, d.answer, e));
    r = request(&f, "ols");
    r.hierarchy = NULL;
    DENIED(FORE_E_USAGE, "belong to --hierarchy", d, fore_job_series(&w->c, &r, d.answer, e));
    r = request(&f, "ols");
    r.with = "y";
    DENIED(FORE_E_USAGE, "say nothing of sums", d, fore_job_series(&w->c, &r, d.answer, e));
}

static void hierarchy__any_allocation_fails__clean_error(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "region,product,ds,y\n");
    for (int t = 0; t < 14; t++) {
        put(&f.text, "a,x", t, value_of(0, t));
        put(&f.text, "b,y", t, value_of(1, t));
        if (t < 12) put(&f.text, "b,x", t, value_of(2, t));
    }
    write_file(w, &f);
    foresell_series_request r = request(&f, "mint");
    r.hierarchy = "region*product", r.method = "mean";
    int64_t live = fore_memory_live(), failures = 0;
    for (int64_t k = 1;; k += 1 + k / 20) {
        fore_answer *a = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_answer_new(&a, NULL);
        if (status == FORE_OK) status = fore_job_series(&w->c, &r, a, NULL);
        if (status == FORE_OK) status = fore_answer_finish(a, NULL);
        fore_memory_fail_at(0);
        fore_answer_free(a);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(hierarchy__paths__every_way_adds_up),
        WITH_WORLD(hierarchy__sums_over_steps__of_what_was_reconciled),
        WITH_WORLD(hierarchy__base_forecasts__are_those_of_the_summed_series),
        WITH_WORLD(hierarchy__columns__nested_and_crossed),
        WITH_WORLD(hierarchy__lines_turned_round_or_threads_added__same_bytes),
        WITH_WORLD(hierarchy__a_bad_series__takes_its_sums_with_it_and_no_other),
        WITH_WORLD(hierarchy__late_early_and_broken_series__counted_as_told),
        WITH_WORLD(hierarchy__other_working_days__nothing_is_sold_on_the_rest),
        WITH_WORLD(hierarchy__drivers_by_date__drive_every_node),
        WITH_WORLD(hierarchy__short_history__structure_and_said),
        WITH_WORLD(hierarchy__non_negative__nothing_below_zero_and_adds_up),
        WITH_WORLD(hierarchy__levels__nested_and_the_mean_inside),
        WITH_WORLD(hierarchy__names_that_cannot_be__are_refused),
        WITH_WORLD(hierarchy__any_allocation_fails__clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
