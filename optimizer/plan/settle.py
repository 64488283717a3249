"""Settling of a solution: round the noise of the solver and recompute stocks from the decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.plan.metered import settle_metered
from optimizer.plan.penalties import RuleValues, settle_penalties
from optimizer.program.agreement import Agreement
from optimizer.program.build import Program
from optimizer.program.decided import Order

Floats = NDArray[np.float64]

_NOTHING = 1e-6  # blocks: smaller remainders count as zero
_TRACE = 1e-9  # in the program's units: smaller amounts are noise of the solver
_AMOUNTS = ("allocated", "leased", "used", "emergency")
_DECIMALS = 11  # in the program's units, where typical quantities are about ten
_NO_BLOCK = 1e-9  # of a block or lot


@dataclass
class Settled:
    """Decisions and stocks by name and month, in blocks and lots; ``values`` are the program's columns, consistent.

    Every array by name has one number per month of the plan; ``rule_values`` has the values of the planner's own rules.
    """

    values: Floats
    ordered: dict[str, Floats]
    built: dict[str, Floats]
    bought: dict[str, Floats]
    installed: dict[str, Floats]
    started: dict[str, Floats]
    ended: dict[str, Floats]
    active: dict[str, Floats]
    delivered: dict[str, Floats]
    rule_values: RuleValues = field(default_factory=dict)


def settle(program: Program, values: Floats, counted: Collection[int] = ()) -> Settled:
    """Settle the values of a solution.

    Parameters
    ----------
    program : Program
        The program that was solved.
    values : ndarray
        Values of its columns, in its units and order.
    counted : collection of int
        Columns in constraints that were added to the program.
    """
    values = _without_traces(program, np.round(values, _DECIMALS) + 0.0)
    book = _Columns(program, values)
    index = program.index
    ordered = {name: _steps_up(program, name, stock) for name, stock in book.read("built", index.builds).items()}
    bought = book.read("bought", index.purchases)
    started, ended = book.read("started", index.agreements), book.read("ended", index.agreements)
    for name, agreement in index.agreements.items():
        _clear(agreement, started[name], ended[name])
    active = {name: _active(a, started[name], ended[name]) for name, a in index.agreements.items()}
    settled = Settled(
        values=values,
        ordered=ordered,
        built={name: np.cumsum(blocks) for name, blocks in ordered.items()},
        bought=bought,
        installed={
            name: _installed(index.purchases[name], lots, index.orders_before[name]) for name, lots in bought.items()
        },
        started=started,
        ended=ended,
        active=active,
        delivered={n: _delivered(a, started[n], ended[n], active[n]) for n, a in index.agreements.items()},
    )
    for family in ("ordered", "built", "bought", "installed", "started", "ended", "delivered"):
        book.write(family, getattr(settled, family))
    book.write("in_force", active)
    settle_metered(program, values, counted)
    settled.rule_values = settle_penalties(program, values, counted)
    return settled


def _without_traces(program: Program, values: Floats) -> Floats:
    """Set traces of accelerators to zero: tables leave them out, so that money and rules must not count them."""
    found = values.copy()
    for family in _AMOUNTS:
        amounts = found[program.parts.stretch(family)]
        amounts[np.abs(amounts) <= _TRACE] = 0.0
    return found


class _Columns:
    """Access to the program's columns as tables by family: items by months."""

    def __init__(self, program: Program, values: Floats) -> None:
        self.values, self.parts = values, program.parts

    def read(self, family: str, items: Iterable[str]) -> dict[str, Floats]:
        """Return the values of each item by month; 0 where there is no column."""
        names = list(items)
        found = np.zeros(len(names) * self.parts.index.horizon)
        found[self._places(family, names)] = self.values[self.parts.stretch(family)]
        found[np.abs(found) < _NO_BLOCK] = 0.0
        return dict(zip(names, found.reshape(-1, self.parts.index.horizon), strict=True))

    def write(self, family: str, items: dict[str, Floats]) -> None:
        """Set the family's columns to values by item and month."""
        if items:
            self.values[self.parts.stretch(family)] = np.concatenate([*items.values()])[self._places(family, items)]

    def _places(self, family: str, items: Iterable[str]) -> NDArray[np.int64]:
        """Return the positions of a family's columns in the table of items by months."""
        horizon = self.parts.index.horizon
        first = {item: number * horizon for number, item in enumerate(items)}
        keys = self.parts.col[family]
        return np.fromiter((first[item] + month for item, month in keys), dtype=np.int64, count=len(keys))


