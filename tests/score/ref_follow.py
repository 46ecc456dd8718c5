#!/usr/bin/env python3
"""Writes ref_follow.h: averaged dynamic logistic regressions by scipy's optimiser, the curvature by
differences."""
import pathlib

import numpy as np
from scipy.optimize import minimize

rng = np.random.default_rng(12)
n, pivot = 60, -0.4
f = np.round(rng.normal(-0.5, 1.2, n), 4)
truth = 0.2 + np.linspace(-1, 1.5, n) + 0.8 * f
y = (rng.random(n) < 1 / (1 + np.exp(-truth))).astype(float)
w = np.round(rng.gamma(3, 0.4, n) + 0.1, 3)
block = np.sort(rng.integers(0, 9, n))

STEPS, HALF = [0, 1e-5, 1e-4, 1e-3, 1e-2], 4000


def logits(s, x):
    return pivot + x @ s


def mode(loss, start):
    for _ in range(4):
        start = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-12, "fatol": 1e-15, "maxiter": 4000}).x
    return start


def curvature(loss, s, h=1e-3):
    e = np.eye(2) * h
    return np.array([[(loss(s + a + b) - loss(s + a - b) - loss(s - a + b) + loss(s - a - b)) / (4 * h * h) for b in e] for a in e])


walks = [[np.array([0.0, 1.0]), np.diag([0.1, 0.01]), 0.0] for _ in STEPS]
said = np.empty(n)
for b in np.unique(block):
    at = block == b
    x = np.c_[np.ones(at.sum()), f[at] - pivot]
    weight = np.array([v[2] for v in walks])
    share = np.exp(weight - weight.max()) / np.exp(weight - weight.max()).sum()
    said[at] = sum(q / (1 + np.exp(-logits(v[0], x))) for q, v in zip(share, walks))
    for v, walk_step in zip(walks, STEPS):
        eta = logits(v[0], x)
        v[2] = 0.5 ** (at.sum() / HALF) * v[2] + np.sum(w[at] * (y[at] * eta - np.logaddexp(0, eta)))
        prior, before = np.linalg.inv(v[1] + at.sum() * np.diag([walk_step, walk_step / 10])), v[0]

        def loss(s):
            return np.sum(w[at] * (np.logaddexp(0, logits(s, x)) - y[at] * logits(s, x))) + 0.5 * (s - before) @ prior @ (s - before)

        v[0] = mode(loss, v[0])
        v[1] = np.linalg.inv(curvature(loss, v[0]))
    for v in walks[::-1]:
        v[2] -= walks[0][2]


def numbers(name, values, kind="double", form=lambda v: repr(float(v))):
    body = ",\n    ".join(", ".join(form(v) for v in row) for row in np.array_split(np.ravel(values), max(1, np.size(values) // 8)))
    return f"static const {kind} {name}[] = {{\n    {body}}};\n"


text = "/* Written by ref_follow.py (scipy); do not edit. */\n"
text += f"enum {{ REF_FOLLOW_N = {n} }};\nstatic const double ref_follow_pivot = {pivot};\n"
text += numbers("ref_follow_f", f) + numbers("ref_follow_y", y) + numbers("ref_follow_w", w)
text += numbers("ref_follow_block", block, "int64_t", lambda v: str(int(v))) + numbers("ref_follow_said", said)
text += "/* per walk: level, slope; covariance; weight */\n"
text += numbers("ref_follow_end", [[*v[0], v[1][0, 0], v[1][0, 1], v[1][1, 1], v[2]] for v in walks])
(pathlib.Path(__file__).parent / "ref_follow.h").write_text(text)
