"""The columns of the star schema that a plan may name."""

from dataclasses import replace

from shared.inputs.tables.errors import BadTable
from shared.insights.plan import BadPlan, Plan
from shared.insights.table.read import refuse_absent
from shared.insights.table.schema import TableSchema, standard_kind
from shared.warehouse.tables import schema

JOINED_COLUMNS = (
    "username",
    "caption",
    "hashtags",
    "url",
    "file_name",
    "music_id",
    "source",
    "listed_at",
    "model_version",
    "evidence",
    "loudness_lufs",
)
"""What report/sql/videos.sql adds to the columns of the fact table."""

OF_THE_SOURCE = ("source", "listed_at")
"""Where a video was found, and when: cautions about a known break of a source need both."""


def star_table_schema(plan: Plan) -> TableSchema:
    """The plan's columns, and those of the source, whether the plan names them or not.

    They take part in no estimate, so they do not belong to the plan and its hash.
    """
    planned = plan.table_schema
    added = [name for name in OF_THE_SOURCE if name not in planned.sources]
    return replace(
        planned,
        sources={**planned.sources, **{name: name for name in added}},
        kinds={**planned.kinds, **{name: standard_kind(name) or "text" for name in added}},
        optional=planned.optional | set(added),
    )


def refuse_unfit(plan: Plan) -> None:
    """Raises BadPlan for columns that a report does not read. It needs no table and no cloud."""
    columns = [*(column["name"] for column in schema("fact_video_analytics")), *JOINED_COLUMNS]
    try:
        refuse_absent(sorted(set(plan.columns.values())), columns, "The star schema")
    except BadTable as error:
        raise BadPlan(error.sentence) from error
