"""Writes ref_features.h: the features of series_features.h by numpy, scipy and statsmodels on the series of
ref_series.h, each from its definition.    python3 ref_features.py > ref_features.h"""
import re

import numpy as np
from scipy import signal
from statsmodels.regression.linear_model import burg
from statsmodels.tsa.seasonal import STL
from statsmodels.tsa.stattools import acf, levinson_durbin

text = open("ref_series.h").read()
names = (("AirPassengers", 12), ("USAccDeaths", 12), ("Nile", 1), ("WWWusage", 1), ("lynx", 1), ("UKgas", 4))
header = open("../../models/series/series_features.c").read()
labels = re.findall(r'"(\w+)"', header.split("feature_names[FORE_SERIES_FEATURES] = {")[1].split("};")[0])


def r(x, lags):
    return acf(x, nlags=lags, fft=True)[1:]


def partial(x, lags):
    gamma = acf(x, nlags=lags, fft=False) * np.var(x)
    return levinson_durbin(gamma, nlags=lags, isacov=True)[2][1:]


def windows(x, w):
    return np.lib.stride_tricks.sliding_window_view(x, w)


def ols_left(y, *columns):
    X = np.column_stack((np.ones(len(y)),) + columns)
    return np.sum((y - X @ np.linalg.lstsq(X, y, rcond=None)[0]) ** 2)


def arch(x):
    s = (x - x.mean()) ** 2
    y = s[12:]
    return 1 - ols_left(y, *[s[12 - k:-k] for k in range(1, 13)]) / np.sum((y - y.mean()) ** 2)


def best_burg(x):
    order, least = 0, len(x) * np.log(np.mean(x ** 2))
    for p in range(1, int(10 * np.log10(len(x))) + 1):
        variance = np.mean(x ** 2) * np.prod(1 - reflections(x, p) ** 2)
        if len(x) * np.log(variance) + 2 * p < least:
            order, least = p, len(x) * np.log(variance) + 2 * p
    return burg(x, order=order, demean=False)[0] if order else np.zeros(0)


def reflections(x, p):
    """The last coefficient of each order is its reflection coefficient."""
    return np.array([burg(x, order=k, demean=False)[0][-1] for k in range(1, p + 1)])


