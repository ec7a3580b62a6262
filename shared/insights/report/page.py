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

from shared.insights.figure_names import SCOPE_NAMES
from shared.insights.headline import Scope
from shared.insights.ledger.ledger import PlanHistory
from shared.insights.predictor_steps import step_in
from shared.insights.report.data import ReportData
from shared.insights.report.figure import Figure
from shared.insights.report.figures import figures
from shared.insights.report.formats import FORMATS
from shared.insights.report.headline_rows import PART as HEADLINE
from shared.insights.report.question import question, title

HERE = Path(__file__).parent
TEMPLATE = HERE / "page.html.j2"
STYLE = HERE / "page.css"
SCRIPT = HERE / "page.js"
CHARTS = (HERE / "vendor/d3.min.js", HERE / "vendor/plot.min.js")
LICENCES = (HERE / "vendor/d3.LICENSE.txt", HERE / "vendor/plot.LICENSE.txt")
CHART_LIST = HERE / "vendor/vendor.json"

Row = dict[str, Any]
KEYS = {"insight_effect": "effect", "insight_agreement": "figure", "insight_quality": "finding"}

WORDS_ONLY = ("text", "names", "method", "predictor")
"""Formats of cells that are words, so they stand on the left."""


def page(data: ReportData, history: PlanHistory | None = None) -> str:
    """The whole file. The same report and history give the same bytes.

    The page fetches nothing: its content security policy forbids the network, and every script
    whose hash the policy does not name. Text from strangers is escaped in the markup and reaches
    the page only as text.
    """
    page_figures = figures(data)
    scripts = [*(_read(path) for path in CHARTS), _read(SCRIPT)]
    return _template().render(
        data=data,
        history=history,
        by_name={figure.name: figure for figure in page_figures},
        keys=KEYS,
        words_only=WORDS_ONLY,
        payload=_payload(data, page_figures),
        style=Markup(_read(STYLE)),  # nosec B704 # our own file
        scripts=[Markup(script) for script in scripts],  # nosec B704 # our own files
        policy=_policy(scripts),
        licences=[_read(path) for path in LICENCES],
        charts=json.loads(_read(CHART_LIST)),
        answer=_sentences(data, "answer"),
        for_whom=_sentences(data, "for_whom"),
        overturn=_sentences(data, "overturn"),
        cautions=_sentences(data, "caution"),
        shapes=[row for row in data.effects if row["part"] == "shape"],
        sizes={row["subject"]: row for row in data.quality if row["part"] == "rows"},
        basis=_sentences(data, HEADLINE),
        scope=_scope(data),
        question=question(data),
        title=title(data),
    )


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
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["formatted"] = _formatted
    environment.filters["words"] = _words
    environment.filters["unbroken"] = _unbroken
    return environment.from_string(_read(TEMPLATE))


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
        "negligible": plan.equivalence,
        "steps": _steps(data),
        "scope": SCOPE_NAMES[_scope(data) or "creators"],
        "figures": {
            figure.name: [_payload_row(row) for row in figure.rows] for figure in page_figures
        },
        "videos": data.videos,
        "moments": [asdict(video) for video in data.gallery],
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign, escaped in (("<", "\\u003c"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(sign, escaped)
    return Markup(text)  # nosec B704 # JSON in a script, which nothing above can end


_EVERYWHERE = frozenset({"report_date", "plan_hash", "rubric_versions", "synthetic", "place"})


def _payload_row(row: Row) -> Row:
    """The row without undefined values and without what the page says once for all rows."""
    everywhere = _EVERYWHERE if "figure" in row else _EVERYWHERE | {"raters"}
    return {
        name: value for name, value in row.items() if value is not None and name not in everywhere
    }
