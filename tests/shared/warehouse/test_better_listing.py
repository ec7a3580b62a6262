"""The tables hold what all listings know together: the MERGE and shared/listings.py agree."""

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from shared.inputs.json_input import parse_json
from shared.listings import known_fields, merged_of, sortable
from shared.model import Creator
from tests.records import at, creator, metrics, rating, record, video

LAST = datetime(2286, 11, 20, 17, 46, 38, tzinfo=UTC)
"""Two seconds before the microseconds since 1970 have 17 digits."""

SECOND = timedelta(seconds=1)
PSEUDONYM = "p_0123456789abcdef0123"
VALUES = {
    "source": ["upload", "research", "manifest"],
    "creator_id": [None, "ada", "bob"],
    "collection": [None, "cats", "dogs"],
    "url": [None, "https://a.example/1", "https://b.example/1"],
    "file_name": [None, "a.mp4", "b é.mp4"],
    "caption": [None, "Das hätte ich nie erwartet", "no lo esperaba para nada", "é"],
    "hashtags": [(), ("a",), ("a", "b")],
    "language": [None, "de", "pt-BR"],
    "created_at": [None, at(-9), at(-8)],
    "duration_s": [None, 1.5, 10.0],
    "synthetic": [False, True],
}
ACCOUNT_VALUES = {
    "username": [None, "ada"],
    "bio": [None, "a", "b"],
    "verified": [None, False, True],
    "followers": [None, 9, 10],
    "following": [None, 1],
}
NO_VALUES = {"video_id", "id_day", "user_bucket", "observed_at", "field_times", "caption_language"}
COLUMNS = {"creator_id": "user_key", "following": "following_count"}


def first(number, *, of):
    """Cases of which the suite looks at the first few, and a campaign at the others too."""
    return [*of[:number], *(pytest.param(case, marks=pytest.mark.campaign) for case in of[number:])]


# By the place of the pseudonym, which is number 1; then in both orders of the others.
ORDERS = [(1, 0, 2), (0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0), (0, 2, 1)]


def drawn(dice, values):
    return {name: dice.choice(choices) for name, choices in values.items()}


def listings(seed, number=7):
    dice = random.Random(seed)
    return [
        record(
            video=video(dice.randint(0, 3), **drawn(dice, VALUES)),
            creator=creator(dice.randint(0, 3), **drawn(dice, ACCOUNT_VALUES)),
        )
        for _ in range(number)
    ]


def batches(dice, records):
    order = dice.sample(records + dice.sample(records, 2), len(records) + 2)
    cuts = sorted(dice.sample(range(1, len(order)), 3))
    return [order[a:b] for a, b in itertools.pairwise([0, *cuts, len(order)])]


def facts_of_row(row):
    """The known values of a row, each with its time."""
    times = parse_json(row["field_times"])
    observed = sortable(row["observed_at"])
    assert observed not in times.values()
    values = {
        name: (times.get(name, observed), value)
        for name, value in row.items()
        if name not in NO_VALUES and value not in (None, [], "unknown")
    }
    return {name: fact for name, fact in values.items() if fact[0] != "0"}


def facts_of_section(section):
    return {
        COLUMNS.get(name, name): (
            sortable(time),
            list(value) if isinstance(value, tuple) else value,
        )
        for name, (time, value) in known_fields(section).items()
        if not (name == "creator_id" and isinstance(section, Creator))
    }


# Where the older value of a column wins, the first four see it, or none of the six does.
@pytest.mark.parametrize("seed", first(2, of=[0, 1, 3, 5, 2, 4]))
def test_any_order_and_batching_gives_what_the_listings_know_together(db, seed):
    records = listings(seed)
    for batch in batches(random.Random(seed + 100), records):
        db.load(*batch)

    (row,) = db.rows("SELECT * FROM dim_video")
    (account,) = db.rows("SELECT * EXCEPT (user_key) FROM dim_user WHERE user_key = 'ada'")

    together = merged_of([each.video for each in records])
    assert facts_of_row(row) == facts_of_section(together)
    assert facts_of_row(account) == facts_of_section(merged_of([each.creator for each in records]))
    language = {
        None: None, "é": row["caption_language"],
        VALUES["caption"][1]: "de", VALUES["caption"][2]: "es",
    }  # fmt: skip
    assert row["caption_language"] == language[together.caption]


def test_a_poorer_listing_takes_nothing_away_and_a_late_one_completes(db):
    db.load(record(video=video(2, source="upload", creator_id=None, duration_s=9.0)))
    db.load(record(video=video(1, caption="hi"), creator=creator(1, bio="b", followers=5)))
    db.load(record(video=video(3, creator_id=None), creator=creator(2, followers=7)))

    fact = db.fact("7300000000000000001")
    assert (fact["user_key"], fact["duration_s"]) == ("ada", 9.0)
    assert db.rows("SELECT caption, source FROM dim_video") == [
        {"caption": "hi", "source": "research"}
    ]
    assert db.rows("SELECT bio, followers FROM dim_user WHERE user_key = 'ada'") == [
        {"bio": "b", "followers": 7}
    ]


