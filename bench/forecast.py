"""Is the pipeline forecast closer than the simple rules, and do its intervals hold?

python3 bench/forecast.py FORESELL [--data DIR] [--companies N] [--weeks W] [--cuts C] [--json FILE]

FORESELL is the built program. Imports the real exports of DIR ($FORESELL_DATA, default ../shared/data
beside the project; one that is not there is left out and said so), simulates N companies (seeds
1 to N, 12 of 156 weeks unless told), and asks `backtest --what forecast` of each: the months of the
record, each forecast at its start from what was known then, beside five simple rules on the same
months. Prints a Markdown table: error (sum of misses over sum of actuals) by rule, our rank, and how
many of the 80 % intervals held. Standard library only.

Exit code 1 when on average a simple rule is closer on the simulated companies, or when the intervals
of all sets together hold fewer than 70 or more than 90 %. --json writes one JSON line per set.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

# (folder, as of: the day its record ends, months)
REAL = [
    ("maven_crm", "2018-01-01", 12),
    ("it_school_crm", "2024-06-01", 12),
    ("salesforce_demo_org", "2017-06-01", 24),
    ("zoho_crm_demo", "2021-06-01", 24),
]
RULES = ["stage weights", "same period last year", "last period", "run rate", "smoothing (ETS)"]
SHORT = ["stages", "last year", "last", "run rate", "ETS"]


def call(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def asked(program, workspace, cuts, as_of=None):
    when = ["--as-of", as_of] if as_of else []
    text = call(program, "-w", workspace, "backtest", "--what", "forecast", "--cuts", str(cuts),
                "--json", "--quiet", *when)
    return json.loads(text)["forecast"]


def row_of(name, answer):
    errors = [answer["baseline_error"][rule] for rule in RULES]
    # a rule that is not to be had for all months is met on those that it has
    ahead = [r["rule"] for r in answer["rules"]
             if r["error"] is not None and r["error"] < r["own_error"]]
    cuts = len(answer["cuts"])
    return {"set": name, "cuts": cuts, "error": answer["error"], "rules": errors,
            "rank": 1 + len(ahead), "closer": ahead, "held": round(answer["coverage_80"] * cuts),
            "sum_error": answer["ahead"][-1]["error"], "verdict": answer["verdict"]}


def percent(value):
    return "-" if value is None else f"{100 * value:.1f}"


def show(row):
    print(f"| {row['set']} | {row['cuts']} | {percent(row['error'])} | "
          + " | ".join(percent(e) for e in row["rules"])
          + f" | {row['rank']} | {row['held']} of {row['cuts']} |", flush=True)


def mean(rows):
    def of(values):
        known = [v for v in values if v is not None]
        return sum(known) / len(known) if known else None

    rules = [of([r["rules"][k] for r in rows]) for k in range(len(RULES))]
    error = of([r["error"] for r in rows])
    return {"set": f"mean of {len(rows)} simulated", "cuts": sum(r["cuts"] for r in rows),
            "error": error, "rules": rules, "held": sum(r["held"] for r in rows),
            "rank": 1 + sum(v is not None and v < error for v in rules)}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--data", default=os.environ.get(
        "FORESELL_DATA", os.path.join(here, "..", "..", "shared", "data")))
    parser.add_argument("--companies", type=int, default=12)
    parser.add_argument("--weeks", type=int, default=156)
    parser.add_argument("--cuts", type=int, default=12)
    parser.add_argument("--json")
    options = parser.parse_args()
    program, rows, simulated = options.program, [], []
    print("| set | months | foresell | " + " | ".join(SHORT) + " | rank | 80 % held |")
    print("| --- " * (len(SHORT) + 5) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for name, as_of, cuts in REAL:
            source, workspace = os.path.join(options.data, name), os.path.join(folder, name + ".db")
            if not os.path.isdir(source):
                print(f"{name} is not in {options.data}: left out", file=sys.stderr)
                continue
            call(program, "-w", workspace, "import", source, "--quiet")
            rows.append(row_of(name, asked(program, workspace, cuts, as_of)))
            show(rows[-1])
        for seed in range(1, options.companies + 1):
            world = os.path.join(folder, f"w{seed}")
            call(program, "simulate", "--seed", str(seed), "--weeks", str(options.weeks), "--out",
                 world, "--quiet")
            call(program, "-w", world + ".db", "import", world, "--quiet")
            simulated.append(row_of(f"simulated, seed {seed}",
                                    asked(program, world + ".db", options.cuts)))
            show(simulated[-1])
    failed = False
    if simulated:
        total = mean(simulated)
        show(total)
        failed = total["rank"] > 1
    everything = rows + simulated
    held, cuts = sum(r["held"] for r in everything), sum(r["cuts"] for r in everything)
    if cuts:
        print(f"\n80 % intervals held {held} of {cuts} = {100 * held / cuts:.0f} %; first in "
              f"{sum(r['rank'] == 1 for r in everything)} of {len(everything)} sets")
        failed = failed or not 0.7 <= held / cuts <= 0.9
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            for row in everything:
                file.write(json.dumps(row) + "\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
