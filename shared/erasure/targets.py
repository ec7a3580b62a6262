"""The names and ids that a survey looks for, before any tombstone exists.

They match exactly what the tombstones will match, so a person sees beforehand what will change.
"""

from collections.abc import Iterable

from shared.inputs.handles import handle
from shared.privacy.tombstones import Tombstones


class TargetNames:
    """Obeys `ErasedNames`: these creators and videos, and all that was erased earlier.

    `matches` collects the names and ids, as they were given, that something in the lake names.
    """

    def __init__(self, creators: Iterable[str], videos: Iterable[str], earlier: Tombstones):
        self.creators = {handle(name): name for name in creators}
        self.videos = frozenset(videos)
        self.matches: set[str] = set()
        self._earlier = earlier

    def is_empty(self) -> bool:
        return not (self.creators or self.videos) and self._earlier.is_empty()

    def has_video(self, video_id: str) -> bool:
        if video_id in self.videos:
            self.matches.add(video_id)
            return True
        return self._earlier.has_video(video_id)

    def has_creator(self, name: str) -> bool:
        plain = self.creators.get(handle(name))
        if plain is not None:
            self.matches.add(plain)
            return True
        return self._earlier.has_creator(name)
