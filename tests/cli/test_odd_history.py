"""Exports that are sound as files and odd in what they say: nothing but blanks, one value everywhere,
one row. They are answered, or the answer says what is missing."""
import random
import unittest

from harness import Folder, run


def deals(count=240, amount=lambda i: 100 + i, extra="", seed=1, closed=True):
    """Deals of a year and a half; about a third is won; every fifth is open."""
    lot = random.Random(seed)
    rows = ["deal_id,owner_id,created_at,closed_at,outcome,amount" + (",Extra" if extra is not None else "")]
    for i in range(count):
        day = f"{2023 + i // 200}-{i % 12 + 1:02}-{i % 27 + 1:02}"
        done = closed and i % 5 > 0
        end = f"{2024 + i // 200}-{(i + 2) % 12 + 1:02}-{i % 27 + 1:02}" if done else ""
        outcome = ("won" if lot.random() < 0.4 else "lost") if done else "open"
        rows.append(f"D{i},R{i % 3},{day},{end},{outcome},{amount(i)}" + (f",{extra}" if extra is not None else ""))
    return "\n".join(rows) + "\n"


class OddHistory(Folder):
    def workspace(self, **files):
        for name, text in files.items():
            self.write(f"in/{name}.csv", text)
        path = self.folder / "w.db"
        self.imported = run("import", self.folder / "in", "--json", "--quiet", workspace=path).json
        return path

    def refused(self, path, words, says):
        result = run(*words, "--json", "--quiet", workspace=path, code=3)
        self.assertEqual(result.out, "")
        self.assertRegex(result.err, says)

    def test_every_cell_is_nan(self):
        rows = "".join(f"D{i},NaN,NaN,NaN,NaN,NaN,NaN\n" for i in range(100))
        path = self.workspace(deals="deal_id,owner_id,created_at,closed_at,outcome,amount,Extra\n" + rows)
        self.assertEqual(self.imported["added"] + self.imported["rejected"], 100)
        self.refused(path, ["train"], "nothing to learn from")
        self.refused(path, ["forecast"], "nothing was won|no leads and no deals")
        self.refused(path, ["rank"], "train one first|no leads and no deals")

    def test_amounts_that_are_all_nan__wins_are_counted(self):
        path = self.workspace(deals=deals(amount=lambda i: "NaN"))
        self.assertEqual(self.imported["added"], 240)
        answer = run("forecast", "--as-of", "2025-01-01", "--json", "--quiet", workspace=path).json
        self.assertEqual(answer["unit"], "deals won")
        found = run("check", "--json", "--quiet", workspace=path).json["findings"]
        self.assertIn("amount_unknown", {f["code"] for f in found})

    def test_a_column_of_one_value__tells_nothing_and_is_not_seen(self):
        with_column = self.workspace(deals=deals(extra="always"))
        run("train", "--as-of", "2025-01-01", "--quiet", workspace=with_column)
        plain = run("rank", "--as-of", "2025-01-01", "--json", "--quiet", workspace=with_column).json
        (self.folder / "in/deals.csv").unlink()
        self.folder.joinpath("w.db").rename(self.folder / "first.db")
        without = self.workspace(deals=deals(extra=None))
        run("train", "--as-of", "2025-01-01", "--quiet", workspace=without)
        other = run("rank", "--as-of", "2025-01-01", "--json", "--quiet", workspace=without).json
        self.assertEqual([lead["probability"] for lead in plain["leads"]],
                         [lead["probability"] for lead in other["leads"]])
        self.assertNotIn("Extra", str(plain["leads"]))

    def test_one_deal_and_one_activity(self):
        path = self.workspace(deals="deal_id,created_at,closed_at,outcome,amount\nD1,2024-01-01,2024-02-01,won,100\n",
                              activities="activity_id,at,kind,deal_id\nA1,2024-01-05,call,D1\n")
        self.assertEqual(self.imported["added"], 2)
        self.refused(path, ["train"], "nothing to learn from")
        self.refused(path, ["backtest"], "too short")
        self.assertEqual(run("check", "--json", "--quiet", workspace=path).json["errors"], 0)

    def test_10000_attributes__train_and_rank(self):
        columns = ",".join(f"c{j}" for j in range(10000))
        head, *rows = deals(count=60, extra=None).splitlines()
        wide = [f"{head},{columns}"] + [row + "," + ",".join(str((i * j) % 7) for j in range(10000))
                                        for i, row in enumerate(rows)]
        path = self.workspace(deals="\n".join(wide) + "\n")
        self.assertEqual(self.imported["added"], 60)
        run("train", "--as-of", "2025-01-01", "--quiet", workspace=path, timeout=300)
        ranked = run("rank", "--as-of", "2025-01-01", "--json", "--quiet", workspace=path).json
        self.assertTrue(all(0 < lead["probability"] < 1 for lead in ranked["leads"]))


if __name__ == "__main__":
    unittest.main()
