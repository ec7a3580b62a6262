"""Ask the star schema."""

from typing import Annotated

import typer

from cli.options import Home, Json, Target


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One BigQuery statement.")],
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Run a BigQuery statement over the star schema.

    Tables: dim_user, dim_video, dim_lang, fact_video_analytics, fact_metrics_snapshot,
    fact_rating; views: metrics_breaks_by_month. Ids are strings.

    Example: tta query "SELECT rating_status, COUNT(*) AS n FROM fact_video_analytics GROUP BY 1"
    """
    from google.api_core.exceptions import GoogleAPICallError

    from cli.cloud import opened
    from cli.refused import Refused, of_service
    from cli.screen import Screen
    from local.cloud import QUERY

    screen = Screen(machine=json)
    if not sql.strip():
        raise Refused("The statement is empty.")
    with opened(home, screen, QUERY, target=target) as endpoints:
        from cli.warehouse import Warehouse

        try:
            rows = Warehouse(endpoints).ask(sql)
            if json:
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
