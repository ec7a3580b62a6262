"""The deployment that `tta doctor --project` is about."""

import re
from dataclasses import dataclass
from typing import Self

from cli.errors import WRONG_USE, UserError
from cli.target import target as target_named
from local.endpoints import LOCAL
from shared.config import GeminiSettings

_ID = re.compile(r"[a-z0-9][a-z0-9.:-]{2,61}[a-z0-9]")
"""A project's id; old ones begin with a domain, as example.com:my-project."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment that exists, or a project for a new one."""

    project: str
    region: str
    model: str
    location: str
    is_deployed: bool = False
    bucket: str = ""
    dataset: str = ""
    named_models: tuple[str, ...] = ()
    """The models that entries of RATERS set."""

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that is asked, the deployment's own first."""
        return tuple(dict.fromkeys((self.model, *self.named_models)))

    @classmethod
    def of(
        cls,
        target: str,
        project: str | None,
        region: str,
        model: str | None,
        location: str | None,
    ) -> Self:
        """Values from the command line, else from tta.toml, else Terraform's defaults."""
        bucket = dataset = ""
        named_models: tuple[str, ...] = ()
        gemini = {name: GeminiSettings.model_fields[name].default for name in ("model", "location")}
        if target != LOCAL:
            deployed = target_named(target)
            project, gemini = deployed.project, gemini | deployed.gemini
            bucket, dataset = deployed.bucket, deployed.dataset
            named_models = tuple(rater["model"] for rater in deployed.raters if "model" in rater)
        if not project:
            raise UserError("Name the project: --project ID, or --target NAME.", WRONG_USE)
        if not _ID.fullmatch(project):
            raise UserError(
                f"--project {project}: an id has small letters, digits and hyphens; "
                "`gcloud projects list` shows yours.",
                WRONG_USE,
            )
        served = (model or gemini["model"], location or gemini["location"])
        return cls(project, region, *served, target != LOCAL, bucket, dataset, named_models)
