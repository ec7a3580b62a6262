"""Which tables are wide sheets of ratings, and which values they have."""

import pytest

from shared.inputs.tables.errors import BadTable
from shared.insights.agreement.wide_sheet import SheetHints, wide_sheet

STATED = SheetHints(is_wide=True)


def series(columns, file="sheet.csv", hints=None):
    sheet = wide_sheet(columns, file, hints or SheetHints())
    return None if sheet is None else (dict(sheet.series), sheet.left_out)


def test_columns_beside_the_video_are_raters():
    assert series(["video", "anna", "ben"]) == (
        {"anna": ("rating", "anna"), "ben": ("rating", "ben")},
        (),
    )


def test_what_raters_rated_is_named_by_an_option_or_else_by_the_file():
    columns = ["Clip", "anna", "ben"]

    by_file = wide_sheet(columns, "Unexpectedness round 2.csv", SheetHints())
    by_option = wide_sheet(columns, "unexpectedness.csv", SheetHints(dimension="positivity"))

    assert by_file.dimensions == ["unexpectedness"] and by_option.dimensions == ["positivity"]


def test_a_pair_is_dimension_and_rater():
    assert series(["id", "unexpectedness:anna", "charm: ben"])[0] == {
        "unexpectedness:anna": ("unexpectedness", "anna"),
        "charm: ben": ("charm", "ben"),
    }


def test_a_pair_is_turned_where_only_the_second_half_is_in_the_rubric():
    assert series(["id", "anna:unexpectedness", "ben:positivity"])[0] == {
        "anna:unexpectedness": ("unexpectedness", "anna"),
        "ben:positivity": ("positivity", "ben"),
    }


def test_dimensions_of_the_rubric_are_columns_of_one_rater():
    columns = ["video_id", "unexpectedness", "positivity"]

    assert series(columns) is None  # nobody knows whose
    assert series(columns, hints=SheetHints(rater="anna"))[0] == {
        "unexpectedness": ("unexpectedness", "anna"),
        "positivity": ("positivity", "anna"),
    }
    assert series(["rater", *columns])[0]["positivity"] == ("positivity", None)


@pytest.mark.parametrize(
    "columns",
    [
        ["video_id", "rater", "dimension", "value"],
        ["anna", "ben"],
        ["video", "anna"],
        ["video", "anna", "mean"],
        ["", "video", "anna", "ben"],
        ["video_id", "creator", "views", "unexpectedness"],
        ["video_id", "views", "likes"],
        ["video", "unexpectedness:anna", "ben"],
    ],
)
def test_a_table_that_may_be_another_is_no_wide_sheet(columns):
    assert series(columns) is None


def test_a_sheet_that_a_person_calls_wide_keeps_what_can_be_a_rating():
    assert series(["no", "anna", "Mean", "Unnamed: 3"], hints=STATED) == (
        {"anna": ("rating", "anna")},
        ("Mean", "Unnamed: 3"),
    )
    with pytest.raises(BadTable, match="no column can be a rater"):
        series(["video", "mean"], hints=STATED)


@pytest.mark.parametrize(
    "name", ["mean", " Average ", "avg_score", "Total (all)", "Durchschnitt", "SD", "mean_of_2"]
)
def test_a_column_that_is_computed_from_raters_is_left_out(name):
    sheet = wide_sheet(["video", "anna", "ben", name], "s.csv", SheetHints())

    assert (list(sheet.series), sheet.summaries) == (["anna", "ben"], [name])


@pytest.mark.parametrize("name", ["Max", "Summer", "meander", "Sam", "rater_2"])
def test_a_name_that_only_looks_like_a_summary_is_a_rater(name):
    assert name in series(["video", "anna", name])[0]


def test_a_pair_with_a_mean_is_left_out():
    columns = ["video", "total_charm:anna", "total_charm:ben", "total_charm:mean"]

    assert series(columns) == (
        {f"total_charm:{name}": ("total_charm", name) for name in ("anna", "ben")},
        ("total_charm:mean",),
    )


def test_each_value_is_a_record_with_its_replicate():
    sheet = wide_sheet(["video", "anna", "ben", "replicate"], "s.csv", SheetHints())
    records = [{"video": "1", "anna": 5.0, "ben": None, "replicate": "1"}]

    assert list(sheet.long_records(records)) == [
        {
            "video_id": "1",
            "rater": "anna",
            "dimension": "rating",
            "value": 5.0,
            "replicate": "1",
        }
    ]
