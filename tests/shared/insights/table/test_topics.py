"""The topic of a video: the hashtag of its content that most creators use."""

import json

import pytest

from shared.insights.analysis import analyse
from shared.insights.plan import BadPlan
from shared.insights.plan_file import parse_plan
from shared.insights.table.table import read_table
from shared.insights.table.topics import caption_hashtags, hashtags, topics
from tests.insights_tables import PLAN, plan, rows, table, write_csv

COLUMNS = "[video_id, creator, views, likes, unexpectedness, hashtags]"
TOPICS = ("cooking", "dance", "cats")


@pytest.mark.parametrize(
    "cell",
    [
        ["Cooking", "#fyp"],
        ("cooking", "fyp"),
        '["cooking", "fyp"]',
        "#Cooking #fyp",
        "#cooking#fyp",
        "cooking, fyp",
        "cooking|fyp;",
        "  COOKING fyp ",
        "My soup #cooking, at last! #fyp",
        ["𝓬𝓸𝓸𝓴𝓲𝓷𝓰", "fyp", ""],
    ],
)
def test_hashtags_are_read_in_every_usual_form(cell):
    assert hashtags(cell) == {"cooking", "fyp"}


@pytest.mark.parametrize("cell", [None, "", [], "[", "[1", "[" * 9_999, float("nan"), 7, {}])
def test_a_cell_without_hashtags_breaks_nothing(cell):
    assert topics([cell]) == ["none"]


def test_words_of_a_caption_are_not_hashtags():
    assert caption_hashtags("cooking with cats") == frozenset()
    assert caption_hashtags("soup #cooking") == {"cooking"}


def test_the_most_frequent_hashtag_of_the_table_is_the_topic():
    assert topics([["soup", "cooking"], ["soup"], ["dance"]]) == ["soup", "soup", "dance"]


@pytest.mark.parametrize("tag", ["fyp", "FYPシ", "foryoupage", "viral", "viralvideos", "おすすめ"])
def test_a_tag_that_asks_for_reach_is_never_a_topic(tag):
    assert topics([[tag, "soup"], [tag], [tag]]) == ["soup", "none", "none"]


def test_a_creators_own_tag_is_not_the_topic():
    cells = [["ana", "cooking"], ["ana"], ["ana"], ["cooking"]]

    assert topics(cells, ["ana", "ana", "ana", "ben"])[0] == "cooking"
    assert topics(cells)[0] == "ana"


def test_ties_go_to_the_first_name_whatever_the_order():
    assert topics([["b", "a"]]) == topics([["a", "b"]]) == ["a"]


def tagged() -> list[dict]:
    return [
        video | {"hashtags": [TOPICS[number % 3], "fyp"]} for number, video in enumerate(rows())
    ]


def test_a_topic_is_a_categorical_control():
    of = plan(columns=COLUMNS, controls="[topic]")

    document = analyse(table(tagged(), of), of).document()

    assert of.controls == {"topic": "categorical"}
    assert [effect for effect in document["effects"] if effect["method"] == "partial_spearman"]


def test_a_topic_is_the_same_from_rows_a_file_and_a_caption(tmp_path):
    of = plan(columns=COLUMNS, controls="{topic: categorical}", filters="{topic: [dance, cats]}")
    videos = tagged()
    as_text = [video | {"hashtags": json.dumps(video["hashtags"])} for video in videos]
    captions = [video | {"caption": f"x #{video['hashtags'][0]} #fyp"} for video in videos]
    by_caption = plan(columns=COLUMNS.replace("hashtags", "caption"), controls="[topic]")

    file = write_csv(tmp_path / "t.csv", as_text)

    expected = [TOPICS[number % 3] for number in range(240)]
    assert table(videos, of).frame["topic"].tolist() == expected
    assert read_table(file, of.table_schema).frame["topic"].tolist() == expected
    assert table(captions, by_caption).frame["topic"].tolist() == expected
    assert analyse(table(videos, of), of).gate.dropped == {"filter:topic": 80}


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ("controls: [topic]", "topic needs columns.hashtags or columns.caption"),
        ("controls: {topic: log}", "controls: topic is a hashtag; give categorical"),
        ("filters: {topic: {min: 1}}", "filters: topic is a hashtag; give one, or a list"),
        ("predictors: [topic]", "predictors: topic is not among the columns"),
    ],
)
def test_a_topic_without_hashtags_or_as_a_number_is_refused(keys, says):
    lines = [line for line in PLAN.splitlines() if line.split(":")[0] != keys.split(":")[0]]

    with pytest.raises(BadPlan, match=says):
        parse_plan("\n".join([*lines, keys]).encode(), "plan.yaml")


def test_a_rated_format_may_be_a_control():
    of = plan(columns=COLUMNS.replace("hashtags", "format"), controls="{format: categorical}")
    videos = [video | {"format": TOPICS[number % 3]} for number, video in enumerate(rows())]

    assert analyse(table(videos, of), of).document()["plan"]["controls"] == {
        "format": "categorical"
    }
