"""How `tta insights` comes from a file, or from the star schema, to its result."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import Screen
from cli.errors import WRONG_USE, Refused
from cli.files import refuse_absent, refuse_target, write
from local.endpoints import LOCAL
from shared.one_thread import in_one_thread

if TYPE_CHECKING:
    from shared.insights.agreement.ratings import Ratings
    from shared.insights.analysis import Insights
    from shared.insights.plan import Plan
    from shared.insights.table.table import Table

QUESTION = "SELECT {columns} FROM fact_video_analytics ORDER BY video_id"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    input: Path | None
    plan: Path | None
    out: Path | None
    target: str
    home: Path | None
    ratings: tuple[Path, ...] = ()
    keys: tuple[Path, ...] = ()

    def refuse(self) -> None:
        """Raises Refused before any work is done."""
        if self.input is not None and self.target != LOCAL:
            raise Refused("--input and --target: give one of the two.", WRONG_USE)
        refuse_absent("--input", self.input)
        refuse_absent("--plan", self.plan)
        for option, paths in (("--ratings", self.ratings), ("--key", self.keys)):
            for path in paths:
                refuse_absent(option, path)
        if self.keys and not self.ratings:
            raise Refused(
                "--key: it reads the --ratings that come from a kit; give both.", WRONG_USE
            )
        refuse_target(self.out, (self.input, self.plan, *self.ratings, *self.keys))


@dataclass(frozen=True, slots=True)
class Made:
    """The result, and its JSON as it is written."""

    insights: "Insights"
    text: str


def made(asked: Asked, screen: Screen) -> Made:
    """Read, analyse and write. Raises Refused with a sentence about plan or table."""
    in_one_thread()
    from shared.insights.plan import BadPlan
    from shared.insights.quality_gate import TooLittle
    from shared.insights.table.read import BadTable

    try:
        return _made(asked, screen)
    except BadPlan as error:
        raise Refused(error.sentence, WRONG_USE) from error
    except (BadTable, TooLittle) as error:
        raise Refused(error.sentence) from error


def _made(asked: Asked, screen: Screen) -> Made:
    from shared.insights.plan import default_plan, read_plan

    plan = default_plan() if asked.plan is None else read_plan(asked.plan)
    with screen.working("Reading the table …"):
        table, ratings = _table(asked, plan, screen)
        from shared.canonical import json_text
        from shared.insights.analysis import analyse

        insights = analyse(table, plan, screen.now, ratings)
        text = json_text(insights.document())
    if asked.out is not None:
        write(asked.out, text)
        screen.say(f"Written to {asked.out}.")
    return Made(insights, text)


def _table(asked: Asked, plan: "Plan", screen: Screen) -> tuple["Table", "Ratings | None"]:
    """The table, and the ratings that it can be corrected by."""
    from shared.insights.table.table import read_table

    given = _given(asked)
    if asked.input is not None:
        return read_table(asked.input, plan), given
    table, stored = _from_star_schema(asked, plan, screen)
    if given is None or stored is None:
        return table, given or stored
    from shared.insights.agreement.long_table import Rows

    rows = Rows()
    for one in (given, stored):
        rows.take(one)
    return table, rows.ratings()


def _given(asked: Asked) -> "Ratings | None":
    """What --ratings names. Raises BadTable."""
    if not asked.ratings:
        return None
    from cli.verbs.rate_kit.key import videos_of
    from shared.insights.agreement.long_table import Rows, read_ratings

    rows, videos = Rows(), videos_of(asked.keys)
    for path in asked.ratings:
        rows.take(read_ratings(path).renamed(videos))
    return rows.ratings()


def _from_star_schema(
    asked: Asked, plan: "Plan", screen: Screen
) -> tuple["Table", "Ratings | None"]:
    """The plan's columns of fact_video_analytics, and every rating. Raises BadTable."""
    from cli.cloud import opened
    from local.cloud import QUERY
    from shared.insights.table.read import BadTable
    from shared.insights.table.read import refuse_absent as refuse_absent_columns
    from shared.insights.table.table import table_of
    from shared.warehouse.tables import schema

    there = [column["name"] for column in schema("fact_video_analytics")]
    wanted = sorted(set(plan.columns.values()))
    refuse_absent_columns(wanted, there, "fact_video_analytics")
    with opened(asked.home, screen, QUERY, target=asked.target) as endpoints:
        from cli.verbs.validate.stored import ratings_at
        from cli.warehouse import Warehouse

        rows: list[Mapping[str, Any]] = [
            *Warehouse(endpoints).rows(
                QUESTION.format(columns=", ".join(f"`{name}`" for name in wanted))
            )
        ]
        stored = ratings_at(endpoints) if rows else None
    if not rows:
        raise BadTable(
            "fact_video_analytics is empty. `tta demo` fills a sandbox; --input FILE reads a table."
        )
    return table_of(rows, plan, "fact_video_analytics"), stored
