"""No two sentences disagree about sign or significance without a third that says why.

The test reads the sentences that people read, and knows nothing of the effects behind them.
"""

import os
import re

import numpy as np
import pytest

from shared.insights.analysis import analyse
from shared.insights.wording import pooled, sentences
from tests.insights_tables import plan, table

TABLES = int(os.environ.get("CONTRADICTION_TABLES", "60"))
"""Tables to look at; a campaign sets 300."""

PLAN = plan(
    columns="[video_id, creator, created_at, views, likes, followers, unexpectedness]",
    outcomes="[views]",
    exposure="",
    controls="[followers]",
    within_creator="true",
    calendar_weeks="true",
    sampling_frame="Made up.",
)
NUMBER = r"[−-]?\d*\.?\d+"
RATIO = re.compile(rf"had ({NUMBER}) times the .*?interval ({NUMBER}) to ({NUMBER})")
RHO = re.compile(rf"Spearman's ρ = ({NUMBER}), 95 % interval ({NUMBER}) to ({NUMBER})")
DIFFERENCES = {
    "the sign is the other way round": "opposite",
    "there is an association": "claimed",
    "no association is seen": "open",
}


def world(seed: int) -> list[dict]:
    """Videos of some creators whose fame may go with surprise either way, or not at all."""
    rng = np.random.default_rng(seed)
    creators = int(rng.choice([1, 3, 7, 12, 30]))
    n = max(40, creators * int(rng.choice([4, 8])))
    fame = rng.normal(size=creators)
    loading, within, between = (
        rng.choice(sizes) for sizes in ([-1.5, 0, 1.5], [-0.4, 0, 0.4], [0, 2])
    )
    code = np.arange(n) % creators
    surprise = loading * fame[code] + rng.normal(size=n)
    mean = np.exp(7 + between * fame[code] + within * surprise + 0.7 * rng.normal(size=n))
    return [
        {
            "video_id": str(7_300_000_000_000_000_001 + i),
            "creator": f"creator {code[i]}",
            "created_at": f"2026-05-{1 + int(rng.integers(0, 28)):02d}T12:00:00Z",
            "views": int(rng.poisson(mean[i])),
            "likes": 1,
            "followers": int(np.exp(6 + 2 * rng.normal())),
            "unexpectedness": int(np.clip(50 + 15 * surprise[i], 0, 100)),
        }
        for i in range(n)
    ]


def claim(numbers: tuple[str, ...], nothing: float) -> str:
    """What an estimate and its interval claim against the value that means nothing."""
    _, low, high = (float(text.replace("−", "-")) for text in numbers)
    if low > nothing:
        return "more"
    return "fewer" if high < nothing else "open"


def contradictions(page: str) -> list[str]:
    """Claims that differ from the headline, and that the page does not account for."""
    ratio, rho = RATIO.search(page), RHO.search(page)
    if not ratio or not rho:
        return []
    headline, ranked = claim(ratio.groups(), 1.0), claim(rho.groups(), 0.0)
    if headline == ranked:
        return []
    words = "|".join(DIFFERENCES)
    reason = re.search(rf"ooled over all creators \([^)]*\).*?({words})", page)
    said = DIFFERENCES[reason.group(1)] if reason else "nothing"
    expected = "open" if ranked == "open" else "claimed" if headline == "open" else "opposite"
    return [] if said == expected else [f"{headline} against {ranked}: {said}"]


def page_of(seed: int) -> str:
    insights = analyse(table(world(seed), PLAN), PLAN)
    return " ".join([*sentences(insights).values(), pooled(insights) or "", *insights.warnings])


@pytest.mark.parametrize("first", range(0, TABLES, 20))
def test_no_page_contradicts_itself_without_a_word(first):
    found = {seed: contradictions(page_of(seed)) for seed in range(first, first + 20)}

    assert {seed: texts for seed, texts in found.items() if texts} == {}


def test_the_worlds_differ_enough_to_disagree():
    pages = [page_of(seed) for seed in range(40)]

    for text in DIFFERENCES:
        assert any(text in page for page in pages), text
    assert any("On this account" in page for page in pages)


def test_a_page_without_the_word_is_seen():
    page = next(page for page in map(page_of, range(200)) if "other way round" in page)

    assert contradictions(page) == []
    assert contradictions(page.replace("the sign is the other way round", "all is well")) != []
