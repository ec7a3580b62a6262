"""Cold start to first answer, beside a bare function.

Each function runs as the local cloud serves it, in an environment of its own requirements, and at
once gets the smallest request that uses its clients. The bare function has the same signature and
environment but imports no client. Most of the difference is Google's libraries; `imports` measures
our own part.
"""

import json
import os
import statistics
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.environments import ROOT, python_of
from benchmarks.table import Measurement
from local.cloud import LAKE, QUERY, pointing_at, running
from local.endpoints import Endpoints
from local.functions import FUNCTIONS

COMMAND = "python -m benchmarks starts"
TIMES = 7
NO_WAIT = {"DEADLINE_S": "1e-9"}
"""`sweep` waits for dead letters until its deadline, because Pub/Sub has no other sign of an
empty subscription."""
BARE = """
import functions_framework

@functions_framework.http
def http(request):
    return "here"

@functions_framework.cloud_event
def cloudevent(event):
    pass
"""
_SERVE = """
import sys
from pathlib import Path
from local.functions import FUNCTIONS, Function, serve
folder, kind, name = sys.argv[1:]
serve(Function(kind, kind, FUNCTIONS[name].served), 0, Path(folder))
"""


@dataclass(frozen=True, slots=True)
class First:
    """The first request to a function, and the expected status."""

    function: str
    body: Mapping[str, Any]
    status: int


def _push(data: str = "e30=", **attributes: str) -> dict[str, Any]:
    message = {"data": data, "messageId": "1", "attributes": attributes}
    return {"message": message, "subscription": "projects/p/subscriptions/s"}


_GONE = _push(
    eventType="OBJECT_FINALIZE",
    bucketId="tta-lake",
    objectId="videos/7300000000000000001.mp4",
    objectGeneration="1",
)
FIRSTS = (
    First("fetch", {"collection": "none"}, 404),
    First("analyze", _GONE, 200),
    First("load", _push(), 200),
    First("sweep", {}, 200),
)


def measurements() -> Iterator[Measurement]:
    with (
        TemporaryDirectory(prefix="starts-") as folder,
        running(Path(folder) / "home", QUERY | LAKE) as endpoints,
        pointing_at(endpoints),
    ):
        for kind in ("http", "cloudevent"):
            (Path(folder) / kind).mkdir()
            (Path(folder) / kind / "main.py").write_text(BARE)
        for first in FIRSTS:
            yield _measurement(first, endpoints, Path(folder))


def _measurement(first: First, endpoints: Endpoints, folder: Path) -> Measurement:
    function = FUNCTIONS[first.function]
    kind = function.signature
    python = str(python_of(function.source))
    bare = [python, "-c", _SERVE, str(folder), kind, function.name]
    ours = [python, "-m", "local.functions", first.function]
    settings = {
        **os.environ,
        **endpoints.function_settings(),
        **function.settings,
        **NO_WAIT,
        "PYTHONPATH": str(ROOT),
    }
    _seconds(bare, settings, first, 200), _seconds(ours, settings, first, first.status)
    pairs = [
        (_seconds(bare, settings, first, 200), _seconds(ours, settings, first, first.status))
        for _ in range(TIMES)
    ]
    least, took = (statistics.median(column) for column in zip(*pairs, strict=True))
    note = f"{took:.2f} s beside {least:.2f} s, medians of {TIMES}"
    name = f"first answer, {first.function}: a multiple of a bare function's"
    return Measurement(name, took / least, None, COMMAND, note, is_most=True)


def _seconds(command: list[str], settings: Mapping[str, str], first: First, status: int) -> float:
    """From the start of the process to its first answer."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout
        port = json.loads(process.stdout.readline())["port"]
        answered = _status_of(f"http://127.0.0.1:{port}/", first.body)
        took = time.perf_counter() - began
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
    if answered != status:
        raise RuntimeError(f"{' '.join(command[-4:])} answered {answered}, not {status}")
    return took


def _status_of(url: str, body: Mapping[str, Any]) -> int:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # nosec B310 # our own
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
