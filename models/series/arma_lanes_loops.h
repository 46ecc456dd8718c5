/* The loops of arma_lanes.c for vectors of LANES doubles; included once for each width. */
#define VEC NAME(vec)
#define IVEC NAME(ivec)
#define GAINS NAME(gains)
#define ALWAYS static inline __attribute__((always_inline))
typedef double VEC __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
typedef int64_t IVEC __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
#define SPLAT(number) ((VEC){0} + (number))
#define SELECT(mask, a, b) ((VEC)(((mask) & (IVEC)(a)) | (~(mask) & (IVEC)(b))))
#define ROW(table, k) ((table) + (k) * ((k)-1) / 2)

/* One by the square root of positive numbers: Newton from a guess that halves the exponent. */
ALWAYS void NAME(inverse_root)(const VEC *v, VEC *out)
{
    const VEC half = 0.5 * *v;
    VEC y = (VEC)(0x5fe6eb50c7b537a9 - ((IVEC)*v >> 1));
    for (int i = 0; i < 4; i++) y *= 1.5 - half * y * y;
    *out = y;
}

/* ---- the stationary start ---- */

/* Autocovariances 0 .. last of the AR part alone; the lanes that have them. */
ALWAYS void NAME(ar_covariance)(const arma_lanes *a, const places *p, int64_t last, VEC *g,
                                IVEC *sound)
{
    VEC table[FORE_ARMA_MAX * (FORE_ARMA_MAX + 1) / 2],
        left; /* row k: the polynomial of degree k */
    const VEC *phi = (const VEC *)a->phi;
    *sound = ~(IVEC){0};
    g[0] = SPLAT(1);
    for (int64_t i = 0; i < a->ar; i++) ROW(table, a->ar)[i] = phi[i];
    for (int64_t k = a->ar; k > 0; k--) {
        const VEC *row = ROW(table, k), end = row[k - 1], rest = 1 - end * end, share = 1 / rest;
        VEC *below = ROW(table, k - 1);
        *sound &= rest > SPLAT(0);
        g[0] *= share;
        for (int64_t i = 0; i < k - 1; i++) below[i] = (row[i] + end * row[k - 2 - i]) * share;
    }
    left = g[0];
    for (int64_t k = 1; k <= last; k++) {
        VEC sum = SPLAT(0);
        if (k > a->ar) {
            for (int64_t i = 0; i < p->phis; i++) sum += phi[p->phi[i]] * g[k - 1 - p->phi[i]];
        } else {
            const VEC *poly = ROW(table, k - 1), partial = ROW(table, k)[k - 1];
            for (int64_t i = 0; i < k - 1; i++) sum += poly[i] * g[k - 1 - i];
            sum += partial * left;
            left *= 1 - partial * partial;
        }
        g[k] = sum;
    }
}

/* Autocovariances 0 .. r - 1 of the whole. */
ALWAYS void NAME(covariance)(const arma_lanes *a, const places *p, VEC *out, IVEC *sound)
{
    VEC g[2 * FORE_ARMA_MAX], cross[FORE_ARMA_MAX];
    const VEC *theta = (const VEC *)a->theta;
    bool some[FORE_ARMA_MAX] = {false};
    NAME(ar_covariance)(a, p, a->r + a->ma, g, sound);
    memset(cross, 0, (size_t)(a->ma + 1) * sizeof *cross);
    cross[0] = SPLAT(1);
    for (int64_t i = 0; i < p->thetas; i++) {
        const int64_t lag = p->theta[i] + 1;
        cross[lag] += theta[lag - 1], some[lag] = true;
        for (int64_t j = 0; j <= i; j++) {
            const int64_t apart = lag - 1 - p->theta[j];
            cross[apart] += theta[p->theta[j]] * theta[lag - 1], some[apart] = true;
        }
    }
    for (int64_t h = 0; h < a->r; h++) out[h] = cross[0] * g[h];
    for (int64_t k = 1; k <= a->ma; k++)
        for (int64_t h = 0; some[k] && h < a->r; h++)
            out[h] += cross[k] * (g[h + k] + g[h > k ? h - k : k - h]);
}

