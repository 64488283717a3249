"""Builds the program: exactly what program.toml lists, in its order."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pyomo.environ as pyo

from optimizer.errors import Fault, UnsupportedInstance
from optimizer.instance.instance import Instance
from optimizer.program import agreements, commitments, demand, fleet, money, policies, power, rules, runs
from optimizer.program.families import add_constraints, add_variables
from optimizer.program.index import Index
from optimizer.program.ledger import Entries, Ledger, joined
from optimizer.program.placement import Placement
from optimizer.program.quantities import Quantities
from optimizer.program.units import Units, choose_units
from optimizer.schema import program_contents

ROOMS: dict[str, ModuleType] = {
    "power": power,
    "fleet": fleet,
    "agreements": agreements,
    "demand": demand,
    "runs": runs,
    "commitments": commitments,
    "policies": policies,
    "rules": rules,
    "money": money,
}

# Legal tables that the program does not cover; an instance that uses one is refused, never solved without it.
UNCOVERED = {
    "scenarios": "scenarios",
    "changes": "scenarios",
}


@dataclass(frozen=True)
class Program:
    """The mathematical program of an instance.

    Attributes
    ----------
    model : pyomo.environ.ConcreteModel
        Variables, constraint families and objective as listed in ``program.toml``. Constraints can be added to it.
        Its quantities are in ``units``: a variable of 3 with ``units.accelerators`` = 1000 means 3000 accelerators.
    units : Units
        What one unit of the program is.
    index : Index
        Months, pools, agreements and eligibility behind it.
    entries : Entries
        The ledger: every movement of money per unit of a variable.
    columns : tuple of VarData
        All variables in the order of the ledger's column numbers.
    """

    model: Any
    units: Units
    index: Index
    entries: Entries
    columns: tuple[Any, ...]

    @property
    def instance(self) -> Instance:
        """The instance it was built from."""
        return self.index.instance


def uncovered(instance: Instance) -> tuple[Fault, ...]:
    """What an instance uses that the program does not cover yet, one fault per table."""
    return tuple(
        Fault(
            where=table,
            problem=f"{what} are not covered by this version, and the plan would be wrong without them. "
            f"Remove the {len(instance.rows[table])} rows of `{table}` to plan without {what}.",
        )
        for table, what in UNCOVERED.items()
        if instance.rows[table]
    )


def build(instance: Instance) -> Program:
    """Build the program of an instance.

    Parameters
    ----------
    instance : Instance
        As returned by :func:`optimizer.read`.

    Returns
    -------
    Program
        With ``model``, a Pyomo ``ConcreteModel`` that any Pyomo solver can solve.

    Raises
    ------
    UnsupportedInstance
        If the instance uses tables that this version does not cover.
    """
    faults = uncovered(instance)
    if faults:
        raise UnsupportedInstance(faults, f"instance {instance.head.name!r}")
    with collector_paused():
        return _build(instance)


def _build(instance: Instance) -> Program:
    contents = program_contents()
    m: Any = pyo.ConcreteModel(name=instance.head.name)
    m.ix = Index(instance)
    m.units = choose_units(m.ix)
    keys: dict[str, list[Any]] = {}
    for room in ROOMS.values():
        keys.update(room.sets(m.ix))
    m.one = pyo.Var(bounds=(1.0, 1.0))
    families = {name: entry for name, entry in contents["variables"].items() if name != "one"}
    m.col = {name: _add_variables(m, name, entry, keys) for name, entry in families.items()}
    columns = (m.one, *(variable for family in m.col.values() for variable in family.values()))
    m.columns = columns
    m.budgets = {row.budget: row for row in instance.rows["budgets"]}
    _gather_variables(m)
    m.rule_scale, m.rule_value = {}, {}
    m.number = dict(zip(map(id, columns), range(len(columns)), strict=True))
    m.entries = book(m, [term for term in contents["terms"] if term != "violation"])
    gather_money(m)
    rules.measure(m, m.ix.own_rules)
    m.entries = joined(m.entries, book(m, ["violation"]))
    for name, entry in contents["constraints"].items():
        _add_constraints(m, name, entry, keys[name])
    m.net_present_cost = pyo.Objective(expr=money.net_present_cost(m))
    return Program(model=m, units=m.units, index=m.ix, entries=m.entries, columns=columns)


def _gather_variables(m: Any) -> None:
    """Variables by what they have in common, so that rules need not search."""
    m.contents, m.works = power.site_contents(m.ix), demand.works(m)
    m.uses, m.leases = demand.uses(m, "allocated"), demand.uses(m, "leased")
    m.occupants = runs.occupants(m)
    m.placements_of = gather_placements(m)
    m.emergency_uses, m.emergency_works = policies.emergencies(m)
    m.terms_of = gather_terms(m.ix)


def gather_placements(m: Any) -> dict[str, dict[Placement, Any]]:
    """Variables of each training run's placements."""
    found: dict[str, dict[Placement, Any]] = defaultdict(dict)
    for place, variable in m.col["placed"].items():
        found[place[0]][place] = variable
    return found


def gather_terms(ix: Index) -> dict[str, list[Any]]:
    """Terms of each of the planner's own rules."""
    found: dict[str, list[Any]] = defaultdict(list)
    for term in ix.rows["rule_terms"]:
        found[term.rule].append(term)
    return found


def gather_money(m: Any) -> None:
    """Money by month of what commitments and own rules count."""

    def by_month(chosen: Any) -> dict[int, tuple[list[float], list[Any]]]:
        found = m.entries.by_month(chosen)
        return {t: (amounts, [m.columns[column] for column in columns]) for t, (amounts, columns) in found.items()}

    m.by_month = by_month
    providers = dict.fromkeys(provider for provider, _ in m.col["spent"])
    m.counted = {provider: by_month(commitments.counted_entries(m, provider)) for provider in providers}
    m.quantities = Quantities(m)


def _add_variables(m: Any, name: str, entry: Any, keys: dict[str, list[Any]]) -> dict[Any, Any]:
    """Add one family of variables; its bounds and integrality are functions of its room."""
    room = ROOMS[entry["room"]]
    limits = getattr(room, f"limits_{name}", None)
    whole = getattr(room, f"whole_{name}", None)
    return add_variables(m, name, keys[name], limits, whole)


def book(m: Any, terms: Iterable[str]) -> Entries:
    """A ledger of some cash terms."""
    m.months_wanted = defaultdict(list)
    for name, t in m.col["unserved"]:
        m.months_wanted[name].append(t)
    ledger = Ledger(m.number, m.one)
    for term in terms:
        getattr(money, term)(m, ledger)
    return ledger.entries()


def _add_constraints(m: Any, name: str, entry: Any, keys: list[Any]) -> None:
    """Add one constraint family."""
    rule = getattr(ROOMS[entry["room"]], name)
    add_constraints(m, name, keys, rule)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector: a program is millions of live objects that it would walk in vain."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
