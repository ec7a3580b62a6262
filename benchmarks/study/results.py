"""Results of the study: as a table, as data for reports, and as a page of the docs."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.study.campaign import MANY, ROOT, Cell, Counts
from benchmarks.study.world import PLANTED, SEED, truth
from shared.insights.coverage import FILE, HEADLINE_METHODS, PROMISED, TRUSTED_FROM, CoverageCell

PAGE = ROOT / "docs/explanation/measured/coverage.md"
ORDER = (
    "spearman",
    "spearman, rate",
    "partial_spearman",
    "pearson_log1p",
    "gee_nb",
    "gee_nb, rate",
    "gee_nb, of a rare yes or no",
    "spearman, bootstrap of creators",
    "gee_nb, by t on creators - 1",
    "spearman, videos taken for independent",
    "nb2, videos taken for independent",
)


def cells(counts_by_cell: dict[Cell, list[Counts]]) -> list[CoverageCell]:
    """A row per method, number of creators, and with or without an association."""
    rows = []
    for cell, chunks in counts_by_cell.items():
        whole: Counts = {}
        for chunk in chunks:
            for method, counted in chunk.items():
                whole.setdefault(method, Counter()).update(counted)
        for method, counted in whole.items():
            rows.append(
                CoverageCell(
                    method=method,
                    clusters=cell.clusters,
                    planted=cell.planted,
                    runs=counted["runs"],
                    none=counted["none"],
                    covered=counted["covered"],
                    significant=counted["significant"],
                    first=chunks[0][method]["covered"],
                )
            )
    return sorted(rows, key=lambda row: (ORDER.index(row.method), row.clusters, row.planted))


def document(rows: Sequence[CoverageCell]) -> dict[str, Any]:
    return {
        "made_by": "make study",
        "synthetic": True,
        "seed": SEED,
        "planted": {"log_views": PLANTED[0], "log_likes_per_view": PLANTED[1]},
        "truth": {name: round(value, 6) for name, value in asdict(truth(True)).items()},
        "cells": [asdict(row) for row in rows],
    }


def save(rows: Sequence[CoverageCell], data: Path = FILE, page: Path = PAGE) -> None:
    lines = ",\n  ".join(json.dumps(cell) for cell in document(rows)["cells"])
    head = json.dumps(document([]), indent=1)[: -len("[]\n}")]
    data.write_text(f"{head}[\n  {lines}\n ]\n}}\n", encoding="utf-8")
    page.write_text(markdown(rows), encoding="utf-8")


def markdown(rows: Sequence[CoverageCell]) -> str:
    """The page, made from the data alone, so that a test can compare both."""
    return "\n".join([_HEAD, "", *_lines(rows), ""])


def _lines(rows: Sequence[CoverageCell]) -> Iterator[str]:
    columns = (
        "method",
        "creators",
        "runs",
        "coverage, planted",
        "coverage, none",
        "false positives",
    )
    yield f"| {' | '.join(columns)} |"
    yield "|---|--:|--:|---|---|---|"
    for method in dict.fromkeys(row.method for row in rows):
        of_method = [row for row in rows if row.method == method]
        for clusters in dict.fromkeys(row.clusters for row in of_method):
            none, planted = (row for row in of_method if row.clusters == clusters)
            yield (
                f"| {method} | {clusters:,} | {none.runs:,} | {covered(planted)} "
                f"| {covered(none)} | {significant(none)} |"
            )


def covered(row: CoverageCell) -> str:
    """The share of intervals that held the truth, such as `.950 (.942 to .958)`."""
    missing = f", none in {row.none}" if row.none else ""
    return f"{_share(row.share, row.wilson())}{missing}"


def significant(row: CoverageCell) -> str:
    """The share of intervals that excluded 0."""
    return _share(row.significant / (row.runs - row.none), row.wilson(row.significant))


def _share(share: float, ends: tuple[float, float]) -> str:
    return f"{share:.3f} ({ends[0]:.3f} to {ends[1]:.3f})"


def show(rows: Sequence[CoverageCell]) -> None:
    """A table for the screen, with a verdict for each default."""
    width = max(len(row.method) for row in rows)
    print(f"{'':{width}} creators  runs  planted  {'coverage':23}  {'significant':23}")
    for row in rows:
        planted = "yes" if row.planted else "no"
        print(
            f"{row.method:{width}} {row.clusters:8,} {row.runs:5,}  {planted:7}"
            f"  {covered(row)}  {significant(row)}  {verdict(row)}"
        )


def verdict(row: CoverageCell) -> str:
    if row.method not in HEADLINE_METHODS or row.clusters < TRUSTED_FROM:
        return ""
    return "ok" if keeps_its_promise(row) else "MISSED"


def keeps_its_promise(row: CoverageCell) -> bool:
    """Whether the interval of the coverage contains .95."""
    low, high = row.wilson()
    return low <= PROMISED <= high


_HEAD = f"""# How often the intervals hold the truth

`make study` measures this on **synthetic** samples of videos whose truth is known: heavy-tailed
counts, creators of very different size and level, and heaped ratings with errors
([the model](../../../benchmarks/study/world.py)). Coverage is the share of 95 % intervals that held
the truth, with an association *planted* and with *none*. *False positives* are the intervals that
left out 0 where there was none. Brackets hold Wilson's 99 % interval.

* **The defaults** are `spearman` and `gee_nb`, of counts and of rates. From {TRUSTED_FROM} creators
  .95 must be among the coverages that the runs are compatible with. Below, every result says what
  was measured at about its number of creators. `gee_nb` is too wide there rather than too short.
  Beyond 2,000 creators ranks use the bootstrap by default: see its row with {MANY:,}.
* **Methods that are not used** are in the last rows, to show why: the bootstrap with fewer
  creators, standard errors read by t on creators - 1, and the textbook way, *videos taken for
  independent*. There p < .05 says little. More videos do not help, because they come from the same
  creators.
* Do not rely on the interval of a rate ratio whose predictor is a *rare yes or no*."""
