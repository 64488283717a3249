"""Slacks of the elastic program: the limits that a planner can relax, as columns; the basis of every repair.

Each slack is measured as a share of its limit (of the budget, of the demand that must be served, of the power of a
site...), so that their sum measures the relaxation in total.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.instance.edit import Edit
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.build import Program
from optimizer.program.program_data import key_parts

_DIGITS = 4  # significant digits in a repair


@dataclass(frozen=True)
class ElasticSlack:
    """One limit that can be relaxed.

    Attributes
    ----------
    table, item, column : str
        Cell that would change.
    cells : list of (row, coefficient)
        Entries of the slack column in the rows of the program.
    weight : float
        Cost of one unit in the elastic objective.
    edit : callable
        Return the edit of the cell for a value of the slack and the values of all columns.
    most : float
        Upper bound of the slack.
    opened : tuple of int
        Columns whose upper bound is raised to 1 instead: the column itself is then the slack.
    """

    table: str
    item: str
    column: str
    cells: list[tuple[int, float]]
    weight: float
    edit: Callable[[float, Floats], Edit]
    most: float = np.inf
    opened: tuple[int, ...] = ()
    limits: list[tuple[int, float, float]] = field(default_factory=list)  # column, share of 1, old bound: unserved work

    @property
    def cell(self) -> tuple[str, str, str]:
        """The cell, as table, item and column."""
        return self.table, self.item, self.column


class ElasticSlacks:
    """All slacks of a program.

    Parameters
    ----------
    program, arrays : Program, Arrays
        The program and its arrays.
    """

    def __init__(self, program: Program, arrays: Arrays) -> None:
        self.program, self.arrays = program, arrays
        self.m, self.index, self.units = program.parts, program.index, program.units
        self.row_of = {name: number for number, name in enumerate(arrays.rows)}

    def all(self) -> list[ElasticSlack]:
        """Return all slacks, table by table."""
        kinds = (self.budgets, self.services, self.runs, self.commitments, self.shares, self.outages)
        more = (self.rules, self.sites, self.outlets, self.renewals, self.options)
        return [one for kind in (*kinds, *more) for one in kind()]

    def rows(self, family: str, chosen: Callable[[tuple[Any, ...]], bool]) -> Iterator[tuple[tuple[Any, ...], int]]:
        """Yield keys and row numbers of the constraints of a family."""
        for index in self.m.rows[family]:
            key = key_parts(index)
            if chosen(key) and (family, index) in self.row_of:
                yield key, self.row_of[family, index]

    # ------------------------------------------------------------------ money and service
    def budgets(self) -> Iterator[ElasticSlack]:
        """More money in a budget."""
        unit = self.units.money

        def slack(name: str, amount: float) -> ElasticSlack:
            def edit(value: float, _: Floats) -> Edit:
                return _set("budgets", name, "amount", raised(amount, value * unit))

            cells = [(number, -1.0) for _, number in self.rows("budget_limit", _named(name))]
            return ElasticSlack("budgets", name, "amount", cells, unit / max(abs(amount), unit), edit)

        return (slack(name, row.amount) for name, row in self.m.budgets.items())

    def services(self) -> Iterator[ElasticSlack]:
        """A smaller share of a workload that must be served."""
        for name, row in self.index.workloads.items():
            if row.min_service <= 0:
                continue
            demand = self.index.demand[name] / self.units.accelerators
            columns = ((t, column) for (workload, t), column in self.m.col["unserved"].items() if workload == name)
            limits = [(j, float(demand[t]), (1 - row.min_service) * float(demand[t])) for t, j in columns]
            edit = _lowered("workloads", name, "min_service", row.min_service)
            most = float(row.min_service)
            yield ElasticSlack("workloads", name, "min_service", [], 1.0, edit, most=most, limits=limits)

    # ------------------------------------------------------------------ runs and commitments
    def runs(self) -> Iterator[ElasticSlack]:
        """A required run that is not run."""
        for name, row in self.index.runs.items():
            column = self.m.col["not_run"].get(name)
            if row.required and column is not None:
                edit = _const(_set("training_runs", name, "required", "false"))
                yield ElasticSlack("training_runs", name, "required", [], 1.0, edit, opened=(column,))

    def commitments(self) -> Iterator[ElasticSlack]:
        """A required commitment that is not taken."""
        for name, row in self.index.commitments.items():
            if row.required and name not in self.index.commitments_before:
                cells = [(number, 1.0) for _, number in self.rows("commitment_once", _named(name))]
                edit = _const(_set("commitments", name, "required", "false"))
                yield ElasticSlack("commitments", name, "required", cells, 1.0, edit, most=1.0)

    # ------------------------------------------------------------------ policies and own rules
    def shares(self) -> Iterator[ElasticSlack]:
        """A larger share of capacity for a member; how much larger follows from what the members then have."""
        most = sum(float(np.max(stock[np.isfinite(stock)], initial=0.0)) for stock in self.index.most_capacity.values())
        size = max(most / self.units.accelerators, 1.0)

        def slack(name: str, limit: float, found: list[tuple[int, int]]) -> ElasticSlack:
            def edit(_: float, values: Floats) -> Edit:
                excess = self.arrays.activity(values[: len(self.arrays.cost)]) - self.arrays.row_upper
                every = values[[self.m.col["reference_capacity"][t] for t, _ in found]]
                shares = excess[[number for _, number in found]] / np.maximum(every, 1e-9)
                over = float(shares.max(initial=0.0))
                return _set("policies", name, "limit", min(1.0, float(f"{limit + _up(over):.6g}")))

            return ElasticSlack("policies", name, "limit", [(number, -size) for _, number in found], 1.0, edit)

        for name, row in self.index.policies.items():
            found = [(key[2], number) for key, number in self.rows("share_limit", _named(name))]
            if row.rule == "max_share" and found:
                yield slack(name, row.limit, found)

    def outages(self) -> Iterator[ElasticSlack]:
        """A smaller part of the critical work that survives."""
        for name, row in self.index.policies.items():
            if row.rule != "survive":
                continue
            cells = []
            for (_, _, w, t), number in self.rows("outage_demand", _named(name)):
                need = self.index.workloads[w].critical * float(self.index.demand[w][t])
                cells.append((number, need / self.units.accelerators))
            if cells:
                edit = _lowered("policies", name, "limit", row.limit)
                yield ElasticSlack("policies", name, "limit", cells, 1.0, edit, most=float(row.limit))

    def rules(self) -> Iterator[ElasticSlack]:
        """Another right-hand side of a hard rule; an equation is dropped entirely."""
        for name, row in self.index.own_rules.items():
            if row.penalty is None:
                found = list(self.rows("own_rule", _named(name)))
                if row.sense == "=":
                    yield from (self._rule(name, row, sign, [one]) for sign in (-1.0, 1.0) for one in found)
                else:
                    yield self._rule(name, row, -1.0 if row.sense == "<=" else 1.0, found)

    def _rule(self, name: str, row: Any, sign: float, found: list[tuple[tuple[Any, ...], int]]) -> ElasticSlack:
        """Return the slack of some rows of a rule to one side."""
        scales = {key: self.m.rule_scale[name, key[1]] for key, _ in self.rows("own_rule", _named(name))}
        # Counted in the program's scale of the rule: coefficients such as 1e-9 are zero to the solver.
        unit = max(scales.values(), default=1.0)

        def edit(value: float, _: Floats) -> Edit:
            if row.sense == "=":
                return _set("rules", name, "penalty", 0.0)
            return _set("rules", name, "rhs", row.rhs - sign * _up(value * unit, size=abs(row.rhs)))

        cells = [(number, sign * unit / scales[key]) for key, number in found]
        return ElasticSlack("rules", name, "rhs", cells, unit / max(abs(row.rhs), unit), edit)

    # ------------------------------------------------------------------ power, outlets, renewals
    def sites(self) -> Iterator[ElasticSlack]:
        """More power at a site, in all months from its first row on: before that row there is none to change."""
        first: dict[str, int] = {}
        for row in self.index.rows["power"]:
            first[row.site] = min(row.month, first.get(row.site, row.month))
        for site, start in first.items():
            left = self.index.share_of(site)
            cells = [(number, -float(left[t])) for t, number in self.power_rows(site) if t >= start and left[t]]
            size = max(float(self.index.supply[site].max()), self.units.mw)

            def edit(value: float, _: Floats, site: str = site) -> Edit:
                return Edit("power", site, "mw", "+=", f"{_up(value * self.units.mw):g}")

            yield ElasticSlack("power", site, "mw", cells, 2.0 * self.units.mw / size, edit)

    def power_rows(self, site: str) -> Iterator[tuple[int, int]]:
        """Months and row numbers of the power of a site, whatever is lost elsewhere."""
        for key, number in self.rows("site_power", _named(site)):
            yield key[1], number
        for key, number in self.rows("outage_power", lambda key: key[2] == site):
            yield key[3], number

    def outlets(self) -> Iterator[ElasticSlack]:
        """Fewer blocks of an outlet that is agreed already."""

        def slack(name: str, agreed: float, row: Any, cells: list[tuple[int, float]], per_block: float) -> ElasticSlack:
            def edit(value: float, _: Floats) -> Edit:
                blocks = value / per_block
                less = math.ceil(blocks - 1e-6) if row.integer else _up(blocks)
                return _set("outlets", name, "committed_blocks", max(0.0, row.committed_blocks - less))

            weight = 1.0 / (per_block * agreed)
            return ElasticSlack("outlets", name, "committed_blocks", cells, weight, edit, most=1.0 / weight)

        for name, agreement in self.index.agreements.items():
            if agreement.is_outlet and agreement.committed:
                cells, per_block = self._outlet(name, agreement.row)
                if cells and per_block > 0:
                    yield slack(name, agreement.committed, agreement.row, cells, per_block)

    def _outlet(self, name: str, row: Any) -> tuple[list[tuple[int, float]], float]:
        """Return the entries of an outlet's slack, and the size of a block in the rows' unit."""
        if row.sells == "mw":
            months = {t for outlet, t in self.m.col["in_force"] if outlet == name}
            cells = [(number, -1.0) for t, number in self.power_rows(row.site) if t in months]
            return cells, row.mw_per_block / self.units.mw
        cells = [(number, 1.0) for _, number in self.rows("outlet_cover", _named(name))]
        return cells, row.accelerators_per_block / self.units.accelerators

    def renewals(self) -> Iterator[ElasticSlack]:
        """An agreed contract that renews nothing."""
        for name, agreement in self.index.agreements.items():
            cells = [(number, -1.0) for _, number in self.rows("renewal", _named(name))] if agreement.agreed else []
            if cells:
                edit = _const(_set("contracts", name, "renews", ""))
                weight = 1.0 / sum(one.blocks for one in agreement.agreed)
                yield ElasticSlack("contracts", name, "renews", cells, weight, edit)

    def options(self) -> Iterator[ElasticSlack]:
        """Fewer blocks of another contract that an agreed one requires."""
        for name, agreement in self.index.agreements.items():
            cells = [(number, -1.0) for _, number in self.rows("option_required", _named(name))]
            if not agreement.agreed or not cells:
                continue
            most = float(agreement.row.requires_blocks)

            def edit(value: float, _: Floats, name: str = name, most: float = most) -> Edit:
                return _set("contracts", name, "requires_blocks", max(0.0, _down(most - value)))

            if most > 0:
                yield ElasticSlack("contracts", name, "requires_blocks", cells, 1.0 / most, edit, most=most)


def _named(name: str) -> Callable[[tuple[Any, ...]], bool]:
    return lambda key: key[0] == name


def _const(edit: Edit) -> Callable[[float, Floats], Edit]:
    return lambda _value, _values: edit


def _lowered(table: str, item: str, column: str, share: float) -> Callable[[float, Floats], Edit]:
    return lambda value, _: _set(table, item, column, max(0.0, _down(share - value)))


def _set(table: str, item: str, column: str, value: float | str) -> Edit:
    return Edit(table, item, column, "=", value if isinstance(value, str) else f"{value:.15g}")


def raised(amount: float, over: float) -> float:
    """A budget's amount raised by what goes over it, up to a few digits."""
    return amount + _up(over, size=abs(amount))


def _up(value: float, size: float = 0.0) -> float:
    """A value rounded up to a few digits (of itself, or of the larger thing it is added to)."""
    if value <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(max(value, 1e-6 * size))) - _DIGITS + 1)
    return math.ceil(value / step - 1e-6) * step


def _down(value: float) -> float:
    """A share rounded down to a hundredth of a percent."""
    return math.floor(value * 10_000 + 1e-6) / 10_000
