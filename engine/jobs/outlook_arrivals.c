/* See outlook_arrivals.h.
 *
 *   parts: the sources that most came from, the others together
 *   arrivals of each part by week (arrivals.c), summing to the company's
 *   ratio of each part: events over what the hazards by age expect of its deals' weeks, older
 *     weeks counting less
 *   chance of a deal that arrives in week w: mean of the parts' chances, weighted by what arrives
 */
#include "engine/jobs/outlook_arrivals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/jobs/outlook_direct.h"
#include "models/survive/relative.h"

enum {
    ARRIVAL_WEEKS = 156,
    PARTS_MAX = 8, /* the others together are one of them */
    PART_DEALS = 20,
    YEAR_WEEKS = 52,
    LIFE_WEEKS = 260, /* hazards stay as they are beyond */
    LOTS = 20240331   /* seed of the draw of deals */
};

typedef struct arriving {
    const fore_timeline *t;
    fore_outlook *o;
    const fore_hazard *plain;
    double drawn;
    int64_t first, end, horizon; /* subjects; weeks of the curves */
    int64_t parts;
    int32_t word[PARTS_MAX]; /* of the source; OTHERS, or NO_SOURCE */
    int32_t *part_of;        /* sources.count + 1: of a word, of no word last */
    double *won, *lost;      /* LIFE_WEEKS: the plain hazards */
    double *curve;           /* horizon x parts: won within h + 1 weeks */
    double *mean;            /* weeks x parts */
} arriving;

bool fore_outlook_is_drawn(const fore_timeline *t, int64_t s, double share)
{
    if (share >= 1) return true;
    fore_random lot = fore_random_new(LOTS, (uint64_t)t->key[s]);
    return fore_random_uniform(&lot) < share;
}

double fore_outlook_weeks_to_end(const fore_outlook *o, int64_t j)
{
    double days = (double)o->start[j + 1] - (double)o->as_of / (double)FORE_DAY;
    return days > 0 ? days / 7 : 0;
}

double fore_outlook_incidence(const double *cumulative, int64_t horizon, double week)
{
    if (week <= 0) return 0;
    int64_t whole = (int64_t)floor(week);
    double before = whole == 0 ? 0 : cumulative[whole - 1 < horizon ? whole - 1 : horizon - 1];
    double after = cumulative[whole < horizon ? whole : horizon - 1];
    return before + (week - (double)whole) * (after - before);
}

fore_spell fore_outlook_life(const fore_timeline *t, const fore_outlook *o, int64_t s)
{
    fore_ending ended = fore_subject_closed(t, s, o->as_of);
    bool closed = ended.outcome != FORE_OUTCOME_OPEN;
    double day = (double)FORE_DAY, end = (double)(closed ? ended.at : o->as_of) / day;
    return fore_spell_of((double)t->created_at[s] / day, end,
                         !closed                     ? FORE_DEAL_OPEN
                         : ended.outcome == FORE_WON ? FORE_DEAL_WON
                                                     : FORE_DEAL_LOST);
}

/* --- the parts --- */

static int64_t word_place(const arriving *a, int32_t word)
{
    return word < 0 ? a->t->sources.count : word;
}

/* Whole weeks back from as_of; ARRIVAL_WEEKS and more are not counted. */
static int64_t weeks_ago(const arriving *a, int64_t s)
{
    return (a->o->as_of - 1 - a->t->created_at[s]) / (7 * FORE_DAY);
}

static bool sources_are_early(const arriving *a)
{
    double closed[2] = {0}, known[2] = {0};
    for (int64_t s = a->first; s < a->end; s++) {
        if (!fore_outlook_usable(a->t, a->o, s)) continue;
        fore_deal_end event = fore_outlook_life(a->t, a->o, s).event;
        if (event == FORE_DEAL_OPEN) continue;
        closed[event == FORE_DEAL_WON]++;
        known[event == FORE_DEAL_WON] += a->t->source[s] >= 0;
    }
    if (known[1] == 0 || closed[0] == 0) return known[1] > 0;
    return known[0] / closed[0] >= FORE_EARLY_SHARE * known[1] / closed[1];
}

typedef struct counted_word {
    int64_t deals;
    int32_t word;
    const char *text;
} counted_word;

static int by_deals(const void *x, const void *y)
{
    const counted_word *a = x, *b = y;
    if (a->deals != b->deals) return a->deals > b->deals ? -1 : 1;
    return strcmp(a->text, b->text);
}