/* variance = Z P Z', gain (r) = T P Z'. */
ALWAYS void NAME(stationary)(const arma_lanes *a, const places *p, VEC *variance, VEC *gain,
                             IVEC *sound)
{
    VEC g[FORE_ARMA_MAX], psi[FORE_ARMA_MAX], column[FORE_ARMA_MAX + 1];
    const VEC *phi = (const VEC *)a->phi, *theta = (const VEC *)a->theta;
    NAME(covariance)(a, p, g, sound);
    psi[0] = SPLAT(1);
    for (int64_t k = 1; k < a->r; k++) {
        psi[k] = theta[k - 1];
        for (int64_t i = 0; i < p->phis && p->phi[i] < k; i++)
            psi[k] += phi[p->phi[i]] * psi[k - 1 - p->phi[i]];
    }
    memset(column, 0, (size_t)(a->r + 1) * sizeof *column);
    for (int64_t at = 0; at < p->phis; at++) /* phi_{j+1} y, seen from state i */
        for (int64_t i = 1, j = p->phi[at]; i <= j; i++) column[i] += phi[j] * g[j - i + 1];
    for (int64_t at = 0; at < p->thetas; at++)
        for (int64_t i = 1, j = p->theta[at] + 1; i <= j; i++)
            column[i] += theta[j - 1] * psi[j - i];
    for (int64_t i = 0; i < a->r; i++) gain[i] = phi[i] * g[0] + column[i + 1];
    *variance = g[0];
}

/* ---- the filter ---- */

typedef struct GAINS {
    VEC k[FORE_ARMA_MAX], w[FORE_ARMA_MAX + 1], f, m;
} GAINS;

/* Lanes whose gains have faded stand still; true when all do. */
ALWAYS bool NAME(look)(const arma_lanes *a, GAINS *g)
{
    const VEC *phi = (const VEC *)a->phi, *theta = (const VEC *)a->theta;
    VEC largest = SPLAT(0);
    for (int64_t i = 0; i < a->r; i++) {
        const VEC size = g->w[i] * g->w[i];
        largest = SELECT(size > largest, size, largest);
    }
    const VEC adds = largest * g->m;
    const IVEC still = (adds < SPLAT(FADED)) & (-adds < SPLAT(FADED));
    int64_t count = 0;
    for (int i = 0; i < LANES; i++) count -= still[i];
    if (count == 0) return false;
    g->f = SELECT(still, SPLAT(1), g->f);
    for (int64_t i = 0; i < a->r; i++) {
        g->k[i] = SELECT(still, phi[i] + theta[i], g->k[i]);
        g->w[i] = SELECT(still, SPLAT(0), g->w[i]);
    }
    return count == LANES;
}

