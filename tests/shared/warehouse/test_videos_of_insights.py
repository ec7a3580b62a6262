"""`tta insights` reads the columns of its plan from the statement of the report."""

from cli.verbs.insights.stored import QUESTION
from shared.insights.plan_file import default_plan
from shared.insights.report.source import statement
from shared.insights.star_schema import star_table_schema


def test_the_columns_of_the_shipped_plan_and_of_the_source_can_be_read(db):
    names = ", ".join(
        f"`{name}`" for name in sorted(set(star_table_schema(default_plan()).sources.values()))
    )

    assert db.rows(QUESTION.format(columns=names, videos=statement("videos"))) == []
