"""Verbs of version 0.1 that are options of other verbs today, and how to type them now."""

import shlex
from collections.abc import Sequence

FORMER_VERBS = {
    "estimate": ("rate", "--estimate"),
    "backfill": ("rate", "--batch"),
    "replay": ("failed", "--replay"),
    "deploy": ("doctor", "--project"),
    "smoke": ("doctor", "--clip"),
}
"""The former verb, the verb that has its work, and the option that asks for it."""


def new_command_line(verb: str, arguments: Sequence[str]) -> str:
    """The same command line today. `deploy check` had the project's or target's own option."""
    new_verb, option = FORMER_VERBS[verb]
    words = [word for word in arguments if not (verb == "deploy" and word == "check")]
    if {"-h", "--help"} & set(words):
        return f"tta {new_verb} --help"
    if verb == "deploy":
        has_place = any(word.startswith(("--project", "--target")) for word in words)
        words += [] if has_place else [option, "ID"]
    else:
        words.append(option)
    return shlex.join(["tta", new_verb, *words])
