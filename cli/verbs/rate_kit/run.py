"""Makes the folder of `tta rate-kit`: clips under meaningless names, a page, and a key."""

import hashlib
import json
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.files import write
from cli.selection import Selection
from cli.uploads import UnusableFile, inspect_video
from cli.verbs.rate_kit.identical import WARNING, identical_clips
from cli.verbs.rate_kit.key import SAMPLE, key_text
from cli.verbs.rate_kit.sample import SampleOptions, draw_sample, show_sample
from shared.rating.rubric import Dimension, dimensions

if TYPE_CHECKING:
    from shared.insights.agreement.drawn_sample import DrawnSample

ONSET = "surprise_onset_s"
USUAL = (ONSET, "unexpectedness", "expectation_gap", "emotional_intensity")
MOST_CLIPS = 500
PRACTICE = "practice.mp4"
"""A ball that becomes a square: each rater tries the page on it, and the page keeps nothing."""

_PARTS = Path(__file__).parent / "kit"


@dataclass(frozen=True, slots=True)
class RateKitOptions:
    """The options of `tta rate-kit`."""

    selection: tuple[str, ...]
    out: Path
    dimensions: tuple[str, ...] = ()
    repeats: int | None = None
    check_every: int = 8
    seed: int | None = None
    sample: SampleOptions | None = None

    def refuse(self) -> None:
        """Check --out before any work: it may be an empty folder. Raises UserError."""
        if self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
            raise UserError(f"--out {self.out}: it exists already; give a new folder.", WRONG_USE)
        if not self.out.absolute().parent.is_dir():
            raise UserError(f"--out {self.out}: the folder above it does not exist.", WRONG_USE)

    def questions(self) -> list[Dimension]:
        """The chosen dimensions, those in seconds first. Raises UserError."""
        by_name = {
            dimension.name: dimension
            for dimension in dimensions()
            # The page has one button for one moment.
            if dimension.type == "score" or dimension.name == ONSET
        }
        names = self.dimensions or USUAL
        unknown = [name for name in names if name not in by_name]
        if unknown:
            choices = ", ".join(by_name)
            raise UserError(f"--dimension {unknown[0]}: give one of {choices}.", WRONG_USE)
        return sorted(
            (by_name[name] for name in dict.fromkeys(names)),
            key=lambda dimension: dimension.type == "score",
        )


@dataclass(frozen=True, slots=True)
class KitClip:
    """A video, with the name that raters see."""

    code: str
    video_id: str
    file: str


@dataclass(frozen=True, slots=True)
class RateKit:
    """A kit that was made."""

    id: str
    folder: Path
    key: Path
    clips: tuple[KitClip, ...]
    dimensions: tuple[str, ...]
    left_out: tuple[str, ...]
    identical: tuple[tuple[str, ...], ...] = ()
    """Ids of videos with the same bytes, in groups."""
    sample: "DrawnSample | None" = None

    def document(self) -> dict[str, Any]:
        return {
            "kit": self.id,
            "folder": str(self.folder),
            "key": str(self.key),
            "clips": len(self.clips),
            "dimensions": list(self.dimensions),
            "left_out": list(self.left_out),
            "identical": [list(ids) for ids in self.identical],
            "sample": None if self.sample is None else self.sample.document(),
        }


@dataclass(frozen=True, slots=True)
class _SourceVideo:
    """A video's file on this machine."""

    video_id: str
    path: Path


def make_kit(options: RateKitOptions, target: str, home: Path | None, screen: Screen) -> RateKit:
    """Make the kit. The same selection and seed give the same folder. Raises UserError."""
    options.refuse()
    questions = options.questions()
    seed = secrets.randbits(53) if options.seed is None else options.seed
    words, sample = options.selection, None
    if options.sample is not None:
        sample = draw_sample(options.sample, words, seed, target, home, screen)
        words = tuple(video.video_id for video in sample.videos)
    selected = Selection.of(words)
    left_out: list[str] = []
    with _sources(selected, target, home, left_out, screen) as sources:
        if not sources:
            raise UserError("None of these files can be used: " + "; ".join(left_out[:5]))
        if len(sources) > MOST_CLIPS:
            raise UserError(f"{len(sources):,} clips are more than a person can rate; choose some.")
        kit_id = _id(seed, sources, questions, options)
        clips = _copied(sources, options.out, seed)
        identical = identical_clips((source.video_id, source.path) for source in sources)
    write(options.out / "index.html", _page(kit_id, clips, questions, options))
    key = options.out.absolute().with_name(f"{options.out.absolute().name}.key.json")
    content = {"kit": kit_id, "seed": seed, "clips": {clip.code: clip.video_id for clip in clips}}
    drawn = {} if sample is None else {SAMPLE: sample.document()}
    write(key, key_text(content | drawn))
    names = tuple(question.name for question in questions)
    return RateKit(kit_id, options.out, key, clips, names, tuple(left_out), identical, sample)


