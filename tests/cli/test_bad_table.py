"""Bad flat tables, model files and series: the place, the remedy, the exit code, nothing left behind."""
import csv
import io
import json
import random
import re
import unittest

from harness import Folder, run

HEADER = "id,x,c,won\n"


def good_rows(count=300, seed=1):
    lot = random.Random(seed)
    rows = []
    for i in range(count):
        x = lot.gauss(0, 1)
        rows.append(f"{i},{x:.3f},{lot.choice('abc')},{int(x + lot.gauss(0, 1) > 0.8)}\n")
    return rows


class BadCase(Folder):
    def refused(self, *arguments, code, says, file=None, place=None):
        """Fails with `code`, prints nothing to stdout, names file and place, and says what to do."""
        result = run(*arguments, "--quiet", code=code)
        self.assertEqual(result.out, "")
        if file:
            name = re.escape(str(file)) + (f":{place}: " if place else ".*")
            self.assertRegex(result.err, f"foresell: .*{name}")
            self.assertEqual(result.err.count(str(file)), 1, result.err)
        self.assertRegex(result.err, says)
        return result


class BadTrainingTable(BadCase):
    def refuse(self, content, code, place, says, *options, name="table.csv"):
        file = self.write(name, content)
        model = self.folder / "out.model"
        self.refused("table", "train", file, "--target", "won", "--id", "id", "-o", model, *options,
                     code=code, file=file, place=place, says=says)
        self.assertEqual([p.name for p in self.folder.iterdir()], [name])

    def test_empty_file(self):
        self.refuse("", 1, "1", "empty; export it again")

    def test_header_only(self):
        self.refuse(HEADER, 1, "2", "no row under it; export")

    def test_one_row(self):
        self.refuse(HEADER + "1,0.5,a,1\n", 3, None, "rows of both outcomes")

    def test_one_class(self):
        rows = good_rows()
        for outcome, word in (("1", "all of the 300"), ("0", "none of the 300")):
            same = [row[:-2] + outcome + "\n" for row in rows]
            self.refuse(HEADER + "".join(same), 3, None, word + " rows .*'won'.*both outcomes")

    def test_columns_that_are_not_there(self):
        table = HEADER + "".join(good_rows())
        for option in ("--drop", "--use"):
            self.refuse(table, 2, None, f"{option}: there is no column 'nope'", option, "x,nope")
        self.refuse(table.replace("id,x,", "id,size,"), 2, None, "'sise'; did you mean 'size'", "--drop", "sise")

    def test_rows_drawn_are_not_called_the_newest(self):
        file = self.write("table.csv", HEADER + "".join(good_rows()))
        told = run("table", "train", file, "--target", "won", "--id", "id", "-o", self.folder / "m").out.replace("\n", " ")
        self.assertIn("On the rows kept back the chances", told)
        self.assertNotIn("newest", told)

    def test_nothing_that_tells_rows_apart(self):
        for cell in ("NaN", "", "7"):
            rows = "".join(f"{i},{cell},{cell},{i % 2}\n" for i in range(300))
            self.refuse(HEADER + rows, 3, None, "no column tells the rows apart.*give")

    def test_target_that_is_neither_yes_nor_no(self):
        self.refuse(HEADER + "1,1,a,1\n2,1,b,maybe\n", 1, "3:4", "'maybe'.*--positive")

    def test_unknown_columns_and_values(self):
        rows = HEADER + "".join(good_rows())
        self.refuse(rows, 3, None, "'purple' in the column 'won'.*--positive", "--positive", "purple")
        self.refuse(rows, 1, "2:3", "neither a date nor a number; --time", "--time", "c")
        self.refuse(rows, 1, "1", "no column 'nope'", "--time", "nope")
        self.refuse(HEADER.replace("won", "lost") + "1,2,a,1\n", 1, "1", "no column 'won'")

    def test_lines_of_the_wrong_width(self):
        rows = HEADER + "".join(good_rows())
        self.refuse(rows + "400,1\n", 1, "302", "2 cells, the header has 4; mend")
        self.refuse(rows + "400,1,a,1,5\n", 1, "302", "5 cells, the header has 4; mend")

    def test_a_quote_that_is_never_closed(self):
        self.refuse(HEADER + '1,2,a,1\n2,"3,b,0\n3,4,c,1\n', 1, "3:2", "never closed; close it")

    def test_nul_bytes(self):
        self.refuse(HEADER + "1,2,a,1\n2,3\0,b,0\n", 1, "3:4", "NUL byte.*export it again")

    def test_other_kinds_of_file(self):
        rows = HEADER + "".join(good_rows())
        self.refuse(rows.encode("utf-16"), 1, "1:1", "UTF-16.*save it as CSV UTF-8")
        self.refuse(b"PK\3\4" + bytes(200), 1, "1:1", "Excel workbook.*save the sheet")
        self.refuse(random.Random(3).randbytes(5000), 1, r"\d+(:\d+)?", "export|CSV")

    def test_a_field_of_100_megabytes(self):
        content = b"id,x,c,won\n1," + b"z" * 100_000_000 + b",a,1\n2,b,c,0\n"
        self.refuse(content, 1, "2:2", "longer than 16 MiB.*correct it")

    def test_files_that_are_not_there(self):
        model = self.folder / "out.model"
        for file, says in ((self.folder / "none.csv", "No such file.*check the path"),
                           (self.folder, "is a folder; give a CSV file")):
            self.refused("table", "train", file, "--target", "won", "-o", model, code=1, file=file,
                         says=says)

    def test_a_model_that_cannot_be_written(self):
        file = self.write("table.csv", HEADER + "".join(good_rows()))
        for model, says in ((self.folder / "no" / "x.model", "check the path"),
                            (self.folder, "a folder; name a file"),
                            ("/dev/null", "no ordinary file; name a file")):
            self.refused("table", "train", file, "--target", "won", "-o", model, code=1, file=model,
                         says=says)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["table.csv"])

    def test_wrong_usage(self):
        file = self.write("table.csv", HEADER + "".join(good_rows()))
        for words in ([], ["paint"], ["train"], ["train", file], ["train", file, "--target", "won"],
                      ["train", file, "--target", "won", "-o", "x", "--folds", "1"],
                      ["train", file, "--target", "won", "-o", "x", "--folds", "two"],
                      ["train", file, "--target", "won", "-o", "x", "--seed", "-1"],
                      ["train", file, "--target", "won", "-o", "x", "--nosuch"], ["score", "x"]):
            self.assertEqual(run("table", *words, code=2).out, "")


