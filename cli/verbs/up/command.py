"""Run the local cloud until Ctrl-C."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from cli.options import Demo, Home, Json, Posts, chosen_home, location_option

SWEEP_EVERY_S = 60.0

Faults = Annotated[
    Path | None,
    typer.Option(
        "--faults",
        metavar="FILE",
        help="Inject the faults of this plan (YAML, see docs/faults.md).",
        dir_okay=False,
    ),
]


def up(
    home: Home = None,
    demo: Demo = False,
    posts: Posts = None,
    faults: Faults = None,
    json: Json = False,
) -> None:
    """Start the whole pipeline, and run it until Ctrl-C.

    Other `tta` commands on the same home use it. A part that ends is reported and started again.
    The function `sweep` is called every minute, as Cloud Scheduler would do. endpoints.json in the
    home has the addresses.
    """
    from dataclasses import asdict

    from cli.cloud import run_cloud
    from cli.console import Screen
    from cli.scheduler import sweep
    from cli.verbs.demo.earlier import refuse
    from cli.verbs.up.view import show, show_faults

    home = chosen_home(home, demo)
    screen = Screen(machine=json)
    if demo:
        refuse(home)
    with run_cloud(home, screen, posts, faults) as endpoints:
        if json:
            screen.show_json(asdict(endpoints))
        else:
            home_option = " --demo" if demo else location_option(home)
            show(screen, endpoints, faults, home_option)
        try:
            while not threading.Event().wait(SWEEP_EVERY_S):
                sweep(endpoints)
        except KeyboardInterrupt:
            screen.say("Stopping …")
    if faults:
        show_faults(screen, Path(endpoints.home) / "logs")
