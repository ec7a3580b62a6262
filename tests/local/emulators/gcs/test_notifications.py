"""Notifications of the local Cloud Storage, as a Pub/Sub behind the real gRPC API receives them."""

import json
import threading
import time
from concurrent import futures

import grpc
import pytest
import requests
from google.api_core.exceptions import MethodNotImplemented
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.pubsub_v1 import PublishRequest, PublishResponse

from local.emulators.gcs.publisher import BackOff
from local.emulators.gcs.service import Service

TOPIC = "projects/local-project/topics/video-finalized"


class Topics(grpc.GenericRpcHandler):
    """A Pub/Sub that knows Publish alone; `broken` topics are refused as unavailable."""

    def __init__(self):
        self.messages = []
        self.batches = []
        self.broken = set()
        self._lock = threading.Lock()

    def service(self, details):
        if details.method != "/google.pubsub.v1.Publisher/Publish":
            return None
        return grpc.unary_unary_rpc_method_handler(
            self._publish,
            request_deserializer=PublishRequest.deserialize,
            response_serializer=PublishResponse.serialize,
        )

    def _publish(self, request, context):
        if request.topic in self.broken:
            context.abort(grpc.StatusCode.UNAVAILABLE, "broken on purpose")
        with self._lock:
            self.batches.append(len(request.messages))
            self.messages += [(request.topic, message) for message in request.messages]
        return PublishResponse(message_ids=[str(n) for n in range(len(request.messages))])


def serve(topics, port=0):
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((topics,))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


@pytest.fixture
def pubsub():
    topics = Topics()
    topics.server, topics.port = serve(topics)
    yield topics
    topics.server.stop(None).wait()


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start a service (again) on the same data; gives the service and a client's bucket."""
    running = []

    def start(pubsub_port=None):
        if running:
            running.pop().stop()
        endpoint = f"127.0.0.1:{pubsub_port}" if pubsub_port else None
        service = Service(tmp_path / "data", pubsub=endpoint)
        service.start()
        running.append(service)
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", service.base_url)
        client = storage.Client(project="local-project", credentials=AnonymousCredentials())
        return service, client.lookup_bucket("lake") or client.create_bucket("lake")

    yield start
    for service in running:
        service.stop()


def subscribe(bucket, topic="video-finalized", **options):
    options = {"event_types": ["OBJECT_FINALIZE"], "payload_format": "JSON_API_V1", **options}
    notification = bucket.notification(topic, topic_project="local-project", **options)
    notification.create()
    return notification


def drained(service, timeout_s=10):
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if requests.get(f"{service.base_url}/admin/outbox", timeout=5).json() == {"pending": 0}:
            return True
        time.sleep(0.01)
    return False


def test_a_finalized_object_is_announced_in_the_real_format(start, pubsub):
    service, bucket = start(pubsub.port)
    notification = subscribe(bucket, blob_name_prefix="videos/")
    blob = bucket.blob("videos/7300000000000000001.mp4")
    blob.upload_from_string(b"mp4", content_type="video/mp4")

    assert drained(service)
    ((topic, message),) = pubsub.messages
    resource = json.loads(message.data)
    attributes = dict(message.attributes)

    assert topic == TOPIC
    assert attributes.pop("eventTime").endswith("Z")
    assert attributes == {
        "notificationConfig": (
            f"projects/_/buckets/lake/notificationConfigs/{notification.notification_id}"
        ),
        "eventType": "OBJECT_FINALIZE",
        "payloadFormat": "JSON_API_V1",
        "bucketId": "lake",
        "objectId": "videos/7300000000000000001.mp4",
        "objectGeneration": str(blob.generation),
    }
    assert resource["kind"] == "storage#object"
    assert resource["generation"] == str(blob.generation)
    assert (resource["contentType"], resource["size"]) == ("video/mp4", "3")
    assert resource["md5Hash"] == blob.md5_hash


def test_a_prefix_decides_which_objects_are_announced(start, pubsub):
    service, bucket = start(pubsub.port)
    subscribe(bucket, blob_name_prefix="videos/")
    for name in ("metadata/1.json", "videos", "videos/1.mp4"):
        bucket.blob(name).upload_from_string(b"")

    assert drained(service)
    assert [m.attributes["objectId"] for _, m in pubsub.messages] == ["videos/1.mp4"]


