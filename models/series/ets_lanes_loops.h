/* The loops of ets_lanes.c for vectors of LANES doubles; included once for each width. */
#define VEC NAME(vec)
#define IVEC NAME(ivec)
typedef double VEC __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
typedef int64_t IVEC __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
#define SPLAT(number) ((VEC){0} + (number))
#define SELECT(mask, a, b) ((VEC)(((mask) & (IVEC)(a)) | (~(mask) & (IVEC)(b))))
#define LOAD(field) (*(const VEC *)(field))
#define STORE(field, value) (*(VEC *)(field) = (value))

/* All roots of the characteristic polynomial inside the unit circle? The recursion of Schur and
 * Cohn: the last coefficient must outweigh the first, then the degree drops by one. */
static inline __attribute__((always_inline)) void NAME(region)(ets_lanes *w)
{
    const VEC alpha = LOAD(w->alpha), gamma = LOAD(w->gamma), phi = LOAD(w->phi);
    const VEC gap = alpha + LOAD(w->beta) - alpha * phi;
    const IVEC size = (IVEC){0} + INT64_MAX;
    VEC c[FORE_ETS_SEASON_MAX + 2], next[FORE_ETS_SEASON_MAX + 2], radius = SPLAT(1);
    IVEC inside = ~(IVEC){0};
    c[0] = phi * (1 - alpha - gamma);
    c[1] = gap + gamma - 1;
    for (int64_t i = 2; i < w->m; i++) c[i] = gap;
    c[w->m] = alpha + LOAD(w->beta) - phi;
    c[w->m + 1] = SPLAT(1);
    for (int64_t i = 0; i <= w->m + 1; i++, radius *= 1 + ROOT_SLACK) c[i] *= radius;
    for (int64_t degree = w->m + 1; degree > 0; degree--) {
        VEC share = c[0] / c[degree];
        inside &= (VEC)((IVEC)share & size) < SPLAT(1);
        for (int64_t i = 0; i < degree; i++) next[i] = c[i + 1] - share * c[degree - 1 - i];
        for (int64_t i = 0; i < degree; i++) c[i] = next[i];
    }
    *(IVEC *)w->bad = ~inside;
}

static inline __attribute__((always_inline)) void NAME(forward)(ets_lanes *w, int64_t longest,
                                                                const char season)
{
    const VEC alpha = LOAD(w->alpha), beta = LOAD(w->beta), gamma = LOAD(w->gamma);
    const VEC phi = LOAD(w->phi), one = SPLAT(1), floor = SPLAT(MEAN_FLOOR), top = SPLAT(MEAN_TOP);
    const IVEC relative = *(IVEC *)w->relative, last = *(IVEC *)w->n;
    const VEC *y = (const VEC *)w->y;
    VEC *qs = (VEC *)w->q, *bs = (VEC *)w->slope, *ss = (VEC *)w->place, *is = (VEC *)w->inverse;
    VEC s[FORE_ETS_SEASON_MAX], l = LOAD(w->level), b = LOAD(w->trend), product = one;
    VEC squares = SPLAT(0);
    IVEC exponent = {0}, bad = *(IVEC *)w->bad, time = {0};
    int64_t j = 0;
    for (int64_t i = 0; season != 'N' && i < w->m; i++) {
        s[i] = LOAD(w->first + i * LANES);
        if (season == 'M') bad |= ~(s[i] > floor);
    }
    for (int64_t t = 0; t < longest; t++, time += 1) {
        const VEC q = l + phi * b, old = season == 'N' ? one : s[j];
        const VEC mu = season == 'N' ? q : season == 'A' ? (VEC)(q + old) : (VEC)(q * old);
        const IVEC active = last > time, fine = (mu > floor) & (mu < top);
        const VEC safe = SELECT(fine, mu, one);
        const VEC inverse = SELECT(relative, one / safe, one);
        const VEC e = (VEC)(active & (IVEC)(y[t] - mu));
        const VEC share = e * inverse, r = season == 'M' ? (VEC)(q * share) : e;
        bad |= active & relative & ~fine;
        qs[t] = q, bs[t] = b, is[t] = inverse;
        product *= SELECT(active & relative, safe, one);
        squares += share * share;
        l = q + alpha * r;
        b = phi * b + beta * r;
        if (season != 'N') {
            ss[t] = old;
            s[j] = old + gamma * (season == 'A' ? e : (VEC)(old * share));
            if (season == 'M') bad |= ~(s[j] > floor);
            if (++j == w->m) j = 0;
        }
        if (t % LOG_BATCH < LOG_BATCH - 1 && t + 1 < longest) continue;
        exponent += (((IVEC)product >> 52) & 0x7ff) - 1023;
        product = (VEC)(((IVEC)product & MANTISSA) | (IVEC)one);
    }
    const VEC least = __builtin_convertvector(last, VEC) * ERROR_FLOOR;
    STORE(w->squares, SELECT(squares < least, least, squares));
    STORE(w->product, product);
    *(IVEC *)w->exponent = exponent;
    *(IVEC *)w->bad = bad;
}

