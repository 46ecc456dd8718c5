/* The simulator's way from options to a folder: history week by week, rows flushed in block order,
 * then the truths, then all files take their names at once. */
#include "datasets/simulate.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datasets/simulate_truth.h"
#include "datasets/simulate_world.h"
#include "engine/base/civil.h"
#include "engine/base/file.h"
#include "engine/base/memory.h"

/* --- options --- */

fore_simulate_options fore_simulate_default(void)
{
    return (fore_simulate_options){.seed = 1,
                                   .start_on = fore_days_from_civil(2023, 1, 2),
                                   .weeks = 104,
                                   .warmup_weeks = 30,
                                   .reps = 12,
                                   .teams = 3,
                                   .leads_per_week = 60,
                                   .touches = 1,
                                   .elasticity = {0.11, 0.05, 0.10, 0.05},
                                   .saturation = 0.3,
                                   .half_life_weeks = 2,
                                   .confounding = FORE_CONFOUNDING_UNRECORDED,
                                   .favour = 0.6,
                                   .chase = 0.6,
                                   .progress = NAN,
                                   .hours_sd = 0.2,
                                   .hidden_sd = 0.8,
                                   .demand_sd = 0.35,
                                   .season = 0.15,
                                   .drift_per_year = -0.1,
                                   .loss = 1,
                                   .speed = 1,
                                   .amount_median = 4000,
                                   .amount_sd = 0.5,
                                   .open_rate = 0.25,
                                   .click_rate = 0.12,
                                   .currency = "EUR",
                                   .language = {0.4, 0.2, 0.25, 0.15},
                                   .dirty_kinds = FORE_DIRTY_DEFAULT,
                                   .delimiter = ',',
                                   .truth_draws = 100,
                                   .truth_weeks = 26};
}

/* Rows per lead at touches = 1, measured on the default world: those that follow `touches`, and the
 * others. */
static const double rows_with_touches = 12.95, rows_without = 3.85;
/* leads already open at the start, in weeks of arrivals */
static const double weeks_open = 7.0;

void fore_simulate_size(fore_simulate_options *o, int64_t leads, int64_t activities)
{
    enum { SMALL = 20000 };
    o->leads_per_week = (double)leads / (o->weeks + (o->warmup_weeks ? weeks_open : 0.0));
    double reps = o->leads_per_week / 5.0;
    o->reps = reps < 1.0 ? 1 : reps > 100000.0 ? 100000 : (int32_t)(reps + 0.5);
    o->teams = o->reps < 24 ? (o->reps + 3) / 4 : o->reps / 8 > 1000 ? 1000 : o->reps / 8;
    double per_lead = leads > 0 ? (double)activities / (double)leads : 0.0;
    double factor = (per_lead - rows_without) / rows_with_touches;
    o->touches = factor < 0.02 ? 0.02 : factor > 20.0 ? 20.0 : factor;
    if (leads > SMALL) o->truth_draws = 0;
}

static const char *const confounding_words[] = {"none", "recorded", "unrecorded"};

bool fore_confounding_parse(const char *word, fore_confounding *confounding)
{
    for (int i = 0; i < 3; i++)
        if (fore_text_equal_fold(word, confounding_words[i])) {
            *confounding = (fore_confounding)i;
            return true;
        }
    return false;
}

const char *fore_confounding_word(fore_confounding confounding)
{
    return confounding_words[confounding];
}

/* --- the files: written beside their names, renamed together --- */

enum { FLUSH_BYTES = 1 << 20 };

typedef struct out_file {
    int fd;
    char *path, *part;
    fore_text buffer;
} out_file;

typedef struct out_folder {
    out_file file[SIM_FILES];
    fore_arena *arena;
} out_folder;

