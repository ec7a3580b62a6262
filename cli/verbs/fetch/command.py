"""Fetch collections: list them, fetch their files, read counts again."""

from typing import Annotated, Literal

import typer

from cli.options import Home, Json

Mode = Literal["discover", "refresh", "due"]


def fetch(
    collection: Annotated[
        str, typer.Option(help="A collection of config/collections.yaml in the bucket.")
    ] = "sandbox",
    mode: Annotated[
        Mode,
        typer.Option(
            help="discover: list it and fetch files. refresh: read the counts of its videos again "
            "that have reached a declared age. due: whatever is due of every collection, as the "
            "schedule does every 15 minutes."
        ),
    ] = "discover",
    canary: Annotated[
        bool,
        typer.Option(
            "--canary",
            help="Instead, read a known video of each source and say which field or step broke "
            "(exit status 1). Nothing is stored.",
        ),
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Call the function fetch as Cloud Scheduler does, and wait until all is rated and loaded.

    Calling again goes on where it was left, or changes nothing.
    """
    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.scheduler import fetch_and_settle, in_words, on_its_way, show_canary

    screen = Screen(machine=json)
    if canary:
        with open_cloud(home, screen) as endpoints:
            show_canary(endpoints, screen)
        return
    parameters = {"mode": mode} if mode == "due" else {"mode": mode, "collection": collection}
    with open_cloud(home, screen) as endpoints:
        with screen.working(f"Fetching {'what is due' if mode == 'due' else collection} …"):
            answer, _ = fetch_and_settle(
                endpoints, parameters, lambda traffic: screen.now(on_its_way(traffic))
            )
        if json:
            screen.show_json(answer)
        for line in in_words(answer):
            screen.show(line)
