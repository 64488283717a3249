"""Marginal values against solving again: ``python -m benchmarks.values``.

Of each instance a plan is found, and values are drawn from its table. Each is compared with two cold solves of a
program in which the plan's decisions are fixed by their rows in the table ``decisions``: with one unit more, and with
one less. Power, demand and budgets are changed in the instance's tables, fleets (and power to be taken away) in the
program's data; contracts and offers, which no table can change by one accelerator in one month, in the right-hand sides
of the rows that name them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
import numpy as np
import pandas as pd

import optimizer
from benchmarks import options
from benchmarks.runs import draw
from optimizer.analysis.marginal_values import values_table
from optimizer.analysis.own_decisions import fix_decisions
from optimizer.instance.examples import find_example
from optimizer.plan.plan import Plan
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.program.index import Index
from optimizer.solver import engines
from optimizer.solver.solution import Options

RELATIVE, ABSOLUTE = 1e-3, 1e-10  # of a figure; of the plan's cost, by unit: what cold solves differ by
SHIPPED = (
    *("bridge-lease", "chip-generations", "first-steps", "greenfield", "house-rules", "landlord", "multi-cloud"),
    *("orbital", "redundancy", "training-calendar"),
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Checked:
    """A value and what solving again gives.

    Attributes
    ----------
    row : dict
        Of the table of values.
    more, fewer : float
        What solving again gives with one unit more and one less; NaN where nothing is feasible.
    room : float
        By how much figures may differ.
    """

    row: Row
    more: float
    fewer: float
    room: float

    @property
    def agrees(self) -> bool:
        """Whether both figures are what solving again gives."""
        pairs = ((self.row["held"], self.more), (self.row["held_fewer"], self.fewer))
        return all(self._same(*pair) for pair in pairs)

    def _same(self, found: float, wanted: float) -> bool:
        if np.isnan(found) or np.isnan(wanted):
            return bool(np.isnan(found) and np.isnan(wanted))
        return abs(found - wanted) <= RELATIVE * max(abs(found), abs(wanted)) + self.room


def checked(plan: Plan, count: int, seed: int) -> Iterator[Checked]:
    """Values drawn from a plan's table, each with what solving again gives."""
    table = values_table(plan, Options(time_limit=60.0, threads=1))
    random = np.random.default_rng(seed)
    # Kinds alike, and rows with two different sides often: these are what a dual gets wrong.
    differ = table["held"] != table["held_fewer"]
    groups = [rows for _, rows in table.groupby([table["kind"], differ])]
    base = Again(plan)
    for place in range(count if len(table) else 0):
        rows = groups[place % len(groups)]
        row: Row = {str(name): cell for name, cell in rows.iloc[int(random.integers(len(rows)))].items()}
        step = base.step(row)
        sign = -1.0 if row["kind"] == "demand" else 1.0
        more, fewer = (base.cost(row, side * step) for side in (1.0, -1.0))
        room = ABSOLUTE * abs(plan.objective) / step
        yield Checked(row, sign * (base.least - more) / step, sign * (fewer - base.least) / step, room)


