/* Encoding: raw columns as promised, out-of-fold rates that do not leak, exact save and load,
 * limits. */
#include "frame_help.h"

#include <math.h>

#include "engine/base/random.h"
#include "features/encode.h"

static const fore_encode_rows ALL = {0};

static double *encode(const fore_encoding *e, const fore_frame *frame, const fore_encode_rows *rows,
                      int use)
{
    int64_t n = rows->rows ? rows->n : fore_frame_rows(frame);
    double *out = calloc((size_t)(n * fore_encoding_count(e) + 1), sizeof *out);
    OK(fore_encoding_apply(e, frame, rows, use, out, n, err));
    return out;
}

static int64_t raw_named(const fore_encoding *e, const char *name)
{
    for (int64_t j = 0; j < fore_encoding_count(e); j++)
        if (strcmp(fore_encoding_column(e, j)->name, name) == 0) return j;
    return -1;
}

static double auc_naive(const double *x, const double *y, int64_t n)
{
    double good = 0, pairs = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            if (y[i] > y[j]) good += x[i] > x[j] ? 1 : x[i] == x[j] ? 0.5 : 0, pairs++;
    return good / pairs;
}

/* A table of one column "x" whose cell i is format(i / repeat), and random labels. */
static fore_frame *coded(int64_t rows, int64_t repeat, fore_column_type force, double **label,
                         double rate)
{
    fore_frame_builder *builder = NULL;
    fore_frame *frame = NULL;
    int64_t column;
    fore_random random = fore_random_new(7, 1);
    *label = calloc((size_t)rows, sizeof **label);
    OK(fore_frame_builder_new(&builder, err));
    OK(fore_frame_builder_column(builder, "x", &column, err));
    fore_frame_builder_force(builder, column, force);
    for (int64_t i = 0; i < rows; i++) {
        char text[32];
        snprintf(text, sizeof text, "level %d", (int)(i / repeat));
        OK(fore_frame_builder_cell(builder, column, text, -1, err));
        fore_frame_builder_end_row(builder);
        (*label)[i] = fore_random_uniform(&random) < rate;
    }
    OK(fore_frame_builder_finish(&builder, &frame, err));
    return frame;
}

static void encoding__each_type__gives_its_columns(void **state)
{
    (void)state;
    fore_frame *frame = frame_of("n|d|b|c|t|e|k\n"
                                 "1|2020-01-03|yes|red|one two|a@gmail.com|1\n"
                                 "2||no|red|three|b@acme.de|1\n"
                                 "|2020-01-01|yes|blue|four|c@acme.de|1\n"
                                 "4|2020-01-05||green|five six seven|d@gmail.com|1\n");
    fore_encoding *e = NULL;
    fore_encoding_options options = fore_encoding_defaults();
    options.level_rows = 1;
    double reference[] = {18270, 18270, 18270, 18270}; /* 2020-01-09 */
    fore_encode_rows rows = {.reference = reference};
    OK(fore_encoding_fit(frame, &rows, NULL, &options, &e, err));
    double *x = encode(e, frame, &rows, FORE_ENCODE_SCORING);
    static const struct {
        const char *name, *unit;
        double value[4];
    } want[] = {{"n", "", {1, 2, NAN, 4}},
                {"n is missing", "yes/no", {0, 0, 1, 0}},
                {"d", "days", {6, NAN, 8, 4}},
                {"d is missing", "yes/no", {0, 1, 0, 0}},
                {"b", "yes/no", {1, 0, 1, NAN}},
                {"b is missing", "yes/no", {0, 0, 0, 1}},
                {"c = red", "yes/no", {1, 1, 0, 0}},
                {"c = blue", "yes/no", {0, 0, 1, 0}},
                {"c = green", "yes/no", {0, 0, 0, 1}}};
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        int64_t j = raw_named(e, want[k].name);
        if (j < 0) fail_msg("no column '%s'", want[k].name);
        assert_string_equal(fore_encoding_column(e, j)->unit, want[k].unit);
        for (int i = 0; i < 4; i++) {
            double got = x[i + j * 4], expected = want[k].value[i];
            if (!(got == expected || (isnan(got) && isnan(expected))))
                fail_msg("%s row %d: %g", want[k].name, i, got);
        }
    }
    assert_int_equal(raw_named(e, "k"), -1); /* constant */
    assert_string_equal(fore_encoding_column(e, raw_named(e, "c = red"))->words, "c is red");
    assert_string_equal(fore_encoding_column(e, raw_named(e, "c = red"))->source, "c");
    free(x);
    fore_encoding_free(e);
    fore_frame_free(frame);
}

