"""No two sentences disagree about sign or significance without a third that says why.

The test reads the sentences that people read, and knows nothing of the effects behind them.
"""

import re
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from types import SimpleNamespace

import numpy as np
import pytest

from cli.console import Screen
from cli.verbs.insights.view import show
from shared.insights.analysis import analyse
from shared.insights.report.analysis import Analysis
from shared.insights.report.effect_figures import forest, ratios
from shared.insights.report.effect_figures import specifications as specifications_figure
from shared.insights.report.effect_rows import effect_rows
from shared.insights.report.for_whom_figure import for_whom
from shared.insights.report.headline_figures import within
from shared.insights.result import Insights
from shared.insights.specifications import specifications
from shared.insights.wording import pooled, sentences
from tests.insights_tables import plan, table

AT_ONCE = 12
FIRSTS = [
    pytest.param(first, marks=pytest.mark.campaign if first >= AT_ONCE else ())
    for first in range(0, 300, AT_ONCE)
]
"""Tables to look at, by the first of twelve: 12 in the suite, 300 in `make campaigns`."""

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
OPEN_END = re.compile(rf"reached ({NUMBER}) times the \w+, but .*? open end \(p [=<] (\.\d+)\)")
RHO = re.compile(rf"Spearman's ρ = ({NUMBER}), 95 % interval ({NUMBER}) to ({NUMBER})")
COUNTED = re.compile(r"([a-z][\w ]+), (\d+) of (\d+) say more and (\d+) fewer")
ROWS = {
    "pooled ρ": "pooled over all creators",
    "pooled ρ, adjusted": "pooled and adjusted for the controls",
    "pooled ratio": "as a ratio over all creators",
    "between creators": "between creators",
}
"""The terminal's names of figures, and how the answer speaks of them."""

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


def headline_of(text: str) -> str | None:
    """What the answer claims; without an end of the interval, p says whether it claims anything."""
    if "has no bounded interval" in text:
        return "open"
    if unbounded := OPEN_END.search(text):
        ratio, p = map(float, unbounded.groups())
        return "open" if p >= 0.05 else "more" if ratio > 1 else "fewer"
    ratio = RATIO.search(text)
    return claim(ratio.groups(), 1.0) if ratio else None


def expected_word(headline: str, other: str) -> str:
    if other == "open":
        return "open"
    return "claimed" if headline == "open" else "opposite"


def word_about(figure: str, paragraph: str) -> str:
    """What the paragraph says of a figure that differs from the headline."""
    words = "|".join(DIFFERENCES)
    reason = re.search(rf"(?i){figure} \([^)]*\).*?({words})", paragraph)
    return DIFFERENCES[reason.group(1)] if reason else "nothing"


def unexplained_rows(terminal: str) -> list[str]:
    """Figures of the terminal's first table that differ from its answer without a word."""
    headline, paragraph = headline_of(terminal), terminal.partition("\n")[0]
    problems = []
    for name, figure in ROWS.items():
        row = re.search(
            rf"^ +{name}  +(?:ρ = )?({NUMBER})(?: times)? +({NUMBER}) to ({NUMBER}) ",
            terminal,
            re.MULTILINE,
        )
        if headline is None or row is None:
            continue
        claimed = claim(row.groups(), 0.0 if "ρ" in name else 1.0)
        if claimed != headline:
            word = word_about(figure, paragraph)
            if word != expected_word(headline, claimed):
                problems.append(f"{headline} against {name} {claimed}: {word}")
    return problems


def unexplained_creators(terminal: str) -> list[str]:
    """A claim about nearly every creator that the answer does not make, without a word."""
    headline, nearly = headline_of(terminal), re.search(r"(\w+) for nearly every creator", terminal)
    if headline is None or nearly is None or nearly.group(1) == headline:
        return []
    return [] if "each creator counts alike" in terminal else [f"{headline}: {nearly.group()}"]


def contradictions(page: str) -> list[str]:
    """Claims that differ from the headline, and that the page does not account for."""
    headline, rho = headline_of(page), RHO.search(page)
    if not headline or not rho:
        return []
    ranked = claim(rho.groups(), 0.0)
    if headline == ranked:
        return []
    word = word_about("pooled over all creators", page)
    return [] if word == expected_word(headline, ranked) else [f"{headline}, {ranked}: {word}"]


