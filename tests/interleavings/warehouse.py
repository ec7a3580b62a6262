"""The tables in memory, and what the product's statements do to them, one step each.

tests/shared/warehouse/test_tables_in_memory.py runs the same batches and erasures here and on the
real statements, and compares all rows: this model judges the product, so something must judge it.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from datetime import date, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import IO, Any

from shared.erasure.rows import WarehouseRows
from shared.inputs.handles import is_pseudonym
from shared.listings import sortable
from shared.model import UNKNOWN_CREATOR, canonical_json
from shared.quality import COUNTS
from shared.warehouse.client import bigquery
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES
from shared.warehouse.staged_rows import place_of
from shared.warehouse.tables import definitions, schema

Row = dict[str, Any]
Table = dict[tuple[Any, ...], Row]
Tables = dict[str, Table]

NAMES = (*SECTION_TABLES, FACT_TABLE)
TIMES = "times"
"""Of a listing: when each value was observed. Not stored."""

_BOOKKEEPING = {"caption_language", "id_day", "user_bucket", "observed_at", "field_times"}

STATUSES = {"rated": 0, "refused": 1, "unratable": 2}


class TablesInMemory:
    """Datasets of these tables. `step` is called before each statement.

    Obeys `bigquery.Client`, as far as Loader, Rows and Shadow ask for it.
    """

    project = "p"

    def __init__(self, step: Callable[[str], None] = lambda what: None):
        self.step = step
        self.datasets: dict[str, Tables] = {}
        self.jobs: set[str] = set()
        self.staged: dict[str, list[dict[str, Any]]] = {}
        self.on_copy: Callable[[str, list[Row]], None] = lambda table, rows: None

    def create(self, dataset: str) -> None:
        self.datasets.setdefault(dataset, {name: {} for name in NAMES})

    def rows(self, dataset: str, table: str) -> list[Row]:
        table_content = self.datasets[dataset][table]
        return [table_content[key] for key in sorted(table_content)]

    def list_tables(self, dataset: str, **bounds: Any) -> list[SimpleNamespace]:
        return [SimpleNamespace(table_id=name, table_type="TABLE") for name in NAMES]

    def get_table(self, path: str, **bounds: Any) -> SimpleNamespace:
        return SimpleNamespace(schema=_fields(path.rpartition(".")[2]))

    # Merging

    def merge(self, dataset: str, table: str, parameters: dict[str, Any]) -> None:
        """What shared/warehouse/merge/{table}.sql does."""
        self.step(f"merge {table}")
        tables = self.datasets[dataset.rpartition(".")[2]]
        if table == FACT_TABLE:
            self._merge_facts(tables, parameters["video_ids"], parameters["primary_raters"])
            return
        for item in json.loads(parameters["rows"]):
            row = _typed(table, item)
            times = row.pop(TIMES, None)
            key = _key(table, row)
            earlier = tables[table].get(key)
            if earlier is None:
                tables[table][key] = row
            elif _definitions()[table].get("template") == "listing":
                tables[table][key] = _listings_together(table, earlier, row, times)
            elif _definitions()[table].get("completes"):
                tables[table][key] = _readings_together(earlier, row)
            elif _order(table, row) > _order(table, earlier):
                tables[table][key] = row

    def _merge_facts(self, tables: Tables, video_ids: list[str], raters: list[str]) -> None:
        for video_id in video_ids:
            video = tables["dim_video"].get((video_id,))
            if video is not None:
                fact = _fact(video, tables, raters)
                tables[FACT_TABLE][video_id,] = fact

    # Swapping

    def copy(self, source: str, target: str, table: str, job_id: str) -> None:
        """A copy job that truncates; BigQuery runs a job id once."""
        self.step(f"copy {table}")
        if job_id not in self.jobs:
            self.jobs.add(job_id)
            self.on_copy(table, list(self.datasets[source][table].values()))
            self.datasets[target][table] = deepcopy(self.datasets[source][table])


class RowsInMemory(WarehouseRows):
    """The product's own WarehouseRows. Only its statements are carried out here."""

    def _query(self, statement: str, **parameters: Any) -> Iterator[Any]:
        self._tables_in_memory.step("ask for rows to erase")
        tables = self._tables_in_memory.datasets[self.dataset]
        if statement.startswith("SELECT user_key, username"):
            yield from _creators(tables, parameters["names"])
        elif statement.startswith("SELECT video_id FROM UNNEST"):
            yield from _unlisted(tables, parameters["video_ids"].split(","))
        elif statement.startswith("SELECT video_id FROM fact_video_analytics"):
            yield from _vanished(tables)
        elif statement.startswith("SELECT video_id FROM dim_video"):
            yield from _videos(tables, **parameters)
        elif _KEYS.search(statement):
            yield from _keys(tables, statement, **parameters)
        elif _TEXTS.search(statement):
            yield from _texts(tables, statement, list(parameters.values()))
        else:
            raise NotImplementedError(statement)

    def _change(self, statement: str, **parameters: Any) -> int:
        self._tables_in_memory.step("change rows to erase")
        tables = self._tables_in_memory.datasets[self.dataset]
        if deletion := _DELETE.match(statement):
            return _delete(tables[deletion[1]], deletion[2], parameters["values"])
        update = _UPDATE.match(statement)
        assert update, statement
        texts = {parameters[f"o{n}"]: parameters[f"n{n}"] for n in range(len(parameters) // 2)}
        return _update(tables[update[1]], update[2], texts)

    @property
    def _tables_in_memory(self) -> TablesInMemory:
        assert isinstance(self.client, TablesInMemory)
        return self.client


class ShadowInMemory:
    """Obeys `shared.warehouse.shadow.Shadow`."""

    def __init__(self, client: TablesInMemory, dataset: str, name: str):
        self._tables, self._dataset, self._name = client, dataset, name

    def create(self) -> None:
        self._tables.step("create shadow")
        self._tables.create(self._name)

    def drop(self) -> None:
        self._tables.step("drop shadow")
        self._tables.datasets.pop(self._name, None)
        self._tables.staged.pop(self._name, None)

    def replace_live(self, table: str, run: str) -> None:
        self._tables.copy(self._name, self._dataset, table, f"rebuild-{run}-{table}")

    def describe_live(self, table: str) -> None:
        self._tables.step(f"describe {table}")


class StagedRowsInMemory:
    """Obeys `shared.warehouse.staged_rows.StagedRows`."""

    def __init__(self, client: TablesInMemory, name: str):
        self._tables, self._name = client, name

    def create(self) -> None:
        self._tables.step("create staged rows")
        self._tables.staged.setdefault(self._name, [])

    def exists(self) -> bool:
        self._tables.step("look for staged rows")
        return self._name in self._tables.staged

    def append(self, lines: IO[bytes]) -> None:
        lines.seek(0)
        rows = [json.loads(line) for line in lines]
        self._tables.step("stage rows")
        self._tables.staged[self._name] += rows

    def partitions(self, table: str) -> list[Any]:
        self._tables.step("list partitions")
        rows = self._rows("dim_video" if table == FACT_TABLE else table)
        key = _definitions()[table].get("partition")
        return sorted({row[key] for row in rows}) if key else []

    def merge(self, table: str, partitions: Sequence[Any], primary_raters: Sequence[str]) -> None:
        rows = self._rows("dim_video" if table == FACT_TABLE else table, partitions)
        items = [json.loads(row["item"]) for row in rows]
        parameters = {
            "rows": json.dumps(items),
            "video_ids": sorted({item.get("video_id") for item in items}),
            "primary_raters": primary_raters,
        }
        self._tables.merge(self._name, table, parameters)

    def objects(self, table: str, partition: Any) -> list[str]:
        self._tables.step("list objects")
        return sorted({row["object"] for row in self._rows(table, [partition])})

    def _rows(self, table: str, partitions: Sequence[Any] | None = None) -> list[dict[str, Any]]:
        key = _definitions()[table].get("partition")
        return [
            row
            for row in self._tables.staged[self._name]
            if row["place"] == place_of(table)
            and (partitions is None or key is None or row[key] in partitions)
        ]


def merge_in_memory(
    client: TablesInMemory,
    dataset: str,
    sql: str,
    what: str,
    parameters: list[Any],
    deadline: object = None,
    maximum_bytes_billed: int = 0,
) -> None:
    """Obeys `shared.warehouse.loader.run_statement`. `what` is the table that is merged into."""
    values = {
        it.name: getattr(it, "values", None) if hasattr(it, "values") else it.value
        for it in parameters
    }
    client.merge(dataset, what, values)


# Rows


@lru_cache
def _definitions() -> dict[str, dict[str, Any]]:
    return definitions()


@lru_cache
def _fields(table: str) -> list[bigquery.SchemaField]:
    return list(map(bigquery.SchemaField.from_api_repr, schema(table)))


@lru_cache
def _columns(table: str) -> tuple[tuple[str, str, bool], ...]:
    return tuple((it["name"], it["type"], it["mode"] == "REPEATED") for it in schema(table))


def _typed(table: str, item: Row) -> Row:
    """An item of the parameter as a row, as JSON_VALUE and CAST read it."""
    row = {
        name: list(item.get(name) or ()) if is_list else _value(item.get(name), kind)
        for name, kind, is_list in _columns(table)
    }
    if _definitions()[table].get("template") == "listing":
        row[TIMES] = item["times"] if item.get("is_listed") else None
    return row


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "DATE":
        return date.fromisoformat(value)
    if kind == "TIMESTAMP":
        return datetime.fromisoformat(value)
    if kind in ("FLOAT", "FLOAT64"):
        return float(value)
    return value if kind in ("INTEGER", "INT64", "BOOLEAN", "BOOL") else str(value)


def _key(table: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _definitions()[table]["key"])


def _order(table: str, row: Row) -> tuple[Any, ...]:
    """Greater replaces; equal does not. A language is never replaced."""
    newest, ties = (_definitions()[table].get(name) for name in ("newest", "ties"))
    return (row[newest], *(row[column] or "" for column in ties)) if newest and ties else ()


def _listings_together(table: str, target: Row, source: Row, theirs: dict[str, str] | None) -> Row:
    """Of each column the newest known value; a pseudonym takes nothing from a name."""
    if hidden := _definitions()[table].get("pseudonym"):
        pseudonymous = [is_pseudonym(row[hidden]) for row in (target, source)]
        if pseudonymous[0] != pseudonymous[1]:
            return source if pseudonymous[1] else target
    if theirs is None:  # it knows its key alone
        return target
    ours = _times(table, target)
    observed_at = max(target["observed_at"], source["observed_at"])
    row = dict(target) | {"observed_at": observed_at}
    follows = {it["name"]: it.get("follows", it["name"]) for it in _definitions()[table]["columns"]}
    for name, leader in follows.items():
        values = [
            " ".join(it[leader]) if isinstance(it[leader], list) else it[leader]
            for it in (target, source)
        ]
        is_newer = theirs.get(leader, "") > ours.get(leader, "")
        is_tie = leader in theirs and theirs[leader] == ours.get(leader)
        if is_newer or (is_tie and values[1] > values[0]):
            row[name] = source[name]
    names = ours.keys() | theirs.keys()
    times = {name: max(ours.get(name, ""), theirs.get(name, "")) for name in names}
    return row | _stored_times(times, observed_at)


def _times(table: str, row: Row) -> dict[str, str]:
    """When each known value of a stored row was observed."""
    observed = sortable(row["observed_at"])
    older = json.loads(row["field_times"] or "{}")
    no_values = {*_BOOKKEEPING, *_definitions()[table]["key"]}
    return {
        name: older.get(name, observed)
        for name, value in row.items()
        if value not in (None, [], UNKNOWN_CREATOR) and name not in no_values
    }


def _stored_times(times: dict[str, str], observed_at: datetime) -> Row:
    observed = sortable(observed_at)
    others = {name: time for name, time in times.items() if time and time != observed}
    return {"field_times": canonical_json(others)}


def _readings_together(target: Row, source: Row) -> Row:
    """Of two counts of one moment the greater, and all flags."""
    row = {
        name: max((it for it in (target[name], source[name]) if it is not None), default=None)
        for name in target
    }
    return row | {"flags": sorted({*target["flags"], *source["flags"]})}


# The fact


def _fact(video: Row, tables: Tables, raters: list[str]) -> Row:
    video_id = video["video_id"]
    readings = [it for it in tables["fact_metrics_snapshot"].values() if it["video_id"] == video_id]
    seen = [it for it in readings if "vanished" not in it["flags"]]
    metrics = max(seen, key=lambda it: (_has_counts(it), it["collected_at"]), default={})
    last = metrics.get("collected_at")
    missed = [it["collected_at"] for it in readings if "vanished" in it["flags"]]
    vanished = min((at for at in missed if last is None or at > last), default=None)
    ratings = [it for it in tables["fact_rating"].values() if it["video_id"] == video_id]
    rating = _primary(ratings, raters)
    rating = rating | _means(rating, ratings)
    language, source = _language(video, rating)
    fact = {name: rating.get(name) for name, _, _ in _columns(FACT_TABLE)}
    fact |= {
        name: video[name] for name in ("video_id", "id_day", "user_key", "created_at", "synthetic")
    }
    duration = video["duration_s"]
    fact["duration_s"] = rating.get("duration_s") if duration is None else duration
    fact |= {name: metrics.get(name) for name in ("collected_at", *COUNTS, "total_watch_s")}
    for name in ("average_watch_s", "completion_rate", "hook_rate_3s"):
        rates = [(it["collected_at"], it[name]) for it in seen if it[name] is not None]
        fact[name] = max(rates)[1] if rates else None
    fact |= {"lang_key": language, "lang_source": source, "vanished_at": vanished}
    fact["metrics_flags"] = list(metrics.get("flags", ()))
    fact |= {f"rating_{name}": rating.get(name) for name in ("status", "reason")}
    fact["rating_flags"] = list(rating.get("flags") or ())
    return fact


def _has_counts(reading: Row) -> bool:
    return any(reading[name] is not None for name in COUNTS)


_CONFIGURATION = ("generation", "rater", "config_hash")


def _means(shown: Row, ratings: list[Row]) -> Row:
    """Means over the rated answers of the configuration shown, their number and their spread."""
    if not shown:
        return {}
    answers = [
        it
        for it in ratings
        if it["status"] == "rated" and all(it[name] == shown[name] for name in _CONFIGURATION)
    ]
    row: Row = {"shown_replicate": shown["replicate"], "replicates": len(answers)}
    for name, kind, _ in _columns(FACT_TABLE):
        dimension = name.removesuffix("_sd")
        if kind == "FLOAT64" and dimension in shown and not name.endswith("_s"):
            values = [it[dimension] for it in answers if it[dimension] is not None]
            row[name] = _deviation(values) if name != dimension else _mean(values)
    return row


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _deviation(values: list[int]) -> float | None:
    n, total = len(values), sum(values)
    squares = sum(value * value for value in values)
    return math.sqrt((n * squares - total * total) / (n * (n - 1))) if n > 1 else None


def _primary(ratings: list[Row], raters: list[str]) -> Row:
    best: tuple[Any, ...] = ()
    chosen: Row = {}
    for rating in ratings:
        for precedence, prefix in [*enumerate(raters), (1000, "none")]:
            is_varied = "+" in rating["rater"]
            if rating["rater"] != prefix if is_varied else not rating["rater"].startswith(prefix):
                continue
            status = STATUSES.get(rating["status"], 3)
            rank = (-precedence, -status, rating["rated_at"], rating["digest"])
            if not best or rank > best:
                best, chosen = rank, rating
    return chosen


def _language(video: Row, rating: Row) -> tuple[str, str]:
    for value, source in (
        (video["language"], "source"),
        (rating.get("language"), "rating"),
        (video["caption_language"], "caption"),
    ):
        if value is not None:
            return value, source
    return "und", "none"


# Erasing

_KEYS = re.compile(r"SELECT '(\w+)' AS place, '(\w+)' AS key")
_TEXTS = re.compile(
    r"SELECT DISTINCT '(\d+)' AS place, whose, text FROM \("
    r"SELECT ([\w']+) AS whose, (\w+) AS text FROM `(\w+)`(?:, UNNEST\((\w+)\) AS word)?\)"
)
_DELETE = re.compile(r"DELETE FROM `(\w+)` WHERE (\w+) IN UNNEST\(@values\)$")
_UPDATE = re.compile(r"UPDATE `(\w+)` AS it SET (\w+) = ")


def _creators(tables: Tables, names: list[str]) -> Iterator[Row]:
    for row in list(tables["dim_user"].values()):
        if {row["user_key"].lower(), (row["username"] or "").lower()} & set(names):
            yield {"user_key": row["user_key"], "username": row["username"]}


def _videos(
    tables: Tables, names: list[str] | None = None, user_keys: list[str] | None = None
) -> Iterator[Row]:
    for row in list(tables["dim_video"].values()):
        is_named = names is not None and row["user_key"].lower() in names
        if is_named or row["user_key"] in (user_keys or ()):
            yield {"video_id": row["video_id"]}


def _vanished(tables: Tables) -> Iterator[Row]:
    rows = list(tables[FACT_TABLE].values())
    yield from ({"video_id": row["video_id"]} for row in rows if row["vanished_at"])


def _unlisted(tables: Tables, video_ids: list[str]) -> Iterator[Row]:
    rows = list(tables["dim_video"].values())
    listed = {row["video_id"] for row in rows if row["observed_at"].timestamp() > 0}
    yield from ({"video_id": video_id} for video_id in video_ids if video_id not in listed)


def _keys(
    tables: Tables,
    statement: str,
    names: list[str] | None = None,
    video_ids: list[str] | None = None,
) -> list[Row]:
    return [
        {"place": table, "key": column, "value": value}
        for table, column in _KEYS.findall(statement)
        for value in dict.fromkeys(row[column] for row in tables[table].values())
        if value is not None
        and (names is None or value.lower() in names)
        and (video_ids is None or value in video_ids)
    ]


def _texts(tables: Tables, statement: str, patterns: list[str]) -> list[Row]:
    answer: list[Row] = []
    for number, key, column, table, repeated in _TEXTS.findall(statement):
        texts = (
            (row.get(key, ""), text)
            for row in tables[table].values()
            for text in (row[repeated] if repeated else [row[column]])
            if text is not None
        )
        answer += [
            {"place": number, "whose": whose, "text": text}
            for whose, text in dict.fromkeys(texts)
            if any(re.search(pattern, text) for pattern in patterns)
        ]
    return answer


def _delete(table: Table, column: str, values: list[str]) -> int:
    keys = [key for key, row in table.items() if row[column] in values]
    for key in keys:
        del table[key]
    return len(keys)


def _update(table: Table, column: str, texts: dict[str, str]) -> int:
    count = 0
    for row in table.values():
        value = row[column]
        if isinstance(value, list):
            changed: Any = [texts.get(word, word) for word in value]
        else:
            changed = texts.get(value, value)
        if changed != value:
            row[column] = changed
            count += 1
    return count
