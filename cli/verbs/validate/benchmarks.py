"""Benchmarks of the command line: `--benchmark NAME=FILE` and their media."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import WRONG_USE, UserError
from cli.uploads import UnusableFile, inspect_video

if TYPE_CHECKING:
    from shared.insights.agreement.ratings import Ratings


@dataclass(frozen=True, slots=True)
class BenchmarkFile:
    """A benchmark and the file of its annotations."""

    name: str
    path: Path

    @classmethod
    def of(cls, text: str) -> "BenchmarkFile":
        """Read NAME=FILE. Raises UserError."""
        from shared.insights.datasets.benchmarks import BENCHMARKS

        name, equals, file = text.partition("=")
        if not equals or name not in BENCHMARKS:
            names = ", ".join(BENCHMARKS)
            raise UserError(f"--benchmark {text}: give NAME=FILE, NAME of {names}.", WRONG_USE)
        path = Path(file)
        if not path.is_file():
            raise UserError(f"--benchmark {text}: there is no file {file}.", WRONG_USE)
        return cls(name, path)


def benchmark_ratings(benchmarks: Sequence[BenchmarkFile], media: Path | None) -> "Ratings":
    """The labels of the benchmarks as ratings, by the ids under which their media are ingested.

    Without a media folder, the name of a file is its id. Raises BadTable.
    """
    from shared.insights.agreement.long_table import RatingsBuilder
    from shared.insights.datasets.benchmarks import BENCHMARKS

    files = {} if media is None else _files(media)
    rows = RatingsBuilder()
    for benchmark in benchmarks:
        labels = BENCHMARKS[benchmark.name](benchmark.path, _FrameRates(files))
        ids = None if media is None else _ids(files, {label.file for label in labels.labels})
        rows.add_all(labels.ratings(ids))
    return rows.ratings()


class _FrameRates(dict[str, float]):
    """Frames per second of each clip, read from its header at the first use."""

    def __init__(self, files: dict[str, Path]):
        super().__init__()
        self._files = files

    def __contains__(self, clip: object) -> bool:
        return dict.__contains__(self, clip) or self._read_rate(str(clip))

    def _read_rate(self, clip: str) -> bool:
        import av

        if clip not in self._files:
            return False
        try:
            with av.open(str(self._files[clip])) as container:
                rate = container.streams.video[0].average_rate
        except (av.FFmpegError, IndexError):
            return False
        if not rate:
            return False
        self[clip] = float(rate)
        return True


def _files(folder: Path) -> dict[str, Path]:
    """Files by the stem that benchmarks use, at any depth."""
    from shared.insights.datasets.labels import stem

    return {stem(path.name): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _ids(files: dict[str, Path], stems: set[str]) -> dict[str, str]:
    """Ids of the files that have labels; other files are not read."""
    ids = {}
    for name in sorted(stems & files.keys()):
        with suppress(UnusableFile):
            ids[name] = inspect_video(files[name]).video_id
    return ids
