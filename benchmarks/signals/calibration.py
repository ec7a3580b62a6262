"""The map from nats to 0-100 beside the best map of its form, on the sandbox's library.

The best map has the scores nearest to the planted size x 100, by least squares, over clips with an
oddball or nothing. Bursts of sound are left out: they reach fewer nats (see
docs/reference/signals.md), and a map that compensated for that would score a steady picture as
surprising.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import optimize, stats

from benchmarks.table import Measurement
from local.sandbox.clips import render
from local.sandbox.designs import DESIGNS
from shared.rating.signals import measure, scores

COMMAND = "python -m benchmarks signals"
SEEDS = (7, 8, 9, 10)
KINDS = ("none", "oddball")
_LONGEST_S = 9.0
_POSSIBLE_NATS = (3e2, 1e4)


def measurements() -> Iterator[Measurement]:
    size, nats = planted_sizes()
    best = optimize.minimize_scalar(
        _error, bounds=_POSSIBLE_NATS, args=(size, nats), method="bounded"
    )
    ours = _error(scores.FULL_NATS, size, nats)
    note = (
        f"{100 * ours:.0f} points; best with {best.x:.0f} nats for 100; "
        f"rank correlation of size and score {stats.spearmanr(size, nats).statistic:.2f}"
    )
    name = "signals: error of the map to 0-100 beside the best of its form"
    yield Measurement(name, ours / best.fun, 1.05, COMMAND, note, is_most=True)


def planted_sizes() -> tuple[np.ndarray, np.ndarray]:
    """Planted size (0-1) and measured nats of each clip."""
    clips = []
    with TemporaryDirectory(prefix="calibration-") as folder:
        path = Path(folder) / "clip.mp4"
        for seed in SEEDS:
            for design in DESIGNS:
                if (
                    design.kind in KINDS
                    and design.montage_s is None
                    and design.seconds < _LONGEST_S
                ):
                    render(design, seed, path)
                    clips.append((design.surprise, measure(path).surprise_nats))
    size, nats = np.array(clips).T
    return size, nats


def _error(full_nats: float, size: np.ndarray, nats: np.ndarray) -> float:
    """Root mean square distance of score / 100 from the size."""
    score = np.log1p(nats / scores.STEP_NATS) / np.log1p(full_nats / scores.STEP_NATS)
    return float(np.sqrt(np.mean((np.minimum(1.0, score) - size) ** 2)))
