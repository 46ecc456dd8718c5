/* A model in the registry that cannot be used - cut off, foreign, of a newer version, without its
 * columns, with bytes flipped: what rests on it says so in words and writes nothing, what does not
 * rest on it answers as before, and an earlier model or a new training brings everything back. */
#include "answer_help.h"
#include "engine/base/file.h"
#include "training_help.h"

enum { NOW = 480 };
static const char remedy[] = "foresell rollback";

typedef struct registry {
    world *w;
    char good[96];
    fore_text packed, plain; /* the good model's body, and what it says */
    char open_deal[32];
    fore_text scores, forecast; /* as the good model answers */
} registry;

static foresell_moment now(void) { return (foresell_moment){at(NOW, 0), NULL}; }

static void score(registry *g, fore_text *out)
{
    const char *id = g->open_deal;
    foresell_score_request q = {.moment = now(), .ids = &id, .id_count = 1};
    HEAR(h, fore_job_score(&g->w->c, &q, h.answer, e));
    fore_text_clear(out);
    fore_text_puts(out, h.answer->json.bytes);
    forget(&h);
}

static void forecast(registry *g, fore_text *out)
{
    foresell_forecast_request q = {.moment = now(), .seed = 3};
    HEAR(h, fore_job_forecast(&g->w->c, &q, h.answer, e));
    fore_text_clear(out);
    fore_text_puts(out, h.answer->json.bytes);
    forget(&h);
}

static fore_status keep_body(void *context, const fore_model_row *row, fore_error *err)
{
    fore_text *packed = context;
    fore_text_add(packed, row->body, row->body_length);
    return fore_text_check(packed, err);
}

