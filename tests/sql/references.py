"""The columns that each MERGE reads, and what bounds them, as Google's analyser resolves it.

The cost model in `benchmarks/warehouse_cost` needs them where the analyser is not installed, too.
`python -m tests.sql.references` stores them as JSON. A test compares the file with the analyser.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.warehouse_cost.references import STORED, sql_digest
from shared.warehouse.statements import MERGE_FILES
from tests.sql import install, statements
from tests.sql.analyser import Analyser
from tests.sql.engine import running

FOLDER = f"{MERGE_FILES.relative_to(install.ROOT)}/"
INSERT, WRITE_ONLY = 0, 2
"""ResolvedMergeWhenEnums.ActionType and ResolvedStatementEnums.ObjectAccess of ZetaSQL."""


def references(analyser: Analyser) -> dict[str, Any]:
    """What each MERGE reads, by the name of its file."""
    return {
        statement.origin.removeprefix(FOLDER).removesuffix(".sql"): answer(statement, analyser)
        for statement in statements.files()
        if statement.origin.startswith(FOLDER)
    }


def answer(statement: statements.Statement, analyser: Analyser) -> dict[str, Any]:
    """The stored form of one MERGE: its target, whether it may change rows, and its scans."""
    merge = analyser.analyse(statement).resolved_merge_stmt_node
    live, bounds = _live_columns(merge), _bounds(merge)
    live -= {
        column.column_id
        for column, access in zip(
            merge.table_scan.parent.column_list, merge.column_access_list, strict=True
        )
        if access == WRITE_ONLY
    }
    return {
        "sql": sql_digest(statement.sql),
        "target": merge.table_scan.table.name,
        "updates": any(clause.action_type != INSERT for clause in merge.when_clause_list),
        "scans": [_scan(scan, live, bounds) for scan in _nodes(merge, "ResolvedTableScanProto")],
    }


def _scan(scan: Any, live: set[int], bounds: dict[int, str]) -> dict[str, Any]:
    names = {column.column_id: column.name for column in scan.parent.column_list}
    return {
        "table": scan.table.name,
        "columns": sorted(name for key, name in names.items() if key in live),
        "bounds": {name: bounds[key] for key, name in names.items() if key in bounds},
    }


def _live_columns(merge: Any) -> set[int]:
    """Ids of the columns that an expression uses, also through the name of a WITH query.

    The analyser's own pruning keeps all columns of a WITH query. BigQuery reads the used ones.
    """
    live = {node.column.column_id for node in _nodes(merge, "ResolvedColumnRefProto")}
    for item in _nodes(merge, "ResolvedSetOperationItemProto"):
        live |= {column.column_id for column in item.output_column_list}
    queries = {
        entry.with_query_name: _column_ids(entry.with_subquery)
        for entry in _nodes(merge, "ResolvedWithEntryProto")
    }
    uses = [
        (column.column_id, inner)
        for node in _nodes(merge, "ResolvedWithRefScanProto")
        for column, inner in zip(
            node.parent.column_list, queries[node.with_query_name], strict=True
        )
    ]
    while new := {inner for outer, inner in uses if outer in live} - live:
        live |= new
    return live


def _column_ids(scan: Any) -> list[int]:
    """The ids of the columns that a scan of any kind gives, in their order."""
    while "column_list" not in scan.DESCRIPTOR.fields_by_name:
        is_derived = "parent" in scan.DESCRIPTOR.fields_by_name
        scan = scan.parent if is_derived else scan.ListFields()[0][1]
    return [column.column_id for column in scan.column_list]


def _bounds(merge: Any) -> dict[int, str]:
    """By the id of a column: the parameter in `column IN UNNEST(@parameter)` that must be true.

    A filter or the condition of the MERGE must be true for each row that counts. The condition of
    an outer join need not.
    """
    conditions = [node.filter_expr for node in _nodes(merge, "ResolvedFilterScanProto")]
    conjuncts = [part for each in [merge.merge_expr, *conditions] for part in _conjuncts(each)]
    return dict(filter(None, map(_bound, conjuncts)))


def _conjuncts(expression: Any) -> Iterator[Any]:
    call = _call(expression)
    if call is not None and call.function.name == "ZetaSQL:$and":
        for argument in call.argument_list:
            yield from _conjuncts(argument)
    elif call is not None:
        yield call


def _bound(call: Any) -> tuple[int, str] | None:
    if call.function.name != "ZetaSQL:$in_array":
        return None
    column, array = call.argument_list
    if not column.HasField("resolved_column_ref_node") or not array.HasField(
        "resolved_parameter_node"
    ):
        return None
    return (
        column.resolved_column_ref_node.column.column_id,
        array.resolved_parameter_node.name,
    )


def _call(expression: Any) -> Any:
    """The function call that an expression is, if it is one."""
    if not expression.HasField("resolved_function_call_base_node"):
        return None
    base = expression.resolved_function_call_base_node
    _, call = base.ListFields()[0]
    return call.parent


def _nodes(message: Any, kind: str) -> Iterator[Any]:
    """Every message of a type inside another, in the order of the text."""
    if message.DESCRIPTOR.name == kind:
        yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for inner in value if hasattr(value, "__len__") else [value]:
                yield from _nodes(inner, kind)


def written(answers: dict[str, Any]) -> str:
    return json.dumps(answers, indent=1) + "\n"


def main() -> int:
    """Exit status 1 where the analyser is required and cannot be installed."""
    try:
        install.install()
    except install.Unavailable as reason:
        sys.stderr.write(f"SKIPPED: {reason}\n")
        return int(install.is_required())
    with running() as engine:
        STORED.write_text(written(references(Analyser(engine))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
