/* A flat table with a planted leak: found, named, and out of the model's sight. */
#include <sys/stat.h>

#include "answer_help.h"

enum { ROWS = 500 };

/* x is honest. The invoice is written after a deal was won; `invoices` false: nobody has one yet.
 */
static void write_table(world *w, char path[128], const char *name, bool invoices)
{
    snprintf(path, 128, "%s/%s", w->folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("id,x,origin,Billing note,won\n", out);
    for (int i = 0; i < ROWS; i++) {
        fore_random r = fore_random_new(8, (uint64_t)i);
        double x = fore_random_normal(&r);
        bool won = fore_random_uniform(&r) < 1 / (1 + exp(1 - 1.3 * x));
        bool noted = fore_random_uniform(&r) < 0.97;
        bool fair = fore_random_uniform(&r) < 0.5;
        fprintf(out, "r%d,%.4f,%s,%s,%d\n", i, x, fair ? "fair" : "web",
                won && noted && invoices ? "sent" : "", won);
    }
    assert_int_equal(fclose(out), 0);
}

typedef struct trained_table {
    heard told;
    double auc;
} trained_table;

static trained_table train(world *w, const char *file, const char *model, const char *use)
{
    foresell_table_request r = {
        .file = file, .model = model, .target = "won", .id = "id", .use = use, .seed = 1};
    HEAR(h, fore_job_table_train(&w->c, &r, h.answer, e));
    const fore_json_node *quality = node_of(h.root, "quality");
    const fore_json_node *last = NULL;
    for (int64_t i = 0; i < fore_json_length(quality); i++) {
        const fore_json_node *row = fore_json_at(quality, i);
        if (strcmp(string_of(row, "learner"), string_of(h.root, "learner")) == 0) last = row;
    }
    assert_non_null(last);
    return (trained_table){h, number_of(last, "auc")};
}

static bool is_left_out(const heard *h, const char *column)
{
    const fore_json_node *all = node_of(h->root, "left_out");
    for (int64_t i = 0; i < fore_json_length(all); i++)
        if (strcmp(fore_json_as_string(fore_json_at(all, i)), column) == 0) return true;
    return false;
}

static void scores(world *w, const char *file, const char *model, fore_text *out)
{
    foresell_table_request r = {.file = file, .model = model};
    HEAR(h, fore_job_table_score(&w->c, &r, h.answer, e));
    assert_int_equal(fore_json_length(node_of(h.root, "scores")), ROWS);
    fore_text_puts(out, h.answer->json.bytes);
    forget(&h);
}

static void table__a_column_filled_after_the_win__is_named_and_never_seen(void **state)
{
    world *w = *state;
    char file[128], before[128], model[128];
    fore_text now = {0}, then = {0};
    write_table(w, file, "closed.csv", true);
    write_table(w, before, "open.csv", false);
    snprintf(model, sizeof model, "%s/x.model", w->folder);
    trained_table t = train(w, file, model, NULL);
    assert_true(is_left_out(&t.told, "Billing note"));
    assert_false(is_left_out(&t.told, "x"));
    assert_false(is_left_out(&t.told, "origin"));
    assert_true(noted(&t.told, "Column 'Billing note' is left out"));
    assert_true(t.auc > 0.6 && t.auc < 0.9);
    scores(w, file, model, &now);
    scores(w, before, model, &then); /* without any invoice: the same chances */
    assert_string_equal(now.bytes, then.bytes);
    fore_text_free(&now);
    fore_text_free(&then);
    forget(&t.told);
}

static void table__the_same_column_asked_for__is_used_and_said(void **state)
{
    world *w = *state;
    char file[128], before[128], model[128];
    fore_text now = {0}, then = {0};
    write_table(w, file, "closed.csv", true);
    write_table(w, before, "open.csv", false);
    snprintf(model, sizeof model, "%s/x.model", w->folder);
    trained_table t = train(w, file, model, "Billing note");
    assert_false(is_left_out(&t.told, "Billing note"));
    assert_true(noted(&t.told, "is used although it was found suspect"));
    assert_true(t.auc > 0.95); /* what the leak would have promised */
    scores(w, file, model, &now);
    scores(w, before, model, &then);
    assert_string_not_equal(now.bytes, then.bytes);
    fore_text_free(&now);
    fore_text_free(&then);
    forget(&t.told);
}

/* --- memory --- */

static fore_status starved(world *w, bool scoring, const char *file, const char *model, int64_t k,
                           bool *hit)
{
    fore_answer *a = NULL;
    foresell_table_request r = {.file = file, .model = model, .seed = 1};
    if (!scoring) {
        r.target = "won";
        r.id = "id";
    }
    fore_memory_fail_at(k);
    fore_status status = fore_answer_new(&a, NULL);
    if (status == FORE_OK)
        status = scoring ? fore_job_table_score(&w->c, &r, a, NULL)
                         : fore_job_table_train(&w->c, &r, a, NULL);
    if (status == FORE_OK) status = fore_answer_finish(a, NULL);
    void *probe = fore_alloc(1, 1);
    *hit = probe == NULL;
    fore_free(probe);
    fore_memory_fail_at(0);
    fore_answer_free(a);
    return status;
}

static bool exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static void table__short_of_memory__says_so_and_leaves_no_half_model(void **state)
{
    world *w = *state;
    char file[128], model[128];
    bool hit;
    write_table(w, file, "closed.csv", true);
    snprintf(model, sizeof model, "%s/x.model", w->folder);
    for (int scoring = 0; scoring < 2; scoring++) {
        int64_t live = fore_memory_live(), failures = 0;
        for (int64_t k = 1;; k += 1 + k / 20) {
            fore_status status = starved(w, scoring, file, model, k, &hit);
            assert_int_equal(fore_memory_live(), live);
            if (status == FORE_OK) {
                /* the one that failed may have been the probe itself: with one more it does not */
                if (hit) assert_int_equal(starved(w, scoring, file, model, k + 1, &hit), FORE_OK);
                assert_false(hit);
                break;
            }
            assert_int_equal(status, FORE_E_MEMORY);
            failures++;
            fore_text out = {0}; /* a model is there whole, or not at all */
            if (!scoring && exists(model)) scores(w, file, model, &out);
            fore_text_free(&out);
        }
        assert_true(failures > 25);
        assert_true(exists(model)); /* by the last run of the training */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(table__a_column_filled_after_the_win__is_named_and_never_seen),
        WITH_WORLD(table__the_same_column_asked_for__is_used_and_said),
        WITH_WORLD(table__short_of_memory__says_so_and_leaves_no_half_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
