"""Pandas judges what is read of an example of each format."""

import pytest

from tests.shared.inputs.formats.judge import EXAMPLES, FILES, Verdict, verdicts

ROWS = {
    "studio.csv": (13, 12, {}),
    "zeeschuimer.ndjson": (15, 13, {}),
    "addresses.txt": (12, 11, {}),
    "clockworks.json": (13, 12, {}),
    "yt-dlp.info.json": (1, 1, {}),
    "scraped.csv": (12, 12, {"Duration": 1, "Music ID": 12}),
}
"""Rows, rows taken and cells lost; all others hold twelve rows, and lose nothing."""


@pytest.fixture(scope="module")
def by_name() -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in verdicts()}


@pytest.mark.parametrize("name", [example.name for example in EXAMPLES])
def test_sums_of_counts_are_those_of_pandas(by_name, name):
    assert by_name[name].sums == by_name[name].sums_of_pandas
    assert by_name[name].sums["views"] > 0 or name == "addresses.txt"


@pytest.mark.parametrize("name", [example.name for example in EXAMPLES])
def test_rows_and_cells_that_are_lost_are_those_that_hold_nothing_readable(by_name, name):
    verdict = by_name[name]

    assert (verdict.rows, verdict.taken, verdict.lost_cells) == ROWS.get(name, (12, 12, {}))


def test_every_example_is_judged():
    assert {example.name for example in EXAMPLES} == {path.name for path in FILES.iterdir()}
