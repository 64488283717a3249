"""Plans rolled forward and solved again: ``python -m tests.rolls``.

What was decided in the first months being fixed, the optimum of the rolled instance is what the plan has left:
(objective - present value of the cash of these months) / discount factor of the first month. A plan with a gap is
compared with its bound. Rolled in two steps, an instance has the same tables as in one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import click
import numpy as np

import optimizer
from optimizer.generator import random_instance
from optimizer.generator.sizes import SIZES
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.plan.roll import rolled
from optimizer.schema import load_schema
from optimizer.solving.search import NO_START

TOLERANCE = 1e-6  # relative to all money that moves


def past(plan: Plan, months: int) -> float:
    """Present value of the cash of the first months."""
    cash = plan.cash
    return float(cash["present_value"][cash["month"] < plan.instance.label(months)].sum())


def later(plan: Plan, value: float, months: int) -> float:
    """What a present value at the plan's first month, less the cash until a later one, is worth in that one."""
    return (value - past(plan, months)) * float((1 + plan.instance.head.discount_rate) ** (months / 12))


def remaining(plan: Plan, months: int) -> float:
    """What a plan costs from a month on, as seen from then."""
    return later(plan, plan.objective, months)


def disagreement(plan: Plan, months: int, **options: Any) -> str:
    """What a plan rolled forward and solved again gains or loses; ``""`` if nothing."""
    again = optimizer.solve(optimizer.roll(plan, months).instance, start=plan, **options)
    if NO_START in again.head["warnings"]:
        return "what the plan has left is no solution"
    size = TOLERANCE * max(float(plan.cash["present_value"].abs().sum()), 1.0)
    left, least = remaining(plan, months), later(plan, -np.inf if plan.bound is None else plan.bound, months)
    if again.objective < least - size:
        return f"{again.objective} is less than the bound {least}"
    if again.bound is not None and again.bound > left + size:
        return f"the bound {again.bound} is more than what was left, {left}"
    return ""


def rest_of(plan: Plan, instance: Instance, months: int) -> Plan:
    """The rest of a plan as one of the instance that starts so many months later; its head is not adapted."""
    first = plan.instance.label(months)
    tables = {name: table[table["month"] >= first] for name, table in plan.tables.items() if "month" in table}
    runs = plan.runs[plan.runs["starts"] >= first]
    return replace(plan, instance=instance, tables={**plan.tables, **tables, "runs": runs})


def tables_of(instance: Instance) -> dict[str, list[str]]:
    """Rows of every table, numbers to nine digits, months as such."""
    columns = {name: list(table.columns.values()) for name, table in load_schema().tables.items()}
    return {
        name: sorted(
            str([_cell(instance.cell(column, getattr(row, column.attribute))) for column in columns[name]])
            for row in rows
        )
        for name, rows in instance.rows.items()
    }


def _cell(value: Any) -> Any:
    return f"{value:.9g}" if isinstance(value, float) and abs(value) > 1e-6 else value if value else 0


def steps_differ(plan: Plan, first: int, second: int) -> list[str]:
    """Tables that differ between an instance that was rolled in one step and in two."""
    once = tables_of(rolled(plan, first + second).instance)
    between = rolled(plan, first).instance
    twice = tables_of(rolled(rest_of(plan, between, first), second).instance)
    return [name for name in once if once[name] != twice[name]]


def drawn(seeds: Iterable[int], size: str, relax: bool, limit: float) -> Iterator[tuple[int, Plan]]:
    """Proven plans of random instances; those without a plan, or without a proof in time, are left out."""
    for seed in seeds:
        instance = random_instance(seed, size)
        if relax:
            instance = divisible(instance)
        try:
            yield seed, optimizer.solve(instance, gap=1e-6, threads=1, time_limit=limit)
        except (optimizer.NoFeasiblePlan, optimizer.StoppedWithoutPlan):
            continue


def divisible(instance: Instance) -> Instance:
    """The instance with all that can be divisible so, and without what cannot: a linear program."""
    tables = {}
    for name, table in load_schema().tables.items():
        frame = instance.frame(name)
        if "integer" in table.columns and len(frame):
            frame["integer"] = False
            if "min_blocks" in frame:
                frame["min_blocks"] = 0.0
            tables[name] = frame
    return instance.replace(tables)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--count", default=200, type=click.IntRange(min=1), help="Rolls.")
@click.option("--seed", default=0, type=click.IntRange(min=0), help="First seed.")
@click.option("--size", default="tiny", type=click.Choice(list(SIZES)), help="Size of the instances.")
@click.option("--limit", default=20.0, help="Seconds for each search.")
def main(count: int, seed: int, size: str, limit: float) -> None:
    """Roll plans of random instances, every second of them divisible, and solve them again."""
    rolls, wrong, refused, began = 0, 0, 0, time.perf_counter()
    while rolls < count:
        for number, plan in drawn([seed], size, bool(seed % 2), limit):
            horizon = plan.instance.head.months
            for months in sorted({1, horizon // 2, horizon - 1} - {0}):
                try:
                    found = disagreement(plan, months, gap=1e-6, threads=1, time_limit=limit)
                    differ = steps_differ(plan, 1, months - 1) if months > 1 else []
                except optimizer.EditError as error:
                    refused += 1
                    click.echo(f"{size}-{number} by {months}: {error}")
                    continue
                except optimizer.CapoptError as error:
                    found, differ = f"{type(error).__name__}: {error}", []
                rolls, wrong = rolls + 1, wrong + bool(found or differ)
                if found or differ:
                    click.echo(f"{size}-{number} by {months}: {found}{' steps differ in ' if differ else ''}{differ}")
        seed += 1
    click.echo(f"{rolls} rolls in {time.perf_counter() - began:.0f} s: {wrong} wrong, {refused} refused")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
