/* Status texts and the filling of caller-owned errors. */
#include "engine/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *fore_status_text(fore_status code)
{
    switch (code) {
#define FORE_STATUS_CASE(name, value, text)                                                        \
    case FORE_##name:                                                                              \
        return text;
        FORE_STATUS_LIST(FORE_STATUS_CASE)
#undef FORE_STATUS_CASE
    }
    return "unknown status";
}

static void error_fill(fore_error *err, fore_status code, const char *file, int64_t line,
                       int64_t column, const char *format, va_list args)
{
    if (!err) return;
    /* The arguments may point into *err itself (a message wrapped in a message). */
    char message[sizeof err->message];
    vsnprintf(message, sizeof message, format, args);
    char path[sizeof err->file];
    snprintf(path, sizeof path, "%s", file ? file : "");
    err->code = code;
    memcpy(err->message, message, sizeof message);
    memcpy(err->file, path, sizeof path);
    err->line = line;
    err->column = column;
}

fore_status fore_fail(fore_error *err, fore_status code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_fill(err, code, NULL, 0, 0, format, args);
    va_end(args);
    return code;
}

fore_status fore_fail_at(fore_error *err, fore_status code, const char *file, int64_t line,
                         int64_t column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_fill(err, code, file, line, column, format, args);
    va_end(args);
    return code;
}

fore_status fore_error_prefix(fore_error *err, fore_status code, const char *format, ...)
{
    if (!err) return code;
    char context[256];
    va_list args;
    va_start(args, format);
    vsnprintf(context, sizeof context, format, args);
    va_end(args);
    char message[sizeof err->message];
    snprintf(message, sizeof message, "%s: %.700s", context, err->message);
    memcpy(err->message, message, sizeof message);
    err->code = code;
    return code;
}
