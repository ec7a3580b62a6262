"""Ratings out of the star schema, as rows of rater, dimension and value."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.insights.agreement.long_table import ratings_from_records
from shared.insights.agreement.ratings import Ratings
from shared.rating.rubric import dimensions
from shared.warehouse.tables import schema

MEASURED = ("surprise_nats", "motion")
DERIVED = ("surprisal_bits", "desirability_shift")
ASKED = ("video_id", "generation", "rater", "config_hash", "replicate", "model_version", "rated_at")
# The newest file of a video is what its posts show; ratings of older ones are of another video.
_QUESTION = """
SELECT {columns}, video.synthetic
FROM fact_rating AS rating
LEFT JOIN dim_video AS video ON video.video_id = rating.video_id
WHERE rating.status = 'rated'
QUALIFY CAST(rating.generation AS INT64) = MAX(CAST(rating.generation AS INT64)) OVER (
  PARTITION BY rating.video_id
)
ORDER BY rating.video_id, rating.rater, rating.config_hash, rating.replicate
"""


def ratings_statement() -> str:
    """The statement whose rows `ratings_in` takes: every rating of fact_rating."""
    columns = ", ".join(f"rating.{name}" for name in (*ASKED, *numeric_columns()))
    return _QUESTION.format(columns=columns)


def numeric_columns() -> list[str]:
    """Columns of fact_rating that hold what can be compared: no text, no language."""
    there = {column["name"] for column in schema("fact_rating")}
    rated = [one.name for one in dimensions() if one.type in ("score", "probability", "seconds")]
    return [name for name in (*rated, *DERIVED, *MEASURED) if name in there]


def ratings_from_rows(
    rows: Iterable[Mapping[str, Any]], machines: frozenset[str] = frozenset()
) -> Ratings:
    """Rows of fact_rating as ratings; a rater of several configurations is as many raters."""
    there = list(rows)
    synthetic = {row["video_id"] for row in there if row.get("synthetic")}
    made = ratings_from_records(list(_cells(there)), "fact_rating", machines)
    return made.of_synthetic(synthetic)


def _cells(rows: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    configurations: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        configurations[row["rater"]].add(row["config_hash"])
    for row in rows:
        several = len(configurations[row["rater"]]) > 1
        rater = f"{row['rater']}@{row['config_hash']}" if several else row["rater"]
        for dimension in numeric_columns():
            if row[dimension] is not None:
                yield {
                    "video_id": row["video_id"],
                    "rater": rater,
                    "dimension": dimension,
                    "value": row[dimension],
                    "replicate": row["replicate"],
                    "model_version": row["model_version"],
                }
