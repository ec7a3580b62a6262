"""The columns of the star schema that a plan may name."""

from shared.inputs.tables.errors import BadTable
from shared.insights.plan import BadPlan, Plan
from shared.insights.table.read import refuse_absent
from shared.warehouse.tables import schema

JOINED_COLUMNS = (
    "username",
    "caption",
    "hashtags",
    "url",
    "music_id",
    "source",
    "listed_at",
    "model_version",
    "evidence",
    "loudness_lufs",
)
"""What report/sql/videos.sql adds to the columns of the fact table."""


def refuse_unfit(plan: Plan) -> None:
    """Raises BadPlan for columns that a report does not read. It needs no table and no cloud."""
    columns = [*(column["name"] for column in schema("fact_video_analytics")), *JOINED_COLUMNS]
    try:
        refuse_absent(sorted(set(plan.columns.values())), columns, "The star schema")
    except BadTable as error:
        raise BadPlan(error.sentence) from error
