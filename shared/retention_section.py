"""The retention curve of a record: who still watches a video at each second."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.inputs.field_types import Checked, Count, Instant, Word

MOST_SECONDS = 3_600
"""As long as the curves of a rating."""

UNDATED = "undated"
"""Flag of a curve that has no time of reading. Its `collected_at` is that of nothing known."""

Share = Annotated[float, Field(ge=0, le=10)]
"""Part of the viewers at the start. People who watch a second again may lift it above 1."""


def hook_rate_3s(shares: Sequence[float | None]) -> float | None:
    """The part of the viewers who still watch at second 3; None where the curve does not say.

    A share above 1 counts people who watch the second again, so it is no part of the viewers.
    """
    share = shares[3] if len(shares) > 3 else None
    return share if share is not None and share <= 1 else None


class Retention(Checked):
    """The audience of a video by second, as its source gave it at `collected_at`.

    `shares` has one value for each second from 0 on: the part of the viewers at the start who watch
    then. It is None where the source has no point. TikTok gives whole percents, and a share may be
    greater than the one before it, because people rewind.
    `viewers` is how many there were at the start.
    """

    collected_at: Instant
    viewers: Count | None = None
    shares: Annotated[tuple[Share | None, ...], Field(min_length=1, max_length=MOST_SECONDS)]
    flags: Annotated[tuple[Word, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _has_a_share(self) -> Self:
        if all(share is None for share in self.shares):
            raise ValueError("no second has a share")
        return self
