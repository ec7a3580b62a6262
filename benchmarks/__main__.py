"""Measure the README's claims and compare them with their bars."""

import argparse
import ast
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks import table
from benchmarks.table import Measurement
from shared.concurrency import in_one_thread

SUITES = (
    *("imports", "starts", "deployed", "fetch", "load", "rebuild", "cost", "chain"),
    *("insights", "tables", "planted", "report", "large_report", "signals", "parked", "erase"),
)
EPILOGUE = """\
Without a name all suites run (about an hour on two quiet cores), and benchmarks/results.json is
written. Ratios are measured side by side in one run, so a slow machine changes them little, but a
busy machine changes them. Exit status 1 when a measurement misses its bar or fails, 2 for wrong
use.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    names = _parser().parse_args(arguments).suite
    in_one_thread()  # as the functions do
    measurements: list[Measurement] = []
    missing = []
    for name in names or SUITES:
        began = time.monotonic()
        print(f"measuring {name} …", file=sys.stderr)
        try:
            measurements += import_module(f"benchmarks.{name}").measurements()
        except Exception as error:
            missing.append(name)
            print(f"  not measured: {type(error).__name__}: {error}", file=sys.stderr)
        print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr)
    if measurements:
        table.show(measurements)
    if missing:
        print(f"Not measured: {', '.join(missing)}.", file=sys.stderr)
    elif not names:
        table.save(measurements)
    return 0 if not missing and all(measurement.ok for measurement in measurements) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"{__doc__}\n\n" + "\n".join(f"  {name:12} {_about(name)}" for name in SUITES),
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "suite", nargs="*", type=_suite, metavar="SUITE", help="one of the suites above"
    )
    return parser


def _suite(name: str) -> str:
    if name not in SUITES:
        raise argparse.ArgumentTypeError(f"there is no {name!r}; there are {', '.join(SUITES)}")
    return name


def _about(name: str) -> str:
    """The first sentence of a suite, without importing it."""
    spec = find_spec(f"benchmarks.{name}")
    source = Path(spec.origin).read_text() if spec and spec.origin else ""
    docstring = ast.get_docstring(ast.parse(source)) or ""
    return next(iter(docstring.splitlines()), "")


if __name__ == "__main__":
    raise SystemExit(main())
