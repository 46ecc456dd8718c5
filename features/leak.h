/* Columns that know the outcome: found, graded, and said in words, before anything is trained.
 *
 * Each column of a frame is measured alone on the closed rows (label 0 or 1), and its filling is
 * compared with the open rows (label NaN):
 *   auc          the best of: rank AUC of the values; AUC of the out-of-fold rate of label 1 by level
 *                (numbers and dates: by at most 20 quantile bins), missing being a level. Always >= 0.5.
 *   auc_filled   AUC of "has a value", turned to >= 0.5
 *   filled_won, filled_lost, filled_open   shares of rows with a value
 * Rules (each adds its sentence to `reasons`; the highest grade stands):
 *   separates    auc >= FORE_LEAK_AUC_KNOWS: knows; >= FORE_LEAK_AUC_SUSPICIOUS: suspicious
 *   sure levels  levels of >= 30 rows with a rate of 1 of FORE_LEAK_SURE_RATE or more that hold
 *                FORE_LEAK_SURE_SHARE of all 1, while the base rate is below 0.8: knows
 *   filled with the outcome   auc_filled >= FORE_LEAK_FILLED_KNOWS: knows; >= _SUSPICIOUS: suspicious
 *   absent while open   at least 30 open rows; filled on FORE_LEAK_CLOSED_FILLED of the won or of the
 *                lost, and on the open at most a tenth as often: knows
 *   filled by the closing   at least 30 open rows; filled on the won and on the lost so much more often
 *                that the AUC of "has a value" for closed against open is FORE_LEAK_FILLED_SUSPICIOUS: suspicious
 *                Of a mark of filling (a yes/no column "X given") it is the "yes" that counts as filled.
 *   yes only when closed   of other yes/no columns: yes on FORE_LEAK_CLOSED_FILLED of the won or of the
 *                lost, and on the open (at least 30) at most a tenth as often: knows; with fewer open
 *                rows, and on the lost at most a tenth as often as on the won: suspicious
 *   set after closing   FORE_LEAK_LATE_SHARE of the closed rows, and 10, got or changed their value
 *                after they closed: suspicious; knows when auc >= FORE_LEAK_NAME_AUC too
 *   name         never alone: the name holds words of the vocabulary below and the measure beside it
 *                holds at three standard errors: suspicious; knows when auc >= FORE_LEAK_NAME_KNOWS
 *     outcome    outcome, result, won, lost, closed, close, closing, converted, conversion, reason,
 *                paid, payment, invoice, contract, signed, churn: auc >= 0.55. Not with previous, prior,
 *                past, expected, planned, forecast, method, type beside it.
 *     judgement  tag, tags, quality, rating, grade, score, index, profile, disposition, verdict,
 *                qualified: missing on 20 % of the closed or of the open rows (somebody gave it to
 *                some) and auc >= 0.53
 *     last state last, latest, current or final beside activity, action, contact, call, touch, email,
 *                event, status, stage, modified, update, updated; or status, stage, disposition alone:
 *                auc >= FORE_LEAK_NAME_AUC (overwritten until the end, so it holds the end)
 *     measured in the contact   duration, talk time, call length, call time, minutes: auc >= FORE_LEAK_NAME_AUC
 * A strong honest column (time on the website, where the lead came from, interest rates, the result
 * of an earlier campaign) breaks none of these. Both grades are left out of training unless asked for
 * by name. Fewer than FORE_LEAK_MIN_CLASS rows of a class: nothing is judged, report.too_few is set. */
#ifndef FORE_FEATURES_LEAK_H
#define FORE_FEATURES_LEAK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/pool.h"
#include "engine/base/status.h"
#include "features/frame.h"

#define FORE_LEAK_AUC_KNOWS 0.95
#define FORE_LEAK_AUC_SUSPICIOUS 0.90
#define FORE_LEAK_SURE_RATE 0.95
#define FORE_LEAK_SURE_SHARE 0.30
#define FORE_LEAK_FILLED_KNOWS 0.85
#define FORE_LEAK_FILLED_SUSPICIOUS 0.70
#define FORE_LEAK_CLOSED_FILLED 0.30
#define FORE_LEAK_LATE_SHARE 0.05
#define FORE_LEAK_NAME_AUC 0.60
#define FORE_LEAK_NAME_KNOWS 0.75
enum { FORE_LEAK_MIN_CLASS = 10 };

typedef enum fore_leak_grade {
    FORE_LEAK_CLEAN,
    FORE_LEAK_SUSPICIOUS, /* probably set by or after the outcome */
    FORE_LEAK_KNOWS       /* knows the outcome */
} fore_leak_grade;
const char *fore_leak_grade_word(fore_leak_grade grade); /* "clean", "suspicious", "knows the outcome" */

typedef struct fore_leak_finding {
    const char *name; /* of the column */
    fore_leak_grade grade;
    double auc, auc_filled;                      /* NaN when nothing was judged */
    double filled_won, filled_lost, filled_open; /* NaN without such rows; of "X given" its yes */
    const char *reasons; /* sentences for people; "" for CLEAN */
    bool newest_only;    /* only the outcomes of the test window betray it (leak_attributes.h) */
} fore_leak_finding;

typedef struct fore_leak_report {
    int64_t columns;            /* of the frame, in its order */
    fore_leak_finding *finding; /* columns of them */
    int64_t won, lost, open;    /* rows */
    int64_t knows, suspicious;  /* columns */
    bool too_few;
    bool test_seen; /* too few outcomes before the test window: those in it judged (leak_attributes.h) */
    struct fore_arena *arena; /* owns the texts */
} fore_leak_report;

typedef struct fore_leak_input {
    const double *label;       /* rows of the frame: 1 won, 0 lost, NaN open or unknown;
                                  infinite: the row is not looked at */
    const int64_t *group;      /* rows: subject ids for the folds (then row order does not matter), or
                                  NULL: the row number */
    const int64_t *set_late;   /* columns: closed rows whose value was set or changed after closing;
                                  NULL: not known */
    uint64_t seed;             /* of the folds */
} fore_leak_input;

/* pool may be NULL. *report is freed with fore_leak_report_free. */
fore_status fore_leak_find(const fore_frame *frame, const fore_leak_input *input, fore_pool *pool,
                           fore_leak_report **report, fore_error *err);
void fore_leak_report_free(fore_leak_report *report); /* NULL is fine */
/* The finding of a column by name, or NULL. */
const fore_leak_finding *fore_leak_of(const fore_leak_report *report, const char *name);

#endif