/* The adjoint run: gl, gb and gs are the derivatives of -2 log L to the states. */
static inline __attribute__((always_inline)) void NAME(backward)(ets_lanes *w, int64_t longest,
                                                                 const char season)
{
    const VEC alpha = LOAD(w->alpha), beta = LOAD(w->beta), gamma = LOAD(w->gamma);
    const VEC phi = LOAD(w->phi), one = SPLAT(1);
    const IVEC relative = *(IVEC *)w->relative, last = *(IVEC *)w->n;
    const VEC factor = -2 * __builtin_convertvector(last, VEC) / LOAD(w->squares);
    const VEC twice = (VEC)(relative & (IVEC)SPLAT(2));
    const VEC *y = (const VEC *)w->y;
    const VEC *qs = (VEC *)w->q, *bs = (VEC *)w->slope, *ss = (VEC *)w->place;
    const VEC *is = (VEC *)w->inverse;
    VEC gs[FORE_ETS_SEASON_MAX], gl = SPLAT(0), gb = gl, to_alpha = gl, to_beta = gl, to_gamma = gl;
    VEC to_phi = gl;
    IVEC time = (IVEC){0} + (longest - 1);
    int64_t j = season == 'N' ? 0 : (longest - 1) % w->m;
    for (int64_t i = 0; season != 'N' && i < w->m; i++) gs[i] = SPLAT(0);
    for (int64_t t = longest - 1; t >= 0; t--, time -= 1) {
        const VEC q = qs[t], b = bs[t], s = season == 'N' ? one : ss[t], inverse = is[t];
        const VEC mu = season == 'N' ? q : season == 'A' ? (VEC)(q + s) : (VEC)(q * s);
        const IVEC active = last > time;
        const VEC e = (VEC)(active & (IVEC)(y[t] - mu)), share = e * inverse;
        const VEC whole = SELECT(relative, y[t] * inverse, one);
        const VEC to_mu =
            (VEC)(active & (IVEC)(factor * share * whole * inverse + twice * inverse));
        const VEC to_rest = gl * alpha + gb * beta, r = season == 'M' ? (VEC)(q * share) : e;
        VEC to_q = gl - to_rest;
        to_alpha += gl * r;
        to_beta += gb * r;
        if (season == 'N') to_q += to_mu;
        if (season == 'A') {
            to_gamma += gs[j] * e;
            to_q += to_mu - gs[j] * gamma;
            gs[j] = gs[j] - gs[j] * gamma + to_mu - to_rest;
        }
        if (season == 'M') { /* 1 / q = s inverse, 1 / s = q inverse */
            const VEC by_q = s * inverse, by_s = q * inverse;
            const VEC back = (VEC)(active & (IVEC)(whole * by_s)); /* y / s^2 */
            to_gamma += gs[j] * s * share;
            to_q += to_mu * s - gs[j] * gamma * whole * s * by_q;
            gs[j] = gs[j] - gs[j] * gamma + to_mu * q - to_rest * q * back;
        }
        to_phi += b * (to_q + gb);
        gb = phi * (to_q + gb);
        gl = to_q;
        if (season != 'N' && --j < 0) j = w->m - 1;
    }
    STORE(w->to_alpha, to_alpha), STORE(w->to_beta, to_beta), STORE(w->to_gamma, to_gamma);
    STORE(w->to_phi, to_phi), STORE(w->to_level, gl), STORE(w->to_trend, gb);
    for (int64_t i = 0; season != 'N' && i < w->m; i++) STORE(w->to_first + i * LANES, gs[i]);
}

static inline __attribute__((always_inline)) void NAME(run)(ets_lanes *w, int64_t longest)
{
    *(IVEC *)w->bad = (IVEC){0};
    if (w->season != 'N') NAME(region)(w);
    if (w->season == 'N') NAME(forward)(w, longest, 'N'), NAME(backward)(w, longest, 'N');
    if (w->season == 'A') NAME(forward)(w, longest, 'A'), NAME(backward)(w, longest, 'A');
    if (w->season == 'M') NAME(forward)(w, longest, 'M'), NAME(backward)(w, longest, 'M');
}

#undef VEC
#undef IVEC
#undef SPLAT
#undef SELECT
#undef LOAD
#undef STORE
