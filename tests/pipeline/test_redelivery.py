"""The same event again, at once and shuffled, through the served functions."""

import json
import random
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.cloud import pubsub_v1, storage

from local.cloud import pointing_at
from local.traffic import wait_until_over
from tests.records import creator, metrics, record, video

VIDEO_ID = "7300000000000000301"


@pytest.fixture(autouse=True)
def pointed(cloud):
    with pointing_at(cloud):
        yield


def finalized(url: str, bucket: str, name: str, generation: int) -> int:
    """Deliver a direct finalize event; gives the status the sender sees."""
    headers = {
        "Content-Type": "application/json",
        "ce-id": "1",
        "ce-specversion": "1.0",
        "ce-type": "google.cloud.storage.object.v1.finalized",
        "ce-source": f"//storage.googleapis.com/projects/_/buckets/{bucket}",
        "ce-subject": f"objects/{name}",
    }
    data = {"bucket": bucket, "name": name, "generation": str(generation)}
    request = urllib.request.Request(url, json.dumps(data).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_one_finalize_event_five_times_at_once_leaves_the_rows_of_one(cloud, ask, clip, tmp_path):
    bucket = storage.Client(project=cloud.project).bucket(cloud.bucket)
    name = f"videos/{VIDEO_ID}.mp4"
    blob = bucket.blob(name)
    blob.upload_from_filename(str(clip(tmp_path / "clip.mp4", "five")))
    url = cloud.functions["analyze"]
    with ThreadPoolExecutor(5) as threads:
        events = [
            threads.submit(finalized, url, cloud.bucket, name, blob.generation) for _ in range(5)
        ]
    wait_until_over(cloud)

    # Whoever finds the claim held asks for redelivery; nobody rates a second time.
    assert {event.result() for event in events} <= {200, 500}
    assert finalized(url, cloud.bucket, name, blob.generation) == 200
    wait_until_over(cloud)
    assert len(ask(f"SELECT * FROM fact_rating WHERE video_id = '{VIDEO_ID}'")) == 1
    assert len(ask(f"SELECT * FROM fact_video_analytics WHERE video_id = '{VIDEO_ID}'")) == 1
    assert [
        blob_of_rating.name for blob_of_rating in bucket.list_blobs(prefix=f"ratings/{VIDEO_ID}/")
    ] == [next(iter(bucket.list_blobs(prefix=f"ratings/{VIDEO_ID}/"))).name]


def test_one_record_fifty_times_among_others_leaves_the_rows_of_one(cloud, ask):
    first = record(
        "7300000000000000400",
        video=video(creator_id="fifty"),
        creator=creator(creator_id="fifty"),
        metrics=metrics(),
    )
    others = [record(f"73000000000000004{n:02}", metrics=metrics(n)) for n in range(1, 21)]
    messages = [first] * 50 + others
    random.Random(3).shuffle(messages)
    publisher = pubsub_v1.PublisherClient()
    topic = publisher.topic_path(cloud.project, "video-records")
    for message in messages:
        publisher.publish(topic, message.to_json())
    publisher.stop()

    wait_until_over(cloud)

    for table in ("fact_metrics_snapshot", "dim_video", "fact_video_analytics"):
        rows = ask(
            f"SELECT video_id FROM {table}"
            " WHERE video_id BETWEEN '7300000000000000400' AND '7300000000000000420'"
        )
        assert len(rows) == 21, table
    assert len(ask("SELECT * FROM dim_user WHERE user_key = 'fifty'")) == 1
