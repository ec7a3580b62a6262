"""What a rater is: someone who looks at one video file and answers, or says why not."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from shared.lake import Lake
from shared.media_type import MediaType
from shared.model import Moment, Status
from shared.rating.values import Measures, Values


@dataclass(frozen=True, slots=True)
class Media:
    """One generation of a video object."""

    bucket: str
    name: str
    generation: str
    size: int
    type: MediaType
    open: Callable[[], AbstractContextManager[Path]]
    """Gives the content as a file that is gone after the block."""

    @property
    def uri(self) -> str:
        return f"gs://{self.bucket}/{self.name}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rater said of a video: values, or the reason why there are none."""

    status: Status
    reason: str | None = None
    values: Values | None = None
    measures: Measures | None = None
    evidence: tuple[Moment, ...] = ()
    flags: tuple[str, ...] = ()
    model_version: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


class Rater(Protocol):
    """`name` and `config_hash` identify the rater: change a parameter and it is another."""

    @property
    def name(self) -> str: ...

    @property
    def config_hash(self) -> str: ...

    def rate(self, media: Media) -> Answer:
        """Rate one video. Raises Transient when trying again can help."""
        ...


def rater_named(name: str) -> Rater:
    """The rater of this deployment. Imports only what that rater needs."""
    if name == "signals":
        from shared.rating.signals_rater import SignalsRater

        return SignalsRater()
    raise ValueError(f"no rater is called {name!r}")


@contextmanager
def downloaded(lake: Lake, name: str, generation: int) -> Iterator[Path]:
    """The object's content in a temporary file. Raises Gone when that generation is no more."""
    with TemporaryDirectory(prefix="media-") as folder:
        path = Path(folder) / "media"
        lake.download(name, generation, path)
        yield path
