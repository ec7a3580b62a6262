"""Look whether this machine can run the pipeline."""

from cli.options import Home, Json


def doctor(home: Home = None, json: Json = False) -> None:
    """Check what the local cloud needs, and say what to do about what is missing.

    Changes nothing but DuckDB's folder of extensions. Exit status 1 when something is missing.
    """
    from cli.checks import show_checks
    from cli.console import Screen
    from cli.verbs.doctor.checks import run_checks
    from local.home import Home as LocalHome

    screen = Screen(machine=json)
    show_checks(run_checks(LocalHome.at(home)), screen)
    screen.say("Ready. `tta demo` shows the pipeline at work.")
