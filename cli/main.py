"""The command `tta`: finds its verbs, runs one, and turns what goes wrong into a sentence."""

import signal
import sys
from importlib import import_module
from pkgutil import iter_modules
from types import FrameType

import typer
from typer.exceptions import TyperException

import cli.verbs
from cli.errors import FAILED, INTERRUPTED, WRONG_USE, UserError, sentence, wants_tracebacks

ABOUT = """Does surprise in a short video go with more engagement?

The whole pipeline on this machine: `tta demo` shows it, `tta up` keeps it running.
"""
MOST_SAID = 1_000
"""Characters of one line of an error; a mistyped argument may have more."""


def run() -> None:
    """Exit status 0; 1 when something failed, 2 for wrong use, 130 when interrupted."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup asks to be left alone
            signal.signal(number, _interrupt)
    sys.exit(status_of(sys.argv[1:]))


def status_of(arguments: list[str]) -> int:
    """Run one command line and return its exit status."""
    try:
        command = typer.main.get_command(app())
        status = command(args=arguments, prog_name="tta", standalone_mode=False)
    except typer.Exit as exit_:
        status = exit_.exit_code
    except TyperException as wrong:
        status = _report_wrong_use(wrong)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as error:
        status = _report_error(error)
    if status == INTERRUPTED:
        print("Stopped.", file=sys.stderr)
    return status if isinstance(status, int) else 0


def app() -> typer.Typer:
    """Every folder in cli/verbs is a verb: the function of its name in its module `command`."""
    program = typer.Typer(help=ABOUT, no_args_is_help=True, add_completion=False)
    program.callback()(lambda: None)  # a group, whatever the number of verbs
    for module in iter_modules(cli.verbs.__path__):
        name = module.name.rstrip("_")
        verb = getattr(import_module(f"cli.verbs.{module.name}.command"), name)
        if isinstance(verb, typer.Typer):
            program.add_typer(verb, name=name.replace("_", "-"))
        else:
            program.command(name.replace("_", "-"))(verb)
    return program


def _report_wrong_use(wrong: TyperException) -> int:
    """Wrong use: what is wrong, and the help to read."""
    context = getattr(wrong, "ctx", None)
    command = context.command_path if context else "tta"
    _print_error(f"{wrong.format_message()}\nSee: {command} --help")
    return WRONG_USE


def _report_error(error: Exception) -> int:
    if wants_tracebacks():
        import traceback

        traceback.print_exception(error)
    _print_error(sentence(error))
    return error.status if isinstance(error, UserError) else FAILED


def _print_error(why: str) -> None:
    """What is wrong, however long and strange the words are that it repeats."""
    from cli.console import harmless

    lines = (
        line if len(line) <= MOST_SAID else f"{line[:MOST_SAID]} …" for line in why.split("\n")
    )
    print(f"Error: {harmless(chr(10).join(lines))}", file=sys.stderr)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """A request to end is answered like Ctrl-C: whatever was started is stopped first."""
    raise KeyboardInterrupt
