"""One run of `tta demo`."""

from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any

from cli.console import Screen
from cli.errors import UserError
from cli.scheduler import fetch_watched, on_its_way
from cli.verbs.demo.history import add_history
from cli.verbs.demo.planted import PlantedComparison, compare_planted
from cli.verbs.report.run import call_report
from cli.warehouse import Warehouse, changes
from local.cloud import with_variables
from local.endpoints import Endpoints
from local.provision import COLLECTION
from local.traffic import Traffic, read_traffic, wait_until_over

IN_LARGE_BATCHES = {"LINGER_MS": "1000"}
"""`load` waits a second for more records before it merges a batch: a merge takes longer than that
for single records, and nobody waits for one of them here."""

RATINGS = """
SELECT rater, status, reason, COUNT(*) AS n, COUNT(DISTINCT video_id) AS videos
FROM fact_rating
GROUP BY rater, status, reason
ORDER BY rater, status, reason
"""

# Only listed videos: metadata that a person ingested without a file gets no rating.
UNRATED = """
SELECT COUNT(*) AS n FROM fact_video_analytics JOIN dim_video USING (video_id)
WHERE collection = 'sandbox' AND rating_status IS NULL
"""

# One row of each clip that is shown: the same clip again says nothing new.
MOST_SURPRISING = """
SELECT
  fact.video_id,
  fact.unexpectedness AS surprise,
  fact.views,
  fact.violation AS what_happens
FROM fact_video_analytics AS fact
WHERE fact.rating_status = 'rated' AND fact.synthetic
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY IFNULL(fact.violation, fact.video_id)
  ORDER BY fact.unexpectedness DESC, fact.video_id
) = 1
ORDER BY fact.unexpectedness DESC, fact.video_id
LIMIT 10
"""

COUNTS = """
SELECT
  COUNT(DISTINCT user_key) AS creators,
  COUNT(DISTINCT lang_key) AS languages
FROM fact_video_analytics
WHERE synthetic
"""


@dataclass(frozen=True, slots=True)
class DemoOutcome:
    """What one run did to the lake and the star schema."""

    fetched: dict[str, Any]
    history: dict[str, int]
    counts: dict[str, int]
    ratings: list[dict[str, Any]]
    tables: dict[str, dict[str, int]]
    most_surprising: list[dict[str, Any]]
    unrated: int
    dead_lettered: int
    report: dict[str, Any]
    planted: PlantedComparison | None = None

    @property
    def rows_changed(self) -> int:
        return sum(table["changed"] for table in self.tables.values())

    def document(self) -> dict[str, Any]:
        document = {"synthetic": True} | asdict(self) | {"rows_changed": self.rows_changed}
        if self.planted is not None:
            document["planted"]["holds_planted"] = self.planted.holds_planted
        return document

    def refuse_failure(self) -> None:
        """Raises UserError, naming everything that went wrong."""
        problems = {
            f"{self.fetched['failed']} files could not be fetched": self.fetched["failed"],
            "fetch stopped before the end": self.fetched["left"],
            f"{self.unrated} videos have no rating": self.unrated,
            f"{self.dead_lettered} messages were given up": self.dead_lettered,
            "the star schema is empty": not self.tables["fact_video_analytics"]["rows"],
        }
        if present := [problem for problem, is_there in problems.items() if is_there]:
            raise UserError(f"The pipeline did not run cleanly: {'; '.join(present)}.")


def in_large_batches() -> AbstractContextManager[None]:
    """Let functions that start in this block load in large batches (see IN_LARGE_BATCHES)."""
    return with_variables(IN_LARGE_BATCHES)


Contents = dict[str, Counter[bytes]]


def _contents(warehouse: Warehouse) -> Contents | None:
    """The rows of all tables; None where there is none. Reading all rows takes a while."""
    return warehouse.contents() if any(warehouse.counts().values()) else None


def _changes(warehouse: Warehouse, before: Contents | None) -> dict[str, dict[str, int]]:
    if before is None:
        counts = warehouse.counts().items()
        return {table: {"rows": rows, "changed": rows} for table, rows in counts}
    return changes(before, warehouse.contents())


def demonstrate(endpoints: Endpoints, screen: Screen) -> DemoOutcome:
    """Fetch the sandbox, add its past, wait until all is loaded, and write the report."""
    warehouse = Warehouse(endpoints)
    before, given_up = _contents(warehouse), read_traffic(endpoints).dead

    def look(now: Traffic) -> None:
        screen.now(on_its_way(now))

    with screen.working("Fetching the sandbox collection …"):
        fetched = fetch_watched(endpoints, {"collection": COLLECTION}, look)
        history = add_history(endpoints, screen)
        traffic = wait_until_over(endpoints, look)
    tables = _changes(warehouse, before)
    report = call_report(endpoints, screen)
    return DemoOutcome(
        fetched=fetched,
        history=history,
        counts=warehouse.rows(COUNTS)[0],
        ratings=warehouse.rows(RATINGS),
        tables=tables,
        most_surprising=warehouse.rows(MOST_SURPRISING),
        unrated=warehouse.rows(UNRATED)[0]["n"],
        dead_lettered=traffic.dead - given_up,
        report=report,
        planted=compare_planted(endpoints, warehouse, report),
    )
