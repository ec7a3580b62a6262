"""The views over the star schema, one file each.

A view names its tables as `${dataset}.fact_rating`, where `${dataset}` stands for project and
dataset. The comment at its head describes the view, one row of it, and each column. In the cloud,
Terraform creates the views from the same files.
"""

import re
from graphlib import TopologicalSorter
from itertools import takewhile
from pathlib import Path
from string import Template

from shared.warehouse.client import bigquery
from shared.warehouse.gateway import run

VIEWS = Path(__file__).parent / "views"
_REFERENCE = re.compile(r"`\$\{dataset\}\.(\w+)`")


def templates() -> dict[str, str]:
    """The files by the names of their views. A view comes after those that it reads."""
    texts = {path.stem: path.read_text() for path in sorted(VIEWS.glob("*.sql"))}
    reads = {name: set(_REFERENCE.findall(text)) & texts.keys() for name, text in texts.items()}
    return {name: texts[name] for name in TopologicalSorter(reads).static_order()}


def description(template: str) -> str:
    """The description of a view: the comment at its head, up to an empty line."""
    return " ".join(_head(template).partition("\n\n")[0].split())


def column_descriptions(template: str) -> dict[str, str]:
    """The descriptions of its columns: one line each after the empty line."""
    lines = _head(template).partition("\n\n")[2].splitlines()
    return {name: says for name, _, says in (line.partition(": ") for line in lines)}


def _head(template: str) -> str:
    comments = takewhile(lambda line: line.startswith("--"), template.splitlines())
    return "\n".join(line.removeprefix("--").strip() for line in comments)


def create_views(client: bigquery.Client, dataset: str) -> None:
    """Create or replace every view. The tables must exist."""
    path = f"{client.project}.{dataset}"
    for name, text in templates().items():
        query = Template(text).substitute(dataset=path)
        run(client, path, f"CREATE OR REPLACE VIEW `{path}.{name}` AS\n{query}")
