"""Correction for multiple tests: Benjamini–Hochberg for all effects but the primary."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from shared.insights.statistics.distributions import false_discovery_control
from shared.insights.statistics.effect import Effect


def with_q(effects: Sequence[Effect], primary: int | None = None) -> tuple[Effect, ...]:
    """The same effects with q, the false discovery rate (Benjamini & Hochberg 1995, JRSS B 57).

    The family is every effect with a p except the one at index `primary`: that was declared
    beforehand and keeps its p (its q is None).
    """
    family = [
        index for index, effect in enumerate(effects) if index != primary and effect.p is not None
    ]
    adjusted: dict[int, float] = {}
    if family:
        ps = np.array([effects[index].p for index in family], dtype=np.float64)
        q_values = false_discovery_control(ps)
        adjusted = dict(zip(family, q_values.tolist(), strict=True))
    return tuple(replace(effect, q=adjusted.get(index)) for index, effect in enumerate(effects))
