"""Measure whether ratings can be trusted."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import (
    Columns,
    Decimal,
    Demo,
    Home,
    Json,
    KeyFiles,
    ResultFile,
    Synthetic,
    Target,
    chosen_home,
)


def validate(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE…]", help="More files for --input, as ratings-*.csv becomes."),
    ] = None,
    input: Annotated[
        list[Path] | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="Ratings, with columns video_id, rater, dimension, value and perhaps replicate, "
            "or a wide sheet. Several files may follow. The default is fact_rating.",
        ),
    ] = None,
    wide: Annotated[
        bool,
        typer.Option(
            "--wide",
            help="Each rater or dimension has a column: video, anna, ben, or "
            "unexpectedness:anna. It is needed only where the columns leave a doubt.",
        ),
    ] = False,
    stored: Annotated[
        bool, typer.Option("--stored", help="Read fact_rating in addition to --input.")
    ] = False,
    key: KeyFiles = None,
    machine: Annotated[
        list[str] | None,
        typer.Option(
            "--machine",
            metavar="NAME",
            help="A rater that is not a person, though its name looks like one.",
        ),
    ] = None,
    dimension: Annotated[
        list[str] | None,
        typer.Option(
            "--dimension",
            metavar="NAME",
            help="Only this dimension, or what the raters of a wide sheet rated. May be given more "
            "than once.",
        ),
    ] = None,
    benchmark: Annotated[
        list[str] | None,
        typer.Option(
            "--benchmark",
            metavar="NAME=FILE",
            help="Published annotations: blackswan, cowen, funqa, liris, liris-test, oops or vce. "
            "May be given more than once.",
        ),
    ] = None,
    media: Annotated[
        Path | None,
        typer.Option(
            "--media",
            metavar="FOLDER",
            help="Videos of the benchmark, to find the ids under which they are ingested.",
        ),
    ] = None,
    insights: Annotated[
        Path | None,
        typer.Option(
            "--insights", metavar="FILE.json", help="Result of `tta insights`, for rung B6."
        ),
    ] = None,
    invariants: Annotated[
        bool,
        typer.Option(
            "--invariants", help="Generate clips and measure them, for rung B0 (takes seconds)."
        ),
    ] = False,
    drift: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--drift",
            metavar="OLD NEW",
            help="Compare a new rater with an old one; exit status 1 unless it passes.",
        ),
    ] = None,
    anchors: Annotated[
        Path | None,
        typer.Option(
            "--anchors", metavar="FILE", help="Ids of the frozen videos for --drift, one per line."
        ),
    ] = None,
    ablation: Annotated[
        str | None,
        typer.Option(
            "--ablation",
            metavar="rag|cards|caption",
            help="Does a rater agree better with the benchmark when it sees this? rag compares "
            "blind raters, constant cards and retrieved cards.",
        ),
    ] = None,
    epsilon: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=0.99,
            help="How much worse than a person a machine may be and still stand in for one: 0.2 "
            "beside experts, 0.15 (the default) beside trained people, 0.1 beside crowd workers.",
        ),
    ] = None,
    grounding: Annotated[
        bool,
        typer.Option(
            "--grounding",
            help="Have Gemini judge stored ratings: do the scores follow from the rationale?",
        ),
    ] = False,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help="Judge at most this many ratings.")
    ] = 50,
    ladder: Annotated[
        bool, typer.Option("--ladder", help="Print the ladder of benchmarks too.")
    ] = False,
    synthetic: Synthetic = False,
    out: ResultFile = None,
    columns: Columns = None,
    decimal: Decimal = None,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Measure whether ratings can be trusted.

    It prints the agreement of raters on each dimension, and with --ladder how they compare with
    published marks. Every figure has an interval over videos. A figure that cannot be computed
    names the missing data. Raters named human/… or without a slash are people.
    docs/reference/validation.md explains every number.

    Example: tta validate --input ratings-*.csv --out validation.json
    """
    from cli.console import Screen
    from cli.table_options import stated_columns, stated_notation
    from cli.verbs.validate.run import ValidateOptions, refuse_drift, run_validation

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    options = ValidateOptions(
        inputs=(*(input or ()), *(files or ())),
        is_wide=wide,
        columns=stated_columns(columns),
        notation=stated_notation(decimal, None, None),
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
        epsilon=epsilon,
        grounding=grounding,
        limit=limit,
        synthetic=synthetic,
        out=out,
        target=target,
        home=home,
    )
    result = run_validation(options, screen)
    if json:
        print(result.text, end="")
    else:
        from cli.verbs.validate.view import show

        show(result.validation, screen, ladder)
    refuse_drift(result.validation)
