"""Run the campaigns: `python -m benchmarks.coverage [--panels N] [--show]`; stopped, it goes on.

Each design's result is a line of results.jsonl, written when it is done; what is there is not run
again. Delete the file, or lines of it, to run anew. Exit status 1 when a bar is missed.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.coverage import effects, panels

RESULTS = Path(__file__).parent / "results.jsonl"
BAR = 0.95
COVERED_FROM = 40
"""Videos from which an interval of values that are not skewed must hold the truth as promised.

Kappa rests on pairs of raters, so for it the videos count that two given raters both rated.
"""

OFF_AT_MOST = 0.05
"""Share of the truth by which a corrected effect may be off on average."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", type=int, default=2_000, help="simulated panels of each design")
    parser.add_argument("--studies", type=int, default=1_000, help="simulated studies of each")
    parser.add_argument("--show", action="store_true", help="only show what was measured")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    if not options.show:
        for key, run in _campaigns(options.panels, options.studies):
            if key not in _done(options.results):
                print(f"simulating {key} …", file=sys.stderr)
                with options.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key} | run(), ensure_ascii=False) + "\n")
    return show(_done(options.results))


def show(done: dict[str, dict[str, Any]]) -> int:
    """Print every result; 1 when one misses its bar."""
    missed = False
    for key, found in done.items():
        print(f"{key} ({found['panels']:,} simulated)")
        for name, covered in found.get("coverage", {}).items():
            verdict = _of_interval(name, found, covered)
            missed |= verdict == "MISSED"
            print(f"  {name:19} {_covers(covered)}  {verdict}")
        for name, effect in found.get("effects", {}).items():
            verdict = "ok" if abs(effect["ratio"] - 1) <= OFF_AT_MOST else "MISSED"
            missed |= verdict == "MISSED"
            spread = 1.96 * effect["ratio_se"]
            print(
                f"  {name:19} {effect['ratio']:.3f} of the truth (± {spread:.3f}; uncorrected "
                f"{effect['uncorrected_ratio']:.3f})  {verdict}; {_covers(effect)}"
            )
    return 1 if missed else 0


def _covers(covered: dict[str, Any]) -> str:
    return (
        f"covers {covered['share']:.3f} (Wilson 99 % {covered['low']:.3f} to {covered['high']:.3f})"
    )


def _of_interval(name: str, found: dict[str, Any], covered: dict[str, Any]) -> str:
    if covered["low"] > BAR:
        return "wider than promised"
    if covered["high"] >= BAR:
        return "ok"
    shared = found["videos"] * ((1 - found["missing"]) ** 2 if "kappa" in name else 1)
    is_promised = shared >= COVERED_FROM and found["kind"] != "skewed"
    return "MISSED" if is_promised else "short, as told"


def _done(path: Path) -> dict[str, dict[str, Any]]:
    """Finished designs by key; a line that was cut off is run again."""
    done = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        done[found["key"]] = found
    return done


def _campaigns(count: int, studies: int) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    for panel in panels.DESIGNS:
        yield f"agreement: {panel.key}", lambda panel=panel: panels.simulated(panel, count)
    for effect in effects.DESIGNS:
        yield f"effect: {effect.key}", lambda effect=effect: effects.simulated(effect, studies)


if __name__ == "__main__":
    raise SystemExit(main())
