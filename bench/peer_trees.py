#!/usr/bin/env python3
"""LightGBM and XGBoost on the rows that bench_trees wrote, in the same run.

    peer_trees.py BENCH_TREES [ROWS] [COLUMNS] [RUNS]

Same trees, leaves, bins, rate, penalties and threads (XGBoost both depth-wise at depth 6, its default
form, and leaf-wise at 31 leaves). Fits include binning, as ours does. Every measure runs RUNS times in a
process of its own, foresell and the peers in turn; prints medians and ratios to the faster peer."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

SELF = pathlib.Path(__file__)
THREADS = int(os.environ.get("FORESELL_THREADS") or os.cpu_count())


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def memory_mb(what):
    """VmRSS: now; VmHWM: the peak since forget_peak."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def forget_peak():
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return memory_mb("VmRSS")


def peer(name, folder, rows, columns):
    import numpy as np
    from sklearn.metrics import roc_auc_score
    total = rows + rows // 5
    data = np.fromfile(pathlib.Path(folder) / "x.f32", dtype=np.float32).reshape(total, columns, order="F")
    y = np.fromfile(pathlib.Path(folder) / "y.f32", dtype=np.float32)
    fit_x, held_x = np.ascontiguousarray(data[:rows]), np.ascontiguousarray(data[rows:])
    del data
    if name == "lightgbm":
        import lightgbm
        before = forget_peak()
        options = {"objective": "binary", "num_leaves": 31, "max_bin": 255, "learning_rate": 0.1, "lambda_l2": 1.0,
                   "min_sum_hessian_in_leaf": 1.0, "min_data_in_leaf": 1, "num_threads": THREADS, "verbosity": -1}
        model, fit, fit_cpu = timed(lambda: lightgbm.train(options, lightgbm.Dataset(fit_x, y[:rows], params=options), 100))
        peak = memory_mb("VmHWM")
        score = lambda x: model.predict(x, raw_score=True, num_threads=THREADS)
        explain = lambda x: model.predict(x, pred_contrib=True, num_threads=THREADS)
        version = lightgbm.__version__
    else:
        import xgboost
        before = forget_peak()
        options = {"objective": "binary:logistic", "max_bin": 255, "eta": 0.1, "lambda": 1.0, "min_child_weight": 1.0,
                   "tree_method": "hist", "nthread": THREADS, "verbosity": 0}
        options |= {"max_depth": 6} if name == "xgboost" else {"max_depth": 0, "max_leaves": 31, "grow_policy": "lossguide"}
        model, fit, fit_cpu = timed(lambda: xgboost.train(options, xgboost.QuantileDMatrix(fit_x, y[:rows], max_bin=255), 100))
        peak = memory_mb("VmHWM")
        score = lambda x: model.inplace_predict(x)
        explain = lambda x: model.predict(xgboost.DMatrix(x), pred_contribs=True)
        version = xgboost.__version__
    auc = roc_auc_score(y[rows:], score(held_x))
    _, score_s, score_cpu = timed(lambda: score(fit_x))
    _, explain_s, explain_cpu = timed(lambda: explain(fit_x[:20000]))
    print(json.dumps({"bench": "trees", "peer": f"{name} {version}", "rows": rows, "columns": columns, "threads": THREADS,
                      "fit_s": fit, "fit_cpu_s": fit_cpu, "auc": auc, "peak_above_mb": peak - before,
                      "score_s": score_s, "score_cpu_s": score_cpu, "explain_s": explain_s, "explain_cpu_s": explain_cpu}))


def main():
    bench, rows, columns, runs = sys.argv[1], *[int(a) for a in (sys.argv[2:] + ["1000000", "50", "3"][len(sys.argv) - 2:])]
    ours, theirs = [], {"lightgbm": [], "xgboost": [], "xgboost-leafwise": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(runs):
            out = subprocess.run([bench, str(rows), str(columns), folder, "1"], check=True, capture_output=True, text=True).stdout
            ours.append({m["what"]: m for m in map(json.loads, out.splitlines())})
            for name, seen in theirs.items():
                out = subprocess.run([sys.executable, SELF, "--peer", name, folder, str(rows), str(columns)], check=True,
                                     capture_output=True, text=True).stdout
                seen.append(json.loads(out.splitlines()[-1]))
    middle = lambda values: statistics.median(values)
    print(json.dumps({"bench": "trees", "what": "foresell", "n": runs,
                      **{f"{w.replace(' ', '_')}_s": round(middle(o[w]["median_s"] for o in ours), 4) for w in ours[0]},
                      **{f"{w.replace(' ', '_')}_cpu_s": round(middle(o[w]["cpu_s"] for o in ours), 4) for w in ours[0]},
                      "auc": ours[0]["fit"]["auc"], "peak_above_mb": middle(o["fit"]["peak_above_mb"] for o in ours)}))
    best = {}
    for name, seen in theirs.items():
        row = {k: round(middle(s[k] for s in seen), 4) for k in seen[0] if k.endswith(("_s", "auc", "_mb"))}
        print(json.dumps({"bench": "trees", "what": seen[0]["peer"], "n": runs, **row}))
        for key, value in row.items():
            best[key] = (max if key == "auc" else min)(best.get(key, value), value)
    our = lambda w, k="median_s": middle(o[w][k] for o in ours)
    print(json.dumps({"bench": "trees", "what": "ratios to the best peer of each measure", "n": runs,
                      "fit": round(our("fit") / best["fit_s"], 3), "fit_cpu": round(our("fit", "cpu_s") / best["fit_cpu_s"], 3),
                      "score": round(our("score") / best["score_s"], 3), "explain": round(our("explain") / best["explain_s"], 3),
                      "auc_difference": round(ours[0]["fit"]["auc"] - best["auc"], 5),
                      "single_row_us": round(1e6 * our("single rows") / ours[0]["single rows"]["rows"], 3)}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        main()
