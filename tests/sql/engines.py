"""Queries on the emulator and on Google's reference implementation, over the same rows."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import isclose
from string import Template
from typing import Any

from shared.listings import sortable
from shared.warehouse.client import bigquery
from shared.warehouse.staged_rows import STAGED_ROWS, STAGED_SCHEMA, StagedRows, place_of
from shared.warehouse.tables import create_tables, definitions, schema
from shared.warehouse.views import create_views, description, templates
from tests.sql import statements, values
from tests.sql.analyser import Analyser
from tests.sql.awkward import Tables
from tests.sql.engine import NotEvaluable, RefusedStatement

CLOSE = 1e-9
"""Relative, for FLOAT64: a sum may be taken in another order."""

GRAINS = {"ages": ["video_id", "age_days"]} | {
    name: ["video_id"] for name in ("curves", "retention", "videos")
}
_ROWS_AT_ONCE = 500
_STAGED_PLACE = re.compile(rf"FROM {STAGED_ROWS}\s+WHERE place = (\d+)")
_PLACE = re.compile(r"`[\w-]+\.[\w-]+\.")
RATERS = ["gemini/", "signals/", "human/"]


@dataclass(frozen=True)
class Query:
    """A statement that gives rows, what identifies one, and the values of its parameters."""

    name: str
    sql: str
    key: Sequence[str]
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Comparison:
    """What came of it."""

    queries: int = 0
    rows: int = 0
    cells: int = 0
    differences: list[str] = field(default_factory=list)
    not_evaluable: dict[str, str] = field(default_factory=dict)


@dataclass
class Emulated:
    """A dataset of the local BigQuery with rows and views."""

    client: bigquery.Client
    dataset: str

    def fill(self, rows: Tables) -> None:
        """Make tables and views, and put the rows in."""
        create_tables(self.client, self.dataset)
        create_views(self.client, self.dataset)
        StagedRows(self.client, self.dataset).create()
        for name, content in (*rows.items(), (STAGED_ROWS, [*_staged(rows)])):
            path = f"{self.client.project}.{self.dataset}.{name}"
            for start in range(0, len(content), _ROWS_AT_ONCE):
                part = [_jsonable(row) for row in content[start : start + _ROWS_AT_ONCE]]
                errors = self.client.insert_rows_json(path, part)
                assert not errors, (name, errors)

    def ask(self, query: Query) -> list[dict[str, Any]]:
        types = statements.TYPES_OF_PARAMETERS
        config = bigquery.QueryJobConfig(
            default_dataset=f"{self.client.project}.{self.dataset}",
            query_parameters=[
                _parameter(name, types[name], value) for name, value in query.parameters.items()
            ],
        )
        job = self.client.query(query.sql, job_config=config)
        return [dict(row.items()) for row in job.result()]


class Reference:
    """Google's implementation over the same rows; a view is the rows that it gave."""

    def __init__(self, analyser: Analyser, rows: Tables):
        self._analyser = analyser
        protocol = analyser.engine.protocol
        self._contents = {
            name: values.content(protocol, schema(name), content) for name, content in rows.items()
        }
        self._staged = [*_staged(rows)]

    def ask(self, query: Query) -> list[dict[str, Any]]:
        """Raises NotEvaluable, RefusedStatement."""
        columns, rows = self._evaluate(query)
        return [
            {
                column.name: values.decoded(cell, is_array=column.type.HasField("array_type"))
                for column, cell in zip(columns, row.cell, strict=True)
            }
            for row in rows
        ]

    def keep(self, view: str, query: Query) -> None:
        """Let later queries read this one's rows as the view."""
        _, rows = self._evaluate(query)
        service = self._analyser.engine.protocol.service
        self._contents[view] = service.TableContent(table_data=service.TableData(row=rows))

    def _evaluate(self, query: Query) -> tuple[list[Any], list[Any]]:
        engine = self._analyser.engine
        parameters = {
            name: (self._analyser.type_of(kind), _encoded(engine.protocol, value, kind))
            for name, value in query.parameters.items()
            for kind in [statements.TYPES_OF_PARAMETERS[name]]
        }
        sql = _PLACE.sub("`", query.sql)  # the reference finds contents by plain names alone
        read = {path[-1] for path in engine.tables_of(sql)} & self._contents.keys()
        contents = {name: self._contents[name] for name in read}
        if place := _STAGED_PLACE.search(sql):
            contents[STAGED_ROWS] = self._staged_at(int(place[1]))
        return engine.evaluate(sql, parameters, self._analyser.catalog, contents)

    def _staged_at(self, place: int) -> Any:
        """Rows of one place alone: a request has at most 4 MiB."""
        columns = [field.to_api_repr() for field in STAGED_SCHEMA]
        rows = [row for row in self._staged if row["place"] == place]
        return values.content(self._analyser.engine.protocol, columns, rows)