class Again:
    """Solves a plan's program again with its decisions fixed and something changed."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.least = self._solved(build(plan.instance))
        if np.isnan(self.least):
            raise click.ClickException(f"{plan.instance.head.name}: the plan's own decisions leave no plan")

    def step(self, row: Row) -> float:
        """Units of a step: 1, but of money as many as are not lost in rounding."""
        return max(1.0, 1e-8 * abs(self.plan.objective)) if row["kind"] == "budget" else 1.0

    def cost(self, row: Row, amount: float) -> float:
        """Least cost with so many units more, NaN if nothing is feasible."""
        if row["kind"] == "accelerator":
            return self._with_accelerators(row["item"], self.plan.instance.month_index(row["month"]), amount)
        t = self.plan.instance.month_index(row["month"])
        begins = min((one.month for one in self.plan.instance.rows["power"] if one.site == row["item"]), default=t + 1)
        if row["kind"] == "mw" and (amount < 0 or begins > t):  # what is built there can be more than the table has
            return self._solved(_with_data(self.plan, "supply", row["item"], t, amount))
        edited = _edited(self.plan, row, amount)
        return np.nan if edited is None else self._solved(build(edited))

    def _with_accelerators(self, pool: str, t: int, amount: float) -> float:
        program = build(self.plan.instance)
        if program.index.pools[pool].source == "in_house":
            return self._solved(_with_data(self.plan, "fleet", pool, t, amount))
        arrays = compile_program(program)
        low, high, upper = arrays.row_lower.copy(), arrays.row_upper.copy(), arrays.upper.copy()
        unit = amount / program.units.accelerators
        for place, name in enumerate(arrays.rows):
            change = _of_row(program, name, pool, t, unit)
            low[place] += change
            high[place] += change
        for place, name in enumerate(arrays.columns):
            if name == ("used", (pool, t)):
                upper[place] += unit
        if (upper < arrays.lower).any():
            return np.nan
        return self._solved(program, replace(arrays, row_lower=low, row_upper=high, upper=upper))

    def _solved(self, program: Program, arrays: Arrays | None = None) -> float:
        """Least cost with the plan's decisions."""
        made = arrays if arrays is not None else compile_program(program)
        fixed = _placed(program, fix_decisions(program, made, self.plan.decisions), self.plan)
        found = engines.solve(fixed, Options(gap=0.0, time_limit=60.0, threads=1))
        if found.values is None:
            return np.nan
        cost = float(np.sum(fixed.cost * found.values[: len(fixed.cost)])) + fixed.offset
        return cost * program.units.money


def _placed(program: Program, arrays: Arrays, plan: Plan) -> Arrays:
    """Arrays in which runs have the pool and size that they have in the plan."""
    runs = plan.runs[["run", "pool", "accelerators", "starts"]].to_dict("records")
    places = {(row["run"], row["pool"], float(row["accelerators"]), row["starts"]) for row in runs}
    upper = arrays.upper.copy()
    for (run, pool, size, t), column in program.parts.col["placed"].items():
        if (run, pool, float(size), plan.instance.label(t)) not in places:
            upper[column] = 0.0
    return replace(arrays, upper=upper)


def _of_row(program: Program, name: tuple[str, Any], pool: str, t: int, unit: float) -> float:
    """By how much accelerators more of a pool that is another's move the sides of a row."""
    family, key = name
    if family in ("contract_capacity", "rate_holds"):
        return unit if key == (pool, t) else 0.0
    if family == "outage_capacity":
        return unit if key[2:] == (pool, t) else 0.0
    index = program.index
    if family in ("reference_balance", "share_limit") and index.pools[pool].source == "contract":
        worth = unit * index.accelerators[index.pools[pool].accelerator].reference
        if family == "reference_balance":
            return -worth if key == t else 0.0
        return -worth if key[2] == t and pool in index.members[key[0]][key[1]] else 0.0
    if family == "own_rule":
        return -unit * program.units.accelerators * _weight(program, key, pool, t) / program.parts.rule_scale[key]
    return 0.0


def _weight(program: Program, key: tuple[str, int], pool: str, t: int) -> float:
    """Coefficients of a pool's capacity in a month in a constraint of an own rule."""
    rule, month = key
    spec = program.index.own_rules[rule]
    inside = month == t if spec.each == "month" else spec.from_ <= t <= spec.to
    terms = [row for row in program.index.rows["rule_terms"] if row.rule == rule and row.quantity == "capacity"]
    names = {pool, program.index.pools[pool].party}
    return sum(float(row.coefficient) for row in terms if row.item in names) if inside else 0.0


def _with_data(plan: Plan, table: str, item: str, t: int, amount: float) -> Program:
    """The program with so much more of a fleet or of a site's supply in a month."""

    def changed(instance: optimizer.Instance) -> Any:
        index = Index(instance)
        amounts = getattr(index, table)
        amounts[item] = amounts[item] + amount * (np.arange(index.horizon) == t)
        return index

    with patch("optimizer.program.build.Index", changed):
        return build(plan.instance)


