"""Random tables of counts with zeros, offsets and separated rows, and which rows are separated.

Separation is decided by linear programming here, as the definition says it, and by least squares in
the product.
"""

import numpy as np
import pandas as pd
from scipy.optimize import linprog

SEEDS = range(40)


def random_counts(seed):
    """Up to 600 videos of creators in weeks, with sounds that creators share.

    Every third table has a column that separates its rows, every fifth a week without counts, and
    every second an exposure.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(60, 600))
    frame = pd.DataFrame(
        {
            "creator": rng.integers(0, n // 6, n),
            "week": rng.integers(0, rng.integers(3, 15), n),
            "sound": rng.integers(0, n // 4, n),
            "x": rng.normal(size=n),
            "flag": (rng.random(n) < 0.1).astype(float),
            "offset": np.log(rng.uniform(1, 10, n)) if seed % 2 else np.zeros(n),
        }
    )
    level = rng.normal(size=n // 6)[frame["creator"]]
    mean = np.exp(level + 0.3 * frame["x"] + frame["offset"] - 2 + frame["week"] / 20)
    frame["y"] = rng.poisson(mean * rng.gamma(0.7, 1 / 0.7, n)).astype(float)
    if seed % 3 == 0:
        frame.loc[frame["flag"] == 1, "y"] = 0.0
    if seed % 5 == 0:
        frame.loc[frame["week"] == 2, "y"] = 0.0
    return frame


def informative(frame, columns=("x", "flag")):
    """Which rows are neither separated nor alone with their creator or in their week."""
    kept = np.ones(len(frame), dtype=bool)
    while True:
        table = frame[kept]
        sizes = [table.groupby(name)["y"].transform("size") for name in ("creator", "week")]
        fails = separated_by_definition(table, columns) | (np.minimum(*sizes) == 1).to_numpy()
        if not fails.any():
            return kept
        kept[np.flatnonzero(kept)[fails]] = False


def separated_by_definition(frame, columns):
    """Rows with a positive value in some combination of columns and dummies that is 0 wherever
    y > 0 and never negative where y = 0.

    Such combinations may be added and scaled, so the largest Σ min(1, value) finds all rows at
    once.
    """
    dummies = pd.get_dummies(frame[["creator", "week"]].astype(str)).to_numpy(dtype=float)
    design = np.column_stack([frame[list(columns)], dummies])
    zero = (frame["y"] == 0).to_numpy()
    if not zero.any():
        return zero
    rows, k = int(zero.sum()), design.shape[1]
    programme = linprog(
        np.concatenate([np.zeros(k), -np.ones(rows)]),
        A_ub=np.hstack([-design[zero], np.eye(rows)]),
        b_ub=np.zeros(rows),
        A_eq=np.hstack([design[~zero], np.zeros((int((~zero).sum()), rows))]),
        b_eq=np.zeros(int((~zero).sum())),
        bounds=[(None, None)] * k + [(0, 1)] * rows,
    )
    separated = np.zeros(len(frame), dtype=bool)
    separated[np.flatnonzero(zero)] = programme.x[k:] > 0.5
    return separated
