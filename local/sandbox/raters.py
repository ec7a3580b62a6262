"""What the synthetic raters say about a clip: one that reads meaning, and three people.

No model and no person looked at anything. Each answer is drawn around the truth of the clip
(footage.py), from the video's id alone, so every run gives the same answers. The names of these
raters begin with `synthetic/`.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np

from local.sandbox.footage import LibraryClip
from shared.model import digest
from shared.rating_section import Moment, Rating
from shared.rubric_values import RUBRIC_VERSION, Values

MEANING = "synthetic/meaning"
RATED_AFTER = timedelta(hours=1)
"""Time between the library's anchor and all ratings: a run next year gives the same rows."""

_SURPRISING_FROM = 17
"""Below this unexpectedness people name no moment."""


@dataclass(frozen=True, slots=True)
class SyntheticRater:
    """A rater whose answers differ from the truth by `spread` points (one standard deviation).

    `bias` is added to every answer. Raters of one `model` err alike, too: by `model_spread` points
    more on a video. Only a rater of meaning gives words, evidence and all scores.
    """

    name: str
    spread: float
    bias: float = 0.0
    reads_meaning: bool = False
    model: str = ""
    model_spread: float = 0.0

    @property
    def config_hash(self) -> str:
        return digest({"rater": self.name, "spread": self.spread, "bias": self.bias})

    def _bias_at(self, video_id: str, dimension: str) -> float:
        if not self.model_spread:
            return self.bias
        return self.bias + _dice(video_id, self.model, dimension).normal(0, self.model_spread)

    def rate(
        self, clip: LibraryClip, video_id: str, generation: str, replicate: int, anchor: datetime
    ) -> Rating:
        """The rating of one file that shows the clip; another replicate is another answer."""
        dice = _dice(video_id, self.name, str(replicate))
        truth = true_scores(clip)
        names = truth if self.reads_meaning else _SCORES_OF_PEOPLE
        values: dict[str, Any] = {
            name: _score(truth[name] + self._bias_at(video_id, name) + dice.normal(0, self.spread))
            for name in names
        }
        if clip.onset_s is not None and clip.unexpectedness >= _SURPRISING_FROM:
            onset_s = clip.onset_s + dice.normal(0, self.spread / 50)
            values["surprise_onset_s"] = round(float(np.clip(onset_s, 0, None)), 2)
        if self.reads_meaning:
            values |= _meaning(clip, values["unexpectedness"])
            values |= _suspense(clip, _dice(video_id, self.name, str(replicate), "suspense"))
        return Rating(
            rater=self.name,
            generation=generation,
            config_hash=self.config_hash,
            replicate=replicate,
            # The newest answer counts as the rating of the video. That is the first one here.
            rated_at=anchor + RATED_AFTER - timedelta(minutes=replicate),
            status="rated",
            rubric_version=RUBRIC_VERSION,
            values=Values(**values),
            evidence=_evidence(clip) if self.reads_meaning else (),
        )


MEANING_RATER = SyntheticRater(MEANING, spread=3.0, reads_meaning=True)
PROMPTED = tuple(
    SyntheticRater(
        f"synthetic/reader/{model}/{RUBRIC_VERSION}{wording}",
        spread=spread,
        bias=bias,
        model=model,
        model_spread=model_spread,
    )
    for model, model_spread, spread in (("quick", 14.0, 11.0), ("thorough", 7.0, 6.0))
    for wording, bias in (("", 2.0), ("+wording-b", -5.0))
)
"""Two made-up models, each asked in two wordings."""

PEOPLE = (
    SyntheticRater("synthetic/human/ana", spread=8.0, bias=3.0),
    SyntheticRater("synthetic/human/ben", spread=10.0, bias=-4.0),
    SyntheticRater("synthetic/human/chi", spread=9.0, bias=1.0),
)

_SCORES_OF_PEOPLE = (
    "unexpectedness",
    "expectation_gap",
    "emotional_intensity",
    "positivity",
    "negativity",
)


def true_scores(clip: LibraryClip) -> Mapping[str, float]:
    """The rubric's scores of a clip. Most rise with its unexpectedness, some far from strictly."""
    dice = _dice(clip.name)
    surprise, is_loud = float(clip.unexpectedness), clip.event in ("bang", "show")

    def drawn(base: float, slope: float, spread: float) -> float:
        return float(np.clip(base + slope * surprise + dice.normal(0, spread), 0, 100))

    return MappingProxyType(
        {
            "unexpectedness": surprise,
            "expectation_gap": drawn(24, 0.4, 18),
            "explanation_difficulty": drawn(8, 0.5, 12),
            "emotional_intensity": drawn(26 + 10 * is_loud, 0.2, 14),
            "positivity": drawn(48, 0.1, 16),
            "negativity": drawn(14 + 14 * is_loud, 0.05, 10),
            "desirability_expected": drawn(50, 0, 8),
            "desirability_unexpected": drawn(48, 0.08, 12),
            "closeness": drawn(34, 0, 14),
            "cognitive_interruption": drawn(6, 0.75, 9),
            "perceived_realism": drawn(12, 0, 6),
            "sexual_content": 0.0,
            "confidence": drawn(86, -0.08, 5),
        }
    )


def _meaning(clip: LibraryClip, unexpectedness: int) -> dict[str, Any]:
    actual = round(float(np.clip(0.95 - unexpectedness / 105, 0.01, 0.95)), 2)
    return {
        "sexual_content": 0,
        "probability_actual": actual,
        "probability_expected": round(min(0.95, 1 - actual), 2) if clip.violation else actual,
        "setup": clip.expectation.replace("keeps hopping", "hops"),
        "expectation": clip.expectation,
        "event": clip.violation,
        "violation": clip.violation,
        "recognised": False,
    }


def _suspense(clip: LibraryClip, dice: np.random.Generator) -> dict[str, Any]:
    """Suspense and hook. Neither moves the views, and other dice than the scores' draw them."""
    of_clip = _dice(clip.name, "suspense")
    suspense, hook = of_clip.normal(18, 8), of_clip.normal(42, 14)
    if clip.onset_s is None:
        span: dict[str, Any] = {}
    else:
        suspense += 0.25 * clip.unexpectedness
        start_s = max(0.0, clip.onset_s - of_clip.uniform(1, 3))
        span = {"suspense_from_s": round(start_s, 2), "suspense_to_s": round(clip.onset_s, 2)}
        span["suspense_pays_off"] = True
    return span | {
        "suspense": _score(suspense + dice.normal(0, 3)),
        "hook": _score(hook + dice.normal(0, 3)),
    }


def _evidence(clip: LibraryClip) -> tuple[Moment, ...]:
    return tuple(Moment(at_s=moment.at_s, what=moment.what) for moment in clip.evidence)


def _score(value: float) -> int:
    return round(float(np.clip(value, 0, 100)))


def _dice(*words: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32("/".join(words).encode()))
