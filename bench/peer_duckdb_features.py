#!/usr/bin/env python3
"""The 60 window features in DuckDB, on the events that bench_features wrote, in the same run.

    peer_duckdb_features.py BENCH_FEATURES [LEADS] [EVENTS] [RUNS]

Runs the C program, loads its columns into DuckDB's own tables, checks the totals of all 60 columns,
and prints the program's JSON line and one with the peer's medians and the ratios: all 60 columns, and
the 55 without the distinct days, which are dear in SQL."""
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import duckdb
import numpy

DAY = 86400 * 1000000
WINDOWS = [("7d", 7), ("30d", 30), ("90d", 90), ("365d", 365), ("all", None)]
CONDITIONS = {  # every event of the bench has a direction: 1 outbound, 2 inbound; none is cancelled
    "touches": "true",
    "outbound": "direction = 1 AND kind <= 5",
    "inbound": "direction = 2 AND (kind <= 5 OR kind IN (8, 12))",
    "calls": "kind = 0 AND direction = 1",
    "emails": "kind = 1 AND direction = 1",
    "replies": "(kind = 12 OR (kind = 1 AND direction = 2))",
    "meetings": "kind IN (2, 3, 4) AND outcome <> 2",
    "web": "kind IN (7, 8)",
    "calls_in": "kind = 0 AND direction = 2",
    "messages": "kind = 5",
    "opens": "kind = 10",
    "clicks": "kind = 11",
    "sends": "kind = 9",
}
THREE = {"calls_in", "messages", "opens", "clicks", "sends"}


def window(days, as_of):
    return f"moment >= {as_of - days * DAY}" if days else "true"


def query(as_of, with_days):
    columns = []
    for name, condition in CONDITIONS.items():
        for suffix, days in WINDOWS:
            if name in THREE and suffix in ("7d", "365d"):
                continue
            columns.append(f"count(*) FILTER (WHERE {condition} AND {window(days, as_of)}) AS {name}_{suffix}")
    if with_days:
        for suffix, days in WINDOWS:
            columns.append(f"count(DISTINCT ({as_of} - 1 - moment) // {DAY}) FILTER (WHERE {window(days, as_of)}) AS active_days_{suffix}")
    return f"CREATE OR REPLACE TABLE features AS SELECT lead, {', '.join(columns)} FROM events WHERE moment < {as_of} GROUP BY lead"


def median_seconds(connection, sql, runs):
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        connection.execute(sql)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), min(seconds)


def main():
    program = sys.argv[1]
    leads, events, runs = (sys.argv[2:] + ["1000000", "20000000", "3"][len(sys.argv) - 2:])[:3]
    with tempfile.TemporaryDirectory() as folder:
        line = subprocess.run([program, "memory", leads, events, folder, str(max(5, int(runs)))], check=True,
                              capture_output=True, text=True).stdout
        ours = json.loads(line)
        print(line, end="")
        columns = {name: numpy.load(pathlib.Path(folder) / f"{name}.npy") for name in ("lead", "moment", "kind", "direction", "outcome")}
        totals = dict(csv.reader(open(pathlib.Path(folder) / "totals.csv", encoding="utf-8")))
    as_of = int(totals.pop("as_of"))
    connection = duckdb.connect()
    connection.execute(f"SET threads = {ours['threads']}")
    connection.execute("CREATE TABLE events AS SELECT * FROM columns")
    del columns
    plain, plain_min = median_seconds(connection, query(as_of, False), int(runs))
    full, full_min = median_seconds(connection, query(as_of, True), int(runs))
    sums = ", ".join(f"sum({name})" for name in totals)
    theirs = connection.execute(f"SELECT {sums} FROM features").fetchone()
    wrong = [name for name, value in zip(totals, theirs) if int(value) != int(totals[name])]
    print(json.dumps({
        "bench": "window_features_duckdb", "version": duckdb.__version__, "threads": ours["threads"], "n": int(runs),
        "seconds": round(full, 3), "min": round(full_min, 3), "seconds_without_days": round(plain, 3),
        "min_without_days": round(plain_min, 3), "columns_agreeing": len(totals) - len(wrong), "columns": len(totals),
        "wrong": wrong, "ratio": round(ours["seconds"] / full, 4), "ratio_without_days": round(ours["seconds"] / plain, 4)}))
    return 1 if wrong or len(totals) != 60 else 0


if __name__ == "__main__":
    sys.exit(main())
