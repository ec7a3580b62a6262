"""A report as one HTML file that opens from disk, with data, style, scripts and pictures."""

import base64
import hashlib
import json
import re
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from shared.insights.figure_names import OUTCOME_NAMES, SCOPE_NAMES
from shared.insights.headline import Scope
from shared.insights.ledger.ledger import PlanHistory
from shared.insights.predictor_steps import step_in
from shared.insights.report.data import ReportData
from shared.insights.report.figure import Figure
from shared.insights.report.figures import figures
from shared.insights.report.formats import FORMATS
from shared.insights.report.glossary import TERMS, explained, typed
from shared.insights.report.headline_rows import PART as HEADLINE
from shared.insights.report.moment_rows import PART as MOMENT
from shared.insights.report.moment_rows import moment_paragraphs
from shared.insights.report.question import question, title
from shared.insights.report.sections import empty_figures, sections_with
from shared.insights.table.schema import MEANS

HERE = Path(__file__).parent
TEMPLATES = HERE / "template"
STYLE = TEMPLATES / "page.css"
SCRIPTS = tuple(
    HERE / f"script/{name}.js"
    for name in (
        *("elements", "charts", "effects", "robustness", "ratings", "quality", "videos"),
        *("gallery", "moment", "downloads", "terms", "choices"),
    )
)
"""One script in this order: each file uses what stands before it."""
CHARTS = (HERE / "vendor/d3.min.js", HERE / "vendor/plot.min.js")
LICENCES = (HERE / "vendor/d3.LICENSE.txt", HERE / "vendor/plot.LICENSE.txt")
CHART_LIST = HERE / "vendor/vendor.json"

Row = dict[str, Any]
KEYS = {"insight_effect": "effect", "insight_agreement": "figure", "insight_quality": "finding"}

CAUTIONS = {
    "answer": "Could change the answer",
    "certainty": "Change how sure it is",
    "figures": "Concern other figures",
}
"""What a caution changes, and the heading above those of its kind."""

FIRST_CAUTION = "answer 1"
"""Of synthetic videos, it says that all of them are synthetic."""

MOST_DRAWN = 2_000
"""Videos in the page, 150 bytes each. `report.csv` beside it has all."""

WORDS_ONLY = ("text", "names", "method", "predictor")
"""Formats of cells that are words, so they stand on the left."""


def page(data: ReportData, history: PlanHistory | None = None) -> str:
    """The whole file. The same report and history give the same bytes.

    The page fetches nothing: its content security policy forbids the network, and every script
    whose hash the policy does not name. Text from strangers is escaped in the markup and reaches
    the page only as text.
    """
    page_figures = figures(data)
    scripts = [*(_read(path) for path in CHARTS), script()]
    return _template().render(
        **_words_of(data),
        data=data,
        history=history,
        by_name={figure.name: figure for figure in page_figures},
        sections=sections_with(_shown(data, page_figures)),
        empty=empty_figures(data, page_figures),
        terms=TERMS,
        keys=KEYS,
        words_only=WORDS_ONLY,
        payload=_payload(data, page_figures),
        style=Markup(_read(STYLE)),  # nosec B704 # our own file
        scripts=[Markup(script) for script in scripts],  # nosec B704 # our own files
        policy=_policy(scripts),
        licences=[_read(path) for path in LICENCES],
        charts=json.loads(_read(CHART_LIST)),
        shapes=_shapes(data),
        sizes={row["subject"]: row for row in data.quality if row["part"] == "rows"},
        scope=_scope(data),
        question=question(data),
        title=title(data),
    )


def _words_of(data: ReportData) -> dict[str, Any]:
    """The sentences of the page by what they are about."""
    cautions = [row for row in _sentences(data, "caution") if not _is_mark(data, row)]
    return {
        "verdict": _sentences(data, "verdict"),
        "answer": _sentences(data, "answer"),
        "methods": _sentences(data, "methods"),
        "leads": {
            "viewers": moment_paragraphs(_sentences(data, MOMENT)),
            "whom": [[row] for row in _sentences(data, "for_whom")],
            "robust": [[row] for row in _sentences(data, "overturn")],
        },
        "basis": _sentences(data, HEADLINE),
        "cautions": [
            (heading, rows)
            for changes, heading in CAUTIONS.items()
            if (rows := [row for row in cautions if row["subject"].startswith(changes)])
        ],
    }


