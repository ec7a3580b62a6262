"""Tables of known tools, and of columns that a person names, as the table of a plan."""

import json

import pandas as pd
import pytest

from shared.inputs.tables.errors import BadTable
from shared.insights.table.read import AbsentColumns, StatedTable
from shared.insights.table.recognised import read_videos
from shared.insights.table.table import read_table
from tests.insights_tables import PLAN, plan, rows, write_csv
from tests.shared.inputs.formats.judge import COUNTS, EXAMPLES, FILES, sums_of_pandas

LISTS = [example for example in EXAMPLES if example.columns and example.name != "scraped.csv"]
"""Of scraped.csv the judge leaves out a reading without a time, which the plan's as_of may date."""
POSTS = plan(
    columns="[video_id, views, likes, comments, shares, unexpectedness]", cluster=""
).table_schema
SMALL = plan().table_schema
SCORES = {"unexpectedness": {"7302212445806878663": 40.0}}


def with_columns(path, schema=SMALL, **columns):
    return read_videos(path, schema, StatedTable(columns))


@pytest.mark.parametrize("example", LISTS, ids=[example.name for example in LISTS])
def test_sums_of_counts_in_every_known_format_are_those_of_pandas(example):
    path = FILES / example.name

    videos = read_videos(path, POSTS, StatedTable(), SCORES)

    sums = {name: int(videos.frame[name].sum()) for name in COUNTS}
    assert sums == sums_of_pandas(example, path) and videos.joined == ("unexpectedness",)
    notes = videos.losses.notes or ["the plan's own columns"]
    assert notes[0].startswith(("read as ", "columns by their names: ", "the plan's own"))
    assert bool(videos.losses.notes) == (not example.name.startswith("ours"))
    assert videos.frame["video_id"].str.fullmatch(r"\d{19}").all() or "yt-dlp" in example.name


def test_a_days_year_is_the_latest_before_as_of_and_totals_are_no_video():
    dated = plan(
        columns="[video_id, created_at, creator, views, likes, unexpectedness]", as_of="2026-11-28"
    )

    videos = read_videos(FILES / "studio.csv", dated.table_schema, scores=SCORES)

    frame = videos.frame
    assert frame["created_at"].max() == pd.Timestamp("2026-11-27", tz="UTC")
    assert set(frame["creator"]) == {"cats.of.oslo"}
    assert frame["unexpectedness"].dropna().tolist() == [40.0]
    assert "1 of 13 rows: it names no video" in videos.losses.sentences()[0]
    assert videos.losses.notes[0] == "read as TikTok Studio's export."


def test_rounded_counts_of_pages_are_flagged_and_handles_are_folded():
    videos = read_videos(
        FILES / "zeeschuimer.ndjson",
        plan(
            columns="[video_id, creator, collected_at, created_at, views, likes, unexpectedness]"
        ).table_schema,
        scores=SCORES,
    )

    assert 0 < videos.rounded.sum() < len(videos.frame)
    assert all(name == name.casefold() for name in videos.frame["creator"])
    assert videos.frame["collected_at"].notna().all()
    assert any("not a post" in reason for reason in videos.losses.lost_rows)


def test_a_handle_is_folded_though_tiktok_calls_it_an_id(tmp_path):
    posts = (FILES / "zeeschuimer.ndjson").read_text().replace("cats.of.oslo", "Cats.of.Oslo")
    (tmp_path / "z.ndjson").write_text(posts)

    frame = read_videos(tmp_path / "z.ndjson", SMALL, scores=SCORES).frame

    assert "cats.of.oslo" in set(frame["creator"]) and "Cats.of.Oslo" not in set(frame["creator"])


def test_a_tools_notation_needs_no_statement(tmp_path):
    dated = plan(
        columns="{video_id: id, created_at: timestamp, views: plays, likes: likes, "
        "unexpectedness: unexpectedness}",
        cluster="",
    ).table_schema

    of_tool = read_videos(FILES / "4cat.csv", dated, scores=SCORES)

    assert of_tool.losses.notes == ["read as a table of 4CAT or Zeeschuimer."]
    assert of_tool.frame["created_at"].notna().all()


def test_a_table_with_the_plans_columns_is_read_as_before(tmp_path):
    path = write_csv(tmp_path / "t.csv", rows(30))

    recognised, plain = read_videos(path, SMALL), read_table(path, SMALL)

    pd.testing.assert_frame_equal(recognised.frame, plain.frame)
    assert recognised.losses.document() == plain.losses.document()


