"""Convergence: do different measures of the same dimension correlate?

Scales differ, so the measure is Spearman's correlation: of a machine with measured signals, with
published annotations and with another machine.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.insights.agreement.ratings import Ratings
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.estimate import Estimate
from shared.insights.statistics.pairs import ColumnPair
from shared.insights.statistics.resampling import Groups
from shared.insights.statistics.spearman import spearman_and_partial
from shared.insights.statistics.weighted_correlation import spearman

SIGNALS = "signals/"


def convergence(ratings: Ratings) -> list[dict[str, Any]]:
    """Every machine with every other machine of another family and every benchmark."""
    return list(_convergence(ratings))


def _convergence(ratings: Ratings) -> Iterator[dict[str, Any]]:
    for dimension in ratings.dimensions:
        machines = ratings.of(dimension, "machine")
        others = [*machines, *ratings.of(dimension, "benchmark")]
        for position, machine in enumerate(machines):
            for other in others[position + 1 :]:
                if family(other) != family(machine):
                    table = ratings.table(dimension, [machine, other]).values
                    rho = spearman(table[:, 0], table[:, 1])
                    yield {"dimension": dimension, "raters": [machine, other]} | rho.document()


def family(rater: str) -> str:
    """`gemini` of `gemini/model/1.0+rag`."""
    return rater.partition("/")[0]


def beyond_motion(ratings: Ratings, machine: str) -> Estimate:
    """Partial correlation of measured surprise and the machine's unexpectedness, given motion."""
    prefixes = {"surprise_nats": SIGNALS, "motion": SIGNALS, "unexpectedness": machine}
    columns = {name: _first_values(ratings, name, prefix) for name, prefix in prefixes.items()}
    frame = pd.DataFrame(columns).dropna().sort_index()
    if frame.empty:
        return Estimate(None, note="no video has both")
    pair = ColumnPair("surprise_nats", "unexpectedness")
    try:
        _, effect = spearman_and_partial(
            frame, [pair], frame[["motion"]], Groups.of(frame.index), resamples=0, seed=0
        )
    except NotEstimable as error:
        return Estimate(None, n=len(frame), note=error.sentence)
    return Estimate(effect.estimate, effect.ci_low, effect.ci_high, len(frame), effect.note)


def _first_values(ratings: Ratings, dimension: str, prefix: str) -> pd.Series:
    """First values by video, of the newest rater whose name begins with the prefix."""
    raters = [rater for rater in ratings.of(dimension, "machine") if rater.startswith(prefix)]
    values = ratings.first_values(dimension, raters[-1]) if raters else {}
    return pd.Series(values, dtype=np.float64)