def _is_mark(data: ReportData, row: Row) -> bool:
    """Whether a caution says of all videos what the mark at the top of the page says."""
    return data.synthetic and row["subject"] == FIRST_CAUTION


def _shown(data: ReportData, page_figures: tuple[Figure, ...]) -> frozenset[str]:
    """The names of the figures that have something to show."""
    names = {figure.name for figure in page_figures if figure.rows}
    names |= {"scatter"} if data.video_counts.both else set()
    return frozenset(names | ({"shapes"} if _shapes(data) else set()))


def _shapes(data: ReportData) -> list[Row]:
    return [row for row in data.effects if row["part"] == "shape"]


def script() -> str:
    """All scripts of our own, as one that leaves no name behind."""
    return '"use strict";\n(() => {\n' + "\n".join(_read(path) for path in SCRIPTS) + "})();\n"


def _sentences(data: ReportData, part: str) -> list[Row]:
    return [row for row in data.quality if row["part"] == part and row.get("sentence")]


def _scope(data: ReportData) -> Scope | None:
    """Whom the answer is about; None without an answer."""
    headline = data.insights.headline if data.insights else None
    return None if headline is None else headline.scope


def _steps(data: ReportData) -> dict[str, str]:
    """The step of each predictor in words."""
    if data.insights is None:
        return {}
    frame = data.insights.gate.frame
    steps = {name: step_in(frame, name) for name in data.plan.predictors}
    return {name: step.videos for name, step in steps.items() if step is not None}


@lru_cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@lru_cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["formatted"] = _formatted
    environment.filters["words"] = _words
    environment.filters["explained"] = lambda sentence: explained(_unbroken(sentence))
    environment.filters["typed"] = typed
    return environment.get_template("page.html.j2")


def _formatted(value: Any, kind: str) -> str:
    """A value in its format; empty where it is not defined."""
    return "" if value is None else FORMATS[kind](value)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _unbroken(sentence: str) -> str:
    """Keep a number on one line with its percent sign, and p with its value."""
    text = sentence.replace(" %", "\u00a0%")
    return re.sub(r"\b(p|ρ) ([=<]) ", "\\1\u00a0\\2\u00a0", text)


def _policy(scripts: list[str]) -> str:
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        f"media-src 'self' file:; "
        "base-uri 'none'; form-action 'none'"
    )


def _payload(data: ReportData, page_figures: tuple[Figure, ...]) -> Markup:
    """The data for the scripts, as JSON that no text in it can close."""
    plan = data.plan
    content = {
        "date": data.day.isoformat(),
        "planHash": data.plan_hash,
        "synthetic": data.synthetic,
        "raters": data.raters,
        "rubrics": data.rubric_versions,
        "primary": plan.primary.model_dump() if plan.primary else None,
        "predictors": [name for name in plan.predictors if name in data.videos],
        "outcomes": list(plan.outcomes),
        "exposure": plan.exposure,
        "means": sorted(MEANS),
        "names": dict(OUTCOME_NAMES),
        "negligible": plan.equivalence,
        "steps": _steps(data),
        "scope": SCOPE_NAMES[_scope(data) or "creators"],
        "figures": {
            figure.name: [_payload_row(row) for row in figure.rows] for figure in page_figures
        }
        | {"shapes": [_payload_row(row) for row in _shapes(data)]},
        "videos": _drawn(data.videos),
        "videosKnown": len(data.rows),
        "moments": [asdict(video) for video in data.gallery],
        "carrying": [asdict(video) for video in data.carrying],
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign, escaped in (("<", "\\u003c"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(sign, escaped)
    return Markup(text)  # nosec B704 # JSON in a script, which nothing above can end


def _drawn(videos: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """At most MOST_DRAWN videos: the digests of their ids draw the sample, so it stays the same."""
    ids = videos["video_id"]
    if len(ids) <= MOST_DRAWN:
        return videos
    by_digest = sorted(range(len(ids)), key=lambda at: hashlib.sha256(ids[at].encode()).digest())
    drawn = sorted(by_digest[:MOST_DRAWN])
    return {name: [column[at] for at in drawn] for name, column in videos.items()}


_EVERYWHERE = frozenset({"report_date", "plan_hash", "rubric_versions", "synthetic", "place"})


def _payload_row(row: Row) -> Row:
    """The row without undefined values and without what the page says once for all rows."""
    everywhere = _EVERYWHERE if "figure" in row else _EVERYWHERE | {"raters"}
    return {
        name: value for name, value in row.items() if value is not None and name not in everywhere
    }