def _id(
    seed: int,
    sources: Sequence[_SourceVideo],
    questions: Sequence[Dimension],
    options: RateKitOptions,
) -> str:
    """An id of everything that the kit asks; the page stores a rater's progress under it."""
    videos = sorted(source.video_id for source in sources)
    names = [question.name for question in questions]
    identity = json.dumps([seed, videos, names, options.repeats, options.check_every])
    return hashlib.sha256(identity.encode()).hexdigest()[:8]


@contextmanager
def _sources(
    selected: Selection, target: str, home: Path | None, left_out: list[str], screen: Screen
) -> Iterator[list[_SourceVideo]]:
    """The selected videos as files, each id once. Those in a lake are fetched for the block."""
    sources: dict[str, _SourceVideo] = {}
    for path in selected.local_files:
        try:
            video_id = inspect_video(path).video_id
            first = sources.setdefault(video_id, _SourceVideo(video_id, path))
            if first.path != path:
                left_out.append(f"{path} is the video {video_id} again, as {first.path}")
        except UnusableFile as error:
            left_out.append(f"{path} {error}")
    if not selected.in_lake:
        yield list(sources.values())
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="rate-kit-") as folder:
        for source in _fetched(selected, target, home, Path(folder), left_out, screen):
            sources.setdefault(source.video_id, source)
        yield list(sources.values())


def _fetched(
    selected: Selection,
    target: str,
    home: Path | None,
    folder: Path,
    left_out: list[str],
    screen: Screen,
) -> Iterator[_SourceVideo]:
    from cli.cloud import open_cloud
    from cli.selection import videos_in
    from local.cloud import LAKE
    from shared.storage.lake import Gone, Lake

    with open_cloud(home, screen, LAKE, target=target) as endpoints, screen.working("Fetching …"):
        lake = Lake.connect(endpoints.project, endpoints.bucket)
        objects = videos_in(lake, selected)
        for video in objects:
            screen.now(f"Fetching {video.name} …")
            path = folder / f"{video.video_id}{PurePosixPath(video.name).suffix}"
            try:
                lake.download(video.name, video.generation, path)
            except Gone:
                left_out.append(f"{video.video_id} was deleted meanwhile")
                continue
            yield _SourceVideo(video.video_id, path)
        left_out += [f"{video_id} has no file in the lake" for video_id in objects.missing]


def _copied(sources: Sequence[_SourceVideo], out: Path, seed: int) -> tuple[KitClip, ...]:
    """Copy the videos under codes that hide their ids, and return them in the order of codes."""
    media = out / "media"
    media.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_PARTS / PRACTICE, media / PRACTICE)
    clips = []
    for source in sources:
        code = hashlib.sha256(f"{seed}/{source.video_id}".encode()).hexdigest()[:10]
        file = f"{code}{source.path.suffix.lower()}"
        shutil.copyfile(source.path, media / file)  # copies no times of the original
        clips.append(KitClip(f"clip-{code}", source.video_id, file))
    return tuple(sorted(clips, key=lambda clip: clip.code))


def _page(
    kit_id: str, clips: Sequence[KitClip], questions: Sequence[Dimension], options: RateKitOptions
) -> str:
    repeats = options.repeats
    if repeats is None:
        repeats = max(1, len(clips) // 10) if len(clips) >= 2 else 0
    kit = {
        "id": kit_id,
        "clips": [{"id": clip.code, "file": clip.file} for clip in clips],
        "repeats": min(repeats, len(clips) // 2),
        "check_every": options.check_every,
        "dimensions": [
            {
                "name": question.name,
                "type": question.type,
                "title": question.title,
                "ask": question.ask,
                "anchors": [list(anchor) for anchor in question.anchors],
            }
            for question in questions
        ],
    }
    page = (_PARTS / "page.html").read_text(encoding="utf-8")
    data = json.dumps(kit, ensure_ascii=False).replace("<", "\\u003c")
    for mark, text in (
        ("/*STYLE*/", (_PARTS / "kit.css").read_text(encoding="utf-8")),
        ("/*SCRIPT*/", (_PARTS / "kit.js").read_text(encoding="utf-8")),
        ("/*KIT*/", data),
    ):
        page = page.replace(mark, text)
    return page


def show(kit: RateKit, screen: Screen) -> None:
    """Print what to do next."""
    screen.show(f"{len(kit.clips)} clips, {len(kit.dimensions)} questions each, in {kit.folder}.")
    if kit.sample is not None:
        show_sample(kit.sample, screen)
    for sentence in kit.left_out:
        screen.show(f"Left out: {sentence}.")
    for ids in kit.identical:
        screen.show(f"Identical clips: {', '.join(ids)}. {WARNING}")
    screen.show(f"Raters open {kit.folder / 'index.html'}; for phones, put the folder on a server:")
    screen.show(f"  python3 -m http.server --directory {kit.folder} 8000")
    screen.show(f"Keep {kit.key} from raters: it says which clip is which video. Then:")
    screen.show(f"  tta validate --input ratings-{kit.id}-CODE.csv --key {kit.key} --stored")
    if kit.sample is not None:
        screen.show(f"  tta insights --ratings ratings-{kit.id}-CODE.csv --key {kit.key}")