static registry registry_up(world *w)
{
    registry g = {.w = w};
    company k = {.seed = 1, .deals = 250, .days = 500};
    put_company(w, &k);
    fore_training_options o = quick_options(at(470, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(470, 0));
    snprintf(g.good, sizeof g.good, "%s", t.scoring->model_id);
    fore_training_free(&t);
    OK(fore_store_model(w->c.store, "deal", g.good, keep_body, &g.packed, e));
    OK(fore_unpack(g.packed.bytes, g.packed.length, INT64_C(1) << 30, &g.plain, e));
    stored s = read_store(w);
    for (int64_t i = 0; i < s.deals; i++)
        if (was_open(&s.deal[i], at(NOW, 0)))
            snprintf(g.open_deal, sizeof g.open_deal, "%s", s.deal[i].id);
    drop_stored(&s);
    score(&g, &g.scores);
    forecast(&g, &g.forecast);
    return g;
}

static void registry_down(registry *g)
{
    fore_text_free(&g->packed);
    fore_text_free(&g->plain);
    fore_text_free(&g->scores);
    fore_text_free(&g->forecast);
}

/* Publishes a body as a model of its own, behind the back of every job. */
static void publish_body(registry *g, const char *id, const void *body, int64_t length)
{
    int64_t pk = 0;
    fore_model_row row = {.id = id,
                          .purpose = "deal",
                          .created_at = at(NOW, 0),
                          .as_of = at(470, 0),
                          .seed = 7,
                          .learner = "logistic",
                          .fingerprint = "x",
                          .metrics = "{}",
                          .state = "published",
                          .body = body,
                          .body_length = length};
    world_begin(g->w);
    OK(fore_store_put_model(g->w->c.store, &row, &pk, e));
    OK(fore_store_publish(g->w->c.store, "deal", pk, at(NOW, 0), "test", e));
    world_commit(g->w);
}

typedef struct count {
    int64_t models, scores;
    char answering[96];
} count;

static fore_status count_model(void *context, const fore_model_row *row, fore_error *err)
{
    count *n = context;
    (void)err;
    n->models++;
    if (row->answering) snprintf(n->answering, sizeof n->answering, "%s", row->id);
    return FORE_OK;
}

static fore_status count_score(void *context, const fore_score_row *row, fore_error *err)
{
    (void)row, (void)err;
    ((count *)context)->scores++;
    return FORE_OK;
}

static count count_rows(registry *g)
{
    count n = {0};
    OK(fore_store_models(g->w->c.store, count_model, &n, e));
    const fore_timeline *t = world_timeline(g->w);
    int64_t pk = t->pk[fore_timeline_find(t, FORE_SUBJECT_DEAL, g->open_deal)];
    OK(fore_store_scores(g->w->c.store, FORE_SUBJECT_DEAL, pk, INT64_MAX, count_score, &n, e));
    return n;
}

/* score, rank and explain refuse, name the model and say what to do; the forecast, which learns
 * from the history itself, is the same to the byte; nothing is written or published; the good one
 * comes back. */
static void refused(registry *g, const char *id, const void *body, int64_t length, const char *why)
{
    world *w = g->w;
    const char *deal = g->open_deal;
    foresell_score_request one = {.moment = now(), .ids = &deal, .id_count = 1};
    foresell_score_request all = {.moment = now()};
    foresell_rank_request list = {.moment = now(), .hours = 8, .limit = 10};
    const char *const said[] = {id, why, remedy};
    publish_body(g, id, body, length);
    count before = count_rows(g);
    for (int i = 0; i < 3; i++) {
        DENIED(FORE_E_MODEL, said[i], d, fore_job_score(&w->c, &one, d.answer, e));
        DENIED(FORE_E_MODEL, said[i], d, fore_job_score(&w->c, &all, d.answer, e));
        DENIED(FORE_E_MODEL, said[i], d, fore_job_rank(&w->c, &list, d.answer, e));
        DENIED(FORE_E_MODEL, said[i], d, fore_job_explain(&w->c, &one, d.answer, e));
    }
    fore_text again = {0};
    forecast(g, &again);
    assert_string_equal(again.bytes, g->forecast.bytes);
    count after = count_rows(g);
    assert_memory_equal(&before, &after, sizeof before);
    assert_string_equal(after.answering, id);
    HEAR(back, fore_job_rollback(&w->c, g->good, at(NOW, 1), back.answer, e));
    forget(&back);
    score(g, &again);
    assert_string_equal(again.bytes, g->scores.bytes);
    fore_text_free(&again);
}

static void registry__cut_off_or_with_bytes_flipped__is_refused_and_nothing_lost(void **state)
{
    registry g = registry_up(*state);
    const int64_t n = g.packed.length, cuts[] = {0, 1, 3, n / 2, n - 1};
    for (int i = 0; i < 5; i++)
        refused(&g, "deal-cut-off", g.packed.bytes, cuts[i], "damaged or cut off");
    for (int64_t i = 0; i < 6; i++) {
        char *byte = g.packed.bytes + 8 + i * (n - 9) / 5;
        *byte ^= 0x20;
        refused(&g, "deal-flipped", g.packed.bytes, n, "damaged or cut off");
        *byte ^= 0x20;
    }
    registry_down(&g);
}

/* Whole as a file, but of something else. */
static void refused_text(registry *g, const char *id, const char *text, int64_t length,
                         const char *why)
{
    fore_text packed = {0};
    OK(fore_pack(text, length, &packed, e));
    refused(g, id, packed.bytes, packed.length, why);
    fore_text_free(&packed);
}

static void registry__foreign_or_truncated_json__is_refused_and_nothing_lost(void **state)
{
    registry g = registry_up(*state);
    static const char *const foreign[] = {"{}", "[]", "{\"model\":\"other\",\"weights\":[1,2]}",
                                          "{\"format\":7}"};
    for (int i = 0; i < 4; i++)
        refused_text(&g, "deal-foreign", foreign[i], (int64_t)strlen(foreign[i]),
                     "not a scoring model");
    const int64_t cuts[] = {0, 1, g.plain.length / 2, g.plain.length - 1};
    for (int i = 0; i < 4; i++)
        refused_text(&g, "deal-truncated", g.plain.bytes, cuts[i], "damaged or cut off");
    registry_down(&g);
}

static void registry__newer_or_without_its_columns__is_refused_and_nothing_lost(void **state)
{
    static const char *const swap[][3] = {
        {"\"version\":1", "\"version\":2", "another version of foresell"},
        {"\"age_days\"", "\"age_in_days\"", "a feature that this version does not have"},
        {"\"features\":[", "\"features\":[\"season_sin\",", "its parts do not fit"},
        {"\"reasons\":[", "\"reasons\":[[1,2,3,4,5],", "its reasons are damaged"},
        {"\"kind\":\"deal\"", "\"kind\":\"lead\"", "for another kind of subject"},
        {"\"base_rate\":", "\"base_ratio\":", "parts of it are missing"},
        {"\"base_rate\":", "\"base_rate\":3", "horizon or its base rate"},
        {"\"horizon_days\":", "\"horizon_days\":-", "horizon or its base rate"},
        {"\"scorer\":\"", "\"scorer\":\"{", "damaged or cut off"},
    };
    registry g = registry_up(*state);
    for (size_t i = 0; i < sizeof swap / sizeof *swap; i++) {
        fore_text text = {0};
        const char *found = strstr(g.plain.bytes, swap[i][0]);
        if (!found) fail_msg("the model does not hold %s", swap[i][0]);
        fore_text_add(&text, g.plain.bytes, found - g.plain.bytes);
        fore_text_puts(&text, swap[i][1]);
        fore_text_puts(&text, found + strlen(swap[i][0]));
        refused_text(&g, "deal-misfit", text.bytes, text.length, swap[i][2]);
        fore_text_free(&text);
    }
    registry_down(&g);
}

/* A kept score outlives the model that made it: explain tells it, and what the answering model
 * says. */
static void registry__the_model_of_a_kept_score_is_damaged__the_score_is_still_told(void **state)
{
    registry g = registry_up(*state);
    const char *deal = g.open_deal;
    publish_body(&g, "deal-first", g.packed.bytes, g.packed.length);
    foresell_score_request all = {.moment = {at(NOW - 1, 0), NULL}};
    HEAR(kept, fore_job_score(&g.w->c, &all, kept.answer, e));
    forget(&kept);
    assert_int_equal(count_rows(&g).scores, 1);
    publish_body(&g, "deal-first", g.packed.bytes, g.packed.length / 2);
    HEAR(back, fore_job_rollback(&g.w->c, g.good, at(NOW, 1), back.answer, e));
    forget(&back);
    foresell_score_request one = {.moment = now(), .ids = &deal, .id_count = 1};
    HEAR(h, fore_job_explain(&g.w->c, &one, h.answer, e));
    assert_non_null(strstr(h.answer->json.bytes, "deal-first"));
    forget(&h);
    assert_int_equal(count_rows(&g).scores, 1);
    registry_down(&g);
}

/* Nothing to protect: a new training takes its place. */
static void registry__training_over_a_damaged_model__publishes_a_sound_one(void **state)
{
    registry g = registry_up(*state);
    publish_body(&g, "deal-cut-off", g.packed.bytes, g.packed.length / 2);
    foresell_train_request r = {.moment = {at(470, 0), NULL}, .seed = 7};
    HEAR(h, fore_job_train(&g.w->c, &r, h.answer, e));
    forget(&h);
    assert_string_not_equal(count_rows(&g).answering, "deal-cut-off");
    fore_text again = {0};
    score(&g, &again);
    fore_text_free(&again);
    registry_down(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(registry__cut_off_or_with_bytes_flipped__is_refused_and_nothing_lost),
        WITH_WORLD(registry__foreign_or_truncated_json__is_refused_and_nothing_lost),
        WITH_WORLD(registry__newer_or_without_its_columns__is_refused_and_nothing_lost),
        WITH_WORLD(registry__the_model_of_a_kept_score_is_damaged__the_score_is_still_told),
        WITH_WORLD(registry__training_over_a_damaged_model__publishes_a_sound_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
