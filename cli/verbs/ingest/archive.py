"""ZIP archives of 4CAT and Zeeschuimer: videos, the index that names their posts, and tables.

4CAT's index is `.metadata.json`, an object for each address with `post_ids` and `files`
(processors/visualisation/download_videos.py). Zeeschuimer's is `manifest.json`, from file to post
(pull request 74). Both read 2026-11.
"""

import hashlib
import os
import shutil
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Any

from cli.errors import UserError
from cli.uploads import MOST_BYTES, too_large
from cli.verbs.ingest.info_files import INFO
from shared.inputs.formats.names import NAMES, folded
from shared.inputs.formats.page_url import post_address
from shared.inputs.json_input import parse_json
from shared.inputs.media_type import HEAD_BYTES, media_type
from shared.inputs.tables.container import CONTAINERS
from shared.model import VIDEO_ID

MOST_FILES = 100_000
MOST_INDEX_BYTES = 64 * 2**20
INDEXES = (".metadata.json", "manifest.json")
_MARK = b"PK\x03\x04"
_MARKS = (_MARK, b"PK\x05\x06")  # the second begins an archive without files
_EXCEL = "xl/workbook.xml"
_ENCRYPTED = 0x1
_SYSTEM = ("__MACOSX/",)
_LEAST_ID_DIGITS = 15
_CHUNK = 2**20


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP archive, if a damaged one, and no Excel file, which is one too."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MARK)) not in _MARKS:
                return False
        with zipfile.ZipFile(path) as archive:
            return _EXCEL not in archive.namelist()
    except zipfile.BadZipFile:
        return path.suffix.lower() == ".zip"
    except OSError:
        return False


