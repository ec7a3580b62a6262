"""Bayesian surprise of counts: a Gamma belief about a Poisson rate, with forgetting.

The belief before a datum x is Ga(a, b) (shape, rate); after it, Ga(a + x, b + 1). Surprise is
KL(posterior‖prior) in nats, the direction of Baldi & Itti (2010, doi
10.1016/j.neunet.2009.12.007). Forgetting multiplies what was learnt by ζ each tick, so the
memory is 1/(1-ζ) ticks; the innate prior Ga(1, 1) (ordinary rate 1, worth one datum) stays.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def surprise(
    counts: NDArray[np.floating], forgetting: float, breaks: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """Nats for each tick (row) and cell (column) of `counts` >= 0; the first row is 0.

    At a tick marked in `breaks` the belief is mostly forgotten and the datum is not scored.
    """
    nats = np.zeros(counts.shape, np.float32)
    learnt, seen = np.zeros(counts.shape[1]), 0.0
    for start in range(0, len(counts), _CHUNK):  # bounded scratch memory for long clips
        part = counts[start : start + _CHUNK].astype(np.float64)
        shapes, rates = np.ones(part.shape), np.ones((len(part), 1))
        scored = np.ones(len(part), dtype=bool)
        for row, datum in enumerate(part):
            tick = start + row
            if tick == 0 or (breaks is not None and breaks[tick]):
                learnt, seen = learnt * AFTER_BREAK, seen * AFTER_BREAK
                scored[row] = False
                continue
            learnt, seen = forgetting * learnt, forgetting * seen
            shapes[row] += learnt
            rates[row] += seen
            learnt, seen = learnt + datum, seen + 1.0
        found = divergence(shapes + part, rates + 1.0, shapes, rates)
        nats[start : start + len(part)] = np.where(scored[:, None], found, 0.0)
    return nats


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
    steps = sum((1 / (x + n) for n in range(1, _STEPS)), 1 / x)
    far = x + _STEPS
    inverse = 1 / far**2
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse / 240)))
    return np.asarray(np.log(far) - 0.5 / far - series - steps)


def log_gamma(x: Floats) -> Floats:
    """lnΓ(x) for x >= 1 to about 1e-11: six steps of the recurrence, then Stirling's series."""
    product = x.copy()
    for n in range(1, _STEPS):
        product *= x + n
    far = x + _STEPS
    inverse = 1 / far**2
    series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / far
    return np.asarray(
        (far - 0.5) * np.log(far) - far + 0.5 * np.log(2 * np.pi) + series - np.log(product)
    )


# What is left of the learnt belief when a new shot starts.
AFTER_BREAK = 0.1
_STEPS = 6
_CHUNK = 128
