"""Bad exports: nothing of them is kept, and the place, the cause and the remedy are said."""
import random
import re
import unittest

from harness import Folder, run
from test_bad_workspace import contents

HEADER = "lead_id,created_at\n"
GOOD = HEADER + "L1,2026-01-05\nL2,2026-01-06\n"


class BadExport(Folder):
    def setUp(self):
        super().setUp()
        self.workspace = self.folder / "w.db"
        run("import", self.write("good/leads.csv", GOOD), "--quiet", workspace=self.workspace)
        self.before = contents(self.workspace)

    def refuse(self, content, place, says, *options, name="bad/leads.csv"):
        """A good file beside the bad one: neither is kept."""
        file = self.write(name, content)
        self.write("bad/accounts.csv", "account_id,name\nA1,One\n")
        result = run("import", self.folder / "bad", *options, "--quiet", "--json",
                     workspace=self.workspace, code=1)
        self.assertEqual(result.out, "")
        self.assertRegex(result.err, f"foresell: {re.escape(str(file))}(:{place})?:? ")
        self.assertTrue(place is None or f":{place}:" in result.err or re.search(f":{place}:", result.err))
        self.assertRegex(result.err, says)
        self.assertEqual(contents(self.workspace), self.before)

    def accept(self, content, *options):
        file = self.write("odd/leads.csv", content)
        return run("import", file, "--json", "--quiet", *options, workspace=self.workspace).json

    def test_bytes_that_are_no_text(self):
        self.refuse(HEADER + "L3,2026-01-05\nL\0004,2026-01-06\n", "3:2", "NUL byte.*export it again")
        self.refuse(GOOD.encode("utf-16"), "1:1", "UTF-16.*save it as CSV UTF-8")
        self.refuse(b"PK\3\4" + bytes(100), "1:1", "Excel workbook.*save the sheet")
        self.refuse(random.Random(1).randbytes(3000), r"\d+:\d+", "export it again|save")

    def test_a_quote_that_is_never_closed(self):
        self.refuse(HEADER + 'L3,"2026-01-05\nL4,2026-01-06\n', "2:2", "never closed; close it")

    def test_a_field_of_100_megabytes(self):
        content = b"lead_id,created_at,note\nL3,2026-01-05," + b"z" * 100_000_000 + b"\n"
        self.refuse(content, "2:3", "longer than 16 MiB.*correct it")

    def test_the_first_bad_row_when_strict(self):
        self.refuse(HEADER + "L3,2026-01-05\nL4,someday\n", r"3(:\d+)?", "created_at = someday.*correct the row",
                    "--strict")

    def test_files_that_hold_nothing_known(self):
        for content, says in (("", "is empty; export it again"), ("a,b\n1,2\n", "name its columns in a mapping")):
            file = self.write("one/leads.csv", content)
            result = run("import", file, "--quiet", workspace=self.workspace, code=1)
            self.assertEqual(result.out, "")
            self.assertIn(f"{file}:1:", result.err)
            self.assertRegex(result.err, says)
        self.assertEqual(contents(self.workspace), self.before)

    def test_a_first_import_that_fails__leaves_no_workspace(self):
        bad = self.write("bad/leads.csv", HEADER + "L3,someday\n")
        torn = self.write("torn/leads.csv", HEADER + 'L3,"2026-01-05\n')
        unknown = self.write("unknown/x.csv", "a,b\n1,2\n")
        empty = self.folder / "nothing"
        empty.mkdir()
        for number, words in enumerate((["import", bad], ["import", torn], ["import", unknown], ["import", empty],
                                        ["import", self.folder / "no such"], ["nightly", bad],
                                        ["import", bad, "--strict"], ["import", bad, "--as-of", "nonsense"])):
            home = self.folder / f"new{number}"
            home.mkdir()
            result = run(*words, "--quiet", workspace=home / "w.db", code=None)
            self.assertNotEqual(result.code, 0, words)
            self.assertEqual([p.name for p in home.iterdir() if not p.name.endswith(".lock")], [], words)
        found = self.folder / "found.db"  # one that was there before stays, however little it holds
        run("import", self.write("none/leads.csv", HEADER), "--quiet", workspace=found)
        run("import", bad, "--quiet", workspace=found, code=1)
        self.assertTrue(found.exists())

    def test_paths_that_hold_no_export(self):
        (self.folder / "empty").mkdir()
        for path, says in ((self.folder / "none", "no such file"), (self.folder / "empty", "holds no .csv.*give")):
            result = run("import", path, workspace=self.workspace, code=1)
            self.assertRegex(result.err, f"{path}.*{says}|{says}")
        self.assertEqual(contents(self.workspace), self.before)

    def test_mapping_files(self):
        good = self.folder / "good"
        for content, says in ((b"[leads\nx=y\n", ":1: .*write \\[section\\]"), (b"\xff\xfe\n", "not UTF-8; save"),
                              (bytes(500), "map.ini")):
            mapping = self.write("map.ini", content)
            result = run("import", good, "--mapping", mapping, "--quiet", workspace=self.workspace, code=1)
            self.assertEqual(result.out, "")
            self.assertIn(str(mapping), result.err)
            self.assertRegex(result.err, says)
        result = run("import", good, "--mapping", self.folder / "none.ini", workspace=self.workspace, code=1)
        self.assertRegex(result.err, "none.ini: No such file.*; check the path")
        self.assertEqual(contents(self.workspace), self.before)

    def test_rejects_that_cannot_be_written__nothing_is_kept(self):
        file = self.write("odd/leads.csv", HEADER + "L3,2026-01-05\nL4,someday\n")
        result = run("import", file, "--rejects", self.folder / "no" / "r.csv", workspace=self.workspace, code=1)
        self.assertRegex(result.err, "cannot write .*r.csv: No such file.*; check the path")
        self.assertEqual(contents(self.workspace), self.before)

    def test_bad_rows__put_aside_with_their_place(self):
        rejects = self.folder / "rejects.csv"
        report = self.accept(HEADER + "L3\nL4,2026-01-05,x,y\nL5,someday\n,2026-01-05\n" + "L" * 600 +
                             ",2026-01-05\nL6,2026-01-05\n", "--rejects", rejects)
        self.assertEqual((report["rows"], report["added"], report["rejected"]), (6, 1, 5))
        text = rejects.read_text(encoding="utf-8")
        for line in range(2, 7):
            self.assertRegex(text, rf"leads\.csv,{line},")

    def test_a_header_only__adds_nothing(self):
        self.assertEqual(self.accept(HEADER)["rows"], 0)
        self.assertEqual(self.accept(HEADER)["added"], 0)

    def test_not_utf_8__read_with_a_warning_that_names_the_place(self):
        report = self.accept(b"lead_id,created_at,name\nL3,2026-01-05,caf\xe9\n")
        self.assertEqual(report["added"], 1)
        self.assertRegex(str(report), r"not UTF-8 \(first at line 2, byte 18\); read as Windows-1252")

    def test_10000_columns(self):
        columns = ",".join(f"c{j}" for j in range(10000))
        row = "L3,2026-01-05," + ",".join("1" for _ in range(10000))
        self.assertEqual(self.accept(f"lead_id,created_at,{columns}\n{row}\n")["added"], 1)

    def test_dates_in_the_future__kept_and_found_by_check(self):
        self.assertEqual(self.accept(HEADER + "L3,2999-01-01\n")["added"], 1)
        self.assertIn("time_in_future", run("check", "--json", "--quiet", workspace=self.workspace).out)


if __name__ == "__main__":
    unittest.main()
