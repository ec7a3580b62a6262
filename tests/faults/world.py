"""A local cloud for fault tests, and its tables and lake in a form that two runs can compare."""

import hashlib
import json
import os
import random
import shutil
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from google.cloud import pubsub_v1, storage

from cli import scheduler as fetching
from cli.scheduler import drain, sweep
from local import provision as wiring
from local.cloud import pointing_at, running
from local.endpoints import Endpoints
from local.faults.dice import counted
from local.functions import FUNCTIONS
from local.traffic import wait_until_over
from shared.messaging.events import VideoUploaded, notification_of
from shared.storage.layout import VIDEOS
from shared.warehouse.client import bigquery
from shared.warehouse.tables import definitions

CLAIM_LEASE_S = 90
"""Longer than a rating takes, hangs included. It is also the wait for the lease of a killed one.
In the cloud claims outlast whatever may still be answered, eleven minutes."""

IMPATIENT = {
    "CLAIM_LEASE_S": str(CLAIM_LEASE_S),
    "REQUEST_TIMEOUT_S": "4",
    "TIKTOK_TIMEOUT_S": "4",
    "GEMINI_TIMEOUT_S": "20",
}
"""Settings of the functions, all much shorter than in the cloud."""

ACK_DEADLINE_S = 20
"""How long a push waits for a function: 600 in the cloud."""

SCHEDULER_WAITS_S = 120
PUBLISHED_WITHIN_S = 300

OF_THE_MOMENT = {
    "generation",
    "rated_at",
    "latency_s",
    "collected_at",
    "observed_at",
    "field_times",
    "digest",
    "detail",
}
"""What differs between two runs over the same library: times, and ids made of times."""

BESIDE = ("raw/", "state/", "config/", "answers/")
"""What is not compared: a run that is cut off asks again, so it may keep a page or an answer more,
and an answer has the time of its asking in it."""


@dataclass(frozen=True)
class Outcome:
    """What is there after a run: the tables, the lake, and the questions to the rater.

    `kills` counts programs that were killed, `faults` what a plan let go wrong, by its point.
    """

    tables: dict[str, list[str]]
    lake: dict[str, str]
    questions: int
    kills: Counter[str]
    faults: Counter[str]

    @property
    def ratings(self) -> int:
        return sum(name.startswith("ratings/") for name in self.lake)


Disturb = Callable[[Endpoints, "Killer"], None]


def run(
    home: Path,
    library: Path,
    disturb: Disturb | None = None,
    plan: Path | None = None,
    asks_gemini: bool = False,
    freshness_s: int = 0,
) -> Outcome:
    """Fetch the sandbox collection as Cloud Scheduler would, while `disturb` runs.

    `plan` lets go wrong what it says. With `asks_gemini` every file is rated by Gemini, too, which
    the environment must lead to. With a `freshness_s` above a minute `load` pulls.
    """
    shutil.copytree(library.parent, home, dirs_exist_ok=True)
    with (
        running(home, faults=plan, freshness_s=freshness_s) as endpoints,
        pointing_at(endpoints),
        _repeating(drain, endpoints) if endpoints.pulls_records else nullcontext(),
    ):
        killer = Killer(home / "logs")
        finished = threading.Event()
        scheduler = threading.Thread(target=_fetch_until_done, args=(endpoints, finished))
        scheduler.start()
        if disturb:
            disturb(endpoints, killer)
        scheduler.join()
        assert finished.is_set(), "fetch did not finish"
        if asks_gemini:
            _ask_gemini(endpoints)
        with _repeating(sweep, endpoints):
            traffic = wait_until_over(
                endpoints, stalled_after_s=120, asking_within_s=120 if asks_gemini else 0
            )
        assert traffic.dead == 0, "a message was dead-lettered"
        tables, lake = _tables(endpoints), _lake(endpoints)
        return Outcome(tables, lake, _questions(home), killer.kills, counted(home / "logs"))


@contextmanager
def impatient_clients() -> Iterator[None]:
    """Let every client give up a request that hangs within seconds; the cloud's take minutes."""
    with pytest.MonkeyPatch.context() as patch:
        for name, function in FUNCTIONS.items():
            settings = {**function.environment, **IMPATIENT}
            patch.setitem(FUNCTIONS, name, replace(function, environment=settings))
        patch.setattr(wiring, "ACK_DEADLINE_S", ACK_DEADLINE_S)
        patch.setattr(fetching, "SWEEP_WITHIN_S", 30)
        patch.setattr(f"{__name__}.SCHEDULER_WAITS_S", 30)
        yield


class Killer:
    """Sends SIGKILL to whole programs of the local cloud, which is started again by its parent."""

    def __init__(self, logs: Path) -> None:
        self.kills: Counter[str] = Counter()
        self._logs = logs

    def kill(self, name: str) -> bool:
        """End a program. Returns False if it does not run, or has no file of its process id."""
        with suppress(ProcessLookupError, FileNotFoundError):
            os.killpg(self._group(name), signal.SIGKILL)
            self.kills[name] += 1
            return True
        return False

    def pause(self, name: str, within_s: float = 60.0) -> Callable[[], None]:
        """Suspend a program, like a machine that hangs; returns a function that resumes it.

        A program that is just starting again is waited for. Raises TimeoutError if none appears.
        """
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            with suppress(ProcessLookupError, FileNotFoundError):
                pid = self._group(name)
                os.killpg(pid, signal.SIGSTOP)
                return lambda: self._resume(pid)
            time.sleep(0.05)
        raise TimeoutError(f"{name} does not run")

    @staticmethod
    def _resume(pid: int) -> None:
        with suppress(ProcessLookupError):  # it was killed while it hung
            os.killpg(pid, signal.SIGCONT)

    def _group(self, name: str) -> int:
        """Its process group, whose first process it is."""
        return int((self._logs / f"{name}.pid").read_text())


