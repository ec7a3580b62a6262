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
    from cli.checks import show_checks
    from cli.console import Screen
    from cli.verbs.deploy.checks import Deployment, run_checks
    from cli.verbs.deploy.google_apis import GoogleApis

    screen = Screen(machine=json)
    deployment = Deployment.of(target, project, region, model, location)
    with screen.working(f"Asking Google about {deployment.project} …"):
        checks = run_checks(deployment, GoogleApis.logged_in(deployment.project))
    show_checks(checks, screen)
    if deployment.is_deployed:
        screen.say(f"Ready. `tta smoke --target {target}` sends a clip through.")
    else:
        screen.say(f"Ready: terraform apply -var project_id={deployment.project}")
