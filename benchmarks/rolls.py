"""Rolled instances solved from what the earlier plan has left, against cold solves: ``python -m benchmarks.rolls``.

Each instance is planned and rolled forward. The rolled one is solved twice, side by side: cold, and beginning with the
decisions that the plan has left. Both reach the same gap; seconds are processor time of the same process.
"""

from __future__ import annotations

import gc
import itertools
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import click

import optimizer
from benchmarks import options
from benchmarks.runs import draw
from optimizer.plan.plan import Plan


@dataclass
class Tally:
    """Seconds of each cold solve, and of each one that began with a plan."""

    cold: list[float] = field(default_factory=list)
    started: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """One line with the medians."""
        shares = [a / b for a, b in zip(self.started, self.cold, strict=True)]
        medians = f"cold {median(self.cold):.2f} s, started {median(self.started):.2f} s"
        return f"{len(shares)} rolled instances, medians: {medians}, share {median(shares):.2f}"


def compare(plan: Plan, months: int, tally: Tally, **settings: Any) -> str:
    """Solve a rolled instance cold and from the plan; return a line on it."""
    rolled = optimizer.roll(plan, months).instance
    cold, one = _timed(lambda: optimizer.solve(rolled, **settings))
    started, other = _timed(lambda: optimizer.solve(rolled, start=plan, **settings))
    tally.cold.append(cold)
    tally.started.append(started)
    share = f"cold {cold:.2f} s, started {started:.2f} s: {started / cold:.2f}"
    return f"{share}; gaps {_percent(one)} and {_percent(other)}"


def _percent(plan: Plan) -> str:
    return "none" if plan.gap is None else f"{plan.gap:.4%}"


def _timed(work: Callable[[], Plan]) -> tuple[float, Plan]:
    gc.collect()  # what others left is at nobody's cost
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--sizes", default="M", callback=options.sizes, help="Sizes of the random instances, with commas.")
@click.option("--seeds", default="0,1,2,3,4,5,6,7,8,9", callback=options.seeds, help="Their seeds, with commas.")
@click.option("--months", default=1, type=click.IntRange(min=1), help="Months by which they are rolled.")
@click.option("--gap", default=0.001, help="Relative gap of every solve.")
@click.option("--time-limit", default=60.0, help="Seconds for each solve.")
def main(sizes: list[str], seeds: list[int], months: int, gap: float, time_limit: float) -> None:
    """Time rolled instances from what the plan has left against cold solves."""
    tally = Tally()
    settings: dict[str, Any] = {"gap": gap, "time_limit": time_limit, "threads": 1}
    for size, seed in itertools.product(sizes, seeds):
        with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
            instance = optimizer.read(draw(Path(folder) / "instance", size, seed))
        try:
            plan = optimizer.solve(instance, **settings)
            click.echo(f"{size}-{seed}: {compare(plan, months, tally, **settings)}")
        except (optimizer.NoFeasiblePlan, optimizer.StoppedWithoutPlan) as error:
            click.echo(f"{size}-{seed}: {error}", err=True)
    click.echo(str(tally))


if __name__ == "__main__":
    main()
