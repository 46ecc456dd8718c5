/* A flat table whose level drifts: told, followed, and followed on when it is scored. */
#include "answer_help.h"

enum { ROWS = 4000, PAST = 3200 };

/* The level walks along a sine, 80 % of a turn before the test. known: rows that tell outcomes. */
static void write_table(world *w, char path[128], const char *name, int from, int end, int known,
                        int flip)
{
    snprintf(path, 128, "%s/%s", w->folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("day,x,z,won\n", out);
    for (int i = from; i < end; i++) {
        fore_random r = fore_random_new(21, (uint64_t)i);
        double x = fore_random_normal(&r), z = fore_random_normal(&r);
        double level = -1 + 1.5 * sin(12.0 * i / ROWS);
        bool won = fore_random_uniform(&r) < 1 / (1 + exp(-level - x));
        const char *told = i >= known ? "" : (won != (i == flip)) ? "yes" : "no";
        fprintf(out, "%d,%.4f,%.4f,%s\n", i / 4, x, z, told);
    }
    assert_int_equal(fclose(out), 0);
}

static heard train(world *w, const char *file, const char *model, const char *time)
{
    foresell_table_request r = {
        .file = file, .model = model, .target = "won", .time = time, .seed = 1};
    HEAR(h, fore_job_table_train(&w->c, &r, h.answer, e));
    return h;
}

static const fore_json_node *figures(const heard *h, const char *where)
{
    const fore_json_node *quality = node_of(h->root, "quality");
    for (int64_t i = 0; i < fore_json_length(quality); i++)
        if (strcmp(string_of(fore_json_at(quality, i), "measured_on"), where) == 0)
            return fore_json_at(quality, i);
    return NULL;
}

static void score(world *w, const char *file, const char *model, const char *time, double *p,
                  int64_t n, int64_t known)
{
    foresell_table_request r = {.file = file, .model = model, .time = time};
    HEAR(h, fore_job_table_score(&w->c, &r, h.answer, e));
    const fore_json_node *all = node_of(h.root, "scores");
    assert_int_equal(fore_json_length(all), n);
    for (int64_t i = 0; i < n; i++) p[i] = number_of(fore_json_at(all, i), "probability");
    if (time) assert_true(number_of(h.root, "known_outcomes") == (double)known);
    forget(&h);
}

static void table__drifting_level__followed_is_nearer_and_the_report_says_why(void **state)
{
    world *w = *state;
    char file[128], model[128];
    write_table(w, file, "all.csv", 0, ROWS, ROWS, -1);
    snprintf(model, sizeof model, "%s/x.model", w->folder);
    heard h = train(w, file, model, "day");
    const fore_json_node *once = figures(&h, "newest fifth"),
                         *followed = figures(&h, "followed");
    assert_non_null(followed);
    print_message("calibration error %.3f, followed %.3f (by chance %.3f)\n",
                  number_of(once, "calibration_error"), number_of(followed, "calibration_error"),
                  number_of(followed, "calibration_error_by_chance"));
    assert_true(number_of(once, "calibration_error") > 0.06);
    assert_true(number_of(followed, "calibration_error") <
                number_of(once, "calibration_error") / 2);
    assert_true(number_of(followed, "log_loss") < number_of(once, "log_loss"));
    assert_true(noted(&h, "The base rate moved: of the last rows learned from"));
    assert_true(noted(&h, "Followed, with the outcomes of the rows before each row"));
    forget(&h);
    h = train(w, file, model, NULL); /* no time: nothing to follow */
    assert_null(figures(&h, "followed"));
    forget(&h);
}

/* The outcomes of the first of the new rows move the later ones, and none moves itself or an
 * earlier one; what training reports as followed is what scoring the same rows gives. */
static void table_score__outcomes_known__move_the_rows_after_them_only(void **state)
{
    world *w = *state;
    enum { NEW = 400, KNOWN = 200 };
    char file[128], plain[128], some[128], flipped[128], model[128];
    double p[NEW], followed[NEW], turned[NEW];
    snprintf(model, sizeof model, "%s/x.model", w->folder);
    write_table(w, file, "all.csv", 0, PAST, PAST, -1);
    write_table(w, plain, "plain.csv", PAST, PAST + NEW, 0, -1);
    write_table(w, some, "some.csv", PAST, PAST + NEW, PAST + KNOWN, -1);
    write_table(w, flipped, "flipped.csv", PAST, PAST + NEW, PAST + KNOWN, PAST + 100);
    heard h = train(w, file, model, "day");
    forget(&h);
    score(w, plain, model, NULL, p, NEW, 0);
    score(w, plain, model, "day", followed, NEW, 0);
    for (int i = 0; i < NEW; i++) assert_float_equal(p[i], followed[i], 0.01); /* none is known */
    score(w, some, model, "day", followed, NEW, KNOWN);
    score(w, flipped, model, "day", turned, NEW, KNOWN);
    assert_memory_equal(followed, turned,
                        104 * sizeof *turned); /* rows 100 .. 103 are of one day */
    for (int i = 104; i < NEW; i++) assert_true(followed[i] != turned[i]);
    double truth = 0, before = 0, after = 0;
    for (int i = KNOWN; i < NEW; i++) {
        fore_random r = fore_random_new(21, (uint64_t)(PAST + i));
        double x = fore_random_normal(&r);
        truth += 1 / (1 + exp(1 - 1.5 * sin(12.0 * (PAST + i) / ROWS) - x));
        before += p[i];
        after += followed[i];
    }
    write_table(w, file, "test.csv", 0, ROWS, ROWS, -1);
    h = train(w, file, model, "day");
    double told = number_of(figures(&h, "followed"), "mean_probability"), sum = 0;
    forget(&h);
    write_table(w, file, "newest.csv", PAST, ROWS, ROWS, -1);
    double *all = malloc((ROWS - PAST) * sizeof *all);
    score(w, file, model, "day", all, ROWS - PAST, ROWS - PAST);
    for (int i = 0; i < ROWS - PAST; i++) sum += all[i] / (ROWS - PAST);
    assert_float_equal(sum, told, 1e-9);
    free(all);
    print_message("wins to come %.1f; said %.1f, followed %.1f\n", truth, before, after);
    assert_true(fabs(after - truth) < fabs(before - truth));
}

static void table_score__time_for_a_model_without__says_how(void **state)
{
    world *w = *state;
    char file[128], model[128];
    snprintf(model, sizeof model, "%s/x.model", w->folder);
    write_table(w, file, "all.csv", 0, 500, 500, -1);
    heard h = train(w, file, model, NULL);
    forget(&h);
    foresell_table_request r = {.file = file, .model = model, .time = "day"};
    DENIED(FORE_E_MODEL, "train it again with --time", g,
           fore_job_table_score(&w->c, &r, g.answer, e));
}

/* 30 instead of 12 % won, and each outcome's rows as they were: the scores tell it. Rows that look
 * otherwise for another reason: the chances stay. */
static void write_shifted(world *w, char path[128], const char *name, int rows, double rate,
                          double moved)
{
    snprintf(path, 128, "%s/%s", w->folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("x,z,won\n", out);
    for (int i = 0; i < rows; i++) {
        fore_random r = fore_random_new(rate > 0.2 ? 5 : 6, (uint64_t)i);
        bool won = fore_random_uniform(&r) < rate;
        double x = fore_random_normal(&r) + (won ? 1.2 : 0) - moved, z = fore_random_normal(&r);
        fprintf(out, "%.4f,%.4f,%s\n", x, z, won ? "yes" : "no");
    }
    assert_int_equal(fclose(out), 0);
}

static double mean_shifted(world *w, const char *file, const char *model, bool shift, bool holds,
                           bool moved)
{
    foresell_table_request r = {.file = file, .model = model, .shift = shift};
    HEAR(h, fore_job_table_score(&w->c, &r, h.answer, e));
    const fore_json_node *all = node_of(h.root, "scores");
    int64_t n = fore_json_length(all);
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += number_of(fore_json_at(all, i), "probability");
    if (shift) {
        bool is = false, was = false;
        const fore_json_node *told = node_of(h.root, "shift");
        assert_true(fore_json_get_bool(told, "holds", &is) && is == holds);
        assert_true(fore_json_get_bool(told, "moved", &was) && was == moved);
        assert_true(noted(&h, moved ? "moved to it" : "are as learned"));
    }
    forget(&h);
    return sum / (double)n;
}

static void table_score__shift__moves_under_label_shift_and_not_under_another(void **state)
{
    world *w = *state;
    char file[128], model[128];
    snprintf(model, sizeof model, "%s/x.model", w->folder);
    write_shifted(w, file, "past.csv", 4000, 0.12, 0);
    heard h = train(w, file, model, NULL);
    forget(&h);
    write_shifted(w, file, "more.csv", 1500, 0.3, 0);
    double before = mean_shifted(w, file, model, false, false, false);
    double after = mean_shifted(w, file, model, true, true, true);
    print_message("30 %% won: said %.3f, moved %.3f\n", before, after);
    assert_true(before < 0.24 && fabs(after - 0.3) < 0.04);
    write_shifted(w, file, "other.csv", 1500, 0.12, 3);
    before = mean_shifted(w, file, model, false, false, false);
    after = mean_shifted(w, file, model, true, false, false);
    assert_float_equal(before, after, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(table__drifting_level__followed_is_nearer_and_the_report_says_why),
        WITH_WORLD(table_score__outcomes_known__move_the_rows_after_them_only),
        WITH_WORLD(table_score__shift__moves_under_label_shift_and_not_under_another),
        WITH_WORLD(table_score__time_for_a_model_without__says_how),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
