"""`tta up`: keeps everything running, mends what breaks, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from local.home import PROJECT

SOON_S = 60
SERVICES = ("bigquery", "pubsub", "storage", "tiktok", "tokens")


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON_S
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_stops_every_process_and_withdraws_the_endpoints(own_home):
    command = [sys.executable, "-m", "cli", "up", "--json", "--home", str(own_home)]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        # A suite that a shell runs in the background is deaf to Ctrl-C, and so would this be.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as up:
        published = own_home / "endpoints.json"
        until(published.exists)
        endpoints = json.loads(published.read_text())
        pids = [int(file.read_text()) for file in (own_home / "logs").glob("*.pid")]

        up.send_signal(signal.SIGINT)

        try:
            printed, _ = up.communicate(timeout=SOON_S)
        finally:
            up.kill()
        assert json.loads(printed) == endpoints
        assert up.returncode == 0
    assert len(pids) == len(endpoints["functions"]) + len(SERVICES)
    assert not any(map(is_alive, pids))
    assert not published.exists()


def test_a_function_that_is_killed_comes_back_and_goes_on(cloud, tta, clip, tmp_path):
    note = Path(cloud.home) / "logs" / "analyze.pid"
    killed = int(note.read_text())

    os.kill(killed, signal.SIGKILL)
    result = tta("ingest", clip(tmp_path / "after.mp4", "71"), "--wait")

    assert result.returncode == 0, result.stderr
    assert "rated" in result.stdout
    until(lambda: int(note.read_text()) != killed)


def test_a_second_up_on_the_same_home_is_refused(tta):
    result = tta("up")

    assert result.returncode == 1
    assert "runs on" in result.stderr
