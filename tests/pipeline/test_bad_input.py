"""Bad input through the running chain: a row or a kept failure with its reason, never a stop."""

import base64
import hashlib
import json
import time
from pathlib import Path

import av
import numpy as np
import pytest
from google.cloud import pubsub_v1, storage

from local.cloud import pointing_at
from local.traffic import wait_until_over
from shared.model import content_id
from tests.records import metrics, record

MARK = b"bad input"


@pytest.fixture(scope="module")
def bucket(cloud):
    with pointing_at(cloud):
        yield storage.Client(project=cloud.project).bucket(cloud.bucket)


@pytest.fixture(scope="module")
def facts(bucket, cloud, ask, clip, tmp_path_factory):
    """Fact rows by video id, after every bad file was uploaded and nothing is on its way."""
    good = clip(tmp_path_factory.mktemp("good") / "good.mp4", "whole").read_bytes()
    for name, content in files(good, tmp_path_factory.mktemp("files")).items():
        kind = "text/plain" if "wrong_type" in name else "application/octet-stream"
        bucket.blob(f"videos/{name}").upload_from_string(content, content_type=kind)
    wait_until_over(cloud)
    rows = ask("SELECT video_id, rating_status, rating_reason FROM fact_video_analytics")
    return {row["video_id"]: (row["rating_status"], row["rating_reason"]) for row in rows}


def files(good: bytes, folder: Path) -> dict[str, bytes]:
    return {
        "7300000000000000101.mp4": b"",
        "7300000000000000102.mp4": good[: len(good) // 3],
        "7300000000000000103.mp4": b"<html>not found</html>" + MARK,
        "7300000000000000104.mp4": still(folder / "one.mp4", frames=1),
        "7300000000000000105.mp4": still(folder / "timeless.mp4", frames=3, apart=0),
        "7300000000000000106.mp4": good,
        "wrong_type_7300000000000000107 (copy).mp4": good + b"\0\0\0\x08free",
        "folder/": b"",
    }


def still(path: Path, frames: int, apart: int = 1) -> bytes:
    """A clip of equal pictures; `apart` 0 gives all of them the same time."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 64, 96
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.zeros((96, 64, 3), np.uint8), format="rgb24")
            frame.pts = number
            for packet in stream.encode(frame):
                packet.pts = packet.dts = packet.pts * apart if apart else number // frames
                output.mux(packet)
        output.mux(stream.encode())
    return path.read_bytes()


@pytest.mark.parametrize(
    ("video_id", "reasons"),
    [
        ("7300000000000000101", {"empty"}),
        ("7300000000000000102", {"truncated", "undecodable"}),
        ("7300000000000000103", {"not_a_video"}),
        ("7300000000000000104", {"one_frame"}),
        ("7300000000000000105", {"one_frame", "no_duration"}),
    ],
)
def test_a_file_that_cannot_be_rated_is_a_row_with_its_reason(facts, video_id, reasons):
    status, reason = facts[video_id]

    assert status == "unratable"
    assert reason in reasons


def test_bytes_decide_whatever_the_declared_type(facts):
    assert facts["7300000000000000106"] == ("rated", None)


def test_a_name_that_is_no_id_gives_way_to_the_content(facts, bucket):
    name = "videos/wrong_type_7300000000000000107 (copy).mp4"
    own = content_id(hashlib.sha256(bucket.blob(name).download_as_bytes()).hexdigest())

    assert facts[own] == ("rated", None)


def test_a_folder_placeholder_is_no_video(facts):
    empty = content_id(hashlib.sha256(b"").hexdigest())

    assert empty not in facts


def test_malformed_records_are_kept_and_their_neighbours_load(cloud, bucket, ask):
    good = [record(f"73000000000000002{n:02}", metrics=metrics(n)) for n in range(20)]
    valid = good[0].to_json()
    bad = {
        b"{": "JSON",
        valid.replace(b'"video_id"', b'"id"'): "video_id",
        valid.replace(b"100", b'"100"'): "views",
        valid.replace(b"100", b"NaN"): "views",
        valid.replace(b"100", b"-1.5"): "views",
        valid.replace(b"100", b"99999999999999999999"): "views",
        valid.replace(b'"views"', b'"plays"'): "plays",
        valid.replace(b"7300000000000000200", b"7300000000000000\\u0000"): "video_id",
    }
    publisher = pubsub_v1.PublisherClient()
    topic = publisher.topic_path(cloud.project, "video-records")
    for data in [*(each.to_json() for each in good), *bad]:
        publisher.publish(topic, data)
    publisher.stop()

    wait_until_over(cloud)

    assert wait_for_failures(bucket, set(bad)) == bad.keys()
    assert all(bad[data] in sentence for data, sentence in failures(bucket).items() if data in bad)
    (loaded,) = ask(
        "SELECT COUNT(*) AS n FROM fact_metrics_snapshot"
        " WHERE video_id BETWEEN '7300000000000000200' AND '7300000000000000219'"
    )
    assert loaded["n"] == 20


def failures(bucket) -> dict[bytes, str]:
    entries = [json.loads(blob.download_as_bytes()) for blob in bucket.list_blobs(prefix="failed/")]
    return {
        base64.b64decode(entry["data"]): entry["sentence"] for entry in entries if "data" in entry
    }


def wait_for_failures(bucket, expected: set[bytes]) -> set[bytes]:
    """The expected messages that are under failed/. It waits a while for the last one."""
    for _ in range(50):
        stored = failures(bucket).keys() & expected
        if stored == expected:
            return stored
        time.sleep(0.1)
    return stored
