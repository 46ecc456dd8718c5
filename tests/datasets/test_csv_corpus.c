/* Replays the fuzz corpus: every file through both targets, whole and cut short. */
#include <dirent.h>

#include "import_helpers.h"

#include "fuzz_csv.c" /* one program per test file: the targets' code comes along */
#include "fuzz_mapping.c"

#include "engine/base/file.h"

static void corpus__every_file_whole_and_cut__no_crash(void **state)
{
    (void)state;
    char path[800];
    const char *corpus = source_path("tests/datasets/corpus_csv");
    int files = 0;
    DIR *dir = opendir(corpus);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        fore_text text = {0};
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", corpus, e->d_name);
        assert_int_equal(fore_file_read(path, 0, &text, NULL), FORE_OK);
        const uint8_t *bytes = (const uint8_t *)fore_text_string(&text);
        for (int64_t cut = 0; cut <= text.length; cut++) {
            assert_int_equal(fuzz_csv(bytes, (size_t)cut), 0);
            assert_int_equal(fuzz_mapping(bytes, (size_t)cut), 0);
        }
        fore_text_free(&text);
        files++;
    }
    closedir(dir);
    assert_true(files >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus__every_file_whole_and_cut__no_crash)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
