"""How a simulation goes on, on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from optimizer.format import counted, grouped, money
from optimizer.report.simulation import interval

if TYPE_CHECKING:
    from optimizer.uncertainty.simulation import Simulation

_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def follow_simulation() -> Iterator[Callable[[Simulation], None]]:
    """Yield the callback ``on_draw`` of a simulation; the bar is gone when the block ends."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _plain_lines(console)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        bar = progress.add_task("different draws", total=None)

        def show(found: Simulation) -> None:
            total = len(found.drawn.futures)
            progress.update(bar, total=total, completed=len(found.results), description=_mean(found))

        yield show


def _mean(found: Simulation) -> str:
    """Return the mean cost of the first plan so far, with its interval."""
    mean = found.mean_cost()
    between = interval(mean)
    return f"mean {money(mean.mean)}" + (f" (95 %: {between})" if between else "")


def _plain_lines(console: Console) -> Callable[[Simulation], None]:
    """Return a callback that prints a line every five seconds at most."""
    began = last = time.monotonic()

    def show(found: Simulation) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES:
            last = now
            done = f"{grouped(len(found.results))} of {counted(len(found.drawn.futures), 'different draw')}"
            console.print(Text(f"{grouped(now - began, 1):>6} s  {done}  {_mean(found)}"), soft_wrap=True)

    return show
