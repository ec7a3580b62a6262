"""The settings under which `tta rate --estimate` prices ratings."""

import math
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, BinaryIO

from pydantic import ValidationError

from cli.errors import WRONG_USE, UserError
from shared.config import MOST_UPLOADED_BYTES, AnalyzeSettings, GeminiSettings, read
from shared.inputs.media_type import HEAD_BYTES, media_type
from shared.named_raters import NamedRater
from shared.rating.clip import ClipHeader, Unreadable, read_clip_header
from shared.rating.gemini.estimate import CallEstimate, estimate_rating
from shared.rating.gemini.prices import Prices
from shared.rating.gemini.question import GeminiCondition
from shared.rating.gemini.rater import ACCEPTED


class _RatingLimits(AnalyzeSettings):
    """The limits of a rating, without the project and bucket that a function needs."""

    google_cloud_project: str = ""
    lake_bucket: str = ""


@dataclass(frozen=True, slots=True)
class EstimateSettings:
    """Rater, limits and prices of an estimate, and the ratings per video."""

    condition: GeminiCondition
    limits: AnalyzeSettings
    prices: Prices
    on: date
    replicates: int = 1

    @classmethod
    def of(
        cls,
        on: date,
        fps: float | None,
        model: str | None,
        condition: GeminiCondition,
        replicates: int,
        own: NamedRater | None = None,
    ) -> "EstimateSettings":
        """Read the options. `fps` applies to clips of every length; `own` may have its own budget.

        Raises UserError for a bad option, Misconfigured for a bad setting.
        """
        changed: dict[str, Any] = {} if fps is None else {"fps": fps, "fps_long": fps}
        changed |= {} if model is None else {"model": model}
        try:
            settings = GeminiSettings.model_validate(condition.settings.model_dump() | changed)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            option = str(first["loc"][0]).removesuffix("_long") if first["loc"] else "model"
            why = first["msg"].removeprefix("Value error, ")
            raise UserError(f"--{option}: {why}.", WRONG_USE) from error
        condition = replace(condition, settings=settings)
        return cls(condition, _limits(own), Prices.under(settings), on, replicates)

    @property
    def gemini(self) -> GeminiSettings:
        return self.condition.settings

    @property
    def max_bytes(self) -> int:
        """The largest file that is rated; the Developer API takes less than Vertex AI."""
        uploaded = MOST_UPLOADED_BYTES if self.gemini.api_key else math.inf
        return int(min(self.limits.max_media_bytes, uploaded))

    def read_header(self, file: BinaryIO, size: int) -> ClipHeader:
        """Read the header of a video. Raises Unreadable if it would not be rated, or not priced."""
        if size == 0:
            raise Unreadable("empty", "the file has no bytes")
        if size > self.max_bytes:
            raise Unreadable("too_large", f"{size:,} bytes; the most is {self.max_bytes:,}")
        kind = media_type(file.read(HEAD_BYTES))
        if kind is None:
            raise Unreadable("not_a_video", "its first bytes are not those of a video")
        if kind.mime not in ACCEPTED:
            raise Unreadable("type_not_accepted", f"Gemini does not take {kind.mime}")
        file.seek(0)
        header = read_clip_header(file)
        if header.duration_s is None:
            raise Unreadable("no_duration", "it would be rated, but its header has no duration")
        longest_s = self.gemini.max_clip_s
        if header.duration_s > longest_s:
            sentence = f"{header.duration_s:.0f} s; the most is {longest_s:.0f} s"
            raise Unreadable("too_long", sentence)
        return header

    def expected(self, header: ClipHeader) -> CallEstimate:
        """Tokens of all ratings of one video."""
        once = estimate_rating(header.duration_s or 0.0, header.has_audio, self.condition)
        return once.times(self.replicates)


def _limits(own: NamedRater | None) -> AnalyzeSettings:
    """The limits of this shell, with the tighter of two budgets for a rater that has its own."""
    limits: AnalyzeSettings = read(_RatingLimits)
    if own is None:
        return limits
    budgets = {
        name: [bound for bound in (getattr(limits, name), getattr(own, name)) if bound is not None]
        for name in ("daily_budget_usd", "daily_budget_videos")
    }
    tighter = {name: min(bounds, default=None) for name, bounds in budgets.items()}
    return limits.model_copy(update=tighter)
