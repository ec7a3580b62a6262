"""The day's report of the demo, exports for BI, and the notebook that starts from the views."""

import json
import subprocess
import urllib.request
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cli.scheduler import JSON_BODY
from local.cloud import pointing_at
from local.home import PROJECT
from scripts import notebook
from shared.insights.report.formats import FORMATS
from shared.storage.lake import Lake
from tests.report_world import Page

WORDS = ("text", "names", "method", "predictor")
KEYS = {"insight_effect": "effect", "insight_agreement": "figure", "insight_quality": "finding"}


@pytest.fixture(scope="module")
def report(demonstrated, tta):
    """What `tta report` tells of itself, after the demo's own."""
    result = tta("report", "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_the_demo_ends_with_the_answer_and_where_to_look(demonstrated):
    document = demonstrated["report"]

    assert document["synthetic"] is True
    assert document["answer"]
    assert "Synthetic data" in Path(document["path"]).read_text()


def test_the_function_and_the_command_make_the_same_page(cloud, report):
    request = urllib.request.Request(cloud.functions["report"], b"{}", JSON_BODY)
    with urllib.request.urlopen(request) as answer:
        document = json.load(answer)

    with pointing_at(cloud):
        lake = Lake.connect(cloud.project, cloud.bucket)
        page = lake.read(document["report"])
    assert page == Path(report["path"]).read_bytes()
    assert {key: report[key] for key in document} == document


def test_a_second_run_of_the_day_changes_no_row(report, tta, ask):
    before = {table: ask(f"SELECT * FROM {table} ORDER BY {key}") for table, key in KEYS.items()}

    assert tta("report").returncode == 0

    assert before == {
        table: ask(f"SELECT * FROM {table} ORDER BY {key}") for table, key in KEYS.items()
    }


def test_every_number_of_the_page_is_in_the_warehouse(report, ask):
    rows = {
        (table, row[key]): row
        for table, key in KEYS.items()
        for row in ask(f"SELECT * FROM {table} WHERE plan_hash = '{report['plan_hash']}'")
    }
    page = Page(Path(report["path"]).read_text())

    assert page.unbound == []
    assert len(page.bound) > 50
    for row in page.bound:
        value = rows[row["table"], row["row"]][row["column"]]
        if row["kind"] in FORMATS and row["kind"] not in WORDS and value is not None:
            assert row["text"] == FORMATS[row["kind"]](value)
            assert float(row["value"]) == value
        elif row["kind"] == "sentence":
            assert row["text"].replace("\u00a0", " ") == value


def test_the_gallery_shows_the_strongest_moments_and_how_surprise_went(report):
    moments = Page(Path(report["path"]).read_text()).payload["moments"]

    assert moments
    assert all(moment["frame"] for moment in moments)
    assert all(len(moment["curve"]) >= moment["duration_s"] - 1 for moment in moments)
    assert any(max(moment["curve"]) > 25 for moment in moments)


def test_another_plan_lies_beside_the_standing_one(report, tta, tmp_path):
    plan = tmp_path / "plan.yaml"
    text = (PROJECT / "shared/insights/default_plan.yaml").read_text()
    plan.write_text(text.replace("min_age_days: 7", "min_age_days: 1"))

    other = json.loads(tta("report", "--plan", plan, "--json").stdout)

    assert other["plan_hash"] != report["plan_hash"]
    assert other["report"].endswith(f"/{other['plan_hash']}/report.html")
    assert Path(report["path"]).exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--plan", "nowhere.yaml"], "--plan nowhere.yaml: it does not exist."),
        (["--date", "yesterday"], "--date yesterday: give a day such as 2026-01-31."),
        (["--out", "nowhere/report.html"], "give a file in a folder that exists"),
    ],
)
def test_wrong_use_is_refused_in_a_sentence(tta, arguments, says):
    result = tta("report", *arguments)

    assert result.returncode == 2
    assert says in result.stderr


def test_the_function_refuses_a_body_that_it_does_not_understand(cloud):
    request = urllib.request.Request(cloud.functions["report"], b'{"when": "now"}', JSON_BODY)

    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)

    assert error.value.code == 400
    assert "2026-01-31" in json.load(error.value)["message"]


def test_a_query_is_exported_with_its_types(demonstrated, tta, ask, tmp_path):
    file = tmp_path / "videos.parquet"

    result = tta("query", "SELECT video_id, views, created_at FROM analysis_sample", "--out", file)

    assert result.returncode == 0, result.stderr
    table = pq.read_table(file)
    assert [str(field.type) for field in table.schema] == [
        "string",
        "int64",
        "timestamp[us, tz=UTC]",
    ]
    assert table.num_rows >= demonstrated["fetched"]["listed"]
    assert table.num_rows == ask("SELECT COUNT(*) AS n FROM analysis_sample")[0]["n"]


def test_an_export_as_csv_holds_no_formula(tta, tmp_path):
    file = tmp_path / "formula.csv"

    assert tta("query", "SELECT '=1+1' AS a, '-5' AS b, NULL AS c", "--out", file).returncode == 0

    assert file.read_text() == "a,b,c\n'=1+1,-5,\n"


def test_an_unknown_extension_is_refused_before_anything_is_asked(tta, tmp_path):
    result = tta("query", "SELECT 1", "--out", tmp_path / "a.xlsx")

    assert result.returncode == 2
    assert ".parquet, .csv, .json, .jsonl" in result.stderr


def test_the_query_of_the_notebook_has_an_answer(demonstrated, tta, monkeypatch):
    """The model needs more videos than there are here: `make docs-check` runs all cells."""

    def run(words, **how):
        result = tta(*words[1:])
        assert result.returncode == 0, result.stderr
        return result

    monkeypatch.setattr(subprocess, "run", run)  # the same commands, in this process
    cells = notebook.code_cells(notebook.read_notebook())
    queries = [cell for cell in cells if "SELECT" in "".join(cell["source"])]

    _, *outputs = notebook.run([cells[0], *queries])

    (printed,) = map(notebook.printed_text, outputs)
    assert "counts " in printed
    assert "videos of" in printed
    assert "unexpectedness" in printed
