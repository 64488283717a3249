"""Single-cell what-ifs on a live linear program against cold solves: ``python -m benchmarks.whatifs``.

Each instance is relaxed. For each drawn edit, :meth:`optimizer.WhatIf.cost` and ``optimizer.solve`` of the edited
instance are timed in processor time of the same process, and their objectives are compared.
"""

from __future__ import annotations

import gc
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

import optimizer
from benchmarks import options
from benchmarks.runs import draw
from optimizer.errors import NoFeasiblePlan
from optimizer.instance.edit import Edit, apply_edits
from optimizer.schema import load_schema

TOLERANCE = 1e-6  # relative, between the two objectives
PLACES = ("latitude", "longitude")  # numbers that mean nothing to the program


@dataclass
class Tally:
    """What-ifs of one instance.

    Attributes
    ----------
    setup : float
        Seconds to make the live program and to solve it once.
    cold, live : list of float
        Seconds of each cold solve and each what-if.
    rebuilt : int
        What-ifs that needed a new model in the solver.
    worst : float
        Largest relative difference of the two objectives.
    slow : dict
        Seconds of what-ifs by table and column.
    """

    setup: float = 0.0
    cold: list[float] = field(default_factory=list)
    live: list[float] = field(default_factory=list)
    rebuilt: int = 0
    worst: float = 0.0
    slow: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        cold, live = sum(self.cold), sum(self.live)
        share = f"{live / cold:.3f}, with the setup {(live + self.setup) / cold:.3f}"
        slowest = ", ".join(
            f"{name} {seconds:.2f}" for name, seconds in sorted(self.slow.items(), key=lambda pair: -pair[1])[:4]
        )
        return (
            f"{len(self.live)} what-ifs {live:.2f} s, cold {cold:.2f} s: {share}; setup {self.setup:.2f} s; "
            f"rebuilt {self.rebuilt}; worst difference {self.worst:.1e}; slowest {slowest}"
        )


def numeric_cells(instance: optimizer.Instance) -> Iterator[tuple[str, str, str, str]]:
    """Table, item, month and column of cells that hold a number."""
    for name, table in load_schema().tables.items():
        if name in ("scenarios", "changes") or not instance.rows[name]:
            continue
        columns = [column for column in table.columns.values() if column.type in ("number", "integer")]
        for column in columns:
            if column.name in PLACES:
                continue
            for row in instance.rows[name]:
                cells = dict(row)
                if cells[column.name] not in (None, 0):
                    month = instance.label(cells["month"]) if table.step == "month" else ""
                    yield name, str(cells[table.key[0]]), month, column.name


def draw_edits(instance: optimizer.Instance, seed: int, count: int) -> Iterator[list[Edit]]:
    """Edits of one cell each that leave the instance legal."""
    random = np.random.default_rng(seed)
    columns: dict[tuple[str, str], list[tuple[str, str, str, str]]] = {}
    for cell in numeric_cells(instance):
        columns.setdefault((cell[0], cell[3]), []).append(cell)
    found, names = 0, list(columns)
    while found < count:
        cells = columns[names[random.integers(len(names))]]
        table, item, month, column = cells[random.integers(len(cells))]
        integer = load_schema().tables[table].columns[column].type == "integer"
        how, value = ("+=", str(random.integers(1, 4))) if integer else ("*=", repr(float(random.uniform(0.8, 1.25))))
        edit = Edit(table, item, column, how, value, month)
        try:
            apply_edits(instance, [edit])
        except (optimizer.InstanceError, optimizer.errors.EditError):
            continue
        found += 1
        yield [edit]


def compare(folder: Path, seed: int, count: int) -> Tally:
    """Run what-ifs on an instance, each compared with its cold solve."""
    instance, tally = optimizer.read(folder), Tally()
    tally.setup, live = _timed(lambda: _begun(optimizer.WhatIf(instance, relax=True, threads=1)))
    for edits in draw_edits(instance, seed, count):
        edited = apply_edits(instance, edits)
        cold, wanted = _timed(partial(_objective, partial(optimizer.solve, edited, relax=True, threads=1)))
        seconds, found = _timed(partial(_objective, partial(live.ask_cost, edits)))
        tally.cold.append(cold)
        tally.live.append(seconds)
        name = f"{edits[0].table}.{edits[0].column}"
        tally.slow[name] = tally.slow.get(name, 0.0) + seconds
        difference = abs(found - wanted) / max(abs(wanted), 1.0) if found != wanted else 0.0
        tally.worst = max(tally.worst, difference)
        if difference > TOLERANCE:
            click.echo(f"{edits[0]}: {found!r}, cold {wanted!r}", err=True)
    tally.rebuilt = live.live.rebuilt
    return tally


def _begun(ask: optimizer.WhatIf) -> optimizer.WhatIf:
    ask.cost()
    return ask


def _objective(solve: Callable[[], Any]) -> float:
    try:
        return float(solve().objective)
    except NoFeasiblePlan:
        return float("inf")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()  # what others left is at nobody's cost
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--sizes", default="M", callback=options.sizes, help="Sizes of the random instances, with commas.")
@click.option("--seeds", default="0,1,2,3,4", callback=options.seeds, help="Their seeds, with commas.")
@click.option("--count", default=100, type=click.IntRange(min=1), help="What-ifs of an instance.")
def main(sizes: list[str], seeds: list[int], count: int) -> None:
    """Time single-cell what-ifs on random linear programs against cold solves."""
    worst = 0.0
    for size, seed in itertools.product(sizes, seeds):
        with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
            tally = compare(draw(Path(folder) / "instance", size, seed), seed, count)
        click.echo(f"{size}-{seed}: {tally}")
        worst = max(worst, tally.worst)
    if worst > TOLERANCE:
        raise click.ClickException(f"objectives differ by up to {worst:.1e}")


if __name__ == "__main__":
    main()
