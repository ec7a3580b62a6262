"""The rater protocol: a rater looks at one video file and answers, or says why it cannot."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Literal, Protocol

from shared.inputs.media_type import MediaType
from shared.rating_section import Curves, Moment, Parameters, Status
from shared.rubric_values import RUBRIC_VERSION, Measures, Values
from shared.storage.lake import Lake
from shared.storage.layout import RatingKey


@dataclass(frozen=True, slots=True)
class MediaToRate:
    """One generation of a video object, and the key of its rating.

    `caption` is set only for a rater that sees captions.
    """

    video_id: str
    bucket: str
    name: str
    key: RatingKey
    size: int
    type: MediaType
    open: Callable[[], AbstractContextManager[Path]]
    """Opens the content as a file that is deleted after the block."""
    peek: Callable[[], AbstractContextManager[BinaryIO]]
    """Opens the content for seeking, without downloading all of it."""
    caption: str | None = None

    @property
    def uri(self) -> str:
        return f"gs://{self.bucket}/{self.name}"


@dataclass(frozen=True, slots=True)
class RaterAnswer:
    """A rater's answer about a video: values, or the reason why there are none.

    `frame` is a JPEG of the strongest moment; it goes into the lake, not into the rating.
    `answered_at` and `latency_s` are set when the model answered earlier than now.
    `rubric_version` is that of the question, whose anchors the values follow.
    """

    status: Status
    reason: str | None = None
    values: Values | None = None
    measures: Measures | None = None
    curves: Curves | None = None
    frame: bytes | None = None
    evidence: tuple[Moment, ...] = ()
    flags: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    rubric_version: str = RUBRIC_VERSION
    model_version: str | None = None
    parameters: Parameters | None = None
    input_tokens: int | None = None
    video_tokens: int | None = None
    audio_tokens: int | None = None
    output_tokens: int | None = None
    thinking_tokens: int | None = None
    cost_usd: float | None = None
    answered_at: datetime | None = None
    latency_s: float | None = None


class DecoderDied(Exception):
    """The process that decoded a file crashed or timed out. Another attempt may succeed."""

    def __init__(self, reason: Literal["crashed", "timed_out"], sentence: str = ""):
        super().__init__(sentence or reason)
        self.reason: Literal["crashed", "timed_out"] = reason


class Rater(Protocol):
    """A rater, identified by `name` and `config_hash`: with another parameter it is another rater.

    `condition` is the word that selects it before model and version are known.
    """

    @property
    def name(self) -> str: ...

    @property
    def config_hash(self) -> str: ...

    @property
    def condition(self) -> str: ...

    @property
    def sees_caption(self) -> bool: ...

    def rate(self, media: MediaToRate) -> RaterAnswer:
        """Rate one video. Raises Transient, OverBudget, DecoderDied: a later attempt can help."""
        ...


@contextmanager
def download_media(lake: Lake, name: str, generation: int) -> Iterator[Path]:
    """The object's content in a temporary file. Raises Gone for a deleted generation."""
    with TemporaryDirectory(prefix="media-") as folder:
        path = Path(folder) / "media"
        lake.download(name, generation, path)
        yield path
