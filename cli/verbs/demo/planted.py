"""What the library planted, beside what the report found in it."""

from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Any

from cli.console import Screen
from cli.warehouse import Warehouse
from local.endpoints import Endpoints
from local.home import Home
from local.sandbox.library import Library, LibraryMissing

POINTS = 10

HEADLINE = """
SELECT estimate, ci_low, ci_high, n, clusters
FROM insight_effect
WHERE
  report_date = CAST(@report_date AS DATE)
  AND plan_hash = @plan_hash
  AND is_primary
  AND method = 'ppml'
  AND predictor = 'unexpectedness'
  AND outcome = 'views'
  AND scale = 'count'
"""

# Their counts do not follow from the truth of this library.
OTHER_VIDEOS = """
SELECT COUNT(*) AS n
FROM fact_video_analytics
WHERE
  synthetic AND rating_status = 'rated' AND views IS NOT NULL
  AND video_id NOT IN UNNEST(@library)
"""


@dataclass(frozen=True, slots=True)
class PlantedComparison:
    """The ratio of expected views per 10 points of unexpectedness: as planted, and as estimated.

    `ratio` is None where the report has no answer to compare, and `problem` says why. An end of the
    95 % interval is None where there is none.
    """

    planted_ratio: float
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    videos: int | None = None
    creators: int | None = None
    problem: str | None = None

    @property
    def holds_planted(self) -> bool | None:
        """Whether the interval holds the planted ratio; None without an answer."""
        return None if self.ratio is None else self._holds(self.planted_ratio)

    @property
    def sentence(self) -> str:
        if self.ratio is None:
            return f"The two are not compared: {self.problem}."
        if not self._holds(self.planted_ratio):
            return (
                "The 95 % interval does not hold the planted ratio, "
                "which happens in about 5 of 100 libraries."
            )
        if self._holds(1.0):
            return "The 95 % interval holds the planted ratio, but also ×1, which is no effect."
        return "The 95 % interval holds the planted ratio."

    def _holds(self, ratio: float) -> bool:
        low, high = self.ratio_low, self.ratio_high
        return (low is None or low <= ratio) and (high is None or ratio <= high)


def compare_planted(
    endpoints: Endpoints, warehouse: Warehouse, report: dict[str, Any]
) -> PlantedComparison | None:
    """Compare the headline of `report` with the truth of the library; None without a library."""
    try:
        library = Library.load(Home.at(Path(endpoints.home)).library)
    except LibraryMissing:
        return None
    planted = float(library.truth()["effects"]["views_ratio_per_10_points"])
    if others := warehouse.rows(OTHER_VIDEOS, library=list(library.post_by_id))[0]["n"]:
        problem = f"{others} rated videos with counts are not from this library"
        return PlantedComparison(planted, problem=problem)
    keys = {"report_date": report["date"], "plan_hash": report["plan_hash"]}
    return comparison_of(planted, warehouse.rows(HEADLINE, **keys))


def comparison_of(planted: float, headlines: list[dict[str, Any]]) -> PlantedComparison:
    """From log ratios per point to ratios per 10 points."""
    row = headlines[0] if headlines else None
    if row is None or row["estimate"] is None:
        return PlantedComparison(
            planted, problem="the report has no estimate of views by unexpectedness"
        )
    return PlantedComparison(
        planted,
        exp(POINTS * row["estimate"]),
        None if row["ci_low"] is None else exp(POINTS * row["ci_low"]),
        None if row["ci_high"] is None else exp(POINTS * row["ci_high"]),
        videos=row["n"],
        creators=row["clusters"],
    )


def show_planted(comparison: PlantedComparison, label: str, screen: Screen) -> None:
    """Print both ratios, and whether the interval holds the planted one."""
    screen.show(f"Views by unexpectedness ({label})")
    planted = f"×{comparison.planted_ratio:.2f} per {POINTS} points"
    screen.show(f"  planted: {planted}; found: {_in_words(comparison)}")
    screen.show(f"  {comparison.sentence}")


def _in_words(comparison: PlantedComparison) -> str:
    if comparison.ratio is None:
        return "no ratio"
    low = "0" if comparison.ratio_low is None else f"{comparison.ratio_low:.2f}"
    high = "∞" if comparison.ratio_high is None else f"{comparison.ratio_high:.2f}"
    return f"×{comparison.ratio:.2f} ({low} to {high})"
