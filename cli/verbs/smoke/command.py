"""See whether a deployment works."""

from typing import Annotated

import typer

from cli.options import Home, Json, Target


def smoke(
    target: Target = "local",
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Longest wait for ratings, and for rows, in seconds.")
    ] = 300.0,
    home: Home = None,
    json: Json = False,
) -> None:
    """Send one generated clip the whole way, and remove every trace of it.

    It is stored as an upload would be, followed until each rater's rating and the fact row are
    there, and removed from lake and warehouse. What Gemini asks for a clip of three seconds is
    paid where Gemini rates uploads. Exit status 1 when it does not come through.
    """
    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.errors import UserError
    from cli.verbs.smoke.run import show
    from cli.verbs.smoke.run import smoke as sent_through
    from local.cloud import INGEST

    screen = Screen(machine=json)
    with open_cloud(home, screen, INGEST, target=target) as endpoints:
        outcome = sent_through(endpoints, screen, timeout)
    if json:
        screen.show_json(outcome.document())
    else:
        show(outcome, screen)
    if outcome.problem:
        raise UserError(outcome.problem)
