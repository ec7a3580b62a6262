"""Generates a library from a seed. It is written whole or not at all."""

import fcntl
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.sandbox.footage import LibraryClip, footage
from local.sandbox.library import MANIFEST, TRUTH, VERSION, Library, LibraryMissing, manifest

if TYPE_CHECKING:
    from local.sandbox.posts import LibraryPlan

# A fixed date, so that a library made next year has the same ids and dates.
DEFAULT_ANCHOR = datetime(2026, 11, 1, tzinfo=UTC)
POSTS = 156
"""Posts of a library: the shipped plan finds in them what is planted (benchmarks/planted.py)."""

_LABEL = """# Synthetic

Everything in this directory is generated: accounts, captions, counts and clips. Nobody in it is
real, and no figure from it says anything about TikTok. Account names begin with `sandbox_`.

- `library.json`: what the sandbox API may show (posts, creators, which clip a post shows).
- `truth.json`: what was planted (what happens in each clip and when, how unexpected it is,
  language, effects on the counts). No API serves it.
- `clips/`: the clips. A served file is a clip with the post's id in a `free` box behind.
"""


def generate(
    out: Path, seed: int = 7, posts: int = POSTS, *, anchor: datetime = DEFAULT_ANCHOR
) -> Library:
    """Generate the library in `out`, or load the one that an earlier call finished.

    `seed` draws creators, posts and counts; the clips are those of footage.py in every library.
    `anchor` (aware) is the time of the counts; posts are 8 to 60 days older. It writes the manifest
    last, so a killed call leaves no library and the next call starts again. Two calls at once take
    turns.
    Raises ValueError for fewer than 16 posts or a naive anchor, OSError when `out` is unusable.
    """
    out = Path(out)
    if anchor.tzinfo is None:
        raise ValueError("the anchor needs a time zone")
    key = (seed, posts, anchor.astimezone(UTC).isoformat())
    library = _finished(out, key)
    if library is None:
        out.mkdir(parents=True, exist_ok=True)
        with _alone(out):
            library = _finished(out, key) or _make(out, key)
    return library


def _finished(out: Path, key: tuple[int, int, str]) -> Library | None:
    try:
        library = Library.load(out)
    except LibraryMissing:
        return None
    return library if (library.seed, len(library.posts), library.anchor) == key else None


def _make(out: Path, key: tuple[int, int, str]) -> Library:
    from local.sandbox.posts import plan_posts

    seed, posts, anchor = key
    plan = plan_posts(seed, posts, datetime.fromisoformat(anchor))
    shown = {post.clip for post in plan.posts}
    clips = {name: clip for name, clip in footage().items() if name in shown}
    (out / MANIFEST).unlink(missing_ok=True)  # now the library counts as unfinished
    _copy_clips(clips.values(), out / "clips")
    rendered = {name: clip.rendered for name, clip in clips.items()}
    library = Library(out, seed, anchor, rendered, plan.creators, plan.posts)
    (out / "SYNTHETIC.md").write_text(_LABEL, encoding="utf-8")
    _write_json(out / TRUTH, _truth(plan, clips, seed))
    _write_json(out / MANIFEST, manifest(library))
    return library


def _copy_clips(clips: Iterable[LibraryClip], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for stale in folder.iterdir():
        stale.unlink()
    for clip in clips:
        (folder / clip.path.name).write_bytes(clip.path.read_bytes())


def _truth(plan: "LibraryPlan", clips: Mapping[str, LibraryClip], seed: int) -> Mapping[str, Any]:
    from local.sandbox.audiences import audience_effects
    from local.sandbox.kpis import effects

    return {
        "synthetic": True,
        "version": VERSION,
        "seed": seed,
        "effects": effects() | {"audiences": audience_effects()},
        "clips": {name: asdict(clip) for name, clip in clips.items()},
        "creators": plan.creator_truth,
        "posts": plan.post_truth,
    }


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the directory's lock, which the system frees if this process is killed."""
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
