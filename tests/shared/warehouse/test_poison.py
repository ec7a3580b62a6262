"""A record that the warehouse refuses, among 25: it fails alone, and is replayed after a fix.

Campaigns hide it among 100 and 500.
"""

import base64
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import functions_framework
import pytest

from shared.messaging.failed import failures, replay
from shared.warehouse import loader
from shared.warehouse.group import GroupCommit
from shared.warehouse.loader import Loader, merge_statement
from tests.fakes import LakeInMemory, TopicsInMemory, tombstones_in
from tests.records import metrics, record, video

MAIN = str(Path(__file__).parents[3] / "functions/load/main.py")
POISON = "7300000000000000020"
RECORDS = [
    record(f"7300000000000000{number:03}", video=video(caption=f"no. {number}"), metrics=metrics())
    for number in range(500)
]


@pytest.fixture
def broken_statement(monkeypatch):
    """A statement with a defect that one caption brings to light; gives what mends it."""
    caption = "JSON_VALUE(item, '$.caption')"
    broken = merge_statement("dim_video").replace(
        caption, f"IF({caption} = 'no. 20', ERROR('defect'), {caption})"
    )
    sound = merge_statement
    monkeypatch.setattr(
        loader, "merge_statement", lambda table: broken if table == "dim_video" else sound(table)
    )
    return monkeypatch.undo


class Served:
    """The load function over real tables and a lake in memory."""

    def __init__(self, db):
        self.app = functions_framework.create_app("load", MAIN, "cloudevent")
        self.lake = LakeInMemory()
        group = GroupCommit(
            Loader(db.client, db.dataset, db.primary_raters).load,
            linger_s=0.5,
            most_items=1_000,
            most_weight=4_000_000,
        )
        main = sys.modules["main"]
        main.wiring = lambda: main.LoadApp(
            lake=self.lake, group=group, tombstones=tombstones_in(self.lake)
        )

    def deliver(self, number: int, data: bytes) -> int:
        message = {"data": base64.b64encode(data).decode(), "messageId": str(number)}
        body = {"message": message, "subscription": "projects/p/subscriptions/load"}
        return self.app.test_client().post("/", json=body).status_code


@pytest.mark.parametrize(
    "number", [25, *(pytest.param(number, marks=pytest.mark.campaign) for number in (100, 500))]
)
def test_a_poison_record_among_many_fails_alone_and_loads_after_the_fix(
    db, broken_statement, number
):
    served, records = Served(db), RECORDS[:number]
    with ThreadPoolExecutor(number) as threads:
        answers = threads.map(
            served.deliver, range(number), [record.to_json() for record in records]
        )
        assert set(answers) == {200}

    (failure,) = failures(served.lake)
    assert failure.reason == "refused_by_warehouse"
    assert "defect" in failure.sentence
    loaded = {row["video_id"] for row in db.rows("SELECT video_id FROM fact_video_analytics")}
    assert loaded == {record.video_id for record in records} - {POISON}

    broken_statement()
    topics = TopicsInMemory()
    replay(failure, served.lake, topics, tombstones_in(served.lake))
    ((stage, message),) = topics.published
    assert (stage, served.deliver(501, message.data)) == ("load", 200)

    assert db.fact(POISON)["views"] == 100
    assert list(failures(served.lake)) == []
