"""What `tta collections` does with the file of standing queries and the lists beside it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.cloud import opened
from cli.console import Screen
from cli.errors import Refused
from local.cloud import LAKE
from local.endpoints import Endpoints
from shared.model import Malformed
from shared.storage.lake import COLLECTIONS, STREAM_CHUNK_BYTES, Lake, Superseded
from shared.tiktok.collections import (
    YTDLP_TERMS,
    BadCollection,
    Collection,
    checked_collections,
)
from shared.tiktok.silence import silences
from shared.tiktok.sources.manifest_file import BadManifest, Manifest
from shared.tiktok.sources.manifest_line import line_of

MANIFESTS = "manifests/"
TOLD_LINES = 20
"""Bad lines of a manifest that are told one by one."""


def checked_file(path: str, screen: Screen) -> None:
    """Check a file on this machine. Raises Refused when something is wrong."""
    _tell(_read(Path(path)), path, screen)


class Collected:
    """The collections of one cloud."""

    def __init__(self, lake: Lake, endpoints: Endpoints, screen: Screen):
        self._lake = lake
        self._endpoints = endpoints
        self._screen = screen

    @classmethod
    @contextmanager
    def opened(
        cls, action: str, home: Path | None, target: str, screen: Screen
    ) -> "Iterator[Collected]":
        parts = LAKE | {"tiktok"} if action == "login" else LAKE
        with opened(home, screen, parts, target=target) as endpoints:
            yield cls(Lake.connect(endpoints.project, endpoints.bucket), endpoints, screen)

    def do(self, action: str, subject: str) -> None:
        """Carry out one action. Raises Refused."""
        if action == "check":
            good = _tell(self._standing(), COLLECTIONS, self._screen)
            self._look_for_manifests(good)
            for silent in silences(self._lake, datetime.now(UTC)):
                self._screen.say(f"{silent.collection} lists nothing: {silent.why}.")
        elif action == "show":
            print(self._standing().decode("utf-8", "replace"), end="")
        elif action == "put":
            self._put(subject)
        elif action == "add-manifest":
            self._add_manifest(Path(subject))
        else:
            from cli.verbs.collections.login import log_in

            log_in(subject, self._lake, self._endpoints, self._screen)

    def _standing(self) -> bytes:
        content = self._lake.read(COLLECTIONS)
        if content is None:
            raise Refused(
                f"There is no {COLLECTIONS} in {self._lake.bucket_name} yet; "
                "tta collections put FILE makes one."
            )
        return content

    def _look_for_manifests(self, good: list[Collection]) -> None:
        missing = [
            f"{one.name}.manifest: there is no {one.manifest} in the bucket; "
            "bring it with tta collections add-manifest"
            for one in good
            if one.manifest and not self._lake.exists(one.manifest)
        ]
        if missing:
            raise Refused("\n".join(missing))

    def _put(self, path: str) -> None:
        content = _read(Path(path))
        good = _tell(content, path, self._screen)
        _, generation = self._lake.read_with_generation(COLLECTIONS)
        try:
            self._lake.replace(COLLECTIONS, content, generation, "application/yaml")
        except Superseded as error:
            raise Refused("Somebody put another file just now; look at it, then again.") from error
        self._screen.say(f"Put into {self._lake.bucket_name}; the next run reads it.")
        self._look_for_manifests(good)

    def _add_manifest(self, path: Path) -> None:
        """Read it through, then stream it into the bucket over an older one of its name."""
        counts = _manifest_checked(path, self._screen)
        name = f"{MANIFESTS}{path.name}"
        self._lake.delete(name)
        with path.open("rb") as source, self._lake.create_stream(name, "text/plain") as target:
            shutil.copyfileobj(source, target, STREAM_CHUNK_BYTES)
        if self._screen.machine:
            self._screen.show_json(counts | {"object": name})
        else:
            self._screen.show(
                f"{counts['good']} lines can be used, {counts['bad']} cannot. A collection reads "
                f"it with\n  source: manifest\n  manifest: {name}"
            )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error


def _tell(content: bytes, where: str, screen: Screen) -> list[Collection]:
    """Show what the file holds. Raises Refused naming every problem."""
    try:
        good, problems = checked_collections(content)
    except BadCollection as error:
        raise Refused(error.sentence.replace(COLLECTIONS, where)) from error
    if screen.machine:
        found = [{"line": one.line, "field": one.field, "why": one.why} for one in problems]
        screen.show_json({"collections": [one.name for one in good], "problems": found})
    elif good:
        screen.table(
            ("collection", "source", "asks for", "from", "until", "files"), map(_row, good)
        )
    if by_page := [one.name for one in good if one.media.resolver == "ytdlp"]:
        screen.say(f"{', '.join(by_page)}: {YTDLP_TERMS}.")
    if problems:
        raise Refused("\n".join(str(one).replace(COLLECTIONS, where) for one in problems))
    return good


def _row(one: Collection) -> tuple[Any, ...]:
    lists = (("@", one.usernames), ("#", one.hashtags), ("", one.keywords), ("", one.regions))
    asked = [f"{sign}{term}" for sign, terms in lists for term in terms]
    return (
        one.name,
        one.source,
        one.manifest or " ".join(asked[:6]) + (" …" if len(asked) > 6 else ""),
        one.start_date or "",
        one.end_date or "",
        one.media.resolver,
    )


def _manifest_checked(path: Path, screen: Screen) -> dict[str, Any]:
    """Read a manifest to its end and say which of its lines cannot be used. Raises Refused."""
    good, problems = 0, []
    try:
        with path.open("rb") as file:
            for entry in Manifest(file, path.name):
                where = f"{path.name}, line {entry.number}"
                try:
                    if entry.said is None:
                        raise Malformed(f"{where}: {entry.problem}")
                    line_of(entry.said, where)
                    good += 1
                except Malformed as error:
                    problems.append(error.sentence)
    except BadManifest as error:
        raise Refused(error.sentence) from error
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    for problem in problems[:TOLD_LINES]:
        screen.say(problem)
    if len(problems) > TOLD_LINES:
        screen.say(f"… and {len(problems) - TOLD_LINES} more lines.")
    if not good:
        raise Refused(f"{path.name}: no line of it can be used.")
    return {"good": good, "bad": len(problems), "problems": problems}
