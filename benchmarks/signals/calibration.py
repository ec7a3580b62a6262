"""The map from nats to 0-100 beside the best of its form, on the library that the sandbox makes.

The best is the one whose scores are nearest to the planted size x 100, by least squares, over the
clips with an oddball or nothing. Bursts of sound are left out: they reach fewer nats (see
docs/signals.md), and a map that made up for that would call a steady picture surprising.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import optimize, stats

from benchmarks.table import Figure
from local.sandbox.clips import render
from local.sandbox.designs import DESIGNS
from shared.rating.signals import measure, scores

COMMAND = "python -m benchmarks signals"
SEEDS = (7, 8, 9, 10)
KINDS = ("none", "oddball")
_LONGEST_S = 9.0


def figures() -> Iterator[Figure]:
    size, nats = planted()
    best = optimize.minimize(
        _error, [scores.HALF_NATS, scores.EXPONENT], (size, nats), "Nelder-Mead"
    )
    ours = _error(np.array([scores.HALF_NATS, scores.EXPONENT]), size, nats)
    half, exponent = best.x
    note = (
        f"{100 * ours:.0f} points; best with {half:.0f} nats and {exponent:.2f}; "
        f"rank correlation of size and score {stats.spearmanr(size, nats).statistic:.2f}"
    )
    name = "signals: error of the map to 0-100 beside the best of its form"
    yield Figure(name, ours / best.fun, 1.05, COMMAND, note, is_most=True)


def planted() -> tuple[np.ndarray, np.ndarray]:
    """Planted size (0-1) and measured nats of each clip."""
    found = []
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
                    found.append((design.surprise, measure(path).surprise_nats))
    size, nats = np.array(found).T
    return size, nats


def _error(half_and_exponent: np.ndarray, size: np.ndarray, nats: np.ndarray) -> float:
    """Root mean square distance of score / 100 from the size."""
    half, exponent = half_and_exponent
    strength = (nats / max(half, 1e-9)) ** exponent
    return float(np.sqrt(np.mean((strength / (1 + strength) - size) ** 2)))
