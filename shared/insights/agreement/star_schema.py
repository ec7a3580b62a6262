"""Ratings from the star schema: the statement that reads them, and its rows as Ratings."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.insights.agreement.events import DURATION
from shared.insights.agreement.long_table import ratings_from_records
from shared.insights.agreement.ratings import Ratings
from shared.rating.rubric import dimensions
from shared.warehouse.tables import schema

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
    ratings = ratings_from_records(_cells(rows), "fact_rating", machines)
    return ratings.with_synthetic(synthetic)


def _cells(rows: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    configurations: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        configurations[row["rater"]].add(row["config_hash"])
    for row in rows:
        several = len(configurations[row["rater"]]) > 1
        rater = f"{row['rater']}@{row['config_hash']}" if several else row["rater"]
        for dimension in (*numeric_columns(), DURATION):
            if row.get(dimension) is not None:
                yield {
                    "video_id": row["video_id"],
                    "rater": rater,
                    "dimension": dimension,
                    "value": row[dimension],
                    "replicate": row["replicate"],
                    "model_version": row["model_version"],
                }
