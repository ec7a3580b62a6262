"""From ratings to whether they are to be trusted."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Home, Json, Target


def validate(
    input: Annotated[
        list[Path] | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="Ratings: video_id,rater,dimension,value[,replicate]; again for more files. "
            "Else fact_rating.",
        ),
    ] = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="Take fact_rating too, beside --input.")
    ] = False,
    key: Annotated[
        list[Path] | None,
        typer.Option(
            "--key", metavar="FILE.json", help="What tta rate-kit wrote beside its folder."
        ),
    ] = None,
    machine: Annotated[
        list[str] | None,
        typer.Option(
            "--machine", metavar="NAME", help="A rater that is no person, though named like one."
        ),
    ] = None,
    dimension: Annotated[
        list[str] | None,
        typer.Option("--dimension", metavar="NAME", help="Only this one; again for more."),
    ] = None,
    benchmark: Annotated[
        list[str] | None,
        typer.Option(
            "--benchmark",
            metavar="NAME=FILE",
            help="Published annotations: funqa, oops, blackswan or vce; again for more.",
        ),
    ] = None,
    media: Annotated[
        Path | None,
        typer.Option(
            "--media", metavar="FOLDER", help="The benchmark's files, for ids as ingested."
        ),
    ] = None,
    insights: Annotated[
        Path | None,
        typer.Option(
            "--insights", metavar="FILE.json", help="What tta insights wrote, for rung B6."
        ),
    ] = None,
    invariants: Annotated[
        bool,
        typer.Option("--invariants", help="Make clips and measure them, for rung B0 (seconds)."),
    ] = False,
    drift: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--drift",
            metavar="OLD NEW",
            help="Gate a new rater by an old one; exit status 1 unless it passes.",
        ),
    ] = None,
    anchors: Annotated[
        Path | None,
        typer.Option(
            "--anchors", metavar="FILE", help="Ids of the frozen videos for --drift, one a line."
        ),
    ] = None,
    ablation: Annotated[
        str | None,
        typer.Option(
            "--ablation",
            metavar="rag|caption",
            help="Does a rater agree better with your benchmark when it is shown that?",
        ),
    ] = None,
    grounding: Annotated[
        bool,
        typer.Option(
            "--grounding",
            help="Have Gemini judge stored ratings: do the numbers follow from the words?",
        ),
    ] = False,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help="Ratings that are judged at most.")
    ] = 50,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="OUT.json", help="Write the result here.")
    ] = None,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Whether the ratings are to be trusted: agreement, and the ladder of benchmarks.

    Every figure has an interval over videos; what cannot be computed says which data are missing.
    People are raters named human/… or without a slash. docs/validation.md explains each number.

    Example: tta validate --input ratings.csv --out validation.json
    """
    from cli.console import Screen
    from cli.verbs.validate.run import ValidateOptions, refuse_drift, run_validation

    screen = Screen(machine=json)
    options = ValidateOptions(
        inputs=tuple(input or ()),
        stored=stored,
        keys=tuple(key or ()),
        machines=frozenset(machine or ()),
        dimensions=tuple(dimension or ()),
        benchmarks=tuple(benchmark or ()),
        media=media,
        insights=insights,
        invariants=invariants,
        drift=drift,
        anchors=anchors,
        ablation=ablation,
        grounding=grounding,
        limit=limit,
        out=out,
        target=target,
        home=home,
    )
    result = run_validation(options, screen)
    if json:
        print(result.text, end="")
    else:
        from cli.verbs.validate.view import show

        show(result.validation, screen)
    refuse_drift(result.validation)
