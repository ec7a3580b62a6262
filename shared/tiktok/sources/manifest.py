"""A manifest in the bucket as a source: its lines in pages, each a video or a reason."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from shared.errors import Permanent, Transient
from shared.model import Creator, Malformed, Metrics, Video
from shared.quality import flag_on_arrival
from shared.storage.lake import Gone, Lake
from shared.tiktok.collections import Collection
from shared.tiktok.media.addresses import DownloadRefused
from shared.tiktok.sources.fields import page_url
from shared.tiktok.sources.manifest_file import Manifest, ManifestEntry
from shared.tiktok.sources.manifest_line import COUNTS, VIDEO_FIELDS, Line, creator_fields, line_of
from shared.tiktok.sources.source import BadVideo, Position, Reread, SourcePage, SourceVideo

PAGE_SIZE = 100


class NoManifest(Permanent):
    """The collection names a file that is not in the bucket."""

    def __init__(self, sentence: str):
        super().__init__("no_manifest", sentence)


class ManifestSource:
    """Implements VideoSource. A cursor counts lines; `search_id` is the file's generation.

    `check_url` raises DownloadRefused for an address that is never fetched. A line without
    `collected_at` counts as read when the file was written. Reading the same file again gives the
    same videos.
    """

    name = "manifest"
    has_profiles = False
    requests = 0

    def __init__(self, lake: Lake, check_url: Callable[[str], None]):
        self._lake = lake
        self._check_url = check_url

    def pages(
        self, collection: Collection, today: date, position: Position | None = None
    ) -> Iterator[SourcePage]:
        """Reads from `position` on, or from the start when the file was replaced since."""
        name = collection.manifest or ""
        blob = self._lake.stat(name)
        if blob is None:
            raise NoManifest(f"Collection {collection.name}: there is no {name} in the bucket.")
        generation, day = int(blob.generation), blob.updated.date()
        start = position or Position(day, day)
        if start.search_id != str(generation):
            start = Position(start.window, start.end)
        request = {"manifest": name, "generation": str(generation)}
        try:
            with self._lake.open(name, generation) as file:
                entries = iter(Manifest(file, name, collection.columns))
                remaining = (entry for entry in entries if entry.number > start.cursor)
                yield from _pages(remaining, start, request, blob.updated)
        except Gone as error:
            raise Transient(f"{name} was replaced while it was read") from error

    def read(self, item: Any, collection: Collection, at: datetime) -> SourceVideo:
        """One line. Raises BadVideo with its number and what is wrong with it."""
        where = f"line {item['line']}"
        if "problem" in item:
            raise BadVideo(f"{where}: {item['problem']}")
        try:
            line = line_of(item["said"], where)
        except Malformed as error:
            raise BadVideo(error.sentence) from error
        if line.video_id is None:
            raise BadVideo(f"{where}: has no video_id")
        if line.media_url is not None:
            self._refuse(line.media_url, where)
        return read_line(line, line.video_id, collection, datetime.fromisoformat(item["as_of"]), at)

    def again(
        self, collection: Collection, posts: Iterable[tuple[str, datetime]]
    ) -> Iterator[Reread]:
        """Nothing: a manifest has no newer counts."""
        return iter(())

    def user_info(self, username: str) -> bytes:
        raise NotImplementedError("a manifest has no profiles")

    def close(self) -> None:
        pass

    def _refuse(self, url: str, where: str) -> None:
        try:
            self._check_url(url)
        except DownloadRefused as error:
            raise BadVideo(f"{where}, media_url: {error}", error.reason) from error


def read_line(
    line: Line, video_id: str, collection: Collection, as_of: datetime, now: datetime
) -> SourceVideo:
    """A line as video, metrics and creator, observed when its counts were read."""
    at = line.collected_at or as_of
    metrics = Metrics.model_validate({"collected_at": at} | line.present(*COUNTS))
    fields = line.present(*VIDEO_FIELDS)
    video = Video.model_validate(
        {
            "observed_at": at,
            "source": "manifest",
            "creator_id": line.username,
            "collection": collection.name,
            "url": page_url(line.username, video_id),
            "synthetic": collection.synthetic,
        }
        | fields
    )
    return SourceVideo(
        video_id=video_id,
        video=video,
        metrics=flag_on_arrival(metrics, video.created_at, now, line.is_rounded),
        creator=creator_in(line, at),
        media_url=line.media_url,
        is_dated=True,
    )


def creator_in(line: Line, at: datetime) -> Creator | None:
    """The account that a line names, if any."""
    if line.username is None:
        return None
    fields = {"observed_at": at, "creator_id": line.username}
    return Creator.model_validate(fields | creator_fields(line))


def _pages(
    entries: Iterable[ManifestEntry], position: Position, request: dict[str, str], as_of: datetime
) -> Iterator[SourcePage]:
    remaining = iter(entries)
    batch = list(islice(remaining, PAGE_SIZE))
    while batch:
        ahead = list(islice(remaining, PAGE_SIZE))
        generation = request["generation"]
        following = Position(position.window, position.end, batch[-1].after, generation)
        items = tuple(_item(entry, as_of) for entry in batch)
        yield SourcePage(position, following if ahead else None, request, items, body=None)
        position, batch = following, ahead


def _item(entry: ManifestEntry, as_of: datetime) -> dict[str, Any]:
    if entry.fields is None:
        return {"line": entry.number, "problem": entry.problem, "text": entry.text}
    return {"line": entry.number, "said": entry.fields, "as_of": as_of.isoformat()}
