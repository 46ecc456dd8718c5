"""The night's work: complete, repeatable, and safe to kill at any moment."""
import signal
import subprocess
import time
import unittest

from harness import Folder, PROGRAM, run, small_company


class Nightly(Folder):
    def setUp(self):
        super().setUp()
        self.workspace = small_company(self.folder, weeks=60, leads=15, reps=4)

    def nightly(self, **more):
        return run("nightly", self.folder / "history", "--json", "--quiet", workspace=self.workspace, **more)

    def answering(self):
        models = run("models", "--json", "--quiet", workspace=self.workspace).json["models"]
        return sorted(m["id"] for m in models if m["answering"])

    def test_nightly__does_every_step_and_publishes(self):
        steps = self.nightly().json["steps"]
        self.assertEqual([s["step"] for s in steps if not s["step"].startswith("train")],
                         ["import", "check", "score", "forecast"])
        self.assertEqual(len(self.answering()), 2)

    def test_nightly__twice_changes_no_answer(self):
        self.nightly()
        first = self.answering()
        self.nightly()
        self.assertEqual(first, self.answering())

    def test_nightly__killed_anywhere_leaves_answers_and_finishes_later(self):
        self.nightly()
        before = self.answering()
        started = time.monotonic()
        self.nightly()
        whole = time.monotonic() - started
        for share in (0.02, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.97):
            process = subprocess.Popen(
                [PROGRAM, "-w", str(self.workspace), "nightly", str(self.folder / "history"), "--quiet"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(whole * share)
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.assertEqual(len(self.answering()), 2)
            run("rank", "--limit", 3, "--json", "--quiet", workspace=self.workspace)
        self.nightly()
        self.assertEqual(before, self.answering())

    def test_nightly__a_second_one_says_so_and_leaves(self):
        first = subprocess.Popen([PROGRAM, "-w", str(self.workspace), "nightly", "--quiet"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        refused = None
        while first.poll() is None and refused is None:
            second = run("nightly", "--quiet", workspace=self.workspace, code=None)
            if second.code != 0:
                refused = second
        first.wait()
        self.assertIsNotNone(refused)
        self.assertEqual(refused.code, 1)
        self.assertIn(str(first.pid), refused.err)
        self.assertEqual(first.returncode, 0)


if __name__ == "__main__":
    unittest.main()