/* One or two columns; their errors and the logs of their variances. */
ALWAYS void NAME(columns)(const arma_lanes *a, const places *p, GAINS *g, const double *w,
                          int64_t n, const bool two, VEC *error, double *logs)
{
    const VEC *phi = (const VEC *)a->phi, one = SPLAT(1);
    _Alignas(64) VEC s[FORE_ARMA_MAX + 1], z[FORE_ARMA_MAX + 1];
    VEC product = one, inverse = 1 / g->f;
    IVEC exponent = {0};
    int64_t t = 0;
    bool still = false;
    memset(s, 0, (size_t)(a->r + 1) * sizeof *s);
    memset(z, 0, (size_t)(a->r + 1) * sizeof *z);
    for (; t < n && !still; t++) {
        const VEC level = s[0], e = w[t] - level, take = e * inverse;
        const VEC other = z[0], e_z = two ? (VEC)(w[t + n] - other) : e, take_z = e_z * inverse;
        const VEC c = g->w[0], mc = g->m * c;
        VEC root;
        NAME(inverse_root)(&g->f, &root);
        error[t] = e * root;
        if (two) error[t + n] = e_z * root;
        product *= g->f;
        g->f += mc * c;
        g->m += mc * mc * inverse;
        inverse = 1 / g->f;
        const VEC share = c * inverse;
        for (int64_t at = 0; at < p->phis; at++) {
            const int64_t i = p->phi[at];
            g->w[i + 1] += phi[i] * c;
            s[i + 1] += phi[i] * level;
            if (two) z[i + 1] += phi[i] * other;
        }
        for (int64_t i = 0; i < a->r; i++) {
            const VEC moved = g->w[i + 1], k = g->k[i], next = k + moved * mc;
            s[i] = s[i + 1] + k * take;
            if (two) z[i] = z[i + 1] + k * take_z;
            g->k[i] = next;
            g->w[i] = moved - next * share;
        }
        g->w[a->r] = s[a->r] = z[a->r] = SPLAT(0);
        if (t % LOOK != LOOK - 1) continue;
        exponent += (((IVEC)product >> 52) & 0x7ff) - 1023;
        product = (VEC)(((IVEC)product & MANTISSA) | (IVEC)one);
        still = NAME(look)(a, g);
        inverse = 1 / g->f;
    }
    for (; t < n; t++) {
        const VEC level = s[0], e = w[t] - level;
        const VEC other = z[0], e_z = two ? (VEC)(w[t + n] - other) : e;
        error[t] = e;
        if (two) error[t + n] = e_z;
        for (int64_t at = 0; at < p->phis; at++) {
            const int64_t i = p->phi[at];
            s[i + 1] += phi[i] * level;
            if (two) z[i + 1] += phi[i] * other;
        }
        for (int64_t i = 0; i < a->r; i++) {
            s[i] = s[i + 1] + g->k[i] * e;
            if (two) z[i] = z[i + 1] + g->k[i] * e_z;
        }
        s[a->r] = z[a->r] = SPLAT(0);
    }
    for (int i = 0; i < LANES; i++) logs[i] = (double)exponent[i] * M_LN2 + log(product[i]);
}

ALWAYS void NAME(run)(arma_lanes *a, const places *p, const double *w, int64_t n, int64_t columns,
                      double *error)
{
    _Alignas(64) GAINS first, g;
    double ignored[LANES];
    IVEC sound;
    NAME(stationary)(a, p, &first.f, first.k, &sound);
    memcpy(first.w, first.k, (size_t)a->r * sizeof *first.w);
    first.w[a->r] = SPLAT(0);
    first.m = -1 / first.f;
    for (int64_t j = 0; j < columns; j += 2) { /* gains again for each pair */
        VEC *at = (VEC *)error + j * n;
        g.f = first.f, g.m = first.m;
        memcpy(g.k, first.k, (size_t)a->r * sizeof *g.k);
        memcpy(g.w, first.w, (size_t)(a->r + 1) * sizeof *g.w);
        if (j + 1 < columns)
            NAME(columns)(a, p, &g, w + j * n, n, true, at, j == 0 ? a->logs : ignored);
        else
            NAME(columns)(a, p, &g, w + j * n, n, false, at, j == 0 ? a->logs : ignored);
    }
    *(IVEC *)a->bad = ~sound;
}

ALWAYS void NAME(squares)(arma_lanes *a, const double *scale, int64_t n, int64_t columns,
                          double *error)
{
    VEC *e = (VEC *)error, *z = e + n, beta = SPLAT(0), squares = SPLAT(0);
    const VEC factor = *(const VEC *)scale;
    if (columns > 1) {
        VEC cross = SPLAT(0), own = SPLAT(0);
        for (int64_t t = 0; t < n; t++) cross += z[t] * e[t], own += z[t] * z[t];
        *(IVEC *)a->bad |= ~(own > SPLAT(0));
        beta = cross / own;
    }
    for (int64_t t = 0; t < n; t++) {
        if (columns > 1) e[t] -= beta * z[t];
        e[t] *= factor;
        squares += e[t] * e[t];
    }
    *(VEC *)a->squares = squares;
}

#undef VEC
#undef IVEC
#undef GAINS
#undef ALWAYS
#undef SPLAT
#undef SELECT
#undef ROW
