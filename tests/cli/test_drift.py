"""`table train` on rows whose rules change with time: the test rows take no part in the model, the
newest level is followed, the order is kept, and what did not hold is said."""
import json
import math
import random
import unittest

from harness import Folder, run

ROWS = 2000


def table(level, slope, seed=3):
    """won ~ level(t) + slope(t) x + 0.5 z, with t from 0 to 1 in the order of the rows."""
    lot = random.Random(seed)
    rows = []
    for i in range(ROWS):
        x, z, t = lot.gauss(0, 1), lot.gauss(0, 1), i / ROWS
        chance = 1 / (1 + math.exp(-(level(t) + slope(t) * x + 0.5 * z)))
        rows.append([f"{x:.4f}", f"{z:.4f}", lot.choice("abc"), int(lot.random() < chance)])
    return rows


def written(rows):
    return "x,z,c,won\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


class Drift(Folder):
    def train(self, rows, name="drift"):
        file, model = self.write(name + ".csv", written(rows)), self.folder / (name + ".model")
        out = run("table", "train", file, "--target", "won", "--time", "ROW", "-o", model, "--json",
                  "--quiet").out
        return json.loads(out), model

    def chances(self, model, rows):
        file = self.write("new.csv", written(rows))
        out = run("table", "score", model, file, "--quiet").out
        return [float(line.split(",")[1]) for line in out.splitlines()[1:]]

    def newest(self, answer, learner):
        return next(q for q in answer["quality"]
                    if q["learner"] == learner and q["measured_on"] == "newest fifth")

    def test_outcomes_of_the_test_permuted__same_model_byte_for_byte(self):
        rows = table(lambda t: -1, lambda t: 1)
        _, first = self.train(rows, "first")
        cut = int(0.8 * ROWS)
        outcomes = [row[3] for row in rows[cut:]]
        random.Random(1).shuffle(outcomes)
        permuted = rows[:cut] + [row[:3] + [won] for row, won in zip(rows[cut:], outcomes)]
        turned = rows[:cut] + [row[:3] + [1 - row[3]] for row in rows[cut:]]
        self.assertNotEqual(permuted, rows)
        for name, other in (("permuted", permuted), ("turned", turned)):
            _, model = self.train(other, name)
            self.assertEqual(first.read_bytes(), model.read_bytes())
        changed = [row[:3] + [1 - row[3]] if i == cut - 1 else row for i, row in enumerate(rows)]
        _, model = self.train(changed, "changed")  # the newest row before the test does take part
        self.assertNotEqual(first.read_bytes(), model.read_bytes())

    def test_a_level_that_rises__is_followed(self):
        rows = table(lambda t: -2.5 + 3 * t, lambda t: 1)
        answer, model = self.train(rows)
        chances = self.chances(model, rows)
        window = range(int(0.7 * ROWS), int(0.8 * ROWS))  # the newest window before the test
        mean = sum(chances[i] for i in window) / len(window)
        rate = sum(rows[i][3] for i in window) / len(window)
        self.assertAlmostEqual(mean, rate, delta=0.03)
        self.assertTrue(answer["beats_baseline"])
        self.assertGreater(answer["forward_slope"], 2 * answer["forward_slope_error"])

    def test_a_ranking_that_turns__keeps_an_order_and_says_so(self):
        rows = table(lambda t: -0.5, lambda t: 1.5 if t < 0.6 else -1.5)
        answer, model = self.train(rows)
        self.assertLess(answer["forward_slope"], 0)
        chances = self.chances(model, rows)
        self.assertGreater(len(set(chances)), 100)  # a flat answer would be one value
        file = self.write("again.csv", written(rows))
        said = run("table", "train", file, "--target", "won", "--time", "ROW", "-o",
                   self.folder / "again.model", "--quiet").out
        self.assertIn("did not hold", " ".join(said.split()))

    def test_worse_than_the_base_rate__says_so(self):
        rows = table(lambda t: -0.5, lambda t: 2 if t < 0.8 else -2)
        answer, _ = self.train(rows)
        learner = answer["learner"]
        self.assertFalse(answer["beats_baseline"])
        self.assertGreater(self.newest(answer, learner)["log_loss"],
                           self.newest(answer, "base rate")["log_loss"])


if __name__ == "__main__":
    unittest.main()
