"""A million parked uploads and a budget for a thousand a day: what a day and a half of sweeps cost.

The names are in the emulated Cloud Storage, and requests are counted where the client sends them.
`analyze` is simulated: between two sweeps it handles a few of the uploads that were released, pays
them from real budgets, and parks what is over a budget. The simulated clock begins just before a
midnight; the storage has its own. Only the first objects of each budget have content.
"""

import json
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from benchmarks.memory import peak_mb
from benchmarks.processes import outcome_of, process
from benchmarks.table import Measurement
from local.emulators.gcs.content import ContentFiles
from local.stored import CATALOGUE
from shared.messaging.events import VideoUploaded, as_json, notification_of, upload_in
from shared.messaging.in_flight import handling
from shared.messaging.parked import park, upload_key
from shared.messaging.sweep import SweepApp, sweep
from shared.privacy.tombstones import Tombstones
from shared.rating.budget import Budget, OverBudget
from shared.rating.joint_budget import JointBudget
from shared.rating.ledger import affordable_videos, budget_name
from shared.storage.lake import Lake
from shared.storage.layout import parked_name

COMMAND = "python -m benchmarks parked"
PARKED = 1_000_000
BUDGET, OWN_BUDGET = 1_000, 300
"""Videos a day of all raters together, and of the rater `flash`, which parked a fifth."""

SWEEPS_A_DAY = 144
HANDLED_BETWEEN = 40
WITH_CONTENT = 4_000
RELEASED_BAR, LISTED_BAR, SECONDS_BAR, MB_BAR = 1_100, 2_000, 60.0, 500.0
FIRST_ID = 7_300_000_000_000_000_000
BUCKET = "parked"


def measurements() -> Iterator[Measurement]:
    result = outcome_of("benchmarks.parked.simulate")
    name = f"{PARKED:,} parked, a budget of {BUDGET:,} a day"
    for label, key, bar in (
        ("released on the busiest day", "released_a_day", RELEASED_BAR),
        ("names listed by the longest sweep", "listed", LISTED_BAR),
        ("list requests of the longest sweep", "requests", None),
        ("names listed on the busiest day", "listed_a_day", None),
        ("seconds of the longest sweep", "seconds", SECONDS_BAR),
        ("MB", "mb", MB_BAR),
    ):
        note = result["note"] if key == "released_a_day" else ""
        yield Measurement(f"{name}: {label}", result[key], bar, COMMAND, note, is_most=True)


