"""One verdict for an effect that several raters measured on the same videos.

Choosing the rater with the smallest p claims far too much, and the smallest p times the number of
raters far too little, because raters agree with each other. So the raters are tested together, as
the analyses of a specification curve are (Simonsohn, Simmons & Nelson 2020, Nat. Hum. Behav. 4,
1208–1214): videos of a creator exchange their ratings, all raters' ratings of a video move
together, and the mean of the raters' studentised effects is compared with what it then is. Nothing
is fitted again: the effect of a rater is the score of its rating at the model without it.

The rating enters less what creators, weeks and other columns explain of it, by ordinary least
squares: the residual counts are orthogonal to these columns unweighted. The fit makes that
remainder smaller than the rating's own variation, which exchanged ratings would inherit, so they
are scaled up (the degrees of freedom of Freedman & Lane 1983 and Smith in Winkler et al. 2014,
NeuroImage 92, 381–397). Each sum is over its own standard error, which finds .59 instead of .52 of
effects where counts have a Pareto tail (benchmarks/raters/tuning.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from shared.insights.statistics.effect import TooFew
from shared.insights.statistics.fixed_effects import FixedEffectsFit
from shared.insights.statistics.products import applied, crossed
from shared.insights.statistics.resampling import BoolArray, FloatArray, Groups, IntArray

DRAWS = 1_999
_LEAST_DRAWS = 199
_MOST_CELLS = 3e8
"""Of draws × videos × raters, some seconds of work. Larger tables get fewer draws: 500 for 100,000
videos of 6 raters."""

_AT_ONCE = 2**21
_TIE = 1 - 1e-9
_DEPENDENT = 1e-10


@dataclass(frozen=True, slots=True)
class NullScore:
    """What a rater's score is the sum of, at the model without its rating.

    `rows` (n,) are positions among all videos. `residual` (n,) are counts less their fitted means,
    `free` (n,) is the rating less what creators, weeks and other columns explain of it. `inflation`
    (≥ 1) is how much smaller the fit made `free`. `gaps` are those rows that were not rated.
    """

    rows: IntArray
    residual: FloatArray
    free: FloatArray
    inflation: float
    gaps: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @classmethod
    def of(cls, model: FixedEffectsFit, rating: FloatArray, rows: IntArray) -> "NullScore":
        """From a model without the rating; `rating` and `rows` belong to the rows it used.

        Raises TooFew where nothing of the rating is left.
        """
        weeks = 0 if model.weeks is None else model.weeks.count - 1
        n, fitted = len(rating), model.x.shape[1] + weeks
        spare = n - model.creators.count
        free = _remainder(model, rating)
        if spare <= fitted or float((free**2).sum()) <= _DEPENDENT * float((rating**2).sum()):
            raise TooFew("nothing of the rating varies within creators beyond the other columns")
        return cls(rows, model.y - model.mean, free, float(np.sqrt(spare / (spare - fitted))))

    def filled(self, rows: IntArray, residual: FloatArray) -> "NullScore":
        """The score with residuals of videos that the rater did not rate; there its rating is 0.

        Ratings are exchanged with those of unrated videos, too. If these had no residual, raters
        that lack 15 % would agree less once exchanged than as observed, and .068 of null samples
        would be significant.
        """
        unrated = ~np.isin(rows, self.rows)
        every = np.concatenate([self.rows, rows[unrated]])
        order = np.argsort(every, kind="stable")
        residuals = np.concatenate([self.residual, residual[unrated]])
        free = np.concatenate([self.free, np.zeros(int(unrated.sum()))])
        return NullScore(every[order], residuals[order], free[order], self.inflation, rows[unrated])


def _remainder(model: FixedEffectsFit, rating: FloatArray) -> FloatArray:
    """The rating (n,) less its unweighted projection on creators, weeks and columns."""
    columns = np.column_stack([rating, model.x])
    swept = model.absorbed.swept(columns, np.ones(len(rating)))
    free, others = swept[:, 0], swept[:, 1:]
    gram = crossed(others, others)
    unit = 1 / np.sqrt(np.maximum(np.diag(gram), 1e-300))
    system = np.linalg.pinv(gram * np.outer(unit, unit), rcond=_DEPENDENT, hermitian=True)
    slopes = applied(np.asarray(system, dtype=np.float64), unit * crossed(others, free)) * unit
    remainder: FloatArray = free - applied(others, slopes)
    return remainder


@dataclass(frozen=True, slots=True)
class JointVerdict:
    """The joint test. `z` are the raters' studentised effects, `statistic` is their mean."""

    z: tuple[float, ...]
    statistic: float
    p: float
    draws: int

    @property
    def sign(self) -> int:
        """1 for more, -1 for fewer, 0 for neither."""
        return int(np.sign(self.statistic))


