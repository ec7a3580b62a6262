"""Entry point: records come from the topic, rows are durable when it answers."""

from shared.concurrency import in_one_thread

in_one_thread()  # before anything imports numpy, which identifies languages

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

import flask
import functions_framework
from cloudevents.http import CloudEvent
from google.cloud import bigquery

from shared import config, logs
from shared.concurrency import once
from shared.errors import Permanent
from shared.http import bound_client
from shared.messaging.delivery import handle_delivery
from shared.messaging.events import evidence, message_of
from shared.messaging.last_errors import LastError, attempt_in
from shared.model import Record, parse_record
from shared.privacy.tombstones import Tombstones
from shared.storage.lake import Lake
from shared.warehouse.group import GroupCommit
from shared.warehouse.loader import Loader, weight

logs.configure()
log = logging.getLogger("shared.load")


@dataclass(frozen=True, slots=True)
class LoadApp:
    """Everything `load` may touch."""

    lake: Lake
    group: GroupCommit[Record]
    tombstones: Tombstones


@once
def wiring() -> LoadApp:
    """Clients, made at the first message and kept. A broken setting fails each message."""
    settings = config.read(config.LoadSettings)
    client = bigquery.Client(project=settings.google_cloud_project)
    bound_client(client, settings.request_timeout_s)
    loader = Loader(client, settings.dataset, settings.primary_raters)
    lake = Lake.connect(
        settings.google_cloud_project, settings.lake_bucket, settings.request_timeout_s
    )
    return LoadApp(
        lake=lake,
        tombstones=Tombstones(lake, once(settings.hashing_key)),
        group=GroupCommit(
            loader.load,
            linger_s=settings.linger_ms / 1000,
            most_items=settings.batch_rows,
            most_weight=settings.batch_bytes,
        ),
    )


@functions_framework.cloud_event
def load(event: CloudEvent) -> None:
    """Merge one record, together with all that wait. The same record again changes nothing.

    What is erased is dropped, and so are mentions of it.
    """
    app = wiring()

    def keep(error: Permanent) -> None:
        entry = app.tombstones.redact_evidence(evidence(event))
        if entry is not None:
            at = datetime.now(UTC)
            app.lake.keep_failed("load", event["id"], error.reason, error.sentence, at, **entry)

    attempt = attempt_in(flask.request.get_json(silent=True))
    with handle_delivery(
        keep, LastError(app.lake, "load", event, attempt, lambda: datetime.now(UTC))
    ):
        message = message_of(event)
        logs.about(message.attributes.get("video_id"))
        record = app.tombstones.redact(parse_record(message.data))
        if record is None:
            log.info("record of something erased dropped")
            return
        logs.about(record.video_id)
        app.group.submit(record, weight(record))
        log.info("record loaded", extra={"sections": record.sections()})
