/* A workspace in a folder of its own for each test, and rows that know nothing. */
#ifndef FORE_TESTS_STORE_FIXTURE_H
#define FORE_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/store/store.h"

#define OK(expression)                                                                             \
    do {                                                                                           \
        fore_error ok_err = {0};                                                                   \
        fore_error *e = &ok_err;                                                                   \
        if ((expression) != FORE_OK) fail_msg("%s: %s", #expression, ok_err.message);              \
    } while (0)

/* The failure has that code, holds that text and ends in a remedy after ';'. */
#define FAILS(code_wanted, text_wanted, expression)                                                \
    do {                                                                                           \
        fore_error ok_err = {0};                                                                   \
        fore_error *e = &ok_err;                                                                   \
        assert_int_equal((expression), (code_wanted));                                             \
        assert_int_equal(ok_err.code, (code_wanted));                                              \
        assert_non_null(strstr(ok_err.message, (text_wanted)));                                    \
        assert_non_null(strchr(ok_err.message, ';'));                                              \
    } while (0)

typedef struct fixture {
    char folder[64], path[96];
    fore_store *store;
} fixture;

static inline int fixture_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    strcpy(f->folder, "/tmp/foresell-test-XXXXXX");
    if (!f || !mkdtemp(f->folder)) return -1;
    snprintf(f->path, sizeof f->path, "%s/work.db", f->folder);
    *state = f;
    return fore_store_open(f->path, FORE_STORE_CREATE, &f->store, NULL) == FORE_OK ? 0 : -1;
}

static inline void fixture_close(fixture *f)
{
    fore_store_close(f->store);
    f->store = NULL;
}

static inline int fixture_down(void **state)
{
    fixture *f = *state;
    char command[192];
    fixture_close(f);
    snprintf(command, sizeof command, "chmod -R u+w %s && rm -rf %s", f->folder, f->folder);
    int result = system(command);
    free(f);
    return result == 0 && fore_memory_live() == 0 ? 0 : -1;
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_up, fixture_down)

static inline fore_lead_row no_lead(const char *id)
{
    return (fore_lead_row){.id = id,
                           .created_at = FORE_NO_TIME,
                           .closed_at = FORE_NO_TIME,
                           .do_not_contact = -1,
                           .mail_opt_out = -1};
}

static inline fore_deal_row no_deal(const char *id)
{
    return (fore_deal_row){.id = id,
                           .amount_minor = FORE_NO_AMOUNT,
                           .created_at = FORE_NO_TIME,
                           .expected_close_on = FORE_NO_DATE,
                           .closed_at = FORE_NO_TIME,
                           .outcome = FORE_OUTCOME_UNKNOWN};
}

static inline fore_activity_row no_activity(const char *id)
{
    return (fore_activity_row){
        .id = id, .at = FORE_NO_TIME, .due_at = FORE_NO_TIME, .kind = FORE_OTHER, .minutes = NAN};
}

static inline int64_t key_of(fore_store *s, fore_entity entity, const char *id)
{
    int64_t pk = 0;
    OK(fore_store_key(s, entity, id, -1, &pk, e));
    return pk;
}

static inline bool next_row(fore_cursor *cursor, void *row)
{
    bool more = false;
    OK(fore_cursor_next(cursor, row, &more, e));
    return more;
}

/* The first row of a table. */
static inline fore_cursor *first_row(fore_store *s, fore_table table, void *row)
{
    fore_cursor *cursor;
    OK(fore_cursor_open(s, table, false, &cursor, e));
    assert_true(next_row(cursor, row));
    return cursor;
}

#endif
