"""What one `tta ingest` brings: video files, and rows of metadata joined to them."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cli.errors import UserError
from cli.tables import metadata_table, read_manifest
from cli.uploads import TAKEN, UnusableFile, VideoFile, files_in, inspect_video, named_id
from cli.verbs.ingest.archive import Archive, is_archive
from cli.verbs.ingest.curves import VideoCurve, curves_in
from cli.verbs.ingest.file_names import FileNames, SeveralFiles
from cli.verbs.ingest.info_files import INFO, info_beside, info_table
from shared.inputs.tables.table import Table
from shared.tiktok.sources.curve_file import CurveFile
from shared.tiktok.sources.manifest_file import Manifest, ManifestOptions
from shared.tiktok.sources.manifest_line import Line


@dataclass(slots=True)
class IngestBatch:
    """Files to store, lines of metadata, and sentences about what was and was not read.

    `problems` are sentences about what is left out. `metadata` documents each table that was read.
    """

    uploads: list[VideoFile] = field(default_factory=list)
    lines: list[tuple[str, Line]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    curves: list[VideoCurve] = field(default_factory=list)
    _labels: dict[Path, str] = field(default_factory=dict)
    _infos: dict[Path, Path | None] = field(default_factory=dict)
    _tables: list[Path] = field(default_factory=list)
    _absent: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        paths: Iterable[Path],
        metadata: Path | None,
        options: ManifestOptions,
        now: datetime,
        scratch: Path,
    ) -> "IngestBatch":
        """Read names, first bytes and metadata, and unpack archives into `scratch`.

        Raises UserError when nothing is left, and for a table that cannot be read as a whole.
        """
        batch = cls()
        paths, table = [*paths], metadata
        if metadata is not None and is_archive(metadata):
            paths, table = [*paths, metadata], None
        batch._tell_folders_inside(paths)
        for path in files_in(paths):
            if table is None or not _is_same(path, table):
                batch._take(path, scratch, options)
        batch._read(table or batch._table_of_archives(), options, now)
        batch._tell_copies()
        if not (batch.uploads or batch.lines or batch.curves):
            names = ", ".join(map(str, paths)) or "the list"
            nothing = [*batch.sentences, *batch.problems] or [
                f"There is no video in {names}: {TAKEN}."
            ]
            raise UserError("\n".join(nothing))
        return batch

    def label(self, upload: VideoFile) -> str:
        """The file as the person knows it: its path, or its name in an archive."""
        return self._labels.get(upload.path, str(upload.path))

    # Files

    def _take(self, path: Path, scratch: Path, options: ManifestOptions) -> None:
        if is_archive(path):
            self._unpack(path, scratch)
        elif curves := curves_in(path, options):
            self._add_curves(curves)
        elif path.name.endswith(INFO):
            self._infos.setdefault(path, None)
        else:
            self._take_video(path)

    def _take_video(self, path: Path) -> VideoFile | None:
        try:
            upload = inspect_video(path)
        except UnusableFile as why:
            self.problems.append(f"{self._labels.get(path, path)}: {why}")
            return None
        self.uploads.append(upload)
        info = info_beside(path)
        if info is not None:
            self._infos[info] = path
        return upload

    def _unpack(self, path: Path, scratch: Path) -> None:
        archive = Archive.unpacked(path, scratch)
        self._labels |= {member: f"{path}/{name}" for member, name in archive.names.items()}
        for video in archive.videos:
            upload = self._take_video(video)
            video_id = archive.ids.get(video)
            if upload is not None and video_id is not None:
                self.uploads[-1] = replace(upload, video_id=video_id)
        for info in archive.infos:
            self._infos.setdefault(info, None)
        self._tables += archive.tables
        self.problems += [f"{path}/{sentence}" for sentence in archive.too_large]
        self.sentences += archive.sentences()

    def _table_of_archives(self) -> Path | None:
        if len(self._tables) > 1:
            names = ", ".join(sorted(path.name for path in self._tables)[:10])
            raise UserError(
                f"The archive holds {len(self._tables)} tables ({names}); unpack it, and name the "
                "right one with --metadata."
            )
        return self._tables[0] if self._tables else None

    # Metadata

    def _read(self, table: Path | None, options: ManifestOptions, now: datetime) -> None:
        if self._infos:
            infos, problems = info_table(self._infos, options.collected_at == "file")
            self.problems += problems
            own = replace(options, columns={"file": "file"})
            if infos is not None:
                self._join(read_manifest(infos, now, own, now), infos)
        if table is not None:
            if curves := curves_in(table, options):
                self._add_curves(curves)
                return
            opened, written_at = metadata_table(table)
            self._join(read_manifest(opened, written_at, options, now), opened)
            self._tell_files_without_row(opened.name)

    def _add_curves(self, file: CurveFile) -> None:
        self.curves += file.curves
        self.sentences += file.sentences()
        self.metadata.append({"file": file.name} | file.document())
        self.problems += file.problems()

    def _join(self, manifest: Manifest, table: Table) -> None:
        names = FileNames(
            (position, str(Path(name).absolute()), upload.video_id)
            for position, upload in enumerate(self.uploads)
            for name in (self.label(upload), upload.path)
        )
        for entry in manifest:
            if entry.line is not None:
                self._add(entry.line, entry.number, manifest, names)
        self.sentences += [*manifest.sentences(), *self._absent_files(table.name)]
        self.metadata.append({"file": table.name} | manifest.document())
        if manifest.losses.lost:
            self.problems.append(
                f"{table.name}: {manifest.losses.lost:,} of {manifest.losses.rows:,} rows were "
                "left out."
            )

    def _add(self, line: Line, number: int, manifest: Manifest, names: FileNames) -> None:
        try:
            position = names.position(line.file) if line.file else None
        except SeveralFiles:
            why = "several files have the name of its file (write their folders, too)"
            manifest.losses.lose_row(why, number, line.file or "")
            return
        if position is None and line.video_id is None:
            why = "its file is not among the files (give the files beside their list)"
            manifest.losses.lose_row(why, number, line.file or "")
            return
        if position is not None and line.video_id is not None:
            self._rename(position, line.video_id)
        if position is None and line.file:
            self._absent.append(line.file)
        video_id = line.video_id
        if position is not None:
            video_id = self.uploads[position].video_id
        if video_id is not None:
            self.lines.append((video_id, line))

    def _absent_files(self, name: str) -> list[str]:
        absent, self._absent = self._absent, []
        if not absent:
            return []
        return [
            f"{len(absent):,} rows of {name} name files that are not among these, e.g. "
            f"{absent[0]!r}. Give the files beside their list, and they get the ids of their rows."
        ]

    def _rename(self, position: int, video_id: str) -> None:
        """Give a file the id of the row that names it. An id in the file's own name stays."""
        upload = self.uploads[position]
        own_id = named_id(upload.path)
        if own_id is None:
            first_id = upload.content_id or upload.video_id
            self.uploads[position] = replace(upload, video_id=video_id, content_id=first_id)
        elif own_id != video_id:
            self.problems.append(
                f"{self.label(upload)}: its metadata is about {video_id}, another video, and is "
                "not used for it."
            )

    def _tell_files_without_row(self, name: str) -> None:
        described = {video_id for video_id, _ in self.lines}
        bare = [upload for upload in self.uploads if upload.video_id not in described]
        if bare:
            self.sentences.append(
                f"{len(bare):,} of {len(self.uploads):,} files have no row in {name}, "
                f"e.g. {self.label(bare[0])}. A row finds its file by the post's id in the file's "
                "name, or by a column `file`."
            )
        ids = {upload.video_id for upload in self.uploads}
        alone = described - ids
        if ids and alone:
            self.sentences.append(
                f"{len(alone):,} of {len(described):,} videos of {name} have no file among these."
            )

    def _tell_folders_inside(self, paths: Iterable[Path]) -> None:
        folders = [
            inside
            for path in paths
            if path.is_dir()
            for inside in sorted(path.iterdir())
            if inside.is_dir() and not inside.name.startswith(".")
        ]
        if folders:
            self.sentences.append(
                f"{len(folders):,} folders inside are not read, e.g. {folders[0]}. Name them, too, "
                "if they hold videos."
            )

    def _tell_copies(self) -> None:
        """Files that have one id, because they have one content or one id in their names."""
        by_id: dict[str, list[VideoFile]] = {}
        for upload in self.uploads:
            by_id.setdefault(upload.video_id, []).append(upload)
        copies = [uploads for uploads in by_id.values() if len(uploads) > 1]
        if copies:
            first, second, *_ = copies[0]
            self.sentences.append(
                f"{sum(map(len, copies)):,} files are copies, e.g. {self.label(first)} and "
                f"{self.label(second)}. The first of each video is stored."
            )


def _is_same(path: Path, other: Path) -> bool:
    with suppress(OSError):
        return path.samefile(other)
    return False