def test_columns_are_found_by_their_names_and_told(tmp_path):
    videos = [
        {"id": row["video_id"], "Author": "@Me", "Plays": row["views"], "likes": 1, "Score": 5}
        for row in rows(3)
    ]

    read = with_columns(write_csv(tmp_path / "t.csv", videos), unexpectedness="score")

    assert read.frame["views"].tolist() == [row["views"] for row in rows(3)]
    assert set(read.frame["creator"]) == {"me"}
    assert read.losses.notes == [
        "columns by their names: unexpectedness from Score, video_id from id, creator from "
        "Author, views from Plays."
    ]


def test_a_column_that_the_plan_names_otherwise_is_not_replaced(tmp_path):
    weekly = plan(
        PLAN.replace("views, likes, unexp", "views: x, unexp"),
        columns="{video_id: id, "
        "creator: creator, views: plays_in_a_week, likes: likes, unexpectedness: unexpectedness}",
    )
    path = write_csv(tmp_path / "t.csv", [row | {"id": row["video_id"]} for row in rows(3)])

    with pytest.raises(AbsentColumns, match="no column plays_in_a_week"):
        read_videos(path, weekly.table_schema)


def test_a_stated_column_comes_before_the_plans(tmp_path):
    path = write_csv(tmp_path / "t.csv", [row | {"plays": n} for n, row in enumerate(rows(3))])

    assert with_columns(path, views="plays").frame["views"].tolist() == [0, 1, 2]
    assert with_columns(path).frame["views"].tolist() == [row["views"] for row in rows(3)]


def test_a_stated_column_may_lie_within_an_object(tmp_path):
    videos = [
        {
            **{key: row[key] for key in ("video_id", "creator", "likes", "unexpectedness")},
            "counts": {"seen": row["views"]},
        }
        for row in rows(3)
    ]
    (tmp_path / "t.json").write_text(json.dumps(videos))

    frame = with_columns(tmp_path / "t.json", views="counts.seen").frame

    assert frame["views"].tolist() == [row["views"] for row in rows(3)]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"veiws": "likes"}, r"veiws is not one of our fields \(did you mean views\?\)"),
        ({"views": "lieks"}, r"there is no column lieks \(did you mean likes\?\)"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(tmp_path, columns, says):
    path = write_csv(tmp_path / "t.csv", rows(3))

    with pytest.raises(BadTable, match=says):
        with_columns(path, **columns)


def test_absent_columns_are_named_beside_those_of_the_file():
    with pytest.raises(AbsentColumns) as refused:
        read_videos(
            FILES / "studio.csv",
            plan(
                columns="[video_id, views, likes, saves, unexpectedness]", cluster=""
            ).table_schema,
        )

    assert refused.value.names == ("saves", "unexpectedness")
    assert "read as TikTok Studio's export, has no column saves" in refused.value.sentence
    assert "there are: Video title, Video link" in refused.value.sentence


def test_scores_stand_in_only_for_columns_that_the_file_lacks(tmp_path):
    videos = [{key: value for key, value in row.items() if key != "video_id"} for row in rows(3)]
    scores = {"unexpectedness": {"x": 1.0}}
    full = write_csv(tmp_path / "t.csv", rows(3))

    assert read_videos(full, SMALL, scores=scores).joined == ()
    without = [{k: v for k, v in row.items() if k != "unexpectedness"} for row in videos]
    with pytest.raises(BadTable, match="joined by video_id"):
        read_videos(
            write_csv(tmp_path / "u.csv", without),
            plan(columns="[creator, views, likes, unexpectedness]").table_schema,
            scores=scores,
        )


def test_differences_of_joined_scores_are_computed(tmp_path):
    valence = plan(
        columns="[video_id, creator, views, likes, positivity, negativity]",
        differences="{valence: [positivity, negativity]}",
        predictors="[valence]",
        primary="",
    )
    videos = rows(2)
    ids = [row["video_id"] for row in videos]
    bare = [{k: row[k] for k in ("video_id", "creator", "views", "likes")} for row in videos]
    scores = {"positivity": {ids[0]: 50.0}, "negativity": {ids[0]: 20.0, ids[1]: 5.0}}

    frame = read_videos(write_csv(tmp_path / "t.csv", bare), valence.table_schema, scores=scores)

    assert frame.frame["valence"].dropna().tolist() == [30.0]


@pytest.mark.parametrize("name", ["ours.csv", "4cat.csv"])
def test_a_title_above_the_header_is_told_whether_rows_are_mapped_or_not(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"My export\n" + (FILES / name).read_bytes().removeprefix(b"\xef\xbb\xbf"))

    videos = read_videos(path, POSTS, StatedTable(), SCORES)

    assert "The row above the header was not read: 'My export'." in videos.losses.notes
