"""Write everything that follows from the rubric and the table definitions.

`python -m scripts.generate` writes; with `--check` it names the files that have drifted and fails.
"""

import itertools
import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import jinja2
import yaml

from scripts.merged_tables import UNITS, merged_table
from scripts.rubric_file import BadRubric, asked_fields, parse_rubric
from scripts.wording_file import parse_wording, wording_files

ROOT = Path(__file__).parent.parent
RUBRIC = ROOT / "shared/rating/rubric.yaml"
WORDINGS = RUBRIC.parent / "wordings"
TABLES = ROOT / "shared/warehouse/tables.yaml"

_PYTHON_TYPES = {
    "score": "Score",
    "probability": "Probability",
    "seconds": "Seconds",
    "language": "Language",
    "text": "Sentence",
    "integer": "Integer",
    "number": "float",
    "boolean": "bool",
}
# No bounds: Gemini compiles a schema into an automaton, and refuses one with "too many states for
# serving", whose causes are bounded numbers and long arrays. reading.py holds every bound.
_JSON_SCHEMA_TYPES: dict[str, dict[str, Any]] = {
    "score": {"type": "INTEGER"},
    "probability": {"type": "NUMBER"},
    "seconds": {"type": "NUMBER"},
    "boolean": {"type": "BOOLEAN"},
    "language": {"type": "STRING"},
    "text": {"type": "STRING"},
}
_MOMENT = {
    "type": "OBJECT",
    "properties": {"at_s": {"type": "NUMBER"}, "what": {"type": "STRING"}},
    "required": ["at_s", "what"],
    "propertyOrdering": ["at_s", "what"],
}

_SCRIPTS = ("Arab", "Cyrl", "Deva", "Hans", "Hant", "Hebr", "Jpan", "Kore", "Latn", "Thai")

GeneratedFiles = Iterator[tuple[str, str]]


def main() -> int:
    check = "--check" in sys.argv[1:]
    drifted = _changed(_files(), check)
    # docs/schema follows from the models, which import the rubric_values.py written just now.
    drifted += _changed(_model_schemas(), check)
    for path in drifted:
        sys.stdout.write(f"{path} {'has drifted: run make generate' if check else 'written'}\n")
    return 1 if check and drifted else 0


def _changed(files: GeneratedFiles, check: bool) -> list[str]:
    """Paths whose text differs. Each is written, except with `check`."""
    changed = []
    for name, text in files:
        path = ROOT / name
        if path.exists() and path.read_text() == text:
            continue
        changed.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return changed


def _files() -> GeneratedFiles:
    rubric = parse_rubric(RUBRIC.read_bytes())
    tables = [
        merged_table(name, definition, rubric)
        for name, definition in yaml.safe_load(TABLES.read_text()).items()
    ]
    yield from _rating_files(rubric)
    for number, table in enumerate(tables):
        yield from _warehouse_files(table, number, rubric)
    yield "shared/warehouse/language_names.json", _json(_language_names())
    yield "docs/reference/data-dictionary.md", _data_dictionary(tables, rubric)


def _template(path: str) -> jinja2.Template:
    environment = jinja2.Environment(  # nosec B701 # nothing here reaches a browser
        loader=jinja2.FileSystemLoader(ROOT / "shared"),
        undefined=jinja2.ChainableUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # SQL, Python and plain text
    )
    return environment.get_template(path)


def _rating_files(rubric: dict[str, Any]) -> GeneratedFiles:
    values = _template("rating/templates/values.py.j2").render(rubric=rubric, types=_PYTHON_TYPES)
    yield "shared/rubric_values.py", _formatted(values)
    yield from _question_files(rubric, "shared/rating")
    for file in wording_files(WORDINGS):
        reworded = parse_wording(file.read_bytes(), f"wordings/{file.name}", rubric)
        yield from _question_files(reworded, f"shared/rating/wordings/{file.stem}")


def _question_files(rubric: dict[str, Any], folder: str) -> GeneratedFiles:
    """Prompt and response schema in the words of the rubric, or of a paraphrase."""
    prompt = _template("rating/templates/prompt.txt.j2").render(
        instructions=[textwrap.fill(it, 100) for it in rubric["instructions"]],
        fields=asked_fields(rubric),
    )
    yield f"{folder}/prompt.txt", prompt
    yield f"{folder}/response_schema.json", _json(_response_schema(rubric))


