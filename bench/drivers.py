#!/usr/bin/env python3
"""Are the effects of drivers right, and are their intervals? Simulated monthly sales whose effects are
known (working days, a moving festival, promotions, effort; a season, a line, ARMA(1,1) noise):

    drivers.py FORESELL [SERIES [SERIES_FOR_R]]

One JSON line per program: share of the 95 % intervals that hold the truth, mean absolute error of the
effects (in per cent of the truth), mean absolute error of the 12 months to come with the drivers known and
without them, seconds. R: auto.arima with the same regressors, on the first SERIES_FOR_R of the same series."""
import calendar
import csv
import datetime
import json
import math
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

YEARS, AHEAD = 10, 12
PAST = 12 * YEARS
FIRST = 2014
FESTIVAL = [(10, 26), (11, 13), (11, 3), (10, 23), (10, 30), (11, 11), (10, 19), (10, 17), (11, 7), (11, 14), (11, 4)]
TRUTH = {"working days": 6, "Festival": 40, "promo": 30, "effort": 1.5}
R = r"""
suppressMessages(library(forecast))
d <- read.csv(commandArgs(TRUE)[1], check.names = FALSE)
names <- c("working days", "Festival", "promo", "effort")
for (id in unique(d$id)) {
  s <- d[d$id == id, ]; past <- !is.na(s$y); x <- as.matrix(s[names])
  t0 <- proc.time()[3]
  f <- tryCatch(auto.arima(ts(s$y[past], frequency = 12), xreg = x[past, ]), error = function(e) NULL)
  if (is.null(f)) next
  m <- forecast(f, xreg = x[!past, ])$mean
  took <- proc.time()[3] - t0
  b <- coef(f)[names]; e <- sqrt(diag(f$var.coef))[names]
  cat(paste(c(id, took, b, e, m), collapse = ","), "\n", sep = "")
}
"""


def month(i):
    return FIRST + i // 12, i % 12 + 1


def working_days(year, m):
    days = calendar.monthrange(year, m)[1]
    return sum(datetime.date(year, m, d).weekday() < 5 for d in range(1, days + 1))


def window(year):
    day = datetime.date(year, *FESTIVAL[year - FIRST])
    return [day - datetime.timedelta(k) for k in range(-1, 11)]


def simulate(seed):
    """Rows (y, working days, festival, promo, effort); the last AHEAD are the time to come."""
    draw, rows, u, before = random.Random(seed), [], 0, 0
    for i in range(PAST + AHEAD):
        year, m = month(i)
        share = sum(d.month == m for d in window(year)) / len(window(year))
        drivers = [working_days(year, m), share, int(draw.random() < 0.25), round(40 + 8 * draw.gauss(0, 1), 2)]
        e = 10 * draw.gauss(0, 1)
        u, before = 0.6 * u + e + 0.3 * before, e
        mean = 500 + 60 * math.sin(i * math.pi / 6) + 0.5 * i + sum(b * x for b, x in zip(TRUTH.values(), drivers))
        rows.append((mean + u, *drivers))
    return rows


def write(folder, everything):
    def put(name, header, rows):
        with open(folder / name, "w", newline="") as file:
            csv.writer(file).writerows([header, *rows])
    def when(i):
        return f"{month(i)[0]}-{month(i)[1]:02}"
    put("sales.csv", ["unique_id", "ds", "y", "promo", "effort"],
        [(f"s{s}", when(i), f"{r[0]:.3f}" if i < PAST else "", *r[3:]) for s, rows in enumerate(everything)
         for i, r in enumerate(rows)])
    put("past.csv", ["unique_id", "ds", "y"], [(f"s{s}", when(i), f"{r[0]:.3f}")
                                               for s, rows in enumerate(everything) for i, r in enumerate(rows[:PAST])])
    put("holidays.csv", ["date", "name", "before", "after", "off"],
        [(datetime.date(FIRST + y, *day), "Festival", 10, 1, "no") for y, day in enumerate(FESTIVAL)])
    put("r.csv", ["id", "y", *TRUTH], [(s, f"{r[0]:.3f}" if i < PAST else "", *r[1:])
                                       for s, rows in enumerate(everything) for i, r in enumerate(rows)])


def foresell(program, folder, drivers, *method):
    words = ["past.csv", *method]
    if drivers:
        words = ["sales.csv", "--with", "promo,effort", "--holidays", "holidays.csv", "--calendar", *method]
    started = time.perf_counter()
    ran = subprocess.run([program, "series", *words, "--horizon", str(AHEAD), "--json"],
                         capture_output=True, text=True, cwd=folder)
    if ran.returncode != 0:
        sys.exit(ran.stderr)
    return json.loads(ran.stdout)["series"], time.perf_counter() - started


def miss(means, rows):
    return statistics.mean(abs(m - r[0]) for m, r in zip(means, rows[PAST:]))


def tell(program, effects, misses, seconds, **more):
    """effects: (name, estimate, lower, upper)."""
    held = statistics.mean(low <= TRUTH[name] <= high for name, _, low, high in effects)
    print(json.dumps({"bench": "drivers", "program": program, "series": len(misses), "effects": len(effects),
                      "held_95": round(held, 4),
                      **{name: round(100 * statistics.mean(abs(e - TRUTH[n]) for n, e, _, _ in effects if n == name)
                                     / TRUTH[name], 2) for name in TRUTH},
                      "forecast_mae": round(statistics.mean(misses), 3), "seconds": round(seconds, 2), **more}),
          flush=True)


def main():
    program, count = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 200
    for_r = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    everything = [simulate(1000 + s) for s in range(count)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder, everything)
        answers, seconds = foresell(program, folder, True)
        arima, _ = foresell(program, folder, True, "--method", "arima")
        plain, _ = foresell(program, folder, False)
        found = [[(d["name"], d["effect"], d["lo"], d["hi"]) for d in a["drivers"] if d["name"] in TRUTH]
                 for a in answers]
        misses = [miss([f["mean"] for f in a["forecast"]], rows) for a, rows in zip(answers, everything)]
        alone = [miss([f["mean"] for f in a["forecast"]], rows) for a, rows in zip(arima, everything)]
        without = [miss([f["mean"] for f in a["forecast"]], rows) for a, rows in zip(plain, everything)]
        tell("foresell", sum(found, []), misses, seconds, forecast_mae_arima=round(statistics.mean(alone), 3),
             forecast_mae_without=round(statistics.mean(without), 3))
        if not shutil.which("Rscript") or for_r == 0:
            return
        (folder / "peer.R").write_text(R)
        write(folder, everything[:for_r])
        out = subprocess.run(["Rscript", folder / "peer.R", folder / "r.csv"], capture_output=True, text=True)
        if out.returncode != 0:
            sys.exit(out.stderr)
        effects, peer, took, some = [], [], 0, []
        for line in out.stdout.splitlines():
            s, t, *v = map(float, line.split(","))
            for n, b, e in zip(TRUTH, v[:4], v[4:8]):
                effects.append((n, b, b - 1.96 * e, b + 1.96 * e))
            peer.append(miss(v[8:], everything[int(s)]))
            some.append(int(s))
            took += t
        tell("foresell, the series of R", sum((found[s] for s in some), []), [misses[s] for s in some],
             seconds * len(some) / count, forecast_mae_arima=round(statistics.mean(alone[s] for s in some), 3))
        tell("R auto.arima", effects, peer, took)


if __name__ == "__main__":
    main()
