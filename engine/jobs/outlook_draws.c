/* From the parts of the outlook to what they bring: exact moments, and draws for the company or for
 * a group of it. */
#include <math.h>

#include "engine/jobs/outlook.h"
#include "features/extract.h"

/* A group draws from what its own wins brought; below OWN_WINS of them the company's fill up. */
enum { OWN_WINS = 20, RECENT_DAYS = 182 };
/* The bounds of an 80 % interval move by about 1 % of the mean (sd) from seed to seed. */
enum { OUTLOOK_DRAWS = 4000 };

double fore_outlook_share(const fore_timeline *t, const fore_outlook *o, const double *member)
{
    int64_t first = o->kind == FORE_SUBJECT_DEAL ? t->leads : 0;
    double all = 0, ours = 0;
    int64_t end = o->kind == FORE_SUBJECT_DEAL ? t->subjects : t->leads;
    for (int64_t s = first; s < end; s++) {
        if (t->created_at[s] == FORE_NO_TIME || t->created_at[s] >= o->as_of ||
            t->created_at[s] < o->as_of - RECENT_DAYS * FORE_DAY)
            continue;
        all++;
        ours += member ? member[s] : 1;
    }
    return all > 0 ? ours / all : 0;
}

/* The company's past amounts, weighed for the members. */
static void weigh_members(const fore_outlook *o, const double *member, double *weight)
{
    double own = 0, own_weight = 0, all_weight = 0;
    for (int64_t i = 0; i < o->past_wins; i++) {
        all_weight += o->past_weight[i];
        own += member[o->past_subject[i]];
        own_weight += member[o->past_subject[i]] * o->past_weight[i];
    }
    double rest = fmax(0, 1 - own / OWN_WINS); /* the company's share of the draws */
    for (int64_t i = 0; i < o->past_wins; i++) {
        double mine = own_weight > 0 ? member[o->past_subject[i]] * (1 - rest) / own_weight : 0;
        weight[i] = o->past_weight[i] * (mine + rest / all_weight);
    }
}

/* Mean and mean square of the amount of a win that has none yet. */
static void amount_moments(const fore_outlook *o, const double *weight, double *mean,
                           double *square)
{
    double sum = 0, squares = 0, total = 0;
    for (int64_t i = 0; i < o->past_wins; i++) {
        sum += weight[i] * o->past_amount[i];
        squares += weight[i] * o->past_amount[i] * o->past_amount[i];
        total += weight[i];
    }
    *mean = total > 0 ? sum / total : 0;
    *square = total > 0 ? squares / total : 0;
}

fore_status fore_outlook_expect(const fore_outlook *o, const double *member, double share,
                                double *mean, double *sd, fore_error *err)
{
    double one, two, *weight = FORE_NEW(o->past_wins, double);
    if (!weight) return fore_no_memory(err);
    for (int64_t i = 0; i < o->past_wins; i++) weight[i] = o->past_weight[i];
    if (member) weigh_members(o, member, weight);
    amount_moments(o, weight, &one, &two);
    for (int64_t j = 0; j < o->periods; j++) {
        double sum = 0, variance = 0;
        for (int64_t i = 0; i < o->open; i++) {
            double ours = member ? member[o->open_subject[i]] : 1;
            if (ours == 0) continue;
            bool known = !isnan(o->open_amount[i]);
            double p = ours * o->open_won[i + j * o->open], a = known ? o->open_amount[i] : one;
            sum += p * a;
            variance += p * (known ? a * a : two) - p * p * a * a;
        }
        for (int64_t w = 0; w < o->weeks; w++) {
            double wins = share * o->arrivals[w] * o->new_won[w + j * o->weeks];
            sum += wins * one;
            variance += wins * two;
            if (o->arrivals_size > 0 && isfinite(o->arrivals_size))
                variance += wins * wins / o->arrivals_size * one * one;
        }
        mean[j] = sum;
        sd[j] = sqrt(fmax(0, variance));
    }
    fore_free(weight);
    return FORE_OK;
}

