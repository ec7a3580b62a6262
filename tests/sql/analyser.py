"""Google's verdict on statements over our tables and views."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.sql.catalog import Catalog, data_type
from tests.sql.engine import Engine, RefusedStatement
from tests.sql.statements import Statement


@dataclass(frozen=True)
class Refusal:
    """A statement that would fail in BigQuery."""

    statement: Statement
    reason: str

    def __str__(self) -> str:
        return f"{self.statement.origin}: {self.reason}\n{_beginning(self.statement.sql)}"


def _beginning(sql: str, width: int = 300) -> str:
    text = " ".join(sql.split())
    return f"    {text[:width]}{' …' if len(text) > width else ''}"


class Analyser:
    """The engine with a catalog; views are added as they are judged."""

    def __init__(self, engine: Engine, schemas: Mapping[str, Any] | None = None):
        self.engine = engine
        self.catalog = Catalog.of_schemas(engine.protocol, schemas)

    def analyse(self, statement: Statement) -> Any:
        """The resolved statement. Raises RefusedStatement."""
        kinds = {name: self.type_of(text) for name, text in statement.parameters.items()}
        return self.engine.analyse(statement.sql, kinds, self.catalog)

    def add_views(self, views: Mapping[str, Statement]) -> list[Refusal]:
        """Judge views in their order and let later statements read them; returns refusals."""
        refusals = []
        for name, statement in views.items():
            try:
                query = self.analyse(statement).resolved_query_stmt_node
            except RefusedStatement as error:
                refusals.append(Refusal(statement, str(error)))
                continue
            columns = [(column.name, column.column.type) for column in query.output_column_list]
            self.catalog.tables[name] = columns
        return refusals

    def refusals(self, statements: Iterable[Statement]) -> list[Refusal]:
        """Those that Google refuses and the local BigQuery did not refuse by itself.

        What both refuse never worked: tests send such statements to see that an error arrives.
        The catalog has no tables that only a test made, and no older columns.
        """
        refusals = []
        for statement in statements:
            try:
                self.analyse(statement)
            except RefusedStatement as error:
                if statement.accepted is not False and not _is_of_tests(statement, str(error)):
                    refusals.append(Refusal(statement, str(error)))
        return refusals

    def type_of(self, text: str) -> Any:
        """The engine's type for one that SQL writes so."""
        inner = text.removeprefix("ARRAY<").removesuffix(">")
        return data_type(self.engine.protocol, inner, repeated=inner != text)


NOT_IN_CATALOG = ("Table not found", "Column ", "Unrecognized name", "Name ")
"""How the analyser begins what it says of a table or a column that it does not know."""


def _is_of_tests(statement: Statement, reason: str) -> bool:
    """Sent by a test itself, about older tables or its own; or refused here on purpose."""
    if statement.origin.startswith("tests/sql/"):
        return True
    return statement.origin.startswith("tests/") and reason.startswith(NOT_IN_CATALOG)
