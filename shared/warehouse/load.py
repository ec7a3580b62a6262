"""Use case: merge one record into the star schema, together with all that wait."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared import logs
from shared.clock import utc_now
from shared.concurrency import once
from shared.config import LoadSettings
from shared.http import bound_client
from shared.messaging.events import Message
from shared.model import Record, parse_record
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake
from shared.warehouse.client import bigquery
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

    @classmethod
    def connect(cls, settings: LoadSettings) -> "LoadApp":
        client = bigquery.Client(project=settings.google_cloud_project)
        bound_client(client, settings.request_timeout_s)
        lake = Lake.from_settings(settings)
        group = GroupCommit(
            Loader(
                client, settings.dataset, settings.primary_raters, settings.max_bytes_billed
            ).load,
            linger_s=settings.linger_ms / 1000,
            most_items=settings.batch_rows,
            most_weight=settings.batch_bytes,
        )
        return cls(lake, group, Tombstones(lake, once(settings.hashing_key)))


def load_record(message: Message, app: LoadApp) -> None:
    """Return when the record's rows are durable. Raises Malformed, Transient, Misconfigured.

    A record of something erased is dropped; mentions of it are taken out.
    """
    logs.about(message.attributes.get("video_id"))
    record = app.tombstones.redact(parse_record(message.data))
    if record is None:
        log.info("record of something erased dropped")
        return
    logs.about(record.video_id)
    app.group.submit(record, weight(record))
    log.info("record loaded", extra={"sections": record.sections()})
