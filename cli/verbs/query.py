"""Ask the star schema."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Home, Json, Target


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One BigQuery statement.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write all rows here: .parquet, .csv, .json or .jsonl."
        ),
    ] = None,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Run a BigQuery statement over the star schema.

    Tables: dim_user, dim_video, dim_lang, fact_video_analytics, fact_metrics_snapshot,
    fact_rating, and what reports found: insight_effect, insight_agreement, insight_quality. The
    views that answer a question each are in docs/data-dictionary.md. Ids are strings.

    Example: tta query "SELECT rating_status, COUNT(*) AS n FROM fact_video_analytics GROUP BY 1"
    """
    from google.api_core.exceptions import GoogleAPICallError

    from cli.cloud import opened
    from cli.exported import export, refuse
    from cli.refused import Refused, of_service
    from cli.screen import Screen
    from local.cloud import QUERY

    screen = Screen(machine=json)
    if not sql.strip():
        raise Refused("The statement is empty.")
    if out is not None:
        refuse(out)
    with opened(home, screen, QUERY, target=target) as endpoints:
        from cli.warehouse import Warehouse

        try:
            rows = Warehouse(endpoints).ask(sql)
            if out is not None:
                count = export(rows, out)
                screen.say(f"{count:,} rows written to {out}.")
            elif json:
                screen.show_json([dict(row.items()) for row in rows])
            else:
                _show(screen, rows)
        except GoogleAPICallError as error:
            raise Refused(f"BigQuery: {of_service(error)}") from error


def _show(screen, rows) -> None:  # type: ignore[no-untyped-def]
    columns = [field.name for field in rows.schema]
    if not columns:
        screen.say("Done; the statement returns no rows.")
        return
    more = screen.table(columns, (row.values() for row in rows))
    if more:
        screen.say(f"… and {more} more rows; --json prints all.")
