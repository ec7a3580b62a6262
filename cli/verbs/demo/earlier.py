"""A demo that another version made: its videos must not mix with those of this version."""

import os
from pathlib import Path

from cli.console import Screen
from cli.errors import UserError
from local.home import Home, lock_of
from local.sandbox.library import is_of_another_version
from local.stored import has_videos


def set_aside(home: Path | None, screen: Screen) -> None:
    """Rename the demo's own home if another version filled it, so that the demo begins anew.

    Nothing is deleted: someone may have added a video. Raises UserError where a person named the
    home, or where another command uses it.
    """
    root = Home.of_demo().root
    if home is not None or not _is_earlier(root):
        refuse(home)
        return
    with lock_of(Home(root)) as lock:
        if not lock.take():
            raise UserError(
                f"Process {lock.holder()} runs the demo of another version in {root}. "
                "Stop it, then type `tta demo` again."
            )
        if _is_earlier(root):  # a second `tta demo` may have renamed it while we came here
            target = _free_name(root)
            root.rename(target)
            screen.say(
                f"The demo of another version is now in {os.path.relpath(target)}; "
                "delete it when you like."
            )


def refuse(root: Path | None) -> None:
    """Raises UserError if the sandbox videos of another version are in this home."""
    if root is None or not _is_earlier(Home.at(root).root):
        return
    mend = "Name a new folder: --home FOLDER."
    if Home.at(root) == Home.of_demo():
        mend = "`tta demo` begins anew."
    raise UserError(f"{root} holds the demo of another version; the two would mix. {mend}")


def _is_earlier(root: Path) -> bool:
    home = Home(root)
    return is_of_another_version(home.library) and has_videos(home)


def _free_name(root: Path) -> Path:
    number = 1
    while (target := root.with_name(f"{root.name}-{number}")).exists():
        number += 1
    return target
