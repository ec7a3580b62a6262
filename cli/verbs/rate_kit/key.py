"""The key file of a rating kit: which clip is which video, and how the videos were drawn."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.errors import UserError

if TYPE_CHECKING:
    from shared.insights.agreement.drawn_sample import DrawnSample
    from shared.insights.agreement.ratings import Ratings

CHECK, SAMPLE = "check", "sample"
TWO_SAMPLES = (
    "--key: {first} and {second} hold two drawn samples, whose probabilities do not add up. "
    "Give one of them."
)
NOT_DRAWN = (
    "{name} has no probabilities: its videos were picked, and count as chosen at random. "
    "`tta rate-kit --sample` draws them."
)


@dataclass(frozen=True, slots=True)
class KitKeys:
    """What the keys of some kits say."""

    videos: dict[str, str] = field(default_factory=dict)
    """The video id of each clip."""
    sample: "DrawnSample | None" = None
    sentences: tuple[str, ...] = ()

    @classmethod
    def read(cls, paths: tuple[Path, ...]) -> "KitKeys":
        """Read the keys. Raises UserError for one that is no key, or was changed."""
        videos: dict[str, str] = {}
        samples: dict[str, DrawnSample] = {}
        sentences = []
        for path in dict.fromkeys(paths):
            document = _document(path)
            videos |= {str(clip): str(id_) for clip, id_ in document["clips"].items()}
            if (sample := _sample(path, document)) is None:
                sentences.append(NOT_DRAWN.format(name=path.name))
            else:
                samples[path.name] = sample
        if len(samples) > 1:
            first, second, *_ = samples
            raise UserError(TWO_SAMPLES.format(first=first, second=second))
        return cls(videos, next(iter(samples.values()), None), tuple(sentences))

    def weighing(self, ratings: "Ratings") -> "Ratings":
        """The ratings with the drawn sample by which people's count."""
        return ratings if self.sample is None else replace(ratings, drawn=self.sample)


def key_text(content: Mapping[str, Any]) -> str:
    """The text of a key. One with a sample holds a check of everything else."""
    checked = dict(content)
    if SAMPLE in checked:
        checked[CHECK] = _check(checked)
    return json.dumps(checked, indent=2) + "\n"


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
        document["clips"].items()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"--key {path}: this is not a key file of `tta rate-kit`.") from error
    return dict(document)


def _sample(path: Path, document: dict[str, Any]) -> "DrawnSample | None":
    """The drawn sample of a key, None in a key of picked videos. Raises UserError."""
    if SAMPLE not in document and CHECK not in document:
        return None
    if document.get(CHECK) != _check(document):
        raise UserError(
            f"--key {path}: it was changed after the kit was made, so its probabilities cannot be "
            "trusted. Give the key as `tta rate-kit` wrote it."
        )
    from shared.insights.agreement.drawn_sample import DrawnSample, UnusableSample

    try:
        return DrawnSample.of(document[SAMPLE])
    except UnusableSample as error:
        raise UserError(
            f"--key {path}: {error}. Read it with the version of tta that made the kit."
        ) from error


def _check(document: Mapping[str, Any]) -> str:
    """A digest of the key without its check. It finds a change by hand, not one by intent."""
    content = {name: value for name, value in document.items() if name != CHECK}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
