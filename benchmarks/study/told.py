"""What the study found, as a table, as the data that reports print, and as a page of the docs."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.study.campaign import MANY, ROOT, Cell, Counts
from benchmarks.study.world import PLANTED, SEED, truth
from shared.insights.coverage import FILE, PROMISED, TRUSTED_FROM, Measured

PAGE = ROOT / "docs" / "coverage.md"
DEFAULTS = ("spearman", "gee_nb")
"""What is held to the promise: the headline of the ranks and of the count models."""

ORDER = (
    "spearman",
    "spearman, rate",
    "kendall",
    "partial_spearman",
    "pearson_log1p",
    "gee_nb",
    "gee_nb, rate",
    "gee_nb, of a rare yes or no",
    "nb2",
    "poisson_qmle",
    "spearman, bootstrap of creators",
    "gee_nb, by t on creators - 1",
    "spearman, videos taken for independent",
    "nb2, videos taken for independent",
)


def cells(found: dict[Cell, list[Counts]]) -> list[Measured]:
    """A row per method, number of creators, and with or without an association."""
    rows = []
    for cell, chunks in found.items():
        whole: Counts = {}
        for chunk in chunks:
            for method, counted in chunk.items():
                whole.setdefault(method, Counter()).update(counted)
        for method, counted in whole.items():
            rows.append(
                Measured(
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


def document(rows: Sequence[Measured]) -> dict[str, Any]:
    return {
        "made_by": "make study",
        "synthetic": True,
        "seed": SEED,
        "planted": {"log_views": PLANTED[0], "log_likes_per_view": PLANTED[1]},
        "truth": {name: round(value, 6) for name, value in asdict(truth(True)).items()},
        "cells": [asdict(row) for row in rows],
    }


def save(rows: Sequence[Measured], data: Path = FILE, page: Path = PAGE) -> None:
    lines = ",\n  ".join(json.dumps(cell) for cell in document(rows)["cells"])
    head = json.dumps(document([]), indent=1)[: -len("[]\n}")]
    data.write_text(f"{head}[\n  {lines}\n ]\n}}\n", encoding="utf-8")
    page.write_text(markdown(rows), encoding="utf-8")


def markdown(rows: Sequence[Measured]) -> str:
    """The page: written from the data alone, so that a test can compare the two."""
    return "\n".join([_HEAD, *_lines(rows), ""])


def _lines(rows: Sequence[Measured]) -> Iterator[str]:
    columns = ("method", "creators", "runs", "coverage, nothing planted", "coverage, planted")
    yield f"| {' | '.join(columns)} | false positives |"
    yield "|---|---|---|---|---|---|"
    for method in dict.fromkeys(row.method for row in rows):
        of_method = [row for row in rows if row.method == method]
        for clusters in dict.fromkeys(row.clusters for row in of_method):
            none, planted = (row for row in of_method if row.clusters == clusters)
            yield (
                f"| {method} | {clusters:,} | {none.runs:,} | {share(none)} | {share(planted)} "
                f"| {none.significant / (none.runs - none.none):.3f} |"
            )


def share(row: Measured) -> str:
    low, high = row.wilson()
    missing = f", none in {row.none}" if row.none else ""
    return f"{row.share:.3f} ({low:.3f} to {high:.3f}{missing})"


def show(rows: Sequence[Measured]) -> None:
    """A table for the screen, with a verdict for each default."""
    width = max(len(row.method) for row in rows)
    print(f"{'':{width}} creators  runs  planted  coverage (Wilson, 99 %)     significant")
    for row in rows:
        planted = "yes" if row.planted else "no"
        significant = row.significant / (row.runs - row.none)
        print(
            f"{row.method:{width}} {row.clusters:8,} {row.runs:5,}  {planted:7}"
            f"  {share(row):26}  {significant:.3f}  {verdict(row)}"
        )


def verdict(row: Measured) -> str:
    if row.method not in DEFAULTS or row.clusters < TRUSTED_FROM:
        return ""
    return "ok" if keeps_its_promise(row) else "MISSED"


def keeps_its_promise(row: Measured) -> bool:
    """Whether .95 is among the coverages that the runs are compatible with."""
    low, high = row.wilson()
    return low <= PROMISED <= high


_HEAD = f"""# How often the intervals hold the truth

Measured by `make study` on **synthetic** samples of videos, whose truth is known: heavy-tailed
counts, creators of very different size and level, ratings that err and are heaped
([the model](../benchmarks/study/world.py)). In brackets the 99 % interval of Wilson. 95 % is
promised from {TRUSTED_FROM} creators by `spearman` and `gee_nb`; below, every report prints the
figures next to its number of creators. *False positives* are the samples without an association
in which p was below .05. With {MANY:,} creators the bootstrap is the default.

The last rows are what is not used, and why: the bootstrap where creators are few, standard errors
read by t, and videos taken for independent of each other."""
