#!/usr/bin/env python3
"""Writes ref_additive.h: 400 rows of one column, and of 12 levels and 4 numbers.

Curve: scikit-learn's SplineTransformer of degree 1 at five knots spans what a line and three hinges
span; its unpenalised logistic regression must give the same probabilities.
Families: MacKay's fixed point with a gamma prior around the common precision, by numpy, to the end."""
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import SplineTransformer

SHAPE, START = 0.3, 10.0
rng = np.random.default_rng(8)
n, levels, numbers = 400, 12, 4


def sigmoid(eta):
    return 1 / (1 + np.exp(-eta))


def draw(eta):
    return (rng.random(n) < sigmoid(eta)).astype(float)


def newton(z, y, precision, point):
    for _ in range(60):
        m = sigmoid(z @ point)
        g = z.T @ (m - y) + precision * point
        h = (z * (m * (1 - m))[:, None]).T @ z + np.diag(precision)
        point = point - np.linalg.solve(h, g)
    return point, h


def families(z, y, family):
    count = family.max() + 1
    each, common, point = np.full(count, START), START, np.zeros(z.shape[1] + 1)
    ones = np.column_stack([z, np.ones(len(y))])
    for _ in range(3000):
        point, h = newton(ones, y, np.append(each[family], 0), point)
        inner = np.diag(np.linalg.inv(h))[:-1]
        settled = np.bincount(family, 1 - each[family] * inner, minlength=count)
        squares = np.bincount(family, point[:-1] ** 2, minlength=count)
        now = (settled + 2 * SHAPE) / (squares + 2 * SHAPE / common)
        common = np.exp((np.log(now).sum() + np.log(START)) / (count + 1))
        if np.abs(np.log(now / each)).max() < 1e-9:
            break
        each = now
    return each, point


curve = np.round(rng.normal(size=n), 4)
curve_y = draw(np.abs(curve) * 1.5 - 1.2)
knots = np.array([-0.7, 0.0, 0.7])
low, high = curve.min(), curve.max()
spline = SplineTransformer(degree=1, knots=np.concatenate([[low], knots, [high]])[:, None], include_bias=False)
at = np.linspace(low, high, 9)
model = LogisticRegression(C=1e9, tol=1e-12, max_iter=10000, solver="newton-cholesky")
model.fit(spline.fit_transform(curve[:, None]), curve_y)
said = model.predict_proba(spline.transform(at[:, None]))[:, 1]

level = rng.integers(0, levels, n)
z = np.column_stack([(level[:, None] == np.arange(levels)).astype(float), rng.normal(size=(n, numbers))])
z = np.round((z - z.mean(0)) / z.std(0), 5)
y = draw(z[:, :levels] @ rng.normal(0, 0.6, levels) + z[:, levels:] @ [0.1, 0, 0, -0.05])
family = np.repeat([0, 1], [levels, numbers])
each, point = families(z, y, family)


def array(name, values):
    body = ",\n    ".join(", ".join(repr(float(v)) for v in row) for row in np.array_split(np.ravel(values), max(1, np.size(values) // 8)))
    return f"static const double {name}[] = {{\n    {body}}};\n"


text = "/* Written by ref_additive.py (numpy, scikit-learn); do not edit. */\n"
text += f"enum {{ REF_ROWS = {n}, REF_LEVELS = {levels}, REF_NUMBERS = {numbers}, REF_KNOTS = 3, REF_AT = 9 }};\n"
for name, values in [("ref_curve", curve), ("ref_curve_y", curve_y), ("ref_knot", knots), ("ref_at", at), ("ref_said", said),
                     ("ref_z", z.T), ("ref_y", y), ("ref_precision", each), ("ref_point", point)]:
    text += array(name, values)
(pathlib.Path(__file__).parent / "ref_additive.h").write_text(text)
