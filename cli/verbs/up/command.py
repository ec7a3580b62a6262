"""Run the local cloud until Ctrl-C."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from cli.options import Home, Json, Posts

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


def up(home: Home = None, posts: Posts = None, faults: Faults = None, json: Json = False) -> None:
    """Start the whole pipeline, and run it until Ctrl-C.

    Other `tta` commands on the same home use it. A part that ends is reported and started again.
    The function `sweep` is called every minute, as Cloud Scheduler would do. endpoints.json in the
    home has the addresses.
    """
    from dataclasses import asdict

    from cli.cloud import run_cloud
    from cli.console import Screen
    from cli.scheduler import sweep

    screen = Screen(machine=json)
    with run_cloud(home, screen, posts, faults) as endpoints:
        if json:
            screen.show_json(asdict(endpoints))
        else:
            _show(screen, endpoints, faults)
        try:
            while not threading.Event().wait(SWEEP_EVERY_S):
                sweep(endpoints)
        except KeyboardInterrupt:
            screen.say("Stopping …")
    if faults:
        _show_faults(screen, Path(endpoints.home) / "logs")


def _show(screen, at, faults) -> None:  # type: ignore[no-untyped-def]
    functions = [(f"function {name}", url) for name, url in at.functions.items()]
    services = [(name, getattr(at, name)) for name in ("storage", "pubsub", "bigquery", "tiktok")]
    screen.table(["part", "address"], services + functions, title=f"Up on {at.home}")
    if at.gemini:
        screen.show(
            f"Gemini ({at.gemini['model']}) can be asked. It rates, and is paid for, what "
            "`tta rate` asks it for and nothing else."
        )
    if faults:
        screen.show(
            f"Faults happen as {faults} says; {at.home}/logs/faults.jsonl has each of them."
        )
    screen.show("Try, in another terminal:")
    commands = ["tta rate my-video.mp4 --rater gemini"] if at.gemini else []
    for command in (
        "tta fetch",
        "tta ingest my-video.mp4 --wait",
        *commands,
        'tta query "SELECT rating_status, COUNT(*) AS n FROM fact_video_analytics GROUP BY 1"',
    ):
        screen.show(f"  {command}")
    screen.show("Ctrl-C stops it; what it stored stays.")


def _show_faults(screen, logs: Path) -> None:  # type: ignore[no-untyped-def]
    from local.faults.dice import counted

    counts = counted(logs)
    screen.say(f"{counts.total()} faults were injected{':' if counts else '.'}")
    for point, count in sorted(counts.items()):
        screen.say(f"  {count:6} {point}")
