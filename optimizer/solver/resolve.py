"""What-ifs on a live model: edits of prices, demand, power, budgets and bounds change it in place."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.instance.instance import Instance
from optimizer.program import rules
from optimizer.program.build import ROOMS, Program, book, build, gather_money
from optimizer.program.compile import Arrays, Columns, Floats, compile_program
from optimizer.program.holds import Hold, hold
from optimizer.program.index import Index
from optimizer.program.ledger import Entries, joined
from optimizer.schema import program_contents
from optimizer.solver.effects import Change, changes, same_shape
from optimizer.solver.highs import Model, Report
from optimizer.solver.solution import Options, Solution, Stop
from optimizer.solver.start import alike, start_values


class Live:
    """A program kept in the solver: edited, and solved again from the last basis or incumbent.

    Parameters
    ----------
    instance : Instance
        What to plan.
    relax : bool
        Drop integrality.

    Attributes
    ----------
    program : Program
        The program as it stands; after an edit in place, its ``model`` keeps its shape and reads the new data.
    arrays : Arrays
        The same, compiled.
    rebuilt : int
        How many edits needed a new program.
    """

    def __init__(self, instance: Instance, *, relax: bool = False) -> None:
        self.relax = relax
        self.rebuilt = 0
        self._build(instance)

    def _build(self, instance: Instance) -> None:
        self.program = build(instance)
        self.arrays = compile_program(self.program, relax=self.relax)
        self._shape = _Shape(self.program, self.arrays)
        self._model = Model(self.arrays)
        self._started: Any = None

    def update(self, instance: Instance) -> bool:
        """Change the program to that of another instance; returns whether that could be done in place."""
        revised = _revise(self.program, self.arrays, self._shape, instance)
        if revised is None:
            self.rebuilt += 1
            self._build(instance)
            return False
        self.program, self.arrays = revised
        self._model.change(self.arrays)
        return True

    def start(self, plan: Any, holds: Iterable[Hold] = (), *, wide: bool = False) -> None:
        """Start the next search from a plan's decisions, as far as they are possible here and with what is held.

        What is held is left to the solver, so that the rest of the plan is a start still; ``wide``: all else of its
        kind too, which could take its place.
        """
        holds = list(holds)
        held, items = hold(self.program, self.arrays, holds), {one.item for one in holds}
        free = alike(self.program, items) if wide else items
        self._started = start_values(self.program, held, plan, free)
        self._model.start(*self._started)

    def solve(
        self,
        options: Options,
        report: Report | None = None,
        *,
        holds: Iterable[Hold] = (),
        duals: bool = False,
        floor: float = -np.inf,
    ) -> Solution:
        """Solve the program as it stands, with some decisions held this once; ``floor`` is a bound known already.

        Raises
        ------
        HoldError
            If a hold names an item that is not there, or a month in which it cannot be.
        """
        held = hold(self.program, self.arrays, holds)
        if len(held.rows) == len(self.arrays.rows):
            self._model.change(held)
            solution = self._model.solve(options, report, duals=duals, floor=floor)
            self._model.change(self.arrays)
            return solution
        model = Model(held)
        if self._started is not None:
            model.start(*self._started)
        return model.solve(options, report, duals=duals, floor=floor)

    def better(self, one: Solution, other: Solution) -> Solution:
        """The cheaper of two solutions of the program as it stands, with the better of their bounds."""
        if one.values is None or other.values is None:
            return other if one.values is None else one
        cost = self.arrays.cost
        cheap = one if cost @ one.values[: len(cost)] <= cost @ other.values[: len(cost)] else other
        stop = Stop.GAP_REACHED if Stop.GAP_REACHED in (one.stop, other.stop) else other.stop
        return replace(cheap, bound=max(one.bound, other.bound), stop=stop)


@dataclass(frozen=True)
class _Shape:
    """Where the rows of a program stand in its arrays."""

    program: Program
    arrays: Arrays

    @cached_property
    def columns(self) -> Columns:
        """Numbers of the columns."""
        return Columns(self.program)

    @cached_property
    def row_of(self) -> dict[int, int]:
        """Row number by ``id`` of the constraint."""
        return {id(row): number for number, row in enumerate(self.arrays.rows)}

    @cached_property
    def _by_row(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        arrays = self.arrays
        order = np.argsort(arrays.indices, kind="stable")
        begins = np.searchsorted(arrays.indices[order], np.arange(len(arrays.row_lower) + 1))
        return order, begins, np.repeat(np.arange(len(arrays.cost)), np.diff(arrays.starts))

    def cells(self, row: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Places in the array of values, and columns, of a row's non-zeros."""
        order, begins, column = self._by_row
        places = order[begins[row] : begins[row + 1]]
        return places, column[places]


class _Revised:
    """The model with other data: its variables and what is gathered of them stay, all else is read anew."""

    def __init__(self, model: Any, ix: Index) -> None:
        if isinstance(model, _Revised):  # revised before: what was then gathered anew stays
            self.__dict__.update(model.__dict__)
        else:
            self._model = model
            for name in ("col", "columns", "number", "one", "units", "works", "terms_of", "contents"):
                setattr(self, name, getattr(model, name))
        self.ix = ix
        self.budgets = {row.budget: row for row in ix.rows["budgets"]}
        self.rule_scale, self.rule_value = dict(model.rule_scale), dict(model.rule_value)
        self.entries: Entries = model.entries

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_model"], name)