def simulate() -> str:
    """Run the simulation in this process, whose memory is measured."""
    with (
        TemporaryDirectory(prefix="parked-") as folder,
        process("local.emulators.gcs", "--data", folder) as emulator,
    ):
        world = BacklogSimulation(f"http://127.0.0.1:{emulator['port']}")
        world.pay_yesterday()
        fill(Path(folder), world.midnight)
        for number in range(SWEEPS_A_DAY * 3 // 2):
            world.sweep()
            world.analyze(HANDLED_BETWEEN)
            world.now = world.began + timedelta(days=1) * (number + 1) / SWEEPS_A_DAY
        return json.dumps(world.result())


def fill(folder: Path, midnight: datetime) -> None:
    """Write the names into the catalogue of a running emulator. Two of three are due."""
    files = ContentFiles(folder / "content")
    days = [midnight - timedelta(days=1), midnight, midnight + timedelta(days=1)]

    def rows() -> Iterator[tuple[Any, ...]]:
        numbers = Counter[str]()
        for number in range(PARKED):
            budget, due_at = ("flash" if number % 5 == 0 else ""), days[number * 3 // PARKED]
            key, content = message(number, budget, due_at)
            numbers[budget] += 1
            stored = ("0" * 32, len(content), "", "")
            if numbers[budget] <= WITH_CONTENT:
                writer = files.create()
                writer.append([content])
                finished = writer.finish()
                stored = (finished.id, finished.size, finished.crc32c, finished.md5)
            yield _row(parked_name("analyze", budget, due_at.date(), key), number, stored, due_at)

    with closing(sqlite3.connect(folder / CATALOGUE, timeout=60)) as catalogue, catalogue:
        catalogue.executemany("INSERT INTO objects VALUES (?,?,?,?,?,?,?)", rows())


def message(number: int, budget: str, due_at: datetime) -> tuple[str, bytes]:
    """Key and content of a parked upload."""
    word = f"gemini:{budget}" if budget else "gemini"
    upload = VideoUploaded(BUCKET, f"videos/{FIRST_ID + number}.mp4", "5", word)
    content = {"due_at": due_at.isoformat(), **as_json(notification_of(upload))}
    return upload_key(upload, word), json.dumps(content).encode()


def _row(
    name: str, number: int, stored: tuple[str, int, str, str], due_at: datetime
) -> tuple[Any, ...]:
    content, size, crc32c, md5 = stored
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    fields = {
        "storageClass": "STANDARD",
        "contentType": "application/json",
        "crc32c": crc32c,
        "md5Hash": md5,
        "timeCreated": at,
        "updated": at,
        "customTime": due_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    return BUCKET, name, number + 1, 1, size, content, json.dumps(fields)


@dataclass
class SweepCost:
    """The list requests of one sweep, and the names that came back."""

    requests: int = 0
    names: int = 0
    seconds: float = 0.0
    processor_s: float = 0.0
    at: datetime | None = None
    released: int = 0


@dataclass
class BacklogSimulation:
    """A lake, budgets, and the sweeps that were made so far."""

    url: str
    sweeps: list[SweepCost] = field(default_factory=list)
    published: deque[Any] = field(default_factory=deque)
    handled: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.midnight = today + timedelta(days=1)
        self.now = self.began = self.midnight - timedelta(minutes=20)
        client = storage.Client(
            "bench", AnonymousCredentials(), client_options={"api_endpoint": self.url}
        )
        client._http.hooks["response"].append(self._count)
        self.lake = Lake(client.create_bucket(BUCKET))
        self.tombstones = Tombstones(self.lake, lambda: "key")
        limits = {"": BUDGET, "flash": OWN_BUDGET}
        own = {
            name: Budget(self.lake, budget_name(name), videos, None, lambda: self.now)
            for name, videos in limits.items()
        }
        self.budgets = {"": own[""], "flash": JointBudget(own["flash"], own[""])}

    def _count(self, response: Any, **_: Any) -> None:
        if response.request.method == "GET" and "/o?" in response.url and self.sweeps:
            self.sweeps[-1].requests += 1
            self.sweeps[-1].names += len(response.json().get("items", ()))

    def pay_yesterday(self) -> None:
        """One video for each budget, so that a ledger tells what the budget is."""
        for budget in self.budgets.values():
            with budget.paying(None) as bill:
                bill.leave()

    def sweep(self) -> None:
        app = SweepApp(
            lake=self.lake,
            tombstones=self.tombstones,
            topics=self,  # type: ignore[arg-type] # it has `publish`
            dead_letters=[],
            clock=lambda: self.now,
            timer=time.monotonic,
            deadline_s=150.0,
            affordable_uploads=lambda day, rater: affordable_videos(
                self.lake, budget_name(rater), day
            ),
        )
        self.sweeps.append(SweepCost(at=self.now))
        began, used = time.monotonic(), time.process_time()
        self.sweeps[-1].released = sweep(app)["parked"]["published"]
        self.sweeps[-1].seconds = time.monotonic() - began
        self.sweeps[-1].processor_s = time.process_time() - used

    def publish(self, stage: str, message: Any) -> None:
        self.published.append(message)

    def analyze(self, most: int) -> None:
        """Handle the uploads that were published first."""
        for _ in range(min(most, len(self.published))):
            self._handle(self.published.popleft())

    def _handle(self, message: Any) -> None:
        upload = upload_in(message.attributes)
        word = str(upload.condition)
        budget = word.partition(":")[2]
        with handling(self.lake, upload.in_flight):
            try:
                with self.budgets[budget].paying(None) as bill:
                    bill.leave()
                self.handled["rated"] += 1
            except OverBudget as over:
                again = replace(message, id=upload_key(upload, word))
                park(self.lake, "analyze", again, over.due_at, "over_budget", self.now, budget)
                self.handled["parked again"] += 1

    def result(self) -> dict[str, Any]:
        by_day, listed = Counter[str](), Counter[str]()
        for listing in self.sweeps:
            day = str(listing.at and listing.at.date())
            by_day[day] += listing.released
            listed[day] += listing.names
        return {
            "released_a_day": max(by_day.values()),
            "listed": max(listing.names for listing in self.sweeps),
            "requests": max(listing.requests for listing in self.sweeps),
            "listed_a_day": max(listed.values()),
            "seconds": max(listing.seconds for listing in self.sweeps),
            "mb": peak_mb(),
            "note": f"{dict(by_day)} released, {dict(self.handled)}; all sweeps "
            f"{sum(listing.processor_s for listing in self.sweeps):.0f} s of one processor",
        }
