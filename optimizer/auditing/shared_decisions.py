"""The audit of decisions that scenarios share: the same within nodes, and in the table of robust ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from optimizer.auditing.scenario_case import (
    EVERY,
    SCENARIO,
    SEPARATOR,
    Case,
    Part,
    distinguished,
    first_known,
    month_of,
)
from optimizer.auditing.tables import figures, texts
from optimizer.auditing.verdict import BLOCK, RELATIVE, Findings
from optimizer.instance.instance import Instance

Decided = dict[tuple[Any, ...], float]  # blocks by month, decision and item


def node_decisions(case: Case, say: Findings) -> None:
    """Scenarios that cannot be distinguished in a month take the same decisions in it."""
    there = [one for one in case.scenarios if one.name in case.parts]
    decided = [_decided(case.parts[one.name]) for one in there]
    for place, one in enumerate(there[1:], start=1):
        months = [distinguished(one, other) for other in there[:place]]
        nearest = int(np.argmax(months))
        _agree(say, (one.name, decided[place]), (there[nearest].name, decided[nearest]), months[nearest])


def _decided(one: Part) -> Decided:
    """Blocks of each decision; of a run with its pool and size."""
    found: Decided = defaultdict(float)
    rows = one.tables["decisions"]
    for month, decision, item, blocks in zip(
        *(texts(rows[name]) for name in ("month", "decision", "item")), figures(rows["blocks"]), strict=True
    ):
        if decision not in ("expire", "start_run"):
            found[month_of(one.instance, month), decision, item] += float(blocks)
    runs = one.tables["runs"]
    for run, pool, size, starts in zip(
        *(texts(runs[name]) for name in ("run", "pool")),
        figures(runs["accelerators"]),
        texts(runs["starts"]),
        strict=True,
    ):
        found[month_of(one.instance, starts), "start_run", f"{run} in {pool} at {size:g}"] += 1.0
    return found


def _agree(say: Findings, one: tuple[str, Decided], other: tuple[str, Decided], month: float) -> None:
    """Compare the decisions of two scenarios before they can be distinguished."""
    for key in _before(month, one[1], other[1]):
        found, expected = one[1].get(key, 0.0), other[1].get(key, 0.0)
        t, decision, item = key
        text = f"{decision} {found:g} in scenario {one[0]}"
        size = BLOCK * max(abs(found), abs(expected), 1.0)
        say.that(
            abs(found - expected) <= size,
            item,
            say.labels[int(t)],
            text,
            f"{expected:g} as in scenario {other[0]} expected",
        )


def _before(month: float, *decided: Decided) -> Iterable[tuple[Any, ...]]:
    return sorted({key for one in decided for key in one if 0 <= key[0] < month and key[0] < inf})


def robust_decisions(case: Case, say: Findings) -> None:
    """Robustness has the decisions taken before anything is known, and how likely scenarios are that want them too."""
    if not case.parts:
        return
    first = next(iter(case.parts.values()))
    until, table = first_known(case), case.plan.tables["robustness"]
    blocks = _blocks(first.instance, first.tables["decisions"])
    expected = {key: size for key, size in blocks.items() if 0 <= key[0] < until}
    given = _blocks(first.instance, table)
    say.that(len(given) == len(table), "robustness", "", f"{len(table)} rows", f"{len(given)} different decisions")
    for key in sorted({*given, *expected}):
        found, right = given.get(key, 0.0), expected.get(key, 0.0)
        month = say.labels[int(key[0])] if 0 <= key[0] < inf else ""
        fits = abs(found - right) <= BLOCK * max(abs(right), 1.0)
        say.that(fits, key[2], month, f"{key[1]} {found:g} in robustness", f"{right:g} expected, as in decisions")
    _shares(case, say)


def _blocks(instance: Instance, rows: pd.DataFrame) -> Decided:
    found: Decided = defaultdict(float)
    columns = (texts(rows[name]) for name in ("month", "decision", "item"))
    for month, decision, item, blocks in zip(*columns, figures(rows["blocks"]), strict=True):
        if decision != "expire":
            found[month_of(instance, month), decision, item] += float(blocks)
    return found


def _shares(case: Case, say: Findings) -> None:
    """Compare the probability of each robust decision with that of its scenarios, whose own best plans are known."""
    table, listed = case.plan.tables["robustness"], case.plan.tables["scenarios"]
    chances = {one.name: one.probability for one in case.scenarios}
    known = {name for name, cost in zip(listed[SCENARIO], figures(listed["alone_cost"]), strict=True) if cost == cost}
    columns = (texts(table["item"]), texts(table["scenarios"]), figures(table["probability"]))
    for item, cell, chance in zip(*columns, strict=True):
        names = list(chances) if cell == EVERY else [name for name in cell.split(SEPARATOR) if name]
        strange = sorted({*names} - (known & {*chances}))
        say.that(
            not strange, item, "", f"scenario {', '.join(strange)} in robustness", "one with a known own best plan"
        )
        right = sum(chances.get(name, 0.0) for name in {*names})
        say.compare(chance, "=", right, "given as probability", item, "", floor=RELATIVE)
