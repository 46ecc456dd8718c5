"""MinT with shrinkage by hierarchicalforecast (PyPI) on the tree of bench_mint: 1 + 10 + 100 +
bottoms / 10 aggregates. One JSON line; the same residuals' size, the same number of steps.

    python peer_mint.py [BOTTOMS [RESIDUALS [STEPS]]]

Its matrices have the size of all nodes; memory grows with their square.
"""
import json
import resource
import sys
import time

import numpy as np
from hierarchicalforecast.methods import MinTrace


def summing(bottoms):
    rows = []
    for nodes in (1, 10, 100, bottoms // 10):
        key = np.arange(bottoms) * nodes // bottoms
        rows.append((key[None, :] == np.arange(nodes)[:, None]).astype(float))
    return np.vstack(rows + [np.eye(bottoms)])


def problem(bottoms, length, steps):
    s = summing(bottoms)
    rng = np.random.default_rng(1)
    size = np.sqrt(s.sum(axis=1))
    errors = size[:, None] * (rng.normal(size=length) + 2 * rng.normal(size=(len(s), length)))
    base = 3 * s.sum(axis=1)[:, None] + 2 * size[:, None] * rng.normal(size=(len(s), steps))
    return s, base, errors


def reconcile(s, base, errors):
    actual = np.zeros_like(errors)
    start = time.time()
    out = MinTrace(method="mint_shrink").fit_predict(S=s, y_hat=base, y_insample=actual,
                                                     y_hat_insample=actual - errors)
    return (out["mean"] if isinstance(out, dict) else out), time.time() - start


def main():
    given = [int(a) for a in sys.argv[1:]] + [0, 0, 0]
    bottoms, length, steps = given[0] or 1000, given[1] or 60, given[2] or 12
    reconcile(*problem(100, length, steps))  # its compiler runs at the first call
    s, base, errors = problem(bottoms, length, steps)
    mean, seconds = reconcile(s, base, errors)
    print(json.dumps({"bench": "mint", "peer": "hierarchicalforecast", "bottoms": bottoms,
                      "aggregates": len(s) - bottoms, "residuals": length, "steps": steps,
                      "seconds": round(seconds, 3),
                      "gap": float(np.abs(mean - s @ mean[-bottoms:]).max()),
                      "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
