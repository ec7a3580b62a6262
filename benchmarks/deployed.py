"""Time and memory of `analyze` as deployed, with four clips at once.

It runs with the values of functions/deployed.json in an environment of its own requirements, and
nothing outside limits its threads. In turns with it runs the same function with environment
variables that limit the threads of linear algebra.
"""

import base64
import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from google.cloud import storage

from benchmarks.environments import ROOT, python_of
from benchmarks.processes import cpu_s, peak_mb
from benchmarks.table import Measurement
from local.cloud import LAKE, pointing_at, running
from local.endpoints import Endpoints
from local.functions import FUNCTIONS
from local.sandbox import mark
from local.sandbox.clips import render
from local.sandbox.designs import Design
from shared.concurrency import LIBRARIES
from shared.messaging.events import VideoUploaded, notification_of

COMMAND = "python -m benchmarks deployed"
TURNS = 9
AT_ONCE = 4
CLIP_S = 5.0
TIME_BAR = 1.1
ANSWERS_WITHIN_S = 600
SIZE = (1080, 1920)


@dataclass(slots=True)
class Server:
    """One running `analyze`, with clock and processor seconds of each turn of clips."""

    url: str
    group: int
    seconds: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)


def measurements(turns: int = TURNS) -> Iterator[Measurement]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="deployed-")))
        content = _clip(folder).read_bytes()
        endpoints = stack.enter_context(running(folder / "home", LAKE))
        stack.enter_context(pointing_at(endpoints))
        bucket = storage.Client(project=endpoints.project).bucket(endpoints.bucket)
        as_deployed, limited = (
            stack.enter_context(_server(endpoints, limits)) for limits in ((), LIBRARIES)
        )
        for turn in range(turns + 1):
            # The order alternates, because the machine may slow down or recover meanwhile.
            for server in (as_deployed, limited)[:: 1 if turn % 2 else -1]:
                uploads = [_upload(bucket, content) for _ in range(AT_ONCE)]
                took, used = _costs(server, uploads)
                if turn:  # the first one imports numpy and opens connections
                    server.seconds.append(took)
                    server.cpu_s.append(used)
        yield _comparison("time", as_deployed.seconds, limited.seconds)
        yield _comparison("processor time", as_deployed.cpu_s, limited.cpu_s)
        yield _memory(as_deployed)


def _comparison(what: str, as_deployed: Sequence[float], limited: Sequence[float]) -> Measurement:
    # Other load on the machine only adds time, so the least is the best estimate.
    ours, theirs = min(as_deployed), min(limited)
    note = f"{ours:.2f} s beside {theirs:.2f} s, the least of {len(limited)} turns each"
    name = f"analyze as deployed, {AT_ONCE} clips of 1080×1920: {what} beside BLAS limited outside"
    return Measurement(name, ours / theirs, TIME_BAR, COMMAND, note, is_most=True)


def _memory(server: Server) -> Measurement:
    peak, deployed = peak_mb(server.group), FUNCTIONS["analyze"].served.memory / 1e6
    note = f"{peak:.0f} of {deployed:.0f} MB, peaks of its processes added up"
    name = f"analyze as deployed, {AT_ONCE} clips at once: memory, a share of what it has"
    # Half of it is for temporary files (terraform/functions.tf).
    return Measurement(name, peak / deployed, 0.5, COMMAND, note, is_most=True)


def _clip(folder: Path) -> Path:
    """A textured clip with a pan and noise, as from a phone: all pixels change."""
    design = Design(
        "deployed",
        "oddball",
        0.5,
        3.0,
        CLIP_S,
        "bricks",
        moving=True,
        noise=4.0,
        fps=30,
        size=SIZE,
    )
    path = folder / "clip.mp4"
    render(design, 77, path)
    return path


@contextmanager
def _server(endpoints: Endpoints, limits: Sequence[str]) -> Iterator[Server]:
    """`analyze` in its own environment; `limits` are variables that are set to one thread."""
    outside = {name: value for name, value in os.environ.items() if name not in LIBRARIES}
    settings = {
        **outside,
        **endpoints.function_settings(),
        **FUNCTIONS["analyze"].settings,
        **dict.fromkeys(limits, "1"),
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
    started = subprocess.Popen(
        [str(python_of("analyze")), "-m", "local.functions", "analyze"],
        env=settings,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert started.stdout
        port = json.loads(started.stdout.readline())["port"]
        yield Server(f"http://127.0.0.1:{port}/", started.pid)
    finally:
        started.terminate()
        started.wait(30)


def _upload(bucket: Any, content: bytes) -> VideoUploaded:
    """Upload the clip under a new id and with new bytes, so that it must be rated."""
    video_id = f"76{time.time_ns() % 10**17:017}"
    blob = bucket.blob(f"videos/{video_id}.mp4")
    blob.upload_from_string(content + mark(video_id))
    return VideoUploaded(bucket.name, blob.name, str(blob.generation))


def _costs(server: Server, uploads: Sequence[VideoUploaded]) -> tuple[float, float]:
    """Clock seconds from the first push to the last answer, and processor seconds."""
    began, used_before = time.perf_counter(), cpu_s(server.group)
    with ThreadPoolExecutor(len(uploads)) as pool:
        statuses = list(pool.map(lambda upload: _push(server.url, upload), uploads))
    took = time.perf_counter() - began
    if statuses != [200] * len(uploads):
        raise RuntimeError(f"analyze answered {statuses}")
    return took, cpu_s(server.group) - used_before


def _push(url: str, upload: VideoUploaded) -> int:
    sent = notification_of(upload)
    message = {
        "data": base64.b64encode(sent.data).decode(),
        "messageId": "1",
        "attributes": dict(sent.attributes),
    }
    body = json.dumps({"message": message, "subscription": "s"}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=ANSWERS_WITHIN_S) as answer:  # nosec B310 # our own
        return int(answer.status)
