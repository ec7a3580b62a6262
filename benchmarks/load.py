"""Group commit, beside batches of one and beside bulk loads.

Every message is a real push to a functions-framework process, and every statement runs on the
emulated BigQuery. Batches of one are measured up to MEASURED_SINGLY messages and extrapolated
above; the note says so.
"""

import asyncio
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.processes import process
from benchmarks.table import Measurement
from local.emulators.pubsub.http1 import PushClient, PushTarget
from shared.model import Creator, Metrics, Record, Video
from shared.rating_section import Rating
from shared.rubric_values import Measures, Values

COMMAND = "python -m benchmarks load"
PROJECT = "bench-project"
MEASURED_SINGLY = 100
AT_ONCE = 1_000
FACTOR_BAR, BULK_BAR = 50.0, 0.25
COLLECTED = datetime(2026, 11, 1, tzinfo=UTC)


def measurements(sizes: tuple[int, ...] = (50, 500, 5_000)) -> Iterator[Measurement]:
    with _cloud() as environment:
        singly = _seconds_each_singly(environment)
        with _served_load(environment, "grouped") as url:
            _push(url, _records(3, "warm-up"))
            grouped = {size: _push(url, _records(size, f"group{size}")) for size in sizes}
        bulk = _bulk_seconds(environment, sizes)
    for size in sizes:
        label = "" if size <= MEASURED_SINGLY else "batches of one extrapolated from 100"
        has_bar = size == 500
        yield Measurement(
            f"load, {size} messages: records/s as a multiple of batches of one",
            singly * size / grouped[size],
            FACTOR_BAR if has_bar else None,
            COMMAND,
            label,
        )
        yield Measurement(
            f"load, {size} messages: records/s as a share of the six MERGEs in bulk",
            bulk[size] / grouped[size],
            BULK_BAR if has_bar else None,
            COMMAND,
            f"{size / grouped[size]:.0f} records/s",
        )


def _seconds_each_singly(environment: dict[str, str]) -> float:
    single = environment | {"BATCH_ROWS": "1", "LINGER_MS": "0"}
    with _served_load(single, "singly") as url:
        _push(url, _records(3, "warm-up"))
        return _push(url, _records(MEASURED_SINGLY, "singly")) / MEASURED_SINGLY


def _bulk_seconds(environment: dict[str, str], sizes: tuple[int, ...]) -> dict[int, float]:
    """Seconds of one `Loader.load` per size, in a process of its own as the functions are."""
    code = (
        "import json, sys, time\n"
        "from google.cloud import bigquery\n"
        "from benchmarks.load import PROJECT, _records\n"
        "from shared.warehouse.loader import Loader\n"
        "from shared.warehouse.tables import create_tables\n"
        "client = bigquery.Client(project=PROJECT)\n"
        "create_tables(client, 'bulk')\n"
        "loader = Loader(client, 'bulk', ['signals/'])\n"
        "loader.load(_records(3, 'warm-up'))\n"
        "seconds = {}\n"
        "for size in map(int, sys.argv[1:]):\n"
        "    records = _records(size, f'bulk{size}')\n"
        "    started = time.perf_counter()\n"
        "    loader.load(records)\n"
        "    seconds[size] = time.perf_counter() - started\n"
        "print(json.dumps(seconds))\n"
    )
    command = [sys.executable, "-c", code, *map(str, sizes)]
    answer = subprocess.run(
        command, env=os.environ | environment, check=True, capture_output=True, text=True
    )
    return {int(size): seconds for size, seconds in json.loads(answer.stdout).items()}


def _records(count: int, label: str) -> list[Record]:
    """Full records of different videos; the label keeps the ids of two runs apart."""
    base = 7 * 10**18 + int.from_bytes(label.encode()[-6:]) % 10**12 * 10**5
    return [_record(str(base + number), number) for number in range(count)]


def _record(video_id: str, number: int) -> Record:
    creator_id = f"bench_{number % 40}"
    return Record(
        video_id=video_id,
        video=Video(
            observed_at=COLLECTED,
            source="research",
            creator_id=creator_id,
            caption=f"Das hätte ich nie erwartet, Teil {number}",
            hashtags=("fyp", "surprise"),
            created_at=COLLECTED,
            duration_s=12.5,
        ),
        creator=Creator(
            observed_at=COLLECTED, creator_id=creator_id, username=creator_id, followers=number
        ),
        metrics=Metrics(collected_at=COLLECTED, views=number, likes=number // 10, shares=3),
        rating=Rating(
            rater="signals/1.0",
            generation="1",
            config_hash="abcd",
            rated_at=COLLECTED,
            status="rated",
            values=Values(unexpectedness=number % 101, emotional_intensity=20),
            measures=Measures(duration_s=12.5, width=270, height=480, cuts=2, motion=1.5),
        ),
    )


def _push(url: str, records: list[Record]) -> float:
    """Push every record, AT_ONCE in flight; seconds until the last was acknowledged."""
    bodies = [_body(number, record) for number, record in enumerate(records)]
    started = time.perf_counter()
    statuses = asyncio.run(_push_all(url, bodies))
    seconds = time.perf_counter() - started
    if set(statuses) != {200}:
        raise RuntimeError(f"load answered {sorted(set(statuses))}")
    return seconds


async def _push_all(url: str, bodies: list[bytes]) -> list[int]:
    client = PushClient(PushTarget.of(url))
    room = asyncio.Semaphore(AT_ONCE)

    async def push(body: bytes) -> int:
        async with room:
            return await client.post({"Content-Type": "application/json"}, body)

    try:
        return await asyncio.gather(*map(push, bodies))
    finally:
        client.close()


def _body(number: int, record: Record) -> bytes:
    data = base64.b64encode(record.to_json()).decode()
    message = {"data": data, "messageId": str(number), "attributes": {}}
    return json.dumps({"message": message, "subscription": "projects/p/subscriptions/s"}).encode()


@contextmanager
def _cloud() -> Iterator[dict[str, str]]:
    """Tokens, storage and BigQuery; gives the environment that leads clients to them."""
    from local.emulators.tokens import make_key

    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        tokens = stack.enter_context(process("local.emulators.tokens"))
        storage = stack.enter_context(process("local.emulators.gcs", "--data", str(home / "gcs")))
        bigquery = stack.enter_context(
            process("local.emulators.bigquery", "--data", str(home / "bq"), "--project", PROJECT)
        )
        make_key(home / "key.json", PROJECT, tokens["token_uri"])
        yield {
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "LAKE_BUCKET": "bench-lake",
            "GOOGLE_APPLICATION_CREDENTIALS": str(home / "key.json"),
            "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{storage['port']}",
            "BIGQUERY_EMULATOR_HOST": f"http://127.0.0.1:{bigquery['port']}",
        }


@contextmanager
def _served_load(environment: dict[str, str], dataset: str) -> Iterator[str]:
    make = (
        "from google.cloud import bigquery; from shared.warehouse.tables import create_tables;"
        f"create_tables(bigquery.Client(project={PROJECT!r}), {dataset!r})"
    )
    full = environment | {"DATASET": dataset, "LOG_LEVEL": "WARNING"}
    subprocess.run([sys.executable, "-c", make], env=os.environ | full, check=True)
    with process("local.functions", "load", environment=full) as ready:
        yield f"http://127.0.0.1:{ready['port']}/"
