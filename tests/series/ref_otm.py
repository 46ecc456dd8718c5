"""Writes ref_otm.h: the optimised Theta method (Fiorucci et al. 2016), static and dynamic, written out
anew with scipy's optimisers from many starts, on the series of ref_series.h.
    python3 ref_otm.py > ref_otm.h"""
import pathlib
import re

import numpy as np
import scipy
from scipy.optimize import minimize

TEXT = (pathlib.Path(__file__).parent / "ref_series.h").read_text()
SERIES = {"AirPassengers": 12, "USAccDeaths": 12, "Nile": 1, "co2": 12, "WWWusage": 1, "LakeHuron": 1,
          "ldeaths": 12, "UKgas": 4, "lynx": 1, "austres": 4}
STEPS = 12


def values(name):
    found = re.search(rf"r_{name}\[\d+\] = \{{(.*?)\}}", TEXT, re.S).group(1)
    return np.array([float(v) for v in found.replace("\n", " ").split(",")])


def is_seasonal(y, m):
    if m < 2:
        return False
    d = y - y.mean()
    r = [float(d[k:] @ d[:len(y) - k] / (d @ d)) for k in range(1, m + 1)]
    return abs(r[-1]) > 1.645 * np.sqrt((1 + 2 * sum(v * v for v in r[:-1])) / len(y))


def indices(y, m):
    """Classical multiplicative decomposition."""
    kernel = np.ones(m) / m if m % 2 else np.r_[0.5, np.ones(m - 1), 0.5] / m
    half = len(kernel) // 2
    trend = np.convolve(y, kernel, "valid")
    ratio = y[half:half + len(trend)] / trend
    places = (np.arange(len(trend)) + half) % m
    index = np.array([ratio[places == j].mean() for j in range(m)])
    return index / index.mean()


def line(y):
    t = np.arange(1, len(y) + 1)
    slope = np.polyfit(t, y, 1)[0] if len(y) > 1 else 0.0
    return y.mean() - slope * t.mean(), slope


def means(y, par, dynamic, steps):
    """One-step means of y, then the forecasts."""
    alpha, share, level = par
    lines = [line(y[:t]) if t else (0.0, 0.0) for t in range(len(y))] if dynamic else [line(y)] * len(y)
    out, full = [], list(y)
    for t in range(len(y) + steps):
        if t < len(y):
            a, b = lines[t]
        else:
            a, b = line(np.array(full)) if dynamic else line(y)
        mu = level + share * ((1 - alpha) ** t * a + (1 - (1 - alpha) ** (t + 1)) / alpha * b)
        out.append(mu)
        if t >= len(y):
            full.append(mu)
        level += alpha * (full[t] - level)
    return np.array(out)


def profile(y, par, dynamic, lines):
    """As means, without forecasts, with the lines known beforehand."""
    alpha, share, level = par
    total = 0.0
    for t, v in enumerate(y):
        a, b = lines[t]
        mu = level + share * ((1 - alpha) ** t * a + (1 - (1 - alpha) ** (t + 1)) / alpha * b)
        if t >= (2 if dynamic else 0):
            total += (v - mu) ** 2
        level += alpha * (v - level)
    return total


def fit(y, dynamic):
    lines = [line(y[:t]) if t else (0.0, 0.0) for t in range(len(y))] if dynamic else [line(y)] * len(y)
    size = abs(y).max()
    low, high, box = y.min(), y.max(), [None, None]
    if dynamic:
        box = [(2 * low - high - abs(low)) / size, (2 * high - low + abs(high)) / size]
    best = None
    for alpha in (0.12, 0.3, 0.5, 0.7, 0.9):
        for share in (0.3, 0.7):
            start = [alpha, share, (y[0] - share * sum(lines[0])) / size]
            f = minimize(lambda p: profile(y, (p[0], p[1], p[2] * size), dynamic, lines) / size**2, start,
                         method="L-BFGS-B", bounds=[(0.1, 0.99), (0, 0.98), box],
                         options={"ftol": 1e-14, "gtol": 1e-10, "maxiter": 500})
            if best is None or f.fun < best.fun:
                best = f
    return np.array([best.x[0], best.x[1], best.x[2] * size]), best.fun * size**2


def main():
    print(f"/* Written by ref_otm.py (scipy {scipy.__version__}); do not edit. Series in the order of ref_cases. */")
    print(f"typedef struct ref_otm {{\n    double squares, alpha, share, mean[{STEPS}];\n}} ref_otm;\n")
    print("/* static, dynamic: sum of squares without the season, alpha, 1 - 1/theta, forecasts */")
    print(f"static const ref_otm ref_otms[{len(SERIES)}][2] = {{")
    for name, m in SERIES.items():
        y = values(name)
        index = indices(y, m) if is_seasonal(y, m) else np.ones(m)
        season = np.resize(index, len(y) + STEPS)
        adjusted = y / season[:len(y)]
        rows = []
        for dynamic in (False, True):
            par, squares = fit(adjusted, dynamic)
            mean = means(adjusted, par, dynamic, STEPS)[len(y):] * season[len(y):]
            rows.append(f"{{{squares:.15g}, {par[0]:.10g}, {par[1]:.10g}, {{"
                        + ", ".join(f"{v:.10g}" for v in mean) + "}}")
        print("    {" + ",\n     ".join(rows) + f"}}, /* {name} */")
    print("};")


main()
