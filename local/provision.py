"""Creates what a project needs: bucket, topics, subscriptions, tables, collection.

It may run again: it creates nothing twice and overwrites only addresses. The addresses of the push
subscriptions and of the sandbox collection change with each start. In the cloud Terraform does
this.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime

from google.api_core.exceptions import AlreadyExists, Conflict, NotFound, PreconditionFailed
from google.cloud import pubsub_v1, storage
from google.protobuf.duration_pb2 import Duration

from local.endpoints import ANALYZE, GEMINI, LOAD, RECORDS, UPLOADED
from local.sandbox import Library
from local.served import deployed
from shared.storage.layout import COLLECTIONS, VIDEOS
from shared.warehouse.client import bigquery
from shared.warehouse.gateway import BOUNDED
from shared.warehouse.tables import HERE as WAREHOUSE
from shared.warehouse.tables import create_tables
from shared.warehouse.views import create_views

DEAD = "-dead"
TOPICS = (UPLOADED, RECORDS, UPLOADED + DEAD, RECORDS + DEAD)
ACK_DEADLINE_S: int = deployed()["messages"]["ack_deadline_s"]
MAX_DELIVERY_ATTEMPTS = 100
# The cloud waits 10 s to 600 s between attempts. That is too long for a person at a terminal.
FIRST_RETRY_S = 1
LAST_RETRY_S = 10
COLLECTION = "sandbox"
DEFINITIONS = "definitions"
"""The label of a dataset that names the definitions of its tables and views."""

KEPT_UNTIL = "before_until"
"""The label of a dataset that names the last day of the tables from before a migration."""

DEFINED_BY = ("tables.yaml", "schema/*.json", "views/*.sql", "tables.py", "views.py")
UPLOADS_ONLY = 'attributes.eventType = "OBJECT_FINALIZE"'
# In the cloud Gemini rates every upload, within a budget. Here it rates only what `tta rate`
# requests. A key in the environment must never make `tta demo` or `tta ingest` spend money.
ASKED_OF_GEMINI = f'{UPLOADS_ONLY} AND hasPrefix(attributes.rater, "gemini")'
_MEDIA_ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+(?=/media/\{video_id\})")


def make_messaging(project: str, functions: Mapping[str, str], pulls_records: bool = False) -> None:
    """Topics, dead letters, and a push subscription for each function that gets messages.

    A function that does not run has no address. Its subscription stores the messages until the
    function runs again, for at most seven days. With `pulls_records` that of `load` stores them
    until `load` pulls them.
    """
    if pulls_records:
        functions = {name: address for name, address in functions.items() if name != LOAD}
    publisher = pubsub_v1.PublisherClient()
    subscriber = pubsub_v1.SubscriberClient()
    with subscriber:
        for topic in TOPICS:
            _make_topic(publisher, publisher.topic_path(project, topic))
        for topic in (UPLOADED + DEAD, RECORDS + DEAD):
            _make_subscription(
                subscriber, project, topic, {"topic": publisher.topic_path(project, topic)}
            )
        for name, topic, function, extra in (
            (ANALYZE, UPLOADED, "analyze", {"filter": UPLOADS_ONLY}),
            (GEMINI, UPLOADED, GEMINI, {"filter": ASKED_OF_GEMINI}),
            (LOAD, RECORDS, "load", {}),
        ):
            _push(subscriber, project, name, topic, functions.get(function, ""), extra)
    publisher.transport.close()


def _make_topic(publisher: pubsub_v1.PublisherClient, path: str) -> None:
    with suppress(AlreadyExists):
        publisher.create_topic(name=path)


def _make_subscription(
    subscriber: pubsub_v1.SubscriberClient, project: str, name: str, request: dict
) -> bool:
    """Create the subscription; False when it exists already."""
    try:
        path = subscriber.subscription_path(project, name)
        subscriber.create_subscription(request={"name": path} | request)
    except AlreadyExists:
        return False
    return True


def _push(
    subscriber: pubsub_v1.SubscriberClient,
    project: str,
    name: str,
    topic: str,
    address: str,
    extra: dict,
) -> None:
    """A push subscription to the function's address. Without an address it only stores messages."""
    push_config = _push_config(project, address) if address else {}
    request = {
        "topic": f"projects/{project}/topics/{topic}",
        "push_config": push_config,
        "ack_deadline_seconds": ACK_DEADLINE_S,
        "retry_policy": {
            "minimum_backoff": Duration(seconds=FIRST_RETRY_S),
            "maximum_backoff": Duration(seconds=LAST_RETRY_S),
        },
        "dead_letter_policy": {
            "dead_letter_topic": f"projects/{project}/topics/{topic}{DEAD}",
            "max_delivery_attempts": MAX_DELIVERY_ATTEMPTS,
        },
    }
    if not _make_subscription(subscriber, project, name, request | extra):
        path = subscriber.subscription_path(project, name)
        subscriber.modify_push_config(request={"subscription": path, "push_config": push_config})


def _push_config(project: str, address: str) -> dict:
    return {
        "push_endpoint": address,
        "oidc_token": {
            "service_account_email": f"push@{project}.iam.gserviceaccount.com",
            "audience": address,
        },
    }


def make_bucket(project: str, bucket: str) -> None:
    """The bucket, and its notification to `video-finalized` for every file in videos/.

    The topic must exist first.
    """
    client = storage.Client(project=project)
    with suppress(Conflict):
        client.create_bucket(bucket)
    notification = client.bucket(bucket).notification(
        topic_name=UPLOADED,
        topic_project=project,
        event_types=["OBJECT_FINALIZE"],
        blob_name_prefix=VIDEOS,
        payload_format="JSON_API_V1",
    )
    notifications = client.bucket(bucket).list_notifications()
    if not any(existing.topic_name == UPLOADED for existing in notifications):
        notification.create()