def compared(rows: Tables, client: bigquery.Client, analyser: Analyser) -> Comparison:
    """All views, sources of MERGE and reads of the report, cell by cell, in a new dataset."""
    emulated = Emulated(client, "warehouse")
    emulated.fill(rows)
    return compare(rows, emulated, analyser)


def compare(rows: Tables, emulated: Emulated, analyser: Analyser) -> Comparison:
    """The same in a dataset that has the rows."""
    comparison = Comparison()
    reference = Reference(analyser, rows)
    dataset = f"{emulated.client.project}.{emulated.dataset}"
    for query in queries(rows, dataset):
        comparison.queries += 1
        try:
            theirs = reference.ask(query)
        except (NotEvaluable, RefusedStatement) as error:
            comparison.not_evaluable[query.name] = str(error)
            continue
        if query.name in templates():
            reference.keep(query.name, query)
        ours = emulated.ask(query)
        comparison.rows += len(theirs)
        comparison.cells += sum(map(len, theirs))
        comparison.differences += differences(query, ours, theirs)
    return comparison


def queries(rows: Tables, dataset: str) -> Iterator[Query]:
    """Views first, in the order in which they read each other."""
    for name, text in templates().items():
        yield Query(name, Template(text).substitute(dataset=dataset), _grain(description(text)))
    for statement in statements.files():
        name = statement.origin.rpartition("/")[2].removesuffix(".sql")
        arguments = {
            parameter: _argument(parameter, name, rows) for parameter in statement.parameters
        }
        title = f"staged {name}" if "merge_staged" in statement.origin else name
        if name in GRAINS:
            yield Query(name, statement.sql, GRAINS[name], arguments)
        else:
            yield _query(f"source of {title}", source_of(statement.sql), name, arguments)
            for number, write in enumerate(writes_of(statement.sql, name)):
                yield _query(f"write {number} of {title}", write, name, arguments)


def _query(title: str, sql: str, table: str, arguments: Mapping[str, Any]) -> Query:
    used = {key: value for key, value in arguments.items() if f"@{key}" in sql}
    return Query(title, sql, _key(table), used)


def source_of(merge: str) -> str:
    """The query in USING (…) of a MERGE."""
    start = merge.index("USING (") + len("USING (")
    end = re.search(r"\n\) AS source\nON", merge)
    assert end, "a MERGE of ours names its source so"
    return merge[start : end.start()]


_UPDATE = re.compile(r"\nWHEN MATCHED(.*?)THEN UPDATE SET\n(.*?)(?=\nWHEN |\n-- |\Z)", re.DOTALL)
_ASSIGNED = re.compile(r"^  (\w+) = (.*?),?(?=\n  \w+ = |\Z)", re.DOTALL | re.MULTILINE)


def writes_of(merge: str, table: str) -> Iterator[str]:
    """What each UPDATE of a MERGE would write, as a query: neither engine shows it by itself."""
    condition = merge[merge.index(") AS source\nON") + len(") AS source\nON") :]
    condition = condition[: condition.index("\nWHEN ")]
    keys = ", ".join(f"target.{name}" for name in _key(table))
    for matched, assignments in _UPDATE.findall(merge):
        values_written = ",\n".join(
            f"{value} AS {name}" for name, value in _ASSIGNED.findall(assignments)
        )
        yield (
            f"SELECT {keys},\n{values_written}\nFROM {table} AS target INNER JOIN (\n"
            f"{source_of(merge)}\n) AS source ON {condition}\nWHERE TRUE {matched}"
        )


