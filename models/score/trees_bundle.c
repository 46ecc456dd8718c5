/* Exclusive bundles: which columns share a strip of codes (Ke et al. 2017, section 4, with no
 * conflict allowed).
 *
 *     for each column with a usual code (that of more than half of the sampled rows):
 *         the rows where it has another one, a bit a row
 *     in order of the columns: into the newest of the open bundles that has codes left and no bit
 * in common, else into a new one every other column, and a bundle of one: a strip of its own
 *
 * Indicators of one attribute exclude each other by construction and come side by side, so that few
 * bundles have to be tried. */
#include <string.h>

#include "engine/base/memory.h"
#include "models/score/trees_inside.h"

enum { TRIES = 16 };

typedef struct bundle {
    uint64_t *away; /* rows where one of its columns is away from its usual code */
    int32_t codes, columns;
} bundle;

typedef struct bundling {
    const fore_view *x;
    tree_bins *bins;
    int64_t words, candidates;
    int32_t *candidate; /* columns with a usual code */
    uint64_t *away;     /* candidates x words */
    bundle *open;       /* candidates at most */
    int64_t bundles;
    int32_t *into; /* candidates: number of the bundle */
} bundling;

static fore_status mark_rows(void *context, int64_t k, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    const bundling *b = context;
    int32_t j = b->candidate[k], usual = b->bins->usual[j];
    uint8_t code[TREE_PIECE];
    bool missing = false;
    for (int64_t word = 0; word < b->words; word++) {
        int64_t from = word * TREE_PIECE, left = b->x->rows - from;
        int64_t count = left < TREE_PIECE ? left : TREE_PIECE;
        uint64_t bits = 0;
        tree_codes_of(b->bins, b->x, j, from, count, code);
        for (int64_t i = 0; i < count; i++) {
            bits |= (uint64_t)(code[i] != usual) << i;
            missing |= code[i] == 0;
        }
        b->away[k * b->words + word] = bits;
    }
    b->bins->home[j] = (tree_home){.usual = usual, .lowest = !missing};
    return FORE_OK;
}

static bool exclusive(const uint64_t *a, const uint64_t *b, int64_t words)
{
    for (int64_t i = 0; i < words; i++)
        if (a[i] & b[i]) return false;
    return true;
}

/* Finds a bundle for every candidate. */
static void fill_bundles(bundling *b)
{
    for (int64_t k = 0; k < b->candidates; k++) {
        int32_t j = b->candidate[k], codes = tree_home_codes(b->bins, j);
        uint64_t *away = b->away + k * b->words;
        int64_t at = b->bundles - 1, last = at - TRIES;
        while (
            at >= 0 && at > last &&
            (b->open[at].codes + codes > TREE_BINS || !exclusive(b->open[at].away, away, b->words)))
            at--;
        if (at < 0 || at <= last) {
            at = b->bundles++;
            b->open[at] = (bundle){.away = away, .codes = 1};
        } else {
            for (int64_t i = 0; i < b->words; i++) b->open[at].away[i] |= away[i];
        }
        b->bins->home[j].first = b->open[at].codes;
        b->open[at].codes += codes;
        b->open[at].columns++;
        b->into[k] = (int32_t)at;
    }
}

/* ---- strips ---- */

static void own_strip(tree_bins *bins, int32_t j)
{
    bins->home[j] = (tree_home){.strip = (int32_t)bins->strips};
    bins->strip[bins->strips++] = (tree_strip){.columns = 1, .bins = bins->count[j] + 1};
}

/* Strips in the order of their first columns. */
static fore_status make_strips(const bundling *b, fore_error *err)
{
    tree_bins *bins = b->bins;
    int32_t *strip_of = FORE_NEW(b->bundles, int32_t);
    if (!strip_of) return fore_no_memory(err);
    for (int64_t k = 0; k < b->bundles; k++) strip_of[k] = -1;
    for (int64_t j = 0, k = 0; j < bins->columns; j++) {
        const bundle *in = NULL;
        if (k < b->candidates && b->candidate[k] == j) in = &b->open[b->into[k++]];
        if (!in || in->columns < 2) {
            own_strip(bins, (int32_t)j);
            continue;
        }
        int32_t *strip = &strip_of[b->into[k - 1]];
        if (*strip < 0) {
            *strip = (int32_t)bins->strips++;
            bins->strip[*strip] = (tree_strip){.bins = in->codes};
        }
        bins->home[j].strip = *strip;
        bins->home[j].bundled = true;
        bins->strip[*strip].columns++;
    }
    fore_free(strip_of);
    return FORE_OK;
}

static void list_carried(tree_bins *bins)
{
    for (int64_t k = 0, from = 0; k < bins->strips; k++) {
        tree_strip *s = &bins->strip[k];
        s->from = (int32_t)from;
        from += s->columns;
        s->columns = 0;
    }
    for (int64_t j = 0; j < bins->columns; j++) {
        tree_strip *s = &bins->strip[bins->home[j].strip];
        bins->carried[s->from + s->columns++] = (int32_t)j;
    }
}

fore_status tree_bundle(fore_pool *pool, const fore_view *x, bool wanted, tree_bins *bins,
                        fore_error *err)
{
    int64_t p = bins->columns, candidates = 0;
    for (int64_t j = 0; j < p && wanted; j++) candidates += bins->usual[j] >= 0;
    bundling b = {.x = x, .bins = bins, .words = (x->rows + TREE_PIECE - 1) / TREE_PIECE};
    fore_status status = FORE_OK;
    b.candidate = FORE_NEW(candidates, int32_t);
    b.into = FORE_NEW(candidates, int32_t);
    b.open = FORE_NEW(candidates, bundle);
    b.away = FORE_NEW(candidates * b.words, uint64_t);
    if (!b.candidate || !b.into || !b.open || !b.away) FORE_GO(fore_no_memory(err));
    for (int64_t j = 0; j < p && wanted; j++)
        if (bins->usual[j] >= 0) b.candidate[b.candidates++] = (int32_t)j;
    FORE_GO(fore_pool_run(pool, b.candidates, mark_rows, &b, err));
    fill_bundles(&b);
    FORE_GO(make_strips(&b, err));
    list_carried(bins);
done:
    fore_free(b.candidate);
    fore_free(b.into);
    fore_free(b.open);
    fore_free(b.away);
    return status;
}
