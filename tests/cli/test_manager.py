"""What a sales manager asks of the forecast: the company's own calendar, targets, categories, the deals
that slip and stand still, all of it in a terminal of 80 columns."""
import pathlib
import shutil
import tempfile
import unittest

from harness import columns, run, small_company


class Manager(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="foresell-manager-"))
        cls.workspace = small_company(cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def foresell(self, *arguments, code=0):
        return run(*arguments, "--quiet", workspace=self.workspace, code=code)

    def names(self, *arguments):
        return [p["name"] for p in self.foresell("forecast", "--json", *arguments).json["periods"]]

    def test_forecast__by_a_fiscal_year__names_its_quarters(self):
        plain = self.foresell("forecast", "--period", "quarter", "--json").json
        april = self.foresell("forecast", "--period", "quarter", "--fiscal-start", 4, "--json").json
        self.assertTrue(all(p["name"].startswith("FY") for p in april["periods"]))
        self.assertEqual([p["start"] for p in plain["periods"]], [p["start"] for p in april["periods"]])
        self.assertEqual(plain["periods"][0]["mean"], april["periods"][0]["mean"])
        february = self.foresell("forecast", "--period", "quarter", "--fiscal-start", "feb", "--json").json
        self.assertIn(february["periods"][0]["start"][5:], ("02-01", "05-01", "08-01", "11-01"))

    def test_settings__are_kept_and_taken_back(self):
        before = self.names("--period", "year")
        self.assertTrue(before[0].isdigit())
        self.foresell("settings", "fiscal_year_start=4", "fiscal_weeks=4-4-5")
        try:
            self.assertEqual(self.foresell("settings", "--json").json["settings"]["fiscal_weeks"], "4-4-5")
            self.assertTrue(self.names("--period", "year")[0].startswith("FY"))
            self.assertRegex(self.names("--period", "month")[0], r"^FY\d{4} P\d\d$")
            quarters = self.foresell("forecast", "--period", "quarter", "--json").json["periods"]
            period = self.foresell("effort", "--json").json["period"]  # the next fiscal quarter
            self.assertEqual([period[k] for k in ("start", "end", "name")],
                             [quarters[1][k] for k in ("start", "end", "name")])
        finally:
            self.foresell("settings", "fiscal_year_start=", "fiscal_weeks=")
        self.assertIsNone(self.foresell("settings", "--json").json["settings"]["fiscal_weeks"])
        self.assertEqual(self.names("--period", "year"), before)

    def test_settings__nonsense__is_refused_and_nothing_is_kept(self):
        bad = self.foresell("settings", "week_start=sunday", "fiscal_year_start=13", code=2)
        self.assertIn("1 to 12", bad.err)
        self.assertIsNone(self.foresell("settings", "--json").json["settings"]["week_start"])
        self.assertIn("no setting", self.foresell("settings", "colour=red", code=2).err)
        self.assertIn("NAME=VALUE", self.foresell("settings", "zone", code=2).err)
        self.assertIn("4-4-5", self.foresell("forecast", "--fiscal-weeks", "4-4-4", code=2).err)

    def test_forecast__all_parts__fit_a_terminal_and_agree_with_the_json(self):
        asked = ("forecast", "--period", "quarter", "--by", "team", "--deals", 3)
        people = self.foresell(*asked).out
        self.assertEqual([line for line in people.splitlines() if columns(line) > 80], [])
        answer = self.foresell(*asked, "--json").json
        for title in ("Target\n", "Target by group\n", "Forecast categories\n"):
            self.assertIn(title, people)
        target = next(p["target"] for p in answer["periods"] if "target" in p)
        self.assertTrue(0 <= target["probability"] <= 1)
        self.assertEqual(answer["categories"]["source"], "ours")
        for kind in ("slipped", "stalled"):
            self.assertEqual(kind.capitalize() + " deals\n" in people, answer[kind]["count"] > 0)
            self.assertEqual(len(answer[kind]["deals"]), min(3, answer[kind]["count"]))
        self.assertEqual(answer["trust"]["too_wide"] != [], "Too wide" in people)
        none = self.foresell(*asked[:-1], 0).out
        self.assertNotIn("Stalled deals", none)
        self.assertIn("number", self.foresell("forecast", "--deals", -3, code=2).err)
        for periods in (0, -1, 61):
            refused = self.foresell("forecast", "--horizon", periods, code=2)
            self.assertIn("1 to 60 periods", refused.err)
        refused = self.foresell("forecast", "--period", "year", "--horizon", 21, code=2)
        self.assertIn("1 to 20 years", refused.err)
        self.assertEqual(len(self.foresell("forecast", "--period", "year", "--horizon", 20, "--json").json["periods"]), 20)

    def test_forecast__own_months__beyond_the_list_are_said(self):
        self.foresell("settings", "period_starts=2024-01-01,2024-01-29,2024-02-26")
        try:
            self.assertIn("period_starts", self.foresell("forecast").out)
        finally:
            self.foresell("settings", "period_starts=")

    def test_settings__before_the_first_import__make_the_workspace(self):
        fresh = self.folder / "fresh.db"
        run("settings", "zone=Asia/Kolkata", workspace=fresh)
        self.assertEqual(run("settings", "--json", workspace=fresh).json["settings"]["zone"], "Asia/Kolkata")


if __name__ == "__main__":
    unittest.main()