static void encoding__mail_and_text__length_words_and_domain(void **state)
{
    (void)state;
    fore_frame_builder *builder = NULL;
    fore_frame *frame = NULL;
    fore_encoding *e = NULL;
    int64_t mail, note;
    OK(fore_frame_builder_new(&builder, err));
    OK(fore_frame_builder_column(builder, "Mail", &mail, err));
    OK(fore_frame_builder_column(builder, "Note", &note, err));
    for (int i = 0; i < 200; i++) {
        char text[64];
        snprintf(text, sizeof text, "p%d@%s", i,
                 i % 2   ? "gmail.com"
                 : i % 4 ? "acme.de"
                         : "Acme.org");
        OK(fore_frame_builder_cell(builder, mail, text, -1, err));
        snprintf(text, sizeof text, "caf\xC3\xA9 number %d%s", i, i % 3 ? " it is" : "");
        OK(fore_frame_builder_cell(builder, note, text, -1, err));
        fore_frame_builder_end_row(builder);
    }
    OK(fore_frame_builder_finish(&builder, &frame, err));
    OK(fore_encoding_fit(frame, &ALL, NULL, NULL, &e, err));
    double *x = encode(e, frame, &ALL, FORE_ENCODE_SCORING);
    int64_t length = raw_named(e, "Note: length"), words = raw_named(e, "Note: words");
    int64_t free_mail = raw_named(e, "Mail: free mail"),
            domain = raw_named(e, "Mail: domain = acme.org");
    assert_true(length >= 0 && words >= 0 && free_mail >= 0 && domain >= 0);
    assert_true(x[0 + length * 200] == 13 && x[1 + length * 200] == 19);
    assert_true(x[0 + words * 200] == 3 && x[1 + words * 200] == 5);
    assert_true(x[0 + free_mail * 200] == 0 && x[1 + free_mail * 200] == 1);
    assert_true(x[0 + domain * 200] == 1 && x[1 + domain * 200] == 0);
    free(x);
    fore_encoding_free(e);
    fore_frame_free(frame);
}

static void encoding__rare_unseen_and_missing_levels__pooled_apart(void **state)
{
    (void)state;
    fore_frame_builder *builder = NULL;
    fore_frame *train = NULL, *score = NULL;
    fore_encoding *e = NULL;
    int64_t c;
    OK(fore_frame_builder_new(&builder, err));
    OK(fore_frame_builder_column(builder, "c", &c, err));
    for (int i = 0; i < 400; i++) {
        char rare[16];
        snprintf(rare, sizeof rare, "rare %d", i % 8);
        OK(fore_frame_builder_cell(builder, c,
                                   i < 200   ? "a"
                                   : i < 300 ? "b"
                                   : i < 340 ? "Select"
                                             : rare,
                                   -1, err));
        fore_frame_builder_end_row(builder);
    }
    OK(fore_frame_builder_finish(&builder, &train, err));
    fore_encoding_options options = fore_encoding_defaults();
    options.level_rows = 30;
    OK(fore_encoding_fit(train, &ALL, NULL, &options, &e, err));
    assert_int_equal(fore_encoding_count(e), 4);
    score = frame_of("other|c\n1|b\n1|never seen\n1|\n1|rare 3\n");
    double *x = encode(e, score, &ALL, FORE_ENCODE_SCORING);
    static const double want[] = {/* a */ 0,     0, 0, 0, /* b */ 1,       0, 0, 0,
                                  /* other */ 0, 1, 0, 1, /* missing */ 0, 0, 1, 0};
    assert_memory_equal(x, want, sizeof want);
    free(x);
    fore_encoding_free(e);
    fore_frame_free(train);
    fore_frame_free(score);
}

