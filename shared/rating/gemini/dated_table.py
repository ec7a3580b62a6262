"""Tables of prices and dates: TOML files beside this module, each with a date and a source."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import Misconfigured

Table = TypeVar("Table", bound=BaseModel)


def load_table(kind: type[Table], path: Path) -> Table:
    """Read a table. Raises Misconfigured saying what is wrong and where."""
    try:
        return kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "as a whole"
        raise Misconfigured(f"{path.name}, {where}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path.name} cannot be read: {error}") from error
