"""The rows about raters: the test of replacement, events, and what moves a score."""

from shared.insights.agreement.validation import validate
from shared.insights.report.agreement_rows import agreement_rows
from tests.agreement_tables import GEMINI, ratings, row, rows, video

OTHER = "gemini/gemini-3.6-flash/2.0"


def sample():
    people = {f"human/{name}": (0.5, 0, 1) for name in "abc"}
    records = rows({**people, GEMINI: (0.3, 0, 2), OTHER: (0.4, 0, 2)}, videos=40)
    for number in range(40):
        for rater in (*people, GEMINI):
            records.append(row(video(number), rater, "surprise_onset_s", 2 + number / 10))
    return agreement_rows(validate(ratings(records)))


def test_each_new_figure_has_a_row_with_a_name_of_its_own():
    rows_of_page = sample()

    by_figure = {each["figure"]: each for each in rows_of_page}
    assert len(by_figure) == len(rows_of_page)
    replaced = by_figure[f"agreement/winning_rate/unexpectedness/{GEMINI}"]
    assert 0 <= replaced["estimate"] <= replaced["ci_high"] <= 1
    assert "alternative annotator test" in replaced["note"] and replaced["n_raters"] == 3
    for tolerance in ("0.25", "1"):
        event = f"moment_within_{tolerance}_s"
        assert by_figure[f"agreement/alpha_u_machine/{event}/{GEMINI}"]["estimate"] == 1.0
        assert by_figure[f"agreement/alpha_u_human/{event}"]["estimate"] == 1.0
    studied = by_figure["agreement/generalizability/unexpectedness"]
    assert 0 < studied["estimate"] < 1 and studied["n"] == 40 and studied["note"]
