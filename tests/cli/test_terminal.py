"""What people see on a terminal of 80 columns, and what a pipe gets."""
import fcntl
import os
import pty
import struct
import subprocess
import termios
import unittest

from harness import PROGRAM, Folder, columns, run

GOOD = "".join(f"a,{2020 + i // 12}-{i % 12 + 1:02}-01,{100 + i * i % 7}\n" for i in range(24))


def on_terminal(*arguments, cwd):
    """Runs foresell with stdout and stderr on one terminal of 80 columns; returns exit code and lines."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:  # a machine without /dev/pts
        raise unittest.SkipTest(f"no terminal to be had here: {error}")
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd,
                               env=environment)
    os.close(theirs)
    written = b""
    try:
        while piece := os.read(ours, 65536):
            written += piece
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return process.wait(), written.decode().replace("\r\n", "\n").rstrip("\n").split("\n")


class Terminal(Folder):
    def lines_of(self, *arguments, code):
        done, lines = on_terminal(*arguments, cwd=self.folder)
        self.assertEqual(done, code, lines)
        for line in lines:
            self.assertLessEqual(columns(line), 80, line)
        return lines

    def test_errors_break_between_words_at_80_columns(self):
        self.write("bad.csv", "unique_id,ds,y\na,2020-01-01,many\n")
        self.write("head.csv", "unique_id,ds,y\n")
        for arguments, code, says in (
                (("series", "bad.csv"), 3, "leave the cell empty where the value is not known: 'many'"),
                (("series", "head.csv"), 1, "foresell: head.csv:2: there is a header and no row under it; export"),
                (("series", "head.csv", "--method", "best"), 2, "there is no method 'best'; use auto, learned, ets,"),
                (("series", "head.csv", "--levels", "80"), 2, "did you mean --level?"),
                (("forecast", "-w", "none.db"), 1, "there is no workspace none.db; make one with foresell import,"),
                (("--nothing-like-it-that-stands-here", "series", "head.csv"), 2, "cannot stand before the command;")):
            lines = self.lines_of(*arguments, code=code)
            self.assertIn(says, " ".join(lines))

    def test_a_pipe_gets_one_line_per_message(self):
        file = self.write("bad.csv", "unique_id,ds,y\na,2020-01-01,many\n")
        self.assertEqual(run("series", file, code=3).err.count("\n"), 1)

    def test_warnings_and_remarks_beside_csv_break_too(self):
        self.write("latin.csv", ("unique_id,ds,y\n" + GOOD.replace("a,", "caf\u00e9 of the long name,")).encode("latin-1"))
        code, lines = on_terminal("series", "latin.csv", "--csv", "--horizon", 1, cwd=self.folder)
        lines = [line for line in lines if line.count(",") < 5]  # not the table, which is for programs
        self.assertEqual((code, max(map(columns, lines)) <= 80), (0, True), lines)
        self.assertIn("read as Windows-1252. Export it as UTF-8 if letters look wrong", " ".join(lines))

    def test_a_full_disk_is_told__also_by_help(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        file = self.write("good.csv", "unique_id,ds,y\n" + GOOD)
        for arguments in (("series", file), ("series", file, "--json"), ("series", "--help"), ("--help",), ("--version",)):
            with open("/dev/full", "w") as full:
                done = subprocess.run([PROGRAM, *map(str, arguments)], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("foresell: cannot write the result: No space left on device", done.stderr)

    def test_a_number_that_is_none__says_what_it_has_to_be(self):
        file = self.write("good.csv", "unique_id,ds,y\n" + GOOD)
        for word in ("1e3", "1.5", "abc", "", "99999999999999999999"):
            self.assertIn(f"--horizon is a whole number, not '{word}'", run("series", file, "--horizon", word, code=2).err)

    def test_a_list_given_twice__refused__the_first_is_not_dropped_unsaid(self):
        file = self.write("good.csv", "unique_id,ds,y\n" + GOOD)
        result = run("series", file, "--level", 80, "--level", 95, code=2)
        self.assertIn("--level is given twice; write one list: --level A,B", result.err)


if __name__ == "__main__":
    unittest.main()
