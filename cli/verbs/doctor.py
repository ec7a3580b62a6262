"""Look whether this machine can run the pipeline."""

from cli.options import Home, Json


def doctor(home: Home = None, json: Json = False) -> None:
    """Check what the local cloud needs, and say what to do about what is missing.

    Changes nothing but DuckDB's folder of extensions. Exit status 1 when something is missing.
    """
    from cli.checks import run_checks
    from cli.refused import Refused
    from cli.screen import Screen
    from local.home import Home as LocalHome

    screen = Screen(machine=json)
    found = run_checks(LocalHome.at(home))
    if json:
        screen.show_json([check.document() for check in found])
    for check in found:
        screen.show(f"{'ok ' if check.ok else 'NO '} {check.name}: {check.detail}")
        if not check.ok:
            screen.show(f"    {check.todo}")
    if missing := [check.name for check in found if not check.ok]:
        raise Refused(f"Not ready: {', '.join(missing)}.")
    screen.say("Ready. `tta demo` shows the pipeline at work.")
