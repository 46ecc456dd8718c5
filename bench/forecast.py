"""Is the pipeline forecast closer than the simple rules, and do its intervals hold?

python3 bench/forecast.py FORESELL [--data DIR] [--first SEED] [--companies N] [--weeks W] [--cuts C]
                          [--floor FORECAST_FLOOR] [--json FILE]

FORESELL is the built program. Imports the real exports of DIR ($FORESELL_DATA, default ../shared/data
beside the project; one that is not there is left out and said so; "none": without), simulates N
companies (seeds 1 to N or from SEED on, 12 of 156 weeks unless told), and asks `backtest --what forecast` of each: the months of the
record, each forecast at its start from what was known then, beside five simple rules on the same
months. Prints a Markdown table: error (sum of misses over sum of actuals) by rule, our rank, and how
many of the 80 % intervals held; then, over the simulated companies, our error less that of each rule
with its standard error (companies are independent, their months are not quite). Standard library only.

FORECAST_FLOOR is the built bench/forecast_floor.c: what one would miss by who knows every hidden
thing about the simulated companies. It knows whole weeks only, so that months are those of a 4-4-5
calendar there; ours and the stage weights are asked on the same ones.

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


def floor_of(name, program, floor, workspace, seed, options):
    call(program, "-w", workspace, "settings", "fiscal_weeks=4-4-5", "--quiet")
    cuts = asked(program, workspace, options.cuts)["cuts"]
    known = json.loads(call(floor, str(seed), str(options.weeks), *(c["start"] for c in cuts)))
    cuts = cuts[:len(known)]  # the last one's end is not told
    actual = sum(c["actual"] for c in cuts)
    if any(abs(k["actual"] - c["actual"]) > 0.5 for k, c in zip(known, cuts)):
        sys.exit(f"{name}: {floor} simulates another company")

    def error(said, of):
        return sum(abs(x[said] - c["actual"]) for x, c in zip(of, cuts)) / actual

    return {"set": name, "months": len(known), "floor": error("mean", known),
            "error": error("mean", cuts), "stages": error("stage weights", cuts),
            "held": sum(k["lo80"] <= k["actual"] <= k["hi80"] for k in known)}


def difference(name, pairs):
    """Mean of ours less theirs over companies, and its standard error."""
    if len(pairs) < 2:
        return
    points = [100 * (ours - theirs) for ours, theirs in pairs]
    middle = sum(points) / len(points)
    error = (sum((p - middle) ** 2 for p in points) / (len(points) - 1) / len(points)) ** 0.5
    print(f"- less {name}: {middle:+.2f} points, standard error {error:.2f}; closer in "
          f"{sum(p < 0 for p in points)} of {len(points)}")


def show_floors(floors):
    months = sum(f["months"] for f in floors)
    means = [percent(sum(f[k] for f in floors) / len(floors)) for k in ("floor", "error", "stages")]
    print(f"\nIn months of whole weeks ({len(floors)} companies, {months} months): who knows "
          f"everything {means[0]}, foresell {means[1]}, stage weights {means[2]}; stage weights were "
          f"closer than who knows everything in {sum(f['stages'] < f['floor'] for f in floors)}, "
          f"whose 80 % interval held {sum(f['held'] for f in floors)}")
    difference("who knows everything", [(f["error"], f["floor"]) for f in floors])


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
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--companies", type=int, default=12)
    parser.add_argument("--floor")
    parser.add_argument("--weeks", type=int, default=156)
    parser.add_argument("--cuts", type=int, default=12)
    parser.add_argument("--json")
    options = parser.parse_args()
    program, rows, simulated, floors = options.program, [], [], []
    print("| set | months | foresell | " + " | ".join(SHORT) + " | rank | 80 % held |")
    print("| --- " * (len(SHORT) + 5) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for name, as_of, cuts in REAL if options.data != "none" else []:
            source, workspace = os.path.join(options.data, name), os.path.join(folder, name + ".db")
            if not os.path.isdir(source):
                print(f"{name} is not in {options.data}: left out", file=sys.stderr)
                continue
            call(program, "-w", workspace, "import", source, "--quiet")
            rows.append(row_of(name, asked(program, workspace, cuts, as_of)))
            show(rows[-1])
        for seed in range(options.first, options.first + options.companies):
            world = os.path.join(folder, f"w{seed}")
            call(program, "simulate", "--seed", str(seed), "--weeks", str(options.weeks), "--out",
                 world, "--quiet")
            call(program, "-w", world + ".db", "import", world, "--quiet")
            simulated.append(row_of(f"simulated, seed {seed}",
                                    asked(program, world + ".db", options.cuts)))
            show(simulated[-1])
            if options.floor:
                floors.append(floor_of(simulated[-1]["set"], program, options.floor, world + ".db",
                                       seed, options))
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
        print("\nOur error on simulated companies")
        for k, rule in enumerate(RULES):
            difference(rule, [(r["error"], r["rules"][k]) for r in simulated
                              if r["rules"][k] is not None])
        if floors:
            show_floors(floors)
        failed = failed or not 0.7 <= held / cuts <= 0.9
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            for row in everything + floors:
                file.write(json.dumps(row) + "\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
