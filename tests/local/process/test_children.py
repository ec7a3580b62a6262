"""Programs that run beside a command: started, watched, started again, stopped."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path

import pytest

from local.home import PROJECT, Home, lock_of
from local.process.child import DidNotStart, Program, prepare_programs, reserved_port, tail
from local.process.children import Children

SOON_S = 20


def program(mode: str, *arguments: str, grace_s: float = 10, **options: object) -> Program:
    words = [mode, *arguments]
    return Program(mode, "tests.cli.program", words, {}, grace_s=grace_s, **options)


@pytest.fixture
def troubles() -> list[str]:
    return []


@pytest.fixture
def children(tmp_path: Path, troubles: list[str]) -> Iterator[Children]:
    started = Children(tmp_path, troubles.append)
    yield started
    started.stop()


def soon() -> float:
    return time.monotonic() + SOON_S


def until(holds: Callable[[], object]) -> None:
    deadline = soon()
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether the process runs. A zombie does not: it only waits until its exit is read."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def test_a_ready_line_is_kept_as_the_answer(children):
    child = children.start(program("serve"))

    assert child.wait_ready(soon())["pid"] == child.pid


def test_what_is_printed_before_the_ready_line_goes_to_the_log(children, tmp_path):
    child = children.start(program("chatty"))

    child.wait_ready(soon())

    assert (tmp_path / "chatty.log").read_text() == "getting up\n"


def test_a_program_that_ends_before_it_is_ready_is_told_with_its_last_words(children):
    child = children.start(program("broken"))

    with pytest.raises(
        DidNotStart, match=r"(?s)broken ended with exit status 3.*the port is taken"
    ):
        child.wait_ready(soon())


def test_a_program_that_stays_silent_is_given_up_at_the_deadline(children):
    child = children.start(program("silent"))

    with pytest.raises(DidNotStart, match="silent is not ready in time"):
        child.wait_ready(time.monotonic() + 0.1)


def test_each_program_leads_a_process_group_so_that_ctrl_c_reaches_only_the_command(children):
    child = children.start(program("serve"))

    assert os.getpgid(child.pid) == child.pid


def test_stop_ends_everything(children):
    pids = [children.start(program(mode)).pid for mode in ("serve", "silent")]

    children.stop()

    assert not any(map(is_alive, pids))


def test_a_program_that_ignores_the_request_to_stop_is_killed(children):
    child = children.start(program("deaf", grace_s=0.2))
    child.wait_ready(soon())

    children.stop()

    assert child.exit_status == -signal.SIGKILL


def test_workers_of_a_program_end_with_it(children, tmp_path):
    note = tmp_path / "worker.pid"
    children.start(program("parent", str(note), grace_s=0.5)).wait_ready(soon())
    worker = int(note.read_text())

    children.stop()

    until(lambda: not is_alive(worker))


def test_a_lower_stage_is_stopped_first(children):
    late = children.start(Program("late", "tests.cli.program", ["serve"], {}, stage=2))
    early = children.start(Program("early", "tests.cli.program", ["deaf"], {}, 1, grace_s=0.3))
    for child in (late, early):
        child.wait_ready(soon())
    order = []
    for child in (late, early):
        stop, name = child.stop, child.program.name
        child.stop = lambda deadline, stop=stop, name=name: (order.append(name), stop(deadline))

    children.stop()

    assert order == ["early", "late"]


def test_a_program_that_is_killed_is_told_of_and_started_again(children, troubles):
    child = children.start(program("serve"))
    child.wait_ready(soon())
    children.watch()

    os.kill(child.pid, signal.SIGKILL)

    until(lambda: children.pids().get("serve", child.pid) != child.pid)
    assert "serve ended with SIGKILL" in troubles[0]
    assert "Starting it again in 0.5 s" in troubles[0]


def test_a_reader_of_a_process_id_never_sees_a_part_of_it(children, tmp_path):
    again, path = Program("again", "tests.cli.program", ["brief"], {}), tmp_path / "again.pid"
    first = children.start(again)
    with path.open() as reader:
        until(lambda: first.exit_status is not None)

        second = children.start(again)

        assert reader.read() == f"{first.pid}\n"  # not emptied, and not written over
    assert path.read_text() == f"{second.pid}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.glob("*.pid*")] == ["again.pid"]


def test_one_that_ends_again_and_again_is_started_after_longer_and_longer_waits(children, troubles):
    children.start(program("brief"))

    children.watch()

    until(lambda: len(troubles) >= 3)
    waits = [line.partition("again in ")[2] for line in troubles[:3]]
    assert waits == ["0.5 s.", "1 s.", "2 s."]


def test_nothing_is_started_once_everything_is_being_stopped(children):
    children.stop()

    with pytest.raises(DidNotStart, match="being stopped"):
        children.start(program("serve"))


def test_a_missing_program_is_noticed_by_check(children):
    child = children.start(program("brief"))
    until(lambda: child.exit_status is not None)

    with pytest.raises(DidNotStart, match="brief"):
        children.check()


def test_a_program_ends_when_the_command_that_started_it_is_killed(tmp_path):
    command = [sys.executable, "-m", "tests.cli.starter", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as starter:
        pid = int(starter.stdout.readline())

        starter.kill()

    until(lambda: not is_alive(pid))


def test_a_program_keeps_the_home_locked_while_it_runs(tmp_path):
    home = Home.at(tmp_path / "home")
    with lock_of(home) as lock:
        lock.take()
        children = Children(tmp_path, on_trouble=print, inherited=[lock.descriptor])
        children.start(program("serve")).wait_ready(soon())

    with lock_of(home) as next_command:
        assert not next_command.take()
        children.stop()
        assert next_command.take()


def test_a_reserved_port_is_free_for_the_program_it_is_meant_for():
    with reserved_port() as reserved, reserved_port() as other:
        port = reserved.getsockname()[1]
        assert port != other.getsockname()[1]
        with socket.create_server(("127.0.0.1", port)) as server:
            assert server.getsockname()[1] == port


def test_the_tail_of_a_log_is_read_from_its_end(tmp_path):
    log = tmp_path / "long.log"
    log.write_text("".join(f"line {number}\n" for number in range(10_000)))

    assert tail(log, 2) == "  line 9998\n  line 9999"


def test_an_absent_log_is_no_second_error(tmp_path):
    assert "No such file" in tail(tmp_path / "none.log")


def test_a_ctrl_c_does_not_end_the_process_that_imports_for_all(monkeypatch):
    nursery = forkserver.ForkServer()
    nursery.set_forkserver_preload([])
    monkeypatch.setattr(forkserver, "ensure_running", nursery.ensure_running)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])

    prepare_programs()

    try:
        assert signal.SIGINT in signals("SigBlk", nursery._forkserver_pid)
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
    finally:
        nursery._stop()


def test_programs_do_not_inherit_a_blocked_signal(children):
    prepare_programs()
    child = children.start(program("serve"))
    child.wait_ready(soon())

    assert signal.SIGINT not in signals("SigBlk", child.pid)


def signals(field: str, pid: int) -> set[int]:
    """The signals in a field of proc_pid_status(5)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    bits = next(int(line.split()[1], 16) for line in lines if line.startswith(field))
    return {number for number in range(1, 65) if bits >> (number - 1) & 1}
