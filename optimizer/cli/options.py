"""Options that commands share."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from optimizer.errors import Fault, InstanceError

if TYPE_CHECKING:
    from optimizer.instance.instance import Instance

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
_MOST_SHARE = 10.0
CLUSTER = "CAPOPT_CLUSTER"
SECONDS = 60.0
"""Seconds of a budget unless another one is given."""

solver_option = click.option(
    "--solver",
    type=click.Choice(["highs", "scip"]),
    default="highs",
    show_default=True,
    help="HiGHS, or SCIP with one thread (needs capopt[scip]).",
)


class Share(click.ParamType[float]):
    """A share such as ``0.5%`` or ``0.005``, within bounds."""

    name = "share"

    def __init__(self, above: float = -1.0) -> None:
        self.above = above

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a share, as a number or in percent."""
        text = str(value).strip()
        try:
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            share = math.nan
        if not (self.above < share < _MOST_SHARE and share >= 0):
            self.fail(f"{value!r}: expected a share such as 1% or 0.01", param, ctx)
        return share


class Finite(click.FloatRange):
    """A number within bounds; not-a-number and infinities are refused."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Refuse not-a-number, infinities and values out of bounds."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{number} is not a finite number.", param, ctx)
        return number


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
strict_option = click.option("--strict", is_flag=True, help="Treat warnings as errors.")
gap_option = click.option("--gap", type=Finite(min=0), help="Relative gap of each search. [default: the plan's]")
threads_option = click.option("--threads", type=click.IntRange(1, 1024), help="Threads of the solver.")
workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Of instances with scenarios or risks: searches at a time. [default: the processor's cores]",
)
cluster_option = click.option(
    "--cluster",
    metavar="tcp://HOST:PORT",
    help=f"Of such instances: scheduler of a Dask cluster that searches instead. [default: ${CLUSTER}]",
)
replace_option = click.option(
    "--replace", is_flag=True, help="Replace the content of the folder, even another instance's plan."
)
limit_option = click.option(
    "--time-limit",
    type=Finite(min=0),
    help="Seconds of one search. [default: what the budget leaves; with --full 10]",
)
full_option = click.option(
    "--full", is_flag=True, help="No budget: examine everything, with --time-limit for each search."
)


def cluster_of(workers: int | None, cluster: str | None) -> str | None:
    """Return the address of the cluster that options or the environment name; None for workers on this machine."""
    if workers is not None and cluster is not None:
        raise click.UsageError("--workers is for this machine: leave it out with --cluster.")
    return None if workers is not None else cluster or os.environ.get(CLUSTER) or None


def with_workers(options: dict[str, Any], uncertain: bool) -> dict[str, Any]:
    """Return the options of a solve, with the cluster of the environment; of one future there is a single search."""
    if not uncertain and not (options["workers"] is None and options["cluster"] is None):
        message = (
            "--workers and --cluster are for instances with scenarios or risks; limit a single search by --threads."
        )
        raise click.UsageError(message)
    cluster = cluster_of(options["workers"], options["cluster"])
    return {**options, "cluster": cluster if uncertain else None}


data_option = click.option(
    "--data",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("capopt-data"),
    show_default=True,
    help="Folder of the database, unless --database names one, and of the work of jobs.",
)
database_option = click.option(
    "--database",
    metavar="URL",
    default="",
    envvar="CAPOPT_DATABASE",
    help="Database, such as postgresql+psycopg://USER@HOST/NAME. [default: SQLite in DIR]",
)
tls_option = click.option(
    "--cluster-tls",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with ca.pem, cert.pem and key.pem, which a cluster on other machines needs.",
)


@contextmanager
def service_needed() -> Iterator[None]:
    """Say what to install where the packages of the service are missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        more = "this command needs more packages; install them: pip install 'capopt[service]'"
        raise click.UsageError(f"{error.name} is not installed: {more}") from None


def budget_option(text: str) -> Callable[[Decorated], Decorated]:
    """Return the option ``--budget`` with its help."""
    return click.option("--budget", type=Finite(min=0), help=text)


def budget_of(seconds: float | None, full: bool) -> float | None:
    """Return the seconds in all that the options give; None without a budget."""
    refuse_both(seconds, full)
    return None if full else SECONDS if seconds is None else seconds


def refuse_both(seconds: float | None, full: bool) -> None:
    """Refuse ``--budget`` with ``--full``."""
    if full and seconds is not None:
        raise click.UsageError("--full has no budget: leave out --budget.")


def width(err: bool) -> int:
    """Return the width of the terminal, or of a plain text."""
    from rich.console import Console

    console = Console(stderr=err)
    return min(console.width, 120) if console.is_terminal else 100


def show(what: Any, err: bool) -> None:
    """Print tables and texts, on standard error if ``err``."""
    from rich.console import Console

    Console(stderr=err, highlight=False, width=width(err)).print(what)


def read_instance(name: str, strict: bool) -> Instance:
    """Read an instance; with ``strict``, its warnings are errors."""
    from optimizer.instance.examples import find_instance
    from optimizer.instance.read import read

    instance = read(find_instance(name))
    refuse_warnings(name, instance.warnings, strict)
    return instance


def refuse_warnings(name: str, warnings: Sequence[Fault], strict: bool) -> None:
    """Refuse the warnings of an instance as errors if they are to count as such."""
    if strict and warnings:
        raise InstanceError(warnings, f"instance {name}, warnings counted")
