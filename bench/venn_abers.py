#!/usr/bin/env python3
"""Do inductive Venn-Abers intervals [p0, p1] (Vovk and Petej 2014; by scikit-learn's isotonic
regression, row by row) hold the true chance? On simulated rows whose chances are known; a logistic
regression on as many rows as calibrate it."""
import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

HISTORIES, NEW, WEIGHTS = 4, 60, np.array([0.8, -0.5, 0.3, 0, 0, 0])


def chance(x):
    return 1 / (1 + np.exp(0.5 - x @ WEIGHTS))


def interval(margin, outcome, at):
    def fit(label):
        return IsotonicRegression(out_of_bounds="clip").fit(np.append(margin, at), np.append(outcome, label)).predict([at])[0]
    return fit(0), fit(1)


rng = np.random.default_rng(3)
for n in (300, 1000, 4000):
    inside, width = [], []
    for _ in range(HISTORIES):
        x = rng.normal(size=(2 * n, 6))
        y = (rng.random(2 * n) < chance(x)).astype(int)
        model = LogisticRegression().fit(x[:n], y[:n])
        margin, new = model.decision_function(x[n:]), rng.normal(size=(NEW, 6))
        for at, truth in zip(model.decision_function(new), chance(new)):
            low, high = interval(margin, y[n:], at)
            inside.append(low <= truth <= high)
            width.append(high - low)
    print(f"{n} calibration rows: the true chance lies inside in {np.mean(inside):.3f}, mean width {np.mean(width):.3f}")
