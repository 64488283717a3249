"""Comparison of two plans: differences of decisions, capacity, money and service, and of the inputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.format import counted, grouped, signed_number
from optimizer.instance.differences import differences
from optimizer.plan.by_scenario import refuse_uncertain
from optimizer.plan.compare_decisions import decision_changes
from optimizer.plan.compare_items import item_changes
from optimizer.plan.compare_roll import LinedUp, line_up

if TYPE_CHECKING:
    from optimizer.instance.instance import Instance
    from optimizer.plan.plan import Plan

_NOISE = 1e-9  # relative to the compared figures: smaller differences count as zero
_MONEY = ("amount", "present_value")


@dataclass(frozen=True)
class Comparison:
    """Comparison of two plans; differences are always ``b`` minus ``a``.

    Attributes
    ----------
    a, b : Plan
        The plans; of plans with different starts, the earlier one from the month on in which the other one starts.
    names : tuple of str
        Names of the plans.
    notes : tuple of str
        Limits of the comparison: different currencies or months, gaps.
    instances : tuple of Instance
        Whose inputs are compared: those of the plans; of the plan that starts earlier its instance rolled forward.
    decided : DataFrame
        Of plans with different starts: what the earlier one decides before the other one starts, and what was decided
        since: ``as planned``, ``moved``, ``resized``, ``moved and resized``, ``not done``, ``not
        planned``, or ``over`` before the other plan starts.
    decisions : DataFrame
        Decisions that are ``added``, ``dropped``, ``moved``, ``resized``, ``moved and resized``, with other terms
        (``changed``), or in a month that the other plan does not cover (``outside``).
    terms, parties : DataFrame
        Money by cash term and by party, nominal and as present value; the differences sum to that of the objectives.
    items : DataFrame
        Money by item, with the changes of its decisions and of its inputs as text; the differences sum likewise.
    capacity : DataFrame
        Accelerators and MW by month and party, where they differ.
    cost : DataFrame
        Money by month and party, where it differs.
    service : DataFrame
        Demand and unserved demand by workload.
    inputs : DataFrame
        Cells of the instances that differ.
    causes : DataFrame
        What each changed input explains of the difference, if :func:`optimizer.causes` found it.
    """

    a: Plan
    b: Plan
    names: tuple[str, str]
    notes: tuple[str, ...]
    instances: tuple[Instance, Instance]
    decided: pd.DataFrame
    decisions: pd.DataFrame
    terms: pd.DataFrame
    parties: pd.DataFrame
    items: pd.DataFrame
    capacity: pd.DataFrame
    cost: pd.DataFrame
    service: pd.DataFrame
    inputs: pd.DataFrame
    causes: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def difference(self) -> float:
        """Net present cost of ``b`` minus that of ``a``."""
        return self.b.objective - self.a.objective

    @property
    def months(self) -> list[str]:
        """Months that both plans cover."""
        return common_months(self.a, self.b)

    def __repr__(self) -> str:
        """Return one line: names, difference of the costs, number of decisions that differ."""
        currency = self.b.instance.head.currency
        return (
            f"<Comparison {self.names[0]} → {self.names[1]}: {signed_number(self.difference, 2)} {currency}, "
            f"{counted(len(self.decisions), 'decision')} and {counted(len(self.inputs), 'input')} differ>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values, as ``capopt compare --json`` prints it."""
        tables = ("decided", "decisions", "terms", "parties", "items", "capacity", "cost", "service", "inputs")
        return {
            "a": _summary(self.a, self.names[0]),
            "b": _summary(self.b, self.names[1]),
            "difference": self.difference,
            "notes": list(self.notes),
            **{name: getattr(self, name).to_dict("records") for name in tables},
            "causes": self.causes.astype(object).where(self.causes.notna(), None).to_dict("records"),
        }


def _summary(plan: Plan, name: str) -> dict[str, Any]:
    head = plan.instance.head
    content = plan.head.get("instance", {}).get("hash", plan.instance.hash)
    known = {"instance": head.name, "hash": content, "currency": head.currency, "start": head.start}
    proven = {"objective": plan.objective, "bound": plan.bound, "gap": plan.gap, "status": plan.status}
    return {"name": name, **known, "months": head.months, **proven}


def compare(a: Plan, b: Plan, names: tuple[str, str] = ("A", "B")) -> Comparison:
    """Compare two plans: what changed, and how much it costs.

    Parameters
    ----------
    a, b : Plan
        The plans; differences are ``b`` minus ``a``.
    names : tuple of str
        Names of the plans in notes and captions.

    Returns
    -------
    Comparison
        Tables of the differences.
    """
    for plan in (a, b):
        refuse_uncertain(plan, "a comparison")
    lined_up = line_up(a, b, names)
    notes = [*_notes(a, b, names), *lined_up.notes, *_proof_notes(lined_up, names)]
    a, b = lined_up.a, lined_up.b
    decisions, inputs = decision_changes(a, b), differences(*lined_up.instances)
    return Comparison(
        a=a,
        b=b,
        names=names,
        notes=tuple(notes),
        instances=lined_up.instances,
        decided=lined_up.decided,
        decisions=decisions,
        terms=_money(a, b, ["term"]),
        parties=_money(a, b, ["party"]),
        items=item_changes(_money(a, b, ["item", "party"]), decisions, inputs, _hourly(a, b)),
        capacity=_differing(sums_of_both(a.capacity, b.capacity, ["month", "party"], ["accelerators", "mw"])),
        cost=_differing(_money(a, b, ["month", "party"])),
        service=sums_of_both(a.service, b.service, ["workload"], ["demand", "unserved"]),
        inputs=inputs,
    )


