"""The result of a diagnosis, and its text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from optimizer.analysis.repair_text import GivenUp
from optimizer.format import counted, grouped
from optimizer.instance.edit import Edit, parse_edit
from optimizer.plan.plan import Plan

_NO_PLAN = "There is no plan that meets all rules."
_ADVICE = "Relax one of these rules, or let the scenarios be known earlier; repairs are for single scenarios only."
_NOTHING = "No loosening of budgets, service, runs, policies, rules, power or agreed outlets gives a plan."


@dataclass(frozen=True)
class Reason:
    """One conflict: requirements and limits that cannot all be met.

    Attributes
    ----------
    text : str
        The conflict in one sentence.
    parts : tuple of str
        Members of the conflict, each with its table rows.
    sources : tuple of str
        All these table rows, such as ``contracts.csv row 3``.
    months : tuple of str
        Months in which the same members conflict; empty if the conflict does not concern single months.
    irreducible : bool
        Whether it is proven that the others can be met if any one of the parts is removed.
    unproven_months : tuple of str
        Months for which the conflict is proven, but not that it is irreducible.
    inputs : tuple of str
        Inputs in conflict, as table, item and column (``budgets.cap.amount``): there is no plan even with all other
        inputs relaxed, and there is one if any of these is relaxed too.
    """

    text: str
    parts: tuple[str, ...]
    sources: tuple[str, ...]
    months: tuple[str, ...] = ()
    irreducible: bool = True
    unproven_months: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProvenRepair:
    """A repair and the plan that verifies it.

    Attributes
    ----------
    edits : tuple of Edit
        Changes of the inputs, as edits.
    given_up : tuple of GivenUp
        The same as text.
    share : float
        Size of the repair: sum of the relative changes of values, or of the shares of months in which a rule applies.
    plan : Plan
        Plan of the repaired instance.
    first : bool
        Whether it is the smallest repair of the inputs that it changes.
    priced : bool
        Whether the plan's cost includes the repair; additional power has no price.
    """

    edits: tuple[Edit, ...]
    given_up: tuple[GivenUp, ...]
    share: float
    plan: Plan
    first: bool = True
    priced: bool = True

    @property
    def text(self) -> str:
        """The repair in one line, with the cost of its plan."""
        cost = f"{grouped(self.plan.objective)} {self.plan.instance.head.currency}"
        without_power = "" if self.priced else ", the power not counted"
        return f"{'; '.join(one.text for one in self.given_up)}. It costs {cost}{without_power}{doubt(self.plan)}."

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, for JSON."""
        return {
            "repair": [str(edit) for edit in self.edits],
            "given_up": [one.to_dict() for one in self.given_up],
            "share": self.share,
            "objective": self.plan.objective,
            "bound": self.plan.bound,
            "text": self.text,
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], plan: Plan) -> ProvenRepair:
        """Return the repair that :meth:`to_dict` has written; ``plan`` verifies it."""
        given_up = tuple(map(GivenUp.from_dict, found["given_up"]))
        priced = not any(one.table == "power" for one in given_up)
        return cls(tuple(map(parse_edit, found["repair"])), given_up, found["share"], plan, priced=priced)


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """Conflicts of an infeasible instance, and repairs.

    Attributes
    ----------
    feasible : bool
        Whether the instance has a plan after all.
    reasons : tuple of Reason
        All conflicts found.
    repair : tuple of Edit
        The best repair, as edits; empty if no change of the relaxable inputs is sufficient.
    plan : Plan or None
        Plan of the repaired instance, which verifies the repair and gives its cost.
    given_up : tuple of GivenUp
        The repair as text: for each edit the input, its present and required value, and the table rows.
    complete : bool
        Whether all conflicts were found; after a time limit there may be more.
    least : bool
        Whether it is proven that no minimal change of other inputs gives a cheaper plan.
    stopped : bool
        Whether the time limit was reached before any repair was found.
    remarks : tuple of str
        Cells that are impossible by the tables alone, found before any search.
    others : tuple of ProvenRepair
        Other repairs of similar cost, the cheapest first.
    by_scenario : mapping of str to Diagnosis
        Under uncertainty, the diagnosis of scenarios without a plan of their own; by their names, in words.
    is_shared : bool
        Whether each scenario has a plan of its own, and the conflict is that they share decisions.
    """

    feasible: bool
    reasons: tuple[Reason, ...] = ()
    repair: tuple[Edit, ...] = ()
    plan: Plan | None = None
    given_up: tuple[GivenUp, ...] = ()
    complete: bool = True
    least: bool = True
    stopped: bool = False
    remarks: tuple[str, ...] = ()
    others: tuple[ProvenRepair, ...] = ()
    by_scenario: Mapping[str, Diagnosis] = field(default_factory=dict)
    is_shared: bool = False

    def __repr__(self) -> str:
        """Return one line: number of conflicts, repair and cost."""
        if self.feasible:
            return "<Diagnosis: feasible>"
        cost = (
            ""
            if self.plan is None
            else f", {grouped(self.plan.objective, 2)} {self.plan.instance.head.currency} with it"
        )
        return (
            f"<Diagnosis: {counted(len(self.reasons), 'reason')}, repair {[str(edit) for edit in self.repair]}{cost}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, for JSON."""
        plan = self.plan
        return {
            "feasible": self.feasible,
            "reasons": [vars(reason) for reason in self.reasons],
            "complete": self.complete,
            "repair": [str(edit) for edit in self.repair],
            "given_up": [one.to_dict() for one in self.given_up],
            "least": self.least,
            "stopped": self.stopped,
            "remarks": list(self.remarks),
            "repaired_objective": None if plan is None else plan.objective,
            "repaired_bound": None if plan is None else plan.bound,
            "other_repairs": [one.to_dict() for one in self.others],
            **self._of_scenarios(),
        }

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Plans that verify repairs: of the best, of the others, then those of each scenario."""
        mine = () if self.plan is None else (self.plan,)
        of_scenarios = (plan for one in self.by_scenario.values() for plan in one.plans)
        return (*mine, *(other.plan for other in self.others), *of_scenarios)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], plans: Iterator[Plan]) -> Diagnosis:
        """Return the diagnosis that :meth:`to_dict` has written; ``plans`` yields its :attr:`plans`."""
        return cls(
            feasible=found["feasible"],
            reasons=tuple(_read_reason(one) for one in found["reasons"]),
            repair=tuple(map(parse_edit, found["repair"])),
            plan=None if found["repaired_objective"] is None else next(plans),
            given_up=tuple(map(GivenUp.from_dict, found["given_up"])),
            **{name: found[name] for name in ("complete", "least", "stopped")},
            remarks=tuple(found["remarks"]),
            others=tuple(ProvenRepair.from_dict(one, next(plans)) for one in found["other_repairs"]),
            by_scenario={name: cls.from_dict(one, plans) for name, one in found.get("by_scenario", {}).items()},
            is_shared=found.get("shared", False),
        )

    def _of_scenarios(self) -> dict[str, Any]:
        """Return what only the diagnosis of an instance with scenarios has."""
        if self.is_shared:
            return {"shared": True}
        if self.by_scenario:
            return {"by_scenario": {name: one.to_dict() for name, one in self.by_scenario.items()}}
        return {}

    def text(self) -> str:
        """Return the diagnosis as text for planners."""
        if self.feasible:
            return "There is a plan that meets all rules."
        return "\n".join([_NO_PLAN, *self._details()])

    def _details(self) -> list[str]:
        """Return conflicts and repairs, of each scenario that has no plan of its own."""
        if self.is_shared:
            return ["", *self._shared()]
        lines = [] if not self.remarks else ["", "The tables alone show:", *(f"   {remark}" for remark in self.remarks)]
        for name, one in self.by_scenario.items():
            lines += ["", f"Alone, {name} has no plan:", *(one._details()[1:])]
        return lines if self.by_scenario else [*lines, "", *self._conflicts(), "", *self._repair()]

    def _shared(self) -> list[str]:
        (reason,) = self.reasons
        doubt = "" if reason.irreducible else " (not proven irreducible in the time: some may not matter)"
        lines = [f"Each scenario has a plan of its own, but these cannot hold together{doubt}:"]
        return [*lines, *(f"   {part}" for part in reason.parts), _ADVICE]

    def _conflicts(self) -> list[str]:
        if not self.reasons:
            return ["No conflict was found in time; give it more time."]
        lines = ["These cannot hold together:" if len(self.reasons) == 1 else "These conflicts stand in the way:"]
        lines += [f"{number}. {reason.text}" for number, reason in enumerate(self.reasons, start=1)]
        more = "The search for conflicts ended early: there may be more."
        return lines if self.complete else [*lines, more]

    def _repair(self) -> list[str]:
        if not self.repair:
            return ["No repair was found in time; give it more time." if self.stopped else _NOTHING]
        head = "The cheapest repair:" if self.least else "A repair (a cheaper one may be there; time ran out):"
        lines = [head, *(f"   {one.text}" for one in self.given_up)]
        if self.plan is None:
            return [*lines, "No plan was found in time to prove it; give it more time."]
        cost = f"{grouped(self.plan.objective)} {self.plan.instance.head.currency}"
        without_power = ", the power not counted" if any(one.table == "power" for one in self.given_up) else ""
        lines.append(f"With that there is a plan, which costs {cost}{without_power}{doubt(self.plan)}.")
        if self.others:
            lines.append("Other repairs that cost about as much:")
            lines += [f"   {number}. {one.text}" for number, one in enumerate(self.others, start=2)]
        return lines


def _read_reason(found: Mapping[str, Any]) -> Reason:
    values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in found.items()}
    return Reason(**values)


def doubt(plan: Plan) -> str:
    """Describe how far the cost may be above the minimum; ``""`` for an optimal plan."""
    if plan.gap is None:
        return "; nothing is proven about a cheaper one"
    return "" if plan.status == "optimal" else f"; at most {100 * plan.gap:.3g} % of it could be saved"
