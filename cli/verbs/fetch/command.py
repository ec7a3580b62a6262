"""Fetch collections: list videos, fetch files, read counts again."""

from typing import Annotated, Literal

import typer

from cli.options import Demo, Home, Json, chosen_home

Mode = Literal["discover", "refresh", "due"]


def fetch(
    collection: Annotated[
        str, typer.Option(help="A collection of config/collections.yaml in the bucket.")
    ] = "sandbox",
    mode: Annotated[
        Mode,
        typer.Option(help="What to do; see above."),
    ] = "discover",
    canary: Annotated[
        bool,
        typer.Option(
            "--canary",
            help="Only read a known video of each source, and say which field or step broke "
            "(exit status 1).",
        ),
    ] = False,
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Fetch a collection, and wait until it is rated and loaded.

    This calls the function `fetch` as Cloud Scheduler does. The same call again continues where
    the last one stopped, or changes nothing.

    \b
    discover  list the collection, and fetch the files of new videos
    refresh   read the counts of videos again that have reached a declared age
    due       do what is due for every collection, as the schedule does
    """
    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.scheduler import (
        fetch_and_settle,
        in_words,
        on_its_way,
        reasons_in_words,
        show_canary,
    )
    from cli.verbs.demo.earlier import refuse
    from local.home import Home as LocalHome

    home = chosen_home(home, demo)
    screen = Screen(machine=json)
    if collection == "sandbox":
        refuse(LocalHome.at(home).root)
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
        reasons = reasons_in_words(answer)
        if reasons:
            screen.show("\nWhy:")
        for reason in reasons:
            screen.show(f"- {reason}")
