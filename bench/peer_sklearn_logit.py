#!/usr/bin/env python3
"""scikit-learn's logistic regression on the rows that bench_logit wrote, in the same run.

    peer_sklearn_logit.py BENCH_LOGIT [ROWS] [COLUMNS] [RUNS]

Runs the C program, then both fast solvers of scikit-learn on the same columns in both memory orders, takes
the fastest, compares the coefficients, and prints the ratios."""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression


def median_seconds(work, runs):
    seconds, cpu = [], []
    for _ in range(runs):
        start, cpu_start = time.perf_counter(), time.process_time()
        work()
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - cpu_start)
    return statistics.median(seconds), min(seconds), statistics.median(cpu)


def main():
    bench, rows, columns, runs = sys.argv[1], *[int(a) for a in (sys.argv[2:] + ["1000000", "50", "5"][len(sys.argv) - 2:])]
    with tempfile.TemporaryDirectory() as folder:
        out = subprocess.run([bench, str(rows), str(columns), folder, str(runs)], check=True, capture_output=True, text=True).stdout
        ours = {}
        for line in out.splitlines():
            print(line)
            measure = json.loads(line)
            ours[measure["what"]] = measure
        load = lambda name: np.fromfile(pathlib.Path(folder) / f"{name}.f64")
        fortran = load("x").reshape(rows, columns, order="F")
        y, beta = load("y"), load("beta")
    best = None
    for solver in ("lbfgs", "newton-cholesky"):
        for order in ("C", "F"):
            x = np.require(fortran, requirements=order)
            model = LogisticRegression(C=1.0, solver=solver)
            median, least, cpu = median_seconds(lambda: model.fit(x, y), runs)
            gap = float(np.abs(np.append(model.coef_[0], model.intercept_[0]) - beta).max())
            score, score_least, score_cpu = median_seconds(lambda: model.predict_proba(x), runs)
            record = {"bench": "logit", "peer": f"scikit-learn {sklearn.__version__}", "what": f"fit {solver} {order}",
                      "rows": rows, "columns": columns, "median_s": round(median, 4), "min_s": round(least, 4), "cpu_s": round(cpu, 4),
                      "score_median_s": round(score, 4), "score_min_s": round(score_least, 4), "score_cpu_s": round(score_cpu, 4),
                      "iterations": int(model.n_iter_[0]), "largest_coefficient_gap": gap, "runs": runs}
            print(json.dumps(record), flush=True)
            now = (median, score, cpu, score_cpu)
            best = now if best is None else tuple(min(pair) for pair in zip(best, now))
            del x
    print(json.dumps({"bench": "logit", "what": "ratios to scikit-learn's fastest",
                      "fit": round(best[0] / ours["fit"]["median_s"], 2),
                      "score": round(best[1] / ours["score"]["median_s"], 2),
                      "fit_cpu": round(best[2] / ours["fit"]["cpu_s"], 2),
                      "score_cpu": round(best[3] / ours["score"]["cpu_s"], 2)}))


if __name__ == "__main__":
    main()
