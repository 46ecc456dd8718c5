/* foresell: the public C API. The command line and the HTTP service are thin callers of it.
 *
 * A workspace is one SQLite file; a handle is for one thread at a time. Every job takes a request
 * (a plain struct; zero-initialise it, then set what you need), and gives an answer: a JSON document,
 * tables of typed cells, and sentences. The caller owns the answer and frees it.
 *
 * Every function that can fail returns a fore_status; the last argument, which may be NULL, receives
 * the message. FORE_E_NO_ANSWER means that the data do not allow an answer, and says why: it is not a
 * malfunction. Nothing here prints, exits, or reads a clock: the caller gives `now`.
 *
 * Times are microseconds since 1970-01-01T00:00:00Z. Text is UTF-8. */
#ifndef FORESELL_H
#define FORESELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/progress.h"
#include "engine/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FORE_API __attribute__((visibility("default")))

FORE_API const char *foresell_version(void);
FORE_API const char *foresell_status_text(fore_status status);

/* --- the workspace --- */

typedef struct foresell foresell;

typedef enum foresell_mode {
    FORESELL_READ,  /* must exist; nothing is written */
    FORESELL_WRITE, /* must exist */
    FORESELL_CREATE /* made when absent; taken away again on closing where nothing was written into it */
} foresell_mode;

typedef struct foresell_options {
    const char *path;              /* the workspace file */
    foresell_mode mode;
    int threads;                   /* 0: FORESELL_THREADS, else all processors */
    const fore_observer *observer; /* progress and messages; NULL = quiet. Borrowed until close. */
} foresell_options;

FORE_API fore_status foresell_open(const foresell_options *options, foresell **workspace,
                                   fore_error *err);
FORE_API void foresell_close(foresell *workspace); /* NULL is fine */

/* The moment of a job. `as_of` is "2026-01-31" (the start of that day in the workspace's zone) or a
 * full time; NULL: now, or the end of the history where that is more than 30 days back. */
typedef struct foresell_moment {
    int64_t now;
    const char *as_of;
} foresell_moment;

/* --- answers --- */

typedef struct foresell_answer foresell_answer;

typedef enum foresell_cell_kind {
    FORESELL_TEXT, FORESELL_INTEGER, FORESELL_NUMBER, FORESELL_MONEY, FORESELL_PERCENT, FORESELL_RATIO
} foresell_cell_kind;

typedef struct foresell_column {
    const char *key;     /* machine name: the CSV heading */
    const char *heading; /* for people; NULL: not meant for a narrow table */
    foresell_cell_kind kind;
    int weight; /* 0: natural width; > 0: shares the width that is left; -1: on lines below the row */
} foresell_column;

FORE_API void foresell_answer_free(foresell_answer *answer);
FORE_API const char *foresell_answer_json(const foresell_answer *answer);
FORE_API int64_t foresell_answer_tables(const foresell_answer *answer);
FORE_API const char *foresell_table_name(const foresell_answer *answer, int64_t table);
FORE_API const char *foresell_table_title(const foresell_answer *answer, int64_t table); /* or NULL */
FORE_API const char *foresell_table_lead(const foresell_answer *answer, int64_t table); /* before it; or NULL */
FORE_API int64_t foresell_table_rows(const foresell_answer *answer, int64_t table);
FORE_API int64_t foresell_table_columns(const foresell_answer *answer, int64_t table);
FORE_API foresell_column foresell_table_column(const foresell_answer *answer, int64_t table, int64_t column);
/* NULL for an empty cell and for cells that are not text. */
FORE_API const char *foresell_cell_text(const foresell_answer *answer, int64_t table, int64_t row, int64_t column);
/* NaN for an empty cell and for text. */
FORE_API double foresell_cell_number(const foresell_answer *answer, int64_t table, int64_t row, int64_t column);
FORE_API int64_t foresell_answer_notes(const foresell_answer *answer);
FORE_API const char *foresell_note(const foresell_answer *answer, int64_t note);
/* What the data did not allow to answer although all the rest of the answer stands; NULL: nothing. */
FORE_API const char *foresell_answer_missing(const foresell_answer *answer);

/* Terminal columns of a UTF-8 text, the bytes of its longest prefix of `width` columns, a number with
 * thousands separators, the shortest decimal of a double: for faces that lay out tables. */
