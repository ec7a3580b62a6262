"""Simulated studies with several people who err: how far ratios freed of their error are off.

A study is as in ratios.py. Each person's rating is the true one, plus this person's lenience, plus
an error with the variance of the true ratings: one rating has a reliability of about .5, and less
within creators. `who` says who rates a video: everybody ("all"), three of eight people drawn at
random ("three"), one or two of eight ("few"), or one person twice ("again").

Two corrections are tried. `people` takes people's mean as the rating of every video.
`predict_then_debias` has a machine whose error leaks the luck, and people for a third of the
videos. The truth of both is the log rate ratio per point of the true rating.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.coverage.ratios import (
    LOG_RATIO,
    RATING,
    Corrections,
    RatioDesign,
    RatioStudy,
    document,
    draw_study,
    ends,
)
from shared.insights.correction.people_error import mean_rating
from shared.insights.correction.ratio_debiasing import debiased_ratio
from shared.insights.correction.ratio_disattenuation import disattenuated_mean_ratio
from shared.insights.statistics.effect import NotEstimable
from shared.insights.statistics.resampling import FloatArray

PANEL = 8
RATED = 1 / 3
LENIENCE = 0.4
"""Standard deviation of people's lenience, as a share of that of the true ratings."""

WHO = {"all": 3, "three": PANEL, "few": PANEL, "again": 2}
"""Columns of ratings: people, or times that one person rated."""


@dataclass(frozen=True, slots=True)
class PeopleDesign:
    """One kind of study: the ratings' kind as in ratios.py, and who rated each video."""

    kind: str
    who: str

    @property
    def key(self) -> str:
        return f"{self.kind}, {self.who}"


DESIGNS = (
    *(PeopleDesign("normal", who) for who in WHO),
    PeopleDesign("scores", "three"),
    PeopleDesign("skewed", "three"),
)


def draw_people(design: PeopleDesign, study: RatioStudy, random: np.random.Generator) -> FloatArray:
    """People's ratings of every video (videos, people); NaN where a person did not rate."""
    n, columns, size = len(study.true), WHO[design.who], float(study.true.std())
    lenience = LENIENCE * size * random.normal(size=columns)
    ratings = study.true[:, None] + lenience + size * random.normal(size=(n, columns))
    if design.kind != "normal":
        ratings = np.clip(5 * np.round(ratings / 5), 0, 100)
    if design.who in ("three", "few"):
        count = 3 if design.who == "three" else random.integers(1, 3, size=(n, 1))
        ranks = random.random((n, columns)).argsort(axis=1).argsort(axis=1)
        ratings[ranks >= count] = np.nan
    return ratings


def simulate(design: PeopleDesign, studies: int, seed: int = 20261128) -> dict[str, Any]:
    """For both corrections, the ratio of the corrected slope to the truth, and coverage."""
    number = DESIGNS.index(design) if design in DESIGNS else 999
    random = np.random.default_rng((seed, number))
    results = [_corrections(design, random) for _ in range(studies)]
    truths = dict.fromkeys(("people", "predict_then_debias"), LOG_RATIO)
    return document(asdict(design), design.key, design.kind == "normal", results, truths)


def _corrections(design: PeopleDesign, random: np.random.Generator) -> Corrections | None:
    """Estimates and intervals of one study; None where a method refuses."""
    study = draw_study(RatioDesign(design.kind, 0.7), random)
    people = draw_people(design, study, random)
    some = people.copy()
    some[random.random(len(people)) >= RATED] = np.nan
    try:
        rated, machine = study.fit(mean_rating(people)), study.fit(study.biased)
        of_people = disattenuated_mean_ratio(rated, RATING, people[rated.kept], [rated.creators])
        of_machine = debiased_ratio(machine, RATING, some[machine.kept], [machine.creators])
    except NotEstimable:
        return None
    return {
        "people": ends(of_people),
        "raw people": (float(rated.beta[0]),),
        "predict_then_debias": ends(of_machine),
        "raw predict_then_debias": (of_machine.with_people_error,),
    }
