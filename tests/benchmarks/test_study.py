"""The study of coverage: what it kept is what the code does; stopped, it goes on where it was."""

import json
from collections import Counter
from dataclasses import asdict

import pytest

from benchmarks.study import campaign, results, world
from benchmarks.study.campaign import CHUNK, Cell, Journal, counts_of, journal, study
from shared.insights.coverage import FILE, CoverageCell, coverage_cells

NONE = Cell("ranks", 40, planted=False)
PLANTED = Cell("counts", 18, planted=True)

NOTHING = world.truth(False)


def coverage_cell(method: str, cell: Cell) -> CoverageCell:
    key = (method, cell.clusters, cell.planted)
    return next(row for row in coverage_cells() if (row.method, row.clusters, row.planted) == key)


@pytest.fixture
def truth(monkeypatch):
    """The truth as it was kept: to count it again takes ten seconds."""
    stored = world.Truth(**json.loads(FILE.read_text())["truth"])
    for module in (campaign, results):
        monkeypatch.setattr(module, "truth", lambda planted: stored if planted else NOTHING)
    return stored


@pytest.mark.parametrize(
    "cell",
    [NONE, pytest.param(PLANTED, marks=pytest.mark.campaign)],
    ids=lambda cell: cell.name,
)
def test_its_first_hundred_runs_come_out_again(cell, truth):
    """A short study: the figures that reports print are those of the methods as they are now."""
    counted = counts_of(cell, range(CHUNK))

    again = {method: counts["covered"] for method, counts in counted.items()}
    assert again == pytest.approx({name: coverage_cell(name, cell).first for name in again}, abs=1)
    for method, counts in counted.items():
        low, high = coverage_cell(method, cell).wilson()
        assert low - 0.1 < counts["covered"] / CHUNK < high + 0.1
        if cell is NONE:
            assert (
                counts["covered"] + counts["significant"]
                == counts["runs"] - counts["none"]
                == CHUNK
            )
    naive = next(name for name in again if name.endswith("taken for independent"))
    default = "spearman" if cell is NONE else "gee_nb"
    assert again[naive] <= again[default] - 5


def test_the_truth_follows_from_the_model(monkeypatch):
    monkeypatch.setattr(world, "TRUTH_ROWS", 200_000)

    few = asdict(world.truth.__wrapped__(True))

    stored = json.loads(FILE.read_text())["truth"]
    assert few == pytest.approx(stored, rel=0.01, abs=0.01)
    slope = 0.7**0.5 / 15  # of surprise on a rating of reliability .7 and SD 15, not yet heaped
    assert stored["log_ratio"] == pytest.approx(world.PLANTED[0] * slope, rel=0.02)
    assert set(asdict(NOTHING).values()) == {0.0}


def test_a_sample_depends_on_its_number_alone():
    first, again, next_ = (world.sample(18, True, run) for run in (3, 3, 4))

    assert first.frame.equals(again.frame) and not first.frame.equals(next_.frame)
    assert len(first.frame) >= 20 and first.creators.max() == 17


@pytest.fixture
def runs(monkeypatch):
    """The chunks that were run, at no cost."""
    chunks: list[tuple[str, int]] = []

    def counted(cell: Cell, numbers: range) -> campaign.Counts:
        chunks.append((cell.name, numbers.start))
        if len(chunks) == 3:
            raise KeyboardInterrupt
        return {"spearman": Counter(runs=len(numbers), covered=90 + cell.planted, significant=5)}

    monkeypatch.setattr(campaign, "counts_of", counted)
    return chunks


def test_stopped_anywhere_it_goes_on_where_it_was(runs, tmp_path, capsys):
    cells = [NONE, Cell("ranks", 40, planted=True)]
    records = Journal(tmp_path / "new" / "journal.jsonl")
    with pytest.raises(KeyboardInterrupt):
        study(records, cells, lambda _: 2 * CHUNK)
    with records.path.open("a") as file:
        file.write('{"cell": "ranks 40 planted", "chu')  # the disk was full

    chunks = study(records, cells, lambda _: 2 * CHUNK)

    assert runs == [("ranks 40 none", 0), ("ranks 40 none", 100)] + 2 * [
        ("ranks 40 planted", 0)
    ] + [("ranks 40 planted", 100)]
    assert study(records, cells, lambda _: 2 * CHUNK) == chunks and len(runs) == 5
    rows = results.cells(chunks)
    assert [(row.planted, row.runs, row.covered, row.first) for row in rows] == [
        (False, 200, 180, 90),
        (True, 200, 182, 91),
    ]
    assert "100%, about 0 min left" in capsys.readouterr().err


def test_other_code_begins_another_journal(tmp_path, monkeypatch):
    (tmp_path / "code.py").write_text('"""Words."""\nVALUE = 1  # one\n')
    monkeypatch.setattr(campaign, "ROOT", tmp_path)
    monkeypatch.setattr(campaign, "MEASURED", ("code.py",))
    first = journal(tmp_path).path

    (tmp_path / "code.py").write_text('"""Other words."""\n\nVALUE = 1\n')
    assert journal(tmp_path).path == first
    (tmp_path / "code.py").write_text("VALUE = 2\n")
    assert journal(tmp_path).path != first


def test_page_and_data_say_the_same(tmp_path, truth):
    results.save(coverage_cells(), tmp_path / "coverage.json", tmp_path / "coverage.md")

    assert (tmp_path / "coverage.md").read_text() == results.PAGE.read_text()
    assert json.loads((tmp_path / "coverage.json").read_text()) == json.loads(FILE.read_text())


def test_a_default_that_misses_is_told():
    row = coverage_cell("spearman", NONE)

    assert results.verdict(row) == "ok"
    low = CoverageCell(**(asdict(row) | {"covered": int(0.93 * row.runs)}))
    assert results.verdict(low) == "MISSED"
    assert results.verdict(coverage_cell("spearman, videos taken for independent", NONE)) == ""