def at_seeded_moments(seed: int, names: list[str], kills: int, most_s: float):
    """A disturbance: kills of these programs, at moments from the seed."""

    def disturb(endpoints: Endpoints, killer: Killer) -> None:
        dice = random.Random(seed)
        while sum(killer.kills.values()) < kills:
            time.sleep(dice.uniform(0.1, most_s))
            killer.kill(dice.choice(names))

    return disturb


def outage(name: str, seconds: float, after_s: float):
    """A disturbance: the program does not run for a while, however often it is restarted."""

    def disturb(endpoints: Endpoints, killer: Killer) -> None:
        time.sleep(after_s)
        over = time.monotonic() + seconds
        while time.monotonic() < over:
            killer.kill(name)
            time.sleep(0.1)

    return disturb


def hang(name: str, seconds: float, after_s: float):
    """A disturbance: the program keeps its connections and does not answer for a while."""

    def disturb(endpoints: Endpoints, killer: Killer) -> None:
        time.sleep(after_s)
        go_on = killer.pause(name)
        time.sleep(seconds)
        go_on()

    return disturb


def in_turn(*disturbances: Disturb) -> Disturb:
    """A disturbance: these, one after the other."""

    def disturb(endpoints: Endpoints, killer: Killer) -> None:
        for each in disturbances:
            each(endpoints, killer)

    return disturb


def at_once(*disturbances: Disturb) -> Disturb:
    """A disturbance: these, at the same time."""

    def disturb(endpoints: Endpoints, killer: Killer) -> None:
        with ThreadPoolExecutor(len(disturbances)) as threads:
            futures = [threads.submit(each, endpoints, killer) for each in disturbances]
            for future in futures:
                future.result()

    return disturb


def _fetch_until_done(endpoints: Endpoints, finished: threading.Event) -> None:
    """Like Cloud Scheduler: call `fetch` until a run has nothing more to do."""
    body = json.dumps({"collection": "sandbox", "mode": "discover"}).encode()
    for _ in range(200):
        request = urllib.request.Request(
            endpoints.functions["fetch"], body, {"Content-Type": "application/json"}
        )
        with (
            suppress(OSError, ValueError),
            urllib.request.urlopen(request, timeout=SCHEDULER_WAITS_S) as answer,
        ):
            answer_body = json.load(answer)
            if not answer_body["left"] and not answer_body["failed"]:
                finished.set()
                return
        time.sleep(0.5)


@contextmanager
def _repeating(call: Callable[[Endpoints], None], endpoints: Endpoints) -> Iterator[None]:
    """Like Cloud Scheduler: call a function again and again."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.5):
            call(endpoints)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _ask_gemini(endpoints: Endpoints) -> None:
    """Ask for a rating of every file, as `tta rate` does."""
    bucket = storage.Client(project=endpoints.project).bucket(endpoints.bucket)
    publisher = pubsub_v1.PublisherClient()
    topic = publisher.topic_path(endpoints.project, endpoints.uploads_topic)
    published = []
    for blob in bucket.list_blobs(prefix=VIDEOS):
        upload = VideoUploaded(endpoints.bucket, blob.name, str(blob.generation), "gemini")
        message = notification_of(upload)
        published.append(publisher.publish(topic, message.data, **message.attributes))
    # A request that Pub/Sub swallows is sent again by the client; a failure must not pass unseen.
    for future in published:
        future.result(PUBLISHED_WITHIN_S)
    publisher.stop()


def _tables(endpoints: Endpoints) -> dict[str, list[str]]:
    client = bigquery.Client(project=endpoints.project)
    return {
        name: sorted(
            json.dumps(_lasting(dict(row)), default=str, sort_keys=True)
            for row in client.query(f"SELECT * FROM {endpoints.dataset}.{name}").result()
        )
        for name in definitions()
    }


def _lake(endpoints: Endpoints) -> dict[str, str]:
    """Content of every object by name, without times."""
    bucket = storage.Client(project=endpoints.project).bucket(endpoints.bucket)
    return {
        _lasting_name(blob.name): _lasting_content(blob.name, blob.download_as_bytes())
        for blob in bucket.list_blobs()
        if not blob.name.startswith(BESIDE)
    }


def _lasting_name(name: str) -> str:
    parts = name.split("/")
    if parts[0] in ("ratings", "frames"):
        parts[2] = "generation"
    return "/".join(parts)


def _lasting_content(name: str, content: bytes) -> str:
    if not name.endswith(".json"):
        return hashlib.sha256(content).hexdigest()
    return json.dumps(_lasting(json.loads(content)), sort_keys=True)


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(nested) for key, nested in value.items() if key not in OF_THE_MOMENT}
    return [_lasting(nested) for nested in value] if isinstance(value, list) else value


def _questions(home: Path) -> int:
    """How often `analyze` called its rater. The stand-in of Gemini counts its own requests."""
    log = (home / "logs/analyze.log").read_text(errors="replace")
    return log.count('"message": "rater asked"')
