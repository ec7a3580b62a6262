"""Run or continue the campaign: `python -m benchmarks.moment [--runs 500] [--processes N]`."""

import argparse
import sys

from shared.concurrency import in_one_thread

in_one_thread()  # before numpy is imported

from benchmarks.moment.campaign import CHUNK, campaign, journal, totals  # noqa: E402
from benchmarks.moment.results import FILE, PAGE, results, save, show  # noqa: E402
from benchmarks.study.campaign import ROOT  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Return 1 when a cell misses a bar, else 0. Interrupting it loses at most some chunks."""
    args = _arguments(argv)
    log = journal()
    print(f"Chunk by chunk in {log.path.relative_to(ROOT)}", file=sys.stderr)
    counts = totals(log) if args.show else campaign(log, args.runs, args.processes)
    rows = results(counts)
    show(rows)
    if rows and args.save:
        save(rows)
        print(f"Written to {FILE.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}", file=sys.stderr)
    return int(any(miss for row in rows for miss in row.misses()))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.moment", description=__doc__)
    parser.add_argument("--runs", type=int, help=f"at most so many of each cell, in {CHUNK}s")
    parser.add_argument("--processes", type=int, help="default: one per processor")
    parser.add_argument("--show", action="store_true", help="only show the finished chunks")
    parser.add_argument("--save", action="store_true", help="write results.json and the table")
    return parser.parse_args(argv)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nStopped; the same command continues from here.")
