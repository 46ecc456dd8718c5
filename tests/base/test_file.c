/* Whole files, atomic replacement, folders, packed frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "engine/base/random.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/foresell-file-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    char command[96];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *in_folder(const char *name)
{
    static char path[4][256];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static int64_t files_in_folder(void)
{
    char command[96];
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", folder);
    FILE *in = popen(command, "r");
    int n = -1;
    assert_int_equal(fscanf(in, "%d", &n), 1);
    pclose(in);
    return n;
}

static void replace_and_read__all_bytes__come_back(void **state)
{
    (void)state;
    enum { LONG = 300000 };
    char *bytes = fore_alloc(LONG, 1);
    for (int i = 0; i < LONG; i++) bytes[i] = (char)(i * 7);
    const char *path = in_folder("a.bin");
    assert_int_equal(fore_file_replace(path, bytes, LONG, NULL), FORE_OK);
    fore_text out = {0};
    fore_text_puts(&out, "kept:");
    assert_int_equal(fore_file_read(path, 0, &out, NULL), FORE_OK);
    assert_int_equal(out.length, LONG + 5);
    assert_memory_equal(out.bytes, "kept:", 5);
    assert_memory_equal(out.bytes + 5, bytes, LONG);
    assert_int_equal(fore_file_replace(path, NULL, 0, NULL), FORE_OK);
    fore_text_clear(&out);
    assert_int_equal(fore_file_read(path, 0, &out, NULL), FORE_OK);
    assert_int_equal(out.length, 0);
    assert_int_equal(files_in_folder(), 1); /* no temporary file stays */
    unlink(path);
    fore_text_free(&out);
    fore_free(bytes);
}

static void read__limit__refuses_more(void **state)
{
    (void)state;
    const char *path = in_folder("ten");
    assert_int_equal(fore_file_replace(path, "0123456789", 10, NULL), FORE_OK);
    fore_text out = {0};
    fore_error err = {0};
    assert_int_equal(fore_file_read(path, 10, &out, NULL), FORE_OK);
    fore_text_clear(&out);
    assert_int_equal(fore_file_read(path, 9, &out, &err), FORE_E_LIMIT);
    assert_non_null(strstr(err.message, "ten"));
    unlink(path);
    fore_text_free(&out);
}

static void read__absent_or_folder__says_what_and_what_to_do(void **state)
{
    (void)state;
    fore_text out = {0};
    fore_error err = {0};
    assert_int_equal(fore_file_read(in_folder("none"), 0, &out, &err), FORE_E_IO);
    assert_non_null(strstr(err.message, "none"));
    assert_non_null(strstr(err.message, "check the path"));
    assert_string_equal(err.file, in_folder("none"));
    assert_int_equal(fore_file_read(folder, 0, &out, &err), FORE_E_IO);
    assert_non_null(strstr(err.message, "not a folder"));
    fore_text_free(&out);
}