def joint_verdict(
    scores: Sequence[NullScore], units: Groups, seed: int, draws: int = DRAWS
) -> JointVerdict:
    """Test that no rater's rating goes with the counts.

    `units` (all videos) are the creators, or parts of them within which videos may be exchanged.
    The p value is two-sided and at least 1 / (draws + 1). Raises TooFew without a score, or where
    no unit has two videos.
    """
    if not scores:
        raise TooFew("no rater has an effect that can be tested")
    residual, free = (_table(scores, units, name) for name in ("residual", "free"))
    used = (residual != 0).any(axis=1) | (free != 0).any(axis=1)
    units = units.where(used)
    if units.count == units.n:
        raise TooFew("no creator has two rated videos")
    order = np.argsort(units.codes, kind="stable")
    codes, residual, free = units.codes[order], residual[used][order], free[used][order]
    inflation = np.array([score.inflation for score in scores])
    rated = np.column_stack([~_mask(score.gaps, len(used)) for score in scores])[used][order]
    inflation = inflation * _lost_means((residual * free) ** 2, rated, codes)
    cells = residual.size
    draws = int(max(min(draws, _LEAST_DRAWS), min(draws, _MOST_CELLS // cells)))
    random = np.random.default_rng(seed)
    z = _studentised(residual, free[None])[0]
    observed = abs(float(z.mean())) * _TIE
    farther = 0
    for first in range(0, draws, batch := max(1, _AT_ONCE // cells)):
        keys = codes + random.random((min(batch, draws - first), len(codes)))
        exchanged = _studentised(residual, free[np.argsort(keys, axis=1)]) * inflation
        farther += int((np.abs(exchanged.mean(axis=1)) >= observed).sum())
    p = (1 + farther) / (draws + 1)
    return JointVerdict(tuple(z.tolist()), float(z.mean()), p, draws)


def _table(scores: Sequence[NullScore], units: Groups, name: str) -> FloatArray:
    """(videos, raters), without each unit's mean, over the largest value; 0 where not rated."""
    table = np.zeros((units.n, len(scores)))
    for rater, score in enumerate(scores):
        values, own = getattr(score, name), units.where(_mask(score.rows, units.n))
        values = values - own.means(values)[own.codes]
        largest = float(np.abs(values).max(initial=0.0))
        table[score.rows, rater] = values / largest if largest > 0 else 0.0
    return table


def _lost_means(squares: FloatArray, is_rated: BoolArray, codes: IntArray) -> FloatArray:
    """By how much (raters,) observed effects are wider than exchanged ones; 1 without gaps.

    The mean of a creator's m rated videos is taken from both sides, so the standard error is too
    small by √((m - 1) / m). Exchanged ratings meet all n videos of the creator.
    """
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    sizes = np.diff(np.append(starts, len(codes)))[:, None]
    rated = np.add.reduceat(is_rated, starts, axis=0, dtype=np.float64)
    squares = np.add.reduceat(squares, starts, axis=0)
    observed = (squares * rated / np.maximum(rated - 1, 1)).sum(axis=0)
    exchanged = (squares * sizes / np.maximum(sizes - 1, 1)).sum(axis=0)
    ratio = np.divide(observed, exchanged, out=np.ones(len(observed)), where=exchanged > 0)
    lost: FloatArray = np.sqrt(np.maximum(ratio, 1.0))
    return lost


def _mask(rows: IntArray, n: int) -> np.ndarray:
    mask = np.zeros(n, dtype=bool)
    mask[rows] = True
    return mask


def _studentised(residual: FloatArray, free: FloatArray) -> FloatArray:
    """Scores over their standard errors: (n, raters) and (draws, n, raters) to (draws, raters).

    A video counts for its error with what it adds (White 1980); 0 where nothing varies.
    """
    sums = np.einsum("nr,dnr->dr", residual, free)
    errors = np.sqrt(np.einsum("nr,dnr->dr", residual**2, free**2))
    z: FloatArray = np.divide(sums, errors, out=np.zeros_like(sums), where=errors > 0)
    return z