def test_an_overwrite_names_the_generation_that_it_replaced(start, pubsub):
    service, bucket = start(pubsub.port)
    subscribe(bucket)
    old, new = bucket.blob("a"), bucket.blob("a")
    old.upload_from_string(b"old")
    new.upload_from_string(b"new")

    assert drained(service)
    first, second = (message.attributes for _, message in pubsub.messages)

    assert "overwroteGeneration" not in first
    assert second["objectGeneration"] == str(new.generation)
    assert second["overwroteGeneration"] == str(old.generation)


def test_a_resumable_upload_is_announced_and_a_patch_or_deletion_is_not(start, pubsub):
    service, bucket = start(pubsub.port)
    subscribe(bucket)
    blob = bucket.blob("resumed")
    with blob.open("wb") as file:
        file.write(b"x")
    blob.metadata = {"k": "v"}
    blob.patch()
    blob.delete()

    assert drained(service)
    assert [message.attributes["objectId"] for _, message in pubsub.messages] == ["resumed"]


def test_a_refused_write_announces_nothing(start, pubsub):
    service, bucket = start(pubsub.port)
    bucket.blob("a").upload_from_string(b"")
    subscribe(bucket)

    with pytest.raises(Exception, match="pre-conditions"):
        bucket.blob("a").upload_from_string(b"", if_generation_match=0)

    assert drained(service)
    assert pubsub.messages == []


def test_a_configuration_is_listed(start):
    _, bucket = start()
    subscribe(bucket, blob_name_prefix="videos/")

    (config,) = bucket.list_notifications()

    assert (config.topic_name, config.topic_project) == ("video-finalized", "local-project")
    assert (config.blob_name_prefix, config.event_types) == ("videos/", ["OBJECT_FINALIZE"])


@pytest.mark.parametrize(
    "unsupported",
    [
        {"event_types": None},
        {"event_types": ["OBJECT_DELETE"]},
        {"payload_format": "NONE"},
        {"custom_attributes": {"k": "v"}},
    ],
)
def test_a_configuration_that_is_not_offered_is_refused(start, unsupported):
    _, bucket = start()

    with pytest.raises(MethodNotImplemented):
        subscribe(bucket, **unsupported)


def test_what_pubsub_missed_is_sent_when_it_is_back(start, pubsub):
    service, bucket = start(pubsub.port)
    subscribe(bucket)
    pubsub.server.stop(None).wait()
    for number in range(20):
        bucket.blob(str(number)).upload_from_string(b"")
    pending = requests.get(f"{service.base_url}/admin/outbox", timeout=5).json()["pending"]

    pubsub.server, _ = serve(pubsub, pubsub.port)

    assert pending == 20
    assert drained(service)
    assert {m.attributes["objectId"] for _, m in pubsub.messages} == set(map(str, range(20)))


def test_what_was_not_sent_is_sent_by_the_next_run(start, pubsub):
    _, bucket = start(None)
    subscribe(bucket)
    bucket.blob("a").upload_from_string(b"")

    service, _ = start(pubsub.port)

    assert drained(service)
    assert [m.attributes["objectId"] for _, m in pubsub.messages] == ["a"]


def test_one_broken_topic_does_not_hold_up_another(start, pubsub):
    service, bucket = start(pubsub.port)
    subscribe(bucket)
    subscribe(bucket, topic="other")
    pubsub.broken.add("projects/local-project/topics/other")

    bucket.blob("a").upload_from_string(b"")
    deadline = time.monotonic() + 10
    while not pubsub.messages and time.monotonic() < deadline:
        time.sleep(0.01)

    assert [topic for topic, _ in pubsub.messages] == [TOPIC]
    pubsub.broken.clear()
    assert drained(service)
    assert len(pubsub.messages) == 2


def test_waiting_messages_travel_in_batches(start, pubsub):
    service, bucket = start(pubsub.port)
    subscribe(bucket)
    pubsub.broken.add(TOPIC)
    for number in range(60):
        bucket.blob(str(number)).upload_from_string(b"")
    pubsub.broken.clear()

    assert drained(service)
    assert len(pubsub.batches) < 20
    assert sum(pubsub.batches) == 60


def test_back_off_grows_to_a_bound_and_ends_with_success():
    back_off = BackOff()

    delays = [back_off.failed("t") for _ in range(10)]

    assert delays[:3] == [0.1, 0.2, 0.4]
    assert max(delays) == delays[-1] == 5.0
    back_off.succeeded("t")
    assert back_off.ready("t") and back_off.shortest() is None