def _revise(program: Program, arrays: Arrays, shape: _Shape, instance: Instance) -> tuple[Program, Arrays] | None:
    """Program and arrays of an edited instance; None if its program has another shape."""
    found = changes(program.instance, instance)
    if found is None:
        return None
    ix = program.index.revised(instance, {change.table for change in found})
    if not same_shape(program.index, ix):
        return None
    m = _Revised(program.model, ix)
    terms = {term for change in found for term in change.effect.terms}
    entries = _book_anew(m, program.entries, found) if terms else program.entries
    m.entries = entries
    rows = list(_rows(m, found, bool(terms)))
    if terms or any(family == "own_rule" for family, _ in rows):
        gather_money(m)
        rules.measure(m)
    values, row_lower, row_upper = arrays.values.copy(), arrays.row_lower.copy(), arrays.row_upper.copy()
    for family, key in rows:
        constraint = getattr(program.model, family)[key]
        expression = getattr(_room("constraints", family), family)(m, *_parts(key))
        row = shape.row_of[id(constraint)]
        line = _line(expression, shape, row)
        if line is None:
            return None
        places, row_values, row_lower[row], row_upper[row] = line
        values[places] = row_values
    lower, upper = _bounds(m, found, arrays)
    cost = _cost(m, entries, len(arrays.cost)) if terms else arrays.cost
    revised = replace(
        arrays, cost=cost, lower=lower, upper=upper, values=values, row_lower=row_lower, row_upper=row_upper
    )
    return replace(program, model=m, index=ix, entries=entries), revised


def _room(kind: str, family: str) -> ModuleType:
    return ROOMS[program_contents()[kind][family]["room"]]


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _touched(found: Iterable[Change], kind: str) -> dict[str, dict[int | None, set[str]]]:
    """Families that edits touch, with the items by their position in the index."""
    touched: dict[str, dict[int | None, set[str]]] = {}
    for change in found:
        for family, position in getattr(change.effect, kind).items():
            touched.setdefault(family, {}).setdefault(position, set()).add(change.item)
    return touched


def _is_touched(key: tuple[Any, ...], places: dict[int | None, set[str]]) -> bool:
    return any(position is None or key[position] in items for position, items in places.items())


def _rows(m: Any, found: list[Change], money_too: bool) -> Iterator[tuple[str, Any]]:
    """Constraints to be written anew."""
    touched = _touched(found, "rows")
    if money_too:
        touched |= {family: {None: set()} for family in ("budget_limit", "spend_balance", "own_rule")}
    for family, places in touched.items():
        for key in getattr(m, family):
            if _is_touched(_parts(key), places):
                yield family, key


def _line(expression: Any, shape: _Shape, row: int) -> tuple[NDArray[Any], Floats, float, float] | None:
    """Places, values and bounds of a row written anew; None if it has non-zeros in new places."""
    low, body, high = expression if len(expression) == 3 else (expression[1], expression[0], expression[1])
    coefficients, columns, _ = shape.columns.linear(body, shape.arrays.rows[row])
    places, known = shape.cells(row)
    position = {column: number for number, column in enumerate(known.tolist())}
    values = np.zeros(len(known))
    for coefficient, column in zip(coefficients, columns, strict=True):
        if column not in position:
            return None
        values[position[column]] += coefficient
    return places, values, -np.inf if low is None else float(low), np.inf if high is None else float(high)


def _bounds(m: Any, found: list[Change], arrays: Arrays) -> tuple[Floats, Floats]:
    lower, upper = arrays.lower.copy(), arrays.upper.copy()
    for family, places in _touched(found, "bounds").items():
        limits = getattr(_room("variables", family), f"limits_{family}")
        for key, variable in m.col[family].items():
            if _is_touched(_parts(key), places):
                low, high = limits(m, *_parts(key))
                number = m.number[id(variable)]
                lower[number], upper[number] = low, np.inf if high is None else high
    return lower, upper


def _cost(m: Any, entries: Entries, count: int) -> Floats:
    present = entries.amounts * m.ix.discount[entries.months] / m.units.money
    return entries.per_column(present, count)


# ---------------------------------------------------------------- the ledger
_ITEMS = ("builds", "purchases", "offers", "workloads", "sites", "runs", "own_rules", "commitments", "agreements")


def _book_anew(m: _Revised, entries: Entries, found: list[Change]) -> Entries:
    """The ledger with the terms of the edited items booked anew."""
    items = {change.item for change in found if change.effect.terms}
    terms = {term for change in found for term in change.effect.terms}
    part = copy.copy(m.ix)
    for name in _ITEMS:
        setattr(part, name, {item: row for item, row in getattr(m.ix, name).items() if item in items})
    few = _Revised(m, part)
    anew = book(few, [term for term in program_contents()["terms"] if term in terms])
    stale = np.array([name.term in terms and name.item in items for name in entries.names], dtype=bool)
    return joined(entries.where(~stale[entries.accounts]), anew)
