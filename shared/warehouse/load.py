"""Use case: merge one record into the star schema, together with all that wait."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared import logs
from shared.clock import utc_now
from shared.concurrency import once
from shared.config import LoadSettings
from shared.http import bound_client
from shared.messaging.events import Message
from shared.model import Record, parse_record
from shared.named_raters import primary_prefixes
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake
from shared.storage.layout import video_key
from shared.warehouse.daily_bytes import BytesSpent, DailyBytes, MeteredClient
from shared.warehouse.group import GroupCommit
from shared.warehouse.loader import Loader, weight

log = logging.getLogger("shared.load")


@dataclass(frozen=True, slots=True)
class LoadApp:
    """Everything `load` may touch."""

    lake: Lake
    group: GroupCommit[Record]
    tombstones: Tombstones
    clock: Callable[[], datetime] = utc_now
    require_bytes: Callable[[], None] = lambda: None
    """Returns while the day's budget has bytes. Raises BytesSpent."""

    @classmethod
    def connect(cls, settings: LoadSettings) -> "LoadApp":
        client = MeteredClient(project=settings.google_cloud_project)
        bound_client(client, settings.request_timeout_s)
        lake = Lake.from_settings(settings)
        budget = DailyBytes(lake, settings.daily_budget_bytes, utc_now)
        primary_raters = primary_prefixes(
            settings.primary_raters, settings.gemini_model, settings.raters
        )
        loader = Loader(client, settings.dataset, primary_raters, settings.max_bytes_billed)
        group = GroupCommit(
            within_budget(loader.load, client.take_billed, budget),
            linger_s=settings.linger_ms / 1000,
            most_items=settings.batch_rows,
            most_weight=settings.batch_bytes,
            most_waiting=settings.threads,
        )
        tombstones = Tombstones(lake, once(settings.hashing_key))
        return cls(lake, group, tombstones, require_bytes=budget.require)


def within_budget(
    load: Callable[[Sequence[Record]], None], take_billed: Callable[[], int], budget: DailyBytes
) -> Callable[[Sequence[Record]], None]:
    """Let `load` run while the day's budget has bytes, and count what BigQuery bills for it.

    The result raises BytesSpent before it sends anything, and what `load` raises.
    """

    def load_and_count(records: Sequence[Record]) -> None:
        budget.require()
        try:
            load(records)
        finally:
            billed = take_billed()
            budget.spend(billed)
            log.info("batch sent", extra={"records": len(records), "bytes_billed": billed})

    return load_and_count


def load_record(message: Message, app: LoadApp) -> None:
    """Return when the record's rows are durable. Raises Malformed, Transient, Misconfigured.

    A record of something erased is dropped; mentions of it are taken out. When the day's bytes are
    spent, the record is parked until midnight (UTC): redelivery would make it a dead letter.
    """
    logs.about(message.attributes.get("video_id"))
    record = app.tombstones.redact(parse_record(message.data))
    if record is None:
        log.info("record of something erased dropped")
        return
    logs.about(record.video_id)
    try:
        app.group.submit(record, weight(record))
    except BytesSpent as spent:
        key = video_key(record.video_id, message.id)
        _park(replace(message, id=key, data=record.to_json()), spent, app)
        return
    log.info("record loaded", extra={"sections": record.sections()})


def _park(message: Message, spent: BytesSpent, app: LoadApp) -> None:
    from shared.messaging.parked import park  # it needs Pub/Sub's client, which starts slowly

    park(app.lake, "load", message, spent.due_at, "bytes_spent", app.clock())
    until = spent.due_at.isoformat()
    log.warning("loading waits", extra={"why": spent.sentence, "until": until})
