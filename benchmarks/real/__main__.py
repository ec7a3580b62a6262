"""Measure the signals rater on real footage: `make real-clips` fetches it and runs this.

`--quick` measures less: fewer montages and two minutes of handheld footage.
"""

import argparse
import sys

from benchmarks import table
from benchmarks.real import cutting, editing, harmless, planted, sources

ROLES = ("tuning", "test", "fresh", "unseen", "sealed")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--set", choices=ROLES, help="only these clips")
    arguments = parser.parse_args()
    if not sources.are_fetched():
        print(sources.FETCH_FIRST, file=sys.stderr)
        return 2
    amount = (8, 2.0) if arguments.quick else (24, 20.0)
    measured = []
    for role in [arguments.set] if arguments.set else ROLES:
        for part in (
            harmless.measurements(role),
            cutting.measurements(role, *amount),
            editing.measurements(role),
            planted.measurements(role),
        ):
            rows = list(part)
            table.show(rows)
            measured += rows
    return 0 if all(row.ok for row in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