static void past_rate__unique_level_and_random_labels__tells_nothing(void **state)
{
    (void)state;
    for (int64_t repeat = 1; repeat <= 4; repeat += 3) {
        double *label;
        fore_frame *frame = coded(3000, repeat, FORE_COLUMN_CATEGORY, &label, 0.3);
        fore_encoding *e = NULL;
        OK(fore_encoding_fit(frame, &ALL, label, NULL, &e, err));
        int64_t j = raw_named(e, "x: past rate");
        if (repeat == 1) assert_int_equal(j, -1); /* no level twice: there is no past */
        double *x = encode(e, frame, &ALL, FORE_ENCODE_TRAINING);
        if (j >= 0) {
            double auc = auc_naive(x + j * 3000, label, 3000);
            if (fabs(auc - 0.5) > 0.035)
                fail_msg("AUC %.3f at %d rows per level", auc, (int)repeat);
        }
        free(x);
        free(label);
        fore_encoding_free(e);
        fore_frame_free(frame);
    }
}

static void past_rate__million_levels__no_column_from_noise(void **state)
{
    (void)state;
    double *label;
    fore_frame *frame = coded(1000000, 1, FORE_COLUMN_CATEGORY, &label, 0.1);
    fore_encoding *e = NULL;
    OK(fore_encoding_fit(frame, &ALL, label, NULL, &e, err));
    assert_int_equal(fore_encoding_count(e), 0);
    free(label);
    fore_encoding_free(e);
    fore_frame_free(frame);
}

/* Four rows of each subject with one label, a level per subject: rows of one subject must not
 * inform each other. */
static void past_rate__rows_of_one_subject__never_inform_each_other(void **state)
{
    (void)state;
    enum { N = 2000 };
    double *label;
    int64_t group[N];
    fore_frame *frame = coded(N, 4, FORE_COLUMN_CATEGORY, &label, 0.5);
    for (int64_t i = 0; i < N; i++) {
        group[i] = i / 4;
        label[i] = label[i - i % 4];
    }
    fore_encode_rows rows = {.group = group};
    fore_encoding *e = NULL;
    OK(fore_encoding_fit(frame, &rows, label, NULL, &e, err));
    assert_int_equal(raw_named(e, "x: past rate"),
                     -1); /* one subject per level: nothing to learn */
    fore_encoding_free(e);
    OK(fore_encoding_fit(frame, &ALL, label, NULL, &e, err));
    int64_t j = raw_named(e, "x: past rate"); /* as if they were strangers: it tells a lot */
    assert_true(j >= 0);
    double *x = encode(e, frame, &ALL, FORE_ENCODE_TRAINING);
    assert_true(auc_naive(x + j * N, label, N) > 0.8);
    free(x);
    free(label);
    fore_encoding_free(e);
    fore_frame_free(frame);
}

static fore_frame *signal_frame(const int64_t *order, int64_t n, double *label, int64_t *group)
{
    fore_frame_builder *builder = NULL;
    fore_frame *frame = NULL;
    int64_t city, number, when;
    OK(fore_frame_builder_new(&builder, err));
    OK(fore_frame_builder_column(builder, "City", &city, err));
    OK(fore_frame_builder_column(builder, "Number", &number, err));
    OK(fore_frame_builder_column(builder, "When", &when, err));
    for (int64_t k = 0; k < n; k++) {
        int64_t i = order[k];
        fore_random random = fore_random_new(11, (uint64_t)i);
        int64_t level = fore_random_below(&random, 80);
        char text[32];
        snprintf(text, sizeof text, "city %d", (int)level);
        if (i % 17) OK(fore_frame_builder_cell(builder, city, text, -1, err));
        snprintf(text, sizeof text, "%d", (int)(i % 50));
        if (i % 5) OK(fore_frame_builder_cell(builder, number, text, -1, err));
        snprintf(text, sizeof text, "2020-01-%02d", (int)(i % 28 + 1));
        OK(fore_frame_builder_cell(builder, when, text, -1, err));
        fore_frame_builder_end_row(builder);
        label[k] = fore_random_uniform(&random) < (double)level / 100;
        group[k] = i / 2;
    }
    OK(fore_frame_builder_finish(&builder, &frame, err));
    return frame;
}

