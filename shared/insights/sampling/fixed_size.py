"""Fixed-size draws with given probabilities: the ordered pivotal method.

Two neighbours fight: one of them takes over the other's probability as far as it fits, until it is
0 or 1 (Deville & Tillé 1998, Biometrika 85(1), 89–101). Each unit is drawn with exactly its
probability, and the number drawn is fixed. In the order of a list, neighbours are hardly ever drawn
together, so the draw is spread over the list as over strata (Chauvet 2012, Biometrics 68, 770–777).
"""

import numpy as np

from shared.insights.statistics.resampling import BoolArray, FloatArray

_ROUNDING = 1e-9


def capped_probabilities(sizes: FloatArray, count: int, least_share: float = 0.0) -> FloatArray:
    """Probabilities (n,) in proportion to sizes ≥ 0 that add up to `count` ≤ n, none above 1.

    No unit has less than `least_share` of the mean probability, so that no weight explodes.
    """
    total = len(sizes)
    if count >= total:
        return np.ones(total)
    positive = sizes if float(sizes.sum()) > 0 else np.ones(total)
    floor = least_share * count / total
    sure = np.zeros(total, dtype=np.bool_)
    while True:
        # A share of each probability is the same for all; the other follows the size.
        shared = floor * int((~sure).sum())
        remaining = count - int(sure.sum()) - shared
        others = float(positive[~sure].sum())
        by_size = positive / others * remaining if others > 0 else np.zeros(total)
        probabilities = np.where(sure, 1.0, floor + by_size)
        if others <= 0:
            probabilities[~sure] = (remaining + shared) / max(int((~sure).sum()), 1)
        over = (probabilities > 1) & ~sure
        if not over.any():
            return np.minimum(probabilities, 1.0)
        sure |= over


def pivotal_draw(probabilities: FloatArray, random: np.random.Generator) -> BoolArray:
    """Which units (n,) are drawn, in the order of the list; their probabilities add up to a whole
    number, which is how many are drawn."""
    drawn = probabilities >= 1 - _ROUNDING
    open_units = np.flatnonzero((probabilities > _ROUNDING) & ~drawn)
    remaining = probabilities.astype(np.float64).copy()
    chances = random.random(len(open_units))
    fighter = -1
    for turn, rival in enumerate(open_units.tolist()):
        if fighter < 0:
            fighter = rival
            continue
        fighter = _fight(remaining, fighter, rival, float(chances[turn]), drawn)
    if fighter >= 0:  # one unit is open: 0 or 1 but for rounding
        drawn[fighter] = (
            remaining[fighter] > chances[0] if len(open_units) == 1 else remaining[fighter] > 0.5
        )
    return drawn


def _fight(remaining: FloatArray, first: int, second: int, chance: float, drawn: BoolArray) -> int:
    """Settle one of two units; returns the one that stays open, or −1 where none does."""
    a, b = float(remaining[first]), float(remaining[second])
    total = a + b
    if total <= 1 - _ROUNDING:
        winner, loser = (first, second) if chance < a / total else (second, first)
        remaining[winner], remaining[loser] = total, 0.0
        return winner
    if total < 1 + _ROUNDING:
        winner, loser = (first, second) if chance < a else (second, first)
        remaining[winner], remaining[loser] = 1.0, 0.0
        drawn[winner] = True
        return -1
    winner, loser = (first, second) if chance < (1 - b) / (2 - total) else (second, first)
    remaining[winner], remaining[loser] = 1.0, total - 1
    drawn[winner] = True
    return loser
