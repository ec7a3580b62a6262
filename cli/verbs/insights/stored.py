"""Reads the videos, ratings and ages that an analysis needs from the star schema of a cloud."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import Screen
from local.endpoints import Endpoints

if TYPE_CHECKING:
    from cli.warehouse import Warehouse
    from shared.insights.agreement.ratings import Ratings
    from shared.insights.plan import Plan
    from shared.insights.table.table import VideoTable

QUESTION = "SELECT {columns} FROM (\n{videos}\n) AS videos ORDER BY video_id"


@dataclass(frozen=True, slots=True)
class InsightsInputs:
    """The table, the ratings that correct its effects, and its counts at equal age.

    `endpoints` are those of the cloud that was opened; a file needs none.
    """

    table: "VideoTable"
    ratings: "Ratings | None"
    ages: list[dict[str, Any]]
    endpoints: Endpoints | None


@dataclass(frozen=True, slots=True)
class StoredVideos:
    """Where the star schema is, and which kind of its videos to read."""

    target: str
    home: Path | None
    synthetic: bool = False

    def inputs(self, plan: "Plan", screen: Screen, stack: ExitStack) -> InsightsInputs:
        """The plan's columns of every video, every rating, and counts at equal age.

        The cloud stays open until the stack is closed. Raises BadTable.
        """
        from cli.cloud import open_cloud
        from cli.verbs.validate.stored import ratings_at
        from cli.warehouse import Warehouse
        from local.cloud import LAKE, QUERY
        from shared.inputs.tables.errors import BadTable
        from shared.insights.report.source import statement
        from shared.insights.star_schema import refuse_unfit, star_table_schema
        from shared.insights.table.table import table_of
        from shared.insights.table.video_kinds import rows_of_one_kind

        refuse_unfit(plan)
        endpoints = stack.enter_context(
            open_cloud(self.home, screen, QUERY | LAKE, target=self.target)
        )
        warehouse = Warehouse(endpoints)
        every = plan_rows(warehouse, plan)
        if not every:
            raise BadTable(
                "fact_video_analytics is empty. `tta ingest FILE` brings in videos, --input FILE "
                "reads a table, and --demo reads the videos of `tta demo`."
            )
        rows, kind = rows_of_one_kind(every, self.synthetic)
        if not rows:
            raise BadTable("There are no synthetic videos here. Leave out --synthetic.")
        stored = ratings_at(endpoints)
        ages = warehouse.rows(statement("ages")) if plan.equal_age_days is not None else []
        table = replace(table_of(rows, star_table_schema(plan), "fact_video_analytics"), kind=kind)
        return InsightsInputs(table, stored, ages, endpoints)


def plan_rows(warehouse: "Warehouse", plan: "Plan", *others: str) -> list[dict[str, Any]]:
    """The plan's columns of every video, its id and kind, and other columns, in order of ids."""
    from shared.insights.report.source import statement
    from shared.insights.star_schema import star_table_schema

    sources = star_table_schema(plan).sources.values()
    columns = ", ".join(
        f"`{name}`" for name in sorted({*sources, "video_id", "synthetic", *others})
    )
    return warehouse.rows(QUESTION.format(columns=columns, videos=statement("videos")))
