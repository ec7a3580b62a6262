"""Ratings from the star schema: the statement that reads them, and its rows as Ratings."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.losses import Losses
from shared.insights.agreement.events import DURATION
from shared.insights.agreement.long_table import RatingsBuilder, ratings_from_records
from shared.insights.agreement.ratings import STAND_IN, Ratings
from shared.rating.rubric import dimensions
from shared.warehouse.tables import schema

TABLE = "fact_rating"
MEASURED = ("surprise_nats", "motion", "arousal_proxy")
DERIVED = ("surprisal_bits", "desirability_shift")
KEY_COLUMNS = (
    "video_id",
    "generation",
    "rater",
    "config_hash",
    "replicate",
    "model_version",
    "rated_at",
)
# A new file under the same id is another video, so only ratings of the newest generation count.
_STATEMENT = """
SELECT {columns}, video.synthetic, COALESCE(rating.duration_s, video.duration_s) AS duration_s
FROM fact_rating AS rating
LEFT JOIN dim_video AS video ON video.video_id = rating.video_id
WHERE rating.status = 'rated'
QUALIFY CAST(rating.generation AS INT64) = MAX(CAST(rating.generation AS INT64)) OVER (
  PARTITION BY rating.video_id
)
ORDER BY rating.video_id, rating.rater, rating.config_hash, rating.replicate
"""


def ratings_statement() -> str:
    """The statement that reads every rating of fact_rating, for `ratings_from_rows`."""
    columns = ", ".join(f"rating.{name}" for name in (*KEY_COLUMNS, *numeric_columns()))
    return _STATEMENT.format(columns=columns)


def numeric_columns() -> list[str]:
    """The columns of fact_rating with numbers that raters can agree on."""
    columns = {column["name"] for column in schema("fact_rating")}
    numeric = ("score", "probability", "seconds")
    rated = [dimension.name for dimension in dimensions() if dimension.type in numeric]
    return [name for name in (*rated, *DERIVED, *MEASURED) if name in columns]


def ratings_from_rows(
    rows: Iterable[Mapping[str, Any]], machines: frozenset[str] = frozenset()
) -> Ratings:
    """Rows of fact_rating as ratings; each configuration of a rater counts as a rater."""
    rows = list(rows)
    synthetic = {row["video_id"] for row in rows if row.get("synthetic")}
    dimensions = (*numeric_columns(), DURATION)
    if rows and all(_is_plain(row, dimensions) for row in rows):
        ratings = _of_plain_rows(rows, dimensions, machines)
    else:
        ratings = ratings_from_records(_cells(rows, dimensions), TABLE, machines)
    return ratings.with_synthetic(synthetic)


def _is_plain(row: Mapping[str, Any], dimensions: Sequence[str]) -> bool:
    """Whether each cell has the type of its column, so that nothing has to be read from text."""
    names = (row["video_id"], row["rater"])
    return (
        all(type(name) is str and name.strip() == name != "" for name in names)
        and type(row["replicate"]) is int
        and row["replicate"] >= 0
        and all(
            value is None or type(value) is int or (type(value) is float and isfinite(value))
            for value in map(row.get, dimensions)
        )
    )


def _of_plain_rows(
    rows: Sequence[Mapping[str, Any]], dimensions: Sequence[str], machines: frozenset[str]
) -> Ratings:
    """The ratings as `ratings_from_records` gives them, without a record for each of millions."""
    builder, floats, cells = RatingsBuilder(machines=machines), dict[Any, float](), 0
    text = hashlib.sha256()
    for row, rater in zip(rows, _raters(rows), strict=True):
        video, replicate, version = row["video_id"], row["replicate"], row["model_version"]
        values = [row.get(dimension) for dimension in dimensions]
        text.update(json.dumps([video, rater, replicate, version, values], default=str).encode())
        before = cells
        for dimension, value in zip(dimensions, values, strict=True):
            if value is not None:
                # Scores from 0 to 100 are a hundred objects and not millions.
                number = floats.setdefault(value, float(value))
                builder.add(video, rater, dimension, number, replicate)
                cells += 1
        if cells > before and (STAND_IN in rater or (version and STAND_IN in str(version))):
            builder.stand_ins.add(rater)
    if not cells:
        raise BadTable(f"{TABLE}: no row has a value.")
    losses = Losses(rows=cells)
    losses.count_filled("value", cells)
    builder.sources.append(f"{TABLE} sha256:{text.hexdigest()}")
    builder.losses.append((TABLE, losses))
    return builder.ratings()


def _raters(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The name of each row's rater, with its configuration where it has several."""
    configurations: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        configurations[row["rater"]].add(row["config_hash"])
    for row in rows:
        several = len(configurations[row["rater"]]) > 1
        yield f"{row['rater']}@{row['config_hash']}" if several else row["rater"]


def _cells(
    rows: Sequence[Mapping[str, Any]], dimensions: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for row, rater in zip(rows, _raters(rows), strict=True):
        for dimension in dimensions:
            if row.get(dimension) is not None:
                yield {
                    "video_id": row["video_id"],
                    "rater": rater,
                    "dimension": dimension,
                    "value": row[dimension],
                    "replicate": row["replicate"],
                    "model_version": row["model_version"],
                }
