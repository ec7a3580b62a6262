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
    in_advance: Annotated[
        bool,
        typer.Option("--in-advance", help="Also a name or id that nothing here names yet."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show all that would change, and change nothing.")
    ] = False,
    take_back: Annotated[
        bool,
        typer.Option(
            "--take-back", help="Forget an erasure, so that restored data is accepted again."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before erasing.")] = False,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Erase media, metadata, ratings, frames, raw answers, failures, reports and rows.

    It looks first, shows where the name stands, and asks. A tombstone (a keyed hash) is written
    before anything is deleted: every stage, replay and rebuild drop what still arrives. At the end
    everything is looked through once more. The same command again proves that nothing came back.
    Exit status 1 when something still names what was erased.
    """
    from cli.console import Screen
    from cli.errors import WRONG_USE, UserError
    from cli.verbs.erase.run import ErasureOptions, run_erase
    from shared.erasure.erase import ErasureRequest

    if not (video or creator or vanished):
        raise UserError("Nothing to erase: give --video, --creator or --vanished.", WRONG_USE)
    request = ErasureRequest(tuple(video or ()), tuple(creator or ()), vanished)
    options = ErasureOptions(
        is_sure=yes or json, in_advance=in_advance, dry_run=dry_run, take_back=take_back
    )
    run_erase(request, home, target, Screen(machine=json), options)