enum { SIGNAL = 4000 };

static void past_rate__real_signal__found_out_of_fold(void **state)
{
    (void)state;
    static double label[SIGNAL];
    static int64_t group[SIGNAL], order[SIGNAL];
    for (int64_t i = 0; i < SIGNAL; i++) order[i] = i;
    fore_frame *frame = signal_frame(order, SIGNAL, label, group);
    fore_encode_rows rows = {.group = group};
    fore_encoding *e = NULL;
    OK(fore_encoding_fit(frame, &rows, label, NULL, &e, err));
    int64_t j = raw_named(e, "City: past rate");
    assert_true(j >= 0);
    double *x = encode(e, frame, &rows, FORE_ENCODE_TRAINING);
    double auc = auc_naive(x + j * SIGNAL, label, SIGNAL); /* the truth's own AUC is about 0.76 */
    if (auc < 0.68 || auc > 0.80) fail_msg("AUC %.3f", auc);
    free(x);
    fore_encoding_free(e);
    fore_frame_free(frame);
}

/* 20 levels of 150 rows whose rates differ by `spread`: their indicators, and a past rate beside
 * them only where they differ by more than chance. */
static void past_rate__some_levels__beside_indicators_only_where_they_differ(void **state)
{
    (void)state;
    enum { N = 3000 };
    for (int differ = 0; differ < 2; differ++)
        for (int levels = 15; levels <= 20; levels += 5) {
            fore_frame_builder *builder = NULL;
            fore_frame *frame = NULL;
            fore_encoding *e = NULL;
            static double label[N];
            int64_t c;
            OK(fore_frame_builder_new(&builder, err));
            OK(fore_frame_builder_column(builder, "x", &c, err));
            for (int64_t i = 0; i < N; i++) {
                fore_random random = fore_random_new(5, (uint64_t)i);
                char text[16];
                int64_t level = fore_random_below(&random, levels);
                snprintf(text, sizeof text, "l%d", (int)level);
                OK(fore_frame_builder_cell(builder, c, text, -1, err));
                fore_frame_builder_end_row(builder);
                label[i] =
                    fore_random_uniform(&random) < (differ ? 0.2 + 0.02 * (double)level : 0.4);
            }
            OK(fore_frame_builder_finish(&builder, &frame, err));
            OK(fore_encoding_fit(frame, &ALL, label, NULL, &e, err));
            assert_true(raw_named(e, "x = l3") >= 0);
            assert_int_equal(raw_named(e, "x: past rate") >= 0, differ && levels > 15);
            fore_encoding_free(e);
            fore_frame_free(frame);
        }
}

static void encoding__rows_shuffled__same_encoding_and_numbers(void **state)
{
    (void)state;
    static double label[SIGNAL], label2[SIGNAL];
    static int64_t group[SIGNAL], group2[SIGNAL], order[SIGNAL];
    for (int64_t i = 0; i < SIGNAL; i++) order[i] = i;
    fore_frame *frame = signal_frame(order, SIGNAL, label, group);
    fore_random random = fore_random_new(3, 3);
    fore_random_shuffle(&random, order, SIGNAL);
    fore_frame *shuffled = signal_frame(order, SIGNAL, label2, group2);
    fore_encode_rows rows = {.group = group}, rows2 = {.group = group2};
    fore_encoding *e = NULL, *e2 = NULL;
    OK(fore_encoding_fit(frame, &rows, label, NULL, &e, err));
    OK(fore_encoding_fit(shuffled, &rows2, label2, NULL, &e2, err));
    fore_text a = {0}, b = {0};
    fore_json_writer wa = fore_json_to(&a), wb = fore_json_to(&b);
    fore_encoding_write(e, &wa, NULL);
    fore_encoding_write(e2, &wb, NULL);
    assert_string_equal(fore_text_string(&a), fore_text_string(&b));
    double *x = encode(e, frame, &rows, FORE_ENCODE_TRAINING),
           *x2 = encode(e2, shuffled, &rows2, FORE_ENCODE_TRAINING);
    for (int64_t j = 0; j < fore_encoding_count(e); j++)
        for (int64_t k = 0; k < SIGNAL; k++)
            if (memcmp(&x2[k + j * SIGNAL], &x[order[k] + j * SIGNAL], sizeof *x) != 0)
                fail_msg("row %d column %d differs", (int)k, (int)j);
    free(x);
    free(x2);
    fore_text_free(&a);
    fore_text_free(&b);
    fore_encoding_free(e);
    fore_encoding_free(e2);
    fore_frame_free(frame);
    fore_frame_free(shuffled);
}

