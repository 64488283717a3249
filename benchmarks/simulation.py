"""What a simulation gains from a second worker, and its memory: ``python -m benchmarks.simulation``.

A plan of one future of a random instance, in as many random scenarios of it (:mod:`benchmarks.scenarios`) as there are
draws. Each number of workers has a process of its own. To compare seconds, the machine must do nothing else; processor
seconds are those of the simulating process and of all that it starts.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import click
import psutil

import optimizer
from benchmarks.scenarios import with_scenarios
from optimizer.generator import SIZES, random_instance
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan

_LOOK = 0.2  # seconds between two looks at the processes
_GAP = 0.02  # of the plan


class Usage:
    """Processor seconds and memory of this process and all that it starts, while a block runs.

    Attributes
    ----------
    seconds : float
        Seconds of the block.
    own, others : float
        Processor seconds of this process, and of its children.
    megabytes : float
        Most memory of all together.
    """

    def __enter__(self) -> Usage:
        """Begin to look at the processes."""
        self.seconds = self.own = self.others = self.megabytes = 0.0
        self._me, self._ended = psutil.Process(), threading.Event()
        self._children: dict[int, float] = {}
        self._began, self._before = time.perf_counter(), time.process_time()
        self._look()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look for the last time."""
        self.seconds, self.own = time.perf_counter() - self._began, time.process_time() - self._before
        self._ended.set()
        self._thread.join()
        self.others = sum(self._children.values())

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK):
            self._look()

    def _look(self) -> None:
        size = self._me.memory_info().rss
        for child in self._me.children(recursive=True):
            try:
                times = child.cpu_times()
                size += child.memory_info().rss
                self._children[child.pid] = times.user + times.system
            except psutil.Error:  # it has just ended
                continue
        self.megabytes = max(self.megabytes, size / 1e6)


def measure(plan: Plan, instance: Instance, workers: int) -> tuple[str, float]:
    """Simulate a plan in all scenarios of an instance; return a row of the table, and the mean cost."""
    with Usage() as usage:
        found = optimizer.simulate(plan, instance=instance, workers=workers)
    cells = (workers, len(found.results), f"{usage.seconds:.1f}", f"{usage.own:.1f}", f"{usage.others:.1f}")
    return " | ".join(map(str, (*cells, f"{usage.megabytes:.0f}"))), found.mean_cost().mean


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--size", default="S", type=click.Choice(list(SIZES)), help="Size of the random instance.")
@click.option("--seed", default=1, type=click.IntRange(min=0), help="Its seed.")
@click.option("--draws", default=1000, type=click.IntRange(min=2), help="Draws.")
@click.option("--workers", default="1,2", help="Numbers of workers, with commas.")
def main(size: str, seed: int, draws: int, workers: str) -> None:
    """Print seconds, processor seconds and memory of a simulation by number of workers."""
    base = random_instance(seed, size)
    plan, instance = optimizer.solve(base, gap=_GAP), with_scenarios(base, draws, seed)
    click.echo("workers | draws | seconds | processor seconds of the simulating process | of all others | MB at most")
    means = []
    for count in map(int, workers.split(",")):
        with ProcessPoolExecutor(1, get_context("spawn")) as alone:
            row, mean = alone.submit(measure, plan, instance, count).result()
        click.echo(row)
        means.append(mean)
    if len(set(means)) > 1:
        raise click.ClickException(f"the mean cost depends on the number of workers: {means}")


if __name__ == "__main__":
    main()
