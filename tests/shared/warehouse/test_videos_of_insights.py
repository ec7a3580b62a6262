"""`tta insights` reads the columns of its plan from the statement of the report."""

from cli.verbs.insights.run import QUESTION
from shared.insights.plan_file import default_plan
from shared.insights.report.source import statement


def test_the_columns_of_the_shipped_plan_can_be_read(db):
    names = ", ".join(f"`{name}`" for name in sorted(set(default_plan().columns.values())))

    assert db.rows(QUESTION.format(columns=names, videos=statement("videos"))) == []
