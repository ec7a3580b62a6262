"""Durations and sound of a test's clips, since the stand-in never opens a file."""

from collections.abc import Iterable, Mapping

DEFAULT_S = 10.0


class Clips:
    """Durations in seconds by the end of a file's address, or of an inline file's SHA-256.

    A video id names its file whatever the extension. Clips have sound unless listed as silent.
    """

    def __init__(self, durations: Mapping[str, float] | None = None, silent: Iterable[str] = ()):
        self._durations: dict[str, float] = {}
        self._silent: frozenset[str] = frozenset()
        self.learn(durations or {}, silent)

    def learn(self, durations: Mapping[str, float], silent: Iterable[str] = ()) -> None:
        """Add durations and silent clips. Raises ValueError for an invalid duration."""
        if wrong := [name for name, seconds in durations.items() if not 0 < seconds < 86_400]:
            raise ValueError(f"no duration in seconds: {wrong[0]}")
        self._durations = {**self._durations, **durations}
        self._silent |= frozenset(silent)

    def duration_s(self, identity: str) -> float:
        """The clip's duration; 10 s by default."""
        durations = (self._durations[name] for name in self._durations if _names(name, identity))
        return next(durations, DEFAULT_S)

    def has_audio(self, identity: str) -> bool:
        """Whether the clip has sound."""
        return not any(_names(name, identity) for name in self._silent)


def _names(name: str, identity: str) -> bool:
    file = identity.rpartition("/")[2]
    return identity.endswith(name) or file.partition(".")[0] == name
