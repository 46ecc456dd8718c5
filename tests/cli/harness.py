"""Runs the program under test, and keeps one trained company for the tests that only read."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unicodedata
import unittest

PROGRAM = os.environ.get("FORESELL", "foresell")
SOURCE = pathlib.Path(os.environ.get("FORESELL_SOURCE", pathlib.Path(__file__).parents[2]))
DATA = pathlib.Path(os.environ.get("FORESELL_DATA", SOURCE.parent / "shared" / "data"))


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self):
        return json.loads(self.out)


def run(*arguments, workspace=None, env=None, code=0, timeout=600, cwd=None):
    """Runs foresell; fails the test unless the exit code is `code` (None: any)."""
    command = [PROGRAM] + (["-w", str(workspace)] if workspace else []) + [str(a) for a in arguments]
    environment = dict(os.environ, **(env or {}))
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment,
                          cwd=cwd, encoding="utf-8", errors="replace")
    result = Result(done)
    if code is not None and result.code != code:
        raise AssertionError(f"{' '.join(command)}\nexit code {result.code}, not {code}\n"
                             f"stdout: {result.out[-2000:]}\nstderr: {result.err[-2000:]}")
    return result


class Folder(unittest.TestCase):
    """A test case with a folder of its own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="foresell-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text, encoding="utf-8")
        return path


def small_company(folder, seed=5, weeks=70, leads=25, reps=6, *more):
    """Simulates and imports a small company; returns the workspace."""
    run("simulate", "--seed", seed, "--weeks", weeks, "--leads-per-week", leads, "--reps", reps,
        "--out", folder / "history", "--quiet", *more)
    workspace = folder / "company.db"
    run("import", folder / "history", "--quiet", workspace=workspace)
    return workspace


def columns(line):
    """Columns of a terminal that a line takes: marks that combine take none, wide characters two."""
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in line)
