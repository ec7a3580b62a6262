"""Opens the cloud that a verb works on, and reports progress to the person."""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from local import cloud
from local.cloud import ALL
from local.endpoints import LOCAL, Endpoints
from local.faults import BadFaultPlan
from local.start import Reports

LOG_IN = "run gcloud auth application-default login"


@contextmanager
def open_cloud(
    home: Path | None,
    screen: Screen,
    parts: frozenset[str] = ALL,
    posts: int | None = None,
    target: str = LOCAL,
    patience_s: float = math.inf,
) -> Iterator[Endpoints]:
    """Use what `tta up` runs, or start these parts for the length of the block.

    For a target in the cloud, this starts nothing and does not change the environment: the
    person's own credentials decide what they may do there. Raises UserError when there are no
    credentials, and HomeInUse when another command still uses the home after `patience_s` seconds.
    """
    if target != LOCAL:
        with _logged_in(target) as endpoints:
            yield endpoints
        return
    own = cloud.connected(home, parts, posts, reports(screen), patience_s)
    with _starting(screen, own) as endpoints:
        yield endpoints


@contextmanager
def run_cloud(
    home: Path | None,
    screen: Screen,
    posts: int | None,
    faults: Path | None = None,
    freshness_s: int = 0,
) -> Iterator[Endpoints]:
    """Start everything for the length of the block, and publish its addresses to other commands.

    Raises UserError for a malformed fault plan.
    """
    own = cloud.running(
        home,
        ALL,
        posts,
        reports(screen),
        publish=True,
        faults=faults,
        freshness_s=freshness_s,
    )
    try:
        with _starting(screen, own) as endpoints:
            yield endpoints
    except BadFaultPlan as error:
        raise UserError(f"--faults: {error}", WRONG_USE) from error


@contextmanager
def _logged_in(name: str) -> Iterator[Endpoints]:
    from google.auth.exceptions import DefaultCredentialsError, RefreshError

    from cli.target import target

    endpoints = target(name)
    try:
        yield endpoints
    except DefaultCredentialsError as error:
        raise UserError(f"--target {name}: you are not logged in; {LOG_IN}") from error
    except RefreshError as error:
        raise UserError(f"--target {name}: your login has expired; {LOG_IN}") from error


@contextmanager
def _starting(screen: Screen, context: AbstractContextManager[Endpoints]) -> Iterator[Endpoints]:
    with ExitStack() as stack:
        with screen.working("Starting the local cloud …"):
            endpoints = stack.enter_context(context)
        yield endpoints


def reports(screen: Screen) -> Reports:
    return Reports(say=screen.say, trouble=screen.say)
