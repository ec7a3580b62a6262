"""Take videos and creators out of everything that is kept."""

from typing import Annotated

import typer

from cli.options import Home, Json, Target


def erase(
    video: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A video; may be given again.")
    ] = None,
    creator: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A creator with all videos; may be given again."),
    ] = None,
    vanished: Annotated[
        bool, typer.Option("--vanished", help="All videos that their source no longer has.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before erasing.")] = False,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Erase media, metadata, ratings, frames, raw answers, failures, reports and rows.

    A tombstone (a keyed hash) is written first: every stage, replay and rebuild drop what still
    arrives. At the end everything is looked through once more. The same command again proves that
    nothing came back. Exit status 1 when something is left.
    """
    from cli.erasing import erased
    from cli.refused import WRONG_USE, Refused
    from cli.screen import Screen
    from shared.erasure.erase import Wanted

    if not (video or creator or vanished):
        raise Refused("Nothing to erase: give --video, --creator or --vanished.", WRONG_USE)
    wanted = Wanted(tuple(video or ()), tuple(creator or ()), vanished)
    erased(wanted, home, target, Screen(machine=json), is_sure=yes or json)
