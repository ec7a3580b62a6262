"""Imports at a cold start, beside the libraries that a function needs.

The baseline is importing the libraries that the function needs, in the same run and environment.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import ROOT, python_of
from benchmarks.table import Measurement

BAR = 1.25
TIMES = 11
COMMAND = "python -m benchmarks imports"
_ALWAYS = "functions_framework, google.cloud.storage, pydantic"
_PUBSUB = "google.cloud.pubsub_v1"
_RATER = (
    "from shared import config; from shared.rating.raters import deployed; "
    "assert deployed(config.read(config.AnalyzeSettings), None, None, None, id)(None)"
)
_FOREIGN = ("vertexai", "google.cloud.aiplatform", "av", "pandas")
"""Modules that no function may load before its first video, unless it needs them."""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """A function as it starts: the libraries it `needs`, and the code it runs `then`."""

    name: str
    function: str
    needs: str
    then: str = "pass"
    rater: str = ""


COLD_STARTS = (
    ColdStart(
        "analyze with the rater gemini", "analyze", f"{_PUBSUB}, google.genai", _RATER, "gemini"
    ),
    ColdStart(
        "analyze with the rater signals", "analyze", f"{_PUBSUB}, av, numpy", _RATER, "signals"
    ),
    ColdStart("fetch", "fetch", f"{_PUBSUB}, requests"),
    ColdStart("load", "load", "google.cloud.bigquery"),
    ColdStart("report", "report", "google.cloud.bigquery, pandas"),
    ColdStart("sweep", "sweep", _PUBSUB),
)


def measurements() -> Iterator[Measurement]:
    for start in COLD_STARTS:
        yield _measurement(start, python_of(start.function))


def _measurement(start: ColdStart, python: Path) -> Measurement:
    needed = f"import {_ALWAYS}, {start.needs}"
    foreign = [name for name in _FOREIGN if name not in start.needs]
    loaded = f"import sys; [print(name) for name in {foreign} if name in sys.modules]"
    whole = f"import main; {start.then}"
    if superfluous := _run(python, start, f"{whole}; {loaded}").split():
        raise AssertionError(f"{start.name} loads {', '.join(superfluous)}")
    _run(python, start, needed)
    pairs = [
        (_seconds(python, start, needed), _seconds(python, start, whole)) for _ in range(TIMES)
    ]
    least, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    note = f"{ours:.2f} s beside {least:.2f} s, medians of {TIMES}"
    return Measurement(f"cold start, {start.name}", ours / least, BAR, COMMAND, note, is_most=True)


def _seconds(python: Path, start: ColdStart, code: str) -> float:
    began = time.perf_counter()
    _run(python, start, code)
    return time.perf_counter() - began


def _run(python: Path, start: ColdStart, code: str) -> str:
    folders = f"{ROOT}{os.pathsep}{ROOT / 'functions' / start.function}"
    settings = {"GOOGLE_CLOUD_PROJECT": "p", "LAKE_BUCKET": "b", "GEMINI_API_KEY": "k"}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": folders, "RATER": start.rater}
    process = subprocess.run(
        [str(python), "-c", code],
        check=True,
        env=environment | settings,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process.stdout
