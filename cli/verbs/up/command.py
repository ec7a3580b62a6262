"""Run the local cloud until Ctrl-C."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from cli.options import Demo, Home, Json, Posts, chosen_home, location_option

Faults = Annotated[
    Path | None,
    typer.Option(
        "--faults",
        metavar="FILE",
        help="Inject the faults of this plan (YAML, see docs/reference/faults.md).",
        dir_okay=False,
    ),
]

Freshness = Annotated[
    int,
    typer.Option(
        "--freshness",
        metavar="SECONDS",
        min=0,
        max=3_600,
        help="Seconds that a record may wait until it is loaded, as freshness_s in Terraform.",
    ),
]


def up(
    home: Home = None,
    demo: Demo = False,
    posts: Posts = None,
    faults: Faults = None,
    freshness: Freshness = 0,
    json: Json = False,
) -> None:
    """Start the whole pipeline, and run it until Ctrl-C.

    Other `tta` commands on the same home use it. A part that ends is reported and started again.
    The function `sweep` is called every minute, as Cloud Scheduler would do, and `load` as often as
    --freshness says if that is above 60. endpoints.json in the home has the addresses.
    """
    from dataclasses import asdict

    from cli.cloud import run_cloud
    from cli.console import Screen
    from cli.scheduler import scheduled
    from cli.verbs.demo.earlier import refuse
    from cli.verbs.up.view import show, show_faults

    home = chosen_home(home, demo)
    screen = Screen(machine=json)
    if demo:
        refuse(home)
    with run_cloud(home, screen, posts, faults, freshness) as endpoints:
        if json:
            screen.show_json(asdict(endpoints))
        else:
            home_option = " --demo" if demo else location_option(home)
            show(screen, endpoints, faults, home_option)
        try:
            with scheduled(endpoints):
                threading.Event().wait()
        except KeyboardInterrupt:
            screen.say("Stopping …")
    if faults:
        show_faults(screen, Path(endpoints.home) / "logs")
