"""Erase videos and creators from lake and tables."""

from typing import Annotated

import typer

from cli.options import Demo, Here, Home, Json, Target, Watch, chosen_home, runs_in_region

LISTS = '`tta query "SELECT video_id FROM dim_video"` lists them.'


def erase(
    video: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Erase this video. May be given more than once."),
    ] = None,
    creator: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Erase this creator, with all videos. May be given more than once."
        ),
    ] = None,
    vanished: Annotated[
        bool, typer.Option("--vanished", help="Erase all videos that their source no longer has.")
    ] = False,
    in_advance: Annotated[
        bool,
        typer.Option("--in-advance", help="Accept a name or id that is not in the lake yet."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show everything that would change, and change nothing."),
    ] = False,
    take_back: Annotated[
        bool,
        typer.Option(
            "--take-back",
            help="Undo the tombstones of an erasure, so that restored data is accepted.",
        ),
    ] = False,
    everything: Annotated[
        bool,
        typer.Option(
            "--everything",
            help="Read every object, not only those that the tables point at in a large lake.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before erasing.")] = False,
    target: Target = "local",
    here: Here = False,
    watch: Watch = None,
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Erase videos and creators from lake, tables and reports.

    The command shows where it found the name, and asks before it erases. It writes a tombstone (a
    keyed hash) before it deletes anything. Every stage, replay and rebuild then drops what still
    arrives. At the end it searches again. A lake of more than 20,000 objects is searched where the
    tables point, unless --everything is given. The exit status is 1 when something still has the
    name. Run the same command again later, as proof that nothing came back. For a target in the
    cloud a job in its region erases, once you have agreed here.
    """
    from cli.console import Screen
    from cli.errors import WRONG_USE, UserError
    from cli.verbs.erase.run import ErasureOptions, run_erase
    from shared.erasure.app import ErasureRequest
    from shared.model import VIDEO_ID

    home = chosen_home(home, demo, target)
    in_region = runs_in_region(target, here, watch)
    if not (video or creator or vanished or watch):
        raise UserError("Nothing to erase: give --video, --creator or --vanished.", WRONG_USE)
    for video_id in video or ():
        if not VIDEO_ID.fullmatch(video_id):
            raise UserError(
                f"--video {video_id}: give an id of 15 to 20 digits, "
                f"or u and 16 hex digits; {LISTS}",
                WRONG_USE,
            )
    request = ErasureRequest(tuple(video or ()), tuple(creator or ()), vanished)
    options = ErasureOptions(
        is_sure=yes or json,
        in_advance=in_advance,
        dry_run=dry_run,
        take_back=take_back,
        in_region=in_region,
        watch=watch,
        everything=everything,
    )
    run_erase(request, home, target, Screen(machine=json), options)
