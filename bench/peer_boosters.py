#!/usr/bin/env python3
"""`foresell table train` beside LightGBM, XGBoost, CatBoost and scikit-learn's HistGradientBoosting.

    peer_boosters.py FORESELL [--data DIR] [--only NAME] [--folds] [--json FILE]

Everybody has default settings, the same columns (none that knows the outcome), the same rows to
learn from and the same rows to be tested on: the newest fifth where rows have an order, else the last
fifth of a shuffled file, for three shuffles. Foresell keeps a quarter of the rows to learn from for
choosing and calibrating, as it always does; the peers fit on all of them. Categories go to the
peers as such (at most 254 levels, the rest pooled). --folds: ten folds (row i in fold i mod 10) of
bank-additional, where foresell reports the logistic and the learner that it chose.

The IT school's deals become a flat table as of seven days after each deal began: what was known
when it began, and the calls up to that moment; the outcome is a payment within 120 days."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

HERE = pathlib.Path(__file__).parent
X_LATE = ["Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity", "Asymmetrique Activity Index",
          "Asymmetrique Profile Index", "Asymmetrique Activity Score", "Asymmetrique Profile Score"]
LOOK, WITHIN = pd.Timedelta(days=7), pd.Timedelta(days=120)
SHUFFLES = 3
MOST_LEVELS = 254


# --- the sets: (frame in the order of its rows, outcome column) ---


def bank(data, name):
    table = pd.read_csv(data / "bank_marketing" / name, sep=";").drop(columns="duration")
    table["y"] = (table["y"] == "yes").astype(int)
    return table


def x_education(data, seed):
    table = pd.read_csv(data / "leads_xeducation" / "Leads.csv").drop(columns=["Prospect ID", "Lead Number"] + X_LATE)
    return table.rename(columns={"Converted": "y"}).sample(frac=1, random_state=seed).reset_index(drop=True)


def it_school(data):
    deals = pd.read_csv(data / "it_school_crm" / "deals.csv", dtype={"Id": str, "Contact Name": str},
                        parse_dates=["Created Time", "Closing Date"])
    calls = pd.read_csv(data / "it_school_crm" / "calls.csv", dtype={"CONTACTID": str}, parse_dates=["Call Start Time"])
    end = calls["Call Start Time"].max()
    moment = deals["Created Time"] + LOOK
    seen = (deals["Created Time"] <= end - LOOK - WITHIN) & ~(deals["Closing Date"] < moment)
    deals = deals[seen].sort_values(["Created Time", "Id"]).reset_index(drop=True)
    moment, began = deals["Created Time"] + LOOK, deals["Created Time"]
    paid = deals["Stage"] == "Payment Done"
    out = deals[["Page", "Campaign", "Content", "Term", "Source", "Deal Owner Name"]].copy()
    out["hour"], out["weekday"] = began.dt.hour, began.dt.day_of_week
    out["deals before"] = deals.groupby("Contact Name").cumcount()
    pairs = deals[["Contact Name"]].assign(row=deals.index, moment=moment, began=began).merge(
        calls.rename(columns={"CONTACTID": "Contact Name"}), on="Contact Name")
    pairs = pairs[pairs["Call Start Time"] < pairs["moment"]]
    pairs["seconds"] = pairs["Call Duration (in seconds)"].fillna(0)
    by_row = pairs.groupby("row")
    out["calls"] = by_row.size().reindex(deals.index, fill_value=0)
    for kind in ("Inbound", "Outbound", "Missed"):
        out[f"{kind.lower()} calls"] = pairs[pairs["Call Type"] == kind].groupby("row").size().reindex(deals.index, fill_value=0)
    out["talks over a minute"] = pairs[pairs["seconds"] > 60].groupby("row").size().reindex(deals.index, fill_value=0)
    out["seconds talked"] = by_row["seconds"].sum().reindex(deals.index, fill_value=0)
    out["longest call"] = by_row["seconds"].max()
    out["hours to first call"] = (by_row["Call Start Time"].min() - began).dt.total_seconds() / 3600
    out["hours since last call"] = (moment - by_row["Call Start Time"].max()).dt.total_seconds() / 3600
    out["y"] = (paid & ~(deals["Closing Date"] > moment + WITHIN)).astype(int)
    return out


def sets(data):
    yield "bank-additional", lambda: [bank(data, "bank-additional-full.csv")]
    yield "bank-full", lambda: [bank(data, "bank-full.csv")]
    yield "X Education", lambda: [x_education(data, seed) for seed in range(SHUFFLES)]
    yield "it_school_crm", lambda: [it_school(data)]


# --- the peers ---


def as_categories(table):
    x = table.drop(columns="y").copy()
    for name in x.columns:
        if not pd.api.types.is_numeric_dtype(x[name]):
            text = x[name].astype(object).where(x[name].notna(), "(missing)").astype(str)
            kept = text.value_counts().index[:MOST_LEVELS]
            x[name] = pd.Categorical(text.where(text.isin(kept), "(other)"))
    return x


def peers():
    import catboost
    import lightgbm
    import xgboost
    from sklearn.ensemble import HistGradientBoostingClassifier
    return {
        "LightGBM": lambda names: lightgbm.LGBMClassifier(n_jobs=1, verbose=-1),
        "XGBoost": lambda names: xgboost.XGBClassifier(n_jobs=1, enable_categorical=True, verbosity=0),
        "CatBoost": lambda names: catboost.CatBoostClassifier(thread_count=1, verbose=0, allow_writing_files=False, cat_features=names),
        "HistGradientBoosting": lambda names: HistGradientBoostingClassifier(random_state=0, categorical_features="from_dtype"),
    }


def peer_probability(make, x, y, train, test):
    model = make([c for c in x.columns if isinstance(x[c].dtype, pd.CategoricalDtype)])
    return model.fit(x[train], y[train]).predict_proba(x[test])[:, 1]


# --- foresell ---


def foresell(program, table, folds=None):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "flat.csv"
        table.to_csv(path, index=False)
        extra = ["--folds", str(folds)] if folds else []
        done = subprocess.run([program, "table", "train", path, "--target", "y", "--time", "ROW", "-o", pathlib.Path(folder) / "m",
                               "--use", ",".join(c for c in table.columns if c != "y"), "--json", "--quiet"] + extra,
                              capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"foresell table train: {done.stderr.strip()}")
    return json.loads(done.stdout)


def quality_of(answer, where):
    return {q["learner"]: (q["log_loss"], q["auc"]) for q in answer["quality"] if q["measured_on"] == where}


# --- the table ---


def newest_fifth(program, name, tables, lines):
    figures = {}
    for table in tables:
        answer = foresell(program, table)
        held = quality_of(answer, "newest fifth")
        figures.setdefault("foresell", []).append(held[answer["learner"]])
        figures.setdefault("base rate", []).append(held["base rate"])
        chosen = answer["learner"]
        n = len(table)
        test = np.arange(n) >= 0.8 * n
        x, y = as_categories(table), table["y"].to_numpy()
        for peer, make in peers().items():
            p = peer_probability(make, x, y, ~test, test)
            figures.setdefault(peer, []).append((log_loss(y[test], p), roc_auc_score(y[test], p)))
    for system, pairs in figures.items():
        loss, auc = np.mean(pairs, axis=0)
        label = f"foresell ({chosen})" if system == "foresell" else system
        print(f"| {name} | {label} | {loss:.4f} | {auc:.4f} |", flush=True)
        if lines:
            lines.write(json.dumps({"bench": "boosters", "set": name, "rows": len(tables[0]), "system": system,
                                    "learner": chosen if system == "foresell" else None, "log_loss": loss, "auc": auc}) + "\n")


def ten_folds(program, table, lines):
    answer = foresell(program, table, 10)
    rows = dict(quality_of(answer, "10 folds"))
    x, y = as_categories(table), table["y"].to_numpy()
    fold = np.arange(len(table)) % 10
    for peer, make in peers().items():
        p = np.empty(len(table))
        for k in range(10):
            p[fold == k] = peer_probability(make, x, y, fold != k, fold == k)
        rows[peer] = (log_loss(y, p), roc_auc_score(y, p))
    for system, (loss, auc) in rows.items():
        print(f"| bank-additional, 10 folds | {system} | {loss:.4f} | {auc:.4f} |", flush=True)
        if lines:
            lines.write(json.dumps({"bench": "boosters", "set": "bank-additional, 10 folds", "system": system, "log_loss": loss, "auc": auc}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("foresell")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(os.environ.get("FORESELL_DATA") or HERE / "../../shared/data"))
    parser.add_argument("--only")
    parser.add_argument("--folds", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--write", type=pathlib.Path, help="write the flat tables as CSV to this folder and stop")
    args = parser.parse_args()
    lines = open(args.json, "w", encoding="utf-8") if args.json else None
    if not args.write:
        print("| set | system | log loss | AUC |\n| --- | --- | --- | --- |")
    for name, make in sets(args.data):
        if args.only and name != args.only:
            continue
        if args.write:
            for k, table in enumerate(make()):
                table.to_csv(args.write / f"{name.replace(' ', '_')}-{k}.csv", index=False)
        else:
            newest_fifth(args.foresell, name, make(), lines)
    if args.folds and not args.write:
        ten_folds(args.foresell, bank(args.data, "bank-additional-full.csv"), lines)


if __name__ == "__main__":
    main()
