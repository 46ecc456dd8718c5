#!/usr/bin/env python3
"""Writes ref_svm_map.h: rows on and off a ring, and the margins that scikit-learn's Nystroem map on
every sixth row with a logistic regression behind it gives them."""
import pathlib

import numpy as np
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression

ROWS, STEP, GAMMA, COST = 240, 6, 0.4, 2.0
draw = np.random.default_rng(5)
x = np.round(draw.normal(size=(ROWS, 3)), 4)
y = (draw.uniform(size=ROWS) < 1 / (1 + np.exp(-2 * (x[:, 0] ** 2 + x[:, 1] ** 2 - 1.4)))).astype(float)
w = np.round(draw.uniform(0.5, 2, ROWS), 3)
landmarks = x[::STEP]
nystroem = Nystroem(kernel="rbf", gamma=GAMMA, n_components=len(landmarks), random_state=0).fit(landmarks)
model = LogisticRegression(C=COST, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(nystroem.transform(x), y, sample_weight=w)
margin = model.decision_function(nystroem.transform(x))


def numbers(values):
    return ", ".join(repr(float(v)) for v in values)


pathlib.Path(__file__).with_name("ref_svm_map.h").write_text(f"""/* Written by ref_svm_map.py. */
enum {{ MAP_ROWS = {ROWS}, MAP_STEP = {STEP} }};
static const double MAP_GAMMA = {GAMMA}, MAP_COST = {COST};
static const double MAP_X[3 * MAP_ROWS] = {{{numbers(x.T.ravel())}}};
static const double MAP_Y[MAP_ROWS] = {{{numbers(y)}}};
static const double MAP_W[MAP_ROWS] = {{{numbers(w)}}};
static const double MAP_MARGIN[MAP_ROWS] = {{{numbers(margin)}}};
""")
