#!/usr/bin/env python3
"""statsforecast's MSTL (ETS for what is left) on the series of bench_seasons, in the same run.

    peer_seasons.py BENCH_SEASONS [SERIES]

One processor each; prints the lines of bench_seasons and the peer's. The first call of each world is
not timed."""
import csv
import io
import json
import subprocess
import sys
import time
import warnings

import numpy
import statsforecast
from statsforecast.models import MSTL, AutoETS


def answers(rows):
    smape, mase, inside, seconds = [], [], [], 0.0
    for i, (first, second, h, values) in enumerate(rows):
        y, future = values[:-h], values[-h:]
        for timed in (False, True) if i == 0 else (True,):
            model = MSTL(season_length=[s for s in (first, second) if s],
                         trend_forecaster=AutoETS(model="ZZN"))
            start = time.perf_counter()
            f = model.forecast(y=y, h=h, level=[95])
            seconds += time.perf_counter() - start if timed else 0
        season = second or first
        scale = numpy.mean(abs(y[season:] - y[:-season]))
        smape.append(numpy.mean(200 * abs(future - f["mean"]) / (abs(future) + abs(f["mean"]))))
        mase.append(numpy.mean(abs(future - f["mean"])) / scale)
        inside.append(numpy.mean((future >= f["lo-95"]) & (future <= f["hi-95"])))
    return {"smape": round(float(numpy.mean(smape)), 3), "mase": round(float(numpy.mean(mase)), 4),
            "coverage95": round(float(numpy.mean(inside)), 3), "seconds": round(seconds, 3)}


def main():
    bench, series = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "20"
    warnings.simplefilter("ignore")
    print(subprocess.run([bench, series], check=True, capture_output=True, text=True).stdout, end="")
    text = subprocess.run([bench, series, "--write"], check=True, capture_output=True, text=True).stdout
    worlds = {}
    for row in csv.reader(io.StringIO(text)):
        worlds.setdefault(row[0], []).append((*map(int, row[1:4]), numpy.array(row[4:], float)))
    for name, rows in worlds.items():
        print(json.dumps({"bench": "seasons", "world": name, "method": f"statsforecast {statsforecast.__version__} MSTL",
                          "series": len(rows), **answers(rows)}), flush=True)


if __name__ == "__main__":
    main()
