"""The processes of the suite are forks of one that has imported the tests."""

import json
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.workers import fork_workers, start_forking

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a fork needs Linux")

TEST = """
import contextlib, os
IMPORTED_BY = os.getpid()
with contextlib.suppress(ImportError):
    import duckdb
def test_small(): pass
"""


@pytest.fixture(scope="module")
def worker(tmp_path_factory) -> Iterator[list[str]]:
    """The command with which xdist starts a process, after one test was imported."""
    folder = tmp_path_factory.mktemp("workers")
    path = folder / "test_forked_example.py"
    path.write_text(TEST)
    cleanups = []
    config = SimpleNamespace(stash=pytest.Stash(), args=[str(path)], add_cleanup=cleanups.append)
    spec = SimpleNamespace()
    start_forking(config, folder)
    fork_workers(config, [spec])
    yield [*spec.python.split(), "-c", "ignored"]
    for cleanup in cleanups:
        cleanup()


def answers(worker: list[str], program: str) -> list[object]:
    process = subprocess.run(worker, input=repr(program) + "\n", text=True, capture_output=True)
    assert process.stderr == ""  # it would say that it aborts
    return [json.loads(line) for line in process.stdout.splitlines()]


def test_each_begins_with_the_tests_that_another_process_has_imported(worker):
    program = (
        "import os, sys; print(os.getpid()); print(sys.modules['test_forked_example'].IMPORTED_BY)"
    )

    first, importer = answers(worker, program)
    second, importer_again = answers(worker, program)

    assert importer == importer_again
    assert len({first, second, importer}) == 3


def test_each_has_the_library_that_started_a_thread_and_can_use_it(worker):
    program = (
        "import sys; print(int('duckdb' in sys.modules)); import duckdb;"
        "print(duckdb.connect().execute('SELECT SUM(x) FROM range(1000000) AS t(x)').fetchone()[0])"
    )

    assert answers(worker, program) == [1, 499_999_500_000]


def test_one_whose_command_is_killed_ends(worker):
    program = "print(1, flush=True); import time; time.sleep(60)"

    process = subprocess.Popen(worker, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write(repr(program) + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "1\n"
    process.kill()
    process.wait()

    assert process.stdout.read() == ""  # the end of the stream, which the fork held open
    process.stdin.close()
    process.stdout.close()