FORE_API int foresell_text_width(const char *text);
FORE_API int64_t foresell_text_fit(const char *text, int width);
FORE_API void foresell_number_people(double value, int decimals, char *out, size_t size);
FORE_API void foresell_number_exact(double value, char out[32]);

/* --- the jobs; what each answers is described by `foresell COMMAND --help` --- */

typedef struct foresell_import_request {
    foresell_moment moment;
    const char *const *paths; /* files or folders */
    int64_t path_count;
    const char *format;       /* NULL or "auto": recognised by the headers */
    const char *mapping;      /* an INI file, or NULL */
    const char *allow, *deny; /* comma-separated attribute names, or NULL */
    const char *rejects;      /* CSV file for rejected rows, or NULL */
    bool strict;              /* the first bad row fails the import */
} foresell_import_request;
FORE_API fore_status foresell_import(foresell *w, const foresell_import_request *request,
                                     foresell_answer **answer, fore_error *err);

typedef struct foresell_check_request {
    foresell_moment moment;
    const char *code; /* list every row of one finding; NULL: the summary */
    int64_t limit;    /* rows listed; 0 = 50 */
    bool fair;        /* how groups fare under the model that answers, instead of the quality of the data */
    const char *by;   /* columns to look at besides region, country, language and free mail; implies fair */
    bool leaks;       /* what the columns that know the outcome do to the measured quality: trains twice */
    uint64_t seed;    /* of these trainings; fair measures on the rows that the model's own seed kept back */
} foresell_check_request;
FORE_API fore_status foresell_check(foresell *w, const foresell_check_request *request,
                                    foresell_answer **answer, fore_error *err);

typedef struct foresell_train_request {
    foresell_moment moment;
    uint64_t seed;
    int32_t horizon_days;     /* 0: chosen from the data */
    const char *use;          /* columns to use although they were found to know the outcome */
    bool publish;             /* even where it is no better than the base rate and the one that answers is */
} foresell_train_request;
FORE_API fore_status foresell_train(foresell *w, const foresell_train_request *request,
                                    foresell_answer **answer, fore_error *err);

typedef struct foresell_rank_request {
    foresell_moment moment;
    const char *rep;  /* id; NULL: everybody */
    double hours;     /* a rep's hours today; 0: a fifth of the week's hours, else 8 */
    int64_t limit;    /* rows; 0 = 20 for everybody, for a rep as many as the hours hold, at most 50;
                       * -1 = so for everybody */
    int32_t cool_off_days; /* after a contact; -1 = none; 0 = default (2) */
    int32_t cap_touches;   /* at most so many of our attempts per contact ... ; -1 = no cap; 0 = default (5) */
    int32_t cap_days;      /* ... in so many days; 0 = default (14) */
    double explore;        /* share of the list drawn by lot; remembered; -1 = none from now on; 0 = as before */
    uint64_t seed;         /* of the lot */
    int32_t customers;     /* rows of customers and win-back a rep; -1 = none; 0 = default (3) */
    int32_t win_back_days; /* least days between a loss and win-back; -1 = none; 0 = default (60) */
    const char *thank_amounts; /* amounts bought in all that call for a thank-you, "5000,20000"; NULL: usual ones */
    const char *thank_days;    /* days after the first purchase for a feedback prompt; NULL: "30,365" */
} foresell_rank_request;
FORE_API fore_status foresell_rank(foresell *w, const foresell_rank_request *request,
                                   foresell_answer **answer, fore_error *err);

typedef struct foresell_feedback_request {
    foresell_moment moment;
    const char *not_id;   /* keep this lead or deal off the list ... */
    const char *because;  /* ... for this reason ... */
    const char *until;    /* ... until that day or time; NULL: until something new happens with it */
    const char *again_id; /* or take back what was said of this one; neither: only the record */
} foresell_feedback_request;
FORE_API fore_status foresell_feedback(foresell *w, const foresell_feedback_request *request,
                                       foresell_answer **answer, fore_error *err);

