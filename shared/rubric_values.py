"""The fields of a rating and of a measurement, with their ranges.

`make generate` writes this module from rubric.yaml; edit that.
"""

from shared.inputs.field_types import (
    Checked,
    Integer,
    Language,
    Probability,
    Score,
    Seconds,
    Sentence,
)

RUBRIC_VERSION = "2.0"


class Values(Checked):
    """The rated dimensions. None means that the rater could not tell."""

    setup: Sentence | None = None
    """What the video sets up before its most surprising moment."""

    expectation: Sentence | None = None
    """What a viewer expects after the set-up."""

    event: Sentence | None = None
    """What happens at that moment."""

    violation: Sentence | None = None
    """How the event violates that expectation."""

    surprise_onset_s: Seconds | None = None
    """Time at which the most surprising moment begins."""

    suspense_from_s: Seconds | None = None
    """Time at which the strongest suspense begins."""

    suspense_to_s: Seconds | None = None
    """Time at which that suspense ends."""

    suspense_pays_off: bool | None = None
    """Whether the video shows the outcome that the suspense is about."""

    recognised: bool | None = None
    """Whether the rater knows this clip, or another copy of it, from elsewhere."""

    unexpectedness: Score | None = None
    """How far the most surprising moment departs from what a viewer would predict just before it."""

    expectation_gap: Score | None = None
    """Distance between what the set-up leads a viewer to expect and what happens."""

    probability_expected: Probability | None = None
    """Probability, just before the moment, of the outcome that the set-up implies."""

    probability_actual: Probability | None = None
    """Probability, just before the moment, of the outcome that is shown."""

    suspense: Score | None = None
    """How strongly a viewer waits in tension for an outcome that is still open."""

    hook: Score | None = None
    """How strongly the first 3 seconds hold a viewer."""

    explanation_difficulty: Score | None = None
    """How hard it is to explain how the outcome came about."""

    emotional_intensity: Score | None = None
    """Arousal that the video evokes at its strongest, pleasant or not."""

    positivity: Score | None = None
    """Strength of the pleasant feelings that the video evokes."""

    negativity: Score | None = None
    """Strength of the unpleasant feelings that the video evokes."""

    desirability_expected: Score | None = None
    """How desirable the expected outcome would have been for a typical viewer."""

    desirability_unexpected: Score | None = None
    """How desirable the outcome shown is for a typical viewer."""

    closeness: Score | None = None
    """Psychological closeness of what is shown to a typical viewer's own life."""

    cognitive_interruption: Score | None = None
    """How strongly the moment interrupts the viewer's ongoing train of thought."""

    perceived_realism: Score | None = None
    """How authentic, as opposed to staged or generated, the events look."""

    sexual_content: Score | None = None
    """Explicitness of sexual content."""

    language: Language | None = None
    """Main language spoken or written in the video."""

    confidence: Score | None = None
    """Confidence of the rater in this rating as a whole."""


class Measures(Checked):
    """Measurements of a file. None means that the file could not be measured so."""

    duration_s: Seconds | None = None
    """Duration of what could be decoded."""

    width: Integer | None = None
    """Display width in pixels after rotation."""

    height: Integer | None = None
    """Display height in pixels after rotation."""

    rotation: Integer | None = None
    """Rotation flag of the file in degrees clockwise: 0, 90, 180 or 270."""

    fps: float | None = None
    """Mean frames per second."""

    has_audio: bool | None = None
    """Whether the file has an audio stream that could be decoded."""

    cuts: Integer | None = None
    """Number of hard cuts."""

    transitions: Integer | None = None
    """Number of gradual edits: dissolves, wipes, fades and flashes."""

    motion: float | None = None
    """Mean change of luma, in percent of full scale per 0.1 s."""

    loudness_lufs: float | None = None
    """Integrated loudness (ITU-R BS.1770) in LUFS; NULL when silent or without audio."""

    surprise_nats: float | None = None
    """Strongest Bayesian surprise, corrected for motion and edits, in nats."""

    surprise_raw_nats: float | None = None
    """Strongest Bayesian surprise before either correction, in nats."""

    arousal_proxy: float | None = None
    """Measured arousal, 0–100: motion, rhythm of edits and loudness. No person and no model felt it."""

    surprise_nats_first_3s: float | None = None
    """Highest value of the surprise curve in the first 3 s, in nats."""

    motion_first_3s: float | None = None
    """Mean of the motion curve in the first 3 s, in percent of full scale per 0.1 s."""

    arousal_proxy_first_3s: float | None = None
    """Mean of the arousal curve in the first 3 s, 0–100."""

    loudness_lufs_first_3s: float | None = None
    """Loudness of the first 3 s in LUFS; NULL when silent or without audio."""
