"""Who is to be erased, by the names themselves: what a look through the lake compares with.

It sees what the tombstones will see once they are written, so that a person can be shown what would
go before anything is.
"""

from collections.abc import Iterable

from shared.privacy.mentions import folded
from shared.privacy.tombstones import Tombstones


class TargetNames:
    """Obeys `Known`: these creators and videos, and whatever was erased before.

    `met` collects the names and ids, as they were given, that something in the lake named.
    """

    def __init__(self, creators: Iterable[str], videos: Iterable[str], earlier: Tombstones):
        self.creators = {folded(name): name for name in creators}
        self.videos = frozenset(videos)
        self.met: set[str] = set()
        self._earlier = earlier

    def is_empty(self) -> bool:
        return not (self.creators or self.videos) and self._earlier.is_empty()

    def has_video(self, video_id: str) -> bool:
        if video_id in self.videos:
            self.met.add(video_id)
            return True
        return self._earlier.has_video(video_id)

    def has_creator(self, name: str) -> bool:
        plain = self.creators.get(folded(name))
        if plain is not None:
            self.met.add(plain)
            return True
        return self._earlier.has_creator(name)
