/* Status codes and errors: how every foresell function says what went wrong.
 *
 * A function that can fail returns fore_status and takes a caller-owned fore_error * as its last
 * argument. The pointer may be NULL. On FORE_OK the error is left untouched. The library never
 * prints and never exits: what the text becomes is the caller's business.
 *
 * Code values are stable and grouped by tens: argument and data (1x), memory and limits (2x),
 * numerical (3x), I/O and parsing (4x), store (5x), service (6x), model (7x). */
#ifndef FORE_BASE_STATUS_H
#define FORE_BASE_STATUS_H

#include <stdint.h>

#define FORE_STATUS_LIST(X)                                                                        \
    X(OK, 0, "done")                                                                               \
    X(E_ARGUMENT, 10, "wrong argument")                                                            \
    X(E_DATA, 11, "the data are not of the form needed")                                           \
    X(E_NO_ANSWER, 12, "the data do not allow an answer")                                          \
    X(E_USAGE, 13, "wrong usage")                                                                  \
    X(E_NOT_FOUND, 14, "not found")                                                                \
    X(E_MEMORY, 20, "out of memory")                                                               \
    X(E_LIMIT, 21, "a limit was exceeded")                                                         \
    X(E_CANCELLED, 22, "cancelled")                                                                \
    X(E_NUMERIC, 30, "numerical failure")                                                          \
    X(E_NOT_CONVERGED, 31, "not converged")                                                        \
    X(E_IO, 40, "input or output failed")                                                          \
    X(E_FORMAT, 41, "the file is not in the expected format")                                      \
    X(E_ENCODING, 42, "the text is not valid in its encoding")                                     \
    X(E_FULL, 43, "the disk is full")                                                              \
    X(E_STORE, 50, "the workspace failed")                                                         \
    X(E_BUSY, 51, "the workspace is in use by another process")                                    \
    X(E_NOT_WORKSPACE, 52, "the file is not a foresell workspace")                                 \
    X(E_NEWER, 53, "the workspace was written by a newer foresell")                                \
    X(E_READONLY, 54, "the workspace cannot be written")                                           \
    X(E_CORRUPT, 55, "the workspace is damaged")                                                   \
    X(E_MODEL, 70, "the model cannot be used")

typedef enum fore_status {
#define FORE_STATUS_ENUM(name, value, text) FORE_##name = (value),
    FORE_STATUS_LIST(FORE_STATUS_ENUM)
#undef FORE_STATUS_ENUM
} fore_status;

/* Where and why. `line` and `column` count from 1; 0 means "not applicable". */
typedef struct fore_error {
    fore_status code;
    char message[1024]; /* UTF-8, one sentence that ends with what to do about it */
    char file[512];     /* the user's file, or empty */
    int64_t line;
    int64_t column;
} fore_error;

/* The short text of a code; never NULL. */
const char *fore_status_text(fore_status code);

/* Fills *err (when not NULL) and returns `code`, so that a failure reads `return fore_fail(...)`. */
fore_status fore_fail(fore_error *err, fore_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a place in a user's file. `file` may be NULL. */
fore_status fore_fail_at(fore_error *err, fore_status code, const char *file, int64_t line,
                         int64_t column, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Puts "context: " before the message that is already there. Returns err->code. */
fore_status fore_error_prefix(fore_error *err, fore_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Forwards a failure to the caller. For functions that own something use FORE_GO with a `done:`. */
#define FORE_TRY(expression)                                                                       \
    do {                                                                                           \
        fore_status fore_try_ = (expression);                                                      \
        if (fore_try_ != FORE_OK) return fore_try_;                                                \
    } while (0)

/* Assigns the failure to the local variable `status` and leaves by the one exit `done:`. */
#define FORE_GO(expression)                                                                        \
    do {                                                                                           \
        status = (expression);                                                                     \
        if (status != FORE_OK) goto done;                                                          \
    } while (0)

#endif
