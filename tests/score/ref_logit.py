#!/usr/bin/env python3
"""Writes ref_logit.h: 300 x 8 rows, scikit-learn's regularised logistic regressions and isotonic
regression on them."""
import pathlib

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(3)
n, p = 300, 8
x = np.round(rng.normal(size=(n, p)) @ (np.eye(p) + 0.3 * rng.normal(size=(p, p))), 6)
eta = x @ np.array([1.0, -0.5, 0.25, 0, 0, 0.8, -0.1, 0.05]) - 0.7
y = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)
w = np.round(rng.gamma(2.0, 0.5, n) + 0.01, 4)


def numbers(name, values):
    body = ",\n    ".join(", ".join(repr(float(v)) for v in row) for row in np.array_split(np.ravel(values), max(1, np.size(values) // 8)))
    return f"static const double {name}[] = {{\n    {body}}};\n"


def fit(c, weight):
    model = LogisticRegression(C=c, tol=1e-12, max_iter=10000, solver="newton-cholesky")
    model.fit(x, y, sample_weight=weight)
    return np.append(model.coef_[0], model.intercept_[0])


margin = np.round(eta + rng.normal(size=n), 3)
iso = IsotonicRegression().fit(margin, y, sample_weight=w)
order = np.argsort(margin, kind="stable")
text = "/* Written by ref_logit.py (scikit-learn); do not edit. */\n"
text += f"enum {{ REF_N = {n}, REF_P = {p} }};\n"
text += "/* column-major */\n" + numbers("ref_x", x.T) + numbers("ref_y", y) + numbers("ref_w", w)
text += "/* coefficients, then the intercept */\n"
text += numbers("ref_c1", fit(1.0, None)) + numbers("ref_c01_weighted", fit(0.1, w)) + numbers("ref_c1e4", fit(1e4, None))
text += "/* isotonic regression: outcome and weight in order of a margin without ties, fitted */\n"
_, first = np.unique(margin[order], return_index=True)
keep = order[first]
iso_y, iso_w = y[keep], w[keep]
text += f"enum {{ REF_ISO = {len(keep)} }};\n"
text += numbers("ref_iso_y", iso_y) + numbers("ref_iso_w", iso_w)
text += numbers("ref_iso_fit", IsotonicRegression().fit(np.arange(len(keep)), iso_y, sample_weight=iso_w).predict(np.arange(len(keep))))
(pathlib.Path(__file__).parent / "ref_logit.h").write_text(text)
