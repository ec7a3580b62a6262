"""Use case: each time the scheduler calls, load all records that the subscription holds.

A message is acknowledged once its rows are durable, and not before. So a run that is killed, or
that two instances do at once, loads some records twice, which changes nothing.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from shared import logs
from shared.concurrency import in_order
from shared.config import LoadSettings
from shared.errors import Permanent, Transient
from shared.messaging import subscription as pulling
from shared.messaging.delivery import handle_delivery
from shared.messaging.events import as_json
from shared.messaging.last_errors import LastError
from shared.messaging.leases import PulledLeases
from shared.messaging.subscription import (
    MOST_PULLED,
    PulledMessage,
    PulledSubscription,
    PushesInstead,
)
from shared.model import Record, parse_record
from shared.warehouse.daily_bytes import BytesSpent
from shared.warehouse.load import LoadApp
from shared.warehouse.loader import weight

log = logging.getLogger("shared.load")

EARLY_ANSWERS = 3
"""How often an answer without messages may come early before the subscription counts as empty."""

COLLECT_S = 30.0
"""How long a batch is collected. A slow subscription must not keep the first records waiting."""


@dataclass(frozen=True, slots=True)
class DrainApp:
    """What a run needs besides what loads one record. No batch begins after `deadline_s`."""

    load: LoadApp
    subscription: PulledSubscription
    most_rows: int
    most_weight: int
    deadline_s: float
    timer: Callable[[], float] = time.monotonic
    running: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def connect(cls, settings: LoadSettings, load: LoadApp) -> "DrainApp":
        path = (
            f"projects/{settings.google_cloud_project}"
            f"/subscriptions/{settings.records_subscription}"
        )
        subscription = PulledSubscription(path)
        return cls(
            load, subscription, settings.batch_rows, settings.batch_bytes, settings.deadline_s
        )


def drain_records(app: DrainApp) -> dict[str, int]:
    """Load until the subscription is empty or the time is over; returns counts of messages.

    `settled` are acknowledged: their rows are durable, or they are kept under failed/. An error
    that may pass ends the run and is raised, after its messages are returned. When the day's bytes
    are spent, messages stay in the subscription. A second call meanwhile returns at once.
    """
    counts = Counter(settled=0, batches=0)
    if not app.running.acquire(blocking=False):
        log.info("another run drains the records")
        return dict(counts)
    try:
        app.load.require_bytes()
        _Drain(app, counts).run()
    except BytesSpent as spent:
        until = spent.due_at.isoformat()
        log.warning("loading waits", extra={"why": spent.sentence, "until": until})
    except PushesInstead as error:
        log.info("nothing to drain", extra={"why": str(error)})
    finally:
        app.running.release()
        log.info("records drained", extra={"counts": dict(counts)})
    return dict(counts)


@dataclass(slots=True)
class _Collected:
    """A pulled message, and its record; None for one that is erased, malformed or unread."""

    pulled: PulledMessage
    record: Record | None = None
    error: BaseException | None = None
    weight: int = 0
    """As in shared/warehouse/loader.py. Without a record it is 0."""

    @property
    def held_bytes(self) -> int:
        """What it takes in memory, roughly: a message that is malformed may be large, too."""
        return max(self.weight, len(self.pulled.message.data))

    @property
    def is_settled(self) -> bool:
        return self.error is None or isinstance(self.error, Permanent)


class _Drain:
    """One run."""

    def __init__(self, app: DrainApp, counts: Counter[str]):
        self._app = app
        self._counts = counts
        self._ends_at = app.timer() + app.deadline_s
        self._is_empty = False

    def run(self) -> None:
        while not self._is_empty and not self._is_over():
            with PulledLeases(self._app.subscription) as leases:
                for batch in self._batches(self._collect(leases)):
                    if self._is_over():
                        return
                    self._load(batch, leases)

    def _is_over(self) -> bool:
        return self._app.timer() >= self._ends_at

    def _collect(self, leases: PulledLeases) -> list[_Collected]:
        """Messages for a batch: up to its bounds, or all that the subscription has now."""
        app, collected, size = self._app, list[_Collected](), 0
        until = min(self._ends_at, app.timer() + COLLECT_S)
        while len(collected) < app.most_rows and size < app.most_weight and app.timer() < until:
            pulled = self._pull(min(MOST_PULLED, app.most_rows - len(collected)))
            if not pulled:
                self._is_empty = True
                break
            leases.add(pulled)
            read = [self._read(message) for message in pulled]
            collected += read
            size += sum(each.held_bytes for each in read)
        return collected

    def _pull(self, most: int) -> list[PulledMessage]:
        """Messages; none if the subscription is empty, which it says after PULL_WAIT_S seconds.

        Pub/Sub may answer sooner with nothing although messages wait. Then it is asked again.
        https://cloud.google.com/pubsub/docs/pull#unary_pull, 2026-11
        """
        for _ in range(EARLY_ANSWERS):
            began_at = self._app.timer()
            pulled = self._app.subscription.pull(most)
            if pulled or self._app.timer() - began_at >= pulling.PULL_WAIT_S / 2:
                return pulled
        return []

    def _read(self, pulled: PulledMessage) -> _Collected:
        try:
            record = self._app.load.tombstones.redact(parse_record(pulled.message.data))
            return _Collected(pulled, record, weight=weight(record) if record else 0)
        except Transient:
            raise  # the lake is down: each further message would wait as long for it
        except Exception as error:  # `_settle` sorts these
            return _Collected(pulled, None, error)

    def _batches(self, collected: Sequence[_Collected]) -> Iterator[list[_Collected]]:
        """The messages in batches within the bounds; a heavy one alone."""
        batch, size = list[_Collected](), 0
        for each in collected:
            size += each.weight
            if batch and (size > self._app.most_weight or len(batch) >= self._app.most_rows):
                yield batch
                batch, size = [], each.weight
            batch.append(each)
        if batch:
            yield batch

    def _load(self, batch: list[_Collected], leases: PulledLeases) -> None:
        """Load, and acknowledge what is durable or failed for good.

        Raises the first error that may pass; the end of the run returns its messages.
        """
        due = [each for each in batch if each.record]
        errors = self._app.load.group.commit([each.record for each in due if each.record])
        for each, error in zip(due, errors, strict=True):
            each.error = error
        list(in_order(self._settle, batch))
        settled = [each.pulled for each in batch if each.is_settled]
        self._counts.update(settled=len(settled), batches=1)
        self._app.subscription.acknowledge(settled)
        leases.drop(settled)
        for each in batch:
            if each.error and not each.is_settled:
                raise each.error

    def _settle(self, each: _Collected) -> None:
        """Keep an error that lasts under failed/, and note an error that may pass."""
        load, message = self._app.load, each.pulled.message
        if isinstance(each.error, BytesSpent):
            return

        def keep(error: Permanent) -> None:
            entry = load.tombstones.redact_evidence(as_json(message))
            if entry is not None:
                reason, sentence = error.reason, error.sentence
                load.lake.keep_failed("load", message.id, reason, sentence, load.clock(), **entry)

        last_error = LastError(load.lake, "load", message, each.pulled.attempt, load.clock)
        try:
            with handle_delivery(keep, last_error):
                logs.about(each.record.video_id if each.record else None)
                if each.error:
                    raise each.error
                if each.record:
                    log.info("record loaded", extra={"sections": each.record.sections()})
        except Exception as error:
            each.error = error
