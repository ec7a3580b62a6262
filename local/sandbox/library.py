"""A sandbox library on disk, and how to load it."""

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

# Raise it when the generator writes other bytes for the same seed: it replaces older libraries.
VERSION = 4
MANIFEST = "library.json"
TRUTH = "truth.json"


class LibraryMissing(Exception):
    """The directory holds no finished library."""

    def __init__(self, root: Path, problem: str):
        super().__init__(f"{root}: {problem}; make one with: python -m local.sandbox --out {root}")
        self.root = root


@dataclass(frozen=True, slots=True)
class RenderedClip:
    """One rendered file, shared by the posts that show it. `file` is relative to the library."""

    name: str
    file: str
    bytes: int
    sha256: str
    duration_s: float
    width: int
    height: int
    fps: int
    has_audio: bool


@dataclass(frozen=True, slots=True)
class SandboxCreator:
    """An account. `availability` is ok, private, not_found or restricted; `info` is wire format."""

    username: str
    availability: str
    info: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Post:
    """A listed post. It shows `clip`, or `absent` tells why not: photo, deleted or private.

    `wire` holds the Research API's fields; a field that the API would leave out is not a key.
    """

    video_id: str
    username: str
    clip: str | None
    absent: str | None
    wire: Mapping[str, Any]


@dataclass(frozen=True)
class Library:
    """A finished library: all that an API may show. `truth` reads the planted truth separately."""

    root: Path
    seed: int
    anchor: str
    clips: Mapping[str, RenderedClip]
    creators: tuple[SandboxCreator, ...]
    posts: tuple[Post, ...]

    @classmethod
    def load(cls, root: Path) -> "Library":
        """Load a finished library. Raises LibraryMissing when none of this version exists."""
        root = Path(root)
        try:
            manifest = json.loads((root / MANIFEST).read_bytes())
        except FileNotFoundError:
            raise LibraryMissing(root, "no finished library here") from None
        except ValueError as error:
            raise LibraryMissing(root, f"{MANIFEST} is damaged") from error
        if not isinstance(manifest, dict) or manifest.get("version") != VERSION:
            raise LibraryMissing(root, "library of another version")
        try:
            library = cls._read(root, manifest)
        except (KeyError, TypeError, AttributeError) as error:
            raise LibraryMissing(root, f"{MANIFEST} is damaged") from error
        library._check_clips()
        return library

    @classmethod
    def _read(cls, root: Path, manifest: Mapping[str, Any]) -> "Library":
        return cls(
            root=root,
            seed=manifest["seed"],
            anchor=manifest["anchor"],
            clips={name: RenderedClip(name, **clip) for name, clip in manifest["clips"].items()},
            creators=tuple(SandboxCreator(**creator) for creator in manifest["creators"]),
            posts=tuple(Post(**post) for post in manifest["posts"]),
        )

    @cached_property
    def post_by_id(self) -> Mapping[str, Post]:
        return {post.video_id: post for post in self.posts}

    @cached_property
    def creator_by_name(self) -> Mapping[str, SandboxCreator]:
        return {creator.username: creator for creator in self.creators}

    def clip_path(self, post: Post) -> Path | None:
        """The path of a post's file, or None for a post without media."""
        return None if post.clip is None else self.root / self.clips[post.clip].file

    def media(self, post: Post) -> bytes | None:
        """The whole file of a post, or None for a post without media."""
        path = self.clip_path(post)
        return None if path is None else path.read_bytes() + mark(post.video_id)

    def truth(self) -> dict[str, Any]:
        """The planted effects (see SYNTHETIC.md). No API serves this."""
        truth: dict[str, Any] = json.loads((self.root / TRUTH).read_bytes())
        return truth

    def summary(self) -> dict[str, Any]:
        """Counts for people: posts, creators, clips, bytes of clips, regions and dates."""
        created = sorted(post.wire["create_time"] for post in self.posts)
        return {
            "synthetic": True,
            "library": str(self.root),
            "seed": self.seed,
            "posts": len(self.posts),
            "creators": len(self.creators),
            "clips": len(self.clips),
            "clip_bytes": sum(clip.bytes for clip in self.clips.values()),
            "regions": sorted({post.wire["region_code"] for post in self.posts}),
            "first_create_time": created[0],
            "last_create_time": created[-1],
        }

    def _check_clips(self) -> None:
        for clip in self.clips.values():
            path = self.root / clip.file
            if not path.is_file() or path.stat().st_size != clip.bytes:
                raise LibraryMissing(self.root, f"{clip.file} is missing or cut short")


def is_of_another_version(root: Path) -> bool:
    """Whether a library is here that another version of the generator made."""
    try:
        manifest = json.loads((root / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("version") != VERSION


def mark(video_id: str) -> bytes:
    """A `free` box with the video id: appended to a clip, it makes a post's bytes its own.

    Players skip free space (ISO/IEC 14496-12, 8.1.2), so the file decodes as before.
    """
    payload = f"synthetic sandbox post {video_id}".encode()
    return struct.pack(">I4s", 8 + len(payload), b"free") + payload


def manifest(library: Library) -> dict[str, Any]:
    """The content of library.json, as `Library.load` reads it."""
    return {
        "synthetic": True,
        "note": "Nothing here is real: accounts, captions, counts and clips are generated.",
        "version": VERSION,
        "seed": library.seed,
        "anchor": library.anchor,
        "clips": {name: _without_name(clip) for name, clip in library.clips.items()},
        "creators": [asdict(creator) for creator in library.creators],
        "posts": [asdict(post) for post in library.posts],
    }


def _without_name(clip: RenderedClip) -> dict[str, Any]:
    fields = asdict(clip)
    del fields["name"]
    return fields
