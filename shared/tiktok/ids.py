"""A compact set of video ids: a million in about eight megabytes."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable

_UINT64 = 2**64


class Ids:
    """A frozen set of TikTok ids. Ids of own files (`u…`) are skipped: no API lists them."""

    def __init__(self, ids: Iterable[str]):
        numbers = array("Q")
        self._larger: set[str] = set()
        for text in ids:
            if not (text.isascii() and text.isdigit() and len(text) <= 20):
                continue
            if int(text) < _UINT64:
                numbers.append(int(text))
            else:
                self._larger.add(text)
        self._numbers = array("Q", sorted(numbers))

    def __contains__(self, video_id: str) -> bool:
        number = int(video_id)
        if number >= _UINT64:
            return video_id in self._larger
        at = bisect_left(self._numbers, number)
        return at < len(self._numbers) and self._numbers[at] == number

    @classmethod
    def of_names(cls, names: Iterable[str], prefix: str) -> "Ids":
        """Ids of the objects `{prefix}{id}.{extension}`."""
        return cls(name[len(prefix) :].partition(".")[0] for name in names)
