"""What somebody types who has not read the manual: taken where it is clear, else told what to write."""
import json
import pathlib
import shutil
import tempfile
import unittest

from harness import columns, run, small_company


class Newcomer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="foresell-new-"))
        cls.workspace = small_company(cls.folder, 5, 60, 12, 4)
        run("train", "--quiet", workspace=cls.workspace)
        cls.as_of = run("models", "--json", workspace=cls.workspace).json["models"][0]["as_of"][:10]

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def foresell(self, *arguments, code=0):
        return run(*arguments, workspace=self.workspace, code=code)

    def wide_lines(self, *arguments):
        out = run(*arguments, "--quiet", workspace=self.workspace, env={"COLUMNS": "80"}).out
        return [line for line in out.splitlines() if columns(line) > 80]

    def test_as_of__dates_of_other_countries__are_read_where_they_are_clear(self):
        year = int(self.as_of[:4]) + 1
        wanted = self.foresell("forecast", "--as-of", f"{year}-01-31", "--json").json["as_of"]
        for text in (f"31.01.{year}", f"31.1.{year}", f"31/01/{year}", f"01/31/{year}", f"{year}/01/31",
                     f"31-01-{year}"):
            self.assertEqual(self.foresell("forecast", "--as-of", text, "--json").json["as_of"], wanted)
        self.assertEqual(self.foresell("forecast", "--as-of", f"03.02.{year}", "--json").json["as_of"][:10],
                         f"{year}-02-03")  # after a dot the month comes second

    def test_as_of__a_day_that_may_be_a_month__is_refused_with_both_readings(self):
        refused = self.foresell("forecast", "--as-of", "03/04/2025", code=2)
        self.assertIn("may be 2025-04-03 or 2025-03-04", refused.err)
        for text in ("31.02.2025", "31.13.2025", "1/2", "31.01-2025", "soon"):
            self.assertIn("write a date (2026-01-31)", self.foresell("forecast", "--as-of", text, code=2).err)

    def test_raise__with_the_sign_of_per_cent__is_the_same(self):
        plain = self.foresell("effort", "--raise", "10,20", "--json").json
        self.assertEqual(self.foresell("effort", "--raise", "10%, 20 %", "--json").json, plain)
        self.foresell("effort", "--raise", "%", code=2)

    def test_options_before_the_command__are_those_behind_it(self):
        behind = self.foresell("forecast", "--json", "--quiet", "--as-of", self.as_of).out
        before = run("--json", "--quiet", f"--as-of={self.as_of}", "-w", self.workspace, "forecast").out
        self.assertEqual(before, behind)
        self.assertTrue(json.loads(before)["periods"])
        self.assertIn("cannot stand before the command", run("--limit", "3", "rank", code=2).err)
        self.assertIn("needs a file", run("--workspace", code=2).err)
        self.assertIn("needs a moment", run("--as-of", code=2).err)
        self.assertIn("Usage", run("--json", code=2).err)

    def test_zero__is_not_taken_as_not_given(self):
        self.assertIn("must be above 0", self.foresell("rank", "--hours", "0", code=2).err)
        self.assertIn("must be 1 to 3650", self.foresell("train", "--horizon", "0", code=2).err)
        for option in ("--horizon", "--season"):
            self.assertIn("from 1", run("series", "none.csv", option, "0", code=2).err)

    def test_use__of_a_column_that_is_not_there__is_refused(self):
        self.assertIn("--use: there is no column 'nonsense'",
                      self.foresell("train", "--use", "nonsense", code=2).err)
        self.assertIn("did you mean 'Source'", self.foresell("train", "--use", "Sourse", code=2).err)

    def test_feedback__of_what_is_won__says_so(self):
        history = self.folder / "won"
        history.mkdir()
        (history / "deals.csv").write_text("deal_id,stage,amount,created_at,closed_at,outcome\n"
                                           "D1,won,100,2025-01-02,2025-01-09,won\n"
                                           "D2,new,50,2025-01-03,,open\n")
        base = self.folder / "won.db"
        run("import", history, "--quiet", workspace=base)
        said = ("--because", "no", "--as-of", "2025-02-01")
        self.assertIn("won already", run("feedback", "--not", "D1", *said, workspace=base, code=3).err)
        run("feedback", "--not", "D2", *said, workspace=base)
        run("feedback", "--not", "D1", "--because", "no", "--as-of", "2025-01-05", workspace=base)

    def test_check__of_a_moment_gone_by__calls_nothing_after_it_the_future(self):
        found = self.foresell("check", "--as-of", self.as_of, "--json").json["findings"]
        self.assertNotIn("time_in_future", [finding["code"] for finding in found])

    def test_import__workbooks_in_a_folder__are_named_as_passed_over(self):
        export = self.folder / "export"
        export.mkdir()
        (export / "deals.xlsx").write_bytes(b"PK\3\4")
        refused = run("import", export, workspace=self.folder / "x.db", code=1)
        self.assertIn("save the sheets of its workbooks as CSV", refused.err)
        (export / "leads.csv").write_text("lead_id,created_at\nL1,2026-01-05\n")
        (export / "accounts.XLS").write_bytes(b"")
        files = run("import", export, "--json", workspace=self.folder / "x.db").json["files"]
        why = {f["file"] if "file" in f else f["path"].split("/")[-1]: f["why"] for f in files}
        for name in ("deals.xlsx", "accounts.XLS"):
            self.assertIn("save the sheet as CSV", why[name])

    def test_slips__are_answered_by_what_was_meant(self):
        for slip, meant in (("forcast", "forecast"), ("trian", "train"), ("back", "backtest"),
                            ("scores", "score")):
            self.assertIn(f"did you mean '{meant}'?", run(slip, code=2).err)
        self.assertNotIn("did you mean", run("xyzzy", code=2).err)
        self.assertIn("did you mean --limit?", self.foresell("rank", "--limt", "3", code=2).err)
        self.assertIn("did you mean --hours?", self.foresell("rank", "--hour=3", "--hurs=3", code=2).err)
        self.assertNotIn("did you mean", self.foresell("rank", "--zzz", code=2).err)

    def test_nightly__where_no_model_answers__says_so_and_is_no_success(self):
        few = self.folder / "few"
        few.mkdir()
        (few / "deals.csv").write_text("deal_id,stage,amount,created_at,closed_at,outcome\n"
                                       "1,new,100,2025-01-02,,open\n2,new,50,2025-01-03,,open\n")
        night = run("-w", self.folder / "few.db", "nightly", few, "--json", code=3)
        self.assertIn("no model answers", night.err)
        self.assertIn("deals: ", night.err)
        self.assertTrue(night.json["steps"])  # what was done is told all the same
        shutil.copy(self.workspace, self.folder / "stands.db")
        run("nightly", workspace=self.folder / "stands.db")  # a model stands: done

    def test_tables__fit_eighty_columns(self):
        self.assertEqual(self.wide_lines("forecast", "--period", "quarter"), [])
        self.assertEqual(self.wide_lines("forecast", "--period", "quarter", "--by", "team"), [])
        self.assertEqual(self.wide_lines("backtest", "--what", "forecast", "--cuts", 2), [])
        self.assertEqual(self.wide_lines("effort"), [])

    def test_effort__begins_with_the_verdict_and_tells_one_multiple(self):
        lines = self.foresell("effort", "--quiet").out.splitlines()
        self.assertTrue(lines[0].startswith("Verdict: "), lines[0])
        heading = next(line for line in lines if "effort x" in line)
        self.assertNotIn("80 %", heading)
        self.assertFalse([line for line in lines if "usual week" in line])


if __name__ == "__main__":
    unittest.main()
