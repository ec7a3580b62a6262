"""Functions are served here with the deployed settings, by the same code as in the cloud."""

import json
import os
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from local import provision as wiring
from local.functions import FUNCTIONS
from local.served import DEPLOYED, bytes_of, deployed, served
from tests.programs import python

WHO_SERVES = """
import functions_framework, os, sys, time

@functions_framework.http
def http(request):
    time.sleep(float(request.args.get("s", 0)))
    frame, modules = sys._getframe(), set()
    while frame:
        modules.add(frame.f_globals["__name__"])
        frame = frame.f_back
    workers = [kind for kind in ("sync", "gthread") if f"gunicorn.workers.{kind}" in modules]
    return {"worker": " ".join(workers), "pid": os.getpid()}
"""
_SERVE = """
import sys
from dataclasses import replace
from pathlib import Path
from local.functions import FUNCTIONS, Function, serve

folder, name, timeout_s = sys.argv[1:]
own = FUNCTIONS[name].served
served = replace(own, timeout_s=int(timeout_s) or own.timeout_s)
serve(Function("http", "http", served), 0, Path(folder))
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "http").mkdir()
    (tmp_path / "http/main.py").write_text(WHO_SERVES)
    return tmp_path


@contextmanager
def serving(folder, name, timeout_s=0):
    """The address of a function that is served as `name` is, perhaps with another timeout."""
    server = subprocess.Popen(
        [*python(), "-c", _SERVE, str(folder), name, str(timeout_s)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"THREADS": "7", "WORKERS": "3"},
    )
    try:
        yield f"http://127.0.0.1:{json.loads(server.stdout.readline())['port']}/"
    finally:
        server.terminate()
        server.wait(20)


def fetched(url):
    with urllib.request.urlopen(url, timeout=60) as response:
        return json.load(response)


@pytest.mark.parametrize(
    "name",
    # One of each concurrency; the settings of the others are data.
    [
        pytest.param(name, marks=() if name in ("sweep", "load") else pytest.mark.campaign)
        for name in FUNCTIONS
    ],
)
def test_one_request_at_a_time_means_the_sync_worker_and_more_mean_threads(folder, name):
    with serving(folder, name) as url:
        worker = fetched(url)["worker"]

    assert worker == ("sync" if FUNCTIONS[name].served.concurrency == 1 else "gthread")


def test_one_instance_is_one_process(folder):
    with serving(folder, "analyze") as url, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(fetched, [f"{url}?s=0.2"] * 4))

    assert len({each["pid"] for each in answers}) == 1


def test_the_sync_worker_is_ended_after_the_timeout_and_another_takes_its_place(folder):
    with serving(folder, "fetch", timeout_s=1) as url:
        first = fetched(url)["pid"]
        with pytest.raises(OSError):
            fetched(f"{url}?s=30")

        assert fetched(url)["pid"] != first


@pytest.mark.parametrize("name", deployed()["functions"])
def test_a_deadline_of_its_own_is_shorter_than_the_timeout(name):
    function = served(name)

    assert (function.deadline_s or 0) < function.timeout_s


@pytest.mark.parametrize("name", ["analyze-gemini", "analyze-signals", "load"])
def test_a_function_ends_before_its_message_comes_again_and_a_claim_after(name):
    messages = deployed()["messages"]

    assert served(name).timeout_s < messages["ack_deadline_s"] < messages["claim_lease_s"]
    assert messages["ack_deadline_s"] == wiring.ACK_DEADLINE_S


def test_every_function_of_the_file_runs_here():
    own = {"analyze-signals" if name == "analyze" else name for name in FUNCTIONS}

    assert set(json.loads(DEPLOYED.read_text())["functions"]) == own


def test_memory_is_read_as_cloud_run_writes_it():
    assert (bytes_of("512Mi"), bytes_of("4Gi")) == (512 * 2**20, 4 * 2**30)
