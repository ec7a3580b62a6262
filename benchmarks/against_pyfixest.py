"""The fixed-effects fit of the insights beside that of pyfixest, on one table in one run.

Both use one thread and are compared by their processor seconds, which a busy machine does not
change; the note has those of the clock.

pyfixest is no dependency, as it installs 590 MB. uv runs it in an environment of its own; without
the network there is no figure.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from benchmarks.table import Measurement
from shared.concurrency import LIBRARIES
from shared.insights.statistics.fixed_effects import poisson_fixed_effects
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.within_ratios import standard_errors

VERSION = "0.60.0"
BAR = 1.5
FITS = 5
SAME_TO = 1e-8


def measurements(videos: pd.DataFrame, command: str) -> Iterator[Measurement]:
    """`videos` are a table as benchmarks.insights makes it."""
    frame = regression(videos)
    name = f"PPML fit, {len(frame):,} videos, creators and weeks absorbed: times pyfixest's time"
    with TemporaryDirectory(prefix="pyfixest-") as folder:
        path = Path(folder) / "table.csv"
        frame.to_csv(path, index=False)
        theirs = _by_pyfixest(path)
    if theirs is None:
        print(f"{name}: not measured, as pyfixest could not be installed", file=sys.stderr)
        return
    seconds, clock, estimate = _ours(frame)
    if abs(estimate - theirs["estimate"]) > SAME_TO:
        raise AssertionError(f"ours is {estimate}, that of pyfixest {theirs['estimate']}")
    yield Measurement(
        name,
        seconds / theirs["seconds"],
        BAR,
        command,
        f"{seconds:.2f} s, pyfixest {VERSION} {theirs['seconds']:.2f} s, the best of {FITS}; "
        f"by the clock {clock:.2f} and {theirs['clock']:.2f} s",
        is_most=True,
    )


def regression(videos: pd.DataFrame) -> pd.DataFrame:
    """The columns of the model: y, creator, week, and nine regressors."""
    posted = pd.to_datetime(videos["created_at"])
    age = (pd.to_datetime(videos["collected_at"]) - posted).dt.total_seconds() / 86_400
    scores = videos[["unexpectedness", "expectation_gap", "emotional_intensity"]]
    languages = pd.get_dummies(videos["language"], drop_first=True).astype(float)
    return scores.assign(
        y=videos["views"],
        creator=videos["creator"],
        week=posted.dt.strftime("%G-%V"),
        log_duration=np.log(videos["duration_s"]),
        log_age=np.log(age),
        **{f"language_{name}": languages[name] for name in languages},
    )


def _ours(frame: pd.DataFrame) -> tuple[float, float, float]:
    """Seconds of the processor and of the clock, and the first coefficient."""
    design = frame.drop(columns=["y", "creator", "week"])
    seconds, clock = [], []
    for _ in range(1 + FITS):
        began, at = time.process_time(), time.perf_counter()
        creators, weeks = Groups.of(frame["creator"]), Groups.of(frame["week"])
        y = frame["y"].to_numpy(dtype=np.float64)
        model = poisson_fixed_effects(y, design, None, creators, weeks)
        standard_errors(model, [model.creators])
        seconds.append(time.process_time() - began)
        clock.append(time.perf_counter() - at)
    return min(seconds[1:]), min(clock[1:]), float(model.beta[0])


def _by_pyfixest(path: Path) -> dict[str, float] | None:
    uv = Path(sys.executable).with_name("uv")
    script = Path(__file__).parents[1] / "scripts" / "pyfixest_seconds.py"
    command = [str(uv), "run", "--quiet", "--no-project", "--with", f"pyfixest=={VERSION}"]
    threads = dict.fromkeys((*LIBRARIES, "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    answer = subprocess.run(
        [*command, str(script), str(path)],
        capture_output=True,
        text=True,
        env=os.environ | threads,
    )
    if answer.returncode:
        print(answer.stderr[-400:], file=sys.stderr)
        return None
    result: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return result
