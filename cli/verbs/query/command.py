"""Query the star schema."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Demo, Home, Json, Target, chosen_home

PATIENCE_S = 30.0
"""How long to wait while another command uses the home."""


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT of BigQuery.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write all rows to this file: .parquet, .csv, .json or .jsonl.",
        ),
    ] = None,
    max_gb: Annotated[
        float,
        typer.Option(
            "--max-gb",
            min=0.01,
            max=1_000_000,
            help="With --target: refuse a query that would be billed for more gigabytes.",
        ),
    ] = 10.0,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Query the star schema with one SELECT; it changes nothing.

    The statement is in BigQuery's SQL. `tta tables` lists tables and views, and `tta tables NAME`
    the columns of one. Rows wider than the screen are shown as records, with a line per column.
    Ids are strings.

    Example: tta query "SELECT rating_status, COUNT(*) AS n FROM fact_video_analytics GROUP BY 1"
    """
    from cli.cloud import open_cloud
    from cli.console import Screen
    from cli.verbs.query.export import refuse
    from cli.verbs.query.statement import reading
    from local.cloud import QUERY, prepare
    from local.endpoints import LOCAL

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    statement = reading(sql, is_judged_later=target != LOCAL)
    if out is not None:
        refuse(out)
    if target == LOCAL:
        prepare(home)
    from cli.verbs.query.run import answer

    with open_cloud(home, screen, QUERY, target=target, patience_s=PATIENCE_S) as endpoints:
        answer(screen, endpoints, sql, statement, out, max_gb)
