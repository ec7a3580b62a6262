"""Run or continue the study: `python -m benchmarks.study` (`make study`)."""

import argparse
import sys

from shared.concurrency import in_one_thread

in_one_thread()  # before numpy is imported

from benchmarks.study.campaign import CHUNK, RUNS, Cell, journal, study  # noqa: E402
from benchmarks.study.results import FILE, PAGE, ROOT, cells, save, show, verdict  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Return 1 when a default misses its promise, else 0. Interrupting it loses at most a chunk."""
    args = _arguments(argv)

    def runs(cell: Cell) -> int:
        return min(RUNS[cell.part], args.runs or RUNS[cell.part])

    log = journal()
    print(f"Kept chunk by chunk in {log.path.relative_to(ROOT)}", file=sys.stderr)
    rows = cells(study(log, runs=runs))
    show(rows)
    if args.runs is None:
        save(rows)
        print(f"Written to {FILE.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}", file=sys.stderr)
    return int(any(verdict(row) == "MISSED" for row in rows))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study", description=__doc__)
    parser.add_argument(
        "--runs",
        type=_hundreds,
        help="at most this many runs of each cell (a multiple of 100); nothing is written",
    )
    return parser.parse_args(argv)


def _hundreds(text: str) -> int:
    runs = int(text)
    if runs < CHUNK or runs % CHUNK:
        raise argparse.ArgumentTypeError(f"a multiple of {CHUNK}")
    return runs


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nStopped; the same command continues from here.")
