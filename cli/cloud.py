"""The local cloud as a verb sees it: opened with words for the person who waits."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from cli.screen import Screen
from local import cloud
from local.cloud import ALL
from local.endpoints import Endpoints
from local.start import Reports


@contextmanager
def opened(
    home: Path | None, screen: Screen, parts: frozenset[str] = ALL, posts: int | None = None
) -> Iterator[Endpoints]:
    """Use what `tta up` runs, or start the parts for the block."""
    with _starting(screen, cloud.connected(home, parts, posts, reports(screen))) as endpoints:
        yield endpoints


@contextmanager
def kept_up(home: Path | None, screen: Screen, posts: int | None) -> Iterator[Endpoints]:
    """Start everything, and tell other commands where it is for the length of the block."""
    own = cloud.running(home, ALL, posts, reports(screen), publish=True)
    with _starting(screen, own) as endpoints:
        yield endpoints


@contextmanager
def _starting(screen: Screen, context: AbstractContextManager[Endpoints]) -> Iterator[Endpoints]:
    with ExitStack() as stack:
        with screen.working("Starting the local cloud …"):
            endpoints = stack.enter_context(context)
        yield endpoints


def reports(screen: Screen) -> Reports:
    return Reports(
        say=screen.say,
        trouble=screen.say,
        library=lambda done, total: screen.now(
            f"Generating the synthetic sandbox library: clip {done} of {total} …"
        ),
    )
