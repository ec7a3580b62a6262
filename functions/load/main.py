"""Entry point: records come from the topic, pushed or pulled; their rows are durable."""

from shared.concurrency import in_one_thread

in_one_thread()  # before any import of numpy, with which languages are identified

from typing import TYPE_CHECKING

import flask
import functions_framework
from cloudevents.http import CloudEvent

from shared import config, logs
from shared.concurrency import once
from shared.messaging.delivery import handle_event
from shared.messaging.events import is_drain, message_of
from shared.warehouse.load import LoadApp, load_record

if TYPE_CHECKING:
    from shared.warehouse.drain import DrainApp

logs.configure()


@once
def wiring() -> LoadApp:
    """Clients, made at the first message and kept. A broken setting fails each message."""
    return LoadApp.connect(config.read(config.LoadSettings))


@once
def drain_wiring() -> "DrainApp":
    """Pub/Sub's client, which starts slowly, and which a pushed record does not need."""
    from shared.warehouse.drain import DrainApp

    return DrainApp.connect(config.read(config.LoadSettings), wiring())


@functions_framework.cloud_event
def load(event: CloudEvent) -> None:
    """Merge one record, together with all that wait. The same record again changes nothing.

    When the scheduler calls, merge all that the subscription holds. The same call again finds it
    empty.
    """
    with handle_event("load", event, flask.request.get_json(silent=True), wiring) as app:
        if is_drain(event):
            from shared.warehouse.drain import drain_records

            drain_records(drain_wiring())
        else:
            load_record(message_of(event), app)
