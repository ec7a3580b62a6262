"""In clean tables, half of them with an association, each caution stays rare.

`make campaigns` looks at 100 of them.
"""

from collections import Counter

import pytest

from shared.insights.cautions.ages import confounded_ages
from shared.insights.cautions.codes import code_cautions
from shared.insights.cautions.influence import single_influences
from shared.insights.cautions.missing import selective_ratings
from shared.insights.cautions.raters import mixed_raters
from shared.insights.cautions.ratings import rating_values
from shared.insights.cautions.reposts import reposts
from shared.insights.cautions.sampling import source_breaks
from shared.insights.headline import headline
from shared.insights.influence import influence
from shared.insights.missing_ratings import missing_ratings
from shared.insights.quality_gate import gate
from shared.insights.sample import questions, samples
from tests.insights_tables import COLLECTED, plan, rows, table

PLAN = plan(
    columns=(
        "[video_id, creator, created_at, collected_at, rated_at, source, views, likes, followers, "
        "rater, config_hash, rubric_version, rating_status, caption, duration_s, unexpectedness, "
        "emotional_intensity]"
    ),
    predictors="[unexpectedness, emotional_intensity]",
    controls="[followers, duration_s, age]",
)
EVERY_SEVENTH = 7
"""Refused whatever it shows."""


def clean_rows(number: int) -> list[dict]:
    of = rows(n=320, creators=40, slope=0.5 * (number % 2), seed=1000 + number)
    for at, row in enumerate(of):
        refused = at % EVERY_SEVENTH == number % EVERY_SEVENTH
        row |= {
            "rated_at": COLLECTED.isoformat(),
            "source": "research",
            "rater": "gemini/m/1.0",
            "config_hash": "aaaa",
            "rubric_version": "1.0",
            "rating_status": "refused" if refused else "rated",
            "caption": f"what happened on day {at % 30} #fyp",
        }
        if refused:
            row |= {"unexpectedness": None, "emotional_intensity": None}
    return of


def cautions_of(number: int) -> dict[str, list[str]]:
    """The cautions about one table by the function that gives them."""
    passed = gate(table(clean_rows(number), PLAN), PLAN)
    sample, (question, *_) = next(iter(samples(passed, PLAN, questions(PLAN, passed.left_out))))
    answer = headline(sample, question, PLAN)
    carried_by = influence(answer, "unexpectedness")
    primary = answer.effect("unexpectedness")
    return {
        "ages": [*confounded_ages(passed, PLAN, answer)],
        "codes": [*code_cautions(passed)],
        "influence": [*single_influences(carried_by, primary, passed.frame)],
        "missing": [*selective_ratings(missing_ratings(passed, PLAN))],
        "raters": [*mixed_raters(passed.frame)],
        "ratings": [*rating_values(passed, PLAN)],
        "reposts": [*reposts(passed.frame, PLAN)],
        "breaks": [*source_breaks(passed, PLAN)],
    }


@pytest.mark.parametrize(
    ("tables", "most"), [(8, 1), pytest.param(100, 5, marks=pytest.mark.campaign)]
)
def test_no_caution_is_frequent_in_clean_tables(tables, most):
    counts = Counter(
        name
        for number in range(tables)
        for name, sentences in cautions_of(number).items()
        if sentences
    )

    assert {name: count for name, count in counts.items() if count > most} == {}
