"""Rate a sample under several conditions, and say what all raters together show."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Demo, Home, Json, ResultFile, SelectionWords, Synthetic, Target, chosen_home


def multiverse(
    selection: SelectionWords = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample",
            metavar="N",
            min=2,
            help="Draw about so many videos: creators first, then videos of each.",
            show_default="200; with --no-rate all",
        ),
    ] = None,
    replicates: Annotated[
        int, typer.Option(min=1, max=100, help="Independent ratings of each video by each rater.")
    ] = 2,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same videos.")] = 1,
    rater: Annotated[
        list[str] | None,
        typer.Option(
            "--rater",
            metavar="WORD",
            help="A condition as in `tta rate --rater`, or with --no-rate the name of a rater. May "
            "be given more than once.",
            show_default="all that the deployment names; with --no-rate all that rated",
        ),
    ] = None,
    no_rate: Annotated[
        bool, typer.Option("--no-rate", help="Ask nobody: compare the ratings of fact_rating.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Draw the sample and show the cost. This asks nobody.")
    ] = False,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan", metavar="FILE", help="Its primary question is asked under each rater."
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Longest wait for a rater in seconds.")
    ] = 3_600.0,
    synthetic: Synthetic = False,
    out: ResultFile = None,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Have several raters rate a sample, and say what all show.

    It draws videos with known probabilities, prints the highest cost, and asks every rater. Then it
    says how much of the scores is the video, the model and the wording, what the primary question's
    answer is under each rater, and what all of them say together. The same command again continues,
    and pays nothing twice. docs/reference/insights.md explains every number.

    Example: tta multiverse all --sample 200 --dry-run
    """
    from cli.console import Screen
    from cli.verbs.multiverse.run import MultiverseOptions, run_multiverse
    from cli.verbs.multiverse.view import show

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    options = MultiverseOptions(
        words=tuple(selection or ["all"]),
        sample=sample,
        replicates=replicates,
        seed=seed,
        raters=tuple(dict.fromkeys(rater or ())),
        is_rating=not no_rate,
        dry_run=dry_run,
        plan=plan,
        timeout_s=timeout,
        synthetic=synthetic,
        out=out,
        target=target,
        home=home,
    )
    result = run_multiverse(options, screen)
    if json:
        screen.show_json(result.document())
    else:
        show(result, screen)
    result.refuse_failure()