/* The most frequent sources, each with deals enough, and the others. */
static fore_status make_parts(arriving *a, fore_error *err)
{
    int64_t words = a->t->sources.count + 1, total = 0, kept = 0;
    counted_word *list = FORE_NEW(words, counted_word);
    if (!list || !(a->part_of = FORE_ZNEW(words, int32_t))) {
        fore_free(list);
        return fore_no_memory(err);
    }
    for (int32_t i = 0; i < words; i++)
        list[i] = (counted_word){0, i + 1 < words ? i : FORE_SOURCE_NONE,
                                 i + 1 < words ? fore_word(&a->t->sources, i) : ""};
    for (int64_t s = a->first; s < a->end; s++) {
        if (!fore_outlook_usable(a->t, a->o, s) || weeks_ago(a, s) >= ARRIVAL_WEEKS) continue;
        list[word_place(a, a->t->source[s])].deals++;
        total++;
    }
    qsort(list, (size_t)words, sizeof *list, by_deals);
    a->parts = 0;
    bool apart = sources_are_early(a);
    for (int64_t i = 0; apart && i < words && a->parts + 1 < PARTS_MAX; i++) {
        if (list[i].deals < PART_DEALS) break;
        kept += list[i].deals;
        a->part_of[word_place(a, list[i].word)] = (int32_t)a->parts + 1;
        a->word[a->parts++] = list[i].word;
    }
    if (kept < total || a->parts == 0) a->word[a->parts++] = FORE_SOURCE_OTHERS;
    for (int64_t i = 0; i < words; i++) /* those without a part of their own: the last */
        a->part_of[i] = a->part_of[i] > 0 ? a->part_of[i] - 1 : (int32_t)a->parts - 1;
    fore_free(list);
    return FORE_OK;
}

static fore_status count_arrivals(arriving *a, fore_error *err)
{
    fore_outlook *o = a->o;
    int64_t oldest = 0;
    for (int64_t s = a->first; s < a->end; s++) {
        int64_t ago = fore_outlook_usable(a->t, o, s) ? weeks_ago(a, s) : 0;
        if (ago < ARRIVAL_WEEKS && ago > oldest) oldest = ago;
    }
    double *counts = FORE_ZNEW((oldest + 1) * a->parts, double);
    if (!counts) return fore_no_memory(err);
    for (int64_t s = a->first; s < a->end; s++) {
        if (!fore_outlook_usable(a->t, o, s)) continue;
        int64_t ago = weeks_ago(a, s), part = a->part_of[word_place(a, a->t->source[s])];
        if (ago <= oldest) counts[oldest - ago + part * (oldest + 1)]++;
    }
    fore_status status = fore_arrivals_fit_parts(counts, oldest + 1, a->parts, o->weeks, a->mean,
                                                 o->arrivals, &o->arrivals_size, err);
    fore_free(counts);
    return status;
}

/* --- how they convert --- */

/* Weighted events and what the hazards by age expect of the weeks lived, of wins and of losses. */
typedef struct part_record {
    double seen[PARTS_MAX], hoped[PARTS_MAX], weight, squares;
} part_record;

static void add_life(const arriving *a, int64_t s, part_record *won, part_record *lost)
{
    fore_spell life = fore_outlook_life(a->t, a->o, s);
    int64_t part = a->part_of[word_place(a, a->t->source[s])];
    double now = floor((double)a->o->as_of / (double)FORE_DAY / 7);
    double weight = exp2(-(now - (double)life.last) / FORE_HAZARD_HALF_LIFE),
           older = exp2(-1 / FORE_HAZARD_HALF_LIFE);
    for (int64_t week = life.weeks - 1; week >= 0; week--, weight *= older) {
        int64_t age = week < LIFE_WEEKS ? week : LIFE_WEEKS - 1;
        fore_deal_end event = week == life.weeks - 1 ? life.event : FORE_DEAL_OPEN;
        won->hoped[part] += weight * a->won[age];
        if (event != FORE_DEAL_WON) lost->hoped[part] += weight * a->lost[age];
        if (event == FORE_DEAL_OPEN) continue;
        part_record *to = event == FORE_DEAL_WON ? won : lost;
        to->seen[part] += weight;
        to->weight += weight;
        to->squares += weight * weight;
    }
}

static void relate(const part_record *r, int64_t parts, double *ratio)
{
    double chance = r->weight > 0 ? r->squares / r->weight : 1;
    fore_relative_rates(r->seen, r->hoped, parts, chance, ratio);
}

static void follow(const arriving *a, double won_ratio, double lost_ratio, double *curve)
{
    double open = 1, won = 0;
    for (int64_t h = 0; h < a->horizon; h++) {
        int64_t age = h < LIFE_WEEKS ? h : LIFE_WEEKS - 1;
        double win = -expm1(won_ratio * log1p(-a->won[age]));
        double loss = -expm1(lost_ratio * log1p(-a->lost[age]));
        won += open * win;
        open *= (1 - win) * (1 - loss);
        curve[h] = won;
    }
}

