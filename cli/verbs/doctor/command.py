"""Check this machine, a project in the cloud, or a whole deployment."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Demo, Home, Json, Target, chosen_home

if TYPE_CHECKING:
    from cli.console import Screen

REGION = "europe-west1"
TIMEOUT_S = 300.0


def doctor(
    project: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Check whether this Google Cloud project is ready for a deployment."
        ),
    ] = None,
    clip: Annotated[
        bool,
        typer.Option(
            "--clip",
            help="Send a generated clip through the whole pipeline, then remove every trace of it.",
        ),
    ] = False,
    region: Annotated[
        str | None,
        typer.Option(help="With --project: region of the functions.", show_default=REGION),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="With --project or --target: Gemini model.",
            show_default="the deployment's, else Terraform's",
        ),
    ] = None,
    location: Annotated[
        str | None,
        typer.Option(
            help="With --project or --target: location of the model.",
            show_default="the deployment's, else global",
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            help="With --clip: longest wait in seconds, for ratings and again for rows. Rows also "
            "get the target's freshness_s.",
            show_default=f"{TIMEOUT_S:g}",
        ),
    ] = None,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Check this machine, a project, or a deployment.

    Without options it checks this machine. With --project ID it checks billing, roles, APIs, quota
    and model before `terraform apply`; with --target NAME, after it. It only reads, with your own
    login, and costs nothing. --clip tests whether videos come through: where Gemini rates uploads,
    you pay for three seconds. Each line that is not ok says how to mend it; the exit status is
    then 1.

    Example: tta doctor --project my-project
    """
    from cli.console import Screen

    _refuse_strays(
        clip,
        {"--project": project, "--region": region, "--model": model, "--location": location},
        timeout,
    )
    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    if clip:
        _send_clip(screen, timeout or TIMEOUT_S, target, home)
    elif target == "local" and project is None:
        _refuse_without_project({"--region": region, "--model": model, "--location": location})
        _check_machine(screen, home)
    else:
        _check_project(screen, target, project, region or REGION, model, location)


def _refuse_strays(clip: bool, of_projects: dict[str, str | None], timeout: float | None) -> None:
    from cli.errors import WRONG_USE, UserError

    strays = [option for option, value in of_projects.items() if value is not None]
    if clip and strays:
        raise UserError(
            f"--clip and {strays[0]}: --clip tests a deployment; name it with --target.", WRONG_USE
        )
    if timeout is not None and not clip:
        raise UserError("--timeout belongs to --clip: add --clip.", WRONG_USE)


def _refuse_without_project(of_projects: dict[str, str | None]) -> None:
    from cli.errors import WRONG_USE, UserError

    for option, value in of_projects.items():
        if value is not None:
            raise UserError(f"{option}: name the project, too: --project ID.", WRONG_USE)


def _check_machine(screen: "Screen", home: Path | None) -> None:
    from cli.checks import show_checks
    from cli.verbs.doctor.checks import run_checks
    from local.home import Home as LocalHome

    show_checks(run_checks(LocalHome.at(home)), screen)
    screen.say("Ready. `tta demo` shows the pipeline at work.")


def _check_project(
    screen: "Screen",
    target: str,
    project: str | None,
    region: str,
    model: str | None,
    location: str | None,
) -> None:
    from cli.checks import show_checks
    from cli.verbs.doctor.project.checks import run_checks
    from cli.verbs.doctor.project.deployment import Deployment
    from cli.verbs.doctor.project.google_apis import GoogleApis

    deployment = Deployment.of(target, project, region, model, location)
    with screen.working(f"Asking Google about {deployment.project} …"):
        checks = run_checks(deployment, GoogleApis.logged_in(deployment.project))
    show_checks(checks, screen)
    if deployment.is_deployed:
        screen.say(f"Ready. `tta doctor --target {target} --clip` sends a clip through.")
    else:
        screen.say(f"Ready: terraform apply -var project_id={deployment.project}")


def _send_clip(screen: "Screen", timeout_s: float, target: str, home: Path | None) -> None:
    from cli.cloud import open_cloud
    from cli.errors import UserError
    from cli.verbs.doctor.clip import send_clip, show
    from local.cloud import INGEST

    with open_cloud(home, screen, INGEST, target=target) as endpoints:
        outcome = send_clip(endpoints, screen, timeout_s)
    if screen.machine:
        screen.show_json(outcome.document())
    else:
        show(outcome, screen)
    if outcome.problem:
        raise UserError(outcome.problem)
