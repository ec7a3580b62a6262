"""Files by their names, as lists write them: alone, or with some of the folders above."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

LEAST_ALIKE = 2
"""Parts of a name with folders that must agree, from the end: the file and the folder above."""


class SeveralFiles(ValueError):
    """A name fits several files, of different videos."""


class FileNames:
    """Finds the file that a list means.

    `names` has each file's place in its batch, its whole name and the id of its video. A list may
    come from another machine, so folders further up need not agree. A folder that does not agree
    means another file.
    """

    def __init__(self, names: Iterable[tuple[int, str, str]]):
        self._by_last: dict[str, list[tuple[int, list[str], str]]] = defaultdict(list)
        for position, name, video_id in names:
            parts = _parts(name)
            self._by_last[parts[-1]].append((position, parts, video_id))

    def position(self, written: str) -> int | None:
        """The place of the file in its batch; None if it is not there. Raises SeveralFiles."""
        parts = _parts(written)
        candidates = [
            (_alike(parts, own), position, video_id)
            for position, own, video_id in self._by_last.get(parts[-1], ())
        ]
        most = max((alike for alike, *_ in candidates), default=0)
        if most < min(LEAST_ALIKE, len(parts)):
            return None
        best = [(position, video_id) for alike, position, video_id in candidates if alike == most]
        if len({video_id for _, video_id in best}) > 1:
            raise SeveralFiles(written)
        return best[0][0]


def _parts(name: str) -> list[str]:
    # macOS writes é as two characters in names of files. A name from Windows has backslashes.
    normal = unicodedata.normalize("NFC", name.strip().replace("\\", "/"))
    return [part for part in normal.split("/") if part not in ("", ".")] or [""]


def _alike(first: list[str], second: list[str]) -> int:
    pairs = zip(reversed(first), reversed(second), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
