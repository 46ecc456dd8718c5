#!/usr/bin/env python3
"""statsforecast and R forecast on the same series of M3 as bench_m3, in the same run.

    peer_series.py BENCH_M3 FORESELL [RUNS] [QUESTION ...]

Every k-th of the 3,003 series (fewer where a peer is slow), the same methods, two processes or threads
each. "foresell" does what the peers do: point forecasts and the model's own intervals (statsforecast: points
only); "foresell, all defaults" adds intervals from past origins and the search for outliers and shifts. They
take turns, RUNS times (R's ets and auto.arima once); prints medians, ratios to the first row and the mean
sMAPE. Peers are timed inside of their process, so without its start; the pool that statsforecast starts is
part of its clock, and processor seconds are of one process without a pool.
QUESTION: ets, arima, theta, combine (no peer), start. FORESELL_DATA names the folder that holds m3/."""
import csv
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SELF = pathlib.Path(__file__)
DATA = pathlib.Path(os.environ.get("FORESELL_DATA") or SELF.parent / "../../shared/data") / "m3"
THREADS = 2
SEASON = {"YEARLY": 1, "QUARTERLY": 4, "MONTHLY": 12, "OTHER": 1}
# question: (method of foresell, of statsforecast, of R), each k-th series, and R's runs
QUESTIONS = {"ets": (("ets", "AutoETS", "ets"), 15, 1), "arima": (("arima", "AutoARIMA", "arima"), 60, 1),
             "theta": (("dotm", "DynamicOptimizedTheta", "thetaf"), 3, 3)}


def spent():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def series(every):
    """(season, history, future) of every k-th series."""
    def rows(name):
        return [[float(v) for v in row[1:] if v] for row in csv.reader(open(DATA / name))]
    seasons = [SEASON[row["period"]] for row in csv.DictReader(open(DATA / "M3_info.csv"))]
    return list(zip(seasons, rows("M3_train.csv"), rows("M3_test.csv")))[::every]


def statsforecast_peer(method, every):
    """One process: each series by itself. The first call of each season is not timed."""
    import numpy
    import statsforecast
    from statsforecast import models
    asked = [(m, numpy.array(y), numpy.array(f)) for m, y, f in series(every)]
    for m, y, f in {m: (m, y, f) for m, y, f in asked}.values():
        getattr(models, method)(season_length=m).forecast(y=y, h=len(f))
    cpu, clock, errors = spent(), time.perf_counter(), []
    for m, y, f in asked:
        mean = getattr(models, method)(season_length=m).forecast(y=y, h=len(f))["mean"]
        errors.append(numpy.mean(200 * abs(f - mean) / (abs(f) + abs(mean))))
    return {"series": len(asked), "seconds": time.perf_counter() - clock, "cpu_seconds": spent() - cpu,
            "smape": float(numpy.mean(errors)), "version": statsforecast.__version__}


def statsforecast_pool(method, every):
    """Its own pool of processes, one call for each season."""
    import numpy
    import pandas
    from statsforecast import StatsForecast, models
    frames = {}
    for i, (m, y, f) in enumerate(series(every)):
        frame = pandas.DataFrame({"unique_id": f"S{i:04d}", "ds": numpy.arange(len(y)), "y": y})
        frames.setdefault((m, len(f)), []).append(frame)
    frames = {key: pandas.concat(value) for key, value in frames.items()}
    clock = time.perf_counter()
    for (m, h), frame in frames.items():
        StatsForecast(models=[getattr(models, method)(season_length=m)], freq=1, n_jobs=THREADS).forecast(df=frame, h=h)
    return {"seconds": time.perf_counter() - clock}


def last_line(*command):
    out = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True,
                         env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}).stdout
    return json.loads(out.splitlines()[-1])


def middle(rows):
    numbers = {k: round(statistics.median(r[k] for r in rows), 4) for k in rows[0] if isinstance(rows[0][k], (int, float))}
    return {**rows[0], **numbers, "n": len(rows)}


def ask(bench, question, runs):
    (method, theirs, r_name), every, r_runs = QUESTIONS[question]
    seen = {"foresell": [], "foresell, all defaults": [], "statsforecast": [], "R forecast": []}
    as_peers = ("--intervals", "model", "--clean", "off")
    for run in range(runs):
        seen["foresell"].append(last_line(bench, "--every", every, *as_peers, THREADS, method))
        seen["foresell, all defaults"].append(last_line(bench, "--every", every, THREADS, method))
        row = last_line(sys.executable, SELF, "--peer", theirs, every)
        row["seconds"] = last_line(sys.executable, SELF, "--pool", theirs, every)["seconds"]
        seen["statsforecast"].append(row)
        if shutil.which("Rscript") and run < r_runs:
            seen["R forecast"].append(last_line("Rscript", SELF.with_suffix(".R"), DATA, r_name, every, THREADS))
    rows = {name: middle(r) for name, r in seen.items() if r}
    ours = rows["foresell"]
    for name, row in rows.items():
        kept = {k: row[k] for k in ("version", "series", "seconds", "cpu_seconds", "smape", "n") if k in row}
        ratios = {f"{k}_to_foresell": round(row[k] / ours[k], 2) for k in ("seconds", "cpu_seconds")}
        print(json.dumps({"bench": "series", "question": question, "what": name, "threads": THREADS, **kept, **ratios}), flush=True)


def start_up(program, runs):
    """Median milliseconds from the shell's view: nothing but the version, and twelve months."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "months.csv"
        file.write_text("unique_id,ds,y\n" + "".join(f"sales,2025-{m:02d}-01,{100 + m % 5}\n" for m in range(1, 13)))
        for what, command in (("--version", ["--version"]), ("series, 12 values", ["series", file])):
            clock, cpu = [], []
            for _ in range(max(runs, 21)):
                before, then = spent(), time.perf_counter()
                subprocess.run([program, *command], check=True, capture_output=True)
                clock.append(1000 * (time.perf_counter() - then))
                cpu.append(1000 * (spent() - before))
            print(json.dumps({"bench": "series", "question": "start", "what": what, "n": len(clock), "ms": round(statistics.median(clock), 2),
                              "least_ms": round(min(clock), 2), "cpu_ms": round(statistics.median(cpu), 2)}), flush=True)


def main():
    bench, program, *rest = sys.argv[1:]
    runs = int(rest.pop(0)) if rest and rest[0].isdigit() else 3
    for question in rest or ["ets", "arima", "theta", "combine", "start"]:
        if question == "start":
            start_up(program, runs)
        elif question == "combine":
            row = middle([last_line(bench, THREADS, "combine") for _ in range(runs)])
            print(json.dumps({"bench": "series", "question": question, "what": "foresell", **row}), flush=True)
        else:
            ask(bench, question, runs)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        print(json.dumps(statsforecast_peer(sys.argv[2], int(sys.argv[3]))))
    elif sys.argv[1:2] == ["--pool"]:
        print(json.dumps(statsforecast_pool(sys.argv[2], int(sys.argv[3]))))
    elif len(sys.argv) < 3:
        sys.exit(__doc__)
    else:
        main()
