"""A policy tried on a plan: from when on it can be kept at all, and the best plan that keeps it from then on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csc_array, hstack

from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.program.added_head import added_in
from optimizer.program.compile import Arrays
from optimizer.program.fixings import apply_fixings, fixings_of
from optimizer.solver.highs import Model
from optimizer.solver.mip_start import items_of_same_kinds
from optimizer.solver.reoptimise import ReoptimisationModel
from optimizer.solver.solution import Options, Stop
from optimizer.solving.clock import Clock, Tell
from optimizer.solving.solve import finish
from optimizer.solving.whatif import NO_PLAN, NOT_IN_TIME

_FAMILIES = {"max_share": "share_limit", "survive": "outage_demand"}
_NOISE = 1e-7  # in the program's units


@dataclass(frozen=True)
class Requirement:
    """A policy that a plan does not have.

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
        return f"at most {100 * self.limit:.1f} % of the capacity with {self.member}"


@dataclass(frozen=True)
class Kept:
    """The best plan found that keeps a requirement; None with the reason where there is none.

    Attributes
    ----------
    first : int
        First month in which it is kept.
    """

    requirement: Requirement
    first: int
    plan: Plan | None
    note: str = ""


def kept(plan: Plan, one: Requirement, options: Options, tell: Tell | None = None) -> Kept:
    """The best plan found that keeps a requirement from the first month on after which it always can be.

    Parameters
    ----------
    plan : Plan
        From which the search starts; all of it can change but what was held.
    one : Requirement
        What is asked.
    options : Options
        Of the search.
    tell : callable, optional
        Told how it goes on.

    Raises
    ------
    KeyboardInterrupt
        If the search was interrupted.
    """
    added = added_in(plan)
    live, first = ReoptimisationModel(with_policy(plan.instance, one, 0), added=added), 0
    hopeless = _hopeless(live, plan, one, options)
    if hopeless:
        first = max(hopeless) + 1
        if first >= plan.instance.head.months:
            return Kept(one, first, None, f"{NO_PLAN}: it cannot be kept in {len(hopeless)} of {first} months")
        live = ReoptimisationModel(with_policy(plan.instance, one, first), added=added)
    try:
        other = _search(live, plan, one, options, Clock(tell))
    except NoFeasiblePlan:
        return Kept(one, first, None, NO_PLAN)
    except StoppedWithoutPlan as error:
        if error.interrupted:
            raise KeyboardInterrupt from error
        return Kept(one, first, None, NOT_IN_TIME)
    if other.head["stopped"] == Stop.INTERRUPTED.value:
        raise KeyboardInterrupt
    return Kept(one, first, other)


def with_policy(instance: Instance, one: Requirement, first: int) -> Instance:
    """The instance with a requirement from a month on."""
    from optimizer.instance.read import read

    frames: dict[str, Any] = {table: instance.frame(table) for table, rows in instance.rows.items() if rows}
    names = {row.policy for row in instance.rows["policies"]}
    row = {"rule": one.rule, "subject": one.subject, "member": one.member, "limit": one.limit}
    row |= {"policy": policy_name(names), "from": instance.label(first)}
    frames["policies"] = pd.concat([instance.frame("policies"), pd.DataFrame([row], dtype=object)], ignore_index=True)
    return read({**frames, "instance": dict(vars(instance.head))})


def policy_name(names: set[str]) -> str:
    """A name that no policy has."""
    name = "asked"
    while name in names:
        name += "-too"
    return name


def _search(live: ReoptimisationModel, plan: Plan, one: Requirement, options: Options, clock: Clock) -> Plan:
    """Search from the plan, with its contracts (and what is built and bought, if it is about a site) left open."""
    holds, program = fixings_of(plan), live.program
    rows = program.instance.rows
    items = {row.contract for row in rows["contracts"]}
    items |= {row.purchase for row in rows["purchases"]} if one.subject == "site" else set()
    live.start(plan, holds, free=items_of_same_kinds(program, items))
    floor = -np.inf if plan.bound is None else plan.bound / program.units.money
    with clock.phase("solve"):
        report = clock.reporter(program.units.money)
        solution = live.solve(options, report, fixings=holds, duals=bool(rows["rules"]), known_bound=floor)
    return finish(program, live.arrays, solution, options, clock)


# ---------------------------------------------------------------- months in which it cannot be kept
def _hopeless(live: ReoptimisationModel, plan: Plan, one: Requirement, options: Options) -> list[int]:
    """Months in which not even the linear relaxation keeps it: it is as late as possible that it is broken.

    Each month may break it; what it is broken by is made least, a later month counting for more.
    """
    program = live.program
    policy = program.instance.rows["policies"][-1].policy
    family = _FAMILIES[one.rule]
    number = {name: place for place, name in enumerate(live.arrays.rows)}
    broken = [(number[family, key], key[-1]) for key in program.parts.rows[family] if key[0] == policy]
    held = apply_fixings(program, live.arrays, fixings_of(plan))
    loose = _loose(held, [row for row, _ in broken], [month + 1.0 for _, month in broken], one.rule == "survive")
    found = Model(loose).solve(replace(options, relax=True))
    if found.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    if found.values is None:
        return []  # something else has no plan, which the search tells
    amounts = found.values[len(held.cost) :]
    return sorted({month for (_, month), amount in zip(broken, amounts, strict=True) if amount > _NOISE})


def _loose(arrays: Arrays, rows: list[int], weights: list[float], lacking: bool) -> Arrays:
    """The linear relaxation with a column for what is lacking in, or over the limit of, each row; that is its cost."""
    count, more = len(arrays.cost), len(rows)
    slack = coo_array((np.full(more, 1.0 if lacking else -1.0), (rows, np.arange(more))), (len(arrays.row_lower), more))
    matrix = csc_array((arrays.values, arrays.indices, arrays.starts), shape=(len(arrays.row_lower), count))
    whole = hstack([matrix, slack], format="csc")
    return replace(
        arrays,
        cost=np.concatenate([np.zeros(count), weights]),
        offset=0.0,
        lower=np.concatenate([arrays.lower, np.zeros(more)]),
        upper=np.concatenate([arrays.upper, np.full(more, np.inf)]),
        integer=np.zeros(count + more, dtype=bool),
        starts=np.asarray(whole.indptr, dtype=np.int64),
        indices=np.asarray(whole.indices, dtype=np.int64),
        values=np.asarray(whole.data, dtype=float),
        columns=(*arrays.columns, *rows),
    )
