"""From an export to a ranked list, a forecast and an effort answer, as the README says."""
import datetime
import json
import pathlib
import shutil
import tempfile
import unittest

from harness import columns, run, small_company


class WholeWay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="foresell-way-"))
        cls.workspace = small_company(cls.folder)
        cls.trained = run("train", "--json", "--quiet", workspace=cls.workspace).json

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def foresell(self, *arguments, code=0):
        return run(*arguments, "--quiet", workspace=self.workspace, code=code)

    def test_train__beats_the_base_rate_on_the_newest_window(self):
        self.assertEqual({m["purpose"] for m in self.trained["models"]}, {"lead", "deal"})
        for model in self.trained["models"]:
            quality = model["quality"]
            self.assertGreater(quality["auc"], 0.55)
            if model["purpose"] == "lead":  # the deals' newest window holds some thirty wins only
                self.assertLess(quality["log_loss"], quality["baseline_log_loss"])

    def test_rank__has_the_fields_that_programs_rely_on(self):
        answer = self.foresell("rank", "--limit", 10, "--json").json
        self.assertIn("as_of", answer)
        self.assertIn("model", answer)
        self.assertEqual([lead["rank"] for lead in answer["leads"]], list(range(1, 11)))
        for lead in answer["leads"]:
            for key in ("lead_id", "deal_id", "rep_id", "amount", "expected_value", "uplift", "reasons"):
                self.assertIn(key, lead)
            self.assertTrue(0 < lead["lo"] <= lead["probability"] <= lead["hi"] < 1)
            self.assertIn(lead["grade"], "ABCD")
            self.assertEqual(set(lead["action"]) >= {"kind", "channel", "when", "why"}, True)
            for reason in lead["reasons"]:
                self.assertEqual(set(reason), {"feature", "text", "value", "effect"})

    def test_rank__keeps_to_the_rep_and_the_hours(self):
        everyone = self.foresell("rank", "--json").json["leads"]
        rep = everyone[0]["rep_id"]
        short = self.foresell("rank", "--rep", rep, "--hours", 1, "--json").json["leads"]
        long = self.foresell("rank", "--rep", rep, "--hours", 6, "--json").json["leads"]
        self.assertEqual({lead["rep_id"] for lead in short + long}, {rep})
        self.assertLess(len(short), len(long))
        self.assertLessEqual(sum(lead["action"]["minutes"] for lead in short), 60)

    def test_rank__never_lists_who_must_not_be_contacted(self):
        banned = set()
        lines = (self.folder / "history" / "leads.csv").read_text(encoding="utf-8").splitlines()
        header = lines[0].split(",")
        for line in lines[1:]:
            cells = line.split(",")
            if len(cells) == len(header) and cells[header.index("do_not_contact")] == "1":
                banned.add(cells[header.index("lead_id")])
        self.assertTrue(banned)
        listed = self.foresell("rank", "--hours", 500, "--cool-off", 0, "--json").json["leads"]
        self.assertFalse(banned & {lead["lead_id"] for lead in listed})

    def test_score_and_explain__agree_and_say_what_moved(self):
        first = self.foresell("rank", "--limit", 1, "--json").json["leads"][0]
        name = first["deal_id"] or first["lead_id"]
        as_of = self.foresell("rank", "--limit", 1, "--json").json["as_of"]
        score = self.foresell("score", name, "--json").json["scores"][0]
        self.assertEqual(score["probability"], first["probability"])
        self.foresell("score", "--as-of", as_of)
        self.assertEqual(self.foresell("explain", name, "--json").json["explanations"][0]["probability"],
                         first["probability"])
        later = (datetime.date.fromisoformat(as_of[:10]) + datetime.timedelta(days=3)).isoformat()
        explained = self.foresell("explain", name, "--as-of", later, "--json").json["explanations"][0]
        self.assertEqual(explained["since"]["probability"], first["probability"])
        self.assertTrue(explained["reasons"])

    def test_forecast__sums_and_intervals_hold_together(self):
        answer = self.foresell("forecast", "--horizon", 3, "--level", "50,80,95", "--by", "team", "--json").json
        self.assertEqual(len(answer["periods"]), 3)
        for period in answer["periods"]:
            parts = period["won_so_far"] + period["from_open_deals"] + period["from_new_deals"]
            self.assertAlmostEqual(period["mean"], parts, delta=1e-6 * max(1, abs(parts)))
            (lo50, hi50), (lo80, hi80), (lo95, hi95) = (period["intervals"][k] for k in ("50", "80", "95"))
            self.assertTrue(lo95 <= lo80 <= lo50 <= hi50 <= hi80 <= hi95)
        self.assertGreater(answer["backtest"]["cuts"], 2)
        self.assertGreaterEqual(len(answer["groups"]), 2)

    def test_effort__has_the_fields_that_programs_rely_on(self):
        answer = self.foresell("effort", "--raise", "10,20,30", "--json").json
        self.assertIn(answer["verdict"], ("identified", "prior-driven", "not-identifiable"))
        self.assertTrue(answer["why"])
        self.assertEqual([a["raise_pct"] for a in answer["answers"]], [10, 20, 30])
        self.assertTrue({"mean", "p10", "p90", "hours", "activities"} <= set(answer["baseline"]))
        self.assertIn("experiment", answer)
        for one in answer["answers"]:
            self.assertTrue({"reachable", "probability_reached", "within_observed_range", "hours_factor",
                             "extra_hours", "plan", "constraints"} <= set(one))
            for kind in one["plan"]:
                self.assertTrue({"kind", "current", "needed", "extra", "p10", "p90"} <= set(kind))

    def test_backtest__stands_beside_simple_rules(self):
        answer = self.foresell("backtest", "--what", "forecast", "--cuts", 4, "--json").json
        self.assertEqual(len(answer["forecast"]["cuts"]), 4)
        self.assertIn("run rate", answer["forecast"]["baseline_error"])

    def test_rank__a_model_never_answers_for_a_time_before_it(self):
        as_of = self.trained["as_of"]
        early = f"{int(as_of[:4]) - 1}{as_of[4:10]}"
        refused = self.foresell("rank", "--as-of", early, code=3)
        self.assertIn("train", refused.err)

    def test_train__an_earlier_moment_takes_no_newer_model_s_place(self):
        workspace = self.folder / "early.db"
        shutil.copy(self.workspace, workspace)
        as_of = self.trained["as_of"]
        early = (datetime.date.fromisoformat(as_of[:10]) - datetime.timedelta(days=60)).isoformat()
        newer = {m["id"] for m in run("models", "--json", workspace=workspace).json["models"] if m["answering"]}
        run("train", "--as-of", early, "--quiet", workspace=workspace)
        answering = {m["id"] for m in run("models", "--json", workspace=workspace).json["models"]
                     if m["answering"]}
        self.assertEqual(answering, newer)
        then = run("rank", "--as-of", early, "--limit", 1, "--json", "--quiet", workspace=workspace).json
        self.assertNotIn(then["model"], newer)

    def test_models_and_rollback__bring_an_earlier_model_back(self):
        workspace = self.folder / "copy.db"
        shutil.copy(self.workspace, workspace)
        before = run("models", "--json", "--quiet", workspace=workspace).json["models"]
        run("train", "--seed", 9, "--quiet", workspace=workspace)
        after = run("models", "--json", "--quiet", workspace=workspace).json["models"]
        self.assertEqual(len(after), len(before) + 2)
        old = next(m["id"] for m in before if m["purpose"] == "deal" and m["answering"])
        self.assertFalse(next(m for m in after if m["id"] == old)["answering"])
        run("rollback", old, "--quiet", workspace=workspace)
        again = run("models", "--json", "--quiet", workspace=workspace).json["models"]
        self.assertTrue(next(m for m in again if m["id"] == old)["answering"])
        run("rollback", "no-such-model", workspace=workspace, code=1)

    def test_check__names_its_findings(self):
        answer = self.foresell("check", "--json").json
        self.assertIn("findings", answer)
        self.assertIn("leaks", answer)

    def test_formats__csv_and_json_and_the_table_tell_the_same(self):
        rows = self.foresell("rank", "--limit", 5, "--customers", 0, "--csv").out.strip().splitlines()
        answer = self.foresell("rank", "--limit", 5, "--json").json
        self.assertEqual(len(rows), 6)
        self.assertEqual(rows[0].split(",")[0], "rank")
        text = self.foresell("rank", "--limit", 5).out
        self.assertIn(answer["leads"][0]["deal_id"] or answer["leads"][0]["lead_id"], text)
        self.assertLessEqual(max(columns(line) for line in text.splitlines()), 80)

    def test_as_of__earlier_answers_do_not_see_later_events(self):
        as_of = self.trained["as_of"]
        early = f"{int(as_of[:4]) - 1}{as_of[4:10]}"
        answer = self.foresell("forecast", "--as-of", early, "--json").json
        self.assertEqual(answer["as_of"][:10], early)


class Demo(unittest.TestCase):
    def test_demo__shows_the_three_answers(self):
        with tempfile.TemporaryDirectory() as folder:
            shown = run("demo", pathlib.Path(folder) / "demo", "--quiet").out
            for word in ("Today", "Forecast", "Effort for more sales", "Verdict"):
                self.assertIn(word, shown)
            wide = [line for line in shown.splitlines() if columns(line) > 80 and folder not in line]
            self.assertEqual(wide, [])
            truth = json.loads((pathlib.Path(folder) / "demo" / "history" / "truth.json").read_text())
            self.assertIn("elasticity", json.dumps(truth))


if __name__ == "__main__":
    unittest.main()
