/* See irls.h. For each slice of rows, in cache:
 *
 *     Z <- design(x rows);  eta <- offset + c + Z b
 *     per row: l, r = w dl/deta, v = w d2l/deta2
 *     g += [Z 1]' r;   S <- diag(sqrt v) [Z 1];   H += S'S */
#include "models/score/irls.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/elementwise.h"
#include "engine/num/linear.h"

enum {
    SLICE = 512,
    STRIDE = SLICE + 8, /* columns a power of two apart would fall on the same cache lines */
    MAX_GROUPS = 64,
    PARTIAL_BYTES = 1 << 28
};

typedef struct pass {
    const fore_irls *m;
    const double *point;
    bool gradient, curvature;
} pass;

/* A group's partial sums, one after the other. */
enum { LOSS, WEIGHT, HELD_LOSS, HELD_WEIGHT, HEAD };

typedef struct slice {
    int64_t from, rows, stride;
    const double *z;
    double eta[SLICE], mean[SLICE], loss[SLICE], r[SLICE], root[SLICE];
} slice;

fore_status fore_irls_start(fore_irls *m, fore_error *err)
{
    int64_t n = m->x->rows, q = m->design ? m->design->width : m->x->columns;
    m->width = q;
    m->partial_size = HEAD + (q + 1) + (q + 1) * (q + 1);
    int64_t room = PARTIAL_BYTES / ((int64_t)sizeof(double) * m->partial_size);
    int64_t wanted = room < 1 ? 1 : room > MAX_GROUPS ? MAX_GROUPS : room;
    int64_t slices = (n + SLICE - 1) / SLICE;
    int64_t each = slices ? (slices + wanted - 1) / wanted : 1;
    if (each < FORE_ROW_BLOCK / SLICE) each = FORE_ROW_BLOCK / SLICE;
    m->per_group = each;
    m->groups = (slices + each - 1) / each;
    m->scratch_size = 2 * STRIDE * (q + 1);
    m->partial = FORE_NEW(m->groups * m->partial_size, double);
    m->scratch = FORE_NEW(fore_pool_threads(m->pool) * m->scratch_size, double);
    if (m->partial && m->scratch) return FORE_OK;
    fore_irls_end(m);
    return fore_no_memory(err);
}

void fore_irls_end(fore_irls *m)
{
    fore_free(m->partial);
    fore_free(m->scratch);
    m->partial = m->scratch = NULL;
}

static void load_slice(const fore_irls *m, slice *s, double *room)
{
    if (m->design) {
        fore_design_block(m->design, m->x, s->from, s->rows, room, STRIDE);
        s->z = room;
        s->stride = STRIDE;
    } else if (m->x->row) {
        for (int64_t j = 0; j < m->width; j++)
            fore_view_column(m->x, j, s->from, s->rows, room + j * STRIDE);
        s->z = room;
        s->stride = STRIDE;
    } else {
        s->z = m->x->data + s->from;
        s->stride = m->x->stride;
    }
}

static void find_eta(const fore_irls *m, const double *point, slice *s)
{
    const double *z = s->z;
    int64_t q = m->width, j = 0, rows = s->rows;
    for (int64_t i = 0; i < rows; i++)
        s->eta[i] = point[q] + (m->offset ? m->offset[s->from + i] : 0);
    for (; j + 4 <= q; j += 4) {
        const double *a = z + j * s->stride, *b = a + s->stride, *c = b + s->stride,
                     *d = c + s->stride;
        double pa = point[j], pb = point[j + 1], pc = point[j + 2], pd = point[j + 3];
        for (int64_t i = 0; i < rows; i++)
            s->eta[i] += (pa * a[i] + pb * b[i]) + (pc * c[i] + pd * d[i]);
    }
    for (; j < q; j++)
        for (int64_t i = 0; i < rows; i++) s->eta[i] += point[j] * z[j * s->stride + i];
}

