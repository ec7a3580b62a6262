"""How often the intervals hold the truth where it is known: figures measured by a study.

`coverage.json` is written by `make study`, which runs the methods on simulated samples of videos
(benchmarks/study). An interval of 95 % that held the truth in 92 % of them is said to do so.
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
"""Creators from which the defaults are held to what is promised."""

HEADLINE_METHODS = {
    "spearman": "Spearman's ρ",
    "spearman, rate": "Spearman's ρ of a rate",
    "gee_nb": "a rate ratio",
    "gee_nb, rate": "a rate ratio with an exposure",
}
"""The headline methods, whose figures are told in words; those of all are in the JSON."""

RARE = "gee_nb, of a rare yes or no"


@dataclass(frozen=True, slots=True)
class CoverageCell:
    """What one method did in `runs` samples of `clusters` creators.

    `planted` is whether there was an association. `covered` of the intervals held the truth,
    `significant` ones left out 0, `none` did not exist; `first` are `covered` in the first 100.
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
        """The 99 % interval of `share`, or of the share that so many intervals are."""
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


def near(clusters: int, methods: Iterable[str]) -> tuple[CoverageCell, ...]:
    """The cells of these methods at the numbers of creators next to this one, the smaller first."""
    return tuple(cell for method in dict.fromkeys(methods) for cell in _next_to(clusters, method))


def _next_to(clusters: int, method: str) -> list[CoverageCell]:
    cells = [cell for cell in coverage_cells() if cell.method == method]
    sizes = _sizes(cells)
    below = [size for size in sizes if size <= clusters][-1:]
    above = [size for size in sizes if size > clusters][:1]
    nearest = below if below == [clusters] else below + above
    return [cell for cell in cells if cell.clusters in nearest]


def method_of(effect: Effect) -> str:
    """What the study calls the method of an effect."""
    if effect.interval == "bootstrap":
        return f"{effect.method}, bootstrap of creators"
    of_rate = f"{effect.method}, {effect.scale}"
    return of_rate if of_rate in HEADLINE_METHODS else effect.method


def document(clusters: int, effects: Iterable[Effect]) -> list[dict[str, Any]]:
    """What was measured of these effects' methods at about so many creators."""
    return [cell.document() for cell in near(clusters, map(method_of, effects))]


def shortfall(effects: Sequence[Effect]) -> str | None:
    """What to say of those of the effects that rest on few creators; None where none does."""
    few = [effect for effect in effects if effect.clusters < TRUSTED_FROM]
    if not few:
        return None
    clusters = min(effect.clusters for effect in few)
    lead = (
        f"There are only {clusters} creators"
        if len(few) == len(effects)
        else f"Some estimates rest on only {clusters} creators"
    )
    lead += f"; intervals are held to their 95 % from {TRUSTED_FROM} on."
    methods = set(map(method_of, few))
    cells = near(clusters, (method for method in HEADLINE_METHODS if method in methods))
    if not cells:
        return lead
    sizes = " and ".join(map(str, _sizes(cells)))
    shares = "; ".join(_told(cells, method) for method in HEADLINE_METHODS if method in methods)
    return (
        f"{lead} In simulated samples of {sizes} creators they held the known truth this often: "
        f"{shares}."
    )


def of_rare(name: str, clusters: int) -> str:
    """What to say of the rate ratio of a predictor that is a yes or no which few videos have."""
    cells = near(clusters, [RARE])
    sizes = " and ".join(map(str, _sizes(cells)))
    lowest = 100 * min(cell.share for cell in cells)
    return (
        f"{name} is a yes or no that few videos have, and intervals of its rate ratios are too "
        f"short: in simulated samples of {sizes} creators they held the known truth in "
        f"{lowest:.1f} %."
    )


def _told(cells: Sequence[CoverageCell], method: str) -> str:
    """For each number of creators the worse of the two: with an association and without."""
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
