/* Progress and log lines as callbacks: the library never prints. A caller that wants to show what is
 * going on hands in a fore_observer; NULL everywhere means "quiet". */
#ifndef FORE_BASE_PROGRESS_H
#define FORE_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum fore_level { FORE_DEBUG, FORE_INFO, FORE_WARNING } fore_level;

typedef struct fore_observer {
    void *context;
    /* A step of the work with done out of total (total 0: unknown). May be called often. */
    void (*progress)(void *context, const char *step, int64_t done, int64_t total);
    /* One line for people; ids only, never names, mails or phones. */
    void (*message)(void *context, fore_level level, const char *text);
    /* Asked at safe points; true stops the job with FORE_E_CANCELLED. */
    bool (*cancelled)(void *context);
} fore_observer;

void fore_progress(const fore_observer *observer, const char *step, int64_t done, int64_t total);
void fore_message(const fore_observer *observer, fore_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool fore_cancelled(const fore_observer *observer);

#endif
