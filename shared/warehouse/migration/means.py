"""Facts of an earlier version, which show one answer each, get the means of their answers.

The columns change in place, by SQL. The old name of a column goes first: `load` of the earlier
version writes it in the last statement of each batch, so from here on it acknowledges nothing. The
tables that facts are computed from get the columns that they lack, such as those of a new rubric.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from google.api_core import exceptions

from shared.warehouse.client import bigquery
from shared.warehouse.gateway import BOUNDED, run
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES, Loader
from shared.warehouse.partitions import MOST_PARTITIONS, id_day
from shared.warehouse.tables import adapt_columns, definitions

SCORES = "scores"
"""The label of the fact table that says what its scores are. It is set last."""

IDS_AT_ONCE = 20_000

SUMMARY = "Averaged the answers about {videos:,} videos, which showed the newest answer alone."

# Their number does not grow while this runs, and an interrupted run goes on where it ended.
_PENDING = """
SELECT video_id, rater
FROM fact_video_analytics
WHERE rater IS NOT NULL AND replicates IS NULL
ORDER BY id_day
"""


@dataclass(frozen=True, slots=True)
class FactMeans:
    """The facts of one dataset. Raises what google.api_core raises, and what `Loader` does."""

    client: bigquery.Client
    dataset: str
    on_progress: Callable[[str], None] = lambda sentence: None

    def count(self) -> int:
        """The number of facts, of which `fill` would recompute those with a rating.

        It changes nothing and, without a column, bills nothing.
        """
        if self._is_mean():
            return 0
        sql = f"SELECT COUNT(*) AS n FROM `{self._path}`"  # nosec B608 # ours
        (row,) = run(self.client, f"{self.client.project}.{self.dataset}", sql)
        return int(row["n"])

    def fill(self) -> int:
        """Adapt the columns, and recompute each fact that has a rating. Returns their number.

        A second run changes nothing, and sends no statement. Each fact shows the rater that it
        showed, whatever PRIMARY_RATERS is.
        """
        if self._is_mean():
            return 0
        self.on_progress("Averaging the answers about each video …")
        for name in (FACT_TABLE, *SECTION_TABLES):  # the facts come first: they hold `load`
            # A table that is newer than this dataset is created with its columns afterwards.
            with suppress(exceptions.NotFound):
                adapt_columns(self.client, self._table(name))
        pending = self._pending()
        for rater, video_ids in pending.items():
            loader = Loader(self.client, self.dataset, [rater])
            for piece in _pieces(video_ids):
                loader.recompute(piece)
        self._label()
        return sum(map(len, pending.values()))

    @property
    def _path(self) -> str:
        return self._table(FACT_TABLE)

    def _table(self, name: str) -> str:
        return f"{self.client.project}.{self.dataset}.{name}"

    def _is_mean(self) -> bool:
        """Whether the label says so, or there is no such table."""
        try:
            labels = self.client.get_table(self._path, **BOUNDED).labels
        except exceptions.NotFound:
            return True
        return bool(labels.get(SCORES) == definitions()[FACT_TABLE][SCORES])

    def _pending(self) -> dict[str, list[str]]:
        """Video ids by the rater that their fact shows, in the order of their days."""
        by_rater: dict[str, list[str]] = defaultdict(list)
        for row in run(self.client, f"{self.client.project}.{self.dataset}", _PENDING):
            by_rater[row["rater"]].append(row["video_id"])
        return by_rater

    def _label(self) -> None:
        table = self.client.get_table(self._path, **BOUNDED)
        table.labels = dict(table.labels) | {SCORES: definitions()[FACT_TABLE][SCORES]}
        self.client.update_table(table, ["labels"], **BOUNDED)


def _pieces(video_ids: list[str]) -> Iterator[list[str]]:
    """Ids for one statement: at most IDS_AT_ONCE, of at most MOST_PARTITIONS days."""
    starts, days = [0], set[date]()
    for number, video_id in enumerate(video_ids):
        days.add(id_day(video_id))
        if number - starts[-1] >= IDS_AT_ONCE or len(days) > MOST_PARTITIONS:
            starts.append(number)
            days = {id_day(video_id)}
    for start, end in pairwise([*starts, len(video_ids)]):
        yield video_ids[start:end]
