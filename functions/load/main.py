"""Entry point: records come from the topic, rows are durable when it answers."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

import functions_framework
from cloudevents.http import CloudEvent
from google.cloud import bigquery

from shared import config, logs
from shared.delivery import settled
from shared.errors import Permanent
from shared.events import evidence, message_of
from shared.lake import Lake
from shared.model import Record, parse_record
from shared.once import once
from shared.warehouse.group import GroupCommit
from shared.warehouse.loader import Loader

logs.configure()
log = logging.getLogger("shared.load")


@dataclass(frozen=True, slots=True)
class App:
    """Everything `load` may touch."""

    lake: Lake
    group: GroupCommit[Record]


@once
def wiring() -> App:
    """Clients, made at the first message and kept. A broken setting fails each message."""
    settings = config.read(config.LoadSettings)
    client = bigquery.Client(project=settings.google_cloud_project)
    loader = Loader(client, settings.dataset, settings.primary_raters)
    return App(
        lake=Lake.connect(settings.google_cloud_project, settings.lake_bucket),
        group=GroupCommit(
            loader.load,
            linger_s=settings.linger_ms / 1000,
            most_items=settings.batch_rows,
            most_weight=settings.batch_bytes,
        ),
    )


@functions_framework.cloud_event
def load(event: CloudEvent) -> None:
    """Merge one record, together with all that wait. The same record again changes nothing."""
    app = wiring()

    def keep(error: Permanent) -> None:
        at = datetime.now(UTC)
        app.lake.keep_failed(
            "load", event["id"], error.reason, error.sentence, at, **evidence(event)
        )

    with settled(keep):
        message = message_of(event)
        logs.about(message.attributes.get("video_id"))
        record = parse_record(message.data)
        logs.about(record.video_id)
        app.group.submit(record, weight=len(message.data))
        log.info("record loaded", extra={"sections": record.sections()})
