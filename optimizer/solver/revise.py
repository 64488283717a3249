"""Edits of an instance as changes of its program in place: only the rows, bounds and costs they touch are read anew."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.instance.instance import Instance
from optimizer.program import rules
from optimizer.program.build import ROOMS, Program, book, gather_money, gather_terms
from optimizer.program.compile import Arrays, Floats
from optimizer.program.index import Index
from optimizer.program.ledger import Entries, joined
from optimizer.program.money import net_present_cost
from optimizer.program.parts import Parts, parts_of
from optimizer.program.row import Row
from optimizer.schema import program_contents
from optimizer.solver.effects import Touched, changes
from optimizer.solver.placed_anew import Anew, place_anew
from optimizer.solver.shape import same_shape
from optimizer.solver.touched import families, is_touched, rows_touched


@dataclass(frozen=True)
class Shape:
    """Where the rows of a program stand in its arrays."""

    program: Program
    arrays: Arrays
    relax: bool = False

    @cached_property
    def row_of(self) -> dict[Any, int]:
        """Row number by family and key."""
        return {name: number for number, name in enumerate(self.arrays.rows)}

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


def _with_data(parts: Parts, ix: Index) -> Parts:
    """A program's parts with other data: its columns, rows and what is gathered of them stay, all else is read anew."""
    found = copy.copy(parts)
    found.ix, found.terms_of = ix, gather_terms(ix)
    found.budgets = {row.budget: row for row in ix.rows["budgets"]}
    found.rule_scale, found.rule_value = dict(parts.rule_scale), dict(parts.rule_value)
    return found


def revise(program: Program, arrays: Arrays, shape: Shape, instance: Instance) -> tuple[Program, Arrays] | None:
    """Program and arrays of an edited instance; None if its program has another shape.

    Parameters
    ----------
    program, arrays : Program, Arrays
        As built and compiled, not revised themselves.
    shape : Shape
        Where the rows stand in the arrays.
    instance : Instance
        The instance of the program, edited.
    """
    found = changes(program.instance, instance)
    if found is None:
        return None
    ix = program.index.revised(instance, {change.table for change in found})
    if not same_shape(program.index, ix):
        return None
    touched = [(change.effect, change.touched(program.index, ix)) for change in found]
    m = _with_data(program.parts, ix)
    anew = place_anew(program, m, relax=shape.relax or not arrays.integer.any())
    if anew is None:
        return None
    touched += anew.touched
    m.entries = _book_anew(m, program.entries, touched)
    rows = list(rows_touched(m, touched))
    measured = {key[0] for family, key in rows if family == "own_rule"}
    if measured or any(family == "spend_balance" for family, _ in rows):
        gather_money(m)
        _share_work(m, program)
        rules.measure(m, measured)
    written = _written(m, rows, arrays, shape, anew)
    if written is None:
        return None
    written = replace(written, cost=net_present_cost(m))
    return Program(m), _bounded(m, touched, written, anew)


def _written(m: Parts, rows: list[tuple[str, Any]], arrays: Arrays, shape: Shape, anew: Anew) -> Arrays | None:
    """Arrays with some rows written anew; None if one has non-zeros in new places."""
    values, row_lower, row_upper = arrays.values.copy(), arrays.row_lower.copy(), arrays.row_upper.copy()
    more: list[tuple[int, int, float]] = []
    for family, key in rows:
        row = shape.row_of[family, key]
        line = _line(getattr(_room("constraints", family), family)(m, *parts_of(key)), shape, row)
        if line is None:
            return None
        places, row_values, row_lower[row], row_upper[row] = line.places, line.values, line.lower, line.upper
        values[places] = row_values
        more += [(column, row, value) for column, value in line.more]
    return anew.append(replace(arrays, values=values, row_lower=row_lower, row_upper=row_upper), more)


def _room(kind: str, family: str) -> ModuleType:
    return ROOMS[program_contents()[kind][family]["room"]]


def _share_work(m: Parts, program: Program) -> None:
    """Take over what is done where, which is long to gather, if it is as it was."""
    old = program.parts
    if m.ix.yields is old.ix.yields and m.ix.run_yields is old.ix.run_yields and m.col is old.col:
        m.quantities.work = old.quantities.work


@dataclass(frozen=True)
class _Line:
    """A row written anew: places in the array of values, values there, bounds, and what is in columns appended."""

    places: NDArray[Any]
    values: Floats
    lower: float
    upper: float
    more: list[tuple[int, float]]


def _line(written: Row, shape: Shape, row: int) -> _Line | None:
    """A row written anew; None if it has non-zeros in new places."""
    places, known = shape.cells(row)
    position = {column: number for number, column in enumerate(known.tolist())}
    values, more = np.zeros(len(known)), []
    for coefficient, column in zip(written.coefficients, written.columns, strict=True):
        if column in position:
            values[position[column]] += coefficient
        elif column >= len(shape.arrays.cost):
            more.append((column, coefficient))
        else:
            return None
    return _Line(places, values, written.low, written.high, more)


def _bounded(m: Parts, touched: list[Touched], arrays: Arrays, anew: Anew) -> Arrays:
    """Arrays with the bounds of what is touched; placements that are no longer possible are held at 0."""
    lower, upper = arrays.lower.copy(), arrays.upper.copy()
    for family, places in families(touched, "bounds").items():
        limits = getattr(_room("variables", family), f"limits_{family}")
        for key, number in m.col[family].items():
            if is_touched(key, places):
                low, high = limits(m, *parts_of(key))
                lower[number], upper[number] = low, np.inf if high is None else high
    upper[anew.stale] = 0.0
    return replace(arrays, lower=lower, upper=upper)


# ---------------------------------------------------------------- the ledger
_ITEMS = ("builds", "purchases", "offers", "workloads", "sites", "runs", "own_rules", "commitments", "agreements")


def _book_anew(m: Parts, entries: Entries, touched: list[Touched]) -> Entries:
    """The ledger with the terms of the edited items booked anew."""
    items = {name for effect, names in touched if effect.terms for name in names}
    terms = {term for effect, _ in touched for term in effect.terms}
    if not terms:
        return entries
    part = copy.copy(m.ix)
    part.pools = m.ix.pools  # which are made of all sites, where they are made anew
    for name in _ITEMS:
        setattr(part, name, {item: row for item, row in getattr(m.ix, name).items() if item in items})
    few = _with_data(m, part)
    anew = book(few, [term for term in program_contents()["terms"] if term in terms])
    stale = np.array([name.term in terms and name.item in items for name in entries.names], dtype=bool)
    return joined(entries.where(~stale[entries.accounts]), anew)
