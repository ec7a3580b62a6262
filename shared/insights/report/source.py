"""The rows of the star schema that a report reads, without the values of made-up ratings."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from shared.derived_scores import DERIVED_SCORES
from shared.insights.agreement.star_schema import ratings_statement
from shared.rubric_values import Values
from shared.warehouse.client import bigquery
from shared.warehouse.gateway import Deadline
from shared.warehouse.partitions import id_day
from shared.warehouse.statements import fetch_rows

SQL = Path(__file__).parent / "sql"
MADE_UP = "-stand-in"
"""The end of `model_version` when a stand-in for tests answered."""

IDS_AT_ONCE = 100_000
"""Video ids in one request: some 40 bytes each, in a request of at most 8 MB."""

NOT_A_RATING = "made_up"
"""Status of a made-up rating in a report: it is counted, and its numbers are not used."""

_RATING_COLUMNS = (
    frozenset(Values.model_fields)
    | frozenset(DERIVED_SCORES)
    | {
        *("rater", "rubric_version", "generation", "config_hash", "shown_replicate", "rated_at"),
        *("evidence", "rating_flags", "replicates"),
        *("unexpectedness_sd", "expectation_gap_sd", "emotional_intensity_sd"),
    }
)

Row = dict[str, Any]


class ReportSource(Protocol):
    """The rows that a report needs."""

    def videos(self) -> list[Row]: ...

    def curves(self, video_ids: Sequence[str]) -> Mapping[str, str]: ...

    def retention(self) -> list[Row]: ...

    def ratings(self) -> list[Row]: ...

    def ages(self) -> list[Row]: ...


class StarSchema:
    """The tables of one dataset. Raises as `shared.warehouse.statements` does."""

    def __init__(self, client: bigquery.Client, dataset: str, deadline: Deadline | None = None):
        self._client = client
        self._dataset = f"{client.project}.{dataset}"
        self._deadline = deadline

    def videos(self) -> list[Row]:
        """Every video in the order of its id, without the values of made-up ratings."""
        return [without_made_up(row) for row in self._rows("videos")]

    def curves(self, video_ids: Sequence[str]) -> Mapping[str, str]:
        """The curves of each video that has some, as JSON."""
        curves: dict[str, str] = {}
        for start in range(0, len(video_ids), IDS_AT_ONCE):
            ids = list(video_ids[start : start + IDS_AT_ONCE])
            days = sorted({id_day(video_id) for video_id in ids})
            parameters = [
                bigquery.ArrayQueryParameter("video_ids", "STRING", ids),
                bigquery.ArrayQueryParameter("id_days", "DATE", days),
            ]
            rows = self._rows("curves", *parameters)
            curves |= {row["video_id"]: row["curves"] for row in rows}
        return curves

    def retention(self) -> list[Row]:
        """The newest retention curve of each video, up to a bound: see retention.sql."""
        return self._rows("retention")

    def ratings(self) -> list[Row]:
        """Every rating that is not made up: rows of `star_schema.ratings_statement`."""
        rows = self._ask(ratings_statement(), "fact_rating")
        return [row for row in rows if not is_made_up(row)]

    def ages(self) -> list[Row]:
        """KPIs at equal age, of videos that were counted before and after that age."""
        return self._rows("ages")

    def _rows(self, name: str, *parameters: object) -> list[Row]:
        return self._ask(statement(name), name, parameters)

    def _ask(self, sql: str, what: str, parameters: Sequence[object] = ()) -> list[Row]:
        return fetch_rows(self._client, self._dataset, sql, what, parameters, self._deadline)


@lru_cache
def statement(name: str) -> str:
    return (SQL / f"{name}.sql").read_text()


def is_made_up(row: Row) -> bool:
    """Whether a stand-in for tests answered, by the model version in the answer."""
    return (row.get("model_version") or "").endswith(MADE_UP)


def without_made_up(row: Row) -> Row:
    """The row; where the rating is made up, its values are None and its status says so."""
    if not is_made_up(row):
        return row
    cleared = {name: None if name in _RATING_COLUMNS else value for name, value in row.items()}
    return cleared | {"rating_status": NOT_A_RATING, "rating_reason": row["model_version"]}
