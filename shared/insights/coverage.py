"""How often the intervals hold the truth where it is known: figures measured by a study.

`coverage.json` is written by `make study`, which runs the methods on simulated samples of videos
(benchmarks/study). The result says so when a 95 % interval held the truth in only 92 % of them.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.insights.statistics.effect import Effect
from shared.insights.statistics.estimate import wilson

FILE = Path(__file__).parent / "coverage.json"
CONFIDENCE = 0.99
PROMISED = 0.95
TRUSTED_FROM = 40
"""From this number of creators on, the default methods must reach the promised coverage."""

HEADLINE_METHODS = {
    "spearman": "Spearman's ρ",
    "spearman, rate": "Spearman's ρ of a rate",
    "gee_nb": "a rate ratio",
    "gee_nb, rate": "a rate ratio with an exposure",
}
"""The methods whose coverage the warnings report; the JSON has the coverage of all methods."""

RARE = "gee_nb, of a rare yes or no"


@dataclass(frozen=True, slots=True)
class CoverageCell:
    """Coverage of one method in `runs` samples of `clusters` creators.

    `planted` says whether the samples had an association. `covered` counts the intervals that held
    the truth and `significant` those that left out 0. `none` counts the samples without an
    interval. `first` is `covered` in the first 100 runs.
    """

    method: str
    clusters: int
    planted: bool
    runs: int
    none: int
    covered: int
    significant: int
    first: int

    @property
    def share(self) -> float:
        return self.covered / (self.runs - self.none)

    def wilson(self, of: int | None = None) -> tuple[float, float]:
        """Wilson's 99 % interval of `share`, or of the share of `of` intervals."""
        count = self.covered if of is None else of
        interval = wilson(count, self.runs - self.none, CONFIDENCE)
        assert interval.ci_low is not None and interval.ci_high is not None
        return interval.ci_low, interval.ci_high

    def document(self) -> dict[str, Any]:
        """The figures as the JSON has them."""
        low, high = self.wilson()
        figures = {name: value for name, value in asdict(self).items() if name != "first"}
        return figures | {"coverage": self.share, "coverage_low": low, "coverage_high": high}


@cache
def coverage_cells() -> tuple[CoverageCell, ...]:
    """Every cell of the study."""
    return tuple(CoverageCell(**cell) for cell in json.loads(FILE.read_text("utf-8"))["cells"])


def nearest_cells(clusters: int, methods: Iterable[str]) -> tuple[CoverageCell, ...]:
    """The methods' cells at the next smaller and next larger number of creators."""
    return tuple(
        cell for method in dict.fromkeys(methods) for cell in _nearest_cells_of(clusters, method)
    )


def _nearest_cells_of(clusters: int, method: str) -> list[CoverageCell]:
    cells = [cell for cell in coverage_cells() if cell.method == method]
    sizes = _sizes(cells)
    below = [size for size in sizes if size <= clusters][-1:]
    above = [size for size in sizes if size > clusters][:1]
    nearest = below if below == [clusters] else below + above
    return [cell for cell in cells if cell.clusters in nearest]


def method_of(effect: Effect) -> str:
    """The name of an effect's method in the study."""
    if effect.interval == "bootstrap":
        return f"{effect.method}, bootstrap of creators"
    of_rate = f"{effect.method}, {effect.scale}"
    return of_rate if of_rate in HEADLINE_METHODS else effect.method


def document(clusters: int, effects: Iterable[Effect]) -> list[dict[str, Any]]:
    """The measured coverage of the effects' methods at about this number of creators."""
    return [cell.document() for cell in nearest_cells(clusters, map(method_of, effects))]


def few_creators_warning(effects: Sequence[Effect]) -> str | None:
    """A warning about effects that rest on few creators; None when there are none."""
    few = [effect for effect in effects if effect.clusters < TRUSTED_FROM]
    if not few:
        return None
    clusters = min(effect.clusters for effect in few)
    creators = "1 creator" if clusters == 1 else f"{clusters} creators"
    be = "is" if clusters == 1 else "are"
    lead = (
        f"There {be} only {creators}"
        if len(few) == len(effects)
        else f"Some estimates rest on only {creators}"
    )
    lead += f"; intervals are held to their 95 % from {TRUSTED_FROM} on."
    methods = set(map(method_of, few)) & {cell.method for cell in coverage_cells()}
    cells = nearest_cells(clusters, (method for method in HEADLINE_METHODS if method in methods))
    if not cells:
        return lead
    sizes = " and ".join(map(str, _sizes(cells)))
    shares = "; ".join(
        _shares_of(cells, method) for method in HEADLINE_METHODS if method in methods
    )
    return (
        f"{lead} In simulated samples of {sizes} creators they held the known truth this often: "
        f"{shares}."
    )


def rare_predictor_warning(name: str, clusters: int) -> str:
    """A warning about the rate ratio of a yes or no that few videos have."""
    cells = nearest_cells(clusters, [RARE])
    sizes = " and ".join(map(str, _sizes(cells)))
    lowest = 100 * min(cell.share for cell in cells)
    return (
        f"{name} is a yes or no that few videos have, so the intervals of its rate ratios are too "
        f"short: in simulated samples of {sizes} creators they held the known truth in "
        f"{lowest:.1f} %."
    )


def _shares_of(cells: Sequence[CoverageCell], method: str) -> str:
    """The coverage by number of creators: the lower one of with and without an association."""
    worst = [
        min(
            (cell for cell in cells if (cell.method, cell.clusters) == (method, size)),
            key=lambda cell: cell.share,
        )
        for size in _sizes(cells)
    ]
    shares = " and ".join(f"{100 * cell.share:.1f} %" for cell in worst)
    runs = min(cell.runs - cell.none for cell in worst)
    return f"{HEADLINE_METHODS[method]} in {shares} of {runs:,}"


def _sizes(cells: Iterable[CoverageCell]) -> list[int]:
    return sorted({cell.clusters for cell in cells})
