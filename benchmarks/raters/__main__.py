"""Run or continue the campaign: `python -m benchmarks.raters [WORLD …] [--runs 2000]`."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.concurrency import in_one_thread

in_one_thread()  # before numpy is imported

from benchmarks.raters.campaign import CELLS, CHUNK, RUNS, RaterCell, campaign, journal  # noqa: E402
from benchmarks.raters.campaign import totals as finished_totals  # noqa: E402
from shared.insights.statistics.estimate import wilson  # noqa: E402

FILE = Path(__file__).parent / "results.json"
MOST_FALSE, LEAST_CHOSEN, LEAST_POWER = 0.06, 0.25, 0.8
_DEPENDENT = "no effect, carry .5"
"""Its videos follow each other, so they may not be exchanged: a limit, shown without a bar."""


def main(argv: list[str] | None = None) -> int:
    """Return 1 when a world misses a bar, else 0. Interrupting it loses at most some chunks."""
    args = _arguments(argv)
    log = journal()
    cells = [cell for cell in CELLS if cell.name.startswith(tuple(args.world or [""]))]
    totals = finished_totals(log) if args.show else campaign(log, args.runs, cells)
    print()
    rows = [(cell, totals[cell.name]) for cell in cells if cell.name in totals]
    for cell, counts in rows:
        print(_line(cell, counts))
    if args.save:
        worlds = ",\n  ".join(json.dumps({"world": cell.name, **counts}) for cell, counts in rows)
        FILE.write_text(f'{{"synthetic": true, "worlds": [\n  {worlds}\n]}}\n')
    return int(any(miss for cell, counts in rows for miss in misses(cell, counts)))


def misses(cell: RaterCell, counts: Mapping[str, int]) -> Iterator[str]:
    """The bars that a world misses."""
    joint, best = (counts[name] / counts["runs"] for name in ("joint", "best"))
    if cell.world.effect and joint < LEAST_POWER * best:
        yield "power"
    # Before all runs are in, a perfect test misses the bar by chance.
    false = joint if counts["runs"] >= RUNS else _interval(counts, "joint")[0]
    if not cell.world.effect and cell.name != _DEPENDENT and false > MOST_FALSE:
        yield "false positives"
    if cell.chooses and counts["chosen"] / counts["runs"] < LEAST_CHOSEN:
        yield "choosing"


def _line(cell: RaterCell, counts: Counter[str]) -> str:
    shares = [f"joint {_share(counts, 'joint')}", f"best in advance {_share(counts, 'best')}"]
    shares += [f"chosen of 18 {_share(counts, 'chosen')}"] if cell.chooses else []
    shares += [f"wrong sign {_share(counts, 'joint_wrong')}"] if cell.world.effect else []
    missed = ", ".join(misses(cell, counts))
    text = f"{cell.name:26} {counts['runs']:5,} runs  {'  '.join(shares)}"
    return f"{text}  MISSED: {missed}" if missed else text


def _share(counts: Mapping[str, int], name: str) -> str:
    low, high = _interval(counts, name)
    text = f"{counts[name] / counts['runs']:.3f} ({low:.3f} to {high:.3f})"
    return text.replace("0.", ".")


def _interval(counts: Mapping[str, int], name: str) -> tuple[float, float]:
    """Wilson's 99 % interval of a share."""
    interval = wilson(counts[name], counts["runs"], 0.99)
    return interval.ci_low or 0.0, interval.ci_high or 0.0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.raters", description=__doc__)
    parser.add_argument("world", nargs="*", help="run only worlds whose names begin so")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each world, in {CHUNK}s")
    parser.add_argument("--show", action="store_true", help="only show the finished chunks")
    parser.add_argument("--save", action="store_true", help="write results.json")
    return parser.parse_args(argv)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nStopped; the same command continues from here.")
