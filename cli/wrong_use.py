"""What a wrong command line is answered with: one sentence that says what to type."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

OTHER_WORDS = {
    "tta": "tta --help",
    "help": "tta --help",
    "version": "tta --version",
    "start": "tta up",
    "run": "tta demo",
    "status": "tta doctor",
    "check": "tta doctor",
    "add": "tta ingest",
    "upload": "tta ingest",
    "import": "tta ingest",
    "analyze": "tta insights",
    "analyse": "tta insights",
    "score": "tta rate",
    "download": "tta fetch",
    "sql": "tta query",
    "export": "tta query … --out FILE",
    "list": "tta tables",
    "search": "tta knowledge search",
    "delete": "tta erase",
    "remove": "tta erase",
}
"""What people type for a verb, and the command that does it."""

_REASONS = (
    (r"Input should be a valid integer.*", "give a whole number"),
    (r"Input should be a valid number.*", "give a number"),
    (r"Input should be greater than or equal to (\S+)", r"give \1 or more"),
    (r"Input should be less than or equal to (\S+)", r"give \1 or less"),
    (r"'(.*)' is not one of (.*?)\.?", r"give one of \2, not \1"),
    (r"(dir|file) '(.*)' is a (file|directory)\.?", r"\2 is a \3; give a \1"),
    (r"(?:dir|file|path) '(.*)' does not exist\.?", r"\1 does not exist"),
)
"""Reasons of typer and pydantic, and plainer words for them."""

_BAD_VALUE = re.compile(
    r"Invalid value for '?(--[\w-]+)'?(?: \(env var: '\w+'\))?: (.*)", re.DOTALL
)
_KINDS = {"give a dir": "give a folder", "is a directory": "is a folder"}


def sentence_of(wrong: Any, arguments: Sequence[str] = ()) -> str:
    """The sentence for an error of typer's parser. It names the command or option to type."""
    context = getattr(wrong, "ctx", None)
    command = context.command_path if context else _command_of(arguments)
    message: str = wrong.format_message()
    if message.startswith("Usage:"):
        return f"`{command}` needs one of {', '.join(context.command.commands)}."
    if hasattr(wrong, "possibilities"):
        return _unknown_option(command, wrong.option_name, wrong.possibilities or (), context)
    if match := re.match(r"No such command '(.*?)'\.", message):
        return _unknown_command(command, match[1], context.command.commands)
    if match := re.match(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", message):
        return _extra_argument(command, match[1], context)
    if match := re.match(r"Missing \w+ '([^']*)'\.(.*)", message, re.DOTALL):
        return _missing(command, match[1], match[2])
    if match := re.match(r"Option '(.*?)' requires an argument", message):
        return f"{match[1]} needs a value behind it: `{command} --help` shows which."
    if match := _BAD_VALUE.match(message):
        return f"{match[1]}: {_reason(match[2])}."
    if match := re.match(r"Invalid value for '\w+': (.*)", message, re.DOTALL):
        return f"`{command}`: {_reason(match[1])}."
    return f"{message.rstrip('.')}: see `{command} --help`."


def _command_of(arguments: Sequence[str]) -> str:
    verbs = [word for word in arguments[:1] if not word.startswith("-")]
    return " ".join(["tta", *verbs])


def _unknown_command(command: str, word: str, verbs: Iterable[str]) -> str:
    similar = difflib.get_close_matches(word.lower(), list(verbs), n=1)
    meant = OTHER_WORDS.get(word) or (f"{command} {similar[0]}" if similar else None)
    advice = f"do you mean `{meant}`?" if meant else f"`{command} --help` lists all."
    return f"There is no command {word!r}: {advice}"


def _unknown_option(command: str, option: str, possible: Iterable[str], context: Any) -> str:
    if option in ("-v", "-V"):
        return f"There is no option {option}: do you mean `tta --version`?"
    if option in _options_of_verbs(context.find_root().command):
        return _option_elsewhere(command, option, context)
    names = {name for parameter in context.command.params for name in parameter.opts}
    similar = sorted(possible) or difflib.get_close_matches(option, names, n=1)
    if similar == ["--version"]:
        return f"There is no option {option}: do you mean `tta --version`?"
    if similar:
        return f"`{command}` has no option {option}: do you mean {similar[0]}?"
    if context.parent is None:
        return f"{option} comes behind the verb: `tta VERB {option}`."
    return f"`{command}` has no option {option}: `{command} --help` lists all."


def _option_elsewhere(command: str, option: str, context: Any) -> str:
    """What to say about an option that only other verbs have: a similar name misleads."""
    if context.parent is None:
        return f"{option} comes behind the verb: `tta VERB {option}`."
    return f"{option} belongs to other verbs: `{command} --help` lists those of `{command}`."


def _options_of_verbs(program: Any) -> set[str]:
    return {
        name
        for verb in program.commands.values()
        for parameter in verb.params
        for name in parameter.opts
    }


def _extra_argument(command: str, words: str, context: Any) -> str:
    if command == "tta query":
        return 'Put the statement into quotes: `tta query "SELECT COUNT(*) FROM dim_video"`.'
    if any("--input" in parameter.opts for parameter in context.command.params):
        return f"Name the file with an option: `{command} --input {words}`."
    return f"`{command}` takes nothing more: leave out {words}, or see `{command} --help`."


def _missing(command: str, name: str, choices: str) -> str:
    if words := re.findall(r"[\w-]+", choices.partition(":")[2]):
        return f"`{command}` needs one of {', '.join(words)}."
    return f"`{command}` needs {name}: `{command} --help` shows an example."


def _reason(message: str) -> str:
    first = message.split("\n", maxsplit=1)[0].removeprefix("Value error, ")
    for pattern, plain in _REASONS:
        if match := re.fullmatch(pattern, first):
            first = match.expand(plain)
            break
    for word, plainer in _KINDS.items():
        first = first.replace(word, plainer)
    return first.rstrip(".")
