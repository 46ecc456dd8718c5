/* Replays model files, sound and broken, through the fuzz target. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "tests/score/fuzz_model.c"

static const char *corpus(void)
{
    static char path[512];
    const char *source = getenv("FORESELL_SOURCE");
    snprintf(path, sizeof path, "%s/tests/score/corpus", source ? source : ".");
    return path;
}

static void model_corpus__every_file__fails_cleanly_or_answers(void **state)
{
    (void)state;
    DIR *folder = opendir(corpus());
    int files = 0, sound = 0;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[1024];
        fore_text text = {0};
        fore_scorer *scorer = NULL;
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", corpus(), entry->d_name);
        assert_int_equal(fore_file_read(path, 1 << 20, &text, NULL), FORE_OK);
        LLVMFuzzerTestOneInput((const uint8_t *)text.bytes, (size_t)text.length);
        bool fine = fore_scorer_load(text.bytes, text.length, &scorer, NULL) == FORE_OK;
        assert_int_equal(fine, strncmp(entry->d_name, "broken", 6) != 0);
        sound += fine;
        files++;
        fore_scorer_free(scorer);
        fore_text_free(&text);
    }
    closedir(folder);
    assert_int_equal(sound, FORE_LEARNERS);
    assert_true(files > 10);
}

static void says(const char *name, const char *words)
{
    char path[1024];
    fore_text text = {0};
    fore_scorer *scorer = NULL;
    fore_error err = {0};
    snprintf(path, sizeof path, "%s/%s", corpus(), name);
    assert_int_equal(fore_file_read(path, 1 << 20, &text, NULL), FORE_OK);
    assert_int_equal(fore_scorer_load(text.bytes, text.length, &scorer, &err), FORE_E_MODEL);
    assert_null(scorer);
    assert_non_null(strstr(err.message, words));
    fore_text_free(&text);
}

static void model_load__foreign_or_newer__says_which_and_what_to_do(void **state)
{
    (void)state;
    says("broken-format.json", "not a foresell model");
    says("broken-version.json", "a newer foresell wrote it; use that one, or train");
    says("broken-learner.json", "\"oracle\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_corpus__every_file__fails_cleanly_or_answers),
        cmocka_unit_test(model_load__foreign_or_newer__says_which_and_what_to_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
