"""The files of a batch job: JSON lines in, answered lines out, in another order."""

import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from tests.stand_ins.gemini.objects import Objects

MOST_REQUESTS = 200_000  # a job (batch prediction page, 2026-11)
MOST_BYTES = 10**9  # of input


class BadInput(Exception):
    """The job's input is unusable."""


@dataclass(frozen=True, slots=True)
class Work:
    """One job's files. `due` tells whether the line with this number, from 0, is answered."""

    sources: Sequence[str]
    directory: str
    shards: int
    due: Callable[[int], bool]
    seed: int


@dataclass(slots=True)
class Counts:
    """Counts of the input lines by outcome."""

    successful: int = 0
    failed: int = 0
    incomplete: int = 0


def run(work: Work, objects: Objects, answer: Callable[[bytes], dict[str, Any] | None]) -> Counts:
    """Answer the lines and write them in another order. A line answered with None is left out.

    Answers wait in a temporary file: memory holds where each begins. Raises BadInput, or what the
    objects raise.
    """
    counts = Counts()
    with tempfile.TemporaryFile() as spool:
        offsets = _spool(spool, work, objects, answer, counts)
        random.Random(work.seed).shuffle(offsets)
        for number, name in enumerate(_names(work.shards)):
            share = offsets[number :: work.shards or 1]
            objects.write(f"{work.directory}/{name}", _lines_at(spool, share))
    return counts


def _spool(
    spool: IO[bytes],
    work: Work,
    objects: Objects,
    answer: Callable[[bytes], dict[str, Any] | None],
    counts: Counts,
) -> list[int]:
    offsets = []
    for number, line in enumerate(_bounded(work.sources, objects)):
        if not work.due(number):
            counts.incomplete += 1
            continue
        answered = answer(line)
        if answered is None:
            counts.incomplete += 1
            continue
        counts.failed += bool(answered["status"])
        counts.successful += not answered["status"]
        offsets.append(spool.tell())
        spool.write(json.dumps(answered, ensure_ascii=False).encode() + b"\n")
    return offsets


def _bounded(sources: Sequence[str], objects: Objects) -> Iterator[bytes]:
    count = size = 0
    for source in sources:
        for line in objects.lines(source):
            size += len(line)
            if not line.strip():
                continue
            count += 1
            if count > MOST_REQUESTS or size > MOST_BYTES:
                raise BadInput(f"more than {MOST_REQUESTS} requests or {MOST_BYTES} bytes of input")
            yield line
    if not count:
        raise BadInput("the input has no requests")


def _names(shards: int) -> list[str]:
    if not shards:
        return ["predictions.jsonl"]
    return [f"prediction.results-{number:05d}-of-{shards:05d}" for number in range(shards)]


def _lines_at(spool: IO[bytes], offsets: list[int]) -> Iterator[bytes]:
    for offset in offsets:
        spool.seek(offset)
        yield spool.readline()