def _edited(plan: Plan, row: Row, amount: float) -> optimizer.Instance | None:
    """The instance with so much more of a site's power, a workload's demand or a budget; None if that is below 0."""
    instance = plan.instance
    if row["kind"] == "budget":
        name, table = "budgets", instance.budgets
        mine = table["budget"] == row["item"]
        table.loc[mine, "amount"] = float(table.loc[mine, "amount"].iloc[0]) + amount
    else:
        name, key, column = ("power", "site", "mw") if row["kind"] == "mw" else ("demand", "workload", "amount")
        table = _stepped(instance, name, key, column, row, amount)
        if (table[column].astype(float) < 0).any():
            return None
    return instance.replace({name: table})


def _stepped(instance: optimizer.Instance, name: str, key: str, column: str, row: Row, amount: float) -> pd.DataFrame:
    """A step series with another value in one month."""
    table: pd.DataFrame = instance.frame(name)
    t = instance.month_index(row["month"])
    series = {one.month: one for one in instance.rows[name] if getattr(one, key) == row["item"]}

    def at(month: int, more: float) -> Row:
        cells = dict(series[max(one for one in series if one <= month)])
        return {**cells, "month": instance.label(month), column: float(cells[column]) + more}

    months = table["month"].astype(str).isin([instance.label(t), instance.label(t + 1)])
    kept = table[~((table[key] == row["item"]) & months)]
    rows = [at(t, amount), at(t + 1, 0.0)]
    found: pd.DataFrame = pd.concat([kept, pd.DataFrame(rows, dtype=object)], ignore_index=True)
    return found


def plans(
    shipped: Sequence[str], sizes: Sequence[str], seeds: Iterable[int], limit: float
) -> Iterator[tuple[str, Plan]]:
    """Plans of shipped and of random instances, of any gap; instances without a plan in time are passed over."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        names = [(name, find_example(name)) for name in shipped]
        drawn = ((f"{size}-{seed}", size, seed) for size in sizes for seed in seeds)
        given = ((name, draw(Path(folder) / name, size, seed)) for name, size, seed in drawn)
        for name, path in (*names, *given):
            try:
                yield name, optimizer.solve(optimizer.read(path), gap=0.02, time_limit=limit, threads=1)
            except (optimizer.NoFeasiblePlan, optimizer.errors.StoppedWithoutPlan) as error:
                click.echo(f"{name}: {type(error).__name__}", err=True)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--shipped/--no-shipped", default=True, help="Take the shipped examples.")
@click.option("--sizes", default="S", callback=options.sizes, help="Sizes of the random instances, with commas.")
@click.option("--seeds", default=30, type=click.IntRange(min=0), help="Instances of each size.")
@click.option("--count", default=10, type=click.IntRange(min=1), help="Values of an instance.")
@click.option("--time-limit", default=5.0, type=click.FloatRange(min=0, min_open=True), help="Seconds of each search.")
def main(shipped: bool, sizes: list[str], seeds: int, count: int, time_limit: float) -> None:
    """Compare marginal values with solving again, with one unit more and one less."""
    every = wrong = sides = 0
    for name, plan in plans(SHIPPED if shipped else (), sizes, range(seeds), time_limit):
        found = list(checked(plan, count, every))
        bad = [one for one in found if not one.agrees]
        for one in bad:
            click.echo(f"{name}: {one.row}: again {one.more!r} and {one.fewer!r}", err=True)
        every, wrong = every + len(found), wrong + len(bad)
        sides += sum(one.row["held"] != one.row["held_fewer"] for one in found)
        click.echo(f"{name}: {len(found)} values, {len(bad)} differ")
    click.echo(f"{every} values, {sides} with two different sides, {wrong} differ from solving again")
    if wrong:
        raise click.ClickException(f"{wrong} values differ from solving again")


if __name__ == "__main__":
    main()
