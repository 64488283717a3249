"""Linear relaxations, and all that is around their solver: ``python -m benchmarks.relaxations``.

Each instance has a process of its own. Reading, building, compiling and reading out with the audit are timed in rounds;
the program is solved as capopt does it, by HiGHS as it comes, and by its interior point method, on the same arrays. All
seconds are of a processor, with one thread, and each is the least of its rounds.
"""

from __future__ import annotations

import gc
import itertools
import tempfile
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import click

import optimizer
from benchmarks import options
from benchmarks.runs import draw
from benchmarks.shapes import draw_shapes
from benchmarks.summary import put_into
from optimizer.errors import InstanceError
from optimizer.instance.examples import find_instance
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.program.gc_control import collector_paused, freeze_program
from optimizer.solver import engines
from optimizer.solver.highs_options import LP_TOLERANCE, SilentHighs, as_lp, set_options
from optimizer.solver.solution import Options
from optimizer.solving.clock import Clock
from optimizer.solving.solve import cost_of, finish

OPTIONS = Options(threads=1, relax=True)
NEAR = 1.1  # times what the interior point method takes
ENOUGH = 2.0  # seconds of rounds: short programs are solved more often
TOLERANCE = 1e-6  # relative, between objectives of one program
SOLVER = ("instance", "columns", "non-zeros", "simplex", "HiGHS by itself", "IPX", "all ÷ HiGHS by itself")
AROUND = (
    *("instance", "read", "build", "compile", "read out, audit", "all around"),
    *("a million non-zeros", "bytes a non-zero"),
)


@dataclass
class Measured:
    """Seconds of a processor, and memory, of one relaxation.

    Attributes
    ----------
    name : str
        The instance.
    columns, nonzeros : int
        Size of the program.
    around : dict of str to float
        Seconds of each part of what is around the solver.
    solver : dict of str to float
        Seconds of each way to solve it, handing it over included.
    objectives : dict of str to float
        What each way found.
    memory : int
        Bytes that were allocated at most, until the program was compiled.
    """

    name: str
    columns: int = 0
    nonzeros: int = 0
    around: dict[str, float] = field(default_factory=dict)
    solver: dict[str, float] = field(default_factory=dict)
    objectives: dict[str, float] = field(default_factory=dict)
    memory: int = 0

    @property
    def outside(self) -> float:
        """All around the solver."""
        return sum(self.around.values())

    @property
    def ratio(self) -> float:
        """All that capopt does, by what HiGHS takes by itself for the compiled arrays."""
        return (self.outside + self.solver["simplex"]) / self.solver["highs"]

    @property
    def a_million(self) -> float:
        """Seconds around the solver, for a million non-zeros."""
        return self.outside / self.nonzeros * 1e6

    def solver_cells(self) -> list[str]:
        """A row of the table on the solver."""
        seconds = [f"{seconds:.2f}" for seconds in self.solver.values()]
        return [self.name, f"{self.columns:,}", f"{self.nonzeros:,}", *seconds, f"{self.ratio:.2f}"]

    def around_cells(self) -> list[str]:
        """A row of the table on what is around it."""
        seconds = [f"{seconds:.3f}" for seconds in (*self.around.values(), self.outside)]
        return [self.name, *seconds, f"{self.a_million:.1f}", f"{self.memory / self.nonzeros:,.0f}"]


def measure(name: str, source: str, rounds: int, solves: int) -> Measured:
    """Measure one relaxation in this process."""
    found = Measured(name)
    tracemalloc.start()
    program, arrays = _made(Measured(name), source)
    _, found.memory = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found.columns, found.nonzeros = arrays.size["columns"], arrays.size["nonzeros"]
    rules = bool(program.instance.rows["rules"])
    began, done = time.process_time(), 0
    while done < solves or time.process_time() - began < ENOUGH:
        done += 1
        with _timed(found.solver, "simplex"):
            solution = engines.solve(arrays, OPTIONS, duals=rules)
        found.objectives["simplex"] = cost_of(program, arrays, solution).objective
        for way, settings in (("highs", {}), ("ipx", {"solver": "ipx"})):
            found.objectives[way] = _by_highs(found, way, program, arrays, settings)
    for _ in range(rounds):
        program, arrays = _made(found, source)
        with _timed(found.around, "read out"):
            finish(program, arrays, solution, OPTIONS, Clock())
    return found


