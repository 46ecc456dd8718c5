#!/usr/bin/env python3
"""Writes ref_calibrate.h: beta calibration (Kull, Silva Filho, Flach 2017) on Platt's smoothed
targets by scipy's bounded optimiser, for rows that bend and for rows whose lower slope is held."""
import pathlib

import numpy as np
from scipy.optimize import minimize

rng = np.random.default_rng(5)


def sigmoid(f):
    return 1 / (1 + np.exp(-f))


def fit(m, y, w, beta):
    """beta: below, above, constant; Platt's line when not."""
    t = np.where(y > 0, (w @ y + 1) / (w @ y + 2), 1 / (w @ (1 - y) + 2))
    x = np.c_[-np.logaddexp(0, -m), np.logaddexp(0, m), np.ones(len(m))] if beta else np.c_[m, np.ones(len(m))]

    def loss(b):
        return np.sum(w * (np.logaddexp(0, x @ b) - t * (x @ b)))

    def gradient(b):
        return x.T @ (w * (sigmoid(x @ b) - t))

    bounds = [(0.01 * fit(m, y, w, False)[0], None)] * 2 + [(None, None)] if beta else None
    start = np.ones(x.shape[1])
    for _ in range(3):
        start = minimize(loss, start, jac=gradient, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-16, "gtol": 1e-12, "maxiter": 10000}).x
    return start


def numbers(name, values):
    body = ",\n    ".join(", ".join(repr(float(v)) for v in row) for row in np.array_split(np.ravel(values), max(1, np.size(values) // 8)))
    return f"static const double {name}[] = {{\n    {body}}};\n"


n = 400
margin = np.round(rng.normal(0, 2, n), 4)
weight = np.round(rng.gamma(2, 0.5, n) + 0.05, 3)
bent = (rng.random(n) < sigmoid(0.3 * -np.logaddexp(0, -margin) + 1.5 * np.logaddexp(0, margin) - 1.2)).astype(float)
flat = (rng.random(n) < np.where(margin < 0.5, 0.3 - 0.02 * margin, sigmoid(2 * margin - 2))).astype(float)
text = "/* Written by ref_calibrate.py (scipy); do not edit. */\n"
text += f"enum {{ REF_BETA_N = {n} }};\n" + numbers("ref_beta_margin", margin) + numbers("ref_beta_w", weight)
text += numbers("ref_beta_bent", bent) + numbers("ref_beta_flat", flat)
text += "/* below, above, constant */\n" + numbers("ref_beta_bent_fit", fit(margin, bent, weight, True)) + numbers("ref_beta_flat_fit", fit(margin, flat, weight, True))
(pathlib.Path(__file__).parent / "ref_calibrate.h").write_text(text)