@dataclass(slots=True)
class Archive:
    """The unpacked files of an archive.

    `names` are their names in the archive, and `ids` the ids of their posts, where an index names
    them. `too_large` are sentences about videos over the limit, which are not unpacked. Files that
    lie beside each other in the archive do so unpacked.
    """

    names: dict[Path, str] = field(default_factory=dict)
    videos: list[Path] = field(default_factory=list)
    infos: list[Path] = field(default_factory=list)
    tables: list[Path] = field(default_factory=list)
    ids: dict[Path, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    too_large: list[str] = field(default_factory=list)

    @classmethod
    def unpacked(cls, path: Path, scratch: Path) -> "Archive":
        """Unpack videos and tables into folders in `scratch`, and read the indexes.

        Raises UserError for a damaged or encrypted archive, and for one that is too large.
        """
        archive = cls()
        try:
            with zipfile.ZipFile(path) as file:
                members = _members(file, path, scratch)
                ids = _ids_by_file(file, members)
                root = Path(mkdtemp(dir=scratch))
                for member in members:
                    archive._take(file, member, root, ids)
            _date_as(path, archive.names)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
            raise UserError(
                f"{path}: it cannot be unpacked: {error}. It may be damaged or half downloaded."
            ) from error
        except OSError as error:
            raise UserError(f"{error.filename or scratch}: {error.strerror or error}.") from error
        return archive

    def sentences(self) -> list[str]:
        """What of the archive is not used."""
        if not self.unused:
            return []
        first = ", ".join(self.unused[:3])
        return [f"{len(self.unused):,} other files in the archive are not used, e.g. {first}."]

    def _take(
        self, file: zipfile.ZipFile, member: zipfile.ZipInfo, root: Path, ids: dict[str, str]
    ) -> None:
        name = PurePosixPath(member.filename).name
        kind = self._kind(file, member, name)
        if kind is None:
            if name not in INDEXES:
                self.unused.append(member.filename)
            return
        if kind is self.videos and member.file_size > MOST_BYTES:
            self.too_large.append(f"{member.filename}: {too_large(member.file_size)}")
            return
        target = _target(member, root)
        with file.open(member) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, _CHUNK)
        self.names[target] = member.filename
        kind.append(target)
        if member.filename in ids:
            self.ids[target] = ids[member.filename]

    def _kind(self, file: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> list[Path] | None:
        """The list that a file belongs to; None if it is none that we use."""
        if name in INDEXES:
            return None
        if name.endswith(INFO):
            return self.infos
        if PurePosixPath(name).suffix.lower() in CONTAINERS:
            return self.tables
        with file.open(member) as source:
            return self.videos if media_type(source.read(HEAD_BYTES)) else None


def _target(member: zipfile.ZipInfo, root: Path) -> Path:
    """Where a file is unpacked. No part of its name in the archive becomes a name of a folder."""
    parent, name = PurePosixPath(member.filename).parent, PurePosixPath(member.filename).name
    folder = root / hashlib.sha256(str(parent).encode()).hexdigest()[:16]
    while (folder / name[-200:]).exists():  # an archive may hold two files of one name
        folder /= "again"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name[-200:]


def _date_as(path: Path, unpacked: Iterable[Path]) -> None:
    """An unpacked table is as old as its archive, and not of this moment."""
    written = path.stat()
    for target in unpacked:
        os.utime(target, ns=(written.st_atime_ns, written.st_mtime_ns))


def _members(file: zipfile.ZipFile, path: Path, scratch: Path) -> list[zipfile.ZipInfo]:
    members = [
        member
        for member in file.infolist()
        if not member.is_dir() and not member.filename.startswith(_SYSTEM)
    ]
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise UserError(f"{path} is encrypted; unpack it with its password, and give the folder.")
    if len(members) > MOST_FILES:
        raise UserError(f"{path} holds more than {MOST_FILES:,} files; unpack it in parts.")
    size, free = sum(member.file_size for member in members), shutil.disk_usage(scratch).free
    if size > free:
        raise UserError(
            f"{path} needs {size:,} bytes unpacked, and {scratch} has {free:,} free; make room, or "
            "set TMPDIR to another disk."
        )
    return members


def _ids_by_file(file: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> dict[str, str]:
    """The ids of posts by the names of members, of the archive's indexes.

    An index may name a file by its path in the archive, by its path from the index, or by its name
    alone. A name alone counts only where one file and one post have it.
    """
    by_path: dict[str, str] = {}
    by_name: dict[str, set[str]] = defaultdict(set)
    for member in members:
        parent, name = PurePosixPath(member.filename).parent, PurePosixPath(member.filename).name
        if name in INDEXES and member.file_size <= MOST_INDEX_BYTES:
            try:
                index = parse_json(file.read(member))
            except ValueError:
                continue
            for path, video_id in _pairs(index, None):
                by_path.setdefault(path, video_id)
                by_path.setdefault(str(parent / path), video_id)
                by_name[PurePosixPath(path).name].add(video_id)
    of_one_name = Counter(PurePosixPath(member.filename).name for member in members)
    ids = {}
    for member in members:
        name = PurePosixPath(member.filename).name
        alone = by_name[name] if of_one_name[name] == 1 else set()
        video_id = by_path.get(member.filename) or (min(alone) if len(alone) == 1 else None)
        if video_id is not None:
            ids[member.filename] = video_id
    return ids


def _pairs(node: Any, video_id: str | None) -> Iterator[tuple[str, str]]:
    """Paths of files and ids of posts. An object's id holds for the files inside it."""
    if isinstance(node, list):
        for entry in node:
            yield from _pairs(entry, video_id)
    elif isinstance(node, dict):
        own_id = _id_about(node) or video_id
        for key, value in node.items():
            if isinstance(value, dict | list):
                # 4CAT names the post in the key. Others name the file there.
                yield from _pairs(value, own_id or _id_of(key))
                inner = _id_about(value) if isinstance(value, dict) else None
                if inner:
                    yield _path(key), inner
            elif isinstance(value, str) and _id_of(value):
                yield _path(key), value
            elif isinstance(value, str) and own_id:
                yield _path(value), own_id


def _path(written: str) -> str:
    return str(PurePosixPath(written.replace("\\", "/")))


def _id_about(node: dict[str, Any]) -> str | None:
    """The id in an object, or in the one object inside it that has an id."""
    inside = [_id_in(value) for value in node.values() if isinstance(value, dict)]
    ids = list(filter(None, inside))
    return _id_in(node) or (ids[0] if len(ids) == 1 else None)


def _id_in(node: dict[str, Any]) -> str | None:
    by_name = {folded(key): value for key, value in node.items()}
    cells = [by_name.get(name) for name in NAMES["video_id"]]
    several = by_name.get("post_ids")
    cells += several[:1] if isinstance(several, list) else []
    addresses = (post_address(value) for value in node.values())
    return next(filter(None, map(_id_of, cells)), None) or next(
        (address.video_id for address in addresses if address), None
    )


def _id_of(cell: Any) -> str | None:
    written = str(cell).strip() if isinstance(cell, str | int) else ""
    is_id = len(written) >= _LEAST_ID_DIGITS and VIDEO_ID.fullmatch(written)
    return written if is_id else None