fore_status fore_outlook_expect_direct(const fore_outlook *o, const double *member, double share,
                                       double *mean, fore_error *err)
{
    double one, two, *weight = FORE_NEW(o->past_wins, double);
    if (!weight) return fore_no_memory(err);
    for (int64_t i = 0; i < o->past_wins; i++) weight[i] = o->past_weight[i];
    if (member) weigh_members(o, member, weight);
    amount_moments(o, weight, &one, &two);
    for (int64_t j = 0; j < o->periods; j++) {
        mean[j] = o->direct_new ? share * o->direct_new[j] : NAN;
        for (int64_t i = 0; i < o->open && !isnan(mean[j]); i++)
            if (!member || member[o->open_subject[i]] > 0)
                mean[j] += (member ? member[o->open_subject[i]] : 1) *
                           o->direct_won[i + j * o->open] *
                           (isnan(o->open_amount[i]) ? one : o->open_amount[i]);
    }
    fore_free(weight);
    return FORE_OK;
}

/* Weeks ahead from which something can be won in the first `periods`: later ones need no draws. */
static int64_t weeks_that_count(const fore_outlook *o, int64_t periods)
{
    int64_t weeks = 0;
    for (int64_t j = 0; j < periods; j++)
        for (int64_t w = weeks; w < o->weeks; w++)
            if (o->new_won[w + j * o->weeks] > 0) weeks = w + 1;
    return weeks;
}

/* New deals at the level of each period: more of them arrive by the highest level, and fewer are
 * won where the level is lower, so that chances stay chances. */
static void level_arrivals(const fore_outlook *o, const fore_outlook_draws *d, int64_t periods,
                           int64_t weeks, double *arrivals, double *fresh)
{
    double most = d->level ? 0 : 1;
    for (int64_t j = 0; d->level && j < periods; j++) most = fmax(most, d->level[j]);
    for (int64_t w = 0; w < weeks; w++) {
        arrivals[w] = o->arrivals[w] * d->share * most;
        for (int64_t j = 0; j < periods; j++)
            fresh[w + j * weeks] =
                o->new_won[w + j * o->weeks] * (d->level && most > 0 ? d->level[j] / most : 1);
    }
}

/* The means as they are, not as so many draws came out: few wins of new deals in a near period
 * leave luck in theirs, and a mean must not move with the seed or with how many periods are drawn.
 * Shocks leave means alone. Median and quantiles stay the draws'. */
static void settle_means(const fore_pipeline *p, fore_pipeline_result *r)
{
    double usual = 0, total = 0;
    for (int64_t i = 0; i < p->amount_count; i++) {
        usual += p->amount_weight[i] * p->amounts[i];
        total += p->amount_weight[i];
    }
    usual = total > 0 ? usual / total : 0;
    r->total.mean = r->total.from_open = r->total.from_new = 0;
    for (int64_t j = 0; j < p->periods; j++) {
        fore_pipeline_period *out = &r->period[j];
        out->from_open = out->from_new = 0;
        for (int64_t i = 0; i < p->open; i++)
            out->from_open += p->open_won[i + j * p->open] *
                              (isnan(p->open_amount[i]) ? usual : p->open_amount[i]);
        for (int64_t w = 0; w < p->weeks; w++)
            out->from_new += p->arrivals[w] * p->new_won[w + j * p->weeks] * usual;
        out->mean = out->won_so_far + out->from_open + out->from_new;
        r->total.from_open += out->from_open;
        r->total.from_new += out->from_new;
        r->total.mean += out->mean;
    }
}

