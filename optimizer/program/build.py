"""Builds the program: exactly what program.toml lists, in its order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

from optimizer.cash_terms import cash_terms
from optimizer.errors import AdditionError, Fault, UnsupportedInstance
from optimizer.format import counted
from optimizer.instance.edit import Edit, apply_edits
from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import is_uncertain
from optimizer.program import agreements, budgets, commitments, demand, fleet, payments, policies, power, rules, runs
from optimizer.program.added import Added, AddedConstraint, Part, scaled_rows, written_constraint
from optimizer.program.columns import check_hooks, column_kind
from optimizer.program.gc_control import collector_paused
from optimizer.program.index import Index
from optimizer.program.ledger import Entries, Ledger, joined
from optimizer.program.placement import Placement
from optimizer.program.program_data import Name, ProgramData
from optimizer.program.quantities import Quantities
from optimizer.program.units import Units, choose_units, common_units
from optimizer.schema import load_schema, program_contents

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

ROOMS: dict[str, ModuleType] = {
    "power": power,
    "fleet": fleet,
    "agreements": agreements,
    "demand": demand,
    "runs": runs,
    "commitments": commitments,
    "policies": policies,
    "rules": rules,
    "budgets": budgets,
}


@dataclass(eq=False)
class Program:
    """The mathematical program of an instance.

    Attributes
    ----------
    parts : ProgramData
        Its columns and rows by numbers, and what is gathered of them.
    named : Added
        What was added by name; :attr:`added` has what was added to the Pyomo model, too.
    """

    parts: ProgramData
    named: Added = field(default_factory=Added)

    @cached_property
    def model(self) -> ConcreteModel:
        """The program as a Pyomo ``ConcreteModel``, made when it is first used; see :meth:`to_pyomo`."""
        from optimizer.program.model import make_model  # Pyomo, which is long to import

        with collector_paused():
            return make_model(self.parts, self.named)

    def to_pyomo(self) -> ConcreteModel:
        """Return the program as a Pyomo ``ConcreteModel``, which any Pyomo solver solves to the same optimum.

        Variables, constraint families and objective are named as in ``program.toml``. Its quantities are in ``units``:
        a variable of 3 with ``units.accelerators`` = 1000 means 3000 accelerators; money is in ``units.money``.

        It is the program's one model: linear constraints and variables that are added to it, variables that are fixed
        and bounds that are tightened are obeyed by :func:`optimizer.solve` and by all that is made of the plan, as if
        by :meth:`add_constraint`. Everything else that is changed in it, such as the objective or one of the program's
        own constraints, is refused by name.
        """
        return self.model

    def add_constraint(
        self,
        name: str,
        terms: Mapping[tuple[Part, ...], float],
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> AddedConstraint:
        """Add a linear constraint, which holds in the plan and in all that is made of it.

        What-ifs, explanations, alternatives and the diagnosis obey it, and a saved plan carries it.

        Parameters
        ----------
        name : str
            Its name, by which messages call it; no other constraint added has it.
        terms : mapping of tuple to float
            Coefficients by variable, each a tuple of its family and index as in ``program.toml``:
            ``("started", "lease", "2030-01")``. Months are ``YYYY-MM`` or counted from the plan's start. Coefficients
            are per natural unit: accelerators, blocks, lots, the instance's currency.
        at_least, at_most : float, optional
            Sides, one of them or both; the same number twice for an equation.

        Returns
        -------
        AddedConstraint
            The constraint.

        Raises
        ------
        AdditionError
            If a variable does not exist, a number is not finite, nothing is required, or the name is taken.

        Examples
        --------
        >>> program = optimizer.build(instance)                                        # doctest: +SKIP
        >>> months = ("2030-01", "2030-02")                                            # doctest: +SKIP
        >>> program.add_constraint(                                                    # doctest: +SKIP
        ...     "one block in winter", {("started", "lease", month): 1 for month in months}, at_most=1
        ... )
        """
        if any(one.name == name for one in self.added.constraints):
            raise AdditionError(f"constraint {name!r} was added already; expected another name")
        found = written_constraint(self.parts, name, terms, at_least, at_most)
        self.named = replace(self.named, constraints=(*self.named.constraints, found))
        if self.is_modelled:
            from optimizer.program.model import add_to_model

            add_to_model(self.model, self.parts, Added((found,)))
        return found

    def with_edits(self, edits: Iterable[Edit]) -> Program:
        """Build the program of the edited instance, with the constraints that were added to this one.

        Raises
        ------
        InstanceError
            If the edited instance is invalid.
        AdditionError
            If an added constraint refers to a variable that the edits remove.
        """
        return build(apply_edits(self.instance, edits), self.added)

    @property
    def added(self) -> Added:
        """All that was added: by :meth:`add_constraint`, and to the Pyomo model as it is now.

        Raises
        ------
        AdditionError
            If the model was changed in a way that cannot be obeyed.
        """
        if not self.is_modelled:
            return self.named
        from optimizer.program.read_model import added_to

        return added_to(self.model, self.parts, self.named)

    @property
    def is_modelled(self) -> bool:
        """Whether the Pyomo model was requested, so that it can have been changed."""
        return "model" in self.__dict__

    @property
    def units(self) -> Units:
        """What one unit of the program is."""
        return self.parts.units

    @property
    def index(self) -> Index:
        """Months, pools, agreements and eligibility of its instance."""
        return self.parts.index

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


_ONE_FUTURE = (
    "a program is of one future. Solve the instance by capopt solve or optimizer.solve, which plan all scenarios; "
    "give constraints of your own as rows of rules and rule_terms, which every scenario obeys; or build the program of "
    "one scenario, of which optimizer.scenarios returns the instance."
)


def uncovered(instance: Instance) -> tuple[Fault, ...]:
    """What an instance uses that a program does not cover: scenarios, or a table that is not covered yet."""
    if is_uncertain(instance):
        return (Fault("risks" if instance.rows["risks"] else "scenarios", problem=_ONE_FUTURE),)
    return tuple(
        Fault(
            where=name,
            problem=f"{table.uncovered} are not covered by this version, and the plan would be wrong without them. "
            f"Remove the {counted(len(instance.rows[name]), 'row')} of `{name}` to plan without {table.uncovered}.",
        )
        for name, table in load_schema().tables.items()
        if table.uncovered and instance.rows[name]
    )


def build(instance: Instance, added: Added | None = None) -> Program:
    """Build the program of an instance.

    Parameters
    ----------
    instance : Instance
        As returned by :func:`optimizer.read`.
    added : Added, optional
        What was added to another program (its ``added``), to be added to this one.

    Returns
    -------
    Program
        To be solved, or to add constraints to; :meth:`Program.to_pyomo` gives a Pyomo model of it.

    Raises
    ------
    UnsupportedInstance
        If the instance uses tables that this version does not cover.
    AdditionError
        If what was added counts a variable that this program does not have.
    """
    _check_covered(instance)
    with collector_paused():
        index = Index(instance)
        program = _build(index, choose_units(index))
    if added:
        program.named = added
        scaled_rows(program.parts, added)  # which refuses what is not there
    return program


def build_together(instances: Iterable[Instance]) -> list[Program]:
    """Build programs that can share columns: in the same units, and with every order month that is allowed.

    A program alone leaves out orders that come to nothing within the plan; in another scenario the same order may.

    Raises
    ------
    UnsupportedInstance
        If an instance uses tables that this version does not cover.
    """
    with collector_paused():
        indexes = [Index(instance, every_order=True) for instance in instances]
        for index in indexes:
            _check_covered(index.instance)
        units = common_units([choose_units(index) for index in indexes])
        return [_build(index, units) for index in indexes]


def _check_covered(instance: Instance) -> None:
    """Refuse an instance that uses tables that the program does not cover."""
    faults = uncovered(instance)
    if faults:
        raise UnsupportedInstance(faults, f"instance {instance.head.name!r}")


def _build(index: Index, units: Units) -> Program:
    contents = program_contents()
    m = ProgramData(index, units)
    keys: dict[str, list[Any]] = {}
    for room in ROOMS.values():
        keys.update(room.sets(index))
    check_hooks(contents, ROOMS)
    for name, entry in contents["variables"].items():
        if name != "one":  # which is there from the beginning
            m.add_columns(name, keys[name], column_kind(name, entry, ROOMS[entry["room"]]))
    m.budgets = {row.budget: row for row in index.rows["budgets"]}
    _gather_columns(m)
    of_rules = [term.name for term in cash_terms().values() if "rules" in term.items]  # measured by the other money
    m.entries = book(m, [term for term in cash_terms() if term not in of_rules])
    gather_money(m)
    rules.measure(m, index.own_rules)
    m.entries = joined(m.entries, book(m, of_rules))
    for name, entry in contents["constraints"].items():
        m.add_rows(name, keys[name], getattr(ROOMS[entry["room"]], name))
    return Program(m)


def _gather_columns(m: ProgramData) -> None:
    """Columns by what they have in common, so that rules need not search."""
    m.contents, m.columns_by_workload = power.site_contents(m.index), demand.columns_by_workload(m)
    m.columns_by_pool, m.leases_by_pool = demand.columns_by_pool(m, "allocated"), demand.columns_by_pool(m, "leased")
    m.placements_by_pool = runs.placements_by_pool(m)
    m.placements_of = gather_placements(m)
    m.emergency_columns_by_pool, m.emergency_columns_by_workload = policies.emergencies(m)
    m.terms_of = gather_terms(m.index)


def gather_placements(m: ProgramData) -> dict[str, dict[Placement, int]]:
    """Columns of each training run's placements."""
    found: dict[str, dict[Placement, int]] = defaultdict(dict)
    for place, column in m.col["placed"].items():
        found[place[0]][place] = column
    return found


def gather_terms(index: Index) -> dict[str, list[Any]]:
    """Terms of each of the planner's own rules."""
    found: dict[str, list[Any]] = defaultdict(list)
    for term in index.rows["rule_terms"]:
        found[term.rule].append(term)
    return found


def gather_money(m: ProgramData) -> None:
    """Money by month of what commitments and own rules count."""
    providers = dict.fromkeys(provider for provider, _ in m.col["spent"])
    m.counted = {provider: m.entries.by_month(commitments.counted_entries(m, provider)) for provider in providers}
    m.quantities = Quantities(m)


def book(m: ProgramData, terms: Iterable[str]) -> Entries:
    """A ledger of some cash terms."""
    m.months_wanted = defaultdict(list)
    for name, t in m.col["unserved"]:
        m.months_wanted[name].append(t)
    ledger = Ledger()
    for term in terms:
        getattr(payments, term)(m, ledger)
    return ledger.entries()
