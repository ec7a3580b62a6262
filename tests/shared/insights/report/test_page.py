"""What stands in the page: only what the tables say, and text of strangers only as text."""

import csv
import io

from shared.canonical import json_text
from shared.insights.report.export import codebook, video_table
from shared.insights.report.formats import FORMATS
from shared.insights.report.gallery import gallery_videos
from shared.insights.report.page import page
from tests.report_world import (
    HOSTILE,
    briefly,
    cells,
    report_of,
    row,
    rows,
    usual_page,
    usual_page_read,
    usual_report,
)


def test_every_number_equals_its_row():
    data = usual_report()
    table_cells = dict(cells(data.tables()))
    bound = usual_page_read().bound

    assert len(bound) > 1_000
    for number in bound:
        value = table_cells[number["table"], number["row"]].get(number["column"])
        if number["kind"] == "sentence":
            assert number["text"].replace("\u00a0", " ") == value
        elif number["kind"] == "text":
            assert number["text"] == ("" if value is None else value.replace("_", " "))
        elif number["kind"] == "names":
            assert number["text"] == ", ".join(value)
        elif value is None:
            assert number["text"] == ""
        else:
            assert number["value"] == str(value)
            assert number["text"] == FORMATS[number["kind"]](value)


def test_no_number_stands_there_without_a_row():
    assert usual_page_read().unbound == []


def test_what_the_scripts_draw_is_what_the_tables_say():
    data = usual_report()
    table_cells = dict(cells(data.tables()))
    tables = {"effect": "insight_effect", "figure": "insight_agreement"}

    drawn = 0
    for name, those in usual_page_read().payload["figures"].items():
        for number in those:
            key = "effect" if "effect" in number else "figure" if "figure" in number else "finding"
            row = table_cells[tables.get(key, "insight_quality"), number[key]]
            assert {k: row[k] for k in number} == number, name
            drawn += 1

    assert drawn > 500


def test_a_script_in_a_caption_stays_text():
    written = usual_page()

    assert HOSTILE not in written
    assert "<img src=x" not in written
    assert "\\u003c/script>\\u003cscript>" in written


def test_only_pages_of_the_web_are_linked():
    data = briefly([row(n, url="javascript:alert(1)") for n in range(30)])

    assert {video.url for video in data.gallery} == {None}


def test_a_made_up_post_has_no_address():
    made_up = row(1, synthetic=True)

    (video,) = gallery_videos([made_up], {}, {}, {}, [None], ["videos/1.mp4"])

    assert (video.url, video.file) == (None, "videos/1.mp4")


def test_a_key_frame_that_is_no_picture_is_left_out():
    data = briefly(rows(30), frames_of=lambda shown: [b"<svg onload=alert(1)>"] * len(shown))

    assert {video.frame for video in data.gallery} == {None}


def test_synthetic_data_is_marked_everywhere():
    data = briefly(rows(60, synthetic=True))
    written = page(data)

    assert '<body class="synthetic">' in written
    assert "Synthetic data: made up for trying things out." in written
    assert "<title>Synthetic: " in written
    assert all(row["synthetic"] for table in data.tables().values() for row in table)
    assert 'class="synthetic"' not in page(briefly(rows(60)))


def test_the_table_for_r_has_every_video_and_no_formula():
    data = usual_report()

    table = list(csv.DictReader(io.StringIO(video_table(data))))

    assert [row["video_id"] for row in table] == [row["video_id"] for row in data.rows]
    assert sum(row["kept"] == "TRUE" for row in table) == data.primary["n"]
    formula = report_of([row(n, caption='=HYPERLINK("x")') for n in range(3)])
    first = next(csv.DictReader(io.StringIO(video_table(formula))))
    assert first["caption"] == '\'=HYPERLINK("x")'


def test_a_whole_mean_of_scores_is_a_whole_number_in_the_csv():
    data = report_of([row(n, unexpectedness=40.0 + n / 2) for n in range(3)])

    table = csv.DictReader(io.StringIO(video_table(data)))

    assert [row["unexpectedness"] for row in table] == ["40", "40.5", "41"]


def test_own_files_are_named_in_the_table_of_videos_the_gallery_and_the_csv():
    data = briefly([row(n, file_name=f"=clip {n}.mp4") for n in range(30)])

    assert data.videos["file_name"][0] == "=clip 0.mp4"
    assert {video.file_name for video in data.gallery} <= {f"=clip {n}.mp4" for n in range(30)}
    first = next(csv.DictReader(io.StringIO(video_table(data))))
    assert first["file_name"] == "'=clip 0.mp4"


def test_without_own_files_the_table_of_videos_has_no_column_for_them():
    assert "file_name" not in briefly([row(n) for n in range(30)]).videos


def test_the_codebook_explains_every_column_of_the_table():
    data = usual_report()
    header = next(csv.reader(io.StringIO(video_table(data))))

    explained = list(csv.DictReader(io.StringIO(codebook(data))))

    assert [row["column"] for row in explained] == header
    assert all(row["description"] for row in explained)


def test_rows_are_json_as_they_are():
    assert json_text([dict(row) for row in usual_report().effects])
