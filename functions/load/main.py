"""Entry point: records come from the topic; their rows are durable when it answers."""

from shared.concurrency import in_one_thread

in_one_thread()  # before any import of numpy, with which languages are identified

import flask
import functions_framework
from cloudevents.http import CloudEvent

from shared import config, logs
from shared.concurrency import once
from shared.messaging.delivery import handle_event
from shared.messaging.events import message_of
from shared.warehouse.load import LoadApp, load_record

logs.configure()


@once
def wiring() -> LoadApp:
    """Clients, made at the first message and kept. A broken setting fails each message."""
    return LoadApp.connect(config.read(config.LoadSettings))


@functions_framework.cloud_event
def load(event: CloudEvent) -> None:
    """Merge one record, together with all that wait. The same record again changes nothing."""
    with handle_event("load", event, flask.request.get_json(silent=True), wiring) as app:
        load_record(message_of(event), app)
