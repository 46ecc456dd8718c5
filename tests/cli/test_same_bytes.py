"""Same history, same seed: the same bytes, whatever the threads and the order of the rows."""
import csv
import random
import unittest

from harness import Folder, run, small_company


def model_ids(workspace):
    models = run("models", "--json", "--quiet", workspace=workspace).json["models"]
    return sorted(m["id"] for m in models)  # an id ends in a fingerprint of the model's bytes


class SameBytes(Folder):
    def test_train__threads_do_not_matter(self):
        workspace = small_company(self.folder)
        copy = self.folder / "copy.db"
        run("import", self.folder / "history", "--quiet", workspace=copy)
        run("train", "--quiet", workspace=workspace, env={"FORESELL_THREADS": "1"})
        run("train", "--quiet", workspace=copy, env={"FORESELL_THREADS": "2"})
        self.assertEqual(model_ids(workspace), model_ids(copy))
        for command in (["rank", "--limit", "20"], ["forecast"], ["effort"]):
            one = run(*command, "--json", "--quiet", workspace=workspace, env={"FORESELL_THREADS": "1"}).out
            two = run(*command, "--json", "--quiet", workspace=workspace, env={"FORESELL_THREADS": "2"}).out
            self.assertEqual(one, two, command)

    def test_train__order_of_rows_does_not_matter(self):
        workspace = small_company(self.folder)
        shuffled = self.folder / "shuffled"
        shuffled.mkdir()
        for path in sorted((self.folder / "history").glob("*.csv")):
            if path.name.startswith("truth"):
                continue
            with open(path, encoding="utf-8", newline="") as source:
                header, *rows = list(csv.reader(source))
            random.Random(3).shuffle(rows)
            with open(shuffled / path.name, "w", encoding="utf-8", newline="") as target:
                csv.writer(target).writerows([header] + rows)
        other = self.folder / "other.db"
        run("import", shuffled, "--quiet", workspace=other)
        run("train", "--quiet", workspace=workspace)
        run("train", "--quiet", workspace=other)
        self.assertEqual(model_ids(workspace), model_ids(other))
        for command in (["rank", "--limit", "20"], ["forecast"], ["effort"]):
            one = run(*command, "--json", "--quiet", workspace=workspace).out
            two = run(*command, "--json", "--quiet", workspace=other).out
            self.assertEqual(one, two, command)

    def test_simulate__same_seed_same_files(self):
        for name in ("a", "b"):
            run("simulate", "--seed", 4, "--weeks", 20, "--out", self.folder / name, "--quiet")
        for path in sorted((self.folder / "a").iterdir()):
            self.assertEqual(path.read_bytes(), (self.folder / "b" / path.name).read_bytes(), path.name)


if __name__ == "__main__":
    unittest.main()
