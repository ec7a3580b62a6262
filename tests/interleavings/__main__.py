"""`python -m tests.interleavings`: a campaign, or one seed again with its trace."""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.interleavings.campaign import Coverage, Outcome, play, play_all
from tests.interleavings.substitutes import single_threaded

CHUNK = 250


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.interleavings", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20_000, help="how many seeds to run")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=2, help="processes at work at once")
    parser.add_argument("--seed", type=int, help="run this seed alone and print its trace")
    chosen = parser.parse_args()
    if chosen.seed is not None:
        return replay(chosen.seed)
    return campaign(range(chosen.first, chosen.first + chosen.seeds), chosen.processes)


def replay(seed: int) -> int:
    """One seed: every step, and what it violates."""
    with single_threaded():
        outcome = play(seed)
    print(*outcome.trace, sep="\n")
    _tell(outcome)
    return bool(outcome.violations)


def campaign(seeds: range, processes: int) -> int:
    """All seeds. The status is 1 when one of them violates something."""
    began = time.monotonic()
    parts = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    coverage, failed = Coverage(), []
    with ProcessPoolExecutor(processes) as pool:
        for outcomes, part in pool.map(play_all, parts):
            failed += outcomes
            coverage.add(part)
            for outcome in outcomes:
                _tell(outcome)
    print(*coverage.lines(), sep="\n")
    print(
        f"{coverage.runs:,} interleavings, {coverage.steps:,} steps, {coverage.kills:,} kills, "
        f"{len(failed)} with violations, in {time.monotonic() - began:.0f} s."
    )
    return bool(failed)


def _tell(outcome: Outcome) -> None:
    for violation in outcome.violations:
        print(f"seed {outcome.seed}: {violation}")
    if outcome.violations:
        print(f"Again, with its trace: python -m tests.interleavings --seed {outcome.seed}")


if __name__ == "__main__":
    sys.exit(main())