def common_months(a: Plan, b: Plan) -> list[str]:
    """Months that both plans cover."""
    return sorted({*_months(a)} & {*_months(b)})


def _months(plan: Plan) -> list[str]:
    return [plan.instance.label(t) for t in range(plan.instance.head.months)]


def sums_of_both(a: pd.DataFrame, b: pd.DataFrame, keys: list[str], values: Sequence[str]) -> pd.DataFrame:
    """Sum two tables by some columns, with the differences of the sums; noise counts as zero."""
    sums = [table.groupby(keys)[list(values)].sum() for table in (a, b)]
    index = sums[0].index.union(sums[1].index)
    before, after = (one.reindex(index, fill_value=0.0) for one in sums)
    found = index.to_frame(index=False)
    for value in values:
        old, new = before[value].to_numpy(dtype=float), after[value].to_numpy(dtype=float)
        change = new - old
        change[abs(change) <= _NOISE * (abs(old) + abs(new))] = 0.0
        found[f"{value}_a"], found[f"{value}_b"], found[f"{value}_difference"] = old, new, change
    return found


def _money(a: Plan, b: Plan, keys: list[str]) -> pd.DataFrame:
    return sums_of_both(a.cash, b.cash, keys, _MONEY)


def _hourly(a: Plan, b: Plan) -> pd.DataFrame:
    """Return the on-demand use that differs: accelerator-months by offer."""
    before, after = (plan.capacity[plan.capacity["source"] == "on_demand"] for plan in (a, b))
    return _differing(sums_of_both(before, after, ["pool"], ["accelerators"]))


def _differing(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with any difference."""
    columns = [name for name in table.columns if name.endswith("_difference")]
    return table[(table[columns] != 0).any(axis=1)].reset_index(drop=True)


# ---------------------------------------------------------------- limits of the comparison
def _notes(a: Plan, b: Plan, names: tuple[str, str]) -> Iterator[str]:
    first, second = names
    old, new = a.instance.head, b.instance.head
    if old.name != new.name:
        yield f"{first} plans the instance {old.name}, {second} plans {new.name}."
    if old.currency != new.currency:
        yield (
            f"Money is in {old.currency} in {first} and in {new.currency} in {second}: its differences are those of "
            "plain numbers and mean nothing."
        )
    yield from _month_notes(a, b, names)


def _month_notes(a: Plan, b: Plan, names: tuple[str, str]) -> Iterator[str]:
    spans = [_months(a), _months(b)]
    if spans[0] == spans[1]:
        return
    covered = [f"{name} covers {span[0]} to {span[-1]}" for name, span in zip(names, spans, strict=True)]
    both = common_months(a, b)
    common = f"both cover {counted(len(both), 'month')}" if both else "they have no month in common"
    yield f"{covered[0]}, {covered[1]}; {common}."
    if spans[0][0] != spans[1][0] and not both:
        yield f"Present values are discounted to {spans[0][0]} in {names[0]} and to {spans[1][0]} in {names[1]}."
    if both:
        sums = [float(plan.cash.loc[plan.cash["month"].isin(both), "amount"].sum()) for plan in (a, b)]
        change = f"{signed_number(sums[1] - sums[0])} {b.instance.head.currency}"
        yield f"In the months that both cover, money out differs by {change}, nominal."


def _added(plan: Plan) -> list[dict[str, Any]]:
    """Return the constraints that were added to the program of a plan, without their values."""
    found = (plan.head.get("added") or {}).get("constraints", ())
    return [{key: value for key, value in one.items() if key != "value"} for one in found]


def _proof_notes(lined_up: LinedUp, names: tuple[str, str]) -> Iterator[str]:
    """Describe what was fixed or added, and what is proven of the difference."""
    a, b, (first, second) = lined_up.a, lined_up.b, lined_up.instances
    for plan, name in zip((a, b), names, strict=True):
        if plan.head.get("held"):
            yield f"Fixed in {name}: {', '.join(map(str, plan.head['held']))}."
        if _added(plan):
            yield f"Added to the program of {name}: {', '.join(str(one['name']) for one in _added(plan))}."
    same = first.hash == second.hash and a.head.get("held") == b.head.get("held") and _added(a) == _added(b)
    if same:
        yield "The inputs are the same: any difference comes from the search and its options."
    if a.bound is None or b.bound is None:
        return
    yield from () if same else _interval_note(a, b, names)
    left = (a.objective - a.bound) + (b.objective - b.bound)
    change = abs(b.objective - a.objective)
    if 0 < change <= left:
        yield (
            f"The costs differ by no more than the gaps of the two plans together ({grouped(left)} "
            f"{b.instance.head.currency}): a part of the difference may come from the search alone."
        )


def _interval_note(a: Plan, b: Plan, names: tuple[str, str]) -> Iterator[str]:
    """Describe the proven interval of the difference of the optimal plans, if it is not a single figure."""
    currency = b.instance.head.currency
    if a.instance.head.currency != currency or a.bound is None or b.bound is None:
        return
    least, most = b.bound - a.objective, b.objective - a.bound
    if most - least > _NOISE * (abs(a.objective) + abs(b.objective)):
        low, high = signed_number(math.floor(least)), signed_number(math.ceil(most))
        yield (
            f"The best plan of {names[1]} is proven to cost between {low} and {high} {currency} more than that of "
            f"{names[0]}; tables below compare the plans found."
        )
