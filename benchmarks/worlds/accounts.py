"""Worlds of one, two or five accounts, whose videos in time may be like their neighbours.

Accounts have 36 to 100 videos, one every other day, and nothing is planted. Surprise and log views
both follow a first-order autoregression with coefficient ρ, and both rise over time.
"""

from functools import partial

import numpy as np

from benchmarks.worlds.world import Draw, Floats, World

VIDEOS = (36, 60, 100)
_DAYS_BETWEEN = 2.0


def accounts(draw: Draw, rho: float) -> tuple[Floats, Floats]:
    """s = z(day) / 3 + AR(ρ), ln m = 6 + C + z(day) / 3 + AR(ρ)."""
    order = np.arange(draw.n) - np.searchsorted(draw.creators, draw.creators)
    draw.day = _DAYS_BETWEEN * order + draw.rng.uniform(0, 1, draw.n)
    rise = (draw.day - draw.day.mean()) / draw.day.std() / 3
    surprise, luck = (_autoregression(draw, order, rho) for _ in range(2))
    return rise + surprise, 6 + draw.creator() + rise + luck


def _autoregression(draw: Draw, order: np.ndarray, rho: float) -> Floats:
    """A stationary series per account, of variance 1."""
    noise = draw.video()
    series = noise.copy()
    for row in np.flatnonzero(order > 0):
        series[row] = rho * series[row - 1] + np.sqrt(1 - rho**2) * noise[row]
    return series


ACCOUNT_WORLDS = tuple(
    World(
        name=f"accounts_{count}_rho_{rho:g}",
        title=f"no effect, {count} {'account' if count == 1 else 'accounts'}, ρ = {rho:g}",
        generate=partial(accounts, rho=rho),
        accounts=count,
        videos_of_account=VIDEOS,
    )
    for count in (1, 2, 5)
    for rho in (0.0, 0.3, 0.5)
)
