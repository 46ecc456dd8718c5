#!/usr/bin/env python3
"""Writes ref_classify.h: small samples and what scikit-learn 1.x says about them."""
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve

rng = np.random.default_rng(7)
n = 200
prob = np.round(rng.beta(1.2, 3.0, n), 2).clip(0.01, 0.99)  # rounded: many ties
y = (rng.random(n) < prob ** 1.3).astype(float)
w = np.round(rng.gamma(2.0, 1.0, n), 3)


def numbers(name, values):
    body = ", ".join(repr(float(v)) for v in values)
    return f"static const double {name}[] = {{{body}}};\n"


def line(weight):
    logit = np.log(prob / (1 - prob)).reshape(-1, 1)
    fit = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000, solver="newton-cholesky")
    fit.fit(logit, y, sample_weight=weight)
    return fit.coef_[0, 0], fit.intercept_[0]


def ks(weight):
    fpr, tpr, _ = roc_curve(y, prob, sample_weight=weight)
    return np.abs(tpr - fpr).max()


text = "/* Written by ref_classify.py (scikit-learn); do not edit. */\n"
text += f"enum {{ REF_N = {n} }};\n"
text += numbers("ref_prob", prob) + numbers("ref_y", y) + numbers("ref_w", w)
for tag, weight in (("plain", None), ("weighted", w)):
    slope, intercept = line(weight)
    answers = [roc_auc_score(y, prob, sample_weight=weight), log_loss(y, prob, sample_weight=weight),
               brier_score_loss(y, prob, sample_weight=weight), slope, intercept, ks(weight)]
    text += f"/* auc, log loss, brier, slope, intercept, ks */\n" + numbers(f"ref_{tag}", answers)
(pathlib.Path(__file__).parent / "ref_classify.h").write_text(text)
