"""Rate chosen videos."""

from typing import Annotated

import typer

from cli.options import Demo, Home, Json, SelectionWords, Target, chosen_home


def rate(
    selection: SelectionWords = None,
    rater: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="gemini, gemini+rag, gemini+caption or signals."),
    ] = None,
    caption: Annotated[
        bool, typer.Option("--caption", help="Show Gemini the caption. This makes another rater.")
    ] = False,
    rag: Annotated[
        bool,
        typer.Option(
            "--rag", help="Show Gemini cards of psychology first. This makes another rater."
        ),
    ] = False,
    replicates: Annotated[
        int, typer.Option(min=1, max=1_000, help="Independent ratings of each video.")
    ] = 1,
    timeout: Annotated[float, typer.Option(min=0.1, help="Longest wait in seconds.")] = 600.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be asked, and the cost.")
    ] = False,
    canary: Annotated[
        bool,
        typer.Option(
            "--canary",
            help="Only ask Gemini about the frozen clips, once a day, and say what changed "
            "(exit status 1). With --target, show the newest result there.",
        ),
    ] = False,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Rate videos with a rater of your choice.

    It stores files of your own first, and waits for the ratings. A rating that exists is shown,
    and not paid again. The command prints the highest cost before it asks Gemini. Ctrl-C stops it.

    Example: GEMINI_API_KEY=… tta rate clip.mp4 --rater gemini --replicates 3
    """
    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.errors import WRONG_USE, UserError
    from cli.selection import Selection
    from cli.verbs.rate.run import RateOptions, condition_of, rate_dryly, refuse_without_gemini
    from cli.verbs.rate.run import rate as rated
    from cli.verbs.rate.view import show
    from local.cloud import INGEST, LAKE, attached
    from local.home import Home as LocalHome

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    if canary:
        from cli.verbs.rate.canary import show_canary

        if target == "local":
            refuse_without_gemini(attached(LocalHome.at(home)))
        with open_cloud(home, screen, INGEST, target=target) as endpoints:
            show_canary(endpoints, screen)
        return
    if rater is None:
        raise UserError("Name the rater: --rater gemini, or one of its conditions.", WRONG_USE)
    condition = condition_of(rater, caption, rag)
    options = RateOptions(Selection.of(selection or []), condition, replicates, timeout)
    if target == "local" and condition != "signals" and not dry_run:
        refuse_without_gemini(attached(LocalHome.at(home)))
    parts, use = (LAKE, rate_dryly) if dry_run else (INGEST, rated)
    with open_cloud(home, screen, parts, target=target) as endpoints:
        outcome = use(options, endpoints, screen)
    if json:
        screen.show_json(outcome.document())
    else:
        show(outcome, screen)
    outcome.refuse_failure()
