#!/usr/bin/env python3
"""Writes ref_trees.h: the test AUC and log loss of scikit-learn's histogram boosting on rows that
test_trees.c makes with the same generator (a 64-bit linear congruence)."""
import math
import pathlib

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score

N, P, TRAIN = 6000, 8, 4000
state = 12345


def uniform():
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 11) * 2.0**-53


x, y = np.empty((N, P)), np.empty(N)
for i in range(N):
    for j in range(P):
        v = uniform()
        x[i, j] = float("nan") if j == 5 and v < 0.2 else 4 * v - 2 if j < 6 else math.floor(6 * v)
    a, b, c, d, e, f, g, _ = x[i]
    eta = -0.8 + 1.2 * a * b + math.sin(2 * c) + (0.9 if d > 0.5 else 0) + (0.7 if math.isnan(f) else 0.3 * f)
    y[i] = uniform() < 1 / (1 + math.exp(-(eta + 0.2 * g)))
model = HistGradientBoostingClassifier(max_iter=100, learning_rate=0.1, max_leaf_nodes=31, max_depth=8,
                                       min_samples_leaf=10, l2_regularization=1.0, early_stopping=False)
model.fit(x[:TRAIN], y[:TRAIN])
prob = model.predict_proba(x[TRAIN:])[:, 1]
text = "/* Written by ref_trees.py (scikit-learn); do not edit. */\n"
text += f"static const double ref_trees_auc = {float(roc_auc_score(y[TRAIN:], prob))!r};\n"
text += f"static const double ref_trees_log_loss = {float(log_loss(y[TRAIN:], prob))!r};\n"
text += f"static const double ref_trees_rate = {float(y.mean())!r};\n"
(pathlib.Path(__file__).parent / "ref_trees.h").write_text(text)
