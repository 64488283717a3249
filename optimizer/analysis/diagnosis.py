"""What a diagnosis holds, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optimizer.analysis.repair_text import GivenUp
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan

_NOTHING = "No loosening of budgets, service, runs, policies, rules, power or agreed outlets gives a plan."


@dataclass(frozen=True)
class Reason:
    """One conflict: things that cannot all hold.

    Attributes
    ----------
    text : str
        In one sentence.
    parts : tuple of str
        What clashes, each with the table rows it comes from.
    sources : tuple of str
        All these table rows, such as ``contracts.csv row 3``.
    months : tuple of str
        Months in which the same things clash; empty where it is about no single month.
    irreducible : bool
        Whether it is proven that without any one of the parts the others could hold.
    unproven_months : tuple of str
        Those of the months for which the clash is proven, and not that it needs all of its parts.
    inputs : tuple of str
        The inputs that clash, as table, item and column (``budgets.cap.amount``): with all others given up there is no
        plan; with any one of these given up too there is one.
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
    """A repair and the plan that proves it.

    Attributes
    ----------
    edits : tuple of Edit
        What is given up, as edits.
    given_up : tuple of GivenUp
        The same in words.
    share : float
        How much is given up: the shares of each value, or of the months in which a rule holds, added up.
    plan : Plan
        Plan of the repaired instance.
    first : bool
        Whether of the inputs that it changes it gives up least.
    priced : bool
        Whether the plan's cost counts all that it takes; more power is not paid for.
    """

    edits: tuple[Edit, ...]
    given_up: tuple[GivenUp, ...]
    share: float
    plan: Plan
    first: bool = True
    priced: bool = True

    @property
    def text(self) -> str:
        """In one line, with what its plan costs."""
        cost = f"{self.plan.objective:,.0f} {self.plan.instance.head.currency}"
        apart = "" if self.priced else ", the power not counted"
        return f"{'; '.join(one.text for one in self.given_up)}. It costs {cost}{apart}{doubt(self.plan)}."

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "repair": [str(edit) for edit in self.edits],
            "given_up": [one.to_dict() for one in self.given_up],
            "share": self.share,
            "objective": self.plan.objective,
            "bound": self.plan.bound,
            "text": self.text,
        }


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """Why there is no plan, and what would give one.

    Attributes
    ----------
    feasible : bool
        Whether there is a plan after all.
    reasons : tuple of Reason
        Every conflict found.
    repair : tuple of Edit
        The best of the repairs, as edits; empty where nothing that can be given up is enough.
    plan : Plan or None
        A plan of the repaired instance, which proves the repair; its cost is the repair's.
    given_up : tuple of GivenUp
        The repair in words: for each edit what it changes, from which value to which, in which table rows.
    complete : bool
        Whether all conflicts were found; where time ended the search there may be more.
    least : bool
        Whether it is proven that no other inputs, changed as little as can be, give a cheaper plan.
    stopped : bool
        Whether time ended the search before any repair was found.
    remarks : tuple of str
        What the tables alone show to be impossible, cell by cell, before anything is solved.
    others : tuple of ProvenRepair
        Other repairs that cost about as much, the cheapest first.
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

    def __repr__(self) -> str:
        """One line: how many conflicts, what to give up, at which cost."""
        if self.feasible:
            return "<Diagnosis: feasible>"
        cost = "" if self.plan is None else f", {self.plan.objective:,.2f} {self.plan.instance.head.currency} with it"
        return f"<Diagnosis: {len(self.reasons)} reasons, repair {[str(edit) for edit in self.repair]}{cost}>"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
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
        }

    def text(self) -> str:
        """For people."""
        if self.feasible:
            return "There is a plan that meets all rules."
        lines = ["There is no plan that meets all rules."]
        if self.remarks:
            lines += ["", "The tables alone show:", *(f"   {remark}" for remark in self.remarks)]
        lines += ["", *self._conflicts(), "", *self._repair()]
        return "\n".join(lines)

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
        cost = f"{self.plan.objective:,.0f} {self.plan.instance.head.currency}"
        apart = ", the power not counted" if any(one.table == "power" for one in self.given_up) else ""
        lines.append(f"With that there is a plan, which costs {cost}{apart}{doubt(self.plan)}.")
        if self.others:
            lines.append("Other repairs that cost about as much:")
            lines += [f"   {number}. {one.text}" for number, one in enumerate(self.others, start=2)]
        return lines


def doubt(plan: Plan) -> str:
    """How far the cost may be from the least."""
    if plan.gap is None:
        return "; nothing is proven about a cheaper one"
    return "" if plan.status == "optimal" else f"; at most {100 * plan.gap:.3g} % of it could be saved"
