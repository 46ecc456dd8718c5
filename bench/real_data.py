"""The whole way on real exports: the figures of "Tried on real data" in the README.

python3 bench/real_data.py FORESELL BENCH_BASELINE [--data DIR] [--only NAME] [--json FILE]

FORESELL and BENCH_BASELINE are the built programs. DIR is the folder of public data sets
($FORESELL_DATA, default ../shared/data beside the project); a set that is not there is left out and
said so. Prints two Markdown tables:

  workspaces   import and train of each CRM export; AUC and log loss on the newest window of
               foresell, of the naive Bayes that Odoo ships (stage and team), and of the base rate
  tables       `table train` on flat files with known logistic figures, 10 folds (row i in fold
               i mod 10), and on the newest fifth of the file

--json writes one JSON line per measure. Exit code 1 when a logistic AUC lies more than 0.003 from
its reference in 10 folds, or as much below it on the newest fifth: there the outcome drifts, and the
choice of caps and shrinkage alone moves it by 0.02 (bench/README.md). Standard library only.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

TOLERANCE = 0.003

# (folder, as of): without a date the programs take the end of the history.
WORKSPACES = [
    ("it_school_crm", "2024-03-31"),
    ("salesforce_demo_org", None),
    ("maven_crm", None),
    ("zoho_crm_demo", None),
    ("pipedrive_enpal", None),
]

BANK = "bank_marketing/bank-additional-full.csv"
BANK_OLD = "bank_marketing/bank-full.csv"
X_EDUCATION = "leads_xeducation/Leads.csv"
AFTER_CONTACT = "Last Activity,Last Notable Activity"
SCORES = (
    "Asymmetrique Activity Index,Asymmetrique Profile Index,"
    "Asymmetrique Activity Score,Asymmetrique Profile Score"
)
JUDGEMENTS = "Tags,Lead Quality,Lead Profile"

# (name, file, options, reference AUC in 10 folds, on the newest fifth): a logistic regression made
# by an independent program with rare levels pooled under 30 rows, values capped at 99 %, medians and
# marks for missing ones.
TABLES = [
    ("bank-additional, with duration", BANK,
     ["--target", "y", "--time", "ROW", "--use", "duration"], 0.9351, None),
    ("bank-additional", BANK, ["--target", "y", "--time", "ROW"], 0.7914, 0.6806),
    ("bank-full, with duration", BANK_OLD,
     ["--target", "y", "--time", "ROW", "--use", "duration"], 0.90679, None),
    ("bank-full", BANK_OLD, ["--target", "y", "--time", "ROW"], 0.76575, 0.6812),
    ("X Education", X_EDUCATION, ["--target", "Converted", "--id", "Prospect ID"], 0.8651, None),
    ("X Education, with last activity and scores", X_EDUCATION,
     ["--target", "Converted", "--id", "Prospect ID", "--use", f"{AFTER_CONTACT},{SCORES}"],
     0.9099, None),
    ("X Education, with all columns", X_EDUCATION,
     ["--target", "Converted", "--id", "Prospect ID", "--use",
      f"{AFTER_CONTACT},{SCORES},{JUDGEMENTS}"], 0.9798, None),
]


class Lines:
    """JSON lines, when asked for."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8") if path else None

    def add(self, **fields):
        if self.file:
            self.file.write(json.dumps(fields, ensure_ascii=False) + "\n")
            self.file.flush()


def run(command):
    """(exit code, standard output, last line of standard error, seconds)"""
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    error = (done.stderr.strip().splitlines() or [""])[-1]
    return done.returncode, done.stdout, error, time.monotonic() - began


