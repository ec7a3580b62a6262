"""Bayesian surprise of counts: a Gamma belief about a Poisson rate, with forgetting.

The belief before n data of sum x is Ga(a, b) (shape, rate); after them it is Ga(a + x, b + n).
Surprise is KL(posterior‖prior) in nats, the direction of Baldi & Itti (2010, doi
10.1016/j.neunet.2009.12.007). Here x is what changed within n = 3 ticks: an event may fall into two
ticks, and its start must not make its end expected. Forgetting multiplies the learnt part by ζ each
tick, so the memory is 1/(1-ζ) ticks. The innate prior Ga(2, 2), worth two data, stays.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Belief:
    """The learnt rates of each cell, in several memories with their own pace of forgetting.

    `most` caps a datum, so that one cell cannot outweigh the rest without bound.
    """

    def __init__(self, cells: int, forgetting: tuple[float, ...], most: float = np.inf):
        self._most = most
        self._forgetting = np.array(forgetting)[:, None]
        # Per memory the learnt part of each cell's shape, and in the last column that of the rate.
        self._learnt = np.zeros((len(forgetting), cells + 1))
        self._prior = np.append(np.full(cells, _SHAPE), _RATE)
        self._fresh = True
        self._latest: list[Floats] = []  # data that are still judged, not learnt yet

    def surprise(
        self,
        counts: NDArray[np.floating],
        breaks: NDArray[np.bool_] | None = None,
        new: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """Nats of each tick (row), per cell: the mean of the memories.

        `counts` >= 0 are what changed within TOGETHER ticks, up to each of the next ones. A tick is
        learnt when no later datum holds it any more. The first row is 0. A tick marked in `breaks`
        is 0 and teaches nothing. Where it is marked in `new`, too, most of the belief is forgotten.
        Without `new` that happens at each break. A cell without counts is 0.
        """
        data = np.minimum(counts.astype(np.float64), self._most)
        lessons = np.append(data / TOGETHER, np.ones((len(data), 1)), axis=1)
        beliefs = np.empty((len(self._learnt), *lessons.shape))
        for tick, lesson in enumerate(lessons):
            if self._fresh or (breaks is not None and breaks[tick]):
                if new is None or new[tick]:
                    self._learnt *= AFTER_BREAK
                self._latest, self._fresh = [], False
                data[tick] = 0.0
                continue
            self._learnt *= self._forgetting
            if len(self._latest) == TOGETHER:
                self._learnt += self._latest.pop(0)
            np.add(self._learnt, self._prior, out=beliefs[:, tick])
            self._latest.append(lesson)
        return _nats(data, beliefs)


def _nats(data: Floats, beliefs: Floats) -> NDArray[np.float32]:
    """The mean surprise of all memories at each datum > 0 (ticks x cells), 0 at the others.

    `beliefs` are those before the data: memories x ticks x (a shape per cell, then the rate).
    """
    nats = np.zeros(data.size, np.float32)
    flat, rates = beliefs.reshape(len(beliefs), -1), beliefs[:, :, -1]
    changed = np.flatnonzero(data)
    for first in range(0, len(changed), _AT_ONCE):
        some = changed[first : first + _AT_ONCE]
        ticks = some // data.shape[1]
        before, rate = flat.take(some + ticks, axis=1), rates.take(ticks, axis=1)
        after = before + data.take(some)
        nats[some] = divergence(after, rate + TOGETHER, before, rate).mean(axis=0)
    return nats.reshape(data.shape)


def divergence(a1: Floats, b1: Floats, a0: Floats, b0: Floats) -> Floats:
    """KL(Ga(a1, b1)‖Ga(a0, b0)) in nats, shape and rate parameters > 0."""
    nats = (
        (a1 - a0) * digamma(a1)
        - log_gamma(a1)
        + log_gamma(a0)
        + a0 * (np.log(b1) - np.log(b0))
        + a1 * (b0 - b1) / b1
    )
    return np.asarray(np.maximum(nats, 0.0))  # rounding may leave -1e-15


def digamma(x: Floats) -> Floats:
    """ψ(x) for x >= 1 to about 1e-11: six steps of the recurrence, then the asymptotic series."""
    steps = 1 / x
    for n in range(1, _STEPS):
        steps += 1 / (x + n)
    far = x + _STEPS
    inverse = 1 / far**2  # Abramowitz & Stegun 6.3.18
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse / 240)))
    return np.asarray(np.log(far) - 0.5 / far - series - steps)


def log_gamma(x: Floats) -> Floats:
    """lnΓ(x) for x >= 1 to about 1e-11: six steps of the recurrence, then Stirling's series."""
    product = x.copy()
    for n in range(1, _STEPS):
        product *= x + n
    far = x + _STEPS
    inverse = 1 / far**2  # Abramowitz & Stegun 6.1.41
    series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / far
    return np.asarray(
        (far - 0.5) * np.log(far) - far + 0.5 * np.log(2 * np.pi) + series - np.log(product)
    )


# The share of the learnt belief that survives the start of a new shot.
AFTER_BREAK = 0.1
_SHAPE, _RATE = 2.0, 2.0  # of the innate prior
TOGETHER = 3  # ticks judged together
_STEPS = 6
_AT_ONCE = 4096  # data: each of some ten arrays fits into the processor's cache