def test_a_time_of_any_year_counts_alike_in_another_order_and_batching(db):
    listings_of_years = [
        record(video=video(source=source, hashtags=tags, **fields).model_copy(
            update={"observed_at": datetime(year, 1, 2, tzinfo=UTC)}
        ))
        for year, source, tags, fields in [
            (1, "research", ("a b",), {"url": "https://a.example/1"}),
            (1970, "manifest", ("a", "b"), {"caption": "x"}),
            (1960, "upload", (), {"caption": "y", "music_id": "7"}),
            (1965, "upload", (), {"music_id": "6"}),
        ]
    ]  # fmt: skip
    late = [
        record(creator=creator(followers=n).model_copy(update={"observed_at": LAST + n * SECOND}))
        for n in (0, 1, 3)
    ]
    records = [*listings_of_years, record(rating=rating()), *late]

    tables = []
    for batch in ([records], [[each] for each in records[::-1]]):
        for each in batch:
            db.load(*each)
        tables.append(db.tables())
        db.clear()

    assert tables[0] == tables[1]
    (row,) = tables[0]["dim_video"]
    assert (row["source"], row["caption"], row["music_id"]) == ("manifest", "x", "7")
    assert [it["followers"] for it in tables[0]["dim_user"]] == [3, None]


def test_lists_of_words_that_read_alike_are_told_apart_at_one_time(db):
    words = [("a b", "c"), ("a", "b c"), ("a", "b", "c")]
    stored = []
    for start in range(3):  # each pair is loaded at once
        order = words[start:] + words[:start]
        db.load(*(record(video=video(hashtags=tags)) for tags in order[:2]))
        db.load(record(video=video(hashtags=order[2])))
        stored += [row["hashtags"] for row in db.rows("SELECT hashtags FROM dim_video")]
        db.clear()

    assert stored == [stored[0]] * 3


def test_a_profile_of_nobody_is_not_the_profile_of_all_unknown_creators(db):
    for n in (1, 2):
        db.load(record(video=video(), creator=creator(n, "unknown", followers=n)))

    unknown = "SELECT followers FROM dim_user WHERE user_key = 'unknown'"
    assert db.rows(unknown) == [{"followers": None}]


def test_readings_of_one_moment_complete_each_other_in_any_batches(db):
    parts = [
        metrics(views=None, likes=5),
        metrics(views=9, flags=("rounded_count",)),
        metrics(views=7),
    ]
    records = [record(metrics=part) for part in parts]

    tables = []
    for batches_of_one_order in (
        [records],
        [[each] for each in records],
        [records[::-1][:2], records],
    ):
        for batch in batches_of_one_order:
            db.load(*batch)
        tables.append(db.tables())
        db.clear()

    assert tables[0] == tables[1] == tables[2]
    (row,) = tables[0]["fact_metrics_snapshot"]
    assert (row["views"], row["likes"], row["flags"]) == (9, 5, ["rounded_count"])


@pytest.mark.parametrize("seed", first(1, of=range(3)))
def test_tables_do_not_depend_on_the_batches(db, seed):
    dice, records = random.Random(seed), listings(seed + 50)
    records.append(record(video=video(9, creator_id=PSEUDONYM, caption="hi")))

    tables = []
    for _ in range(2):
        for batch in batches(dice, records):
            db.load(*batch)
        tables.append(db.tables())
        db.clear()

    assert tables[0] == tables[1]
    assert "ada" not in str(tables[0]["dim_video"])


@pytest.mark.parametrize("order", first(3, of=ORDERS))
def test_a_pseudonym_never_meets_an_address_with_the_name(db, order):
    records = [
        record(video=video(1, url="https://www.tiktok.com/@ada/video/1", region_code="DE")),
        record(video=video(0, creator_id=PSEUDONYM, caption="hi")),
        record(video=video(2, file_name="ada.mp4")),
    ]
    for number in order:
        db.load(records[number])

    columns = "user_key, url, file_name, region_code, caption"
    assert db.rows(f"SELECT {columns} FROM dim_video") == [
        {
            "user_key": PSEUDONYM,
            "url": None,
            "file_name": None,
            "region_code": None,
            "caption": "hi",
        }
    ]


def test_a_row_of_an_older_version_is_completed(db):
    db.load(record(video=video(2, caption="two")))
    db.rows("UPDATE dim_video SET field_times = NULL WHERE TRUE")

    db.load(record(video=video(1, duration_s=3.0)))

    assert db.rows("SELECT caption, duration_s FROM dim_video") == [
        {"caption": "two", "duration_s": 3.0}
    ]
