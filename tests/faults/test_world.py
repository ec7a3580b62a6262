"""What the fault tests stand on: the killer of programs."""

import signal
import subprocess
import sys

import pytest

from tests.faults.world import Killer


@pytest.fixture
def sleeper():
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(command, start_new_session=True) as process:
        yield process
        process.kill()


def test_a_program_that_runs_is_killed_and_counted(tmp_path, sleeper):
    (tmp_path / "load.pid").write_text(f"{sleeper.pid}\n")
    killer = Killer(tmp_path)

    assert killer.kill("load")

    assert sleeper.wait() == -signal.SIGKILL
    assert killer.kills == {"load": 1}


def test_a_program_without_a_file_of_its_process_id_does_not_run(tmp_path):
    killer = Killer(tmp_path)

    assert not killer.kill("load")

    assert not killer.kills


def test_a_program_that_has_ended_does_not_run(tmp_path, sleeper):
    (tmp_path / "load.pid").write_text(f"{sleeper.pid}\n")
    sleeper.kill()
    sleeper.wait()

    assert not Killer(tmp_path).kill("load")