def _argument(parameter: str, table: str, rows: Tables) -> Any:
    if parameter == "video_ids":
        return [row["video_id"] for row in rows["dim_video"]]
    if parameter == "primary_raters":
        return RATERS
    if parameter == "id_days":
        return sorted({row["id_day"] for row in rows["dim_video"]})
    if parameter == "user_buckets":
        return sorted({row["user_bucket"] for row in rows["dim_user"]})
    content = rows.get(table, [])
    if parameter == "rows":
        return json.dumps([*_twins(table, content)], ensure_ascii=False)
    return None  # bounds, which a source does not read


def _staged(rows: Tables) -> Iterator[dict[str, Any]]:
    """The same rows as a rebuild stages them."""
    for table, content in rows.items():
        partition = definitions().get(table, {}).get("partition")
        for number, (row, item) in enumerate(_pairs(table, content)):
            line = {"place": place_of(table), "object": f"metadata/{number}.json"}
            line |= {partition: row[partition]} if partition else {}
            yield line | {"item": json.dumps(item, ensure_ascii=False)}


def _twins(table: str, content: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each row as the loader sends it; every third comes again, later or with another digest."""
    return (item for _, item in _pairs(table, content))


def _pairs(
    table: str, content: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Each row beside what is sent of it."""
    rows = [*content]
    is_listing = definitions().get(table, {}).get("template") == "listing"
    for number, row in enumerate(rows):
        item = _listing(table, row, rows[number - 1], number) if is_listing else row
        yield row, {name: value for name, value in _jsonable(item).items() if value is not None}
        if number % 3 == 0 and "digest" in row:
            yield row, _jsonable(row) | {"digest": f"{row['digest']}~"}


def _listing(
    table: str, row: Mapping[str, Any], other: Mapping[str, Any], number: int
) -> dict[str, Any]:
    """Another row's values as a listing that is as old as the stored row, older or newer."""
    at = row["observed_at"] + timedelta(days=number % 3 - 1)
    known = {name for name, value in other.items() if value not in (None, [])}
    same = {*_key(table), definitions()[table]["partition"]}
    return {
        **other,
        **{name: row[name] for name in same},
        "observed_at": at,
        "is_listed": number % 5 > 0,
        "times": dict.fromkeys(known, sortable(at)),
    }


def _jsonable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in row.items()
    }


def _key(table: str) -> list[str]:
    key: list[str] = definitions()[table]["key"]
    return key


def _grain(text: str) -> list[str]:
    match = re.search(r"Grain: ([\w, ]+)\.", text)
    assert match, text
    return match[1].split(", ")


def _parameter(name: str, kind: str, value: Any) -> Any:
    if kind.startswith("ARRAY<"):
        return bigquery.ArrayQueryParameter(name, kind[len("ARRAY<") : -1], value)
    return bigquery.ScalarQueryParameter(name, kind, value)


def _encoded(protocol: Any, value: Any, kind: str) -> Any:
    inner = kind.removeprefix("ARRAY<").removesuffix(">")
    return values.encoded(protocol, value, inner, repeated=inner != kind)


def differences(
    query: Query, ours: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]]
) -> Iterator[str]:
    mine, reference = _by_key(query, ours), _by_key(query, theirs)
    if len(mine) != len(ours) or len(reference) != len(theirs):
        yield f"{query.name}: rows share a key ({', '.join(query.key)})"
    for key in mine.keys() ^ reference.keys():
        yield f"{query.name} {key}: only {'the emulator' if key in mine else 'Google'} has it"
    for key in mine.keys() & reference.keys():
        yield from _cells(query, key, mine[key], reference[key])


def _cells(query: Query, key: Any, ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    if list(ours) != list(theirs):
        yield f"{query.name}: columns {list(ours)} and {list(theirs)}"
        return
    for name, value in theirs.items():
        if not _equal(ours[name], value):
            yield f"{query.name} {key} {name}: {ours[name]!r}, by Google {value!r}"


def _equal(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return isclose(ours, theirs, rel_tol=CLOSE, abs_tol=CLOSE)
    return type(ours) is type(theirs) and bool(ours == theirs)


def _by_key(query: Query, rows: Sequence[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    return {tuple(row[name] for name in query.key): row for row in rows}
