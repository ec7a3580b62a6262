"""A fork is the program that a new Python would be: files, folder, variables, signals, end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.programs import ADDRESS, python, start_programs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are forks on Linux")
SAYS = "import os, sys; print(sys.argv[1:], os.getcwd(), os.environ.get('X'), sys.stdin.read())"
FORKS = """
from multiprocessing import get_context
from local.process.child import prepare_programs

prepare_programs()
code = "import sys; print('cli.main' in sys.modules)"
program = get_context("forkserver").Process(target=exec, args=(code,))
program.start()
program.join()
"""
WAITS = "import time; print('ready', flush=True); time.sleep(60)"


class Cleanups(ExitStack):
    """What `start_programs` needs of pytest's configuration."""

    def add_cleanup(self, call: Callable[[], None]) -> None:
        self.callback(call)


@pytest.fixture(scope="module")
def begins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """How a command begins: of a fork, and of a new Python. Alone, this file starts what forks."""
    with Cleanups() as cleanups:
        if ADDRESS not in os.environ:
            start_programs(cleanups, tmp_path_factory.mktemp("programs"))
        yield {"fork": python(), "new": [sys.executable]}


@pytest.fixture(params=["fork", "new"])
def begin(request: pytest.FixtureRequest, begins: dict[str, list[str]]) -> list[str]:
    return begins[request.param]


def ended(begin: list[str], *words: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [*begin, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def test_it_has_its_words_folder_variables_and_input(begin, tmp_path):
    environment = os.environ | {"X": "y"}

    program = ended(begin, "-c", SAYS, "a b", cwd=tmp_path, env=environment, input="typed")

    assert program.stdout == f"['a b'] {tmp_path} y typed\n"
    assert (program.returncode, program.stderr) == (0, "")


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("import sys; sys.exit(7)", 7, ""),
        ("import sys; sys.exit('no room')", 1, "no room\n"),
        ("raise ValueError('odd')", 1, "ValueError: odd\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
    ],
)
def test_it_ends_as_a_python_does(begin, code, status, says):
    program = ended(begin, "-c", code)

    assert program.returncode == status
    assert program.stderr.endswith(says)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_it(begin, number):
    with subprocess.Popen([*begin, "-c", WAITS], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "ready\n"

        program.send_signal(number)

        assert program.stdout.read() == ""
        assert program.wait(20) == -number


def test_a_module_and_a_file_are_run(begin, tmp_path):
    (tmp_path / "says.py").write_text("import sys; print(__name__, *sys.argv[1:])")

    by_file = ended(begin, tmp_path / "says.py", "x")
    by_module = ended(begin, "-m", "says", "x", cwd=tmp_path)

    assert by_file.stdout == by_module.stdout == "__main__ x\n"


def test_a_copy_of_ours_beside_the_program_is_taken(begin, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/__init__.py").touch()
    (tmp_path / "shared/errors.py").write_text("ORIGIN = 'copy'")
    (tmp_path / "job.py").write_text("import shared.errors; print(shared.errors.ORIGIN)")

    program = ended(begin, "job.py", cwd=tmp_path)

    assert (program.stdout, program.stderr) == ("copy\n", "")


def test_what_it_needs_is_in_memory(begins):
    program = ended(
        begins["fork"], "-c", "import sys; print('google.cloud.storage' in sys.modules)"
    )

    assert program.stdout == "True\n"


def test_it_has_the_files_that_it_inherits_by_their_numbers(begins):
    (first, typed), (printed, last) = os.pipe(), os.pipe()
    code = f"import os; os.write({last}, os.read({first}, 9))"

    os.write(typed, b"typed")
    program = ended(python([first, last]), "-c", code, pass_fds=[first, last])

    assert (program.returncode, program.stderr) == (0, "")
    assert os.read(printed, 9) == b"typed"


def test_a_program_of_a_cloud_is_a_fork_of_the_same_process(begin, begins):
    program = ended(begin, "-c", FORKS)

    assert (program.stdout, program.stderr) == (f"{begin == begins['fork']}\n", "")
