"""Run the campaign: `python -m benchmarks.drawn [--studies N] [--tune] [--show]`.

Each finished world is a line of results.jsonl. `--tune` runs the worlds that the constants were
chosen on, with other seeds, and keeps nothing. Exit status 1 when a bar is missed.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.drawn.campaign import run
from benchmarks.drawn.worlds import REPORTED, TUNED_ON

RESULTS = Path(__file__).parent / "results.jsonl"
REPORTED_SEED, TUNING_SEED = 20261129, 7
LEAST_COVERAGE = 0.93
WIDEST_BESIDE_PEOPLE = 1.02
WORLDS_WITH_FEWER_LABELS = 3


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2_000, help="simulated studies of a world")
    parser.add_argument("--tune", action="store_true", help="run the worlds for tuning instead")
    parser.add_argument("--show", action="store_true", help="only show the measured results")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    if options.tune:
        return show([run(world, options.studies, TUNING_SEED) for world in TUNED_ON])
    finished = finished_worlds(options.results)
    for world in () if options.show else REPORTED:
        if world.name not in {result["world"] for result in finished}:
            print(f"simulating {world.name} …", file=sys.stderr)
            result = run(world, options.studies, REPORTED_SEED)
            with options.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(result) + "\n")
            finished.append(result)
    return show(finished)


def finished_worlds(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def show(results: list[dict[str, Any]]) -> int:
    """Print every world and its bars. Return 1 when one is missed, else 0."""
    for result in results:
        relative = result["quarter_fewer_beside_simple"]
        print(f"{result['world']} ({result['studies']:,} studies)")
        print(f"  with a quarter fewer labels, {relative:.2f} times as wide as simple draws")
        for name, figures in result.items():
            if isinstance(figures, dict):
                print(f"  {name:11} {_line(figures)}")
    verdicts = bars(results)
    for text, holds in verdicts:
        print(f"{text}: {'ok' if holds else 'MISSED'}")
    return 0 if all(holds for _, holds in verdicts) else 1


def bars(results: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    """What the drawn samples must show, and whether they do."""
    drawn = [result["drawn"] for result in results]
    fewer = [result["world"] for result in results if result["quarter_fewer_beside_simple"] <= 1]
    least = min(figures["coverage"] for figures in drawn)
    widest = max(figures["beside_people_alone"] for figures in drawn)
    return [
        (f"least coverage {least:.3f}, bar {LEAST_COVERAGE}", least >= LEAST_COVERAGE),
        (
            f"a quarter fewer labels at equal width in {len(fewer)} of {len(results)} worlds",
            len(fewer) >= min(WORLDS_WITH_FEWER_LABELS, len(results)),
        ),
        (
            f"widest beside people alone {widest:.3f}, bar {WIDEST_BESIDE_PEOPLE}",
            widest <= WIDEST_BESIDE_PEOPLE,
        ),
    ]


def _line(figures: dict[str, Any]) -> str:
    return (
        f"covers {figures['coverage']:.3f} ({figures['coverage_low']:.3f} to "
        f"{figures['coverage_high']:.3f}), width {figures['width']:.3f}, people alone "
        f"{figures['width_alone']:.3f}, beside them {figures['beside_people_alone']:.3f}, "
        f"expected {figures['expected']:.3f}, off by {figures['off']:.3f}, "
        f"mean {figures['mean_ratio']:.2f} of the truth, no end {figures['unbounded']:.3f}, "
        f"refused {figures['refused']}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