def _made(found: Measured, source: str) -> tuple[Program, Arrays]:
    """The program of an instance, compiled as :func:`optimizer.solve` does it, its parts timed."""
    gc.collect()  # what others left is at nobody's cost
    with _timed(found.around, "read"):
        instance = optimizer.read(source)
    with collector_paused():
        with _timed(found.around, "build"):
            program = build(instance)
        with _timed(found.around, "compile"):
            arrays = compile_program(program, relax=True)
            freeze_program(len(arrays.columns))
    return program, arrays


def _by_highs(found: Measured, way: str, program: Program, arrays: Arrays, settings: dict[str, Any]) -> float:
    """The objective that HiGHS finds as it comes, but for the tolerance and the one thread."""
    with _timed(found.solver, way):
        highs = SilentHighs()
        exact = {"primal_feasibility_tolerance": LP_TOLERANCE, "dual_feasibility_tolerance": LP_TOLERANCE, "threads": 1}
        set_options(highs, {**exact, **settings})
        highs.passModel(as_lp(arrays))
        highs.run()
    return float(highs.getInfo().objective_function_value) * program.units.money


@contextmanager
def _timed(seconds: dict[str, float], part: str) -> Iterator[None]:
    """Keep the least seconds of a processor that a part took."""
    began = time.process_time()
    yield
    took = time.process_time() - began
    seconds[part] = min(seconds.get(part, took), took)


def campaign(sources: Sequence[tuple[str, str]], rounds: int, solves: int) -> Iterator[Measured]:
    """Measure relaxations one after the other, each in a process of its own."""
    for name, source in sources:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            yield alone.submit(measure, name, source, rounds, solves).result()


def table(found: Sequence[Measured]) -> str:
    """Markdown: two tables with a row for each relaxation, on the solver and on what is around it, with medians."""
    ordered = sorted(found, key=lambda one: one.nonzeros)
    near = sum(one.solver["simplex"] <= NEAR * one.solver["ipx"] for one in found)
    ratio, million = median(one.ratio for one in found), median(one.a_million for one in found)
    return "\n".join(
        [
            *_table(SOLVER, [one.solver_cells() for one in ordered]),
            "",
            f"Simplex is faster than the interior point method, or within 10 % of it, in {near} of {len(found)}. "
            f"All that capopt does takes {ratio:.2f} times what HiGHS takes by itself (median).",
            "",
            *_table(AROUND, [one.around_cells() for one in ordered]),
            "",
            f"Around the solver a million non-zeros take {million:.1f} s (median).",
        ]
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = f"| --- |{' ---: |' * (len(head) - 1)}"
    return [f"| {' | '.join(head)} |", rule, *(f"| {' | '.join(row)} |" for row in rows)]


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("instances", nargs=-1)
@click.option("--sizes", default="M,L", callback=options.sizes, help="Sizes of the random instances, with commas.")
@click.option("--seeds", default="0,1,2,3,4", callback=options.seeds, help="Their seeds, with commas.")
@click.option("--shapes", is_flag=True, help="Twenty instances of other shapes, too.")
@click.option("--rounds", default=7, type=click.IntRange(min=1), help="Of all that is around the solver.")
@click.option("--solves", default=2, type=click.IntRange(min=1), help="Of each way to solve; more of short ones.")
@click.option("--page", type=click.Path(path_type=Path, exists=True), help="Page to put the table into.")
def main(
    instances: tuple[str, ...],
    sizes: list[str],
    seeds: list[int],
    shapes: bool,
    rounds: int,
    solves: int,
    page: Path | None,
) -> None:
    """Measure the linear relaxations of random instances, and of INSTANCES: names of shipped ones, or folders."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        try:
            sources = [(Path(name).name, str(find_instance(name))) for name in instances]
        except InstanceError as error:
            raise click.UsageError(str(error.faults[0])) from None
        for size, seed in itertools.product(sizes, seeds):
            sources.append((f"{size}, seed {seed}", str(draw(Path(folder) / f"{size}-{seed}", size, seed))))
        sources += draw_shapes(Path(folder)) if shapes else []
        if not sources:
            raise click.UsageError("nothing to measure: name instances, or sizes and seeds of random ones")
        found = []
        for one in campaign(sources, rounds, solves):
            click.echo(" ".join((*one.solver_cells(), *one.around_cells()[1:])), err=True)
            found.append(one)
    text = table(found)
    click.echo(text)
    if page:
        put_into(page, text)
    unlike = [one.name for one in found if _differ(list(one.objectives.values()))]
    if unlike:
        raise click.ClickException(f"objectives differ: {', '.join(unlike)}")


def _differ(objectives: list[float]) -> bool:
    return max(objectives) - min(objectives) > TOLERANCE * max(1.0, *map(abs, objectives))


if __name__ == "__main__":
    main()