@cache
def captions_of(seed: int) -> str:
    """The captions under the figures of the report; one counts what other analyses say."""
    insights = insights_of(seed)
    answer = insights.headline
    others = specifications(answer.sample, answer.question, PLAN, answer)
    rows = effect_rows(Analysis(insights, specifications=others))
    data = SimpleNamespace(effects=rows, quality=[], missing=None, insights=insights)
    figures = (within, forest, ratios, for_whom, specifications_figure)
    return " ".join(figure(data).caption for figure in figures)


def unexplained_captions(page: str, captions: str) -> list[str]:
    """Analyses that claim the other sign than the answer, without a word in the caption."""
    headline = headline_of(page) or "open"
    counts = {name: tuple(map(int, numbers)) for name, *numbers in COUNTED.findall(captions)}
    if headline == "open":
        claims = {name: more + fewer for name, (more, _, fewer) in counts.items()}
        is_explained = sum(claims.values()) == 0 or "Only pooled analyses" in captions
        return [] if is_explained or claims["within creators"] else [f"open: {claims}"]
    if "The signs differ." in captions:
        return []
    against = {"more": 2, "fewer": 0}[headline]
    return [f"{headline}, {name}" for name, each in counts.items() if each[against]]


@cache
def insights_of(seed: int) -> Insights:
    return analyse(table(world(seed), PLAN), PLAN)


def page_of(seed: int) -> str:
    insights = insights_of(seed)
    return " ".join([*sentences(insights).values(), pooled(insights) or "", *insights.warnings])


def terminal_of(seed: int) -> str:
    """What the terminal prints: answer, tables, for whom, cautions."""
    with redirect_stdout(StringIO()) as output:
        show(insights_of(seed), Screen())
    return output.getvalue()


@pytest.mark.parametrize("first", FIRSTS)
def test_no_page_contradicts_itself_without_a_word(first):
    found = {seed: contradictions(page_of(seed)) for seed in range(first, first + AT_ONCE)}

    assert {seed: texts for seed, texts in found.items() if texts} == {}


@pytest.mark.parametrize("first", FIRSTS)
def test_no_line_of_the_terminal_contradicts_its_answer_without_a_word(first):
    terminals = {seed: terminal_of(seed) for seed in range(first, first + AT_ONCE)}
    problems = {
        seed: [*unexplained_rows(text), *unexplained_creators(text)]
        for seed, text in terminals.items()
    }

    assert {seed: texts for seed, texts in problems.items() if texts} == {}


@pytest.mark.parametrize("first", FIRSTS[:10])
def test_no_caption_contradicts_the_answer_without_a_word(first):
    found = {
        seed: unexplained_captions(page_of(seed), captions_of(seed))
        for seed in range(first, first + AT_ONCE)
    }

    assert {seed: texts for seed, texts in found.items() if texts} == {}


@pytest.mark.parametrize("seed", [104, pytest.param(137, marks=pytest.mark.campaign)])
def test_creators_of_a_table_that_once_contradicted_its_answer_do_not(seed):
    terminal = terminal_of(seed)

    assert "times the views (95 % prediction interval)" in terminal
    assert unexplained_creators(terminal) == contradictions(page_of(seed)) == []
    assert unexplained_captions(page_of(seed), captions_of(seed)) == []


def test_a_caption_without_its_word_is_seen():
    words = "The signs differ.|Only pooled analyses"
    captions = {seed: captions_of(seed) for seed in range(AT_ONCE)}
    explained = [seed for seed, text in captions.items() if re.search(words, text)]

    seen = [
        seed
        for seed in explained
        if unexplained_captions(page_of(seed), re.sub(words, "", captions[seed]))
    ]
    assert len(seen) > 0.5 * len(explained) > 1


def test_a_row_of_the_terminal_without_its_word_is_seen():
    terminals = [terminal_of(seed) for seed in range(AT_ONCE)]
    words = "|".join(DIFFERENCES)
    explained = [text for text in terminals if re.search(words, text)]

    # A figure without an interval differs by its p, and its row shows no claim.
    seen = [text for text in explained if unexplained_rows(re.sub(words, "all is well", text))]
    assert len(seen) > 0.8 * len(explained) > 4


def test_the_worlds_differ_enough_to_disagree():
    pages = [page_of(seed) for seed in range(AT_ONCE)]

    for text in DIFFERENCES:
        assert any(text in page for page in pages), text
    assert any("On this account" in page for page in pages)


def test_a_page_without_the_word_is_seen():
    page = next(page for page in map(page_of, range(200)) if "other way round" in page)

    assert contradictions(page) == []
    assert contradictions(page.replace("the sign is the other way round", "all is well")) != []
