/* Deals to come by source: each converts at its own rate and pace, parts make the whole, and
 * sources that are filled in with the win tell nothing. */
#include "engine/jobs/outlook.h"

#include "answer_help.h"

enum { DAYS = 500, LAST = 200 };

typedef struct mixture {
    bool late;     /* only A arrives in the last days */
    bool named;    /* sources are told at all */
    bool with_win; /* only those of won deals are */
} mixture;

/* Every day one deal of A (half are won, after 20 days) and two of B (a tenth, after 60). */
static void put_mixture(world *w, const mixture *m)
{
    world_begin(w);
    fore_random random = fore_random_new(31, 0);
    for (int day = 0, id = 0; day < DAYS; day++)
        for (int k = 0; k < 3; k++) {
            char name[32];
            bool a = k == 0, won = fore_random_uniform(&random) < (a ? 0.5 : 0.1);
            if (m->late && !a && day >= DAYS - LAST) continue;
            snprintf(name, sizeof name, "D%05d", id++);
            fore_deal_row row = a_deal(name, at(day, 9));
            int closed = day + (a ? 15 : 50) + (int)(fore_random_uniform(&random) * (a ? 10 : 20));
            if (closed < DAYS) {
                row.closed_at = at(closed, 12);
                row.outcome = won ? FORE_WON : FORE_LOST;
                row.amount_minor = 10000;
                row.currency = "EUR";
            }
            bool told = m->named && (!m->with_win || (closed < DAYS && won));
            row.source = !told ? NULL : a ? "பரிந்துரை" : "Web";
            put_deal(w, row);
        }
    world_commit(w);
}

static fore_outlook *outlook_of(world *w, const mixture *m)
{
    fore_outlook *o;
    int64_t as_of = at(DAYS, 0);
    put_mixture(w, m);
    fore_outlook_options options = {.as_of = as_of,
                                    .period = FORE_MONTHLY,
                                    .periods = 3,
                                    .plain = true,
                                    .first_on =
                                        fore_period_start(FORE_MONTHLY, fore_date_of(as_of))};
    OK(fore_outlook_make(&w->c, &options, &o, e));
    return o;
}

/* Expected wins of deals to come. */
static double wins_to_come(const fore_outlook *o)
{
    double sum = 0;
    for (int64_t w = 0; w < o->weeks; w++)
        for (int64_t j = 0; j < o->periods; j++)
            sum += o->arrivals[w] * o->new_won[w + j * o->weeks];
    return sum;
}

static double arrivals_to_come(const fore_outlook *o)
{
    double sum = 0;
    for (int64_t w = 0; w < o->weeks; w++) sum += o->arrivals[w];
    return sum;
}

static void sources__each_converts_as_it_did(void **state)
{
    world *w = *state;
    fore_outlook *o = outlook_of(w, &(mixture){.named = true});
    const fore_words *words = &world_timeline(w)->sources;
    assert_int_equal(o->sources, 2);
    const fore_outlook_source *web = &o->source[0], *referral = &o->source[1];
    assert_string_equal(fore_word(words, web->word), "Web"); /* the most frequent one first */
    assert_string_equal(fore_word(words, referral->word), "பரிந்துரை");
    assert_true(fabs(web->won_in_year - 0.1) < 0.04);
    assert_true(fabs(referral->won_in_year - 0.5) < 0.12);
    assert_true(referral->median_weeks < web->median_weeks);
    assert_true(fabs(web->expected / referral->expected - 2) < 0.2);
    assert_true(fabs(web->expected + referral->expected - arrivals_to_come(o)) < 1e-9);
    assert_true(fabs(web->won + referral->won - wins_to_come(o)) < 1e-9);
    assert_true(fabs(web->won_in[0] + web->won_in[1] + web->won_in[2] - web->won) < 1e-9);
    assert_true(o->sources_differ);
    fore_outlook_free(o);
}

/* The pool of all deals does not see that what arrives now is what is won. */
static void sources__a_better_mix_of_late__brings_more(void **state)
{
    fore_outlook *with = outlook_of(*state, &(mixture){.named = true, .late = true});
    world *unnamed = another_world(1);
    fore_outlook *without = outlook_of(unnamed, &(mixture){.late = true});
    assert_int_equal(without->sources, 1);
    assert_int_equal(without->source[0].word, FORE_SOURCE_OTHERS);
    assert_memory_equal(with->arrivals, without->arrivals, (size_t)with->weeks * sizeof(double));
    assert_true(wins_to_come(with) > 1.3 * wins_to_come(without));
    fore_outlook_free(with);
    fore_outlook_free(without);
    world_end(unnamed);
}

static void sources__filled_in_with_the_win__are_not_used(void **state)
{
    fore_outlook *o = outlook_of(*state, &(mixture){.named = true, .with_win = true});
    assert_int_equal(o->sources, 1);
    assert_int_equal(o->source[0].word, FORE_SOURCE_OTHERS);
    fore_outlook_free(o);
}

/* What the sources bring is what the first table says of new deals. */
static void sources__of_the_forecast__add_up_to_its_new_deals(void **state)
{
    world *w = *state;
    put_mixture(w, &(mixture){.named = true});
    foresell_forecast_request r = {.moment = {at(DAYS, 0), NULL}, .horizon = 3, .seed = 5};
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    const fore_json_node *sources = node_of(h.root, "new_deals"),
                         *periods = node_of(h.root, "periods");
    double told = 0, fresh = 0;
    assert_int_equal(fore_json_length(sources), 2);
    for (int64_t k = 0; k < 2; k++) told += number_of(fore_json_at(sources, k), "amount");
    for (int64_t j = 0; j < 3; j++) fresh += number_of(fore_json_at(periods, j), "from_new_deals");
    assert_true(fresh > 0 && fabs(told / fresh - 1) < 1e-9);
    forget(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(sources__each_converts_as_it_did),
        WITH_WORLD(sources__a_better_mix_of_late__brings_more),
        WITH_WORLD(sources__of_the_forecast__add_up_to_its_new_deals),
        WITH_WORLD(sources__filled_in_with_the_win__are_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
