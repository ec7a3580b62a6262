"""What a report reads of the star schema; ratings that a test made up are not believed."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from google.cloud import bigquery

from shared.derived_scores import DERIVED_SCORES
from shared.insights.agreement.stored import question
from shared.rubric_values import Values
from shared.warehouse.ask import rows_of
from shared.warehouse.gateway import Deadline

SQL = Path(__file__).parent / "sql"
MADE_UP = "-stand-in"
"""How the version of a model ends that stands in for one in tests."""

IDS_AT_ONCE = 100_000
"""Video ids that one request carries; some 40 bytes each of the 8 MB that it may have."""

NOT_A_RATING = "made_up"
"""Status that such a rating has in a report: it is counted, and none of its numbers is used."""

_RATED = (
    frozenset(Values.model_fields)
    | frozenset(DERIVED_SCORES)
    | {
        *("rater", "rubric_version", "generation", "config_hash", "replicate", "rated_at"),
        *("evidence", "rating_flags"),
    }
)

Row = dict[str, Any]


class Source(Protocol):
    """Where the rows come from."""

    def videos(self) -> list[Row]: ...

    def curves(self, video_ids: Sequence[str]) -> Mapping[str, str]: ...

    def ratings(self) -> list[Row]: ...

    def ages(self) -> list[Row]: ...


class StarSchema:
    """The tables of one dataset. Raises as `shared.warehouse.ask` does."""

    def __init__(self, client: bigquery.Client, dataset: str, deadline: Deadline | None = None):
        self._client = client
        self._dataset = f"{client.project}.{dataset}"
        self._deadline = deadline

    def videos(self) -> list[Row]:
        """Every video in the order of its id, without the values of made-up ratings."""
        return [believed(row) for row in self._rows("videos")]

    def curves(self, video_ids: Sequence[str]) -> Mapping[str, str]:
        """The curves of each video that has some, as JSON."""
        curves: dict[str, str] = {}
        for start in range(0, len(video_ids), IDS_AT_ONCE):
            ids = list(video_ids[start : start + IDS_AT_ONCE])
            parameter = bigquery.ArrayQueryParameter("video_ids", "STRING", ids)
            rows = self._rows("curves", parameter)
            curves |= {row["video_id"]: row["curves"] for row in rows}
        return curves

    def ratings(self) -> list[Row]:
        """Every rating of every rater but made-up ones: rows of `agreement.stored.question`."""
        rows = self._ask(question(), "fact_rating")
        return [row for row in rows if not is_made_up(row)]

    def ages(self) -> list[Row]:
        """KPIs at equal age of the videos that were counted before and after it."""
        return self._rows("ages")

    def _rows(self, name: str, *parameters: object) -> list[Row]:
        return self._ask(_statement(name), name, parameters)

    def _ask(self, sql: str, what: str, parameters: Sequence[object] = ()) -> list[Row]:
        return rows_of(self._client, self._dataset, sql, what, parameters, self._deadline)


@lru_cache
def _statement(name: str) -> str:
    return (SQL / f"{name}.sql").read_text()


def is_made_up(row: Row) -> bool:
    """Whether a stand-in answered, by what the answer says of its model."""
    return (row.get("model_version") or "").endswith(MADE_UP)


def believed(row: Row) -> Row:
    """The row; of a made-up rating only that there is one."""
    if not is_made_up(row):
        return row
    kept = {name: None if name in _RATED else value for name, value in row.items()}
    return kept | {"rating_status": NOT_A_RATING, "rating_reason": row["model_version"]}