def _steps_up(program: Program, build: str, stock: Floats) -> Floats:
    """Return the blocks ordered each month, from the stock, which is defined only in the order months."""
    months = program.index.build_orders[build]
    ordered = np.zeros_like(stock)
    if months:
        inside = slice(months[0], months[-1] + 1)
        ordered[inside] = np.round(np.diff(stock[inside], prepend=0.0), _DECIMALS)
    return np.maximum(ordered, 0.0)


def _installed(row: Any, lots: Floats, before: Iterable[Order]) -> Floats:
    """Return the lots that are delivered and within their life, by month."""
    horizon = len(lots)
    delivered = np.zeros(horizon + row.lead_months + row.life_months)
    delivered[row.lead_months : row.lead_months + horizon] += lots
    delivered[row.lead_months + row.life_months :][:horizon] -= lots
    for order in before:
        there = order.month + row.lead_months
        delivered[max(0, there)] += order.blocks
        delivered[max(0, there + row.life_months)] -= order.blocks
    return np.maximum(np.round(np.cumsum(delivered)[:horizon], _DECIMALS), 0.0)


def _since(agreement: Agreement, started: Floats) -> tuple[Floats, int]:
    """Return blocks started by month, with those signed before the plan, and the number of months before it."""
    before = -min([0, *(one.month for one in agreement.given)])
    history = np.zeros(before + len(started))
    history[before:] = started
    for one in agreement.given:
        history[before + one.month :][:1] += one.blocks
    return history, before


def _returned(agreement: Agreement, horizon: int) -> Floats:
    """Return the blocks whose hand-back was decided before the plan, by month; earlier ones in the first."""
    found = np.zeros(horizon)
    for end, blocks in agreement.returned.items():
        found[max(0, end) :][:1] += blocks
    return found


def _clear(agreement: Agreement, started: Floats, ended: Floats) -> None:
    """Hand back negligible remainders, because rounded blocks do not sum to exactly zero."""
    history, before = _since(agreement, started)
    stock = np.cumsum(history)[before:] - np.cumsum(_returned(agreement, len(started)))
    back = 0.0
    for t in np.flatnonzero(ended != 0).tolist():
        back += ended[t]
        left = stock[t] - back
        if ended[t] > 0 and 0 < abs(left) < _NOTHING:
            ended[t] += left
            back += left


def _active(agreement: Agreement, started: Floats, ended: Floats) -> Floats:
    """Return the active blocks by month."""
    history, before = _since(agreement, started)
    stock = (_fixed_stock(history, agreement.term) if agreement.fixed else np.cumsum(history))[before:]
    if not agreement.fixed:
        stock = stock - np.cumsum(ended + _returned(agreement, len(ended)))
    stock[agreement.months.stop :] = 0.0
    return np.maximum(np.round(stock, _DECIMALS), 0.0)


def _fixed_stock(history: Floats, term: int) -> Floats:
    """Return the blocks started in the last ``term`` months."""
    total = np.cumsum(history)
    total[term:] -= np.cumsum(history)[:-term]
    return total


def _delivered(agreement: Agreement, started: Floats, ended: Floats, active: Floats) -> Floats:
    """Return the active blocks, each multiplied by the ramp's capacity fraction at its age."""
    if not agreement.ramped:
        return active
    history, before = _since(agreement, started)
    ages = agreement.term if agreement.fixed else len(history)
    fractions = agreement.capacity.over(0, ages)
    delivered = np.convolve(history, fractions)[: len(history)][before:]
    if not agreement.fixed:
        delivered = delivered - np.cumsum(ended + _returned(agreement, len(ended))) * agreement.full_capacity
    delivered[agreement.months.stop :] = 0.0
    return np.maximum(np.round(delivered, _DECIMALS), 0.0)