static fore_status file_flush(out_file *f, fore_error *err)
{
    const char *p = f->buffer.bytes;
    int64_t left = f->buffer.length;
    FORE_TRY(fore_text_check(&f->buffer, err));
    while (left > 0) {
        ssize_t put = write(f->fd, p, (size_t)left);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fore_fail_errno(err, f->path, "write", errno);
        p += put;
        left -= put;
    }
    fore_text_clear(&f->buffer);
    return FORE_OK;
}

/* Moves a block's text to the file and leaves the text empty. */
static fore_status file_take(out_file *f, fore_text *text, fore_error *err)
{
    FORE_TRY(fore_text_check(text, err));
    if (text->length) fore_text_add(&f->buffer, text->bytes, text->length);
    fore_text_clear(text);
    return f->buffer.length >= FLUSH_BYTES || f->buffer.failed ? file_flush(f, err) : FORE_OK;
}

static fore_status folder_open(out_folder *out, const char *folder, const fore_simulate_options *o,
                               fore_error *err)
{
    for (int i = 0; i < SIM_FILES; i++) out->file[i].fd = -1;
    FORE_TRY(fore_folder_make(folder, err));
    out->arena = fore_arena_new();
    if (!out->arena) return fore_no_memory(err);
    for (int i = 0; i < SIM_FILES; i++) {
        out_file *f = &out->file[i];
        f->path = fore_arena_format(out->arena, "%s/%s", folder, fore_sim_file_name[i]);
        f->part = fore_arena_format(out->arena, "%s/%s.part", folder, fore_sim_file_name[i]);
        if (!f->path || !f->part) return fore_no_memory(err);
        f->fd = open(f->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (f->fd < 0) return fore_fail_errno(err, f->path, "write", errno);
        fore_sim_text_header(o, i, &f->buffer);
    }
    return FORE_OK;
}

static fore_status folder_commit(out_folder *out, fore_error *err)
{
    for (int i = 0; i < SIM_FILES; i++) {
        FORE_TRY(file_flush(&out->file[i], err));
        int fd = out->file[i].fd;
        out->file[i].fd = -1;
        if (close(fd) != 0) return fore_fail_errno(err, out->file[i].path, "write", errno);
    }
    for (int i = 0; i < SIM_FILES; i++)
        if (rename(out->file[i].part, out->file[i].path) != 0)
            return fore_fail_errno(err, out->file[i].path, "write", errno);
    return FORE_OK;
}

static void folder_close(out_folder *out, bool failed)
{
    for (int i = 0; i < SIM_FILES; i++) {
        if (out->file[i].fd >= 0) close(out->file[i].fd);
        if (failed && out->file[i].part) unlink(out->file[i].part);
        fore_text_free(&out->file[i].buffer);
    }
    fore_arena_free(out->arena);
}

/* --- the history --- */

typedef struct history {
    sim_world *world;
    sim_rows *rows; /* per block */
    int64_t blocks;
    const double *p_win; /* of the open leads, by position in `open`; NULL: unknown */
    const uint64_t *open;
    int64_t open_count;
} history;

static int64_t block_end(const history *h, int64_t block)
{
    int64_t end = (block + 1) * SIM_SEATS_PER_BLOCK;
    return end < h->world->seats ? end : h->world->seats;
}

static fore_status history_week(void *context, int64_t block, int worker, fore_error *err)
{
    history *h = context;
    sim_tally tally = {0};
    sim_step step = {.tally = &tally, .rows = h->world->week >= 0 ? &h->rows[block] : NULL};
    (void)worker;
    for (int64_t i = block * SIM_SEATS_PER_BLOCK; i < block_end(h, block); i++)
        FORE_TRY(fore_sim_seat_step(h->world, i, &step, err));
    return FORE_OK;
}

static double chance_of(const history *h, uint64_t number)
{
    if (!h->p_win) return NAN;
    int64_t low = 0, high = h->open_count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (h->open[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return h->p_win[low];
}

/* What is still open when the history ends, and all accounts. */
static fore_status history_end(void *context, int64_t block, int worker, fore_error *err)
{
    history *h = context;
    sim_rows *rows = &h->rows[block];
    (void)worker;
    (void)err;
    for (int64_t i = block * SIM_SEATS_PER_BLOCK; i < block_end(h, block); i++) {
        sim_seat *s = &h->world->seat[i];
        for (int32_t a = 0; a < s->accounts; a++) fore_sim_rows_account(rows, i, a);
        for (int64_t j = 0; j < s->leads; j++) {
            sim_lead *lead = &s->lead[j];
            bool deal = lead->stage > SIM_LEAD;
            const char *status = lead->engaged ? "qualified" : lead->touched ? "working" : "new";
            if (deal)
                fore_sim_rows_deal(rows, i, lead, FORE_NO_TIME);
            else
                fore_sim_rows_lead(rows, i, lead, status, FORE_NO_TIME);
            fore_sim_rows_truth(rows, lead, deal ? "deal open" : "open",
                                chance_of(h, lead->number));
            fore_sim_rows_planned(rows, i, lead);
        }
    }
    return FORE_OK;
}

static fore_status history_flush(history *h, out_folder *out, sim_rows *sum, fore_error *err)
{
    for (int64_t b = 0; b < h->blocks; b++) {
        sim_rows *r = &h->rows[b];
        FORE_TRY(file_take(&out->file[SIM_ACTIVITIES], &r->activities, err));
        FORE_TRY(file_take(&out->file[SIM_LEADS], &r->leads, err));
        FORE_TRY(file_take(&out->file[SIM_DEALS], &r->deals, err));
        FORE_TRY(file_take(&out->file[SIM_CHANGES], &r->changes, err));
        FORE_TRY(file_take(&out->file[SIM_ORDERS], &r->orders, err));
        FORE_TRY(file_take(&out->file[SIM_TICKETS], &r->tickets, err));
        FORE_TRY(file_take(&out->file[SIM_TRUTH_LEADS], &r->truth, err));
        FORE_TRY(file_take(&out->file[SIM_ACCOUNTS], &r->accounts, err));
        FORE_TRY(fore_text_check(&r->dirty, err));
        if (r->dirty.length && sum->dirty.length) fore_text_putc(&sum->dirty, ',');
        if (r->dirty.length) fore_text_add(&sum->dirty, r->dirty.bytes, r->dirty.length);
        fore_text_clear(&r->dirty);
    }
    return fore_text_check(&sum->dirty, err);
}

static fore_status history_run(history *h, out_folder *out, sim_rows *sum, fore_pool *pool,
                               const fore_observer *observer, fore_error *err)
{
    sim_world *w = h->world;
    for (; w->week < w->options.weeks; w->week++) {
        if (fore_cancelled(observer))
            return fore_fail(err, FORE_E_CANCELLED,
                             "the simulation was stopped; nothing was written");
        fore_progress(observer, "simulate", w->week + w->options.warmup_weeks,
                      w->options.weeks + w->options.warmup_weeks);
        fore_sim_week_open(w);
        FORE_TRY(fore_pool_run(pool, h->blocks, history_week, h, err));
        if (w->week >= 0) FORE_TRY(history_flush(h, out, sum, err));
    }
    return FORE_OK;
}

static void rows_sum(const history *h, sim_rows *sum)
{
    for (int64_t b = 0; b < h->blocks; b++) {
        const sim_rows *r = &h->rows[b];
        sum->activity_count += r->activity_count;
        sum->lead_count += r->lead_count;
        sum->deal_count += r->deal_count;
        sum->won_count += r->won_count;
        sum->lost_count += r->lost_count;
        sum->account_count += r->account_count;
        sum->dirty_count += r->dirty_count;
        sum->converted += r->converted;
        sum->disqualified += r->disqualified;
        sum->won_amount += r->won_amount;
        for (int c = 0; c < 2; c++)
            for (int q = 0; q < 512; q++) sum->by_quality[c][q] += r->by_quality[c][q];
    }
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static fore_status open_numbers(const sim_world *w, uint64_t **open, int64_t *count,
                                fore_error *err)
{
    *count = 0;
    for (int64_t i = 0; i < w->seats; i++) *count += w->seat[i].leads;
    *open = FORE_NEW(*count, uint64_t);
    if (!*open) return fore_no_memory(err);
    int64_t n = 0;
    for (int64_t i = 0; i < w->seats; i++)
        for (int64_t j = 0; j < w->seat[i].leads; j++) (*open)[n++] = w->seat[i].lead[j].number;
    qsort(*open, (size_t)n, sizeof **open, compare_numbers);
    return FORE_OK;
}

static fore_status small_files(const sim_world *w, out_folder *out, fore_error *err)
{
    fore_sim_text_reps(w, &out->file[SIM_REPS].buffer);
    fore_sim_text_campaigns(w, &out->file[SIM_CAMPAIGNS].buffer);
    fore_sim_text_products(w, &out->file[SIM_PRODUCTS_FILE].buffer);
    fore_sim_text_targets(w, &out->file[SIM_TARGETS].buffer);
    for (int i = 0; i < SIM_FILES; i++) FORE_TRY(fore_text_check(&out->file[i].buffer, err));
    return FORE_OK;
}

/* --- all of it --- */

static fore_status simulate_into(sim_world *w, out_folder *out, fore_pool *pool,
                                 const fore_observer *observer, fore_simulate_truth *truth,
                                 fore_error *err)
{
    fore_status status = FORE_OK;
    history h = {.world = w, .blocks = (w->seats + SIM_SEATS_PER_BLOCK - 1) / SIM_SEATS_PER_BLOCK};
    sim_answers answers = {0};
    sim_rows *sum = FORE_ZNEW(1, sim_rows); /* too large for a stack */
    uint64_t *open = NULL;
    h.rows = FORE_ZNEW(h.blocks, sim_rows);
    if (!h.rows || !sum) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t b = 0; b < h.blocks; b++) h.rows[b].world = w;
    FORE_GO(fore_sim_calibrate(&w->options, w->weight, &w->exponent, answers.elasticity, err));
    FORE_GO(history_run(&h, out, sum, pool, observer, err));
    FORE_GO(open_numbers(w, &open, &h.open_count, err));
    h.open = open;
    FORE_GO(fore_sim_answer(w, open, h.open_count, pool, observer, &answers, err));
    h.p_win = answers.p_win;
    FORE_GO(fore_pool_run(pool, h.blocks, history_end, &h, err));
    FORE_GO(history_flush(&h, out, sum, err));
    rows_sum(&h, sum);
    FORE_GO(small_files(w, out, err));
    fore_sim_truth_fill(w, sum, &answers, truth);
    FORE_GO(fore_sim_truth_json(w, sum, &answers, truth, &out->file[SIM_TRUTH].buffer, err));
    FORE_GO(folder_commit(out, err));
done:
    for (int64_t b = 0; h.rows && b < h.blocks; b++) fore_sim_rows_free(&h.rows[b]);
    if (sum) fore_sim_rows_free(sum);
    fore_free(h.rows);
    fore_free(sum);
    fore_free(open);
    fore_sim_answers_free(&answers);
    return status;
}

fore_status fore_simulate(const fore_simulate_options *options, const char *folder, fore_pool *pool,
                          const fore_observer *observer, fore_simulate_truth *truth,
                          fore_error *err)
{
    fore_simulate_truth unwanted;
    FORE_TRY(fore_sim_check(options, err));
    sim_world w;
    out_folder out = {0};
    fore_status status = fore_sim_world_new(options, &w, err);
    if (status != FORE_OK) return status;
    status = folder_open(&out, folder, &w.options, err);
    if (status == FORE_OK)
        status = simulate_into(&w, &out, pool, observer, truth ? truth : &unwanted, err);
    folder_close(&out, status != FORE_OK);
    fore_sim_world_free(&w);
    return status;
}