typedef struct foresell_score_request {
    foresell_moment moment;
    const char *const *ids; /* leads or deals; none = every open one, and the scores are kept */
    int64_t id_count;
    int64_t top;            /* score only: rows, those of the highest expected value; 0 = all, by id */
    bool forget;            /* score only: keeps none, so that reading the workspace is enough */
} foresell_score_request;
FORE_API fore_status foresell_score(foresell *w, const foresell_score_request *request,
                                    foresell_answer **answer, fore_error *err);
FORE_API fore_status foresell_explain(foresell *w, const foresell_score_request *request,
                                      foresell_answer **answer, fore_error *err);

typedef struct foresell_forecast_request {
    foresell_moment moment;
    const char *period; /* "month" (default), "quarter", "week", "year" */
    int64_t horizon;    /* periods; 0 = 3 months or quarters, 8 weeks, 2 years */
    const char *by;     /* NULL, "team", "region", "rep", "product" */
    const char *levels; /* "80,95" */
    uint64_t seed;
    const char *fiscal_start; /* month that the fiscal year starts in, "4" or "april"; NULL: the workspace's */
    const char *fiscal_weeks; /* "4-4-5", "4-5-4", "5-4-4", "none"; NULL: the workspace's */
    int64_t deals;            /* slipped and stalled deals named, of each so many; 0 = 5, -1 = none */
} foresell_forecast_request;
FORE_API fore_status foresell_forecast(foresell *w, const foresell_forecast_request *request,
                                       foresell_answer **answer, fore_error *err);

typedef struct foresell_changes_request {
    foresell_moment moment;
    const char *since;  /* a date, or a number of days before the moment; NULL: "7" */
    const char *period; /* "month" (default), "quarter", "week" */
    int64_t ahead;      /* the period so many after the one that runs */
    int64_t limit;      /* deals told; 0 = 10 */
    uint64_t seed;
} foresell_changes_request;
FORE_API fore_status foresell_changes(foresell *w, const foresell_changes_request *request,
                                      foresell_answer **answer, fore_error *err);

typedef struct foresell_adjust_request {
    foresell_moment moment;
    const char *of;      /* a month "2026-11" or quarter "2026-Q4"; NULL: only the record */
    const char *to;      /* what will be won in all of it, in the unit of the forecast: "250000", "2,5M" */
    const char *by;      /* who says so */
    const char *because; /* why */
    bool again;          /* takes back what stands for the period (by `by`; NULL: by anybody) */
    uint64_t seed;
} foresell_adjust_request;
FORE_API fore_status foresell_adjust(foresell *w, const foresell_adjust_request *request,
                                     foresell_answer **answer, fore_error *err);

typedef struct foresell_effort_request {
    foresell_moment moment;
    const char *raise;  /* "10,20,30" */
    const char *period; /* "next-quarter" (default), "next-month": of the workspace's calendar, "START..END" */
    const char *by;     /* NULL or "team" */
    uint64_t seed;
} foresell_effort_request;
FORE_API fore_status foresell_effort(foresell *w, const foresell_effort_request *request,
                                     foresell_answer **answer, fore_error *err);

typedef struct foresell_backtest_request {
    foresell_moment moment;
    const char *what; /* "rank", "forecast", "effort"; NULL: all that the data allow */
    int64_t cuts;     /* past dates; 0 = 4 for rank, 8 for forecast */
    uint64_t seed;
    const char *plot; /* rank: an SVG file for its reliability, or NULL */
} foresell_backtest_request;
FORE_API fore_status foresell_backtest(foresell *w, const foresell_backtest_request *request,
                                       foresell_answer **answer, fore_error *err);

typedef struct foresell_settings_request {
    const char *const *assignments; /* "NAME=VALUE"; an empty value takes the setting back */
    int64_t assignment_count;       /* 0: says what stands */
} foresell_settings_request;
FORE_API fore_status foresell_settings(foresell *w, const foresell_settings_request *request,
                                       foresell_answer **answer, fore_error *err);

FORE_API fore_status foresell_models(foresell *w, foresell_answer **answer, fore_error *err);
FORE_API fore_status foresell_rollback(foresell *w, const char *id, int64_t now,
                                       foresell_answer **answer, fore_error *err);

