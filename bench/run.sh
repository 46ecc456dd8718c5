#!/bin/sh
# Runs every bench with pinned threads and writes JSON lines.
#
#   bench/run.sh [BUILD [OUT]]      BUILD: build/bench (cmake --preset bench && cmake --build --preset bench)
#                                   OUT: bench.jsonl
#
# Environment: FORESELL_THREADS (default: all processors), FORESELL_BENCH_PYTHON (a Python with
# bench/requirements.txt; without it the peers in Python are left out), FORESELL_DATA (public data
# sets; without it the real ones are left out), SIZE=small for a run of about a minute.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../build/bench}
out=${2:-bench.jsonl}
python=${FORESELL_BENCH_PYTHON:-}
data=${FORESELL_DATA:-$here/../../shared/data}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM

FORESELL_THREADS=${FORESELL_THREADS:-$(nproc)}
FORESELL_COMMIT=$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)
FORESELL_BENCH_DIR=$here
OPENBLAS_NUM_THREADS=1 # foresell divides the work itself
export FORESELL_THREADS FORESELL_COMMIT FORESELL_BENCH_DIR OPENBLAS_NUM_THREADS

if [ "${SIZE:-full}" = small ]; then
    leads=100000 events=2000000 rows=100000 runs=3 import_leads=6000 import_activities=100000
else
    leads=1000000 events=20000000 rows=1000000 runs=5 import_leads=60000 import_activities=1000000
fi

if [ ! -d "$build/bench" ]; then
    echo "run.sh: $build/bench is not there; build it: cmake --preset bench && cmake --build --preset bench" >&2
    exit 2
fi

# One bench on processors 0..threads-1; a line before each says what the machine was doing.
bench() {
    printf '{"run":"%s","commit":"%s","threads":%s,"load":"%s"}\n' "$1" "$FORESELL_COMMIT" \
        "$FORESELL_THREADS" "$(cut -d ' ' -f 1-3 /proc/loadavg)" | tee -a "$out"
    name=$1
    shift
    taskset -c "0-$((FORESELL_THREADS - 1))" "$@" >"$scratch/out" || echo "run.sh: $name failed" >&2
    tee -a "$out" <"$scratch/out"
}

: >"$out"
mkdir "$scratch/import" "$scratch/features" "$scratch/logit"
bench import "$build/bench/bench_import" "$import_leads" "$import_activities" "$scratch/import" "$runs"
bench timeline "$build/bench/bench_features" store $((leads / 10)) $((events / 10)) "$scratch/history.db" "$runs"
if [ -n "$python" ]; then
    bench features "$python" "$here/peer_duckdb_features.py" "$build/bench/bench_features" "$leads" "$events" 3
    bench logit "$python" "$here/peer_sklearn_logit.py" "$build/bench/bench_logit" "$rows" 50 "$runs"
    bench trees "$python" "$here/peer_trees.py" "$build/bench/bench_trees" "$rows" 50 3
else
    bench features "$build/bench/bench_features" memory "$leads" "$events" "$scratch/features" "$runs"
    bench logit "$build/bench/bench_logit" "$rows" 50 "$scratch/logit" "$runs"
    bench trees "$build/bench/bench_trees" "$rows" 50 "$scratch/logit" "$runs"
fi
bench mint "$build/bench/bench_mint" 10000
if [ -n "$python" ]; then
    bench mint "$python" "$here/peer_mint.py" 3000
    bench seasons "$python" "$here/peer_seasons.py" "$build/bench/bench_seasons" 20
else
    bench seasons "$build/bench/bench_seasons" 20
fi
bench drivers python3 "$here/drivers.py" "$build/foresell" 100 20
if [ -d "$data" ]; then
    export FORESELL_DATA="$data"
    bench m3 "$build/bench/bench_m3" "$FORESELL_THREADS"
    [ -z "$python" ] || bench series "$python" "$here/peer_series.py" "$build/bench/bench_m3" "$build/foresell" 3
    # its Markdown tables go to the terminal, its lines to the file
    python3 "$here/real_data.py" "$build/foresell" "$build/bench/bench_baseline" \
        --data "$data" --json "$scratch/real.jsonl" || echo "run.sh: real_data differs from its references" >&2
    [ ! -f "$scratch/real.jsonl" ] || cat "$scratch/real.jsonl" >>"$out"
fi
