"""Cautions about counts: impossible, broken for months, or rounded."""

from collections.abc import Iterator

import pandas as pd  # type: ignore[import-untyped]

from shared.insights.quality_gate import IMPOSSIBLE, Gate

BROKEN_MONTH = 0.05
FEWEST_OF_A_MONTH = 20
ROUNDED_FROM = 10_000
ROUNDED_SHARE = 0.5


def counting(passed: Gate) -> Iterator[str]:
    impossible = sum(passed.dropped.get(rule, 0) for rule in IMPOSSIBLE)
    if impossible:
        rows = "1 row has" if impossible == 1 else f"{impossible:,} rows have"
        yield f"{rows} impossible counts, which are left out: the source miscounts."
    broken = [
        f"{month} ({bad / rows:.0%})"
        for month, (rows, bad) in passed.months.items()
        if rows >= FEWEST_OF_A_MONTH and bad > BROKEN_MONTH * rows
    ]
    if broken:
        yield (
            f"Impossible counts are frequent in {', '.join(broken[:6])}"
            f"{' and more' if len(broken) > 6 else ''}: the view counter was broken then, so "
            "counts that look possible are doubtful too; filter those months out."
        )
    if passed.rounded:
        yield (
            f"{passed.rounded:,} rows have rounded counts such as 541.2K; ties and lost digits "
            "blur the ranks a little."
        )
    for name in ("views", "likes"):
        if name in passed.frame and _looks_rounded(passed.frame[name]):
            yield f"Most large counts of {name} end in two zeros: they look rounded."


def _looks_rounded(counts: pd.Series) -> bool:
    large = counts[counts >= ROUNDED_FROM]
    return len(large) >= FEWEST_OF_A_MONTH and float((large % 100 == 0).mean()) > ROUNDED_SHARE
