"""The command `tta`: finds its verbs, runs one, and turns an error into a sentence."""

import io
import os
import signal
import sys
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import FrameType
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

import cli.verbs
from cli.errors import (
    FAILED,
    INTERRUPTED,
    READER_LEFT,
    WRONG_USE,
    UserError,
    sentence,
    wants_tracebacks,
)
from cli.panels import Verbs

ABOUT = """Does surprise in a short video go with more engagement?

`tta demo` shows the whole pipeline on this machine. `tta` alone says what to do next.
"""
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
MAX_LINE_CHARS = 1_000
"""Longest line of an error message: it may repeat a long mistyped argument."""


def run() -> None:
    """Exit status 0; 1 when something failed, 2 for wrong use, 130 when interrupted.

    It is 141 when the reader of a pipe has left, as shells call an end by SIGPIPE.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup sets SIG_IGN
            signal.signal(number, _interrupt)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal of Latin-1 has no ρ
        sys.stdout.reconfigure(errors="replace")
    # Python programs that a verb starts would first look for modules in the working directory,
    # where anyone may have a random.py or a folder `shared`.
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    try:
        status = status_of(sys.argv[1:])
    except KeyboardInterrupt:  # a second one, while the first was answered
        status = INTERRUPTED
    # From here on a Ctrl-C ends us at once, without a traceback of what Python does at its end.
    # Programs that still run see that, and end (local/process/leash.py).
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(flushed(status))


def status_of(arguments: list[str]) -> int:
    """Run one command line and return its exit status."""
    try:
        status = root_command()(args=arguments, prog_name="tta", standalone_mode=False)
    except typer.Exit as exit_:
        status = exit_.exit_code
    except TyperException as wrong:
        status = _report_wrong_use(wrong, arguments)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:
        status = READER_LEFT
    except Exception as error:
        status = _report_error(error)
    if status == INTERRUPTED:
        print("Stopped.", file=sys.stderr)
    return status if isinstance(status, int) else 0


def flushed(status: int) -> int:
    """The status after all output is written: `| head -1` may have closed the pipe before."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it exits, and would print what happened.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_LEFT
    return status


@cache
def root_command() -> Any:
    """What parses command lines. It takes 12 ms to make, so a process makes it once."""
    return typer.main.get_command(app())


def app() -> typer.Typer:
    """The program with every verb.

    A verb is a folder in cli/verbs, with a function of the same name in its module `command`.
    """
    program = typer.Typer(
        cls=Verbs, help=ABOUT, context_settings=HELP_OPTIONS, rich_markup_mode=None
    )
    program.callback(invoke_without_command=True)(_start)
    for module in iter_modules(cli.verbs.__path__):
        name = module.name.rstrip("_")
        verb = getattr(import_module(f"cli.verbs.{module.name}.command"), name)
        if isinstance(verb, typer.Typer):
            program.add_typer(verb, name=name.replace("_", "-"))
        else:
            program.command(name.replace("_", "-"))(verb)
    return program


def _start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Print the version, or without a verb what to do next."""
    if version:
        from cli.version import version as of_this_program

        print(f"tta {of_this_program()}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        from cli.next_steps import next_steps

        print("\n".join(next_steps()))


def _report_wrong_use(wrong: TyperException, arguments: list[str]) -> int:
    """Say what is wrong with the command line, and what to type instead."""
    from cli.wrong_use import sentence_of

    _print_error(sentence_of(wrong, arguments))
    return WRONG_USE


def _report_error(error: Exception) -> int:
    if wants_tracebacks():
        import traceback

        traceback.print_exception(error)
    _print_error(sentence(error))
    return error.status if isinstance(error, UserError) else FAILED


def _print_error(why: str) -> None:
    """Print an error. Long lines are cut, and control characters are replaced."""
    from cli.console import harmless

    lines = (
        line if len(line) <= MAX_LINE_CHARS else f"{line[:MAX_LINE_CHARS]} …"
        for line in why.split("\n")
    )
    print(f"Error: {harmless(chr(10).join(lines))}", file=sys.stderr)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Treat a signal to end like Ctrl-C, so that child processes are stopped first."""
    raise KeyboardInterrupt
