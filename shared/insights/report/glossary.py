"""The terms of a report in plain words, and where its sentences use them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape


@dataclass(frozen=True, slots=True)
class Term:
    """A term, the pattern that finds it in an escaped sentence, and its meaning."""

    key: str
    name: str
    pattern: str
    meaning: str


TERMS = (
    Term(
        "interval",
        "95 % interval",
        r"95\s%\s(?:prediction\s)?(?:interval|band)",
        "The values that fit the data. Of many samples like this one, 95 in 100 such intervals "
        "hold the true value. A prediction interval is for one new creator.",
    ),
    Term(
        "hazard",
        "hazard ratio",
        r"[Hh]azard ratios?",
        "How often viewers leave in a second, of those who still watch, against what is usual for "
        "that video and that second. 0.80 means a fifth fewer.",
    ),
    Term(
        "ratio",
        "ratio (times as many)",
        r"[\d.,]*\d times the|times as many|\b[Rr]atios?\b",
        "Compares two groups of videos. 1.10 means ten percent more, 0.90 ten percent fewer, and "
        "1 no difference.",
    ),
    Term(
        "within",
        "within creators",
        r"[Ww]ithin creators|videos of the same creator",
        "Each creator’s videos are compared with each other, so a creator’s fame does not matter.",
    ),
    Term(
        "pooled",
        "pooled",
        r"[Pp]ooled",
        "All videos are compared with each other, whoever posted them. Fame then matters, too.",
    ),
    Term(
        "rho",
        "rank correlation (Spearman’s ρ)",
        r"Spearman(?:’|&#39;)s ρ|[Rr]ank correlation|ρ",
        "Says whether videos that rank high in one thing rank high in the other. It goes from −1 "
        "to 1; 0 is no connection. ρ is the Greek letter rho.",
    ),
    Term(
        "r",
        "correlation (Pearson’s r)",
        r"Pearson(?:’|&#39;)s (?:correlation|r)",
        "Says how closely two numbers follow a straight line, from −1 to 1; 0 is no connection.",
    ),
    Term(
        "p",
        "p",
        r"^p$|\bp(?=\s(?:=|&lt;|of|values?\b))",
        "How often chance alone gives a figure as far from “no connection” as this one. Below "
        ".05 it counts as found.",
    ),
    Term(
        "q",
        "q",
        r"^q$|\bq(?=\scorrects)",
        "p, corrected for the number of tests on this page. It guards against finding something "
        "only because much was tried.",
    ),
    Term(
        "kpi",
        "KPI",
        r"\bKPIs?\b",
        "A number that a platform counts for a video: views, likes, comments, shares, saves.",
    ),
    Term(
        "rater",
        "rater",
        r"\b[Rr]aters?\b",
        "Whoever scored the videos: a model, a program that measures picture and sound, or a "
        "person.",
    ),
    Term(
        "rubric",
        "rubric",
        r"\b[Rr]ubric\b",
        "The written instruction that says what each score from 0 to 100 means.",
    ),
    Term(
        "plan",
        "plan",
        r"\b[Pp]lan\b",
        "The file that names the questions before anyone looks at the answers.",
    ),
    Term(
        "controls",
        "controls",
        r"\bcontrols\b|[Cc]onfounder",
        "Other things that may explain success, such as followers or length. The model holds them "
        "equal. A confounder is such a thing that goes with rating and success alike.",
    ),
    Term(
        "percentile",
        "percentile",
        r"\b[Pp]ercentile\b",
        "The place in a line-up of all videos from the lowest to the highest; 50 is the middle.",
    ),
    Term(
        "deviation",
        "standard deviation",
        r"standard deviation|[Ss]tandard errors?",
        "The usual distance of a value from the mean. The standard error is that of an estimate.",
    ),
    Term(
        "poisson",
        "count model",
        r"negative binomial model|Poisson|count model",
        "A model for numbers that are counted. It gives ratios, and a few huge videos do not "
        "break it.",
    ),
    Term(
        "icc",
        "agreement (ICC, α, κ)",
        r"ICC\(A,1\)|Krippendorff(?:’|&#39;)s α|weighted κ|[Aa]greement",
        "How far two scores of one video agree: 1 is full agreement, 0 is chance. ICC, α and κ are "
        "three ways to compute it.",
    ),
    Term(
        "validated",
        "validated",
        r"\bvalidated\b",
        "People scored some of the same videos, and their scores were compared with the rater’s.",
    ),
    Term(
        "specification",
        "specification",
        r"\b[Ss]pecifications?\b|every other reasonable analysis",
        "One way to analyse the data: which videos, which counts, which controls. Each is "
        "reasonable.",
    ),
)

_KEY = r"\b[a-z]+(?:_[a-z]+)+\b"
_VERB = r"plan lock|report|rate-kit|rate|ingest|fetch|plan|demo|validate|failed|insights"
_CODE = re.compile(rf"{_KEY}|\btta (?:{_VERB})\b(?: --[a-z]+(?: \d+)?)*")
"""Keys of a plan and commands: what a person would type."""


def explained(sentence: str) -> Markup:
    """The sentence as markup: the first use of each term leads to its meaning.

    Names that a person types (commands, keys of a plan) become code. The sentence is escaped first,
    so text of strangers stays text.
    """
    return _linked(escape(sentence), TERMS)


def typed(sentence: str) -> Markup:
    """The sentence as markup, with commands and keys as code, and without links."""
    return _linked(escape(sentence.replace("`", "")), ())


def _linked(text: str, terms: Sequence[Term]) -> Markup:
    """Escaped text with links. A match inside an earlier one is left alone."""
    spans: list[tuple[int, int, str]] = []
    for code in _CODE.finditer(text):
        spans.append((code.start(), code.end(), f"<code>{code.group()}</code>"))
    for term in terms:
        match = _free(term, text, spans)
        if match is not None:
            spans.append((match.start(), match.end(), link(term, match.group())))
    return Markup(_replaced(text, sorted(spans)))  # nosec B704 # escaped above


def _free(term: Term, text: str, spans: list[tuple[int, int, str]]) -> re.Match[str] | None:
    """The first use of the term outside the spans."""
    return next(
        (
            match
            for match in re.finditer(term.pattern, text)
            if all(match.end() <= start or match.start() >= end for start, end, _ in spans)
        ),
        None,
    )


def link(term: Term, text: str) -> str:
    """`text` is escaped."""
    return f'<a class="term" href="#term-{term.key}" aria-describedby="means-{term.key}">{text}</a>'


def _replaced(text: str, spans: list[tuple[int, int, str]]) -> str:
    parts, position = [], 0
    for start, end, markup in spans:
        parts += [text[position:start], markup]
        position = end
    return "".join([*parts, text[position:]])
