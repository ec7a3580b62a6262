"""What the fault tests stand on: the killer of programs."""

import os
import signal
import subprocess
import sys
import threading

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


def test_a_program_that_is_starting_again_is_waited_for_and_paused(tmp_path, sleeper):
    writer = threading.Timer(0.3, (tmp_path / "load.pid").write_text, [f"{sleeper.pid}\n"])
    writer.start()

    resume = Killer(tmp_path).pause("load")
    _, status = os.waitpid(sleeper.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    resume()

    assert sleeper.poll() is None


def test_a_program_that_ended_while_it_hung_is_not_resumed(tmp_path, sleeper):
    (tmp_path / "load.pid").write_text(f"{sleeper.pid}\n")
    resume = Killer(tmp_path).pause("load")
    sleeper.kill()
    sleeper.wait()

    resume()


def test_a_program_that_never_runs_cannot_be_paused(tmp_path):
    with pytest.raises(TimeoutError, match="load does not run"):
        Killer(tmp_path).pause("load", within_s=0.1)
