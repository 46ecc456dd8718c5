"""Cluster-robust standard errors of a weighted mean difference, by the textbook sandwich: weighted
least squares of the difference on a constant, (X'WX)^-1 M (X'WX)^-1 with M the sum over subjects of
u u', u = X_g' W_g e_g, times G / (G - 1). Writes ref_paired.h.

python3 tests/measure/ref_paired.py > tests/measure/ref_paired.h        (needs numpy)
"""
import numpy as np

random = np.random.default_rng(20261122)
n = 40
subject = random.integers(0, 11, n) * 7 - 3
pull = {s: random.normal() for s in set(subject.tolist())}
b = random.exponential(size=n)
a = b + 0.1 + 0.3 * np.array([pull[s] for s in subject.tolist()]) + 0.2 * random.normal(size=n)
w = random.uniform(0.2, 2, n)


def sandwich(w, subject):
    x, y = np.ones((n, 1)), a - b
    bread = np.linalg.inv(x.T @ np.diag(w) @ x)
    beta = bread @ x.T @ np.diag(w) @ y
    e = y - x @ beta
    groups = np.unique(subject)
    meat = np.zeros((1, 1))
    for g in groups:
        inside = subject == g
        u = x[inside].T @ (w[inside] * e[inside])
        meat += np.outer(u, u)
    g = len(groups)
    return beta[0], np.sqrt((g / (g - 1) * bread @ meat @ bread)[0, 0]), g


def array(name, values, kind="double"):
    print(f"static const {kind} {name}[] = {{")
    for i in range(0, n, 4):
        print("    " + " ".join(f"{v!r}," for v in values[i:i + 4].tolist()))
    print("};")


print("/* Made by ref_paired.py. */")
array("PAIRED_A", a)
array("PAIRED_B", b)
array("PAIRED_W", w)
array("PAIRED_SUBJECT", subject, "int64_t")
for name, result in (("CLUSTERED", sandwich(w, subject)),
                     ("PLAIN", sandwich(np.ones(n), np.arange(n)))):
    mean, error, groups = result
    print(f"static const double {name}_MEAN = {float(mean)!r}, {name}_ERROR = {float(error)!r};")
    print(f"enum {{ {name}_SUBJECTS = {groups} }};")
