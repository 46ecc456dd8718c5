#!/usr/bin/env python3
"""Writes ref_shift.h: Saerens, Latinne and Decaestecker's EM, 200,000 rounds, on a batch whose base
rate moved, and the chi-squared distance of a batch from a mixture by numpy."""
import pathlib

import numpy as np
from scipy.stats import chi2

rng = np.random.default_rng(8)
n, base = 300, 0.2
y = rng.random(n) < 0.45
m = np.where(y, rng.normal(0.6, 1, n), rng.normal(-0.6, 1, n)) * 1.2 + np.log(base / (1 - base))
p, w = np.round(1 / (1 + np.exp(-m)), 6), np.round(rng.gamma(3, 0.4, n) + 0.05, 3)


def em(p, w):
    q = base
    for _ in range(200000):
        a, b = q * p / base, (1 - q) * (1 - p) / (1 - base)
        q = np.sum(w * a / (a + b)) / np.sum(w)
    return q


bins = 10
won, lost, seen = rng.integers(5, 60, bins), rng.integers(20, 300, bins), rng.integers(10, 80, bins)
f1, f0 = (won + 0.5) / (won + 0.5).sum(), (lost + 0.5) / (lost + 0.5).sum()
grid = np.linspace(1e-6, 1 - 1e-6, 2000001)
q = grid[np.argmax(sum(s * np.log(grid * a + (1 - grid) * b) for s, a, b in zip(seen, f1, f0)))]
mix = q * f1 + (1 - q) * f0
N = seen.sum()
variance = N * mix + N**2 * (q**2 * f1 / (won + 0.5).sum() + (1 - q) ** 2 * f0 / (lost + 0.5).sum())
distance = np.sum((seen - N * mix) ** 2 / variance)


def numbers(name, values):
    body = ",\n    ".join(", ".join(repr(float(v)) for v in row) for row in np.array_split(np.ravel(values), max(1, np.size(values) // 8)))
    return f"static const double {name}[] = {{\n    {body}}};\n"


text = "/* Written by ref_shift.py (numpy, scipy); do not edit. */\n"
text += f"enum {{ REF_SHIFT_N = {n}, REF_SHIFT_BINS = {bins} }};\nstatic const double ref_shift_base = {base};\n"
text += numbers("ref_shift_p", p) + numbers("ref_shift_w", w) + numbers("ref_shift_won", won) + numbers("ref_shift_lost", lost) + numbers("ref_shift_seen", seen)
text += "/* share by EM, with weights; share of the bins, distance, p */\n"
text += numbers("ref_shift_answer", [em(p, np.ones(n)), em(p, w), q, distance, chi2.sf(distance, bins - 2)])
(pathlib.Path(__file__).parent / "ref_shift.h").write_text(text)
