"""Results of the campaign: bars, a table, and its part of docs/reference/moment.md."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from benchmarks.moment.campaign import CELLS, PLACEBO_CELLS, RUNS, MomentCell
from benchmarks.study.campaign import ROOT
from shared.insights.statistics.estimate import wilson

FILE = Path(__file__).parent / "results.json"
PAGE = ROOT / "docs/reference/moment.md"
BEGIN, END = "<!-- begin of make moment -->", "<!-- end of make moment -->"
FALSE_POSITIVES = (0.03, 0.07)
COVERED = {0: 0.93, 1: 0.93, 2: 0.90}
POWER, POWERFUL = 0.8, (60, 5_000)
LEAST_KS = 0.01
CONFIDENCE = 0.99


@dataclass(frozen=True)
class MomentCounts:
    """The counts of one cell, as shares."""

    cell: MomentCell
    counts: Mapping[str, int]

    def share(self, name: str, of: str) -> float:
        return self.counts.get(name, 0) / max(self.counts.get(of, 0), 1)

    @property
    def false_positives(self) -> float:
        return self.share("null claims", "null runs")

    @property
    def covered(self) -> float:
        return self.share("effect covered", "effect runs")

    @property
    def power(self) -> float:
        return self.share("effect claims", "effect runs")

    @property
    def ratio(self) -> float:
        """The geometric mean of the estimated ratios; .9 is true."""
        return float(np.exp(self.share("effect log ratio e6", "effect runs") / 1e6))

    @property
    def ks_p(self) -> float:
        """Kolmogorov–Smirnov's p of the placebo p values against a uniform distribution."""
        values = [
            int(name.removeprefix("p ")) / 1000
            for name, count in self.counts.items()
            if name.startswith("p ")
            for _ in range(count)
        ]
        return float(stats.kstest(values, "uniform").pvalue)

    def misses(self) -> Iterator[str]:
        """The bars that the measured shares miss."""
        if self.cell.placebos:
            if self.ks_p <= LEAST_KS:
                yield "placebo p values"
            return
        audience = self.cell.audience
        least, most = FALSE_POSITIVES
        low, high = self._range("null claims", "null runs")
        if high < least or low > most:
            yield "false positives"
        if self._range("effect covered", "effect runs")[1] < COVERED[audience.off_s]:
            yield "coverage"
        is_powerful = (audience.videos, audience.viewers) == POWERFUL and audience.off_s <= 1
        if is_powerful and self._range("effect claims", "effect runs")[1] < POWER:
            yield "power"

    def _range(self, name: str, of: str) -> tuple[float, float]:
        """The share. Before all runs are in, a perfect method misses by chance: its interval."""
        runs = self.counts.get(of, 0)
        if runs >= RUNS or not runs:
            return self.share(name, of), self.share(name, of)
        interval = wilson(self.counts.get(name, 0), runs, CONFIDENCE)
        return interval.ci_low or 0.0, 1.0 if interval.ci_high is None else interval.ci_high


def results(totals: Mapping[str, Counter[str]]) -> list[MomentCounts]:
    """The cells that have runs, in their order."""
    cells = (*CELLS, *PLACEBO_CELLS)
    return [MomentCounts(cell, totals[cell.name]) for cell in cells if cell.name in totals]


def show(rows: list[MomentCounts]) -> None:
    for row in rows:
        missed = f"  MISSED: {', '.join(row.misses())}" if any(row.misses()) else ""
        if row.cell.placebos:
            figures = f"Kolmogorov–Smirnov p = {row.ks_p:.3f}  leads refuted {_leads(row)}"
        else:
            figures = (
                f"{row.counts['null runs']:5,} runs  false positives {_short(row.false_positives)}"
                f"  covered {_short(row.covered)}  power {_short(row.power)}"
                f"  mean ratio {row.ratio:.3f}  neighbours claim {_neighbours(row)}"
            )
        print(f"{row.cell.name:46} {figures}{missed}")


def save(rows: list[MomentCounts], data: Path = FILE, page: Path = PAGE) -> None:
    lines = ",\n  ".join(json.dumps({"cell": row.cell.name, **row.counts}) for row in rows)
    data.write_text(f'{{"made_by": "make moment", "synthetic": true, "cells": [\n  {lines}\n]}}\n')
    page.write_text(with_figures(page.read_text(encoding="utf-8"), rows), encoding="utf-8")


def stored(data: Path = FILE) -> list[MomentCounts]:
    cells = json.loads(data.read_text(encoding="utf-8"))["cells"]
    return results({cell.pop("cell"): Counter(cell) for cell in cells})


def with_figures(page: str, rows: list[MomentCounts]) -> str:
    """The page with these figures between its two marks."""
    head, behind = page.split(BEGIN)
    tail = behind.split(END)[1]
    return f"{head}{BEGIN}\n{_tables(rows)}\n{END}{tail}"


def _tables(rows: list[MomentCounts]) -> str:
    parts = [_HEAD]
    parts += [_line(row) for row in rows if not row.cell.placebos]
    parts += ["", _PLACEBO_HEAD]
    parts += [_placebo_line(row) for row in rows if row.cell.placebos]
    return "\n".join(parts)


def _line(row: MomentCounts) -> str:
    audience = row.cell.audience
    error = "none" if not audience.off_s else f"{audience.error} ±{audience.off_s} s"
    clusters = f"{audience.creators} creators" if audience.creators else "videos"
    figures = (
        f"{audience.videos} × {audience.viewers:,}",
        error,
        "late" if audience.is_late else "anywhere",
        clusters,
        f"{row.counts['null runs']:,}",
        f"{_short(row.false_positives)} ({_interval(row)})",
        _short(row.covered),
        _short(row.power),
        f"{row.ratio:.3f}",
        _neighbours(row),
    )
    return f"| {' | '.join(figures)} |"


def _placebo_line(row: MomentCounts) -> str:
    figures = (row.cell.name.removesuffix(", placebos"), f"{row.counts['placebo runs']:,}")
    return f"| {' | '.join((*figures, f'{row.ks_p:.3f}', _leads(row)))} |"


def _interval(row: MomentCounts) -> str:
    interval = wilson(row.counts["null claims"], row.counts["null runs"], CONFIDENCE)
    return f"{_short(interval.ci_low or 0.0)} to {_short(interval.ci_high or 0.0)}"


def _neighbours(row: MomentCounts) -> str:
    return _short(row.share("neighbours", "null runs"))


def _leads(row: MomentCounts) -> str:
    return _short(row.share("leads", "lead runs"))


def _short(share: float) -> str:
    return "1.000" if share >= 0.9995 else f"{share:.3f}"[1:]


_HEAD = """\
| videos × viewers | error of the onset | onsets lie | clusters | runs | false positives \
| interval holds the truth | power | mean ratio (.9 is true) | neighbours claim |
|---|---|---|---|--:|---|--:|--:|--:|--:|"""

_PLACEBO_HEAD = """\
| nothing planted | data sets | Kolmogorov–Smirnov p of placebo p | leads refuted |
|---|--:|--:|--:|"""