static void learn_curves(arriving *a)
{
    part_record won = {0}, lost = {0};
    double won_ratio[PARTS_MAX], lost_ratio[PARTS_MAX];
    for (int64_t age = 0; age < LIFE_WEEKS; age++)
        fore_hazard_week(a->plain, age, NULL, &a->won[age], &a->lost[age]);
    for (int64_t k = 0; k < a->parts; k++) won_ratio[k] = lost_ratio[k] = 1;
    if (a->parts > 1) {
        for (int64_t s = a->first; s < a->end; s++)
            if (fore_outlook_usable(a->t, a->o, s) && fore_outlook_is_drawn(a->t, s, a->drawn))
                add_life(a, s, &won, &lost);
        relate(&won, a->parts, won_ratio);
        relate(&lost, a->parts, lost_ratio);
    }
    for (int64_t k = 1; k < a->parts; k++)
        a->o->sources_differ |= won_ratio[k] != won_ratio[0] || lost_ratio[k] != lost_ratio[0];
    for (int64_t k = 0; k < a->parts; k++)
        follow(a, won_ratio[k], lost_ratio[k], a->curve + k * a->horizon);
}

/* --- together --- */

/* Chance of a deal of part k that arrives in the middle of week w to be won by the end of period j.
 */
static double won_by(const arriving *a, int64_t k, int64_t w, int64_t j)
{
    return fore_outlook_incidence(a->curve + k * a->horizon, a->horizon,
                                  fore_outlook_weeks_to_end(a->o, j) - ((double)w + 0.5));
}

static void mix(const arriving *a)
{
    fore_outlook *o = a->o;
    for (int64_t w = 0; w < o->weeks; w++) {
        double before = 0;
        for (int64_t j = 0; j < o->periods; j++) {
            double sum = 0;
            for (int64_t k = 0; k < a->parts; k++)
                sum += a->mean[w + k * o->weeks] * won_by(a, k, w, j);
            double chance = o->arrivals[w] > 0 ? sum / o->arrivals[w] : won_by(a, 0, w, j);
            o->new_won[w + j * o->weeks] = fmax(0, chance - before);
            before = chance;
        }
    }
}

static void describe(const arriving *a)
{
    fore_outlook *o = a->o;
    o->sources = a->parts;
    for (int64_t k = 0; k < a->parts; k++) {
        const double *curve = a->curve + k * a->horizon, *mean = a->mean + k * o->weeks;
        fore_outlook_source *to = &o->source[k];
        double *won_in = o->source_won + k * o->periods;
        *to = (fore_outlook_source){
            .word = a->word[k], .won_in_year = curve[YEAR_WEEKS - 1], .won_in = won_in};
        for (int64_t j = 0; j < o->periods; j++) {
            won_in[j] = 0;
            for (int64_t w = 0; w < o->weeks; w++)
                won_in[j] += mean[w] * (won_by(a, k, w, j) - (j ? won_by(a, k, w, j - 1) : 0));
            to->won += won_in[j];
        }
        for (int64_t w = 0; w < o->weeks; w++) to->expected += mean[w];
        while (to->median_weeks + 1 < YEAR_WEEKS && curve[to->median_weeks] < to->won_in_year / 2)
            to->median_weeks++;
        to->median_weeks++; /* within so many */
    }
}

static fore_status make_room(arriving *a, fore_error *err)
{
    fore_outlook *o = a->o;
    o->arrivals = fore_arena_alloc(o->arena, o->weeks, sizeof(double));
    o->new_won = fore_arena_alloc(o->arena, o->weeks * o->periods, sizeof(double));
    o->source = fore_arena_alloc(o->arena, a->parts, sizeof *o->source);
    o->source_won = fore_arena_alloc(o->arena, a->parts * o->periods, sizeof(double));
    a->won = FORE_NEW(2 * LIFE_WEEKS, double);
    a->curve = FORE_NEW(a->horizon * a->parts, double);
    a->mean = FORE_NEW(o->weeks * a->parts, double);
    if (!o->arrivals || !o->new_won || !o->source || !o->source_won || !a->won || !a->curve ||
        !a->mean)
        return fore_no_memory(err);
    a->lost = a->won + LIFE_WEEKS;
    return FORE_OK;
}

fore_status fore_outlook_arrive(const fore_timeline *t, fore_outlook *o, const fore_hazard *plain,
                                double drawn, fore_error *err)
{
    fore_status status = FORE_OK;
    bool deals = o->kind == FORE_SUBJECT_DEAL;
    arriving a = {.t = t, .o = o, .plain = plain, .drawn = drawn};
    a.first = deals ? t->leads : 0;
    a.end = deals ? t->subjects : t->leads;
    o->weeks = (int64_t)ceil(fore_outlook_weeks_to_end(o, o->periods - 1));
    a.horizon = o->weeks + 1 > YEAR_WEEKS ? o->weeks + 1 : YEAR_WEEKS;
    FORE_GO(make_parts(&a, err));
    FORE_GO(make_room(&a, err));
    if (o->weeks == 0) goto done;
    FORE_GO(count_arrivals(&a, err));
    learn_curves(&a);
    mix(&a);
    describe(&a);
done:
    fore_free(a.part_of);
    fore_free(a.won);
    fore_free(a.curve);
    fore_free(a.mean);
    return status;
}
