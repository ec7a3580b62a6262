"""The actions of `tta collections`, on the file of collections and its manifests."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.cloud import open_cloud
from cli.console import Screen
from cli.errors import UserError
from cli.files import refuse_absent
from cli.tables import is_plain_text, metadata_table, write_json_lines
from cli.verbs.collections.quota import QuotaCheck, quota_check
from local.cloud import LAKE
from local.endpoints import Endpoints
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.table import Table
from shared.storage.lake import STREAM_CHUNK_BYTES, Lake, Superseded
from shared.storage.layout import COLLECTIONS
from shared.tiktok.collection_file import BadCollection, checked_collections
from shared.tiktok.collections import YTDLP_TERMS, Collection
from shared.tiktok.silence import silences
from shared.tiktok.sources.manifest import manifest_options
from shared.tiktok.sources.manifest_file import Manifest, ManifestOptions, UndatedCounts

if TYPE_CHECKING:
    from cli.verbs.collections.login import LoginOptions

MANIFESTS = "manifests/"


def check_file(path: str, screen: Screen) -> None:
    """Check a file on this machine. Raises UserError when something in it is wrong."""
    refuse_absent("collections check", Path(path))
    _show_collections(_read(Path(path)), path, screen)


class CollectionStore:
    """The collections of one cloud."""

    def __init__(self, lake: Lake, endpoints: Endpoints, screen: Screen):
        self._lake = lake
        self._endpoints = endpoints
        self._screen = screen

    @classmethod
    @contextmanager
    def connect(
        cls, action: str, home: Path | None, target: str, screen: Screen
    ) -> "Iterator[CollectionStore]":
        parts = LAKE | {"tiktok"} if action == "login" else LAKE
        with open_cloud(home, screen, parts, target=target) as endpoints:
            yield cls(Lake.connect(endpoints.project, endpoints.bucket), endpoints, screen)

    def do(self, action: str, subject: str, login: "LoginOptions | None" = None) -> None:
        """Do one action. Raises UserError."""
        if action == "check":
            good = _show_collections(
                self._stored_file(), COLLECTIONS, self._screen, self._check_quota
            )
            self._look_for_manifests(good)
            for silent in silences(self._lake, datetime.now(UTC)):
                self._screen.say(f"{silent.collection} lists nothing: {silent.why}.")
        elif action == "show":
            print(self._stored_file().decode("utf-8", "replace"), end="")
        elif action == "put":
            self._put(subject)
        elif action == "add-manifest":
            self._add_manifest(Path(subject))
        else:
            from cli.verbs.collections.login import LoginOptions, log_in

            options = login or LoginOptions()
            log_in(subject, self._lake, self._endpoints, self._screen, options)

    def _check_quota(self, good: list[Collection]) -> QuotaCheck:
        return quota_check(self._lake, good, datetime.now(UTC))

    def _stored_file(self) -> bytes:
        content = self._lake.read(COLLECTIONS)
        if content is None:
            raise UserError(
                f"There is no {COLLECTIONS} in {self._lake.bucket_name} yet; "
                "create it with: tta collections put FILE"
            )
        return content

    def _look_for_manifests(self, good: list[Collection]) -> None:
        missing = [
            f"{collection.name}.manifest: there is no {collection.manifest} in the bucket; "
            "store it with: tta collections add-manifest FILE"
            for collection in good
            if collection.manifest and not self._lake.exists(collection.manifest)
        ]
        if missing:
            raise UserError("\n".join(missing))

    def _put(self, path: str) -> None:
        content = _read(Path(path))
        good = _show_collections(content, path, self._screen)
        _, generation = self._lake.read_with_generation(COLLECTIONS)
        try:
            self._lake.replace(COLLECTIONS, content, generation, "application/yaml")
        except Superseded as error:
            raise UserError(
                "Somebody stored another file just now. Check it, then try again."
            ) from error
        self._screen.say(f"Stored in {self._lake.bucket_name}; the next run reads it.")
        self._look_for_manifests(good)

    def _add_manifest(self, path: Path) -> None:
        """Check the whole file, then stream it into the bucket, over an older one of that name."""
        table, written_at = metadata_table(path)
        is_plain = is_plain_text(table)
        name = f"{MANIFESTS}{path.name if is_plain else path.stem + '.jsonl'}"
        counts = self._checked_manifest(table, written_at, self._stated(name))
        self._lake.delete(name)
        with self._lake.create_stream(name, "text/plain") as target:
            if is_plain:
                with path.open("rb") as source:
                    shutil.copyfileobj(source, target, STREAM_CHUNK_BYTES)
            else:
                write_json_lines(table, target)
        if self._screen.machine:
            self._screen.show_json(counts | {"object": name})
        else:
            self._screen.show(
                f"{counts['good']} lines can be used, {counts['bad']} cannot. A collection reads "
                f"it with\n  source: manifest\n  manifest: {name}"
            )

    def _stated(self, name: str) -> ManifestOptions:
        """What the first collection that reads the file states about it."""
        content = self._lake.read(COLLECTIONS)
        with suppress(BadCollection):
            good, _ = checked_collections(content) if content else ([], [])
            options = (manifest_options(entry) for entry in good if entry.manifest == name)
            return next(options, ManifestOptions())
        return ManifestOptions()

    def _checked_manifest(
        self, table: Table, written_at: datetime, options: ManifestOptions
    ) -> dict[str, Any]:
        """Read a whole manifest, and say which lines cannot be used. Raises UserError."""
        now = datetime.now(UTC)
        try:
            manifest = Manifest(table, written_at, options, now)
        except UndatedCounts as error:
            self._screen.say(error.for_collection)
            manifest = Manifest(table, written_at, replace(options, collected_at="file"), now)
        except BadTable as error:
            raise UserError(
                f"{error.sentence} A collection that reads the file may state columns, decimal, "
                "dates and timezone."
            ) from error
        problems = [
            f"{table.name}, {table.unit} {entry.number}: {entry.problem}"
            for entry in manifest
            if entry.line is None
        ]
        for sentence in manifest.sentences():
            self._screen.say(sentence)
        good = manifest.losses.rows - manifest.losses.lost
        if not good:
            raise UserError(f"{table.name}: none of its lines can be used.")
        return {"good": good, "bad": len(problems), "problems": problems} | {
            "read": manifest.document()
        }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error


def _show_collections(
    content: bytes,
    where: str,
    screen: Screen,
    check_quota: Callable[[list[Collection]], QuotaCheck] | None = None,
) -> list[Collection]:
    """Show the collections in the file, and the arithmetic of their quota if it is checked.

    Raises UserError with every problem.
    """
    try:
        good, problems = checked_collections(content)
    except BadCollection as error:
        raise UserError(error.sentence.replace(COLLECTIONS, where)) from error
    quota = check_quota(good) if check_quota else None
    if screen.machine:
        listing = [
            {"line": entry.line, "field": entry.field, "why": entry.why} for entry in problems
        ]
        names = [entry.name for entry in good]
        document: dict[str, Any] = {"collections": names, "problems": listing}
        screen.show_json(document | ({"quota": quota.document()} if quota else {}))
    elif good:
        screen.table(
            ("collection", "source", "asks for", "from", "until", "files"), map(_row, good)
        )
        if quota:
            quota.show(screen)
    if by_page := [entry.name for entry in good if entry.media.resolver == "ytdlp"]:
        screen.say(f"{', '.join(by_page)}: {YTDLP_TERMS}.")
    if problems:
        raise UserError("\n".join(str(entry).replace(COLLECTIONS, where) for entry in problems))
    return good


def _row(collection: Collection) -> tuple[Any, ...]:
    lists = (
        ("@", collection.usernames),
        ("#", collection.hashtags),
        ("", collection.keywords),
        ("", collection.regions),
    )
    queries = [f"{sign}{term}" for sign, terms in lists for term in terms]
    return (
        collection.name,
        collection.source,
        collection.manifest or " ".join(queries[:6]) + (" …" if len(queries) > 6 else ""),
        collection.start_date or "",
        collection.end_date or "",
        collection.media.resolver,
    )
