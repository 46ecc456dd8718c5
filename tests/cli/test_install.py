"""What `cmake --install` puts down serves a program that knows only pkg-config."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

BUILD = os.environ.get("FORESELL_BUILD")

CONSUMER = r"""
#include <foresell.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    foresell_options options = {.path = argv[argc - 1], .mode = FORESELL_CREATE};
    foresell *w = NULL;
    fore_error err = {0};
    if (foresell_open(&options, &w, &err) != FORE_OK) return 1;
    foresell_answer *answer = NULL;
    fore_status status = foresell_models(w, &answer, &err);
    int good = status == FORE_OK && strstr(foresell_answer_json(answer), "models") != NULL;
    foresell_answer_free(answer);
    foresell_close(w);
    printf("%s\n", foresell_version());
    return good ? 0 : 2;
}
"""


@unittest.skipUnless(BUILD and shutil.which("cmake") and shutil.which("pkg-config"), "needs the build folder")
class Install(unittest.TestCase):
    def test_install__an_outside_program_builds_and_runs(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            subprocess.run(["cmake", "--install", BUILD, "--prefix", str(folder / "usr")], check=True,
                           stdout=subprocess.DEVNULL)
            (folder / "consumer.c").write_text(CONSUMER)
            config = next((folder / "usr").rglob("foresell.pc")).parent
            environment = dict(os.environ, PKG_CONFIG_PATH=str(config))
            flags = subprocess.run(["pkg-config", "--cflags", "--libs", "foresell"], check=True,
                                   capture_output=True, text=True, env=environment).stdout.split()
            subprocess.run(["cc", "-std=c17", "-Wall", "-Werror", "consumer.c", "-o", "consumer", *flags],
                           check=True, cwd=folder)
            environment["LD_LIBRARY_PATH"] = str(config.parent)
            subprocess.run([str(folder / "consumer"), str(folder / "w.db")], check=True, env=environment,
                           stdout=subprocess.DEVNULL)
            program = folder / "usr" / "bin" / "foresell"
            subprocess.run([str(program), "--version"], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    unittest.main()
