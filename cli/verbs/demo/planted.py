"""What the library planted, beside what the report found in it."""

from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Any

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
            return f"Not compared: {self.problem}."
        if not self._holds(self.planted_ratio):
            return "No: the interval does not hold what was planted, as in 1 library of 20."
        if self._holds(1.0):
            return "Perhaps: the interval holds what was planted, and also 1 (no effect)."
        return "Yes: the interval holds what was planted, and not 1 (no effect)."

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