static void replace__failure__keeps_the_old_content(void **state)
{
    (void)state;
    const char *path = in_folder("kept");
    assert_int_equal(fore_file_replace(path, "old", 3, NULL), FORE_OK);
    char *large = fore_zalloc(200000, 1);
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 100000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    fore_error err = {0};
    fore_status status = fore_file_replace(path, large, 200000, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(status, FORE_E_IO);
    assert_non_null(strstr(err.message, "kept"));
    assert_int_equal(files_in_folder(), 1);
    fore_text out = {0};
    assert_int_equal(fore_file_read(path, 0, &out, NULL), FORE_OK);
    assert_string_equal(out.bytes, "old");
    assert_int_equal(fore_file_replace(in_folder("no/such/place"), "x", 1, &err), FORE_E_IO);
    for (int64_t k = 1; k < 3; k++) {
        fore_memory_fail_at(k);
        status = fore_file_replace(path, "new", 3, NULL);
        fore_memory_fail_at(0);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
    }
    assert_int_equal(status, FORE_OK);
    unlink(path);
    fore_text_free(&out);
    fore_free(large);
}

static void errno__full_disk__has_its_own_code(void **state)
{
    (void)state;
    fore_error err = {0};
    assert_int_equal(fore_fail_errno(&err, "x.db", "write", ENOSPC), FORE_E_FULL);
    assert_non_null(strstr(err.message, "free some space"));
    assert_int_equal(fore_fail_errno(&err, "x.db", "write", EDQUOT), FORE_E_FULL);
    assert_int_equal(fore_fail_errno(&err, "x.db", "write", EACCES), FORE_E_IO);
    assert_non_null(strstr(err.message, "permissions"));
}

static void folder_make__parents_and_again(void **state)
{
    (void)state;
    fore_error err = {0};
    const char *deep = in_folder("p/q/r/");
    assert_int_equal(fore_folder_make(deep, &err), FORE_OK);
    assert_true(fore_file_is_folder(in_folder("p/q/r")));
    assert_int_equal(fore_folder_make(deep, &err), FORE_OK);
    assert_int_equal(fore_file_replace(in_folder("p/file"), "x", 1, NULL), FORE_OK);
    assert_int_equal(fore_folder_make(in_folder("p/file"), &err), FORE_E_IO);
    assert_int_equal(fore_folder_make(in_folder("p/file/below"), &err), FORE_E_IO);
    assert_int_equal(fore_folder_make("", &err), FORE_E_IO);
    assert_int_equal(fore_folder_make("/proc/no-such-place", &err), FORE_E_IO);
    assert_true(fore_file_exists(in_folder("p/file")));
    assert_false(fore_file_is_folder(in_folder("p/file")));
    assert_false(fore_file_exists(in_folder("nothing")));
}

/* --- packed frames --- */

static void pack__unpack__round_trip(void **state)
{
    (void)state;
    fore_random r = fore_random_new(31, 0);
    for (int64_t length = 0; length < 300000; length = length * 3 + 1) {
        char *bytes = fore_alloc(length, 1);
        for (int64_t i = 0; i < length; i++)
            bytes[i] = (char)fore_random_below(&r, i % 100 < 50 ? 2 : 256);
        fore_text packed = {0}, out = {0};
        fore_text_puts(&out, "kept:");
        assert_int_equal(fore_pack(bytes, length, &packed, NULL), FORE_OK);
        assert_int_equal(fore_unpack(packed.bytes, packed.length, length, &out, NULL), FORE_OK);
        assert_int_equal(out.length, length + 5);
        if (length) assert_memory_equal(out.bytes + 5, bytes, (size_t)length);
        if (length)
            assert_int_equal(fore_unpack(packed.bytes, packed.length, length - 1, &out, NULL),
                             FORE_E_LIMIT);
        fore_text_free(&packed);
        fore_text_free(&out);
        fore_free(bytes);
    }
}

static void unpack__cut_or_damaged_anywhere__is_an_error(void **state)
{
    (void)state;
    char text[2000];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)("foresell "[i % 9] + i / 300);
    fore_text packed = {0}, out = {0};
    fore_error err = {0};
    assert_int_equal(fore_pack(text, sizeof text, &packed, NULL), FORE_OK);
    for (int64_t cut = 0; cut < packed.length; cut++) {
        fore_status status = fore_unpack(packed.bytes, cut, 1 << 20, &out, &err);
        if (status != FORE_E_FORMAT) fail_msg("cut at %lld: %d", (long long)cut, status);
    }
    for (int64_t i = 0; i < packed.length;
         i++) /* a checksum covers the content; the header may ask for too much */
        for (int bit = 0; bit < 8; bit++) {
            packed.bytes[i] ^= (char)(1 << bit);
            fore_text_clear(&out);
            fore_status status = fore_unpack(packed.bytes, packed.length, 1 << 20, &out, &err);
            if (status == FORE_OK &&
                (out.length != sizeof text || memcmp(out.bytes, text, sizeof text) != 0))
                fail_msg("bit %d of byte %lld went unnoticed", bit, (long long)i);
            packed.bytes[i] ^= (char)(1 << bit);
        }
    fore_text_free(&packed);
    fore_text_free(&out);
}

static void unpack__foreign_bytes__are_an_error(void **state)
{
    (void)state;
    fore_text out = {0}, packed = {0};
    fore_error err = {0};
    assert_int_equal(fore_unpack("", 0, 100, &out, &err), FORE_E_FORMAT);
    assert_int_equal(fore_unpack("SQLite format 3", 16, 100, &out, &err), FORE_E_FORMAT);
    assert_non_null(strstr(err.message, "not a foresell file"));
    fore_random r = fore_random_new(32, 0);
    for (int round = 0; round < 2000; round++) {
        unsigned char noise[64] = {0x28, 0xB5, 0x2F, 0xFD}; /* the magic number, then anything */
        for (int i = 4; i < 64; i++) noise[i] = (unsigned char)fore_random_below(&r, 256);
        fore_text_clear(&out);
        assert_int_not_equal(fore_unpack(noise, sizeof noise, 1 << 20, &out, NULL), FORE_OK);
    }
    assert_int_equal(fore_pack("abc", 3, &packed, NULL), FORE_OK);
    fore_text_puts(&packed, "tail");
    assert_int_equal(fore_unpack(packed.bytes, packed.length, 100, &out, &err), FORE_E_FORMAT);
    fore_text_free(&out);
    fore_text_free(&packed);
}

static void pack__no_memory__is_said(void **state)
{
    (void)state;
    fore_text packed = {0}, out = {0};
    fore_memory_fail_at(1);
    assert_int_equal(fore_pack("abc", 3, &packed, NULL), FORE_E_MEMORY);
    fore_memory_fail_at(0);
    assert_int_equal(fore_pack("abc", 3, &packed, NULL), FORE_OK);
    fore_memory_fail_at(1);
    assert_int_equal(fore_unpack(packed.bytes, packed.length, 10, &out, NULL), FORE_E_MEMORY);
    assert_int_equal(fore_file_read("/dev/null", 0, &out, NULL), FORE_E_MEMORY);
    fore_memory_fail_at(0);
    fore_text_free(&packed);
    fore_text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replace_and_read__all_bytes__come_back),
        cmocka_unit_test(read__limit__refuses_more),
        cmocka_unit_test(read__absent_or_folder__says_what_and_what_to_do),
        cmocka_unit_test(replace__failure__keeps_the_old_content),
        cmocka_unit_test(errno__full_disk__has_its_own_code),
        cmocka_unit_test(folder_make__parents_and_again),
        cmocka_unit_test(pack__unpack__round_trip),
        cmocka_unit_test(unpack__cut_or_damaged_anywhere__is_an_error),
        cmocka_unit_test(unpack__foreign_bytes__are_an_error),
        cmocka_unit_test(pack__no_memory__is_said),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