def make_tables(
    project: str, dataset: str, say: Callable[[str], None] = lambda sentence: None
) -> None:
    """The dataset, its tables and the views over them, unless it has them as they are defined now.

    Tables of an earlier version are migrated first, and `say` gets a sentence about it. To look at
    each table takes most of a second. So a label of the dataset names the definitions of which all
    tables and views were made. It is set last.
    """
    client = bigquery.Client(project=project)
    fingerprint = _fingerprint_of_definitions()
    is_new, labels = _labels(client, dataset)
    if labels.get(DEFINITIONS) != fingerprint:
        changes = {} if is_new else _migrate(client, dataset, labels, say)
        create_tables(client, dataset)
        create_views(client, dataset)
        _set_labels(client, dataset, {DEFINITIONS: fingerprint} | changes)
    elif _is_past(labels.get(KEPT_UNTIL, "")):
        _drop_old_tables(client, dataset)
    client.close()


def _migrate(
    client: bigquery.Client, dataset: str, labels: Mapping[str, str], say: Callable[[str], None]
) -> dict[str, str]:
    """Migrate old tables. Returns the label that says how long they stay, if there are any.

    A start that was killed may have migrated them and not have set it.
    """
    from shared.warehouse.migration.means import SUMMARY
    from shared.warehouse.migration.migrate import KEPT, MigrationApp, migrate

    now = datetime.now(UTC)
    migrated = migrate(MigrationApp(client, dataset, lambda: now))
    if migrated.averaged:
        say(SUMMARY.format(videos=migrated.averaged))
    rows = migrated.rows
    until = (now + KEPT).date()
    if rows:
        say(
            f"Migrated {len(rows)} tables of an earlier version ({sum(rows.values()):,} rows). "
            f"The old ones stay until {until}, with __before after their names."
        )
    elif labels.get(KEPT_UNTIL) or not _old_tables(client, dataset):
        return {}
    return {KEPT_UNTIL: f"{until:%Y-%m-%d}"}


def _is_past(day: str) -> bool:
    return day != "" and date.fromisoformat(day) < datetime.now(UTC).date()


def _drop_old_tables(client: bigquery.Client, dataset: str) -> None:
    """Delete the tables of before. BigQuery does it by itself; the local one ignores expiries."""
    for table in _old_tables(client, dataset):
        client.delete_table(table, **BOUNDED)
    _set_labels(client, dataset, {KEPT_UNTIL: ""})


def _old_tables(client: bigquery.Client, dataset: str) -> list[bigquery.TableReference]:
    """The copies that a migration has made. A person's own table may have a name like theirs."""
    from shared.warehouse.migration.columns import COMPUTED
    from shared.warehouse.migration.old_tables import BEFORE

    names = {name + BEFORE for name in COMPUTED}
    tables = list(client.list_tables(dataset, **BOUNDED))
    return [table.reference for table in tables if table.table_id in names]


def _set_labels(client: bigquery.Client, dataset: str, changes: Mapping[str, str]) -> None:
    described = client.get_dataset(dataset, **BOUNDED)
    described.labels = described.labels | changes
    client.update_dataset(described, ["labels"], **BOUNDED)


def _labels(client: bigquery.Client, dataset: str) -> tuple[bool, dict[str, str]]:
    """Whether the dataset is yet to be made, and its labels."""
    try:
        return False, dict(client.get_dataset(dataset, **BOUNDED).labels)
    except NotFound:
        return True, {}


def _fingerprint_of_definitions() -> str:
    """A hash of every file that defines a table or a view."""
    content = hashlib.sha256()
    for path in sorted(path for kind in DEFINED_BY for path in WAREHOUSE.rglob(kind)):
        content.update(path.name.encode() + b"\0" + path.read_bytes())
    return content.hexdigest()[:32]


def make_collection(project: str, bucket: str, library: Library, tiktok: str) -> None:
    """Create the collection `sandbox` in the bucket, or update its TikTok address.

    An existing file keeps its other collections and its comments.
    """
    blob = storage.Client(project=project).bucket(bucket).blob(COLLECTIONS)
    while True:
        current = blob.download_as_bytes() if blob.exists() else None
        updated = collections_file(current, library, tiktok)
        if updated == current:
            return
        try:
            blob.upload_from_string(
                updated,
                content_type="application/yaml",
                if_generation_match=blob.generation if current is not None else 0,
            )
            return
        except PreconditionFailed:
            continue  # it was edited since: read it again


def collections_file(current: bytes | None, library: Library, tiktok: str) -> bytes:
    """The current file with the sandbox's new address, or a first file."""
    if current is None:
        return b"collections:\n" + _sandbox(library, tiktok)
    return _MEDIA_ADDRESS.sub(tiktok.encode(), current)


def _sandbox(library: Library, tiktok: str) -> bytes:
    about = library.summary()
    first, last = (
        datetime.fromtimestamp(about[f"{which}_create_time"], UTC).date()
        for which in ("first", "last")
    )
    return f"""\
  {COLLECTION}:
    source: research
    regions: [{", ".join(f'"{region}"' for region in about["regions"])}]
    start_date: {first}
    end_date: {last}
    sampling_frame: Every post of the generated sandbox library. Synthetic.
    synthetic: true
    media:
      resolver: url
      url_template: {tiktok}/media/{{video_id}}.mp4
""".encode()