static fore_encoding *reload(const fore_encoding *e)
{
    fore_text text = {0};
    fore_json_writer w = fore_json_to(&text);
    fore_json *document = NULL;
    fore_encoding *loaded = NULL;
    fore_json_object(&w, NULL);
    fore_encoding_write(e, &w, "encoding");
    fore_json_end_object(&w);
    OK(fore_json_parse(text.bytes, text.length, &document, err));
    OK(fore_encoding_load(fore_json_get(fore_json_root(document), "encoding"), &loaded, err));
    fore_json_free(document);
    fore_text_free(&text);
    return loaded;
}

static void encoding__saved_and_loaded__same_bytes(void **state)
{
    (void)state;
    static double label[SIGNAL], reference[SIGNAL];
    static int64_t group[SIGNAL], order[SIGNAL];
    for (int64_t i = 0; i < SIGNAL; i++) order[i] = i, reference[i] = 19000 + (double)i / 7;
    fore_frame *frame = signal_frame(order, SIGNAL, label, group);
    fore_encode_rows rows = {.group = group, .reference = reference};
    fore_encoding *e = NULL;
    OK(fore_encoding_fit(frame, &rows, label, NULL, &e, err));
    fore_encoding *loaded = reload(e);
    assert_int_equal(fore_encoding_count(loaded), fore_encoding_count(e));
    double *x = encode(e, frame, &rows, FORE_ENCODE_SCORING),
           *y = encode(loaded, frame, &rows, FORE_ENCODE_SCORING);
    assert_memory_equal(x, y, (size_t)(SIGNAL * fore_encoding_count(e)) * sizeof *x);
    for (int64_t j = 0; j < fore_encoding_count(e); j++) {
        assert_string_equal(fore_encoding_column(e, j)->name,
                            fore_encoding_column(loaded, j)->name);
        assert_string_equal(fore_encoding_column(e, j)->words,
                            fore_encoding_column(loaded, j)->words);
    }
    fore_error error = {0};
    assert_int_equal(
        fore_encoding_apply(loaded, frame, &rows, FORE_ENCODE_TRAINING, x, SIGNAL, &error),
        FORE_E_MODEL);
    free(x);
    free(y);
    fore_encoding_free(e);
    fore_encoding_free(loaded);
    fore_frame_free(frame);
}

