"""The hash of a result covers what was measured, besides the plan."""

import pytest

from shared.insights.analysis import analyse
from shared.insights.measurement import measurement, result_hash
from shared.insights.plan import Plan
from shared.insights.plan_file import default_plan, parse_plan
from shared.insights.table.read import AbsentColumns
from shared.insights.table.table import read_table
from tests.insights_tables import PLAN, plan, rows, table, write_csv

MEASURED = {"rater": "gemini/m/1.0", "config_hash": "c" * 12, "rubric_version": "1.0"}
COLUMNS = "[video_id, creator, views, likes, unexpectedness, rater, config_hash, rubric_version]"
WHOLE = plan(columns=COLUMNS)


def rated(*last: dict[str, str]) -> list[dict]:
    """Videos of one measurement, of which the last ones have another."""
    videos = [video | MEASURED for video in rows(60, 12)]
    for position, values in enumerate(last, start=len(videos) - len(last)):
        videos[position] |= values
    return videos


def hash_of(videos: list[dict], of: Plan = WHOLE) -> str:
    return analyse(table(videos, of), of).document()["plan_hash"]


@pytest.mark.parametrize("name", MEASURED)
def test_another_rater_prompt_or_rubric_in_one_row_is_another_hash(name):
    assert hash_of(rated({name: "other"})) != hash_of(rated())


def test_the_same_measurement_has_the_same_hash_however_the_table_is_laid_out():
    videos = rated({"config_hash": "d" * 12})
    turned = [dict(reversed(video.items())) for video in reversed(videos)]
    lines = "# mine\n" + "\n\n".join(reversed(PLAN.strip().splitlines()))
    same_plan = parse_plan(lines.replace(PLAN.splitlines()[1], f"columns: {COLUMNS}").encode(), "x")

    assert hash_of([*turned, turned[0]], same_plan) == hash_of(videos)


def test_rows_that_the_plan_leaves_out_are_not_measured():
    left_out = {"rating_status": "refused", "config_hash": "d" * 12}
    of = plan(columns=f"{COLUMNS[:-1]}, rating_status]")
    videos = [{"rating_status": "rated"} | video for video in rated(left_out)]

    assert analyse(table(videos, of), of).document()["measured"] == [MEASURED]


def test_without_a_rater_the_hash_is_that_of_the_plan():
    assert hash_of(rows(), plan()) == plan().hash
    assert measurement(table(rows(), plan()).frame) == ()


def test_what_some_rows_do_not_say_is_told_apart_from_what_they_say():
    of = plan(columns=COLUMNS)
    frame = table(rated({"config_hash": None}), of).frame

    assert {"rater": "gemini/m/1.0", "rubric_version": "1.0"} in measurement(frame)
    assert result_hash(of, frame) != result_hash(of, frame[:-1])


def test_a_table_may_lack_configuration_and_rubric_under_their_own_names(tmp_path):
    lacking = [
        {name: video[name] for name in video if name not in ("config_hash", "rubric_version")}
        for video in rated()
    ]
    of = plan(columns=COLUMNS)

    frame = read_table(write_csv(tmp_path / "t.csv", lacking), of.table_schema).frame

    assert measurement(frame) == ({"rater": "gemini/m/1.0"},)
    assert {"config_hash", "rubric_version"} <= default_plan().table_schema.optional


def test_a_configuration_under_another_name_must_be_there(tmp_path):
    of = plan(
        columns="{creator: creator, views: views, likes: likes, unexpectedness: unexpectedness, "
        "config_hash: prompt}"
    )

    with pytest.raises(AbsentColumns, match="no column prompt"):
        read_table(write_csv(tmp_path / "t.csv", rated()), of.table_schema)
