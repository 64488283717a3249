"""How a solve goes on, on standard error: one live line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from optimizer.format import counted, grouped, money, percent
from optimizer.solver.solution import Progress

_SECONDS_BETWEEN_LINES = 5.0
_PHASES = {
    "build": "building the program",
    "compile": "compiling it",
    "solve": "solving",
    "trade": "trading cost for fewer changes",
    "near": "staying near the earlier plan",
    "cheapest": "cheapest of the nearest plans",
    "alone": "planning for each scenario alone",
    "base": "planning with the base data alone",
    "simulate": "examining draws",
    "information": "planning with one risk known at once",
    "extract": "reading off the plan",
    "audit": "checking the plan",
}


@contextmanager
def follow(currency: str) -> Iterator[Callable[[Progress], None]]:
    """What to pass as ``progress`` to a solve; the live line is gone when the block ends."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _plain_lines(console, currency)
        return
    with console.status("", spinner="dots") as status:

        def show(event: Progress) -> None:
            status.update(Text(line(event, currency)))

        yield show


@contextmanager
def narrate(currency: str) -> Iterator[tuple[Callable[[str], None], Callable[[Progress], None]]]:
    """Yield the callbacks ``on_step`` and ``progress`` of work of many searches: a line for each, and its progress."""
    console = Console(stderr=True, highlight=False)
    if console.is_terminal:
        with console.status("", spinner="dots") as status:
            yield (
                lambda what: console.print(Text(f"{what} ..."), soft_wrap=True),
                lambda event: status.update(Text(line(event, currency))),
            )
        return
    yield lambda what: console.print(Text(f"{what} ..."), soft_wrap=True), _plain_lines(console, currency, quiet=True)


def line(event: Progress, currency: str) -> str:
    """One line on how it stands: seconds, phase, best plan, bound, gap, nodes."""
    parts = [f"{grouped(event.elapsed, 1):>6} s  {_PHASES.get(event.phase, event.phase)}"]
    if event.incumbent is not None:
        source = f" ({event.source})" if event.source else ""
        what = "changes" if event.phase == "near" else "best plan"
        parts.append(f"{what} {money(event.incumbent, currency)}{source}")
    if event.bound is not None:
        parts.append(f"bound {money(event.bound, currency)}")
    if event.gap is not None:
        parts.append(f"gap {percent(event.gap)}")
    if event.nodes > 1:
        parts.append(counted(event.nodes, "round" if event.tasks else "node"))
    if event.tasks:
        what = {"alone": "scenarios", "simulate": "different draws"}.get(event.phase, "subproblems")
        done = f"{grouped(event.done)} of {grouped(event.tasks)} {what}"
        parts.append(f"{done}, {counted(event.workers, 'worker')}")
    return "  ".join(parts)


def _plain_lines(console: Console, currency: str, quiet: bool = False) -> Callable[[Progress], None]:
    """A line when the first phase begins, unless it is to be ``quiet`` then, and every five seconds at most."""
    last = -_SECONDS_BETWEEN_LINES if not quiet else time.monotonic()

    def show(event: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES:
            last = now
            console.print(Text(line(event, currency)), soft_wrap=True)

    return show
