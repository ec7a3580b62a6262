"""Check one page: run its blocks in their order, and compare what they print with what it shows."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.docs.expected import difference, pattern
from tests.docs.pages import ROOT, Block, blocks
from tests.docs.prepared import prepare
from tests.docs.shell import BlockFailed, Shell


class PageFailed(Exception):
    """A page whose block failed. The message has the page and the line."""


@dataclass(frozen=True)
class Checked:
    """What a page took: blocks that were run, seconds, and seconds of a processor."""

    count: int
    seconds: float
    processor_s: float


def check(page: Path, folder: Path) -> Checked:
    """Run a page in an empty folder. Raises PageFailed."""
    began, used = time.monotonic(), _processor_s()
    name = page.relative_to(ROOT).as_posix() if page.is_relative_to(ROOT) else page.name
    listed = blocks(page.read_text())
    with _shell(folder) as shell:
        if "tutorials" not in page.parts:
            prepare(folder)
        for block, output in zip(listed, _outputs(listed), strict=True):
            try:
                _follow(shell, block, output)
            except BlockFailed as error:
                raise PageFailed(f"{name}:{block.line}: {error}") from None
    count = sum(block.is_run for block in listed)
    return Checked(count, time.monotonic() - began, _processor_s() - used)


@contextmanager
def _shell(folder: Path) -> Iterator[Shell]:
    shell = Shell(folder)
    try:
        yield shell
    finally:
        shell.close()


def _outputs(listed: list[Block]) -> list[Block | None]:
    """The output that the page shows for each block: a `text` block before the next one is run."""
    outputs: list[Block | None] = [None] * len(listed)
    latest = None
    for number, block in enumerate(listed):
        if block.is_run:
            latest = number
        elif block.language == "text" and not block.is_file and latest is not None:
            outputs[latest], latest = block, None
    return outputs


def _follow(shell: Shell, block: Block, output: Block | None) -> None:
    """Do with one block what a reader does with it."""
    if block.is_file:
        shell.write(block)
    elif block.is_run and block.is_background:
        shell.start(block, pattern(output.text if output else "…"))
    elif block.is_run:
        printed = shell.run(block)
        unlike = difference(output.text, printed) if output else ""
        if unlike:
            raise BlockFailed(f"the page shows the lines with -, it printed those with +\n{unlike}")


def _processor_s() -> float:
    """Seconds of a processor that this process and its children have used."""
    return sum(os.times()[:4])