def row(cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def number(value, digits=3):
    return "-" if value is None else f"{value:.{digits}f}"


# --- workspaces ---


def baseline_figures(program, workspace, purpose, as_of):
    """{system: figures}, or a sentence that says why there are none."""
    command = [program, workspace, purpose] + ([as_of] if as_of else [])
    code, out, error, _ = run(command)
    if code != 0:
        return error or f"exit code {code}"
    return {line["system"]: line for line in map(json.loads, out.splitlines())}


def workspace_rows(args, folder, as_of, lines):
    source = os.path.join(args.data, folder)
    with tempfile.TemporaryDirectory() as scratch:
        workspace = os.path.join(scratch, "real.db")
        code, out, error, import_seconds = run(
            [args.foresell, "import", "-w", workspace, "--json", "--quiet", source])
        if code != 0:
            row([folder, "-", number(import_seconds, 1), "-", f"import failed: {error}"] + ["-"] * 8)
            return False
        rows = json.loads(out)["rows"]
        moment = ["--as-of", as_of] if as_of else []
        code, out, error, train_seconds = run(
            [args.foresell, "train", "-w", workspace, "--json", "--quiet"] + moment)
        lines.add(set=folder, rows=rows, import_seconds=import_seconds,
                  train_seconds=train_seconds, exit_code=code)
        head = [folder, f"{rows:,}", number(import_seconds, 1), number(train_seconds, 1)]
        if code == 3:
            row(head + ["no model (exit 3)"] + ["-"] * 8)
            lines.add(set=folder, why=error)
            return True
        if code != 0:
            row(head + [f"train failed: {error}"] + ["-"] * 8)
            return False
        for model in json.loads(out)["models"]:
            workspace_row(args, folder, as_of, workspace, head, model, lines)
            head = [folder, "", "", ""]
    return True


def workspace_row(args, folder, as_of, workspace, head, model, lines):
    figures = baseline_figures(args.baseline, workspace, model["purpose"], as_of)
    if isinstance(figures, str):
        row(head + [model["purpose"], model["learner"], f"not measured: {figures}"] + ["-"] * 6)
        return
    ours, base = figures["foresell"], figures["base rate"]
    bayes = figures.get("naive Bayes of Odoo", {"auc": None, "log_loss": None})
    for figure in figures.values():
        lines.add(set=folder, **figure)
    where = ours["window"]
    row(head + [model["purpose"], model["learner"], f"{ours['rows']:,} {where}",
                number(ours["auc"]), number(model["quality"].get("auc_same_day")), number(bayes["auc"]),
                number(ours["log_loss"], 4),
                f"{number(bayes['log_loss'], 4)} / {number(base['log_loss'], 4)}",
                number(ours["calibration_error"])])


def workspaces(args, lines):
    print("Import, train and the newest window (log loss: naive Bayes / base rate)\n")
    row(["data", "rows", "import s", "train s", "for", "learner", "test rows", "AUC", "same day",
         "AUC naive Bayes", "log loss", "log loss of the baselines", "calibration error"])
    row(["---"] * 12)
    good = True
    for folder, as_of in WORKSPACES:
        if args.only and args.only != folder:
            continue
        if not os.path.isdir(os.path.join(args.data, folder)):
            row([folder, "not there"] + [""] * 10)
            continue
        good = workspace_rows(args, folder, as_of, lines) and good
    print()
    return good


# --- tables ---


def find(quality, learner, measured_on):
    for entry in quality:
        if entry["learner"] == learner and entry["measured_on"] == measured_on:
            return entry
    return None


def table_row(args, name, path, options, folds, newest, lines):
    with tempfile.TemporaryDirectory() as scratch:
        code, out, error, seconds = run(
            [args.foresell, "table", "train", os.path.join(args.data, path), "--folds", "10",
             "-o", os.path.join(scratch, "real.model"), "--json", "--quiet"] + options)
    if code != 0:
        row([name, f"failed: {error}"] + ["-"] * 8)
        return False
    answer = json.loads(out)
    quality, winner = answer["quality"], answer["learner"]
    ours = find(quality, "logistic", "10 folds")
    best = find(quality, winner, "10 folds")
    plain = find(quality, "plain logistic", "newest fifth")
    chosen = find(quality, winner, "newest fifth")
    lines.add(set=name, seconds=seconds, answer=answer, reference_folds=folds,
              reference_newest=newest)
    off = abs(ours["auc"] - folds) > TOLERANCE
    if newest is not None and plain is not None:
        off = off or plain["auc"] < newest - TOLERANCE
    row([name, f"{answer['rows']:,}", number(seconds, 0), number(ours["auc"], 4),
         number(folds, 4), f"{winner} {number(best['auc'], 4)}",
         number(plain and plain["auc"], 4), number(newest, 4),
         f"{winner} {number(chosen['auc'], 4)}" if chosen else "-"])
    return not off


def tables(args, lines):
    print("Flat tables, AUC\n")
    row(["data", "rows", "s", "logistic, 10 folds", "reference", "chosen, 10 folds",
         "logistic, newest fifth", "reference", "chosen, newest fifth"])
    row(["---"] * 9)
    good = True
    for name, path, options, folds, newest in TABLES:
        if args.only and args.only != name:
            continue
        if not os.path.isfile(os.path.join(args.data, path)):
            row([name, "not there"] + [""] * 7)
            continue
        good = table_row(args, name, path, options, folds, newest, lines) and good
    return good


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("foresell")
    parser.add_argument("baseline")
    parser.add_argument("--data", default=os.environ.get(
        "FORESELL_DATA", os.path.join(here, "..", "..", "shared", "data")))
    parser.add_argument("--only", help="one set by its name; `workspaces` or `tables`")
    parser.add_argument("--json")
    args = parser.parse_args()
    if not os.path.isdir(args.data):
        sys.exit(f"{args.data} is not a folder; set FORESELL_DATA or --data")
    part, lines = args.only, Lines(args.json)
    if part in ("workspaces", "tables"):
        args.only = None
    good = workspaces(args, lines) if part != "tables" else True
    good = (tables(args, lines) if part != "workspaces" else True) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
