"""Old values of every kind, and what Python makes of them, for the SQL of a migration."""

import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any

from shared.listings import sortable
from shared.model import Record, canonical_json
from shared.rating_section import Curves, Moment, Rating
from shared.rubric_values import Values
from shared.warehouse.migration.columns import (
    CARDS,
    DETAIL,
    DIGEST,
    FIELD_TIMES,
    ID_DAY,
    USER_BUCKET,
)
from shared.warehouse.partitions import id_day, user_bucket
from shared.warehouse.rows import table_rows
from tests.records import at
from tests.sql.awkward import TEXTS

EDGES = (
    *("0", "9", "42", "007", "999", "1000", "00000000000000000009", "99999999999999999999"),
    *(str(2**63 - 1), str(2**63), str(2**64 - 1)),
    *("u0000000000000000", "uffffffffffffffff", "u03e8000000000000", "u03e7ffffffffffff"),
)
FIRST_SECOND = int(datetime(2014, 1, 1, tzinfo=UTC).timestamp())


def statement(expression: str, column: str) -> str:
    """The values of an expression over @items, a JSON text for each row, in their order."""
    return f"SELECT {expression} AS value FROM ({_rows(column)}) ORDER BY number"


def _rows(column: str) -> str:
    return (
        f"SELECT JSON_VALUE(item, '$.text') AS {column}, "
        "CAST(JSON_VALUE(item, '$.number') AS INT64) AS number, "
        "TIMESTAMP_MICROS(CAST(JSON_VALUE(item, '$.micros') AS INT64)) AS observed_at "
        "FROM UNNEST(@items) AS item"
    )


def _items(texts: Iterable[str], micros: Iterable[int] = repeat(0)) -> list[str]:
    return [
        json.dumps({"number": number, "text": text, "micros": at}, ensure_ascii=False)
        for number, (text, at) in enumerate(zip(texts, micros, strict=False))
    ]


def cases(count: int, seed: int) -> Iterator[tuple[str, str, list[str], list[Any]]]:
    """Name, statement, its @items, and the values by Python."""
    dice = random.Random(seed)
    ids = [*EDGES, *_days_around(dice), *(_id(dice) for _ in range(count))]
    yield "id_day", statement(ID_DAY, "video_id"), _items(ids), list(map(id_day, ids))
    keys = [text for text in TEXTS if text] + [_word(dice) for _ in range(count)]
    buckets = list(map(user_bucket, keys))
    yield "user_bucket", statement(USER_BUCKET, "user_key"), _items(keys), buckets
    ratings = [_rating(dice) for _ in range(count)]
    rows = [
        table_rows([Record(video_id="1", rating=rating)])["fact_rating_detail"][0]
        for rating in ratings
    ]
    sections = [
        canonical_json(rating.model_dump(mode="json", exclude_none=True)) for rating in ratings
    ]
    cards = [list(rating.cards) for rating in ratings]
    yield "cards", statement(CARDS, "section"), _items(sections), cards
    for name, sql in (("detail", DETAIL), ("digest", DIGEST)):
        yield name, statement(sql, "section"), _items(sections), [row[name] for row in rows]
    old, micros, new = zip(*(_times(dice) for _ in range(count)), strict=True)
    yield "field_times", statement(FIELD_TIMES, "field_times"), _items(old, micros), list(new)


def _days_around(dice: random.Random) -> Iterator[str]:
    """The first id that holds a day, the last that holds none, and both ends of some days."""
    yield str((FIRST_SECOND << 32) - 1)
    yield str(FIRST_SECOND << 32)
    for _ in range(20):
        midnight = FIRST_SECOND + 86_400 * dice.randrange(8_000)
        yield str((midnight << 32) - 1)
        yield str(midnight << 32)


def _id(dice: random.Random) -> str:
    if dice.random() < 0.2:
        return f"u{dice.getrandbits(64):016x}"
    return str(dice.getrandbits(dice.choice((5, 20, 40, 62, 63, 64))))


def _word(dice: random.Random) -> str:
    return "".join(dice.choice("abz09._-ßéн日😂") for _ in range(dice.randint(1, 30)))


def _rating(dice: random.Random) -> Rating:
    def text() -> str | None:
        text = "".join(dice.sample(TEXTS, dice.randint(0, 3)))
        keys = ("expectation", "violation", "what")
        return dice.choice((None, text, f'"{dice.choice(keys)}":"{text}",', f"{text}\\"))

    values = Values(
        unexpectedness=dice.choice((None, 0, 50)),
        probability_actual=dice.choice((None, 1 / 3, 1e-12)),
        expectation=text(),
        violation=text(),
    )
    is_rated = dice.random() < 0.8
    return Rating(
        rater="gemini/m/r1",
        generation="1",
        config_hash="abcd",
        rated_at=at(dice.randrange(9)),
        status="rated" if is_rated else "refused",
        reason=None if is_rated else "what",
        values=values if is_rated else None,
        evidence=tuple(Moment(at_s=n, what=text() or "x") for n in range(dice.randrange(3))),
        curves=dice.choice((None, Curves(motion=(0.1, None, 2.0)))),
        cards=dice.choice(((), ("what", "violation"))),
        parameters=dice.choice((None, {"temperature": 0.5, "top": "what"})),
        input_tokens=dice.choice((None, 7)),
    )


def _times(dice: random.Random) -> tuple[str, int, str]:
    """An old row's times, its `observed_at` in microseconds, and the times that stay."""
    newest = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(microseconds=dice.randrange(10**9))
    names = dice.sample(("bio", "caption", "language", "source", "synthetic", "user_key"), 4)
    choices = (sortable(newest), sortable(newest - timedelta(microseconds=1)), "0")
    times = {name: dice.choice(choices) for name in names}
    others = {name: time for name, time in times.items() if time != sortable(newest)}
    return canonical_json(times), int(sortable(newest)), canonical_json(others)
