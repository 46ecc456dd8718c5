/* Answers: grids, cells, notes, growth, memory that runs out. */
#include "jobs_world.h"

static const fore_column three[] = {{"name", "name", FORE_CELL_TEXT, 1},
                                    {"count", "count", FORE_CELL_INTEGER, 0},
                                    {"note", NULL, FORE_CELL_TEXT, -1}};

static fore_status fill(fore_answer *a, int64_t rows, fore_error *err)
{
    int64_t g = fore_answer_grid(a, "things", "Things", three, 3);
    for (int64_t i = 0; i < rows; i++) {
        char text[32];
        snprintf(text, sizeof text, "thing %lld", (long long)i);
        fore_answer_row(a, g);
        fore_answer_text(a, g, text);
        fore_answer_number(a, g, (double)i);
    }
    fore_answer_note(a, "%lld things", (long long)rows);
    return fore_answer_finish(a, err);
}

static void answer_row__many__keeps_every_cell(void **state)
{
    (void)state;
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    OK(fill(a, 1000, e));
    const fore_grid *grid = &a->grids[0];
    assert_int_equal(grid->row_count, 1000);
    for (int64_t i = 0; i < 1000; i++) {
        char text[32];
        snprintf(text, sizeof text, "thing %lld", (long long)i);
        assert_string_equal(grid->cells[3 * i].text, text);
        assert_true(isnan(grid->cells[3 * i].number));
        assert_true(grid->cells[3 * i + 1].number == (double)i);
        assert_null(grid->cells[3 * i + 1].text);
        assert_null(grid->cells[3 * i + 2].text); /* not written: empty */
    }
    assert_string_equal(a->notes[0], "1000 things");
    fore_answer_free(a);
    assert_int_equal(fore_memory_live(), 0);
}

static void answer_cells__before_a_row_or_past_its_end__are_dropped(void **state)
{
    (void)state;
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    int64_t g = fore_answer_grid(a, "things", NULL, three, 3);
    fore_answer_text(a, g, "nowhere");
    fore_answer_row(a, g);
    for (int i = 0; i < 5; i++) fore_answer_number(a, g, i);
    assert_int_equal(a->grids[0].row_count, 1);
    for (int i = 0; i < 3; i++) assert_true(a->grids[0].cells[i].number == i);
    assert_null(a->grids[0].title);
    OK(fore_answer_finish(a, e));
    fore_answer_free(a);
}

static void answer_text__is_copied(void **state)
{
    (void)state;
    fore_answer *a;
    char text[] = "first";
    OK(fore_answer_new(&a, e));
    int64_t g = fore_answer_grid(a, "things", text, three, 3);
    fore_answer_row(a, g);
    fore_answer_text(a, g, text);
    strcpy(text, "XXXXX");
    assert_string_equal(a->grids[0].cells[0].text, "first");
    assert_string_equal(a->grids[0].title, "first");
    fore_answer_free(a);
}

static void answer_note__of_any_length__is_whole(void **state)
{
    (void)state;
    char *names = malloc(9001);
    memset(names, 'x', 9000);
    names[9000] = 0;
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    fore_answer_note(a, "left out: %s.", names);
    assert_int_equal(strlen(a->notes[0]), 9011);
    assert_int_equal(a->notes[0][9010], '.');
    fore_answer_free(a);
    free(names);
}

static void answer__memory_runs_out_anywhere__says_so_and_leaks_nothing(void **state)
{
    (void)state;
    bool done = false;
    int64_t failures = 0;
    for (int64_t k = 1; !done; k++) {
        fore_answer *a = NULL;
        fore_error err = {0};
        fore_memory_fail_at(k);
        fore_status status = fore_answer_new(&a, &err);
        if (status == FORE_OK) status = fill(a, 200, &err);
        fore_memory_fail_at(0);
        done = status == FORE_OK;
        if (!done) {
            assert_int_equal(status, FORE_E_MEMORY);
            failures++;
        }
        fore_answer_free(a);
        assert_int_equal(fore_memory_live(), 0);
    }
    assert_true(failures > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_row__many__keeps_every_cell),
        cmocka_unit_test(answer_cells__before_a_row_or_past_its_end__are_dropped),
        cmocka_unit_test(answer_text__is_copied),
        cmocka_unit_test(answer_note__of_any_length__is_whole),
        cmocka_unit_test(answer__memory_runs_out_anywhere__says_so_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