class OddTrainingTable(BadCase):
    """Tables that are answered all the same."""

    def train(self, content, *options):
        file = self.write("table.csv", content)
        model = self.folder / "out.model"
        result = run("table", "train", file, "--target", "won", "--id", "id", "-o", model, "--json",
                     *options)
        return result, model, file

    def test_two_rows__answered_with_a_warning(self):
        result, model, _ = self.train(HEADER + "1,0.5,a,1\n2,0.1,b,0\n")
        self.assertEqual(result.json["rows"], 2)
        said = run("table", "train", self.folder / "table.csv", "--target", "won", "-o", model).out
        self.assertIn("With so few outcomes", " ".join(said.split()))

    def test_three_rows__says_nothing_that_is_not_known(self):
        _, model, file = self.train(HEADER + "1,0.5,a,1\n2,0.1,b,0\n3,0.4,a,1\n")
        said = " ".join(run("table", "train", file, "--target", "won", "--id", "id", "-o", model).out.split())
        self.assertIn("the chances were off by", said)
        self.assertNotIn("nan", said)
        self.assertNotIn("slope", said)

    def test_10000_columns__trains_and_scores(self):
        columns = range(10000)
        content = "id," + ",".join(f"c{j}" for j in columns) + ",won\n" + "".join(
            f"{i}," + ",".join(str((i * j) % 17) for j in columns) + f",{int(i * 7 % 3 == 0)}\n"
            for i in range(40))
        result, model, file = self.train(content)
        self.assertEqual(result.json["rows"], 40)
        scores = run("table", "score", model, file).out.splitlines()
        self.assertEqual(len(scores), 41)

    def test_latin_1__read_with_a_warning_that_names_the_place(self):
        rows = b"".join(row.encode().replace(b",a,", b",caf\xe9,") for row in good_rows())
        result, _, file = self.train(HEADER.encode() + rows)
        self.assertRegex(result.err, f"warning: {re.escape(str(file))}: not UTF-8 \\(first at line \\d+, "
                                     "byte \\d+\\); read as Windows-1252. Export it as UTF-8")

    def test_huge_numbers_and_infinities__finite_answers(self):
        lot = random.Random(4)
        rows = "".join(f"{i},{lot.choice(['1e308', '-1e308', '1e-320', 'inf', 'NaN', '5'])},a,{i % 2}\n"
                       for i in range(300))
        result, model, file = self.train(HEADER + rows)
        for row in result.json["quality"]:
            self.assertTrue(0 < row["log_loss"] < 5)
        for line in run("table", "score", model, file).out.splitlines()[1:]:
            self.assertTrue(0 < float(line.split(",")[1]) < 1)

    def test_ids_with_quotes_commas_and_line_breaks__come_back_unchanged(self):
        rows = "".join(f'"a,""{i}""\nb",{i * 7 % 11},a,{i % 2}\n' for i in range(60))
        _, model, file = self.train(HEADER + rows)
        scores = list(csv.reader(io.StringIO(run("table", "score", model, file).out, newline="")))
        self.assertEqual(scores[5][0], 'a,"4"\nb')


