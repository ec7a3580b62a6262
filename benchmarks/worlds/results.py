"""Results of the campaign: bars, a table, and the page of the docs."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.study.campaign import ROOT
from benchmarks.worlds.campaign import CELLS, WorldCell
from shared.insights.statistics.estimate import wilson

FILE = Path(__file__).parent / "results.json"
PAGE = ROOT / "docs/explanation/measured/worlds.md"
CONFIDENCE = 0.99
ENOUGH = 2_000
"""With fewer runs a cell of a perfect test misses a bar by chance."""

COVERED_FROM = 40
FALSE_POSITIVES = (0.03, 0.07)
DEPENDENT_VIDEOS = 0.08
"""The most where videos depend on each other: by a shared sound, or by following one another."""

RIGHT_SIGN, COVERED = 0.95, 0.93
REFUSING = "selective_refusals"
"""Its headline may be wrong, but must carry its caution."""

CAUTIONED = 0.95


@dataclass(frozen=True)
class Share:
    """`hits` of `of`, with Wilson's 99 % interval."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else 0.0

    def __str__(self) -> str:
        if not self.of:
            return "–"
        interval = wilson(self.hits, self.of, CONFIDENCE)
        low, high = (_short(end or 0.0) for end in (interval.ci_low, interval.ci_high))
        return f"{_short(self.value)} ({low} to {high})"


@dataclass(frozen=True)
class CellResult:
    """The counts of one cell, as shares."""

    cell: WorldCell
    counts: Mapping[str, int]

    @property
    def runs(self) -> int:
        return self.counts["runs"] - self.counts.get("none", 0)

    def share(self, name: str, of: str = "") -> Share:
        return Share(self.counts.get(name, 0), self.counts.get(of, 0) if of else self.runs)

    @property
    def right_sign(self) -> Share:
        """Of the runs that claim one."""
        return self.share("right", "significant")

    @property
    def cautioned(self) -> Share:
        return Share(self.counts.get("cautioned", 0), self.counts["runs"])

    def misses(self) -> Iterator[str]:
        """The bars that the measured shares miss."""
        world, size = self.cell.world, self.cell.size
        if world.name == REFUSING:
            if self.cautioned.value < CAUTIONED:
                yield "caution"
            return
        if world.within == 0:
            least, most = FALSE_POSITIVES
            if world.has_sounds or world.accounts:
                # Few sounds or blocks of videos have few signs to flip: there less is no miss.
                least, most = 0.0, DEPENDENT_VIDEOS
            if not least <= self.share("significant").value <= most:
                yield "false positives"
        elif self.share("significant").hits and self.right_sign.value < RIGHT_SIGN:
            yield "right sign"
        if size >= COVERED_FROM and not world.accounts and self.share("covered").value < COVERED:
            yield "coverage"


def results(totals: Mapping[str, Counter[str]]) -> list[CellResult]:
    """The cells that have runs, in the order of the worlds."""
    return [CellResult(cell, totals[cell.name]) for cell in CELLS if cell.name in totals]


def show(rows: list[CellResult]) -> None:
    for row in rows:
        claims = "false positives" if row.cell.world.within == 0 else "claims an effect"
        print(
            f"{row.cell.name:26} {row.counts['runs']:6,} runs  {claims} {row.share('significant')}"
            f"  right sign {row.right_sign}  covers {row.share('covered')}"
            f"  clustered errors claim {_short(row.share('clustered').value)}"
            f"  pooled claims {_short(row.share('pooled').value)},"
            f" wrongly {_short(row.share('pooled_wrong').value)}"
            f"{f'  cautioned {row.cautioned}' if row.cell.world.name == REFUSING else ''}"
            f"  {'MISSED: ' + ', '.join(row.misses()) if any(row.misses()) else ''}"
        )


def save(rows: list[CellResult], data: Path = FILE, page: Path = PAGE) -> None:
    lines = ",\n  ".join(json.dumps({"cell": row.cell.name, **row.counts}) for row in rows)
    data.write_text(f'{{"made_by": "make worlds", "synthetic": true, "cells": [\n  {lines}\n]}}\n')
    page.write_text(markdown(rows), encoding="utf-8")


def stored(data: Path = FILE) -> list[CellResult]:
    cells = json.loads(data.read_text(encoding="utf-8"))["cells"]
    return results({cell.pop("cell"): Counter(cell) for cell in cells})


def markdown(rows: list[CellResult]) -> str:
    """The page, made from the data alone, so that a test can compare both."""
    parts = [_HEAD, "", "## Worlds of many creators", "", _TABLE_HEAD.format("creators")]
    parts += [_line(row) for row in rows if not row.cell.world.accounts]
    parts += ["", "## One, two and five accounts", "", _ACCOUNTS, ""]
    parts += [_TABLE_HEAD.format("videos of each")]
    parts += [_line(row) for row in rows if row.cell.world.accounts]
    return "\n".join([*parts, ""])


def _line(row: CellResult) -> str:
    sign = str(row.right_sign) if row.cell.world.within else ""
    figures = (
        row.cell.world.title,
        f"{row.cell.size}",
        f"{row.counts['runs']:,}",
        str(row.share("significant")),
        sign,
        str(row.share("covered")),
        _short(row.share("clustered").value),
        _short(row.share("pooled").value),
        _short(row.share("pooled_wrong").value),
        str(row.cautioned) if row.cell.world.name == REFUSING else "",
    )
    return f"| {' | '.join(figures)} |"


def _short(share: float) -> str:
    return "1.000" if share >= 0.9995 else f"{share:.3f}"[1:]


_TABLE_HEAD = """\
| world | {} | runs | headline claims an effect | of these, right sign | interval holds the truth \
| clustered errors claim | pooled ρ claims | wrongly | caution |
|---|--:|--:|---|---|---|---|---|---|---|"""

_HEAD = """# What the headline says in worlds whose truth is known

`make worlds` draws **synthetic** samples from worlds in which fame, sounds, calendar time or
refusals mislead ([their equations](../../../benchmarks/worlds/world.py)), and asks the headline:
the rate ratio within creators, with calendar weeks. Where nothing raises views within creators, a
claim is a false positive: 5 % are promised. Brackets hold Wilson's 99 % interval. Beside it stand
what two other figures would have claimed: the headline's estimate by its clustered standard error,
and the pooled rank correlation. "Wrongly" counts claims of the latter that lack the sign of the
truth.

* The bars are false positives of .03 to .07, the right sign in .95 of the claims, and coverage of
  .93 from 40 creators on. Where videos share sounds, or follow one another on a few accounts, false
  positives are at most .08.
* In the world with selective refusals the headline is wrong, as ratings are missing for a reason
  that no model can see. There the page must carry its caution in .95 of the samples."""

_ACCOUNTS = """Nothing is planted; surprise and log views rise over time and follow an \
autoregression. Units are blocks of
consecutive videos. Few blocks have few signs to flip, so fewer claims than .05 are no defect. Where
neighbours are alike (ρ = .5), more is claimed than promised, up to .08."""
