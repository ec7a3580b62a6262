"""Test a deployment."""

from typing import Annotated

import typer

from cli.options import Home, Json, Target


def smoke(
    target: Target = "local",
    timeout: Annotated[
        float,
        typer.Option(min=0.1, help="Longest wait in seconds, for ratings and again for rows."),
    ] = 300.0,
    home: Home = None,
    json: Json = False,
) -> None:
    """Test a deployment with one generated clip.

    It stores the clip as an upload, and waits for the rating of each rater and for the row. Then
    it removes every trace of the clip. Where Gemini rates uploads, you pay for a clip of three
    seconds. The exit status is 1 when something is missing.
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
