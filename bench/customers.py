"""Do the customer rows of the list come true? Two years of a real shop's orders.

python3 bench/customers.py FORESELL [--data DIR] [--as-of DATE ...]

FORESELL is the built program; DIR the folder of public data sets ($FORESELL_DATA, default ../shared/data
beside the project), of which online_retail is read: customers are accounts, stock codes products. The
shop has no deals; 300 with outcomes by lot let a model be trained, as the list asks for one. At each
date `rank` sees only what lies before it (the whole history is imported); what was bought in the next 90
days is compared:

  cross-sell   among those who bought anything: how many bought the product that was named; beside it
               the most popular product that they did not have
  churn        of those whose pause passed nine in ten of their own within the last 30 days, how many bought again;
               beside it the customers with as many purchases who had not passed it

Prints a Markdown table. Standard library only.
"""
import argparse
import collections
import csv
import datetime
import gzip
import json
import os
import pathlib
import random
import subprocess
import tempfile

FILES = ("online_retail_II_2009-2010.csv.gz", "online_retail_2010-2011_no_cancellations.csv.gz")
AHEAD = datetime.timedelta(days=90)


def read_orders(folder):
    """(customer, day, product, amount) of all invoices that were not cancelled, each line once."""
    orders = set()
    for name in FILES:
        with gzip.open(folder / name, "rt", encoding="latin-1", newline="") as file:
            for row in csv.DictReader(file):
                invoice = row.get("Invoice") or row.get("InvoiceNo")
                who = row.get("Customer ID") or row.get("CustomerID")
                price = float(row.get("Price") or row.get("UnitPrice") or 0)
                if not who or invoice.startswith("C") or float(row["Quantity"]) <= 0:
                    continue
                when = row["InvoiceDate"][:10].replace("/", "-")
                orders.add((who.split(".")[0], when, row["StockCode"], round(price * float(row["Quantity"]), 2)))
    return sorted(orders)


def write_history(folder, orders):
    customers = sorted({order[0] for order in orders})
    with open(folder / "accounts.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["account_id", "owner_id"])
        rows.writerows([who, "R1"] for who in customers)
    with open(folder / "orders.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["order_id", "account_id", "at", "product_id", "amount"])
        rows.writerows([f"O{i}", who, f"{day}T12:00:00Z", product, amount]
                       for i, (who, day, product, amount) in enumerate(orders))
    lot = random.Random(1)
    first = datetime.date.fromisoformat(min(order[1] for order in orders))
    with open(folder / "deals.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["deal_id", "created_at", "closed_at", "outcome"])
        for i in range(300):
            made = first + datetime.timedelta(days=lot.randrange(200))
            rows.writerow([f"D{i}", made, made + datetime.timedelta(days=lot.randrange(1, 40)),
                           lot.choice(["won", "lost"])])


def run(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.strip().splitlines()[-1])
    return done.stdout


def measure(program, workspace, orders, day):
    run(program, "--workspace", workspace, "train", "--as-of", day, "--quiet")
    answer = json.loads(run(program, "--workspace", workspace, "rank", "--as-of", day, "--json", "--quiet",
                            "--limit", 10**6, "--customers", 1000, "--thank-amounts", 0, "--thank-days", 0))
    end = (datetime.date.fromisoformat(day) + AHEAD).isoformat()
    had, bought, days = (collections.defaultdict(set) for _ in range(3))
    for who, at, product, _ in orders:
        if at < day:
            had[who].add(product)
            days[who].add(at)
        elif at < end:
            bought[who].add(product)
    popular = [product for product, _ in
               collections.Counter(p for owned in had.values() for p in owned).most_common()]
    offers = [(row["account_id"], row["product"]) for row in answer["customers"] if row["kind"] == "cross-sell"]
    assert not any(product in had[who] for who, product in offers), "offers what was bought already"
    asked = [(who, product) for who, product in offers if bought[who]]
    hits = sum(product in bought[who] for who, product in asked)
    usual = sum(next(p for p in popular if p not in had[who]) in bought[who] for who, _ in asked)
    late = {row["account_id"] for row in answer["customers"] if row["kind"] == "churn"}
    fresh = (datetime.date.fromisoformat(day) - AHEAD).isoformat()
    others = [who for who in days if len(days[who]) >= 3 and who not in late and max(days[who]) >= fresh]
    share = [sum(bool(bought[who]) for who in group) / max(1, len(group)) for group in (sorted(late), others)]
    print(f"| {day} | {len(offers)} | {len(asked)} | {hits / max(1, len(asked)):.3f} | {usual / max(1, len(asked)):.3f} "
          f"| {len(late)} | {share[0]:.3f} | {share[1]:.3f} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("foresell")
    parser.add_argument("--data", default=os.environ.get("FORESELL_DATA", pathlib.Path(__file__).parents[2] / "shared/data"))
    parser.add_argument("--as-of", nargs="*", default=["2010-09-01", "2011-03-01", "2011-06-01", "2011-09-01"])
    options = parser.parse_args()
    data = pathlib.Path(options.data) / "online_retail"
    if not data.is_dir():
        raise SystemExit(f"{data} is not there")
    orders = read_orders(data)
    print("| as of | offers | bought anything | what was named | most popular | late | back | others back |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        history = pathlib.Path(folder) / "history"
        history.mkdir()
        write_history(history, orders)
        run(options.foresell, "--workspace", f"{folder}/w.db", "import", history, "--quiet")
        for day in options.as_of:
            measure(options.foresell, f"{folder}/w.db", orders, day)


if __name__ == "__main__":
    main()
