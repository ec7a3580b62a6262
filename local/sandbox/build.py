"""Generates a library from a seed, on two threads. It is written whole or not at all."""

import fcntl
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.sandbox.library import (
    MANIFEST,
    TRUTH,
    VERSION,
    Library,
    LibraryMissing,
    RenderedClip,
    manifest,
)

if TYPE_CHECKING:
    from local.sandbox.posts import LibraryPlan

# A fixed date, so that a library made next year has the same ids and dates.
DEFAULT_ANCHOR = datetime(2026, 11, 1, tzinfo=UTC)
POSTS = 208
"""Posts of a library: the shipped plan finds in them what is planted (benchmarks/planted.py)."""

Progress = Callable[[str, int, int], None]

_LABEL = """# Synthetic

Everything in this directory is generated: accounts, captions, counts and clips. Nobody in it is
real, and no figure from it says anything about TikTok. Account names begin with `sandbox_`.

- `library.json`: what the sandbox API may show (posts, creators, which clip a post shows).
- `truth.json`: what was planted (surprise, its onset, cuts, language, effects on the counts), and
  what the signals rater sees of it. No API serves it.
- `clips/`: the rendered clips. A served file is a clip with the post's id in a `free` box behind.
"""


def generate(
    out: Path,
    seed: int = 7,
    posts: int = POSTS,
    progress: Progress | None = None,
    *,
    anchor: datetime = DEFAULT_ANCHOR,
    workers: int = 2,
) -> Library:
    """Generate the library in `out`, or load the one that an earlier call finished.

    `seed` draws creators, posts and counts; the clips are the same in every library, so those of
    a finished library in `out` are kept. `anchor` (aware) is the time of the counts; posts are 1 to
    60 days older. It calls `progress(stage, count, total)` after each rendered clip. It writes the
    manifest last, so a killed call leaves no library and the next call starts again. Two calls at
    once take turns.
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
            library = _finished(out, key) or _make(out, key, progress, workers)
    return library


def _finished(out: Path, key: tuple[int, int, str]) -> Library | None:
    try:
        library = Library.load(out)
    except LibraryMissing:
        return None
    return library if (library.seed, len(library.posts), library.anchor) == key else None


def _make(out: Path, key: tuple[int, int, str], progress: Progress | None, workers: int) -> Library:
    from local.sandbox.posts import plan_posts

    seed, posts, anchor = key
    plan = plan_posts(seed, posts, datetime.fromisoformat(anchor))
    names = sorted({post.clip for post in plan.posts if post.clip is not None})
    intact = _intact_clips(out, names)
    (out / MANIFEST).unlink(missing_ok=True)  # now the library counts as unfinished
    clips = _render_missing(names, intact, out / "clips", progress, workers)
    library = Library(out, seed, anchor, clips, plan.creators, plan.posts)
    (out / "SYNTHETIC.md").write_text(_LABEL, encoding="utf-8")
    _write_json(out / TRUTH, _truth(plan, names, seed))
    _write_json(out / MANIFEST, manifest(library))
    return library


def _intact_clips(out: Path, names: list[str]) -> dict[str, RenderedClip]:
    """The clips of a finished library of this version whose bytes are as it says."""
    try:
        library = Library.load(out)
    except LibraryMissing:
        return {}
    return {
        name: clip
        for name, clip in library.clips.items()
        if name in names and sha256((out / clip.file).read_bytes()).hexdigest() == clip.sha256
    }


def _render_missing(
    names: list[str],
    intact: Mapping[str, RenderedClip],
    folder: Path,
    progress: Progress | None,
    workers: int,
) -> dict[str, RenderedClip]:
    from local.sandbox.clips import render
    from local.sandbox.designs import BY_NAME, CLIP_SEED

    folder.mkdir(exist_ok=True)
    for stale in set(folder.iterdir()) - {folder.parent / clip.file for clip in intact.values()}:
        stale.unlink()
    # Longest first, so that no thread ends alone with a long one. PyAV and numpy release the
    # interpreter's lock, so threads are as fast as processes.
    order = sorted(
        set(names) - intact.keys(), key=lambda name: -BY_NAME[name].seconds * BY_NAME[name].size[0]
    )
    clips = dict(intact)
    with ThreadPoolExecutor(workers) as pool:
        jobs = [
            pool.submit(render, BY_NAME[name], CLIP_SEED, folder / f"{name}.mp4") for name in order
        ]
        try:
            for job in as_completed(jobs):
                clip = job.result()
                clips[clip.name] = clip
                if progress is not None:
                    progress("clips", len(clips), len(names))
        except BaseException:
            # After Ctrl-C wait for two clips, not for thirty.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {name: clips[name] for name in names}


def _truth(plan: "LibraryPlan", names: list[str], seed: int) -> Mapping[str, Any]:
    from local.sandbox.designs import BY_NAME
    from local.sandbox.kpis import effects
    from local.sandbox.visible import visible_scores

    designs = {
        name: {
            **asdict(BY_NAME[name]),
            "cuts_s": BY_NAME[name].cuts_s,
            "visible": asdict(visible_scores()[name]),
        }
        for name in names
    }
    return {
        "synthetic": True,
        "version": VERSION,
        "seed": seed,
        "effects": effects(),
        "designs": designs,
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
