"""Builds the program: exactly what program.toml lists, in its order."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

from optimizer.errors import Fault, UnsupportedInstance
from optimizer.instance.instance import Instance
from optimizer.program import agreements, commitments, demand, fleet, money, policies, power, rules, runs
from optimizer.program.columns import check_hooks, column_kind
from optimizer.program.index import Index
from optimizer.program.ledger import Entries, Ledger, joined
from optimizer.program.parts import Name, Parts
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
    parts : Parts
        Its columns and rows by numbers, and what is gathered of them.
    """

    parts: Parts

    @cached_property
    def model(self) -> Any:
        """The program as a Pyomo ``ConcreteModel``, made when it is first asked for.

        Variables, constraint families and objective are named as in ``program.toml``. Constraints can be added to it.
        Its quantities are in ``units``: a variable of 3 with ``units.accelerators`` = 1000 means 3000 accelerators.
        """
        from optimizer.program.model import make_model  # Pyomo, which is long to import

        with collector_paused():
            return make_model(self.parts)

    @property
    def is_modelled(self) -> bool:
        """Whether the Pyomo model was asked for, so that it can have been changed."""
        return "model" in self.__dict__

    @property
    def units(self) -> Units:
        """What one unit of the program is."""
        return self.parts.units

    @property
    def index(self) -> Index:
        """Months, pools, agreements and eligibility behind it."""
        return self.parts.ix

    @property
    def entries(self) -> Entries:
        """The ledger: every movement of money per unit of a column."""
        return self.parts.entries

    @property
    def columns(self) -> list[Name]:
        """Family and key of every column, in the order of the ledger's column numbers."""
        return self.parts.names

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
    ix = Index(instance)
    m = Parts(ix, choose_units(ix))
    keys: dict[str, list[Any]] = {}
    for room in ROOMS.values():
        keys.update(room.sets(ix))
    check_hooks(contents, ROOMS)
    for name, entry in contents["variables"].items():
        if name != "one":  # which is there from the beginning
            m.add_columns(name, keys[name], column_kind(name, entry, ROOMS[entry["room"]]))
    m.budgets = {row.budget: row for row in instance.rows["budgets"]}
    _gather_columns(m)
    m.entries = book(m, [term for term in contents["terms"] if term != "violation"])
    gather_money(m)
    rules.measure(m, ix.own_rules)
    m.entries = joined(m.entries, book(m, ["violation"]))
    for name, entry in contents["constraints"].items():
        m.add_rows(name, keys[name], getattr(ROOMS[entry["room"]], name))
    return Program(m)


def _gather_columns(m: Parts) -> None:
    """Columns by what they have in common, so that rules need not search."""
    m.contents, m.works = power.site_contents(m.ix), demand.works(m)
    m.uses, m.leases = demand.uses(m, "allocated"), demand.uses(m, "leased")
    m.occupants = runs.occupants(m)
    m.placements_of = gather_placements(m)
    m.emergency_uses, m.emergency_works = policies.emergencies(m)
    m.terms_of = gather_terms(m.ix)


def gather_placements(m: Parts) -> dict[str, dict[Placement, int]]:
    """Columns of each training run's placements."""
    found: dict[str, dict[Placement, int]] = defaultdict(dict)
    for place, column in m.col["placed"].items():
        found[place[0]][place] = column
    return found


def gather_terms(ix: Index) -> dict[str, list[Any]]:
    """Terms of each of the planner's own rules."""
    found: dict[str, list[Any]] = defaultdict(list)
    for term in ix.rows["rule_terms"]:
        found[term.rule].append(term)
    return found


def gather_money(m: Parts) -> None:
    """Money by month of what commitments and own rules count."""
    providers = dict.fromkeys(provider for provider, _ in m.col["spent"])
    m.counted = {provider: m.entries.by_month(commitments.counted_entries(m, provider)) for provider in providers}
    m.quantities = Quantities(m)


def book(m: Parts, terms: Iterable[str]) -> Entries:
    """A ledger of some cash terms."""
    m.months_wanted = defaultdict(list)
    for name, t in m.col["unserved"]:
        m.months_wanted[name].append(t)
    ledger = Ledger()
    for term in terms:
        getattr(money, term)(m, ledger)
    return ledger.entries()


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
