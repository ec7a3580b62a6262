"""The MERGE of staged rows makes the rows that the same records make in batches."""

import io
import random

import pytest

from shared.errors import Misconfigured
from shared.listings import known_fields
from shared.model import UNKNOWN_CREATOR
from shared.warehouse.lake_records import LakeRecord
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES, Loader
from shared.warehouse.shadow import Shadow
from shared.warehouse.staged_rows import StagedRows
from shared.warehouse.staging import _Lines
from tests.records import creator, metrics, rating, record, video
from tests.shared.warehouse.conftest import Db
from tests.shared.warehouse.test_tables_in_memory import RATERS, VIDEOS, random_record

CREATORS = ("ada.lovely", "bob", None, UNKNOWN_CREATOR)
PSEUDONYM = f"p_{'0a' * 10}"


@pytest.fixture
def shadow(db):
    """Empty tables and no staged rows beside those of `db`."""
    shadow = Shadow(db.client, db.dataset, f"{db.dataset}__rebuild")
    shadow.create()
    StagedRows(db.client, shadow.name).create()
    yield Db(db.client, shadow.name, RATERS)
    shadow.drop()


def better_listing(dice):
    """A listing that knows few fields, of which some are older than the listing."""
    hours = dice.randrange(3)
    section = video(
        hours,
        source=dice.choice(("upload", "research", "manifest")),
        synthetic=dice.choice((False, True)),
        creator_id=PSEUDONYM if dice.random() < 0.2 else dice.choice(CREATORS),
        caption=dice.choice((None, "the cat jumps over the dog", "é", "b")),
        hashtags=dice.choice(((), ("a b",), ("a", "b"), ("c",))),
        language=dice.choice((None, "en", "pt-BR")),
        duration_s=dice.choice((None, 0.1, 9.5, 10.25)),
        music_id=dice.choice((None, "1", "2")),
    )
    older = video(0).observed_at
    times = {name: older for name in known_fields(section) if dice.random() < 0.3}
    section = section.model_copy(update={"field_times": times or None})
    account = creator(
        dice.randrange(3),
        dice.choice(("ada.lovely", "bob")),
        username=None,
        verified=dice.choice((None, False, True)),
        followers=dice.choice((None, 9, 10)),
        following=dice.choice((None, 1, 2)),
    )
    return record(dice.choice(VIDEOS), video=section, creator=account)


def stage(db, records):
    file = io.BytesIO()
    lines = _Lines(file)
    for number, each in enumerate(records):
        lines.add(LakeRecord(f"metadata/{number}.json", each))
    StagedRows(db.client, db.dataset).append(file)


def merge(db):
    staged = StagedRows(db.client, db.dataset)
    for table in (*SECTION_TABLES, FACT_TABLE):
        staged.merge(table, staged.partitions(table), RATERS)


def test_each_rule_of_the_merges_holds_among_staged_rows(db, shadow):
    named = {"creator_id": "ada", "url": "https://www.tiktok.com/@ada/video/1"}
    records = [
        record(video=video(0, language="pt-BR", caption="hello there my friend", **named)),
        record(video=video(2, language="de", caption="é", **named)),
        record(video=video(1, language="fr", caption=None, music_id="7", **named)),
        record(VIDEOS[1], video=video(2, caption="named", **named)),
        record(VIDEOS[1], video=video(0, creator_id=PSEUDONYM, caption="hidden")),
        record(metrics=metrics(0, views=1, likes=9, flags=("vanished",))),
        record(metrics=metrics(0, views=2, likes=None, flags=("rounded_count",))),
        *(record(rating=rating(hours, score)) for hours in (1, 1, 0) for score in (40, 41, 42)),
    ]
    Loader(db.client, db.dataset, RATERS).load(records)

    stage(shadow, records)
    merge(shadow)

    assert shadow.tables() == db.tables()
    first, second = shadow.tables()["dim_video"]
    assert (first["language"], first["caption_language"], first["music_id"]) == ("de", None, "7")
    assert (second["user_key"], second["url"]) == (PSEUDONYM, None)
    (reading,) = shadow.tables()["fact_metrics_snapshot"]
    assert (reading["views"], reading["likes"]) == (2, 9)
    assert reading["flags"] == ["likes_exceed_views", "rounded_count", "vanished"]


def test_staged_rows_say_which_objects_a_partition_comes_from(shadow):
    stage(shadow, [record(video=video()), record(metrics=metrics())])
    staged = StagedRows(shadow.client, shadow.dataset)

    (day,) = staged.partitions("fact_metrics_snapshot")

    assert staged.objects("fact_metrics_snapshot", day) == ["metadata/1.json"]


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(1, 20))]
)
def test_staged_rows_make_the_tables_that_batches_make(db, shadow, seed):
    dice = random.Random(seed)
    make = (better_listing, random_record)
    records = [dice.choice(make)(dice) for _ in range(dice.randrange(20, 60))]
    loader = Loader(db.client, db.dataset, RATERS)
    for start in range(0, len(records), 5):
        loader.load(records[start : start + 5])

    dice.shuffle(records)
    stage(shadow, records[::2])
    stage(shadow, records[1::2] + records[:2])  # two of them are staged twice
    merge(shadow)

    assert shadow.tables() == db.tables()
    merge(shadow)
    assert shadow.tables() == db.tables()


def test_staged_rows_that_are_gone_are_not_begun_anew(shadow):
    staged = StagedRows(shadow.client, shadow.dataset)
    assert staged.exists()
    shadow.client.delete_table(staged._path())

    assert not staged.exists()
    with pytest.raises(Misconfigured, match="staged_rows"):
        staged.append(io.BytesIO(b'{"place":0,"object":"x","item":"{}"}\n'))
