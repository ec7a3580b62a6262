"""Checks of a machine or a project: a result each, with advice on what to do."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from cli.console import Screen
from cli.errors import UserError
from shared.rating.budget import PRICE_TABLE
from shared.rating.gemini.models import Platform, served_models
from shared.rating.gemini.prices import has_price


@dataclass(frozen=True, slots=True)
class Check:
    """One result. `ok` is None when nobody can tell; `todo` is the advice when it is not True."""

    name: str
    ok: bool | None
    detail: str
    todo: str

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"todo": "" if self.ok else self.todo}


WORDS = {True: "ok ", False: "NO ", None: "?  "}


def show_checks(checks: list[Check], screen: Screen) -> None:
    """Print a line per check, and the advice. Raises UserError when a check failed."""
    if screen.machine:
        screen.show_json([check.document() for check in checks])
    for check in checks:
        screen.show(f"{WORDS[check.ok]} {check.name}: {check.detail}")
        if not check.ok and check.todo:
            screen.show(f"    {check.todo}")
    if missing := [check.name for check in checks if check.ok is False]:
        raise UserError(f"Not ready: {', '.join(missing)}.")


class CheckFailed(Exception):
    """Something is missing. `todo` is advice for this case, where there is any."""

    def __init__(self, detail: str, todo: str = ""):
        super().__init__(detail)
        self.todo = todo


class CheckNotice(CheckFailed):
    """Something that a person should know, but that stops nothing."""


def check_model_served(model: str, platform: Platform, on: date) -> str:
    """Say how long a model is served.

    Raises CheckFailed once it is retired, and CheckNotice in the 60 days before.
    """
    outlook = served_models().outlook(model, platform, on)
    if outlook.state == "served":
        return outlook.sentence
    kind = CheckFailed if outlook.state == "retired" else CheckNotice
    raise kind(outlook.sentence, outlook.todo)


def check_models(models: Iterable[str], platform: Platform, on: date) -> str:
    """Say of each model how long it is served.

    Raises CheckFailed for a retired one, and CheckNotice for one that ends or has no price.
    """
    sentences, notices = [], []
    for model in models:
        try:
            sentences.append(check_model_served(model, platform, on))
        except CheckNotice as notice:
            notices.append(notice)
        if not has_price(model, on):
            todo = f"Add {model} to {PRICE_TABLE}: a budget in money refuses a model without one."
            notices.append(CheckNotice(f"{model} has no price on {on}", todo))
    if notices:
        raise CheckNotice("; ".join(map(str, notices)), " ".join(each.todo for each in notices))
    return "; ".join(sentences)
