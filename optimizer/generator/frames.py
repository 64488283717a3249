"""Random instances as frames for :func:`optimizer.read`, and as instances."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.generator.agreements import add_contracts, add_outlets
from optimizer.generator.budgets import add_budgets
from optimizer.generator.clauses import add_clauses, add_interruptions, add_space
from optimizer.generator.draw import Draw
from optimizer.generator.in_house import add_builds, add_purchases
from optimizer.generator.market import add_commitments, add_on_demand, add_prices
from optimizer.generator.own_rules import add_rules
from optimizer.generator.past import add_past
from optimizer.generator.policies import add_policies
from optimizer.generator.risks import add_risks
from optimizer.generator.sizes import SIZES
from optimizer.generator.sketch import Row, Sketch
from optimizer.generator.workloads import add_runs, add_workloads
from optimizer.generator.world import add_world
from optimizer.instance.cell_value import month_label, month_number
from optimizer.instance.template import refuse_existing
from optimizer.schema import load_schema

if TYPE_CHECKING:
    from optimizer.instance.instance import Instance

# In this order: what comes later may refer to what comes before. Each has a stream of draws of its own, named by its
# place, so that a new family belongs at the end of the numbers.
_STEPS: tuple[tuple[int, str, Callable[[Sketch, Draw], None]], ...] = (
    (1, "", add_world),
    (2, "builds", add_builds),
    (3, "purchases", add_purchases),
    (4, "contracts", add_contracts),
    (14, "clauses", add_clauses),
    (5, "", add_workloads),
    (6, "commitments", add_commitments),
    (7, "", add_on_demand),
    (16, "clauses", add_space),
    (15, "interruptions", add_interruptions),
    (8, "outlets", add_outlets),
    (9, "prices", add_prices),
    (10, "training_runs", add_runs),
    (17, "decided", add_past),
    (11, "budgets", add_budgets),
    (12, "policies", add_policies),
    (13, "rules", add_rules),
)
_RISKS = 18  # stream of the risks
_PARTS = {"clauses": "contracts"}  # families that are left out with another
FAMILIES = tuple(dict.fromkeys(name for _, name, _ in _STEPS if name))


def random_frames(
    seed: int, size: str = "tiny", without: Iterable[str] = (), *, past: bool = False, risks: int = 0
) -> dict[str, Any]:
    """Draw an instance that uses, with some probability, every table and column of the format but the scenarios.

    Parameters
    ----------
    seed : int
        The same seed and size give the same instance on every machine.
    size : str
        ``tiny``, ``small``, ``S``, ``M``, ``L`` or ``XL``.
    without : iterable of str
        Families to leave out, of :data:`FAMILIES`.
    past : bool
        Draw decisions that were made before the plan, too; everything before them stays as it is.
    risks : int
        Draw so many risks, too; all else but interruptions by which contracts may be recalled stays as it is.

    Returns
    -------
    dict
        For :func:`optimizer.read`: the head under ``"instance"``, a DataFrame per table.

    Raises
    ------
    ValueError
        If there is no such size or family, or the seed is negative.
    """
    import pandas as pd

    left_out = frozenset(without)
    _refuse(seed, size, left_out, risks)
    left_out |= frozenset() if past else {"decided"}
    left_out |= {family for family, of in _PARTS.items() if of in left_out}
    sketch = _begin(seed, size)
    for number, family, add in _STEPS:
        if family not in left_out:
            add(sketch, sketch.draw(number))
    if risks:
        add_risks(sketch, sketch.draw(_RISKS), risks)
    start = month_number(*map(int, sketch.head["start"].split("-")))
    frames: dict[str, Any] = {"instance": sketch.head}
    for name in load_schema().tables:
        if sketch.rows(name):
            frames[name] = pd.DataFrame(_columns(name, sketch.rows(name), start))
    return frames


def random_instance(
    seed: int, size: str = "tiny", without: Iterable[str] = (), *, past: bool = False, risks: int = 0
) -> Instance:
    """Draw an instance as :func:`random_frames` does, and read it."""
    from optimizer.instance.read import read

    return read(random_frames(seed, size, without, past=past, risks=risks))


def create_random(target: Path, seed: int, size: str, risks: int = 0) -> list[Path]:
    """Write a random instance: a folder, or a workbook if the name ends in ``.xlsx``.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    CapoptError
        If ``target`` is there already.
    """
    refuse_existing(target)
    random_instance(seed, size, risks=risks).save(target)
    return sorted(target.iterdir()) if target.is_dir() else [target]


def _refuse(seed: int, size: str, without: frozenset[str], risks: int) -> None:
    wrong = []
    if seed < 0:
        wrong.append(f"seed is {seed}; expected 0 or more")
    if risks < 0:
        wrong.append(f"risks is {risks}; expected 0 or more")
    if size not in SIZES:
        wrong.append(f"size is {size!r}; expected one of {', '.join(SIZES)}")
    if unknown := sorted(without - set(FAMILIES)):
        wrong.append(f"without names {', '.join(unknown)}; expected some of {', '.join(FAMILIES)}")
    if wrong:
        raise ValueError("; ".join(wrong))


def _begin(seed: int, size: str) -> Sketch:
    """The head, and how large it all is."""
    path = (seed, list(SIZES).index(size))
    draw, spec = Draw(*path, 0), SIZES[size]
    months = draw.integer(*spec.months)
    hours = draw.pick((None, 730, 720))
    head: Row = {"format": 1, "name": f"random-{size.lower()}-{seed}"}
    settings = {
        "title": f"Random instance {seed}, {size}" if draw.chance(0.8) else None,
        "description": "Drawn at random, to test and to measure." if draw.chance(0.5) else None,
        "sources": "Random figures in the range of published ones." if draw.chance(0.8) else None,
        "start": month_label(month_number(2026, 1) + draw.integer(0, 23)),
        "months": months,
        "currency": draw.pick((None, None, "USD", "EUR")),
        "discount_rate": None if draw.chance(0.15) else draw.between(0.0, 0.14, 2),
        "hours_per_month": hours,
    }
    head |= {key: value for key, value in settings.items() if value is not None}
    demand = draw.between(*spec.demand)
    return Sketch(path=path, size=spec, months=months, hours=float(hours or 730), demand=demand, head=head)


def _columns(table: str, rows: list[Row], start: int) -> dict[str, list[Any]]:
    """Columns of a table that say something, months as text."""
    found = {}
    for column in load_schema().tables[table].columns.values():
        values = [row.get(column.name) for row in rows]
        if column.type == "month":
            values = [None if value is None else month_label(start + value) for value in values]
        if any(value is not None for value in values):
            found[column.name] = values
    return found