def local_lines(x):
    n, trend = len(x), []
    w = max(n // 3, 7)
    for t in range(n):
        lo = min(max(t - w // 2, 0), max(n - w, 0))
        j = np.arange(lo, min(lo + w, n))
        u = np.abs(j - t) / (np.abs(j - t).max() + 1)
        k = (1 - u ** 3) ** 3
        trend.append(np.polyval(np.polyfit(j - t, x[j], 1, w=np.sqrt(k)), 0))
    return np.array(trend)


def features(y, m):
    n, f, nan = len(y), {}, float("nan")
    x = (y - y.mean()) / y.std(ddof=1)
    f["length"], f["season"] = n, m
    if m > 1:
        odd = lambda v: int(np.ceil(v)) + (int(np.ceil(v)) % 2 == 0)
        trend_window = odd(1.5 * m / (1 - 1.5 / 11))
        low = odd(m + 1e-9 if m % 2 else m)
        fit = STL(x, period=m, seasonal=11, trend=trend_window, low_pass=low, seasonal_deg=0, trend_deg=1, low_pass_deg=1,
                  seasonal_jump=2, trend_jump=int(np.ceil(trend_window / 10)), low_pass_jump=int(np.ceil(low / 10)),
                  robust=False).fit(inner_iter=2, outer_iter=0)
        trend, season, rest = fit.trend, fit.seasonal, fit.resid
        f["seasonal_strength"] = max(0, 1 - np.var(rest) / np.var(rest + season))
    else:
        trend = local_lines(x)
        rest = x - trend
    f["trend"] = max(0, 1 - np.var(rest) / np.var(trend + rest))
    f["spike"] = np.var((np.var(rest, ddof=1) * (n - 1) - (rest - rest.mean()) ** 2) / (n - 2), ddof=1)
    q = np.linalg.qr(np.vander(np.arange(n) - (n - 1) / 2, 3, increasing=True))[0]
    q = q * np.sign(q[-1])
    f["linearity"], f["curvature"] = q[:, 1] @ trend, q[:, 2] @ trend
    f["e_acf1"], f["e_acf10"] = r(rest, 1)[0], np.sum(r(rest, 10) ** 2)
    a = best_burg(x)
    count = (n + 1) // 2 + 1
    h = signal.freqz([1.0], np.concatenate(([1.0], -a)), worN=np.linspace(0, np.pi, count))[1]
    s = np.abs(h) ** 2
    s = np.concatenate((s[:0:-1], s))
    s /= s.sum()
    f["entropy"] = -np.sum(s * np.log(s)) / np.log(len(s))
    for k in range(3):
        d = np.diff(x, k)
        p = "x" if k == 0 else "diff%d" % k
        f[p + "_acf1"], f[p + "_acf10"] = r(d, 1)[0], np.sum(r(d, 10) ** 2)
        f[p + "_pacf5"] = np.sum(partial(d, 5) ** 2)
    if m > 1:
        d = x[m:] - x[:-m]
        f["seas_acf1"], f["seas_pacf"] = r(x, m)[-1], partial(x, m)[-1]
        f["sediff_acf1"], f["sediff_acf10"], f["sediff_seacf1"] = r(d, 1)[0], np.sum(r(d, 10) ** 2), r(d, m)[-1]
    w = m if m > 1 else 10
    tiles = x[:n // w * w].reshape(-1, w)
    f["stability"], f["lumpiness"] = np.var(tiles.mean(1), ddof=1), np.var(tiles.var(1, ddof=1), ddof=1)
    means, variances = windows(x, w).mean(1), windows(x, w).var(1, ddof=1)
    f["level_shift"], f["variance_shift"] = np.abs(means[w:] - means[:-w]).max(), np.abs(variances[w:] - variances[:-w]).max()
    f["crossing_points"] = np.sum(np.diff((x <= np.median(x)).astype(int)) != 0) / n
    tenth = np.minimum(((x - x.min()) / (x.max() - x.min()) * 10).astype(int), 9)
    f["flat_spots"] = max(len(g.group(0)) for g in re.finditer(r"(.)\1*", "".join(map(str, tenth)))) / n
    z, v = x[:-1], x[1:]
    f["nonlinearity"] = 10 * (n - 1) / n * np.log(ols_left(v, z) / ols_left(v, z, z ** 2, z ** 3))
    lags = int(3 * np.sqrt(n) / 13)
    e = x - x.mean()
    f["unitroot_kpss"] = np.sum(np.cumsum(e) ** 2) / n / (
        e @ e + 2 * sum((1 - k / (lags + 1)) * (e[k:] @ e[:-k]) for k in range(1, lags + 1)))
    k = n - 1
    lags = int(4 * (k / 100) ** 0.25)
    slope, level = np.polyfit(z, v, 1)
    e = v - level - slope * z
    long_run = sum((1 - j / (lags + 1)) * (e[j:] @ e[:-j]) / k for j in range(1, lags + 1))
    f["unitroot_pp"] = k * (slope - 1) - long_run / (np.sum((v - v.mean()) ** 2) / k ** 2)
    white = np.array([x[t] - a @ x[t - len(a):t][::-1] for t in range(len(a), n)]) if len(a) else x
    f["arch_lm"], f["arch_r2"] = arch(x), arch(white)
    f["arch_acf"] = np.sum(r(white ** 2, 12) ** 2)
    f["zeros"], f["variation"] = np.mean(y == 0), y.std(ddof=1) / abs(y.mean())
    return f


print("/* Written by ref_features.py; do not edit. The smoothing weights are not among them. */\n")
print("typedef struct ref_feature {\n    const char *series, *name;\n    double value;\n} ref_feature;\n")
print("static const ref_feature ref_features[] = {")
for name, m in names:
    y = np.array([float(v) for v in re.search(r"r_%s\[\d+\] = \{([^}]*)\}" % name, text).group(1).split(",")])
    found = features(y, m)
    for label in labels:
        if label in found:
            print('    {"%s", "%s", %.10g},' % (name, label, found[label]))
print("};")