class BadScoring(BadCase):
    def setUp(self):
        super().setUp()
        self.table = self.write("table.csv", HEADER + "".join(good_rows()))
        self.model = self.folder / "good.model"
        run("table", "train", self.table, "--target", "won", "--id", "id", "-o", self.model, "--quiet")

    def refuse_model(self, content, says):
        file = self.write("bad.model", content)
        self.refused("table", "score", file, self.table, code=1, file=file, says=says)

    def test_model_files_that_are_none(self):
        good = self.model.read_bytes()
        for content in (b"", b"x", b"hello, world\n", self.table.read_bytes(), bytes(1000),
                        random.Random(1).randbytes(4000), good[:4], good[:200], good[:-1]):
            self.refuse_model(content, "no sound model; make it again with foresell table train")

    def test_model_files_with_one_wrong_byte(self):
        """Refused; a bit that the compressed form does not use may read back as the very same model."""
        good = self.model.read_bytes()
        answer = run("table", "score", self.model, self.table, "--quiet").out
        lot = random.Random(2)
        refused = 0
        for _ in range(12):
            at = lot.randrange(20, len(good))
            bad = bytearray(good)
            bad[at] ^= 1 << lot.randrange(8)
            file = self.write("bad.model", bytes(bad))
            result = run("table", "score", file, self.table, "--quiet", code=None)
            if result.code == 0:
                self.assertEqual(result.out, answer)
                continue
            self.refuse_model(bytes(bad), "no sound model; make it again with foresell table train")
            refused += 1
        self.assertGreater(refused, 8)

    def test_model_files_that_are_not_there(self):
        none = self.folder / "none.model"
        self.refused("table", "score", none, self.table, code=1, file=none, says="check the path")
        self.refused("table", "score", self.folder, self.table, code=1, file=self.folder,
                     says="name a file, not a folder")

    def refuse_table(self, content, place, says):
        file = self.write("new.csv", content)
        self.refused("table", "score", self.model, file, code=1, file=file, place=place, says=says)

    def test_tables_that_cannot_be_scored(self):
        rows = "".join(good_rows(20))
        self.refuse_table("", "1", "empty; export")
        self.refuse_table(HEADER, "2", "no row under it")
        self.refuse_table(HEADER.replace(",x,", ",y,") + rows, None, "column 'x', which these data lack; add")
        self.refuse_table(HEADER.replace(",x,c,", ",y,z,") + rows, None,
                          "columns 'x', 'c', which these data lack; add them, or train again without them")
        self.refuse_table(HEADER.replace("id", "key") + rows, "1", "no column 'id'")
        self.refuse_table(HEADER + rows + "99,1\n", "22", "2 cells, the header has 4; mend")

    def test_a_table_that_lacks_many_columns__names_the_first_and_counts_the_others(self):
        lot = random.Random(7)
        wide = "id," + ",".join(f"c{j}" for j in range(20)) + ",won\n" + "".join(
            f"{i}," + ",".join(f"{lot.gauss(0, 1):.2f}" for _ in range(20)) + f",{i % 2}\n" for i in range(200))
        model = self.folder / "wide.model"
        run("table", "train", self.write("wide.csv", wide), "--target", "won", "--id", "id", "-o", model, "--quiet")
        file = self.write("new.csv", "id,c1\n1,2\n2,3\n")
        self.refused("table", "score", model, file, code=1, file=file, says="columns 'c0', 'c2', .*'c8' and 11 more")

    def test_more_columns_and_another_order__same_scores(self):
        rows = [row.strip().split(",") for row in good_rows()]
        wider = self.write("wider.csv", "more,c,id,x\n" + "".join(f"9,{c},{i},{x}\n" for i, x, c, _ in rows))
        first = run("table", "score", self.model, self.table).out
        self.assertEqual(run("table", "score", self.model, wider).out, first)

    def test_values_never_seen__still_a_probability(self):
        new = self.write("new.csv", "id,x,c\n1,,zzz\n2,text,\n3,1e308,a\n")
        scores = run("table", "score", self.model, new, "--json").json["scores"]
        self.assertEqual([s["id"] for s in scores], ["1", "2", "3"])
        self.assertTrue(all(0 < s["probability"] < 1 for s in scores))


