"""Rate chosen videos, estimate what that costs, or rate them in batches."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Demo, Home, Json, SelectionWords, Target, chosen_home

if TYPE_CHECKING:
    from cli.console import Screen


def rate(
    selection: SelectionWords = None,
    rater: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="signals, or gemini, with :NAME for an entry of RATERS and +cards, +rag or "
            "+caption for what it is shown: gemini:flash+caption.",
        ),
    ] = None,
    estimate: Annotated[
        bool,
        typer.Option(
            "--estimate", help="Only estimate what Gemini would cost. This sends and pays nothing."
        ),
    ] = False,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch",
            help="Have Vertex AI rate stored videos in batches, at half the price, within one to "
            "three days. The same command continues, and asks nothing twice.",
        ),
    ] = False,
    caption: Annotated[
        bool, typer.Option("--caption", help="Show Gemini the caption. This makes another rater.")
    ] = False,
    cards: Annotated[
        bool,
        typer.Option(
            "--cards",
            help="Show Gemini cards of psychology first, the same for every video. This makes "
            "another rater.",
        ),
    ] = False,
    rag: Annotated[
        bool,
        typer.Option(
            "--rag",
            help="Have Gemini describe each video first, and show it the cards of psychology that "
            "the description finds. This makes another rater, at almost twice the price.",
        ),
    ] = False,
    replicates: Annotated[
        int, typer.Option(min=1, max=1_000, help="Independent ratings of each video.")
    ] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be asked, and the cost.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Longest wait in seconds.")] = 600.0,
    fps: Annotated[
        float | None,
        typer.Option(
            help="With --estimate: frames per second for every clip.", show_default="the setting"
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="With --estimate: the Gemini model.", show_default="the setting"),
    ] = None,
    poll: Annotated[
        float | None,
        typer.Option(
            min=0.05,
            help="With --batch: seconds between two checks of the jobs.",
            show_default="60",
        ),
    ] = None,
    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", help="With --batch: submit, rate what is answered, and end."),
    ] = False,
    max_requests: Annotated[
        int | None,
        typer.Option(min=1, help="With --batch: limit of requests under way at a time."),
    ] = None,
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
    """Rate videos, or estimate what rating them costs.

    It stores files of your own first, and waits for the ratings. A rating that exists is shown,
    and not paid again. The command prints the highest cost before it asks Gemini. Ctrl-C stops it.

    Example: tta rate clips/ --estimate
    """
    from cli.console import Screen
    from cli.verbs.rate.modes import BATCH, CANARY, ESTIMATE, condition_for, mode_of, refuse_strays

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    words = selection or []
    mode = mode_of({ESTIMATE: estimate, BATCH: batch, CANARY: canary})
    batch_options = {"--poll": poll, "--no-wait": no_wait, "--max-requests": max_requests}
    refuse_strays(mode, {"--fps": fps, "--model": model, **batch_options})
    if mode == CANARY:
        _canary(screen, home, target)
        return
    condition = condition_for(mode, rater, caption, cards, rag)
    if mode == ESTIMATE:
        from cli.verbs.rate.estimate.run import estimate_cost

        estimate_cost(screen, words, condition, replicates, fps, model, target, home)
    elif mode == BATCH:
        from cli.verbs.rate.batch.run import run_batches
        from shared.rating.batch.backfill import BackfillOptions

        options = BackfillOptions(replicates, max_requests, poll or 60.0, not no_wait, dry_run)
        run_batches(screen, words, condition, options, target, home)
    else:
        _rate(screen, words, condition, replicates, timeout, dry_run, target, home)


def _canary(screen: "Screen", home: Path | None, target: str) -> None:
    from cli.cloud import open_cloud
    from cli.verbs.rate.canary import show_canary
    from cli.verbs.rate.run import refuse_without_gemini
    from local.cloud import INGEST, attached
    from local.home import Home as LocalHome

    if target == "local":
        refuse_without_gemini(attached(LocalHome.at(home)))
    with open_cloud(home, screen, INGEST, target=target) as endpoints:
        show_canary(endpoints, screen)


def _rate(
    screen: "Screen",
    words: list[str],
    condition: str,
    replicates: int,
    timeout_s: float,
    dry_run: bool,
    target: str,
    home: Path | None,
) -> None:
    from cli.cloud import open_cloud
    from cli.selection import Selection
    from cli.verbs.rate.run import RateOptions, rate_dryly, refuse_without_gemini
    from cli.verbs.rate.run import rate as rate_now
    from cli.verbs.rate.view import show
    from local.cloud import INGEST, LAKE, attached
    from local.home import Home as LocalHome

    options = RateOptions(Selection.of(words), condition, replicates, timeout_s)
    if target == "local" and condition != "signals" and not dry_run:
        refuse_without_gemini(attached(LocalHome.at(home)))
    parts, run = (LAKE, rate_dryly) if dry_run else (INGEST, rate_now)
    with open_cloud(home, screen, parts, target=target) as endpoints:
        outcome = run(options, endpoints, screen)
    if screen.machine:
        screen.show_json(outcome.document())
    else:
        show(outcome, screen)
    outcome.refuse_failure()
