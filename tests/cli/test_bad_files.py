"""The same bad bytes in every kind of CSV file that foresell reads: a series, and a table to score
(tables to train on and exports: test_bad_table, test_bad_import)."""
import random
import re
import unittest

from harness import Folder, run

MONTHS = [f"a,{2020 + i // 12}-{i % 12 + 1:02}-01,{100 + i + 10 * (i % 12)}" for i in range(36)]
SERIES = "unique_id,ds,y\n" + "\n".join(MONTHS) + "\n"


def table(count=120, seed=1):
    lot = random.Random(seed)
    rows = [(i, lot.gauss(0, 1), lot.choice("abc")) for i in range(count)]
    return "id,x,c,won\n" + "".join(f"{i},{x:.3f},{c},{int(x + lot.gauss(0, 1) > 0.5)}\n" for i, x, c in rows)


class BadFiles(Folder):
    def setUp(self):
        super().setUp()
        self.model = self.folder / "good.model"
        run("table", "train", self.write("train.csv", table()), "--target", "won", "--id", "id", "-o", self.model,
            "--quiet")
        self.readers = {"series": (["series"], SERIES), "table": (["table", "score", self.model], table(20))}

    def refused(self, words, content, place, says):
        file = self.write("bad.csv", content)
        result = run(*words, file, "--json", "--quiet", code=1)
        self.assertEqual(result.out, "")
        self.assertRegex(result.err, f"foresell: {re.escape(str(file))}:{place}: ")
        self.assertRegex(result.err, says)

    def test_nul_bytes(self):
        for words, text in self.readers.values():
            lines = text.split("\n")
            self.refused(words, "\n".join(lines[:4] + [lines[4][:3] + "\0" + lines[4][3:]] + lines[5:]), r"5:\d+",
                         "NUL byte.*export it again")

    def test_other_kinds_of_file(self):
        for words, text in self.readers.values():
            self.refused(words, text.encode("utf-16"), "1:1", "UTF-16.*save it as CSV UTF-8")
            self.refused(words, b"PK\3\4" + bytes(200), "1:1", "Excel workbook.*save the sheet")
            self.refused(words, random.Random(3).randbytes(5000), r"\d+(:\d+)?", "export|CSV|save")

    def test_a_field_of_100_megabytes(self):
        for words, text in self.readers.values():
            lines = text.split("\n")
            wide = "\n".join(lines[:2]) + "\n" + lines[2].split(",")[0] + "," + "z" * 100_000_000 + ",1\n"
            self.refused(words, wide, "3:2", "longer than 16 MiB.*correct it")

    def test_a_quote_that_is_never_closed(self):
        for words, text in self.readers.values():
            lines = text.split("\n")
            self.refused(words, "\n".join(lines[:3] + ['"' + lines[3]] + lines[4:]), "4:1", "never closed; close it")

    def test_not_utf_8__read_with_a_warning_that_names_the_place(self):
        for words, text in self.readers.values():
            foreign = text.encode().replace(b"\na,", b"\ncaf\xe9,").replace(b",a,", b",caf\xe9,")
            file = self.write("foreign.csv", foreign)
            result = run(*words, file, "--json")
            self.assertRegex(result.err, rf"warning: {re.escape(str(file))}: not UTF-8 \(first at line \d+, byte \d+\); "
                                         "read as Windows-1252")

    def test_10000_columns_more_than_needed__same_answer(self):
        for words, text in self.readers.values():
            more = ",".join(f"q{j}" for j in range(10000))
            head, *rows = text.strip().split("\n")
            wide = "\n".join([f"{head},{more}"] + [f"{row},{'5,' * 9999}5" for row in rows]) + "\n"
            first = run(*words, self.write("narrow.csv", text), "--csv", "--quiet").out
            self.assertEqual(run(*words, self.write("wide.csv", wide), "--csv", "--quiet").out, first)


if __name__ == "__main__":
    unittest.main()
