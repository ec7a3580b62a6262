"""Deployed clouds, by their names in `tta.toml`.

[targets.prod]
project = "my-project"
lake_bucket = "my-project-lake"
region = "europe-west1"              # where long work runs
dataset = "tiktok"                   # these four may be left out
uploads_topic = "video-finalized"
records_topic = "video-records"
freshness_s = 300                    # how long records may wait until they are loaded

[targets.prod.gemini]                # settings of analyze-gemini there, where they differ
model = "gemini-3.5-flash-lite"

[[targets.prod.raters]]              # its named raters (RATERS)
name = "flash"
model = "gemini-3.6-flash"
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cli.errors import WRONG_USE, UserError
from local.endpoints import DATASET, RECORDS, UPLOADED, Endpoints
from local.home import PROJECT, is_installed, user_folder
from shared.config import GeminiSettings
from shared.named_raters import NamedRaters

FILE = "tta.toml"
NAMED_BY = "TTA_CONFIG"
_SECRET = "api_key"  # nosec B105 # a field's name

Project = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.:-]{2,61}[a-z0-9]$")]
Bucket = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$")]
Dataset = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,1024}$")]
Region = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)+[0-9]+$")]
Topic = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$")]


class TargetSettings(BaseModel):
    """One table of `[targets]`. An unknown field is refused, because it may be a typing error."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    project: Project
    lake_bucket: Bucket
    region: Region | None = None
    dataset: Dataset = DATASET
    uploads_topic: Topic = UPLOADED
    records_topic: Topic = RECORDS
    freshness_s: Annotated[int, Field(ge=0, le=3_600)] = 300
    gemini: dict[str, Any] = {}
    raters: NamedRaters = ()

    @field_validator("gemini")
    @classmethod
    def _has_known_fields(cls, gemini: dict[str, Any]) -> dict[str, Any]:
        if _SECRET in gemini:
            raise ValueError("do not put a key into a file; a target in the cloud needs none")
        if unknown := sorted(gemini.keys() - GeminiSettings.model_fields.keys()):
            names = ", ".join(field for field in GeminiSettings.model_fields if field != _SECRET)
            raise ValueError(f"there is no field {unknown[0]}; there are: {names}")
        for name, value in gemini.items():
            # In the environment every setting is text; in TOML a number is a number.
            is_text = isinstance(GeminiSettings.model_fields[name].default, str)
            if isinstance(value, bool) or isinstance(value, str) != is_text:
                raise ValueError(f"{name} must be a {'text' if is_text else 'number'}")
        return gemini

    @classmethod
    def of(cls, table: object) -> Self:
        """Read one table. Raises ValidationError."""
        settings = cls.model_validate(table)
        return settings.model_copy(update={"gemini": _asking(settings.gemini)})

    def endpoints(self, name: str) -> Endpoints:
        return Endpoints(
            home="",
            pid=0,
            key="",
            project=self.project,
            bucket=self.lake_bucket,
            dataset=self.dataset,
            uploads_topic=self.uploads_topic,
            records_topic=self.records_topic,
            gemini=self.gemini,
            raters=[rater.document() for rater in self.raters],
            target=name,
            region=self.region or "",
            freshness_s=self.freshness_s,
        )


def _asking(gemini: dict[str, Any]) -> dict[str, Any]:
    """All settings: those given and defaults. The environment of this shell has no effect."""
    defaults = {
        name: field.default
        for name, field in GeminiSettings.model_fields.items()
        if name != _SECRET
    }
    settings = GeminiSettings.model_validate({_SECRET: ""} | defaults | gemini)
    return settings.model_dump(exclude={_SECRET})


def target(name: str, folder: Path | None = None) -> Endpoints:
    """The cloud of that name. Raises UserError with file, target and field.

    The file is the one in TTA_CONFIG, else `tta.toml` in the folder (by default the working
    directory), else the one in the clone of the project or, installed, in the user's data folder.
    """
    file = _file(name, folder or Path.cwd())
    targets = _targets(file)
    if name not in targets:
        names = f"It has: {', '.join(sorted(targets))}." if targets else "It has none."
        raise UserError(f"--target {name}: {file} has no [targets.{name}]. {names}", WRONG_USE)
    try:
        return TargetSettings.of(targets[name]).endpoints(name)
    except ValidationError as error:
        raise UserError(_wrong(file, name, error)) from error


def _file(name: str, folder: Path) -> Path:
    if configured := os.environ.get(NAMED_BY):
        if not Path(configured).is_file():
            raise UserError(f"{NAMED_BY}: there is no file {configured}.")
        return Path(configured)
    for directory in (folder, user_folder() if is_installed() else PROJECT):
        if (directory / FILE).is_file():
            return directory / FILE
    raise UserError(
        f"--target {name}: there is no {FILE} here. Write it in the clone that you deployed from: "
        f"terraform -chdir=terraform output -raw tta_toml >> {FILE}",
        WRONG_USE,
    )


def _targets(file: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: {error}.") from error
    if unknown := sorted(content.keys() - {"targets"}):
        raise UserError(f"{file}: {unknown[0]} is unknown; a target is a table [targets.NAME].")
    targets = content.get("targets", {})
    if not isinstance(targets, dict):
        raise UserError(f"{file}: targets is not a table; a target is a table [targets.NAME].")
    return targets


def _wrong(file: Path, name: str, error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        where = ".".join(map(str, problem["loc"]))
        if error.title == GeminiSettings.__name__:
            where = f"gemini.{where}" if where else "gemini"
        why = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            why = f"there is no such field; there are: {', '.join(TargetSettings.model_fields)}"
        elif problem["type"] == "missing":
            why = "is missing"
        lines.append(f"{file}, [targets.{name}]{f', {where}' if where else ''}: {_ended(why)}")
    return "\n".join(lines)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(".") else f"{sentence}."
