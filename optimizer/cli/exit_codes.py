"""How the command line ends: every error as a message and an exit code, and as a JSON object with ``--json``.

Never a traceback, unless ``CAPOPT_DEBUG`` is set.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, NoReturn

import click

from optimizer.cli import streams
from optimizer.errors import CapoptError, PlanFileWarning, StoppedWithoutPlan
from optimizer.interruption import SIGNALS, end_as_by_ctrl_c

INVALID = 2
OTHER = 1
DEBUG = "CAPOPT_DEBUG"


def run(command: click.Command, arguments: Sequence[str]) -> int:
    """Run the command line.

    Parameters
    ----------
    command : click.Command
        What to run; its commands return their exit code.
    arguments : sequence of str
        Without the program's name.

    Returns
    -------
    int
        Exit code.
    """
    as_json = "--json" in arguments
    if not os.environ.get(DEBUG):
        sys.excepthook = _last_resort(as_json)
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", PlanFileWarning)
        warnings.showwarning = _print_warning
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = command.main(list(arguments), prog_name="capopt", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return INVALID
    except BrokenPipeError:
        _abandon_output()
        return OTHER
    except (click.ClickException, click.Abort, KeyboardInterrupt, CapoptError, OSError, MemoryError) as error:
        with undisturbed():
            return _fail(_found(error), as_json)
    return int(code or 0)


def _print_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Print a warning on standard error, without the place in the code."""
    click.echo(f"warning: {message}", err=True)


def leave(command: click.Command, arguments: Sequence[str]) -> NoReturn:
    """Run the command line and end the process, at once after Ctrl-C and where a search did not stop.

    SIGTERM does what Ctrl-C does: the search ends, and its plan is kept.

    What cannot be printed never ends the work: an output that nobody reads to its end is left alone, one that cannot be
    written for another reason is reported at the end.
    """
    streams.open_missing()
    streams.make_steady()
    end_as_by_ctrl_c()
    try:
        code = run(command, arguments)
    except KeyboardInterrupt:
        code = StoppedWithoutPlan.exit_code
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if (failure := streams.failure()) is not None:
        click.echo(f"capopt: standard output cannot be written: {_system_message(failure)}", err=True)
        code = code or OTHER
    # Python ends by SIGINT instead of a code where Ctrl-C came within `exec`, such as the making of a dataclass.
    if threading.active_count() > 1 or code == StoppedWithoutPlan.exit_code:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C while the results are printed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _found(error: BaseException) -> dict[str, Any]:
    """An expected error as the JSON object that ``--json`` prints."""
    if isinstance(error, CapoptError):
        return error.to_dict()
    if isinstance(error, click.ClickException):
        hint = f" Try '{error.ctx.command_path} --help'." if isinstance(error, click.UsageError) and error.ctx else ""
        return {"error": f"{error.format_message()}{hint}", "kind": "UsageError", "exit_code": INVALID}
    if isinstance(error, OSError):
        return {"error": _system_message(error), "kind": "OSError", "exit_code": OTHER}
    if isinstance(error, MemoryError):
        message = "there is not enough memory for this instance; close other programs, or plan fewer months or items"
        return {"error": message, "kind": "MemoryError", "exit_code": OTHER}
    stopped = StoppedWithoutPlan.exit_code
    return {"error": "stopped before it was finished", "kind": "Interrupted", "exit_code": stopped}


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object on standard output."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False, default=str))


def _fail(found: dict[str, Any], as_json: bool) -> int:
    """Print an error as text on standard error, and with ``--json`` as JSON on standard output."""
    with contextlib.suppress(OSError):
        click.echo(f"capopt: {found['error']}", err=True)
    try:
        if as_json:
            print_json(found)
        sys.stdout.flush()
    except OSError:
        _abandon_output()
    return int(found["exit_code"])


def _system_message(error: OSError) -> str:
    """What the system refused, and where."""
    reason = error.strerror or str(error) or type(error).__name__
    if error.filename:
        return f"{error.filename}: {reason}"
    return "the working folder has been deleted; change into an existing one" if _is_adrift() else reason


def _is_adrift() -> bool:
    """Whether the working folder is gone."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _abandon_output() -> None:
    """Nobody reads standard output any more, or it is full: let what is left in its buffer go nowhere."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _last_resort(as_json: bool) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Print an unexpected error in one line; Python then ends with exit code 1."""

    def report(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
        first = (str(error).strip().splitlines() or [""])[0]
        what = f"{kind.__name__}: {first}" if first else kind.__name__
        message = f"unexpected {what}. This is a bug; run with {DEBUG}=1 for the traceback, and report it."
        _fail({"error": message, "kind": kind.__name__, "exit_code": OTHER}, as_json)

    return report
