"""See whether a project can take a deployment."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.options import Json, Target


class What(StrEnum):
    check = "check"


def deploy(
    what: Annotated[What, typer.Argument(help="check: ask Google before Terraform does.")],
    project: Annotated[
        str | None,
        typer.Option(metavar="ID", envvar="GOOGLE_CLOUD_PROJECT", help="Project to deploy to."),
    ] = None,
    region: Annotated[str, typer.Option(help="Where functions run.")] = "europe-west1",
    model: Annotated[
        str | None,
        typer.Option(show_default="the deployment's, else Terraform's", help="Model that rates."),
    ] = None,
    location: Annotated[
        str | None,
        typer.Option(show_default="the deployment's, else global", help="Where it is asked."),
    ] = None,
    target: Target = "local",
    json: Json = False,
) -> None:
    """Check what a deployment needs: project, billing, your roles, APIs, quota, the model.

    Reads only, as the person who is logged in, and costs nothing. Before `terraform apply` say
    which project; after it, `--target NAME` checks that deployment. Exit status 1 when something
    is missing.

    Example: tta deploy check --project my-project
    """
    from cli.console import Screen
    from cli.verbs.deploy.google_apis import Google
    from cli.verbs.deploy.project import Place, run_checks
    from cli.verbs.doctor.checks import tell

    screen = Screen(machine=json)
    place = Place.of(target, project, region, model, location)
    with screen.working(f"Asking Google about {place.project} …"):
        found = run_checks(place, Google.logged_in(place.project))
    tell(found, screen)
    if place.is_deployed:
        screen.say(f"Ready. `tta smoke --target {target}` sends a clip through.")
    else:
        screen.say(f"Ready: terraform apply -var project_id={place.project}")
