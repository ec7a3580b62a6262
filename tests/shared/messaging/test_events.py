"""What arrives, through functions-framework's own door."""

import base64
import json

import functions_framework
import pytest

from shared.messaging.events import Message, VideoUploaded, message_of, video_uploaded
from shared.model import Malformed

ATTRIBUTES = {
    "eventType": "OBJECT_FINALIZE",
    "bucketId": "lake",
    "objectId": "videos/7300000000000000001.mp4",
    "objectGeneration": "1700000000000001",
    "payloadFormat": "JSON_API_V1",
}
UPLOAD = VideoUploaded("lake", "videos/7300000000000000001.mp4", "1700000000000001")


@pytest.fixture
def arrive(tmp_path):
    """Send a request to a served function; gives (status, event as the function saw it)."""
    (tmp_path / "main.py").write_text(
        "import functions_framework\nseen = []\n"
        "@functions_framework.cloud_event\ndef keep(event):\n    seen.append(event)\n"
    )
    app = functions_framework.create_app("keep", str(tmp_path / "main.py"), "cloudevent")
    import sys

    def arrive(body, headers=()):
        seen = sys.modules["main"].seen
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **dict(headers)}
        status = app.test_client().post("/", data=data, headers=headers).status_code
        return status, seen[-1] if seen else None

    return arrive


def push(data=b"{}", attributes=ATTRIBUTES):
    return {
        "message": {
            "data": base64.b64encode(data).decode(),
            "attributes": attributes,
            "messageId": "11",
            "publishTime": "2026-11-01T00:00:00Z",
        },
        "subscription": "projects/p/subscriptions/s",
    }


def direct(**data):
    headers = {
        "ce-id": "9",
        "ce-specversion": "1.0",
        "ce-type": "google.cloud.storage.object.v1.finalized",
        "ce-source": "//storage.googleapis.com/projects/_/buckets/lake",
    }
    body = {"bucket": "lake", "name": UPLOAD.name, "generation": UPLOAD.generation} | data
    return body, headers


def test_a_pushed_notification_is_an_upload(arrive):
    status, event = arrive(push())

    assert status == 200
    assert video_uploaded(event) == UPLOAD


def test_the_direct_finalize_event_is_the_same_upload(arrive):
    status, event = arrive(*direct())

    assert status == 200
    assert video_uploaded(event) == UPLOAD


def test_another_storage_event_is_no_upload(arrive):
    _, event = arrive(push(attributes=ATTRIBUTES | {"eventType": "OBJECT_DELETE"}))

    assert video_uploaded(event) is None


def test_a_pushed_message_keeps_its_id_and_bytes(arrive):
    _, event = arrive(push(data=b"\x00\xffnot json"))

    assert message_of(event) == Message("11", b"\x00\xffnot json", ATTRIBUTES)


@pytest.mark.parametrize("field", ["bucket", "name", "generation"])
def test_a_finalize_event_without_identity_is_malformed(arrive, field):
    _, event = arrive(*direct(**{field: None}))

    with pytest.raises(Malformed):
        video_uploaded(event)


def test_a_generation_that_is_no_number_is_malformed(arrive):
    _, event = arrive(*direct(generation="../7"))

    with pytest.raises(Malformed):
        video_uploaded(event)


def test_broken_json_in_binary_mode_is_malformed_not_a_crash(arrive):
    _, headers = direct()
    _, event = arrive(b"{broken", headers)

    with pytest.raises(Malformed):
        video_uploaded(event)


@pytest.mark.parametrize("data", [123, "###", None])
def test_message_data_that_is_no_base64_is_malformed(arrive, data):
    body = push()
    body["message"]["data"] = data
    _, event = arrive(body)

    with pytest.raises(Malformed):
        message_of(event)
