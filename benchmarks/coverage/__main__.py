"""Run the campaigns: `python -m benchmarks.coverage [--panels N] [--show]`.

Each finished design is a line of results.jsonl and is not run again, so a stopped campaign
continues. Delete lines of the file to run their designs again. Exit status 1 when a bar is missed.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.coverage import effects, panels, people, ratios

RESULTS = Path(__file__).parent / "results.jsonl"
BAR = 0.95
COVERED_FROM = 40
"""Number of videos from which intervals must keep their promise, unless values are skewed.

For kappa, which uses pairs of raters, it is the number of videos that two raters share.
"""

OFF_AT_MOST = 0.05
"""Largest mean error of a corrected effect, as a share of the truth."""

MEDIAN_TO_MEAN = 1.25
"""The standard error of a median over that of a mean, among normal values."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", type=int, default=2_000, help="simulated panels of each design")
    parser.add_argument("--studies", type=int, default=1_000, help="simulated studies of each")
    parser.add_argument("--show", action="store_true", help="only show the measured results")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    if not options.show:
        for key, run in _campaigns(options.panels, options.studies):
            if key not in finished_designs(options.results):
                print(f"simulating {key} …", file=sys.stderr)
                with options.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key} | run(), ensure_ascii=False) + "\n")
    return show(finished_designs(options.results))


def show(results: dict[str, dict[str, Any]]) -> int:
    """Print every result. Return 1 when one misses its bar, else 0."""
    missed = False
    for key, result in results.items():
        print(f"{key} ({result['panels']:,} simulated)")
        for name, covered in result.get("coverage", {}).items():
            verdict = _of_interval(name, result, covered)
            missed |= verdict == "MISSED"
            print(f"  {name:19} {_covers(covered)}  {verdict}")
        for name, effect in result.get("effects", {}).items():
            verdict = _of_correction(result, effect)
            missed |= verdict == "MISSED"
            spread = 1.96 * effect["ratio_se"]
            print(
                f"  {name:19} {effect['ratio']:.3f} of the truth (± {spread:.3f}; "
                f"{_median(effect)}uncorrected {effect['uncorrected_ratio']:.3f})  {verdict}; "
                f"{_covers(effect)}"
            )
    return 1 if missed else 0


def _of_correction(result: dict[str, Any], effect: dict[str, Any]) -> str:
    """A correction is held to the truth where its assumptions hold.

    The median counts for a rate ratio: it is divided by an estimate, so its mean has heavy tails.
    Counts vary so much that its own simulation error is allowed for.
    """
    if not result.get("held", True):
        return "its assumptions fail, as documented"
    if "held" not in result:
        return "ok" if abs(effect["ratio"] - 1) <= OFF_AT_MOST else "MISSED"
    chance = 1.96 * MEDIAN_TO_MEAN * effect["ratio_se"]
    return "ok" if abs(effect["median_ratio"] - 1) <= OFF_AT_MOST + chance else "MISSED"


def _median(effect: dict[str, Any]) -> str:
    return f"median {effect['median_ratio']:.3f}; " if "median_ratio" in effect else ""


def _covers(covered: dict[str, Any]) -> str:
    return (
        f"covers {covered['share']:.3f} (Wilson 99 % {covered['low']:.3f} to {covered['high']:.3f})"
    )


def _of_interval(name: str, result: dict[str, Any], covered: dict[str, Any]) -> str:
    if covered["low"] > BAR:
        return "wider than promised"
    if covered["high"] >= BAR:
        return "ok"
    shared = result["videos"] * ((1 - result["missing"]) ** 2 if "kappa" in name else 1)
    is_promised = shared >= COVERED_FROM and result["kind"] != "skewed"
    return "MISSED" if is_promised else "short, as documented"


def finished_designs(path: Path) -> dict[str, dict[str, Any]]:
    """Results of finished designs by key; a design whose line was cut off runs again."""
    results = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in lines:
        try:
            result = json.loads(line)
        except ValueError:
            continue
        results[result["key"]] = result
    return results


def _campaigns(count: int, studies: int) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    for panel in panels.DESIGNS:
        yield f"agreement: {panel.key}", lambda panel=panel: panels.simulate(panel, count)
    for effect in effects.DESIGNS:
        yield f"effect: {effect.key}", lambda effect=effect: effects.simulate(effect, studies)
    for ratio in ratios.DESIGNS:
        yield f"ratio: {ratio.key}", lambda ratio=ratio: ratios.simulate(ratio, studies)
    for rated in people.DESIGNS:
        yield f"people: {rated.key}", lambda rated=rated: people.simulate(rated, studies)


if __name__ == "__main__":
    raise SystemExit(main())
