"""One run of `tta demo`, and what it prints."""

import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cli.console import Screen
from cli.errors import UserError
from cli.options import location_option
from cli.scheduler import fetch_and_settle, in_words, on_its_way
from cli.verbs.demo.planted import PlantedComparison, compare_planted, show_planted
from cli.verbs.report.run import call_report
from cli.verbs.report.run import show as show_report
from cli.warehouse import Warehouse, changes
from local.endpoints import Endpoints
from local.provision import COLLECTION
from local.traffic import read_traffic

LABEL = "synthetic sandbox data"

RATINGS = """
SELECT status, reason, COUNT(*) AS n
FROM fact_rating
GROUP BY status, reason
ORDER BY n DESC, status, reason
"""

# Only listed videos: metadata that a person ingested without a file gets no rating.
UNRATED = """
SELECT COUNT(*) AS n FROM fact_video_analytics JOIN dim_video USING (video_id)
WHERE collection = 'sandbox' AND rating_status IS NULL
"""

EXAMPLE_QUERY = "SELECT lang_key, COUNT(*) AS videos FROM fact_video_analytics GROUP BY 1"

MOST_SURPRISING = """
SELECT
  fact.video_id,
  creator.username AS creator,
  fact.lang_key AS lang,
  fact.unexpectedness AS surprise,
  fact.surprise_onset_s AS at_s,
  fact.emotional_intensity AS arousal,
  fact.views,
  fact.likes,
  fact.shares
FROM fact_video_analytics AS fact
JOIN dim_user AS creator ON creator.user_key = fact.user_key
WHERE fact.rating_status = 'rated' AND fact.synthetic
ORDER BY fact.unexpectedness DESC, fact.views DESC, fact.video_id
LIMIT 10
"""


@dataclass(frozen=True, slots=True)
class DemoOutcome:
    """What one run did to the lake and the star schema."""

    fetched: dict[str, Any]
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


def demonstrate(endpoints: Endpoints, screen: Screen) -> DemoOutcome:
    """Fetch the sandbox, wait until it is loaded, and compare the tables before and after."""
    warehouse = Warehouse(endpoints)
    before, given_up = warehouse.contents(), read_traffic(endpoints).dead
    with screen.working("Fetching the sandbox collection …"):
        fetched, traffic = fetch_and_settle(
            endpoints, {"collection": COLLECTION}, lambda now: screen.now(on_its_way(now))
        )
    tables = changes(before, warehouse.contents())
    report = call_report(endpoints, screen)
    planted = compare_planted(endpoints, warehouse, report)
    return _outcome(warehouse, fetched, tables, traffic.dead - given_up, report, planted)


def _outcome(
    warehouse: Warehouse,
    fetched: dict[str, Any],
    tables: dict[str, dict[str, int]],
    dead_lettered: int,
    report: dict[str, Any],
    planted: PlantedComparison | None,
) -> DemoOutcome:
    return DemoOutcome(
        fetched=fetched,
        ratings=warehouse.rows(RATINGS),
        tables=tables,
        most_surprising=warehouse.rows(MOST_SURPRISING),
        unrated=warehouse.rows(UNRATED)[0]["n"],
        dead_lettered=dead_lettered,
        report=report,
        planted=planted,
    )


def show(outcome: DemoOutcome, screen: Screen, home: Path | None = None) -> None:
    """Print the stages, the most surprising videos, what to type next, and the answer.

    `home` is the one that was given to the demo, if one was.
    """
    screen.show(f"fetch ({LABEL})")
    for line in in_words(outcome.fetched):
        screen.show(f"  {line}")
    screen.show("analyze")
    for row in outcome.ratings:
        if row["status"] != "no_media":
            screen.show(f"  {row['status']:<8} {row['n']} videos{_because(row)}")
    screen.show("load")
    for table, count in outcome.tables.items():
        screen.show(f"  {table:<21} {count['rows']:>5} rows, {count['changed']} new or changed")
    if not outcome.rows_changed:
        screen.show("  Nothing changed: everything was there before.")
    _show_most_surprising(outcome.most_surprising, screen)
    _show_next(screen, home)
    screen.show()
    show_report(outcome.report, screen)
    if outcome.planted is not None:
        show_planted(outcome.planted, LABEL, screen)


def _show_next(screen: Screen, home: Path | None) -> None:
    screen.show("Next:")
    if shutil.which("tta") is None:
        activate = Path(sys.executable).parent / "activate"
        screen.show(f"  source {os.path.relpath(activate)}   # puts tta on the path")
    at_demo = _at_demo(home)
    for command, purpose in (
        (f'tta query{at_demo} "{EXAMPLE_QUERY}"', "ask the star schema of the demo"),
        (f"tta report{at_demo}", "write its report again"),
        (f"tta up{at_demo}", "keep all of it running, for your own clients"),
        (
            "tta ingest my-video.mp4 --wait && tta report",
            "rate and report videos of your own; the demo stays apart",
        ),
    ):
        screen.show(f"  {command}   # {purpose}")


def _at_demo(home: Path | None) -> str:
    """The option with which another verb finds the data of this demo."""
    return location_option(home) or " --demo"


def _because(row: dict[str, Any]) -> str:
    return f" ({row['reason']})" if row["reason"] else ""


def _show_most_surprising(rows: list[dict[str, Any]], screen: Screen) -> None:
    if rows:
        title = f"Most surprising videos ({LABEL}: nothing here says anything about TikTok)"
        screen.table(list(rows[0]), (list(row.values()) for row in rows), title)
