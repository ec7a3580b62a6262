"""Which videos a command is about: files, ids, collections, or everything in the lake."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cli.errors import WRONG_USE, UserError
from cli.uploads import files_in
from shared.concurrency import in_order
from shared.model import Malformed, Record, content_id, id_in_name, parse_record
from shared.storage.lake import Gone, Lake, LakeObject
from shared.storage.layout import VIDEOS, metadata_name

ALL = "all"
COLLECTION = "collection:"
METADATA = "metadata/"
POSSIBLE = (
    "Give files, folders, video ids (15 to 20 digits, or u and 16 hex digits), "
    "collection:NAME, or all."
)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Selection:
    """What SELECTION… names. Paths on this machine are looked up, the lake is not."""

    local_files: tuple[Path, ...] = ()
    video_ids: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    everything: bool = False

    @classmethod
    def of(cls, words: Iterable[str]) -> "Selection":
        """Read SELECTION…, each word once. Raises UserError for a word that names nothing.

        For a file that is called like an id, or `all`, give its path: `./all`.
        """
        ids: dict[str, None] = {}
        collections: dict[str, None] = {}
        files: dict[Path, Path] = {}
        everything = False
        for word in words:
            if word == ALL:
                everything = True
            elif word.startswith(COLLECTION):
                collections[_collection(word)] = None
            elif id_in_name(word):
                ids[word] = None
            else:
                files |= {path.resolve(): path for path in _files(word)}
        selection = cls(tuple(files.values()), tuple(ids), tuple(collections), everything)
        if selection == cls():
            raise UserError(f"Nothing is selected. {POSSIBLE}", WRONG_USE)
        return selection

    @property
    def in_lake(self) -> bool:
        """Whether the selection needs the lake."""
        return bool(self.video_ids or self.collections or self.everything)


def _collection(word: str) -> str:
    name = word.removeprefix(COLLECTION)
    if not _NAME.fullmatch(name):
        raise UserError(f"{word}: {name!r} is not a name of a collection.", WRONG_USE)
    return name


def _files(word: str) -> list[Path]:
    path = Path(word)
    try:
        is_there = bool(word) and path.exists()
        files = list(files_in([path])) if is_there else []
    except (OSError, ValueError) as error:
        raise UserError(f"{word}: cannot be read ({error}).", WRONG_USE) from error
    if not is_there:
        raise UserError(f"{word}: there is no such file or folder. {POSSIBLE}", WRONG_USE)
    if not files:
        raise UserError(f"{word}: there is no file in this folder.", WRONG_USE)
    return files


@dataclass(frozen=True, slots=True)
class LakeVideo:
    """One object under videos/. `duration_s` comes from the listing, where that was read."""

    video_id: str
    name: str
    generation: int
    size: int
    duration_s: float | None = None


@dataclass
class SelectedVideos:
    """The selected objects of a lake. After one iteration, `missing` and `problems` are set."""

    lake: Lake
    selected: Selection
    missing: list[str] = field(default_factory=list)
    """Ids that were selected, and have no file in the lake."""
    problems: list[str] = field(default_factory=list)
    """Sentences about metadata that cannot be read, and that may belong to a collection."""

    def __iter__(self) -> Iterator[LakeVideo]:
        """Raises UserError for a collection without a video in the lake."""
        self.missing.clear()
        self.problems.clear()
        durations = dict.fromkeys(self.selected.video_ids) | self._listed()
        seen: set[str] = set()
        for video in self._matching(durations):
            seen.add(video.video_id)
            yield video
        self.missing += [video_id for video_id in durations if video_id not in seen]

    def _matching(self, durations: dict[str, float | None]) -> Iterator[LakeVideo]:
        if self.selected.everything or self.selected.collections:
            yield from self._selected_from(self.lake.entries(VIDEOS), durations)
            return
        # A few ids are looked up by name. Only those not found that way need the whole list.
        remaining = dict(durations)
        for video_id in durations:
            for video in self._selected_from(
                self.lake.entries(f"{VIDEOS}{video_id}"), {video_id: None}
            ):
                remaining.pop(video_id, None)
                yield video
        if remaining:
            yield from self._selected_from(self.lake.entries(VIDEOS), remaining)

    def _selected_from(
        self, entries: Iterable[LakeObject], durations: dict[str, float | None]
    ) -> Iterator[LakeVideo]:
        """Entries with a selected id. A file whose name has no id is read if it may match."""
        reads = self.selected.everything or any(id_.startswith("u") for id_ in durations)
        for entry in entries:
            if entry.name.endswith("/"):
                continue
            id_from_name = id_in_name(PurePosixPath(entry.name).stem)
            video_id = id_from_name or (self._content_id(entry) if reads else None)
            if video_id and (self.selected.everything or video_id in durations):
                duration_s = durations.get(video_id)
                yield LakeVideo(video_id, entry.name, entry.generation, entry.size, duration_s)

    def _content_id(self, entry: LakeObject) -> str | None:
        try:
            return content_id(self.lake.sha256(entry.name, entry.generation))
        except Gone:  # replaced or deleted since it was listed
            return None

    def _listed(self) -> dict[str, float | None]:
        """Ids in the selected collections, with the durations of their listings."""
        if not self.selected.collections:
            return {}
        durations: dict[str, float | None] = {}
        collections: set[str] = set()
        for record in in_order(self._record, self.lake.names(METADATA)):
            if isinstance(record, str):
                self.problems.append(record)
            elif record and record.video and record.video.collection:
                collections.add(record.video.collection)
                if record.video.collection in self.selected.collections:
                    durations[record.video_id] = record.video.duration_s
        for name in self.selected.collections:
            if name not in collections:
                raise UserError(
                    f"The lake has no video of collection {name}. {_those(collections)}"
                )
        return durations

    def _record(self, name: str) -> Record | str | None:
        """The listing, a sentence about what is wrong with it, or None if it is gone."""
        content = self.lake.read(name)
        if content is None:
            return None
        try:
            record = parse_record(content)
        except Malformed as error:
            return f"{name}: {error.sentence}"
        if metadata_name(record.video_id) != name:
            return f"{name}: it describes {record.video_id}"
        return record


def videos_in(lake: Lake, selected: Selection) -> SelectedVideos:
    """Every selected object of the lake, once, in the order of names.

    An id comes from the name, else from the content, which costs a read.
    """
    return SelectedVideos(lake, selected)


def _those(collections: set[str]) -> str:
    if not collections:
        return "It has none of any collection."
    return f"It has videos of: {', '.join(sorted(collections))}."