def _formatted(python: str) -> str:
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "values.py", "-"]
    return subprocess.run(ruff, input=python, text=True, check=True, capture_output=True).stdout


def _response_schema(rubric: dict[str, Any]) -> dict[str, Any]:
    """Gemini's subset of OpenAPI 3.0 (types in upper case, `nullable`, `propertyOrdering`).

    Ranges stand in the descriptions, for the model to read.
    """
    properties = {field["name"]: _property(field) for field in asked_fields(rubric)}
    return {
        "type": "OBJECT",
        "properties": properties,
        "required": list(properties),
        "propertyOrdering": list(properties),
    }


def _property(field: dict[str, Any]) -> dict[str, Any]:
    """The schema of one field. Evidence is a list, which is empty rather than null."""
    if field["type"] == "moments":
        return {"type": "ARRAY", "items": _MOMENT, "description": field["title"]}
    described = field["title"] + UNITS.get(field["type"], "")
    return _JSON_SCHEMA_TYPES[field["type"]] | {"nullable": True, "description": described}


def _warehouse_files(table: dict[str, Any], number: int, rubric: dict[str, Any]) -> GeneratedFiles:
    """Schema and MERGE of a table; `number` tells its rows among those that a rebuild stages."""
    name = table["name"]
    schema = [
        {
            "name": column["name"],
            "type": column["type"],
            "mode": column.get("mode", "NULLABLE"),
            "description": column["description"],
        }
        for column in table["columns"]
    ]
    yield f"shared/warehouse/schema/{name}.json", _json(schema)
    own = ROOT / f"shared/warehouse/templates/{table.get('template', name)}.sql.j2"
    template = own.name if own.exists() else "section.sql.j2"
    rated = [field["name"] for part in ("dimensions", "derived") for field in rubric[part]]
    statement = _template(f"warehouse/templates/{template}")
    yield f"shared/warehouse/merge/{name}.sql", statement.render(table=table, rated_columns=rated)
    if table.get("template") != "insight":  # a report's rows are in no lake
        staged = statement.render(table=table, rated_columns=rated, place=number)
        yield f"shared/warehouse/merge_staged/{name}.sql", staged


def _language_names() -> dict[str, dict[str, str]]:
    """English names (CLDR) of the languages, scripts and regions of two-letter codes and more."""
    from langcodes import Language
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    pairs = ["".join(letters) for letters in itertools.product(ascii_lowercase, repeat=2)]
    spoken = {*pairs, *LanguageIdentifier.from_model_file(MODEL_FILE).nb_classes, "und", "fil"}
    languages = {code: Language.get(code).language_name("en") for code in sorted(spoken)}
    territories = {
        code: Language.get(f"und-{code}").territory_name("en")
        for code in ["419", *(pair.upper() for pair in pairs)]
    }
    scripts = {code: Language.get(f"und-{code}").script_name("en") for code in _SCRIPTS}
    return {
        "languages": _without_unknown(languages),
        "scripts": _without_unknown(scripts),
        "regions": _without_unknown(territories),
    }


def _without_unknown(names: dict[str, str]) -> dict[str, str]:
    return {code: name for code, name in names.items() if not name.startswith("Unknown ")} | (
        {"und": "Undetermined"} if "und" in names else {}
    )


def _data_dictionary(tables: list[dict[str, Any]], rubric: dict[str, Any]) -> str:
    from shared.warehouse.views import column_descriptions, description, templates

    views = [
        {"name": name, "description": description(text), "columns": column_descriptions(text)}
        for name, text in templates().items()
    ]
    return _template("warehouse/templates/data-dictionary.md.j2").render(
        tables=tables, views=views, rubric=rubric
    )


def _model_schemas() -> GeneratedFiles:
    from shared.model import SCHEMA_VERSION, Record
    from shared.rating_section import Rating

    yield f"docs/schema/record.v{SCHEMA_VERSION}.json", _json(Record.model_json_schema())
    yield f"docs/schema/rating.v{SCHEMA_VERSION}.json", _json(Rating.model_json_schema())


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except BadRubric as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
