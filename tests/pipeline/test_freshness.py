"""Records that wait for the scheduler: pulled, loaded and acknowledged on a whole local cloud."""

import json
import os
import shutil
import subprocess
import time

import pytest
from google.cloud import pubsub_v1, storage

from cli.scheduler import drain
from cli.warehouse import Warehouse
from local.cloud import LAKE, QUERY, pointing_at, running, with_variables
from local.home import PROJECT
from local.provision import make_messaging
from local.traffic import read_traffic, wait_until_over
from tests.programs import python
from tests.records import creator, metrics, rating, record, video

PARTS = QUERY | LAKE | {"load"}
KILLED_BEFORE_IT_ACKNOWLEDGES = """
import os, signal
from shared import config
from shared.messaging import leases, subscription
from shared.warehouse.drain import DrainApp, drain_records
from shared.warehouse.load import LoadApp

leases.LEASE_S = 1
killed = lambda self, messages: os.kill(os.getpid(), signal.SIGKILL)
subscription.PulledSubscription.acknowledge = killed
settings = config.read(config.LoadSettings)
drain_records(DrainApp.connect(settings, LoadApp.connect(settings)))
"""


@pytest.fixture(scope="module")
def cloud(made_tables, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(made_tables, home / "data")
    with (
        with_variables({"DAILY_BUDGET_BYTES": str(10**12)}),
        running(home, PARTS, freshness_s=300) as endpoints,
        pointing_at(endpoints),
    ):
        yield endpoints


def publish(cloud, *payloads):
    publisher = pubsub_v1.PublisherClient()
    topic = cloud.topics[cloud.records_topic]
    for future in [publisher.publish(topic, payload) for payload in payloads]:
        future.result(30)
    publisher.stop()


def video_id(number):
    return f"730000000000000{number:04}"


def records(first, count):
    return [
        record(
            video_id(number),
            video=video(),
            creator=creator(),
            metrics=metrics(),
            rating=rating(),
        ).to_json()
        for number in range(first, first + count)
    ]


def tables(cloud):
    ask = Warehouse(cloud).rows
    names = ("dim_user", "dim_video", "fact_metrics_snapshot", "fact_rating")
    return {
        name: sorted(json.dumps(row, default=str, sort_keys=True) for row in ask(statement))
        for name in (*names, "fact_video_analytics")
        for statement in [f"SELECT * FROM {name}"]
    }


def of_videos(cloud, first, count):
    ids = [video_id(number) for number in range(first, first + count)]
    statement = "SELECT video_id FROM fact_video_analytics WHERE video_id IN UNNEST(@ids)"
    return Warehouse(cloud).rows(statement, ids=ids)


def billed(cloud):
    """Bytes on the day's account; the local BigQuery gives no figure, so each counts 10 MiB."""
    bucket = storage.Client(project=cloud.project).bucket(cloud.bucket)
    accounts = bucket.list_blobs(prefix="state/spend/bigquery/")
    return sum(json.loads(blob.download_as_bytes())["billed_bytes"] for blob in accounts)


def test_records_wait_for_the_call_and_are_loaded_by_it(cloud):
    publish(cloud, b"{", *records(0, 6))
    time.sleep(0.5)  # a push would have taken them by now
    assert read_traffic(cloud).to_load == 7
    assert tables(cloud)["fact_video_analytics"] == []

    drain(cloud)

    assert read_traffic(cloud).to_load == 0
    assert len(tables(cloud)["fact_video_analytics"]) == 6
    bucket = storage.Client(project=cloud.project).bucket(cloud.bucket)
    (failure,) = bucket.list_blobs(prefix="failed/load/")
    assert json.loads(failure.download_as_bytes())["reason"] == "malformed"


def test_an_idle_call_is_billed_nothing(cloud):
    before = billed(cloud)

    drain(cloud)

    assert billed(cloud) == before > 0


def test_a_run_that_is_killed_before_it_acknowledges_is_repeated_and_changes_nothing(cloud):
    publish(cloud, *records(10, 5))
    environment = os.environ | cloud.environment() | cloud.function_settings()
    command = [*python(), "-c", KILLED_BEFORE_IT_ACKNOWLEDGES]
    killed = subprocess.run(command, cwd=PROJECT, env=environment, timeout=120)
    assert killed.returncode == -9
    loaded = tables(cloud)
    assert len(loaded["fact_video_analytics"]) >= 5
    assert read_traffic(cloud).to_load == 5

    while read_traffic(cloud).to_load:  # they come when their leases have ended
        drain(cloud)

    assert tables(cloud) == loaded


def test_a_change_to_pushes_and_back_loses_nothing(cloud):
    """Terraform changes the same subscription in place, as this does."""
    publish(cloud, *records(20, 3))
    assert read_traffic(cloud).to_load == 3

    make_messaging(cloud.project, cloud.functions)
    wait_until_over(cloud)
    assert len(of_videos(cloud, 20, 3)) == 3

    make_messaging(cloud.project, cloud.functions, pulls_records=True)
    publish(cloud, *records(30, 3))
    drain(cloud)
    assert len(of_videos(cloud, 30, 3)) == 3
