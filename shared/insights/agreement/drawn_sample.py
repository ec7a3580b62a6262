"""A drawn sample as its kit keeps it: which videos, with what probabilities, and what to expect."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

VERSION = 1
"""Of the draw and its record. A record of another version is refused."""

METHOD = "two stages: creators by the ordered pivotal method, then videos along their ratings"


class UnusableSample(ValueError):
    """A record of a drawn sample that cannot be weighed by; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class DrawnVideo:
    """A drawn video, its probability of being drawn, and the stratum of its creator.

    `creator` is a number that means nothing outside the sample.
    """

    video_id: str
    probability: float
    stratum: str
    creator: int

    def __post_init__(self) -> None:
        if not 0 < self.probability <= 1:
            raise UnusableSample(f"the probability of {self.video_id} is not between 0 and 1")


@dataclass(frozen=True, slots=True)
class Expectation:
    """The interval to expect from a number of videos: the ratio times and over `factor`, for one
    standard deviation of people's ratings within creators."""

    videos: int
    factor: float
    people_alone: float


@dataclass(frozen=True)
class DrawnSample:
    """The videos that were drawn from a frame for one question, and how."""

    predictor: str
    outcome: str
    seed: int
    frame_videos: int
    frame_creators: int
    drawn_creators: int
    videos: tuple[DrawnVideo, ...]
    expected: tuple[Expectation, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    """Videos that could not be drawn, by reason."""

    def document(self) -> dict[str, Any]:
        """The record, as the key of a kit holds it."""
        return {"version": VERSION, "method": METHOD, **asdict(self)}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "DrawnSample":
        """Read a record. Raises UnusableSample."""
        if document.get("version") != VERSION:
            raise UnusableSample(
                f"its sample has version {document.get('version')}, and this program reads "
                f"version {VERSION}"
            )
        names = {name: value for name, value in document.items() if name not in _DERIVED}
        try:
            names["videos"] = tuple(DrawnVideo(**video) for video in names["videos"])
            names["expected"] = tuple(Expectation(**item) for item in names["expected"])
            return cls(**names)
        except (KeyError, TypeError) as error:
            raise UnusableSample("its sample lacks a part") from error

    def response(self, rated: Collection[str]) -> "Response":
        """The weights of the drawn videos that people rated."""
        return Response.of(self, frozenset(rated))


_DERIVED = ("version", "method")


@dataclass(frozen=True)
class Response:
    """What came back of a drawn sample. `weights` is one over each rated video's probability, times
    what its stratum lacks: videos of a stratum count as rated or not by chance.

    `silent` are the strata in which nobody rated a video; nothing stands for them.
    """

    drawn: int
    rated: int
    weights: dict[str, float]
    silent: tuple[str, ...]

    @classmethod
    def of(cls, sample: DrawnSample, rated: frozenset[str]) -> "Response":
        strata: dict[str, list[DrawnVideo]] = defaultdict(list)
        for video in sample.videos:
            strata[video.stratum].append(video)
        weights: dict[str, float] = {}
        silent = []
        for stratum, videos in strata.items():
            answered = [video for video in videos if video.video_id in rated]
            if not answered:
                silent.append(stratum)
                continue
            total = sum(1 / video.probability for video in videos)
            factor = total / sum(1 / video.probability for video in answered)
            weights |= {video.video_id: factor / video.probability for video in answered}
        return cls(len(sample.videos), len(weights), weights, tuple(silent))

    @property
    def is_partial(self) -> bool:
        return self.rated < self.drawn

    def document(self) -> dict[str, Any]:
        return {"drawn": self.drawn, "rated": self.rated, "silent_strata": list(self.silent)}

    def sentence(self) -> str:
        """How the videos came to be rated, for the note of an estimate."""
        text = f"{self.drawn} videos were drawn with known probabilities and weigh by them."
        if not self.is_partial:
            return f"{text} People rated all of them."
        text += (
            f" People rated {self.rated} of them. Within a stratum of creators, the others count "
            "as missing by chance."
        )
        if self.silent:
            text += f" Nothing stands for {', '.join(self.silent)}, where nobody rated a video."
        return text
