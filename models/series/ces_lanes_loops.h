/* The loops of ces_lanes.c for vectors of LANES doubles; included once for each width. */
#define VEC NAME(vec)
#define IVEC NAME(ivec)
#define PAIR NAME(pair)
#define STATES NAME(states)
#define SUMS NAME(sums)
#define CHANGE NAME(change)
#define ALWAYS static inline __attribute__((always_inline))
typedef double VEC __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
typedef int64_t IVEC __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
#define SPLAT(number) ((VEC){0} + (number))
#define SELECT(mask, a, b) ((VEC)(((mask) & (IVEC)(a)) | (~(mask) & (IVEC)(b))))
#define LOAD(field) (*(const VEC *)(field))
#define STORE(field, value) (*(VEC *)(field) = (value))

typedef struct PAIR {
    VEC l, c, to_l[CES_WEIGHTS], to_c[CES_WEIGHTS]; /* states, derivatives to the weights */
} PAIR;

typedef struct STATES {
    PAIR level[FORE_CES_SEASON_MAX], season[FORE_CES_SEASON_MAX];
} STATES;

typedef struct SUMS {
    VEC squares, slope[CES_WEIGHTS];
} SUMS;

/* What both kinds of step need: the error and its derivatives, and who still has values. */
typedef struct CHANGE {
    VEC e, to_e[CES_WEIGHTS];
    IVEC active;
} CHANGE;

/* One step of a pair whose own weights are a[0] and a[1], the at-th and the one after it. */
ALWAYS void NAME(turn)(PAIR *p, const VEC *a, const CHANGE *by, const int at, const int weights,
                       const bool masked)
{
    const PAIR old = *p;
    const VEC pull = 1 - a[1], stay = 1 - a[0], up = a[0] - a[1], both = a[0] + a[1], e = by->e;
    p->l = old.l - pull * old.c + up * e;
    p->c = old.l + stay * old.c + both * e;
    for (int j = 0; j < weights; j++) {
        p->to_l[j] = old.to_l[j] - pull * old.to_c[j] + up * by->to_e[j];
        p->to_c[j] = old.to_l[j] + stay * old.to_c[j] + both * by->to_e[j];
        if (j == at) p->to_l[j] += e, p->to_c[j] += e - old.c;
        if (j == at + 1) p->to_l[j] += old.c - e, p->to_c[j] += e;
    }
    if (!masked) return;
    p->l = SELECT(by->active, p->l, old.l);
    p->c = SELECT(by->active, p->c, old.c);
    for (int j = 0; j < weights; j++) {
        p->to_l[j] = SELECT(by->active, p->to_l[j], old.to_l[j]);
        p->to_c[j] = SELECT(by->active, p->to_c[j], old.to_c[j]);
    }
}

/* An index s' = s + b e, b the at-th weight. */
ALWAYS void NAME(shift)(PAIR *p, const VEC *b, const CHANGE *by, const int at, const int weights,
                        const bool masked)
{
    const PAIR old = *p;
    p->l = old.l + *b * by->e;
    for (int j = 0; j < weights; j++) p->to_l[j] = old.to_l[j] + *b * by->to_e[j];
    p->to_l[at] += by->e;
    if (!masked) return;
    p->l = SELECT(by->active, p->l, old.l);
    for (int j = 0; j < weights; j++) p->to_l[j] = SELECT(by->active, p->to_l[j], old.to_l[j]);
}