fore_status fore_outlook_simulate(fore_context *c, const fore_outlook *o,
                                  const fore_outlook_draws *d, fore_pipeline_result **result,
                                  fore_error *err)
{
    fore_status status = FORE_OK;
    fore_arena *arena = fore_arena_new();
    if (!arena) return fore_no_memory(err);
    int64_t n = 0;
    int64_t periods = d->periods > 0 && d->periods < o->periods ? d->periods : o->periods;
    int64_t weeks = weeks_that_count(o, periods);
    for (int64_t i = 0; i < o->open; i++) n += !d->member || d->member[o->open_subject[i]] > 0;
    double *won = fore_arena_alloc(arena, n * periods, sizeof(double));
    double *lost = fore_arena_alloc(arena, n * periods, sizeof(double));
    double *amount = fore_arena_alloc(arena, n, sizeof(double));
    double *so_far = fore_arena_alloc(arena, periods, sizeof(double));
    double *arrivals = fore_arena_alloc(arena, weeks, sizeof(double));
    double *weight = fore_arena_alloc(arena, o->past_wins, sizeof(double));
    double *fresh = fore_arena_alloc(arena, weeks * periods, sizeof(double));
    if (!weight || !fresh || !won || !lost || !amount || !so_far || !arrivals) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t i = 0, m = 0; i < o->open; i++) {
        double ours = d->member ? d->member[o->open_subject[i]] : 1;
        if (ours == 0) continue;
        double left =
            1; /* a higher level takes from the losses first: the sum stays a probability */
        for (int64_t j = 0; j < periods; j++) {
            double level = d->level ? d->level[j] : 1;
            double win = fmin(level * o->open_won[i + j * o->open], left);
            double loss = fmin(o->open_lost[i + j * o->open], left - win);
            won[m + j * n] = ours * win;
            lost[m + j * n] = loss + (1 - ours) * win; /* a win of others is none of ours */
            left = fmax(0, left - (win + loss));       /* rounded, it may fall below */
        }
        amount[m++] = o->open_amount[i];
    }
    for (int64_t i = 0; i < o->wins; i++)
        so_far[0] += (d->member ? d->member[o->win_subject[i]] : 1) * o->win_amount[i];
    level_arrivals(o, d, periods, weeks, arrivals, fresh);
    if (d->member) weigh_members(o, d->member, weight);
    fore_pipeline p = {.periods = periods,
                       .won_so_far = so_far,
                       .open = n,
                       .open_won = won,
                       .open_lost = lost,
                       .open_amount = amount,
                       .amounts = o->past_amount,
                       .amount_weight = d->member ? weight : o->past_weight,
                       .amount_count = o->past_wins,
                       .weeks = weeks,
                       .arrivals = arrivals,
                       .arrivals_size = o->arrivals_size,
                       .new_won = fresh,
                       .shock_sd = d->shock_sd,
                       .shock_persistence = d->persistence};
    fore_pipeline_options options = fore_pipeline_default();
    options.seed = d->seed;
    options.keep_draws = 1;
    options.draws = d->draws ? d->draws : OUTLOOK_DRAWS;
    status = fore_pipeline_simulate(&p, &options, c->pool, result, err);
    if (status == FORE_OK) settle_means(&p, *result);
done:
    fore_arena_free(arena);
    return status;
}

/* What a subject brought in [from, to), as known then; 0: nothing. */
static double brought(const fore_timeline *t, const fore_outlook *o, int64_t s, int64_t from,
                      int64_t to, int64_t known)
{
    fore_ending end = fore_subject_closed(t, s, known);
    if (end.outcome != FORE_WON || end.at < from || end.at >= to) return 0;
    if (o->currency >= 0 && t->currency[s] >= 0 && t->currency[s] != o->currency) return 0;
    fore_subject_state state;
    fore_subject_state_at(t, s, known, &state);
    double amount = o->counts ? 1 : state.amount;
    return isnan(amount) ? 0 : amount;
}

double fore_outlook_actual(const fore_timeline *t, const fore_outlook *o, int32_t start,
                           int32_t end, int64_t known, const double *member)
{
    int64_t first = o->kind == FORE_SUBJECT_DEAL ? t->leads : 0;
    int64_t last = o->kind == FORE_SUBJECT_DEAL ? t->subjects : t->leads;
    int64_t from = fore_time_of_date(start), to = fore_time_of_date(end);
    double sum = 0;
    for (int64_t s = first; s < last; s++)
        sum += (member ? member[s] : 1) * brought(t, o, s, from, to, known);
    return sum;
}

void fore_outlook_actuals(const fore_timeline *t, const fore_outlook *o, int32_t start, int32_t end,
                          int64_t known, const int32_t *column, double *out)
{
    int64_t first = o->kind == FORE_SUBJECT_DEAL ? t->leads : 0;
    int64_t last = o->kind == FORE_SUBJECT_DEAL ? t->subjects : t->leads;
    int64_t from = fore_time_of_date(start), to = fore_time_of_date(end);
    for (int64_t s = first; s < last; s++) out[column[s]] += brought(t, o, s, from, to, known);
}