def months(count=48, value=lambda i: 100 + i + 10 * (i % 12), name="a"):
    return [f"{name},{2020 + i // 12}-{i % 12 + 1:02}-01,{value(i)}" for i in range(count)]


class BadSeries(BadCase):
    def series(self, lines, header="unique_id,ds,y"):
        return self.write("series.csv", "\n".join(([header] if header else []) + lines) + "\n")

    def refuse(self, lines, code, place, says, *options, header="unique_id,ds,y"):
        file = self.series(lines, header)
        self.refused("series", file, *options, code=code, file=file, place=place, says=says)

    def test_files_without_a_series(self):
        file = self.write("series.csv", "")
        self.refused("series", file, code=1, file=file, place="1", says="empty; export")
        self.refuse([], 1, "2", "no row under it; export")
        self.refuse(["a,2020-01-01"], 1, "1", "columns ds .* and y", header="unique_id,ds")
        self.refused("series", self.folder / "none.csv", code=1, file=self.folder / "none.csv",
                     says="check the path")

    def test_cells_that_cannot_be_read(self):
        rows = months()
        self.refuse(rows[:5] + ["a,2020-06-01,abc"], 3, "7", "y is not a number; leave")
        self.refuse(rows[:5] + ["a,2020-06-01,inf"], 3, "7", "y is not a number")
        self.refuse(rows[:5] + ["a,2020-06-01,1e308"], 3, "7", "too large.*larger unit")
        self.refuse(rows[:5] + ["a,someday,5"], 3, "7", "ds is neither a date")
        self.refuse(rows[:5] + ["a,17,5"], 3, "7", "both dates and plain numbers; write")
        self.refuse(["a,2020-06-01"], 1, "2", "2 cells, the header has 3; mend")
        self.refuse(rows[:5] + ["a,2020-06-01"], 1, "7", "2 cells, the header has 3; mend", "--strict")
        self.refuse(rows[:5] + ["a,2020-06-01,abc"], 1, "7", "y is not a number", "--strict")
        self.refuse(rows[:5] + ["a,2020-\0-01,5"], 1, r"7:\d+", "NUL byte")

    def test_a_bad_cell_sets_aside_its_series_only(self):
        result = run("series", self.series(months() + ["b,2020-01-01,abc"]), "--json", code=3)
        self.assertEqual([s["unique_id"] for s in result.json["series"] if "forecast" in s], ["a"])
        self.assertIn("line 50: y is not a number", result.out)
        self.assertIn("1 of 2 series left out: b", result.err)
        self.assertEqual([(r["unique_id"], r["line"]) for r in result.json["left_out"]], [("b", 50)])

    def test_a_row_of_another_width_is_set_aside_and_told(self):
        result = run("series", self.series(months() + ["b,2020-01-01", "a,2024-01-01,5,5"]), "--json", code=3)
        self.assertEqual([s["unique_id"] for s in result.json["series"] if "forecast" in s], ["a"])
        self.assertEqual([(r["line"], r["unique_id"]) for r in result.json["set_aside"]], [(50, "b"), (51, "a")])
        told = run("series", self.series(months() + ["a,2024-01-01,5,5"]), "--csv")
        self.assertIn(":50: 4 cells where the header has 3: set aside; its value of a", told.err)

    def test_sums_stand_in_the_csv_too(self):
        told = run("series", self.series(months()), "--method", "naive", "--horizon", 2, "--sum", "--csv")
        rows = [line.split(",") for line in told.out.splitlines()]
        self.assertEqual([len(row) for row in rows], [8, 8, 8, 8])
        self.assertEqual(rows[3][:3], ["a", rows[1][1] + " to " + rows[2][1], ""])
        self.assertAlmostEqual(float(rows[3][3]), float(rows[1][3]) + float(rows[2][3]), 9)
        self.assertLess(float(rows[3][6]), float(rows[3][4]))

    def test_times_that_make_no_series(self):
        rows = months()
        self.refuse(rows + rows[3:4], 3, "50", "two values for the same time .*5 and 50.*; keep one")
        self.refuse(["a,2020-01-01,1", "a,2020-01-09,2", "a,2020-03-30,3", "a,2021-01-01,4"], 3, "3",
                    "not evenly spaced .*; sum them up")
        self.refuse(["a,0001-01-01,1", "a,9999-12-30,2", "a,9999-12-31,3"], 3, "4", "not evenly spaced")

    def test_only_missing_values(self):
        self.refuse(months(value=lambda i: "NaN"), 3, None, "values of the series are missing; give")

    def test_wrong_usage(self):
        file = self.series(months())
        for option, values in {"--horizon": ("-1", "10001", "100000", "9223372036854775807", "abc", "1e3"),
                               "--season": ("-1", "9223372036854775807", "x", "", "24,24", "1,12", "12.5"),
                               "--box-cox": ("x", "3", "", "nan"), "--intervals": ("wide", ""),
                               "--every": ("fortnight", ""), "--dates": ("sideways",),
                               "--id": ("nosuch",), "--date": ("nosuch",), "--value": ("nosuch",),
                               "--with": ("nosuch",),
                               "--level": ("0", "100", "-5", "80,x", "", ",", "80,80", "nan",
                                           "1,2,3,4,5,6,7,8,9"),
                               "--method": ("oracle", "")}.items():
            for value in values:
                result = run("series", file, option, value, code=2)
                self.assertEqual(result.out, "", (option, value))
                self.assertTrue(result.err.startswith("foresell"))
        for words in ((), (file, file), (file, "--nosuch")):
            run("series", *words, code=2)

    def test_one_bad_series__never_stops_the_others(self):
        file = self.series(months() + ["b,2020-01-01,5", "c,2020-01-01,1", "c,2020-01-01,1"])
        result = run("series", file, "--horizon", 2, "--csv", code=3)
        self.assertEqual({row.split(",")[0] for row in result.out.splitlines()[1:]}, {"a", "b"})
        self.assertRegex(result.err, "c is left out: two values for the same time")
        self.assertRegex(result.err, "b: the history has only 1 value")
        answers = {s["unique_id"]: s for s in run("series", file, "--json", code=3).json["series"]}
        self.assertIn("same time", answers["c"]["error"])

    def finite(self, lines, *options):
        answer = run("series", self.series(lines), "--json", *options).json["series"][0]["forecast"]
        text = json.dumps(answer)
        self.assertNotIn("Infinity", text)
        self.assertNotIn("NaN", text)
        return answer

    def test_odd_series__finite_answers(self):
        for value in (lambda i: 5, lambda i: 0, lambda i: (-1) ** i * 1e149, lambda i: 1e-320,
                      lambda i: i if i % 5 else ""):
            answer = self.finite(months(value=value), "--horizon", 3)
            self.assertEqual([a["step"] for a in answer], [1, 2, 3])
        self.assertEqual(len(self.finite(months(1), "--horizon", 2)), 2)
        self.assertEqual(len(self.finite([f"a,9999-12-{d:02},{d}" for d in range(1, 32)], "--horizon", 9)), 9)
        self.assertEqual(len(self.finite([f"a,{-10**15 + i},{i % 5}" for i in range(30)])), 6)
        self.assertEqual(len(self.finite(months(), "--horizon", 10000, "--method", "naive")), 10000)
        self.assertEqual(len(self.finite(months()[:10] + months()[13:])), 12)


if __name__ == "__main__":
    unittest.main()