/* Values from .. to, in this or the other direction; the sums go on from where they stand. */
ALWAYS void NAME(steps)(const ces_lanes *w, STATES *x, int64_t from, int64_t to, bool back,
                        const fore_ces_form form, const int weights, const bool masked, SUMS *sums)
{
    const VEC a[2] = {LOAD(w->weight[0]), LOAD(w->weight[1])};
    const VEC b[2] = {LOAD(w->weight[2]), LOAD(w->weight[3])};
    const IVEC last = *(const IVEC *)w->n;
    const bool seasonal = form == FORE_CES_PARTIAL || form == FORE_CES_FULL;
    const VEC *y = (const VEC *)w->y;
    int64_t count = to - from, t = back ? to - 1 : from, place = count > 0 ? t % w->m : 0;
    PAIR only = x->level[0];
    SUMS sum = *sums;
    CHANGE by;
    for (; count > 0; count--, t += back ? -1 : 1) {
        by.active = last > (IVEC){0} + t;
        PAIR *level = form == FORE_CES_SIMPLE ? &x->level[place] : &only;
        PAIR *season = &x->season[place];
        by.e = y[t] - (seasonal ? (VEC)(level->l + season->l) : level->l);
        if (masked) by.e = (VEC)(by.active & (IVEC)by.e);
        for (int j = 0; j < weights; j++) {
            by.to_e[j] =
                seasonal ? (VEC)(-level->to_l[j] - season->to_l[j]) : (VEC)(-level->to_l[j]);
            sum.slope[j] += by.e * by.to_e[j];
        }
        sum.squares += by.e * by.e;
        NAME(turn)(level, a, &by, 0, weights, masked);
        if (form == FORE_CES_PARTIAL) NAME(shift)(season, b, &by, 2, weights, masked);
        if (form == FORE_CES_FULL) NAME(turn)(season, b, &by, 2, weights, masked);
        place = back ? (place == 0 ? w->m - 1 : place - 1) : (place + 1 == w->m ? 0 : place + 1);
    }
    if (form != FORE_CES_SIMPLE) x->level[0] = only;
    *sums = sum;
}

/* All lanes as far as the shortest goes, then those that are longer; backward the other way. */
ALWAYS void NAME(sweep)(const ces_lanes *w, STATES *x, int64_t shortest, int64_t longest, bool back,
                        const fore_ces_form form, const int weights, SUMS *sums)
{
    memset(sums, 0, sizeof *sums);
    if (back) NAME(steps)(w, x, shortest, longest, true, form, weights, true, sums);
    NAME(steps)(w, x, 0, shortest, back, form, weights, false, sums);
    if (!back) NAME(steps)(w, x, shortest, longest, false, form, weights, true, sums);
}

/* c, and z, start anew from 0 whatever the weights are. */
ALWAYS void NAME(rest)(const ces_lanes *w, STATES *x)
{
    for (int64_t i = 0; i < w->m; i++) {
        x->level[i].c = x->season[i].c = SPLAT(0);
        memset(x->level[i].to_c, 0, sizeof x->level[i].to_c);
        memset(x->season[i].to_c, 0, sizeof x->season[i].to_c);
    }
}

ALWAYS void NAME(run_form)(ces_lanes *w, int64_t shortest, int64_t longest,
                           const fore_ces_form form, const int weights)
{
    STATES x;
    SUMS sums;
    for (int64_t i = 0; i < w->m; i++) {
        x.level[i] = (PAIR){.l = LOAD(w->level + i * LANES)};
        x.season[i] = (PAIR){.l = LOAD(w->season + i * LANES)};
    }
    for (int k = 0; k < 2 * CES_SWEEPS; k++) {
        NAME(sweep)(w, &x, shortest, longest, k % 2, form, weights, &sums);
        NAME(rest)(w, &x);
    }
    NAME(sweep)(w, &x, shortest, longest, false, form, weights, &sums);
    STORE(w->squares, sums.squares);
    for (int j = 0; j < weights; j++) STORE(w->slope[j], 2 * sums.slope[j]);
}

ALWAYS void NAME(run)(ces_lanes *w, int64_t shortest, int64_t longest)
{
    switch (w->form) {
    case FORE_CES_NONE: NAME(run_form)(w, shortest, longest, FORE_CES_NONE, 2); break;
    case FORE_CES_SIMPLE: NAME(run_form)(w, shortest, longest, FORE_CES_SIMPLE, 2); break;
    case FORE_CES_PARTIAL: NAME(run_form)(w, shortest, longest, FORE_CES_PARTIAL, 3); break;
    case FORE_CES_FULL: NAME(run_form)(w, shortest, longest, FORE_CES_FULL, 4); break;
    }
}

#undef VEC
#undef IVEC
#undef PAIR
#undef STATES
#undef SUMS
#undef CHANGE
#undef ALWAYS
#undef SPLAT
#undef SELECT
#undef LOAD
#undef STORE
