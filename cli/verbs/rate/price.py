"""The highest cost of the ratings, printed before they are asked for."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from cli.verbs.rate.requests import ChosenRater, RaterRequest
from shared.concurrency import in_order
from shared.rating.clip import ClipHeader, Unreadable, read_clip_header
from shared.rating.gemini.estimate import expected_usd
from shared.rating.gemini.prices import Prices
from shared.storage.lake import Gone, Lake


@dataclass(frozen=True, slots=True)
class RatingPrice:
    """The highest expected cost of some ratings; None for a model without a price.

    An answer that fails a check is asked for once more, at about the same cost.
    """

    model: str
    ratings: int
    most_usd: float | None
    as_of: date
    has_two_calls: bool = False

    def sentence(self, videos: int) -> str:
        what = f"{self.ratings} rating{'' if self.ratings == 1 else 's'} of {videos} "
        what += "video" if videos == 1 else "videos"
        what += ", two calls each," if self.has_two_calls else ""
        if self.most_usd is None:
            return f"{what} by {self.model}, which has no price in the price table."
        return (
            f"{what} by {self.model}: at most about {usd(self.most_usd)} (prices as of "
            f"{self.as_of}), or up to twice that if answers must be corrected."
        )

    def document(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "ratings": self.ratings,
            "most_usd": self.most_usd,
            "prices_as_of": self.as_of.isoformat(),
        }


def price_of(requests: list[RaterRequest], rater: ChosenRater, lake: Lake, on: date) -> RatingPrice:
    """Price the requests: read the header of each video once. An unratable file costs nothing."""
    assert rater.gemini is not None
    condition, counts = rater.gemini, _counts(requests)
    prices = Prices.under(condition.settings)

    def most(request: RaterRequest) -> float | None:
        clip = _clip(request, lake)
        if clip is None or (clip.duration_s or 0.0) > condition.settings.max_clip_s:
            return 0.0
        return expected_usd(clip, condition, prices, on)

    each = in_order(most, (request for request, _ in counts.values()))
    sums = [
        None if usd_each is None else usd_each * count
        for usd_each, (_, count) in zip(each, counts.values(), strict=True)
    ]
    priced = [usd_each for usd_each in sums if usd_each is not None]
    total = sum(priced) if len(priced) == len(sums) else None
    model, has_two_calls = condition.settings.model, condition.retrieves
    return RatingPrice(model, len(requests), total, prices.as_of, has_two_calls)


def _counts(requests: Iterable[RaterRequest]) -> dict[str, tuple[RaterRequest, int]]:
    counts: dict[str, tuple[RaterRequest, int]] = {}
    for request in requests:
        _, count = counts.get(request.video.name, (request, 0))
        counts[request.video.name] = (request, count + 1)
    return counts


def _clip(request: RaterRequest, lake: Lake) -> ClipHeader | None:
    try:
        with _opened(request, lake) as file:
            return read_clip_header(file)
    except (Unreadable, Gone):
        return None


@contextmanager
def _opened(request: RaterRequest, lake: Lake) -> Iterator[BinaryIO]:
    """Open the object; a file on this machine that is not stored yet has no generation."""
    video = request.video
    if video.generation:
        with lake.open(video.name, video.generation) as object_file:
            yield object_file
    else:
        with Path(video.name).open("rb") as local_file:
            yield local_file


def usd(amount: float) -> str:
    """An amount in US dollars, with enough digits for a fraction of a cent."""
    digits = 2 if amount >= 10 else 4 if amount >= 0.01 or amount == 0 else 6
    return f"USD {amount:,.{digits}f}"
