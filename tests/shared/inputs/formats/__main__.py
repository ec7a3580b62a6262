"""Print what is read of an example of each format, beside pandas: `make formats`."""

import sys

from tests.shared.inputs.formats.judge import COUNTS, Verdict, verdicts

_HEADER = ("file", "read as", "rows", "taken", "cells lost by column", *COUNTS, "pandas")


def _row(verdict: Verdict) -> tuple[str, ...]:
    lost = ", ".join(f"{column} {count}" for column, count in verdict.lost_cells.items())
    sums = (f"{verdict.sums[name]:,}" for name in COUNTS)
    judged = "equal" if verdict.is_equal else f"differs: {verdict.sums_of_pandas}"
    counts = (str(verdict.rows), str(verdict.taken))
    return (verdict.name, verdict.title, *counts, lost or "none", *sums, judged)


def main() -> int:
    """Print the table. Returns 1 where a sum differs."""
    results = list(verdicts())
    rows = [_HEADER, *map(_row, results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
    return 0 if all(result.is_equal for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
