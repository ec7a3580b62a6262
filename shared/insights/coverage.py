"""How often the intervals hold the truth where it is known: figures measured by a study.

`coverage.json` is written by `make study`, which runs the methods on simulated samples of videos
(benchmarks/study). An interval of 95 % that held the truth in 92 % of them is said to do so.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.insights.agreement.figure import wilson

FILE = Path(__file__).parent / "coverage.json"
CONFIDENCE = 0.99
PROMISED = 0.95
TRUSTED_FROM = 40
"""Creators from which the defaults are held to what is promised."""

DEFAULTS = {"spearman": "Spearman's ρ", "gee_nb": "the rate ratio"}
"""The methods whose figures are told in words; all of them are in the JSON."""


@dataclass(frozen=True, slots=True)
class Measured:
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

    def wilson(self) -> tuple[float, float]:
        """The 99 % interval of `share`."""
        found = wilson(self.covered, self.runs - self.none, CONFIDENCE)
        assert found.ci_low is not None and found.ci_high is not None
        return found.ci_low, found.ci_high

    def document(self) -> dict[str, Any]:
        """The figures as the JSON has them."""
        low, high = self.wilson()
        told = {name: value for name, value in asdict(self).items() if name != "first"}
        return told | {"coverage": self.share, "coverage_low": low, "coverage_high": high}


@cache
def measured() -> tuple[Measured, ...]:
    """Every cell of the study."""
    return tuple(Measured(**cell) for cell in json.loads(FILE.read_text("utf-8"))["cells"])


def near(clusters: int, methods: Iterable[str]) -> tuple[Measured, ...]:
    """The cells of these methods at the numbers of creators next to this one, the smaller first."""
    wanted = set(methods)
    cells = [cell for cell in measured() if cell.method in wanted]
    sizes = sorted({cell.clusters for cell in cells})
    below = [size for size in sizes if size <= clusters][-1:]
    above = [size for size in sizes if size > clusters][:1]
    kept = below if below == [clusters] else below + above
    return tuple(sorted((c for c in cells if c.clusters in kept), key=lambda c: c.clusters))


def shortfall(clusters: int, methods: Iterable[str]) -> str | None:
    """What to say of intervals from so few creators; None where they keep their promise."""
    if clusters >= TRUSTED_FROM:
        return None
    given = set(methods)
    cells = near(clusters, [name for name in DEFAULTS if name in given])
    sizes = list(dict.fromkeys(cell.clusters for cell in cells))
    told = [
        f"{DEFAULTS[method]} {' and '.join(_told(cells, method, size) for size in sizes)}"
        for method in DEFAULTS
        if method in given
    ]
    lead = (
        f"There are only {clusters} creators; intervals are held to their 95 % from "
        f"{TRUSTED_FROM} on."
    )
    if not told:
        return lead
    return (
        f"{lead} In simulated samples of {' and '.join(map(str, sizes))} creators, whose truth was "
        f"known, they held it this often: {'; '.join(told)}."
    )


def _told(cells: tuple[Measured, ...], method: str, size: int) -> str:
    """The worse of the two: with an association and without."""
    worst = min(
        (cell for cell in cells if (cell.method, cell.clusters) == (method, size)),
        key=lambda cell: cell.share,
    )
    low, high = worst.wilson()
    return f"{100 * worst.share:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
