"""Figures of rows and bounds of the program: requirements, existing capacity, and months with more of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optimizer.format import counted, exact_percent, in_full
from optimizer.program.orders import order_months

_SENSES = {"<=": "at most", ">=": "at least", "=": "exactly"}


def figure_of(index: Any, family: str, key: tuple[Any, ...]) -> str:
    """Return the figures of a row or a bound, ``""`` without any."""
    return _FIGURES[family](index, *key) if family in _FIGURES else ""


def _served(index: Any, workload: str, t: int) -> str:
    least, wanted = index.workloads[workload].min_service, float(index.demand[workload][t])
    return f"at least {in_full(least * wanted)} of {in_full(wanted)} reference-accelerators ({exact_percent(least)})"


def _stock(index: Any, pool: str, t: int) -> str:
    if pool in index.offers:
        most = index.offers[pool].max_accelerators * index.share_left(pool, t)
        return f"at most {in_full(most)} accelerators{_interrupted(index, pool, t)}"
    if pool not in index.fleet:
        return ""
    return f"{in_full(float(index.fleet[pool][t]))} accelerators of the fleet{_bought(index, pool, t)}"


def _interrupted(index: Any, item: str, t: int) -> str:
    """What interruptions leave of an item in a month, if that is not all."""
    left = index.share_left(item, t)
    return "" if left == 1 else f" ({exact_percent(left)} of them, interrupted)"


def _bought(index: Any, pool: str, t: int) -> str:
    """When what is bought for a pool is there, if that is later."""
    starts = [index.installed_months[name] for name in index.purchases_of.get(pool, [])]
    later = [months.start for months in starts if months and months.start > t]
    return _from(index, "purchases", later) if later and len(later) == len(starts) else ""


def _from(index: Any, what: str, months: list[int]) -> str:
    return f", {what} deliver from {index.instance.label(min(months))}"


def _power(index: Any, site: str, t: int) -> str:
    """Power supplied, and when builds bring more."""
    mw = float(index.supply[site][t]) * index.share_left(site, t)
    text = f"{in_full(mw)} MW supplied{_interrupted(index, site, t)}"
    if any(a.supplies_mw and a.row.site == site and t in a.months for a in index.agreements.values()):
        text += ", contracts apart"
    orders = [(order_months(row, index.horizon), row.lead_months) for row in index.builds.values() if row.site == site]
    starts = [months.start + lead for months, lead in orders if months]
    if not starts:
        return text
    if min(starts) >= index.horizon:
        return f"{text}, no build delivers within the plan"
    return text + _from(index, "builds", starts) if min(starts) > t else f"{text}, builds apart"


def _blocks(index: Any, name: str, _: int) -> str:
    agreement = index.agreements[name]
    row = agreement.row
    each = f"{in_full(row.accelerators_per_block)} accelerators"
    size = each if row.accelerators_per_block else f"{in_full(row.mw_per_block)} MW"
    if agreement.committed is not None:
        return f"{counted(agreement.committed, 'block')} of {size} {'is' if agreement.committed == 1 else 'are'} agreed"
    return f"at most {counted(agreement.most_blocks, 'block')} of {size}"


def _cover(index: Any, name: str, _: int) -> str:
    row = index.agreements[name].row
    return f"{in_full(row.accelerators_per_block)} accelerators a block"


def _least(index: Any, name: str, _: int) -> str:
    return f"at least {in_full(index.agreements[name].least_blocks)}"


def _critical(index: Any, policy: str, _: str, workload: str, t: int) -> str:
    limit, row, wanted = index.policies[policy].limit, index.workloads[workload], float(index.demand[workload][t])
    need = in_full(limit * row.critical * wanted)
    return (
        f"{need} of {in_full(wanted)} reference-accelerators ({exact_percent(limit)} of {exact_percent(row.critical)})"
    )


def _budget(index: Any, name: str) -> str:
    row = next(row for row in index.rows["budgets"] if row.budget == name)
    return f"at most {in_full(row.amount)}"


def _run(index: Any, name: str) -> str:
    """What a run takes: its work, and from when to when."""
    row = index.runs[name]
    last = index.horizon - 1 if row.deadline is None else min(int(row.deadline), index.horizon - 1)
    ends = [index.instance.label(max(month, 0)) for month in (int(row.release or 0), last)]
    window = f"from {ends[0]} to {ends[1]}" if ends[0] != ends[1] else f"in {ends[0]}"
    cut = ", where the plan ends" if row.deadline is not None and row.deadline >= index.horizon else ""
    return f"{in_full(row.work)} reference-accelerator-months {window}{cut}"


_FIGURES: dict[str, Callable[..., str]] = {
    "unserved": _served,
    "demand_met": lambda index, name, t: f"{in_full(float(index.demand[name][t]))} reference-accelerators are wanted",
    "used": _stock,
    "in_house_capacity": _stock,
    "in_force": _blocks,
    "started": _blocks,
    "outlet_cover": _cover,
    "signature_least": _least,
    "site_power": _power,
    "budget_limit": _budget,
    "share_limit": lambda index, policy, *_: f"at most {exact_percent(index.policies[policy].limit)}",
    "outage_demand": _critical,
    "own_rule": lambda index, rule, _: f"{_SENSES[index.own_rules[rule].sense]} {in_full(index.own_rules[rule].rhs)}",
    "built": lambda index, build, _: f"at most {counted(index.builds[build].max_blocks, 'block')}",
    "purchase_total": lambda index, name: f"at most {in_full(index.purchases[name].max_total)} accelerators",
    "bought": lambda index, name, _: _per_month(index, name),
    "run_once": _run,
}


def _per_month(index: Any, name: str) -> str:
    most = index.purchases[name].max_per_month
    return "" if most is None else f"at most {in_full(most)} accelerators"
