"""Check whether a project is ready for a deployment."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.options import Json, Target


class What(StrEnum):
    check = "check"


def deploy(
    what: Annotated[What, typer.Argument(help="check is the only action.")],
    project: Annotated[
        str | None,
        typer.Option(
            metavar="ID", envvar="GOOGLE_CLOUD_PROJECT", help="Project of the deployment."
        ),
    ] = None,
    region: Annotated[str, typer.Option(help="Region of the functions.")] = "europe-west1",
    model: Annotated[
        str | None,
        typer.Option(show_default="the deployment's, else Terraform's", help="Gemini model."),
    ] = None,
    location: Annotated[
        str | None,
        typer.Option(show_default="the deployment's, else global", help="Location of the model."),
    ] = None,
    target: Target = "local",
    json: Json = False,
) -> None:
    """Check project, billing, roles, APIs, quota and model.

    It only reads, with your own login, and costs nothing. Use --project before `terraform apply`,
    and --target NAME after it. The exit status is 1 when something is missing.

    Example: tta deploy check --project my-project
    """
    from cli.checks import show_checks
    from cli.console import Screen
    from cli.verbs.deploy.checks import run_checks
    from cli.verbs.deploy.deployment import Deployment
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
