"""Check whether this machine can run the pipeline."""

from cli.options import Demo, Home, Json, chosen_home


def doctor(home: Home = None, demo: Demo = False, json: Json = False) -> None:
    """Check whether this machine can run the pipeline.

    Says what to do about anything that is missing; the exit status is then 1. It changes nothing
    but DuckDB's folder of extensions.
    """
    from cli.checks import show_checks
    from cli.console import Screen
    from cli.verbs.doctor.checks import run_checks
    from local.home import Home as LocalHome

    home = chosen_home(home, demo)
    screen = Screen(machine=json)
    show_checks(run_checks(LocalHome.at(home)), screen)
    screen.say("Ready. `tta demo` shows the pipeline at work.")
