"""Workspaces that are none, damaged, newer, locked, not writable or on a full disk: clear words, the
right exit code, and not one byte changed."""
import hashlib
import os
import pathlib
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

from harness import PROGRAM, Folder, run, small_company

READERS = (["rank"], ["explain", "L0000347"], ["forecast"], ["effort"], ["models"],
           ["backtest", "--what", "effort"])
WRITERS = (["train"], ["score"], ["check"], ["rollback", "x"], ["nightly"])
LEADS = "lead_id,created_at\nL1,2026-01-05\n"


def contents(workspace):
    """What the workspace says, as one hash: every row of every table."""
    digest = hashlib.sha256()
    with sqlite3.connect(f"file:{workspace}?mode=ro", uri=True) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type='table' ORDER BY 1")]
        for table in tables:
            for row in db.execute(f'SELECT * FROM "{table}"'):
                digest.update(repr(row).encode())
        digest.update(str(db.execute("PRAGMA integrity_check").fetchone()).encode())
    db.close()
    return digest.hexdigest()


def setUpModule():
    """One trained company for all tests, which work on copies."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="foresell-bad-"))
    unittest.addModuleCleanup(shutil.rmtree, home, ignore_errors=True)
    Company.company = small_company(home, 5, 52, 12, 4)
    run("train", "--quiet", workspace=Company.company)
    Company.model = run("models", "--json", workspace=Company.company).json["models"][0]["id"]
    scores = run("score", "--no-keep", "--json", workspace=Company.company).json["scores"]
    Company.deal = next(row["id"] for row in scores if row["kind"] == "deal")


class Company(Folder):
    def copy(self, name="w.db"):
        path = self.folder / name
        for suffix in ("", "-wal", "-shm"):
            if pathlib.Path(f"{self.company}{suffix}").exists():
                shutil.copy(f"{self.company}{suffix}", f"{path}{suffix}")
        return path

    def everything_refuses(self, path, says, code=1, commands=READERS + WRITERS):
        leads = self.write("in/leads.csv", LEADS)
        before = path.read_bytes()
        for words in (*commands, ["import", leads]):
            result = run(*words, "--json", "--quiet", workspace=path, code=code)
            self.assertEqual(result.out, "", words)
            self.assertIn(str(path), result.err)
            self.assertRegex(result.err, says)
        self.assertEqual(path.read_bytes(), before)


class NoWorkspace(Company):
    def test_absent__says_how_to_make_one_and_makes_none(self):
        path = self.folder / "none.db"
        for words in (*READERS, *WRITERS):
            result = run(*words, workspace=path, code=1)
            self.assertEqual(result.out, "")
            self.assertRegex(result.err, f"there is no workspace {path}; make one with foresell import")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_text_file(self):
        self.everything_refuses(self.write("w.db", "lead,amount\n1,2\n" * 50), "some other file, not a foresell "
                                "workspace; it was left untouched; name another file with -w")

    def test_an_empty_file__is_no_history(self):
        path = self.write("w.db", "")
        for words in (*READERS, *WRITERS):
            self.assertRegex(run(*words, workspace=path, code=1).err, "empty file, not a foresell workspace")
        self.assertEqual(path.read_bytes(), b"")

    def test_the_database_of_another_program(self):
        path = self.folder / "w.db"
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE lead(a)")
        db.commit()
        db.close()
        self.everything_refuses(path, "database of another program.*left untouched; name another")

    def test_a_folder(self):
        result = run("rank", workspace=self.folder, code=1)
        self.assertRegex(result.err, "is a folder, not a foresell workspace.*name another")

    def test_from_a_newer_version(self):
        path = self.copy()
        db = sqlite3.connect(path)
        db.execute("PRAGMA user_version = 99")
        db.commit()
        db.close()
        self.everything_refuses(path, "has format 99 and this foresell knows .*; use the newer foresell")

    def test_cut_off(self):
        whole = self.company.read_bytes()
        for length in (50, 100, 4096, len(whole) // 2, len(whole) - 1):
            path = self.write("w.db", whole[:length])
            self.everything_refuses(path, "is cut off.*restore it from a backup, or import",
                                    commands=(["rank"], ["train"], ["models"]))

    def test_scrambled_pages__an_error_or_an_answer_but_never_a_crash(self):
        whole = self.company.read_bytes()
        lot = random.Random(6)
        refused = 0
        for _ in range(3):
            bad = bytearray(whole)
            for _ in range(40):
                at = lot.randrange(4096, len(bad) - 600)
                bad[at:at + 512] = lot.randbytes(512)
            path = self.write("w.db", bytes(bad))
            for words in (["rank"], ["check"], ["forecast"], ["models"], ["score"]):
                for beside in self.folder.glob("w.db.timeline*"):
                    beside.unlink()
                result = run(*words, "--quiet", workspace=path, code=None)
                self.assertIn(result.code, (0, 1, 3), (words, result.err))
                if result.code:
                    self.assertTrue(result.err.startswith("foresell: "))
                    refused += "is damaged; restore it from a backup" in result.err
        self.assertGreater(refused, 5)

    def test_a_damaged_cache__is_built_again(self):
        path = self.copy()
        before = run("rank", "--json", "--quiet", workspace=path).out
        cache = pathlib.Path(f"{path}.timeline")
        if not cache.exists():
            self.skipTest("the history is not kept beside the workspace")
        good = cache.read_bytes()
        for bad in (b"", b"hello", good[:len(good) // 2], good[:64] + os.urandom(len(good) - 64),
                    os.urandom(len(good))):
            cache.write_bytes(bad)
            self.assertEqual(run("rank", "--json", "--quiet", workspace=path).out, before)


class EmptyHistory(Company):
    def workspace(self, **files):
        for name, text in files.items():
            self.write(f"in/{name}.csv", text)
        path = self.folder / "w.db"
        run("import", self.folder / "in", "--quiet", workspace=path)
        return path

    def no_answer(self, path, words, says):
        before = contents(path)
        result = run(*words, "--json", "--quiet", workspace=path, code=3)
        self.assertEqual(result.out, "")
        self.assertRegex(result.err, says)
        self.assertEqual(contents(path), before)

    def test_nothing_imported(self):
        path = self.workspace(leads="lead_id,created_at\n")
        for words in (["train"], ["rank"], ["score"], ["explain", "x"], ["forecast"], ["effort"],
                      ["backtest"], ["check"]):
            self.no_answer(path, words, "no leads and no deals; read an export first: foresell import")
        night = run("nightly", "--quiet", workspace=path, code=3)
        self.assertEqual(night.out, "")
        self.assertIn("read an export first: foresell import", night.err)
        self.assertEqual(run("models", "--json", workspace=path).json["models"], [])
        self.assertRegex(run("rollback", "x", workspace=path, code=1).err, "no model 'x'; see: foresell models")

    def test_one_lead(self):
        path = self.workspace(leads=LEADS)
        self.no_answer(path, ["train"], "nothing to learn from.*import")
        for words in (["rank"], ["score"], ["explain", "L1"]):
            self.no_answer(path, words, "no model yet; train one first: foresell train")
        self.no_answer(path, ["forecast"], "nothing was won before")
        self.no_answer(path, ["effort"], "import activities, or ask for a later moment")
        self.no_answer(path, ["backtest"], "too short for a backtest")
        night = run("nightly", "--csv", "--quiet", workspace=path, code=3)  # its work is told all the same
        self.assertIn("step", night.out)
        self.assertIn("no model answers, for leads or deals: leads: ", night.err)

    def deals(self, outcome):
        rows = "".join(f"D{i},2024-{i % 12 + 1:02}-03,2025-{i % 12 + 1:02}-09,{outcome},{100 + i}\n"
                       for i in range(120))
        return "deal_id,created_at,closed_at,outcome,amount\n" + rows

    def test_no_deal_was_won(self):
        path = self.workspace(deals=self.deals("lost"))
        self.no_answer(path, ["train"], "nothing to learn from.*won")
        self.no_answer(path, ["forecast"], "nothing was won")

    def test_every_deal_was_won(self):
        path = self.workspace(deals=self.deals("won"))
        for words in (["train"], ["forecast"], ["rank"], ["effort"], ["backtest"], ["nightly"]):
            result = run(*words, "--json", "--quiet", workspace=path, code=None)
            self.assertIn(result.code, (0, 3), (words, result.err))
            if words != ["nightly"]:  # the night tells what it did, whether or not a model answers
                self.assertEqual(result.out == "", result.code == 3)

    def test_dates_in_the_future__are_not_known_yet(self):
        path = self.workspace(deals=self.deals("won").replace("2025-", "2999-").replace("2024-", "2998-"))
        self.no_answer(path, ["train"], "nothing to learn from")
        self.no_answer(path, ["forecast"], "nothing was won before")
        self.assertIn("time_in_future", run("check", "--json", "--quiet", workspace=path).out)


class Options(Company):
    def test_wrong_usage__exit_code_2_and_nothing_changed(self):
        path = self.copy()
        before = contents(path)
        moments = ("nonsense", "2026-13-45", "", "99999-01-01", "2999-01-01", "2024-02-30")
        commands = [[c, "--as-of", m] for c in ("train", "rank", "score", "forecast", "effort", "backtest",
                                                "check", "nightly") for m in moments]
        commands += [line.split() for line in (
            "rank --hours -1", "rank --hours nan", "rank --hours x", "rank --limit -1", "rank --limit 1e3",
            "rank --cool-off -1", "rank --cool-off 1000", "rank extra", "explain", "forecast --period day",
            "forecast --horizon -1", "forecast --horizon 100000", "forecast --level 0", "forecast --level 101",
            "forecast --level 80,x", "forecast --by planet", "effort --raise x", "effort --raise -10",
            "effort --raise 0", "effort --raise 1e9", "effort --raise nan", "effort --period yesterday",
            "effort --period 2020-02-02..2020-01-01", "effort --by planet", "backtest --what weather",
            "backtest --cuts -1", "backtest --cuts 100000", "models extra", "rollback", "rollback a b",
            "train --horizon -1", "train --horizon 100000", "train --seed -1", "train extra",
            "check --code nope", "check --limit -1", "import", "simulate", "simulate --out x --weeks -1",
            "simulate --out x --reps -2", "simulate --out x --dirty 2", "simulate --out x --confounding x",
            "simulate --out x --leads-per-week 1e300", "demo a b", "nosuch", "-x", "-w",
            "rank --nosuch", "rank --limit", "nightly --nosuch")]
        commands += [["import", self.company.parent / "history", "--format", "klingon"], []]
        for words in commands:
            result = run(*words, workspace=path, code=2, cwd=self.folder)
            self.assertEqual(result.out, "", words)
            self.assertTrue(result.err, words)
        self.assertEqual(contents(path), before)
        self.assertEqual([p.name for p in self.folder.iterdir() if not p.name.startswith("w.db")], [])

    def test_unknown_names__exit_code_1(self):
        path = self.copy()
        for words in (["rank", "--rep", "nobody"], ["score", "nope"], ["explain", "nope"], ["rollback", "nope"]):
            result = run(*words, workspace=path, code=1)
            self.assertEqual(result.out, "")
            self.assertRegex(result.err, f"there is no .*'{words[-1]}'")

    def test_before_the_history__no_answer(self):
        path = self.copy()
        for command in ("train", "rank", "forecast", "effort", "backtest"):
            result = run(command, "--as-of", "1900-01-01", workspace=path, code=3)
            self.assertEqual(result.out, "")


class Barred(Company):
    def test_locked_by_another_process__readers_answer_and_writers_say_so(self):
        path = self.copy()
        leads = self.write("in/leads.csv", LEADS)
        before = contents(path)
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            for words in READERS[:-1]:
                run(*words, "--quiet", workspace=path, code=None if words[0] in ("effort", "explain") else 0)
            for words in (["train"], ["rollback", self.model], ["import", leads]):
                result = run(*words, "--quiet", workspace=path, code=1)
                self.assertEqual(result.out, "")
                self.assertRegex(result.err, f"{path}: another process is writing it; wait until")
        finally:
            holder.close()
        self.assertEqual(contents(path), before)

    def as_nobody(self, *words):
        command = [PROGRAM, *map(str, words)]
        if os.geteuid() == 0:
            if not shutil.which("setpriv"):
                self.skipTest("permissions do not bind root, and setpriv is missing")
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
            probe = subprocess.run([*command[:4], PROGRAM, "--version"], capture_output=True)
            if probe.returncode != 0:
                self.skipTest("the program cannot be run by another user here")
        return subprocess.run(command, capture_output=True, text=True)

    def barred(self, path, folder_mode, file_mode):
        leads = self.write("in/leads.csv", LEADS)
        before = contents(path)
        os.chmod(path, file_mode)
        os.chmod(self.folder, folder_mode)
        try:
            for words in (["rank"], ["forecast"], ["models"], ["check"], ["score", "--no-keep"],
                          ["score", self.deal], ["explain", self.deal]):
                done = self.as_nobody("-w", path, *words, "--quiet")
                self.assertEqual(done.returncode, 0, (words, done.stderr))
                self.assertTrue(done.stdout)
            for words in (["train"], ["score"], ["nightly"], ["rollback", self.model], ["import", leads]):
                done = self.as_nobody("-w", path, *words, "--quiet")
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertIn(str(path), done.stderr)
                self.assertRegex(done.stderr, "(cannot be written|cannot write) ?.*; check .*(permissions|copy)")
        finally:
            os.chmod(self.folder, 0o755)
            os.chmod(path, 0o644)
        self.assertEqual(contents(path), before)

    def test_a_file_that_cannot_be_written(self):
        self.barred(self.copy(), 0o755, 0o444)

    def test_a_folder_that_cannot_be_written(self):
        self.barred(self.copy(), 0o555, 0o666)

    def test_a_log_that_cannot_be_read_where_it_lies__says_what_to_do(self):
        path = self.copy()
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("INSERT INTO setting VALUES ('greeting', 'hello')")
        log = pathlib.Path(f"{path}-wal")
        self.assertGreater(log.stat().st_size, 0)
        held = path.read_bytes(), log.read_bytes()
        holder.close()  # tidies the log up: put back what a crash would have left
        path.write_bytes(held[0])
        log.write_bytes(held[1])
        os.chmod(self.folder, 0o555)
        try:
            for words in (["rank"], ["check"], ["models"]):
                done = self.as_nobody("-w", path, *words, "--quiet")
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, f"{path} has changes in its log .*; run foresell once .* or copy both")
        finally:
            os.chmod(self.folder, 0o755)
        self.assertEqual((path.read_bytes(), log.read_bytes()), held)
        self.assertTrue(run("models", "--quiet", workspace=path).out)

    def test_a_file_that_cannot_be_read(self):
        path = self.copy()
        os.chmod(path, 0)
        os.chmod(self.folder, 0o755)
        for words in (["rank"], ["train"]):
            done = self.as_nobody("-w", path, *words)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, f"{path}: Permission denied; check its permissions")

    def test_names_that_could_be_taken_for_something_else(self):
        odd = self.folder / "50%20 a?b#c.db"
        self.copy().rename(odd)
        os.chmod(odd, 0o444)
        os.chmod(self.folder, 0o555)
        try:
            for name in (odd, f"/{odd}", f"/{self.folder}/./{odd.name}"):
                done = self.as_nobody("-w", name, "models", "--quiet")
                self.assertEqual(done.returncode, 0, (name, done.stderr))
        finally:
            os.chmod(self.folder, 0o755)

    def test_a_new_workspace_where_none_can_be_made(self):
        leads = self.write("in/leads.csv", LEADS)
        os.chmod(self.folder, 0o755)
        if os.geteuid() == 0:
            done = self.as_nobody("-w", self.folder / "new.db", "import", leads)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "cannot make the workspace .*new.db: Permission denied; check")
        result = run("import", leads, workspace=self.folder / "no" / "new.db", code=1)
        self.assertRegex(result.err, "cannot make the workspace .*new.db: No such file.*; check the path")
        self.assertEqual([p.name for p in self.folder.iterdir()], ["in"])


class FullDisk(Company):
    """No file may grow beyond a limit: what a full disk looks like to the program."""

    def limited(self, limit, path, *words):
        def limit_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        command = [PROGRAM, "-w", str(path), *map(str, words), "--quiet"]
        return subprocess.run(command, capture_output=True, text=True, preexec_fn=limit_files)

    def test_writers__say_so_and_change_nothing(self):
        for limit in (0, 4096, 200_000):
            for words in (["train"], ["score"], ["rollback", self.model], ["import", self.more()]):
                path = self.copy()
                before = contents(path)
                done = self.limited(limit, path, *words)
                if done.returncode == 0:
                    self.assertGreater(limit, 4096, words)
                    continue
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, f"{path}: the disk is full .*nothing was changed; free some space")
                self.assertEqual(contents(path), before, (limit, words))

    def more(self):
        return self.write("in/leads.csv", "lead_id,created_at,name\n" + "".join(
            f"NEW{i},2024-01-05,{'n' * 400}\n" for i in range(3000)))

    def test_readers__answer_where_nothing_can_be_written(self):
        path = self.copy()
        for words in (["rank", "--json"], ["models", "--json"]):
            done = self.limited(0, path, *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout, run(*words, "--quiet", workspace=path).out)

    def test_a_first_import__leaves_nothing_and_the_next_one_works(self):
        leads = self.more()
        path = self.folder / "new.db"
        for limit in (0, 4096, 100_000, 300_000):
            done = self.limited(limit, path, "import", leads)
            self.assertEqual(done.returncode, 1)
            self.assertIn("the disk is full", done.stderr)
            self.assertEqual([p.name for p in self.folder.iterdir()], ["in"], limit)
        self.assertEqual(run("import", leads, "--json", "--quiet", workspace=path).json["added"], 3000)

    def test_the_answer_itself_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "-w", str(self.copy()), "rank", "--json"], stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "cannot write the result: No space left")


class Killed(Company):
    def test_import_killed_in_the_middle__the_workspace_is_as_before(self):
        leads = self.write("in/leads.csv", "lead_id,created_at,name\n" + "".join(
            f"NEW{i},2024-01-05,{'n' * 80}\n" for i in range(60_000)))
        path = self.copy()
        before = contents(path)
        killed, finished = 0, False
        for delay in (0.02, 0.05, 0.1, 0.15, 0.2, 0.3):
            work = subprocess.Popen([PROGRAM, "-w", str(path), "import", str(leads), "--quiet"],
                                    stdout=subprocess.DEVNULL)
            time.sleep(delay)
            work.send_signal(signal.SIGKILL)  # a zombie takes it as well: no race with the end of the work
            if work.wait() == 0:
                finished = True
                break
            killed += 1
            run("models", "--quiet", workspace=path)
            if contents(path) != before:  # the kill came after the commit: then every row must be there
                finished = True
                break
        self.assertGreater(killed, 0)
        report = run("import", leads, "--json", "--quiet", workspace=path).json
        self.assertEqual(report["added"], 0 if finished else 60_000)
        again = run("import", leads, "--json", "--quiet", workspace=path).json
        self.assertEqual((again["added"], again["changed"]), (0, 0))

    def test_train_killed__the_same_models_answer(self):
        path = self.copy()
        before = run("models", "--json", "--quiet", workspace=path).out
        work = subprocess.Popen([PROGRAM, "-w", str(path), "train", "--seed", "3", "--quiet"],
                                stdout=subprocess.DEVNULL)
        time.sleep(0.1)
        work.kill()
        work.wait()
        self.assertEqual(run("models", "--json", "--quiet", workspace=path).out, before)


if __name__ == "__main__":
    unittest.main()
