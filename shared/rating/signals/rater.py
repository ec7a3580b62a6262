"""The rater that measures pixels and sound. Dimensions of meaning stay empty."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from shared.model import digest
from shared.rating.rater import MediaToRate, RaterAnswer
from shared.rating.signals import VERSION, Signals, Unratable
from shared.rating.signals.examine import Examination, examine
from shared.rating_section import Curves
from shared.rubric_values import Measures, Values

_FIRST_S = 3  # seconds in which a viewer decides to stay

_RUBRIC_VERSION = "1.0"
"""The rubric whose range of unexpectedness is measured. Words and anchors change nothing here, so a
new rubric does not make new ratings."""


@dataclass(frozen=True)
class SignalsRater:
    """Measures surprise and a proxy of arousal; docs/reference/signals.md has their validity."""

    name: str = f"signals/{VERSION}"
    condition: str = "signals"
    sees_caption: bool = False
    examine: Callable[[Path], Examination] = examine
    """Examines a file in this process, or in a fork, where it can only kill its own decoder."""

    @cached_property
    def config_hash(self) -> str:
        return digest({"rater": self.name})

    def rate(self, media: MediaToRate) -> RaterAnswer:
        """Rate one video. Raises DecoderDied when files are examined in forks."""
        answer = self._answer(media)
        return replace(answer, model_version=VERSION, rubric_version=_RUBRIC_VERSION)

    def _answer(self, media: MediaToRate) -> RaterAnswer:
        try:
            with media.open() as path:
                examined = self.examine(path)
        except Unratable as error:
            return RaterAnswer(status="unratable", reason=error.reason)
        signals = examined.signals
        if "truncated" in signals.flags:
            # The missing part may hold the surprise, so the rest is not scored.
            return RaterAnswer(
                status="unratable",
                reason="truncated",
                measures=_measures(signals),
                curves=_curves(signals),
                flags=signals.flags,
            )
        return RaterAnswer(
            status="rated",
            values=_values(signals),
            measures=_measures(signals),
            curves=_curves(signals),
            frame=examined.frame,
            flags=signals.flags,
        )


def _curves(signals: Signals) -> Curves:
    return Curves(
        surprise=signals.surprise_curve,
        motion=signals.motion_curve,
        arousal=signals.arousal_curve,
        loudness=signals.loudness_curve,
    )


def _values(signals: Signals) -> Values:
    return Values(
        unexpectedness=signals.unexpectedness,
        surprise_onset_s=signals.onset_s,
    )


def _measures(signals: Signals) -> Measures:
    return Measures(
        duration_s=signals.duration_s,
        width=signals.width,
        height=signals.height,
        rotation=signals.rotation,
        fps=signals.fps,
        has_audio=signals.has_audio,
        cuts=len(signals.cuts_s),
        transitions=len(signals.transitions),
        motion=signals.motion,
        loudness_lufs=signals.loudness_lufs,
        surprise_nats=signals.surprise_nats,
        surprise_raw_nats=signals.surprise_raw_nats,
        arousal_proxy=signals.arousal,
        surprise_nats_first_3s=max(signals.surprise_curve[:_FIRST_S], default=None),
        motion_first_3s=_mean(signals.motion_curve),
        arousal_proxy_first_3s=_mean(signals.arousal_curve),
        loudness_lufs_first_3s=_loudness(signals.loudness_curve),
    )


def _mean(curve: tuple[float, ...]) -> float | None:
    """Mean of a curve's first seconds, None for an empty one."""
    first = curve[:_FIRST_S]
    return round(sum(first) / len(first), 4) if first else None


def _loudness(curve: tuple[float | None, ...]) -> float | None:
    """Loudness of the first seconds by their mean power, in LUFS; None where all are silent."""
    first = curve[:_FIRST_S]
    powers = [10 ** (level / 10) for level in first if level is not None]
    return round(10 * math.log10(sum(powers) / len(first)), 2) if powers else None
