"""Several raters in a report: each is an analysis of the curve, and their joint verdict is said."""

from functools import lru_cache

import numpy as np
import pytest

from shared.insights.plan_file import parse_plan
from shared.insights.report.data import report_data
from shared.insights.report.quality_figures import precision
from shared.insights.report.rater_figure import raters
from tests.report_world import DAY, Rows, brief_plan, rows

OTHERS = ("gemini/other/2.0", "gemini/other/2.0+wording-b")


class SeveralRaters(Rows):
    """The ratings of the table, and those of two other raters who scatter around them."""

    def ratings(self):
        own = super().ratings()
        draw = np.random.default_rng(5)
        return own + [
            row | {"rater": rater, "unexpectedness": self._near(row, draw)}
            for rater in OTHERS
            for row in own
            if row["replicate"] == 0
        ]

    @staticmethod
    def _near(row, draw):
        score = row["unexpectedness"]
        return None if score is None else int(np.clip(score + draw.normal(0, 12), 0, 100))


@lru_cache
def report_of_several():
    plan = parse_plan(brief_plan().encode(), "plan.yaml")
    return report_data(SeveralRaters(rows(240)), plan, DAY)


def test_each_other_rater_is_an_analysis_of_the_curve_and_the_tables_own_is_the_headline():
    specs = [row for row in report_of_several().effects if row["part"] == "specification"]
    by_rater = [row for row in specs if "rated by" in row["choices"]]

    assert {row["choices"].partition("rated by ")[2] for row in by_rater} == set(OTHERS)
    assert not any(row["is_headline"] for row in by_rater)
    assert all(row["irr"] > 1 for row in by_rater)


def test_the_page_says_what_all_raters_say_together():
    data = report_of_several()
    sentences = {row["subject"]: row["sentence"] for row in data.quality if row["part"] == "raters"}

    assert sentences["together"].startswith("The sign holds under 3 of 3 raters; joint p ")
    assert sentences["together"] in raters(data).caption
    assert list(sentences) == ["together", "alone", "limit"]


def test_the_figure_has_one_row_per_rater_in_standard_deviations_of_its_ratings():
    figure = raters(report_of_several())

    assert set(OTHERS) < {row["subset"] for row in figure.rows}
    assert len(figure.rows) == len(OTHERS) + 1
    for row in figure.rows:
        assert row["step_irr"] == pytest.approx(np.exp(row["estimate"] * row["step"]))
        assert row["step_irr_low"] < row["step_irr"] < row["step_irr_high"]


def test_the_page_says_what_a_drawn_sample_would_give():
    data = report_of_several()
    [sentence] = [row["sentence"] for row in data.quality if row["part"] == "drawn"]

    assert sentence.startswith("If people rated 60 videos drawn by tta rate-kit --sample 60")
    assert precision(data).caption.endswith(sentence)
