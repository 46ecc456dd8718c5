/* Observer calls that tolerate NULL. */
#include "engine/base/progress.h"

#include <stdarg.h>
#include <stdio.h>

void fore_progress(const fore_observer *o, const char *step, int64_t done, int64_t total)
{
    if (o && o->progress) o->progress(o->context, step, done, total);
}

void fore_message(const fore_observer *o, fore_level level, const char *format, ...)
{
    if (!o || !o->message) return;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    o->message(o->context, level, text);
}

bool fore_cancelled(const fore_observer *o) { return o && o->cancelled && o->cancelled(o->context); }
