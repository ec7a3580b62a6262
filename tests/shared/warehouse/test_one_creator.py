"""`@me`, `ME` and `me ` are one creator in the tables."""

import pytest

from shared.inputs.json_input import parse_json
from shared.model import canonical_json
from shared.storage.layout import metadata_name
from shared.warehouse.rebuild import RebuildApp, rebuild
from tests.fakes import LakeInMemory, tombstones_in
from tests.records import DAY_0, creator, record, video

SPELLINGS = ("@me", "ME", "me ")
IDS = ("7300000000000000001", "7300000000000000002", "7300000000000000003")
CREATORS = "SELECT user_key, username, followers FROM dim_user WHERE user_key <> 'unknown'"
OTHER_ORDERS = ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1))
OLD_ROW = "INSERT INTO dim_user (user_key, user_bucket, observed_at) VALUES (@key, 0, '2026-01-01')"


def listing(spelling: str, number: int):
    return record(
        IDS[number],
        video=video(number, creator_id=spelling, source="manifest"),
        creator=creator(number, creator_id=spelling, username=spelling, followers=number),
    )


@pytest.mark.parametrize(
    "order",
    [
        (0, 1, 2),
        (2, 1, 0),
        *(pytest.param(order, marks=pytest.mark.campaign) for order in OTHER_ORDERS),
    ],
)
def test_three_spellings_are_one_row_in_any_order_of_arrival(db, order):
    for number in order:
        db.load(listing(SPELLINGS[number], number))

    assert db.rows(CREATORS) == [{"user_key": "me", "username": "me", "followers": 2}]
    assert db.rows("SELECT DISTINCT user_key FROM fact_video_analytics") == [{"user_key": "me"}]


def test_a_rebuild_makes_one_creator_of_an_old_lake(db):
    lake = LakeInMemory()
    for number, spelling in enumerate(SPELLINGS):
        stored = parse_json(listing("x", number).to_json())
        stored["video"]["creator_id"] = stored["creator"]["creator_id"] = spelling
        stored["creator"]["username"] = spelling
        lake.put(metadata_name(IDS[number]), canonical_json(stored).encode())
        db.rows(OLD_ROW, key=spelling)

    outcome = rebuild(
        RebuildApp(
            lake=lake,
            tombstones=tombstones_in(lake),
            client=db.client,
            dataset=db.dataset,
            clock=lambda: DAY_0,
            primary_raters=db.primary_raters,
        )
    )

    assert outcome["malformed"] == 0, list(lake.names("failed/"))
    assert db.rows("SELECT user_key FROM dim_user WHERE user_key <> 'unknown'") == [
        {"user_key": "me"}
    ]
    assert db.rows("SELECT DISTINCT user_key FROM fact_video_analytics") == [{"user_key": "me"}]
