/* Models trained for tests, and their packed bytes. */
#ifndef FORE_TESTS_TRAINING_HELP_H
#define FORE_TESTS_TRAINING_HELP_H

#include "engine/base/file.h"
#include "engine/jobs/training.h"
#include "jobs_world.h"

/* The logistic alone: enough where the learner is not the point. */
static inline fore_training_options quick_options(int64_t as_of)
{
    fore_training_options o = {.as_of = as_of, .seed = 7};
    o.without[FORE_ADDITIVE] = o.without[FORE_ELASTIC_NET] = true;
    o.without[FORE_TREES] = o.without[FORE_SVM] = true;
    return o;
}

static inline fore_training trained(world *w, fore_subject_kind kind,
                                    const fore_training_options *options)
{
    fore_training t;
    OK(fore_training_run(&w->c, kind, options, &t, e));
    return t;
}

static inline fore_text packed_of(const fore_scoring *scoring)
{
    fore_text packed = {0};
    OK(fore_scoring_save(scoring, &packed, e));
    return packed;
}

static inline bool same_bytes(const fore_text *a, const fore_text *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, (size_t)a->length) == 0;
}

/* The packed model of a world as of a moment. */
static inline fore_text model_of(world *w, const fore_training_options *options)
{
    fore_training t = trained(w, FORE_SUBJECT_DEAL, options);
    fore_text packed = packed_of(t.scoring);
    fore_training_free(&t);
    return packed;
}

static inline bool sees_feature(const fore_scoring *s, const char *name)
{
    for (int64_t j = 0; j < s->columns; j++)
        if (strcmp(fore_scoring_column_name(s, j), name) == 0) return true;
    return false;
}

/* Any column whose name begins so: "Signed = yes", "Signed is missing". */
static inline bool sees_attribute(const fore_scoring *s, const char *name)
{
    for (int64_t j = s->feature_count; j < s->columns; j++)
        if (strncmp(fore_scoring_column_name(s, j), name, strlen(name)) == 0) return true;
    return false;
}

/* Stores and publishes it: the model answers. */
static inline void publish(world *w, fore_training *t, int64_t now)
{
    world_begin(w);
    OK(fore_training_store(&w->c, t, now, 7, "published", NULL, e));
    OK(fore_store_publish(w->c.store, fore_purpose(t->scoring->kind), t->scoring->model_pk, now,
                          "test", e));
    world_commit(w);
}

#endif
