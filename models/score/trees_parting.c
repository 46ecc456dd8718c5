/* Parting the rows of a leaf between its children, in parts that workers take side by side. */
#include <string.h>

#include "models/score/trees_growing.h"

int64_t tree_parts(int64_t rows) { return (rows + TREE_PART_ROWS - 1) / TREE_PART_ROWS; }

typedef struct parting {
    tree_grower *w;
    const tree_leaf *l;
    const tree_group *group;
    int32_t place;
    bool left[TREE_BINS]; /* by the strip's code */
    int64_t middle;
} parting;

/* Within its part of the rows: those going left to the front of the other buffers, the rest to the
 * end, backwards. */
static fore_status part_out(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    const parting *p = context;
    tree_grower *w = p->w;
    int64_t from = p->l->from + block * TREE_PART_ROWS, strips = p->group->strips;
    int64_t to = from + TREE_PART_ROWS < p->l->to ? from + TREE_PART_ROWS : p->l->to;
    const uint8_t *code = p->group->code + p->place;
    int64_t a = from, b = to - 1;
    for (int64_t i = from; i < to; i++) {
        int32_t row = w->rows[i];
        __builtin_prefetch(code + w->rows[i + TREE_AHEAD < to ? i + TREE_AHEAD : i] * strips);
        bool left = p->left[code[row * strips]];
        int64_t at = left ? a : b;
        w->parted[at] = row;
        w->parted_q[at] = w->q[i];
        a += left;
        b -= !left;
    }
    w->left_of[block] = a - from;
    return FORE_OK;
}

/* left_of: rows that go left in all parts before this one. */
static fore_status part_back(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    const parting *p = context;
    tree_grower *w = p->w;
    int64_t from = p->l->from + block * TREE_PART_ROWS;
    int64_t to = from + TREE_PART_ROWS < p->l->to ? from + TREE_PART_ROWS : p->l->to;
    int64_t before = w->left_of[block], left = w->left_of[block + 1] - before;
    int64_t a = p->l->from + before, b = p->middle + (from - p->l->from - before);
    memcpy(w->rows + a, w->parted + from, (size_t)left * sizeof *w->rows);
    memcpy(w->q + a, w->parted_q + from, (size_t)left * sizeof *w->q);
    for (int64_t i = to - 1; i >= from + left; i--, b++) {
        w->rows[b] = w->parted[i];
        w->q[b] = w->parted_q[i];
    }
    return FORE_OK;
}

fore_status tree_part(tree_grower *w, const tree_leaf *l, int64_t *middle, fore_error *err)
{
    const tree_split *s = &l->best;
    int32_t strip = w->bins->home[s->feature].strip;
    const tree_group *group = &w->bins->group[w->bins->strip[strip].group];
    parting p = {.w = w, .l = l, .group = group, .place = strip - group->first};
    for (int32_t k = 0; k < w->bins->strip[strip].bins; k++) {
        int32_t code = tree_code_in(w->bins, s->feature, k);
        p.left[k] = code ? code <= s->bin : s->missing_left;
    }
    int64_t parts = tree_parts(l->to - l->from), sum = 0;
    fore_pool *pool = parts > 1 ? w->pool : NULL;
    FORE_TRY(fore_pool_run(pool, parts, part_out, &p, err));
    for (int64_t k = 0; k < parts; k++) {
        int64_t left = w->left_of[k];
        w->left_of[k] = sum;
        sum += left;
    }
    w->left_of[parts] = sum;
    *middle = p.middle = l->from + sum;
    return fore_pool_run(pool, parts, part_back, &p, err);
}
