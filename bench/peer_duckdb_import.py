"""The peer of bench_import.c: DuckDB reads activities.csv into a table on disk.

python peer_duckdb_import.py ACTIVITIES_CSV    prints seconds by the clock, seconds of processor, rows

Only the statement is timed, not the start of Python. Threads: FORESELL_THREADS.
"""
import os
import sys
import tempfile
import time

import duckdb

with tempfile.TemporaryDirectory() as folder:
    database = duckdb.connect(os.path.join(folder, "peer.duckdb"))
    if os.environ.get("FORESELL_THREADS"):
        database.execute(f"SET threads = {int(os.environ['FORESELL_THREADS'])}")
    began, busy = time.perf_counter(), time.process_time()
    database.execute("CREATE TABLE activity AS SELECT * FROM read_csv(?)", [sys.argv[1]])
    database.execute("CHECKPOINT")
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    print(seconds, busy, database.execute("SELECT count(*) FROM activity").fetchone()[0])