/* The residual r = w dl/deta and sqrt(w d2l/deta2) of each row; its loss is added up. */
static void weigh_rows(const fore_irls *m, slice *s, double *sum)
{
    const double *y = m->y + s->from, *w = m->w ? m->w + s->from : NULL;
    if (!m->gaussian) fore_logistic_many(s->eta, s->rows, s->mean, s->loss);
    for (int64_t i = 0; i < s->rows; i++) {
        double weight = w ? w[i] : 1, slope = s->eta[i] - y[i], curve = 1,
               loss = 0.5 * slope * slope;
        if (!m->gaussian) {
            loss = s->loss[i] - y[i] * s->eta[i];
            slope = s->mean[i] - y[i];
            curve = s->mean[i] * (1 - s->mean[i]);
        }
        bool held = m->held && m->held[s->from + i];
        sum[held ? HELD_LOSS : LOSS] += weight * loss;
        sum[held ? HELD_WEIGHT : WEIGHT] += weight;
        if (held) weight = 0;
        s->r[i] = weight * slope;
        s->root[i] = sqrt(weight * curve);
    }
}

static double dot(const double *a, const double *b, int64_t n)
{
    double s[4] = {0};
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++) s[k] += a[i + k] * b[i + k];
    for (int k = 0; i < n; i++, k++) s[k] += a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static void add_slice(const pass *p, slice *s, double *room, double *sum)
{
    const fore_irls *m = p->m;
    int64_t q = m->width;
    double *g = sum + HEAD, *h = g + q + 1, *scaled = room + STRIDE * (q + 1);
    load_slice(m, s, room);
    find_eta(m, p->point, s);
    weigh_rows(m, s, sum);
    if (p->gradient) {
        for (int64_t j = 0; j < q; j++) g[j] += dot(s->z + j * s->stride, s->r, s->rows);
        for (int64_t i = 0; i < s->rows; i++) g[q] += s->r[i];
    }
    if (!p->curvature) return;
    for (int64_t j = 0; j < q; j++) {
        const double *z = s->z + j * s->stride;
        for (int64_t i = 0; i < s->rows; i++) scaled[j * STRIDE + i] = s->root[i] * z[i];
    }
    memcpy(scaled + q * STRIDE, s->root, (size_t)s->rows * sizeof *scaled);
    fore_gram_add(scaled, s->rows, q + 1, STRIDE, h);
}

static fore_status pass_group(void *context, int64_t group, int worker, fore_error *err)
{
    (void)err;
    const pass *p = context;
    const fore_irls *m = p->m;
    double *sum = m->partial + group * m->partial_size;
    int64_t used = p->curvature ? m->partial_size : HEAD + m->width + 1;
    memset(sum, 0, (size_t)used * sizeof *sum);
    slice s;
    for (int64_t k = group * m->per_group; k < (group + 1) * m->per_group; k++) {
        s.from = k * SLICE;
        s.rows = m->x->rows - s.from < SLICE ? m->x->rows - s.from : SLICE;
        if (s.rows <= 0) break;
        if (k % m->skip == 0) add_slice(p, &s, m->scratch + worker * m->scratch_size, sum);
    }
    return FORE_OK;
}

fore_status fore_irls_pass(fore_irls *m, const double *point, fore_irls_sums *sums,
                           double *gradient, double *curvature, fore_error *err)
{
    pass p = {m, point, gradient != NULL, curvature != NULL};
    FORE_TRY(fore_pool_run(m->pool, m->groups, pass_group, &p, err));
    int64_t q1 = m->width + 1;
    *sums = (fore_irls_sums){0};
    if (gradient) memset(gradient, 0, (size_t)q1 * sizeof *gradient);
    if (curvature) memset(curvature, 0, (size_t)(q1 * q1) * sizeof *curvature);
    for (int64_t group = 0; group < m->groups; group++) {
        const double *sum = m->partial + group * m->partial_size;
        sums->loss += sum[LOSS];
        sums->weight += sum[WEIGHT];
        sums->held_loss += sum[HELD_LOSS];
        sums->held_weight += sum[HELD_WEIGHT];
        for (int64_t j = 0; gradient && j < q1; j++) gradient[j] += sum[HEAD + j];
        for (int64_t j = 0; curvature && j < q1 * q1; j++) curvature[j] += sum[HEAD + q1 + j];
    }
    if (curvature) fore_mirror(curvature, q1);
    return FORE_OK;
}
