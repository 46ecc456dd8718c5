/* Inside the features room: what an extractor holds, and the parts of one row's work. */
#ifndef FORE_EXTRACTOR_H
#define FORE_EXTRACTOR_H

#include "features/extract.h"
#include "features/feature_ids.h"
#include "features/past.h"

/* What an event counts as; the first LANES bits are counted in windows. See catalogue.def. */
enum {
    LANE_TOUCH,
    LANE_OUTBOUND,
    LANE_INBOUND,
    LANE_CALL,
    LANE_CALL_IN,
    LANE_EMAIL,
    LANE_REPLY,
    LANE_MESSAGE,
    LANE_MEETING,
    LANE_OPEN,
    LANE_CLICK,
    LANE_WEB,
    LANE_SEND,
    LANE_CALL_ANSWERED,
    LANE_CALL_KNOWN,
    LANE_UNSUBSCRIBE,
    LANES,
    BIT_SIGN = LANES, /* a sign of life */
    BIT_THEIRS        /* inbound side, whatever the kind */
};
enum { WINDOW_7, WINDOW_30, WINDOW_90, WINDOW_365, WINDOW_ALL, WINDOWS };
enum { DECAYS = 3, DECAY_DAYS = 4096, STAYS_USED = 200, STAYS_NEEDED = 5 };

/* Values of the closings in the pasts below. */
enum { CLOSED_WON, CLOSED_LOG_AMOUNT, CLOSED_KNOWN, CLOSED_AMOUNT };

struct fore_extractor {
    const fore_timeline *t;
    bool shared;                      /* the tables belong to another one */
    int64_t max_events;               /* of one subject */
    uint32_t mask[256];               /* by event code; 0 = cancelled */
    uint16_t lane[256][LANES];        /* the same bits as numbers to add */
    uint8_t hour_class[256];          /* 0 office, 1 evening, 2 weekend */
    double decay[DECAY_DAYS][DECAYS]; /* 2^(-day / half-life) */
    /* closings by kind, taken back when a deal is opened again; base has one group */
    ledger base[2], by_owner[2], by_source[2], by_campaign[2];
    ledger by_team[2], by_category;    /* of the owner at the closing; of the product, deals only */
    ledger by_product, by_account;     /* closings of deals */
    past account_win;                  /* the won ones, no value; also those taken back later */
    past owner_start[2], owner_end[2]; /* when an owner got and lost open subjects */
    past account_start, account_end;   /* open deals of accounts */
    past stage_entry;                  /* value: place in its deal */
    past stage_stay;                   /* by closing; value: days, not summed */
    past ticket_end, ticket_satisfied; /* by account; value: satisfaction */
    double *sale_sum;                  /* running known amounts of an account's sales */
};

/* Scratch of one worker: nothing is allocated for a row. */
typedef struct extract_scratch {
    double *their_gaps, *our_gaps;       /* max_events each: reply times in hours */
    int64_t *rep_stamp, *campaign_stamp; /* row that last saw them */
    int64_t row_stamp;
    double *stage_median, *stage_place;  /* by stage, as of memo_at; NaN */
    int64_t *median_stamp, *place_stamp; /* memo number they belong to */
    int64_t memo_at, memo;
} extract_scratch;

enum {
    PART_EVENTS = 1,
    PART_STATE = 2,
    PART_RATES = 4,
    PART_ACCOUNT = 8,
    PART_SEASON = 16,
    PART_ALL = 31
};

/* Each writes its features of one row into values[feature_id]. */
void fore_extract_events(const fore_extractor *x, extract_scratch *w, int64_t subject,
                         int64_t as_of, double *values);
void fore_extract_deal(const fore_extractor *x, extract_scratch *w, int64_t subject, int64_t as_of,
                       const fore_subject_state *state, double *values);
void fore_extract_rates(const fore_extractor *x, int64_t subject, int64_t as_of,
                        const fore_subject_state *state, double *values);
void fore_extract_account(const fore_extractor *x, int64_t subject, int64_t as_of, double *values);
void fore_extract_season(const fore_extractor *x, int64_t subject, int64_t as_of, double *values);

static inline double fore_ln1(double amount) { return __builtin_log1p(amount > 0 ? amount : 0); }

/* fills the tables by event code, by hour and by day (extract_events.c) */
void fore_extractor_tables(fore_extractor *x);

#endif