static void encoding_load__damaged_json__clear_error(void **state)
{
    (void)state;
    static const char *const damaged[] = {
        "{}",
        "[]",
        "{\"format\":2,\"relative\":false,\"fields\":[]}",
        "{\"format\":1,\"fields\":[]}",
        "{\"format\":1,\"relative\":false,\"fields\":[{}]}",
        "{\"format\":1,\"relative\":false,\"fields\":[7]}",
#define HEAD                                                                                                        \
    "{\"format\":1,\"relative\":false,\"fields\":[{\"name\":\"c\",\"email\":false,\"value\":false,\"words\":false," \
    "\"free_mail\":false,\"missing\":false,"
        HEAD "\"other\":false,\"type\":\"tree\",\"indicators\":1,\"levels\":[\"a\"]}]}",
        HEAD "\"other\":false,\"type\":\"category\",\"indicators\":2,\"levels\":[\"a\"]}]}",
        HEAD "\"other\":false,\"type\":\"category\",\"indicators\":-1,\"levels\":[\"a\"]}]}",
        HEAD "\"other\":false,\"type\":\"category\",\"indicators\":2,\"levels\":[\"a\",\"a\"]}]}",
        HEAD "\"other\":false,\"type\":\"category\",\"indicators\":1,\"levels\":[1]}]}",
        HEAD "\"other\":false,\"type\":\"number\",\"indicators\":1,\"levels\":[\"a\"]}]}",
        HEAD "\"other\":false,\"type\":\"number\",\"indicators\":0,\"levels\":[]}]}",
        HEAD "\"other\":true,\"type\":\"category\",\"indicators\":1,\"levels\":[\"a\"],"
             "\"rate\":{\"base\":0.5,\"strength\":0,\"units\":[1],\"won\":[1]}}]}",
        HEAD "\"other\":true,\"type\":\"category\",\"indicators\":1,\"levels\":[\"a\"],"
             "\"rate\":{\"base\":0.5,\"strength\":3,\"units\":[1],\"won\":[2]}}]}",
        HEAD "\"other\":true,\"type\":\"category\",\"indicators\":1,\"levels\":[\"a\"],"
             "\"rate\":{\"base\":0.5,\"strength\":3,\"units\":[1,2],\"won\":[1]}}]}",
        HEAD "\"other\":true,\"type\":\"category\",\"indicators\":1,\"levels\":[\"a\"],"
             "\"rate\":{\"base\":0.5,\"strength\":3,\"units\":[1.5],\"won\":[1]}}]}"};
    int64_t live = fore_memory_live();
    for (size_t k = 0; k < sizeof damaged / sizeof *damaged; k++) {
        fore_json *document = NULL;
        fore_encoding *e = NULL;
        fore_error error = {0};
        OK(fore_json_parse(damaged[k], (int64_t)strlen(damaged[k]), &document, err));
        if (fore_encoding_load(fore_json_root(document), &e, &error) != FORE_E_MODEL)
            fail_msg("case %zu was taken", k);
        assert_null(e);
        assert_true(strlen(error.message) > 20);
        fore_json_free(document);
    }
    assert_int_equal(fore_memory_live(), live);
}

static void encoding_apply__column_lacking__named_unless_tolerated(void **state)
{
    (void)state;
    fore_frame *frame =
        frame_of("a|Lead Source\n1|x\n2|y\n3|x\n4|y\n5|x\n6|y\n7|x\n8|y\n9|x\n10|y\n");
    fore_frame *lacking = frame_of("a\n1\n2\n");
    fore_encoding *e = NULL;
    fore_error error = {0};
    OK(fore_encoding_fit(frame, &ALL, NULL, NULL, &e, err));
    assert_int_equal(fore_encoding_count(e), 2);
    double x[4] = {-1, -1, -1, -1};
    assert_int_equal(fore_encoding_apply(e, lacking, &ALL, FORE_ENCODE_SCORING, x, 2, &error),
                     FORE_E_MODEL);
    assert_non_null(strstr(error.message, "'Lead Source'"));
    OK(fore_encoding_apply(e, lacking, &ALL, FORE_ENCODE_SCORING | FORE_ENCODE_TOLERATE, x, 2,
                           err));
    assert_true(x[0] == 1 && x[1] == 2 && x[2] == 0 && x[3] == 0);
    fore_encoding_free(e);
    fore_frame_free(frame);
    fore_frame_free(lacking);
}

static void encoding_apply__column_typed_otherwise__read_as_in_training(void **state)
{
    (void)state;
    fore_frame *train = frame_of(
        "grade|n|b\n1|1|yes\n2|2|no\nnone at all|3|yes\n1|4|no\n2|5|yes\nnone at all|6|no\n");
    fore_frame *score = frame_of("grade|n|b\n2.0|7|1\n1|x|0\n9|8|1\n");
    fore_encoding *e = NULL;
    fore_encoding_options options = fore_encoding_defaults();
    options.level_rows = 1;
    OK(fore_encoding_fit(train, &ALL, NULL, &options, &e, err));
    assert_int_equal(column_named(train, "grade")->type, FORE_COLUMN_CATEGORY);
    assert_int_equal(column_named(score, "grade")->type, FORE_COLUMN_NUMBER);
    double *x = encode(e, score, &ALL, FORE_ENCODE_SCORING);
    const double *one = x + 3 * raw_named(e, "grade = 1"), *two = x + 3 * raw_named(e, "grade = 2");
    const double *n = x + 3 * raw_named(e, "n"), *b = x + 3 * raw_named(e, "b");
    assert_true(two[0] == 1 && one[0] == 0 && one[1] == 1 && one[2] == 0 && two[2] == 0);
    assert_true(n[0] == 7 && isnan(n[1]) && n[2] == 8);
    assert_true(b[0] == 1 && b[1] == 0 && b[2] == 1);
    free(x);
    fore_encoding_free(e);
    fore_frame_free(train);
    fore_frame_free(score);
}

