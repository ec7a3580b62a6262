"""Measure what the README claims: `python -m benchmarks [load …]` runs all, or those named."""

import sys

from benchmarks import imports, insights, load, report, seeds, table

SUITES = {
    "imports": imports.figures,
    "insights": insights.figures,
    "load": load.figures,
    "report": report.figures,
    "seeds": seeds.figures,
}


def main() -> int:
    """Exit status 1 when a figure misses its bar, 2 for a name that is no suite."""
    names = sys.argv[1:] or list(SUITES)
    if unknown := sorted(set(names) - set(SUITES)):
        print(f"No suite {', '.join(unknown)}; there are {', '.join(SUITES)}.", file=sys.stderr)
        return 2
    figures = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)
        figures += SUITES[name]()
    table.show(figures)
    if not sys.argv[1:]:
        table.save(figures)
    return 0 if all(figure.ok for figure in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
