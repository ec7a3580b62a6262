"""Rows that are hard to get right: NULLs, ties, huge and tiny numbers, any script, empty arrays.

They keep what the loader guarantees, and nothing more: keys are unique, a section and the times of
fields are canonical JSON, a flag stands at a count that cannot be true, and only a `rated` rating
has values.
"""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.model import canonical_json
from shared.rating.rubric import scores
from shared.warehouse.partitions import id_day, user_bucket
from shared.warehouse.tables import definitions, schema

Row = dict[str, Any]
Tables = dict[str, list[Row]]

NEWEST = datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=UTC)
COUNTS = ("views", "likes", "comments", "shares", "saves", "followers", "reach")
TEXTS = (
    *(
        "",
        " ",
        "null",
        "NULL",
        "a'b",
        'a"b',
        "a\\b",
        "`",
        "@rows",
        "ß",
        "İ",
        "日本語のキャプション",
    ),
    *(
        "😂👩‍👩‍👧",
        "é",
        "e\u0301",
        "\u202eabc",
        "line\nbreak",
        "tab\t",
        "{}",
        "[]",
        "$.detail",
        "%s",
        "--",
    ),
)
FLOATS = (0.0, 1e-12, 0.1, 1 / 3, 0.5, 1.0, 2.5, 99.99999999, 1e9, 123456789.123456789)
WORDS: Mapping[str, tuple[Any, ...]] = {
    "source": ("research", "display", "business", "manifest", "upload"),
    "language": ("de", "en", "pt-BR", "ja", "und"),
    "lang_key": ("de", "en", "pt-BR", "ja", "und"),
    "status": ("rated", "rated", "rated", "refused", "unratable", "no_media"),
    "rating_status": ("rated", "rated", "rated", "rated", "refused", "no_media"),
    "rater": ("gemini/m/r1", "gemini/m/r1+caption", "signals/1", "human/Zoë", "none"),
    "generation": ("0", "1700000000000001"),
    "config_hash": ("aa", "bb"),
    "replicate": (0, 1, 2),
    "second": (0, 1, 2, 3, 7),
    "share": (0.0, 0.33, 0.5, 0.97, 1.0, 1.02),
    "flags": ("rounded_count", "vanished", "likes_exceed_views"),
}
"""Columns whose values mean something to a view."""


SCORES = frozenset((*scores(), "desirability_shift"))
"""Whole numbers from 0 to 100 in a rating, and means of them in a fact."""


def tables(videos: int, seed: int) -> Tables:
    """All tables; about `videos` rows each, two to three times as many readings and ratings."""
    chance = random.Random(seed)
    ids = [str(7_300_000_000_000_000_000 + number) for number in range(videos - 1)]
    pools = {"video_id": [*ids, "u0123456789abcdef"], "user_key": _creators(videos)}
    return {name: _rows(name, pools, chance, videos) for name in definitions()}


def _creators(videos: int) -> list[str]:
    return ["unknown", *(f"creator {number} ü" for number in range(max(2, videos // 6)))]


def _rows(
    table: str, pools: Mapping[str, list[str]], chance: random.Random, videos: int
) -> list[Row]:
    key = definitions()[table]["key"]
    attempts = videos * (3 if len(key) > 1 else 1)
    rows: dict[tuple[Any, ...], Row] = {}
    for number in range(attempts):
        row = _row(table, pools, chance)
        if key == ["video_id"]:
            row |= _video_key(pools["video_id"][number])
        if "replicate" in row and rows and chance.random() < 0.4:  # another answer of one rater
            row |= _configuration(chance.choice([*rows.values()]))
        if "second" in row and rows and chance.random() < 0.7:  # another point of one curve
            row |= _reading(chance.choice([*rows.values()]))
        rows.setdefault(tuple(row[name] for name in key), row)
    return list(rows.values())


def _configuration(row: Row) -> Row:
    return {
        name: row[name] for name in ("video_id", "id_day", "generation", "rater", "config_hash")
    }


def _reading(row: Row) -> Row:
    return {name: row[name] for name in ("video_id", "id_day", "collected_at")}


def _row(table: str, pools: Mapping[str, list[str]], chance: random.Random) -> Row:
    row = {column["name"]: _cell(column, pools, chance) for column in schema(table)}
    if any((row.get(name) or 0) < 0 for name in COUNTS) and "flags" in row:
        row["flags"] = ["negative_count", *row["flags"]]
    if "id_day" in row:
        row |= _video_key(row["video_id"])
    if "user_bucket" in row:
        row["user_bucket"] = user_bucket(row["user_key"])
    if "field_times" in row:
        row["field_times"] = _field_times(row, definitions()[table]["key"], chance)
    if row.get("status", "rated") != "rated":
        row |= dict.fromkeys(_values_of_a_rating(row))
    return row


def _video_key(video_id: str) -> Row:
    return {"video_id": video_id, "id_day": id_day(video_id)}


def _field_times(row: Row, key: list[str], chance: random.Random) -> str:
    """When each known value was observed, in microseconds since 1970; ties are frequent."""
    without = {*key, "id_day", "user_bucket", "observed_at", "field_times"}
    known = [name for name, value in sorted(row.items()) if name not in without and value]
    return canonical_json({name: f"{chance.choice((0, 1, 10**15)):016d}" for name in known})


def _values_of_a_rating(row: Row) -> list[str]:
    return [name for name, value in row.items() if isinstance(value, float) or name in SCORES]


def _cell(column: Row, pools: Mapping[str, list[str]], chance: random.Random) -> Any:
    name, kind = column["name"], column["type"]
    if column["mode"] == "REPEATED":
        # bqemulator loses the backslash of "\\n" and "\\t" where JSON_VALUE_ARRAY reads one.
        words = [text for text in WORDS.get(name, TEXTS) if text.isprintable() or "\u200d" in text]
        return chance.sample(words, chance.choice((0, 0, 1, 2)))
    if column["mode"] != "REQUIRED" and chance.random() < 0.12:
        return None
    if name in pools:
        return chance.choice(pools[name])
    if name == "detail":
        return _detail(chance)
    if name in WORDS:
        return chance.choice(WORDS[name])
    if name in SCORES:
        return chance.choice((0, 1, 50, 50, 99, 100))
    return _OF_TYPE[kind](chance)


def _count(chance: random.Random) -> int:
    usual = chance.randrange(1, 5000)
    return chance.choice((0, 1, usual, usual, usual, usual, 7, 7, 2**53 + 1, -1))


def _detail(chance: random.Random) -> str:
    """Canonical JSON, with curves or without; equal ones are rare, and still occur."""
    curves = chance.choice(({}, {"curves": {"cuts": [0, 0.5]}}, {"curves": {}}))
    return canonical_json({"text": chance.choice(TEXTS), "n": chance.randrange(50), **curves})


def _moment(chance: random.Random) -> datetime:
    """Mostly whole days before the newest, so that ages and months have ties and edges."""
    shift = timedelta(microseconds=chance.choice((0, 0, 0, 1, 999_999)))
    return NEWEST - timedelta(days=chance.randrange(0, 45)) + shift


_OF_TYPE: Mapping[str, Callable[[random.Random], Any]] = {
    "STRING": lambda chance: chance.choice(TEXTS) + chance.choice(("", "", f" {chance.random()}")),
    "INT64": _count,
    "FLOAT64": lambda chance: chance.choice((*FLOATS, chance.uniform(0, 100))),
    "BOOL": lambda chance: chance.random() < 0.5,
    "TIMESTAMP": _moment,
    "DATE": lambda chance: date(2026, 2, chance.randrange(1, 4)),
}