typedef struct foresell_nightly_request {
    foresell_moment moment;
    const char *const *paths; /* exports to import first; may be none */
    int64_t path_count;
    uint64_t seed;
    bool go_on; /* trees: 50 more on top of yesterday's, while no column of theirs is gone */
} foresell_nightly_request;
FORE_API fore_status foresell_nightly(foresell *w, const foresell_nightly_request *request,
                                      foresell_answer **answer, fore_error *err);

/* --- jobs without a workspace; observer and threads as in foresell_options --- */

typedef struct foresell_simulate_request {
    uint64_t seed;
    const char *folder;
    int64_t weeks, reps;          /* 0 = default */
    double leads_per_week;        /* 0 = default */
    double elasticity;            /* of won amount to effort; NaN = default */
    const char *confounding;      /* none, recorded, unrecorded; NULL = recorded */
    double dirty;                 /* share of rows made dirty */
} foresell_simulate_request;
FORE_API fore_status foresell_simulate(const foresell_options *options,
                                       const foresell_simulate_request *request,
                                       foresell_answer **answer, fore_error *err);

typedef struct foresell_table_request {
    const char *file;
    const char *model;    /* train: where to write it; score: which to use */
    const char *target;   /* train only, as all that follows but id and time */
    const char *positive; /* the value that counts as 1; NULL: yes/true/1/won */
    const char *id;
    const char *time;     /* train: the newest rows are the test. score: outcomes known move later rows */
    const char *drop;     /* comma-separated columns to leave out */
    const char *use;      /* columns to use although they were found to know the outcome */
    int64_t folds;        /* report k-fold figures beside the split; 0 = none */
    uint64_t seed;
    bool shift;           /* score: the base rate of the file is read from its scores, if they can tell */
} foresell_table_request;
FORE_API fore_status foresell_table_train(const foresell_options *options,
                                          const foresell_table_request *request,
                                          foresell_answer **answer, fore_error *err);
FORE_API fore_status foresell_table_score(const foresell_options *options,
                                          const foresell_table_request *request,
                                          foresell_answer **answer, fore_error *err);

typedef struct foresell_series_request {
    const char *file;
    int64_t horizon;     /* 0 = one season, at least 6 */
    int64_t season;      /* 0 = from the dates */
    const char *levels;  /* "80,95" */
    const char *method;  /* NULL = auto */
    bool strict;         /* the first row that cannot be read fails the file */
    const char *id, *date, *value; /* columns (id: a list); NULL = unique_id, ds, y or what looks like them */
    const char *dates;   /* "day-first", "month-first" where the file does not tell; "numbers": not the
                          * days of a spreadsheet; NULL = what the file tells, or is likelier */
    const char *every;    /* sum up by "day", "week", "month", "quarter", "year"; NULL = as it is */
    const char *with;     /* columns of the file that drive the values; NULL = none */
    const char *drivers;  /* a file of ds[,unique_id] and drivers, also for the times to come; or NULL */
    const char *holidays; /* a file of date,name[,country][,before][,after][,off]; or NULL */
    const char *country;  /* of those holidays; NULL = all */
    bool calendar;        /* working days and the like, where they lower AICc */
    bool carry;           /* drivers without a value to come keep their last one */
    const char *seasons;  /* several, "24,168"; NULL: as `season` says */
    const char *box_cox;  /* "auto", or lambda from -2 to 2; NULL = no transformation */
    bool multiplicative_trend;
    const char *intervals; /* "model", "conformal" or "adaptive"; NULL = what suits the history */
    const char *clean;     /* "report", "outliers", "shifts", "both", "off"; NULL = report */
    bool sum;              /* the sum over the horizon too, with its interval */
    const char *hierarchy; /* NULL: none; "path": unique_id names every level, "South/Team A/Ravi";
                            * else columns from the top down, "region,team,rep", '*' before one that
                            * crosses them, "region,team*product" */
    const char *separator; /* between the levels of a name; NULL = "/" */
    const char *reconcile; /* bottom-up, top-down, ols, structure, variance, mint; NULL: mint, or
                            * structure where the history is too short */
    bool non_negative;     /* nothing below 0 */
    const char *decimal;   /* "point", "comma" where the file does not tell; NULL = as above */
} foresell_series_request;
FORE_API fore_status foresell_series(const foresell_options *options,
                                     const foresell_series_request *request,
                                     foresell_answer **answer, fore_error *err);

#ifdef __cplusplus
}
#endif

#endif
