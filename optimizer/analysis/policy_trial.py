"""Trial of a policy on a plan: the first month from which it can be met, and the best plan that meets it from then."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.format import grouped
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.program.added_head import added_in
from optimizer.program.arrays import Arrays
from optimizer.program.fixings import apply_fixings, fixings_of
from optimizer.solver.highs import Model
from optimizer.solver.mip_start import items_of_same_kinds
from optimizer.solver.reoptimise import ReoptimisationModel
from optimizer.solver.solution import Options, Stop
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.solve import finish

_FAMILIES = {"max_share": "share_limit", "survive": "outage_demand"}
_NOISE = 1e-7  # in the program's units


@dataclass(frozen=True)
class Requirement:
    """A policy that the plan does not have.

    Attributes
    ----------
    rule, subject, member : str
        As in the table `policies`.
    limit : float
        As there.
    share : float
        The member's highest share of the capacity in the plan.
    """

    rule: str
    subject: str
    member: str
    limit: float
    share: float

    def __str__(self) -> str:
        if self.rule == "survive":
            return f"the loss of {self.member} survived"
        return f"at most {grouped(100 * self.limit, 1)} % of the capacity with {self.member}"


@dataclass(frozen=True)
class PolicyTrial:
    """Best plan found that meets a requirement, or None with the reason in ``note``.

    Attributes
    ----------
    requirement : Requirement
        The policy that was tried.
    first : int
        First month from which the policy applies.
    plan : Plan or None
        Best plan found.
    note : str
        Reason why there is no plan; ``""`` if there is one.
    """

    requirement: Requirement
    first: int
    plan: Plan | None
    note: str = ""

    @property
    def is_late(self) -> bool:
        """Whether the time limit ended the search without a plan."""
        return self.plan is None and self.note == StoppedWithoutPlan.note


def try_policy(plan: Plan, one: Requirement, options: Options, on_progress: OnProgress | None = None) -> PolicyTrial:
    """Find the best plan that meets a requirement from the first month on from which it can always be met.

    Parameters
    ----------
    plan : Plan
        Incumbent of the search; everything can change except decisions that were fixed.
    one : Requirement
        The policy to try.
    options : Options
        Options of the search.
    on_progress : callable, optional
        Called with the progress of the search.

    Raises
    ------
    KeyboardInterrupt
        If the search was interrupted.
    """
    added = added_in(plan)
    live, first = ReoptimisationModel(with_policy(plan.instance, one, 0), added=added), 0
    unattainable = _unattainable_months(live, plan, one, options)
    if unattainable:
        first = max(unattainable) + 1
        if first >= plan.instance.head.months:
            note = f"{NoFeasiblePlan.note}: it cannot be kept in {len(unattainable)} of {first} months"
            return PolicyTrial(one, first, None, note)
        live = ReoptimisationModel(with_policy(plan.instance, one, first), added=added)
    try:
        other = _search(live, plan, one, options, Clock(on_progress))
    except (NoFeasiblePlan, StoppedWithoutPlan) as error:
        if isinstance(error, StoppedWithoutPlan) and error.interrupted:
            raise KeyboardInterrupt from error
        return PolicyTrial(one, first, None, error.note)
    if other.head["stopped"] == Stop.INTERRUPTED.value:
        raise KeyboardInterrupt
    return PolicyTrial(one, first, other)


def with_policy(instance: Instance, one: Requirement, first: int) -> Instance:
    """Return the instance with the requirement as a policy from a month on."""
    names = {row.policy for row in instance.rows["policies"]}
    row = {"rule": one.rule, "subject": one.subject, "member": one.member, "limit": one.limit}
    row |= {"policy": policy_name(names), "from": instance.label(first)}
    return instance.replace({"policies": pd.concat([instance.policies, pd.DataFrame([row], dtype=object)])})


def policy_name(names: set[str]) -> str:
    """Return a policy name that is not in use."""
    name = "trial"
    while name in names:
        name += "-too"
    return name


def _search(live: ReoptimisationModel, plan: Plan, one: Requirement, options: Options, clock: Clock) -> Plan:
    """Search from the plan with its contracts free; for a site, also with its builds and purchases free."""
    fixings, program = fixings_of(plan), live.program
    rows = program.instance.rows
    items = {row.contract for row in rows["contracts"]}
    items |= {row.purchase for row in rows["purchases"]} if one.subject == "site" else set()
    live.start(plan, fixings, free=items_of_same_kinds(program, items))
    known_bound = -np.inf if plan.bound is None else plan.bound / program.units.money
    with clock.phase("solve"):
        report = clock.reporter(program.units.money)
        solution = live.solve(options, report, fixings=fixings, duals=bool(rows["rules"]), known_bound=known_bound)
    return finish(program, live.arrays, solution, options, clock)


# ---------------------------------------------------------------- months in which it cannot be met
def _unattainable_months(live: ReoptimisationModel, plan: Plan, one: Requirement, options: Options) -> list[int]:
    """Return the months in which even the linear relaxation violates the policy.

    Each month has a slack. The weighted sum of the slacks is minimised, with higher weights for later months, so that
    violations lie as early as possible.
    """
    program = live.program
    policy = program.instance.rows["policies"][-1].policy
    family = _FAMILIES[one.rule]
    number = {name: place for place, name in enumerate(live.arrays.rows)}
    rows = [(number[family, key], key[-1]) for key in program.parts.rows[family] if key[0] == policy]
    fixed = apply_fixings(program, live.arrays, fixings_of(plan))
    loose = _with_slacks(fixed, [row for row, _ in rows], [month + 1.0 for _, month in rows], one.rule == "survive")
    found = Model(loose).solve(replace(options, relax=True))
    if found.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    if found.values is None:
        return []  # infeasible for another reason, which the search reports
    amounts = found.values[len(fixed.cost) :]
    return sorted({month for (_, month), amount in zip(rows, amounts, strict=True) if amount > _NOISE})


def _with_slacks(arrays: Arrays, rows: list[int], weights: list[float], shortfall: bool) -> Arrays:
    """Return the linear relaxation with a slack for each row and the weighted slacks as its cost."""
    count = len(rows)
    terms = rows, range(count), np.full(count, 1.0 if shortfall else -1.0)
    return arrays.without_cost().relaxed().with_columns(rows, terms, weights, np.full(count, np.inf))
