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

    def test_nightly__of_two_at_once_one_says_so_and_leaves(self):
        both = [subprocess.Popen([PROGRAM, "-w", str(self.workspace), "nightly", "--quiet"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                for _ in range(2)]
        said = [process.communicate()[1] for process in both]
        self.assertEqual(sorted(process.returncode for process in both), [0, 1])
        refused = 0 if both[0].returncode else 1
        # the winner may not have written its number yet
        self.assertRegex(said[refused], rf"{both[1 - refused].pid}|another process is at work")


if __name__ == "__main__":
    unittest.main()