static void encoding__limits__handled(void **state)
{
    (void)state;
    fore_encoding *e = NULL;
    fore_error error = {0};
    fore_frame *one = frame_of("a|b|c\n1|x|\n");
    OK(fore_encoding_fit(one, &ALL, NULL, NULL, &e, err));
    assert_int_equal(fore_encoding_count(e), 0);
    fore_encoding_free(e);
    fore_encode_rows outside = {.rows = (const int64_t[]){5}, .n = 1};
    assert_int_equal(fore_encoding_fit(one, &outside, NULL, NULL, &e, &error), FORE_E_ARGUMENT);
    assert_null(e);
    fore_frame *none = frame_of("a|b\n");
    assert_int_equal(fore_encoding_fit(none, &ALL, NULL, NULL, &e, &error), FORE_E_DATA);
    fore_frame_free(one);
    fore_frame_free(none);
    fore_encoding_free(NULL);

    const char *drop[] = {"a"};
    fore_encoding_options options = fore_encoding_defaults();
    options.drop = drop;
    options.drops = 1;
    fore_frame *frame = frame_of("a|b\n1|2\n2|3\n");
    OK(fore_encoding_fit(frame, &ALL, NULL, &options, &e, err));
    assert_int_equal(fore_encoding_count(e), 1);
    assert_string_equal(fore_encoding_column(e, 0)->source, "b");
    fore_encoding_free(e);
    fore_frame_free(frame);
}

static void encoding__any_allocation_fails__clean_error(void **state)
{
    (void)state;
    enum { N = 600 };
    static double label[N];
    static int64_t group[N], order[N];
    for (int64_t i = 0; i < N; i++) order[i] = i;
    fore_frame *frame = signal_frame(order, N, label, group);
    double *x = calloc(N * 200, sizeof *x);
    int64_t live = fore_memory_live(), failures = 0;
    for (int64_t k = 1; k < 2000; k++) {
        fore_error error = {0};
        fore_encoding *e = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_encoding_fit(frame, &ALL, label, NULL, &e, &error);
        if (status == FORE_OK)
            status = fore_encoding_apply(e, frame, &ALL, FORE_ENCODE_TRAINING, x, N, &error);
        fore_memory_fail_at(0);
        fore_encoding_free(e);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures > 20);
    free(x);
    fore_frame_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoding__each_type__gives_its_columns),
        cmocka_unit_test(encoding__mail_and_text__length_words_and_domain),
        cmocka_unit_test(encoding__rare_unseen_and_missing_levels__pooled_apart),
        cmocka_unit_test(past_rate__unique_level_and_random_labels__tells_nothing),
        cmocka_unit_test(past_rate__million_levels__no_column_from_noise),
        cmocka_unit_test(past_rate__rows_of_one_subject__never_inform_each_other),
        cmocka_unit_test(past_rate__real_signal__found_out_of_fold),
        cmocka_unit_test(past_rate__some_levels__beside_indicators_only_where_they_differ),
        cmocka_unit_test(encoding__rows_shuffled__same_encoding_and_numbers),
        cmocka_unit_test(encoding__saved_and_loaded__same_bytes),
        cmocka_unit_test(encoding_load__damaged_json__clear_error),
        cmocka_unit_test(encoding_apply__column_lacking__named_unless_tolerated),
        cmocka_unit_test(encoding_apply__column_typed_otherwise__read_as_in_training),
        cmocka_unit_test(encoding__limits__handled),
        cmocka_unit_test(encoding__any_allocation_fails__clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
