"""The rating of a record: what one rater answered for one media file."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.inputs.field_types import Checked, Count, Instant, Seconds, Text, Word
from shared.rubric_values import Measures, Values

Parameters = Annotated[dict[Word, Word | int | float | bool], Field(max_length=50)]
Curve = Annotated[tuple[float | None, ...], Field(max_length=3_600)]
Status = Literal["rated", "refused", "unratable", "no_media"]


class Moment(Checked):
    """A moment that supports a rating, `at_s` seconds from the start."""

    at_s: Seconds
    what: Text


class Curves(Checked):
    """The course of a video, one value per started second; None where it is unknown."""

    surprise: Curve = ()
    """Highest Bayesian surprise of the second beyond the ordinary, in nats, without edits."""

    motion: Curve = ()
    """Mean change of luma, % of full scale per 0.1 s."""

    arousal: Curve = ()
    """0-100, a proxy."""

    loudness: Curve = ()
    """LUFS; None where it is silent."""


class Rating(Checked):
    """One rater's answer for one generation of a video's media.

    `config_hash` covers prompt, schema and parameters: a change of one makes another rating.
    `cards` are the ids of the literature cards that the rater was shown before the rubric.
    `input_tokens` includes video and sound, `output_tokens` includes thinking.
    Values are present exactly when the status is `rated`. Otherwise `reason` says why not.
    """

    rater: Annotated[str, Field(pattern=r"^[a-z0-9]+(/[A-Za-z0-9][A-Za-z0-9._+-]*){0,4}$")]
    generation: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
    config_hash: Annotated[str, Field(pattern=r"^[a-z0-9]{4,64}$")]
    replicate: Annotated[int, Field(ge=0, lt=1_000)] = 0
    rated_at: Instant
    status: Status
    reason: Word | None = None
    rubric_version: Word | None = None
    model_version: Word | None = None
    values: Values | None = None
    measures: Measures | None = None
    curves: Curves | None = None
    evidence: tuple[Moment, ...] = Field(default=(), max_length=100)
    flags: tuple[Word, ...] = Field(default=(), max_length=50)
    cards: tuple[Word, ...] = Field(default=(), max_length=100)
    parameters: Parameters | None = None
    input_tokens: Count | None = None
    video_tokens: Count | None = None
    audio_tokens: Count | None = None
    output_tokens: Count | None = None
    thinking_tokens: Count | None = None
    cost_usd: Annotated[float, Field(ge=0, lt=1e6)] | None = None
    latency_s: Annotated[float, Field(ge=0, lt=1e6)] | None = None

    @model_validator(mode="after")
    def _values_go_with_the_status(self) -> Self:
        if (self.status == "rated") != (self.values is not None):
            raise ValueError("values are present exactly when the status is rated")
        if (self.status == "rated") == (self.reason is not None):
            raise ValueError("a reason is present exactly when the status is not rated")
        return self
