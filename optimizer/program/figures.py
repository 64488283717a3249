"""The figures behind rows and bounds of the program: what is needed, what there is, and from when on there is more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optimizer.program.orders import order_months

_SENSES = {"<=": "at most", ">=": "at least", "=": "exactly"}


def figure_of(ix: Any, family: str, key: tuple[Any, ...]) -> str:
    """The figures behind a row or a bound, ``""`` without any."""
    return _FIGURES[family](ix, *key) if family in _FIGURES else ""


def number(value: float) -> str:
    """A number in full, fractions to six digits."""
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


def share(value: float) -> str:
    """A share in per cent."""
    return f"{100 * value:.6g} %"


def _served(ix: Any, workload: str, t: int) -> str:
    least, wanted = ix.workloads[workload].min_service, float(ix.demand[workload][t])
    return f"at least {number(least * wanted)} of {number(wanted)} reference-accelerators ({share(least)})"


def _stock(ix: Any, pool: str, t: int) -> str:
    if pool in ix.offers:
        return f"at most {number(ix.offers[pool].max_accelerators)} accelerators"
    if pool not in ix.fleet:
        return ""
    return f"{number(float(ix.fleet[pool][t]))} accelerators of the fleet{_bought(ix, pool, t)}"


def _bought(ix: Any, pool: str, t: int) -> str:
    """When what is bought for a pool is there, if that is later."""
    starts = [ix.installed_months[name] for name in ix.purchases_of.get(pool, [])]
    later = [months.start for months in starts if months and months.start > t]
    return _from(ix, "purchases", later) if later and len(later) == len(starts) else ""


def _from(ix: Any, what: str, months: list[int]) -> str:
    return f", {what} deliver from {ix.instance.label(min(months))}"


def _power(ix: Any, site: str, t: int) -> str:
    """Power supplied, and when builds bring more."""
    text = f"{number(float(ix.supply[site][t]))} MW supplied"
    orders = [(order_months(row, ix.horizon), row.lead_months) for row in ix.builds.values() if row.site == site]
    starts = [months.start + lead for months, lead in orders if months]
    if not starts:
        return text
    if min(starts) >= ix.horizon:
        return f"{text}, no build delivers within the plan"
    return text + _from(ix, "builds", starts) if min(starts) > t else f"{text}, builds apart"


def _blocks(ix: Any, name: str, _: int) -> str:
    agreement = ix.agreements[name]
    row = agreement.row
    each = f"{number(row.accelerators_per_block)} accelerators"
    size = each if row.accelerators_per_block else f"{number(row.mw_per_block)} MW"
    if agreement.committed is not None:
        return f"{_counted(agreement.committed)} of {size} {'is' if agreement.committed == 1 else 'are'} agreed"
    return f"at most {_counted(agreement.most_blocks)} of {size}"


def _counted(blocks: float) -> str:
    return f"{number(blocks)} block{'' if blocks == 1 else 's'}"


def _cover(ix: Any, name: str, _: int) -> str:
    row = ix.agreements[name].row
    return f"{number(row.accelerators_per_block)} accelerators a block"


def _least(ix: Any, name: str, _: int) -> str:
    return f"at least {number(ix.agreements[name].least_blocks)}"


def _critical(ix: Any, policy: str, _: str, workload: str, t: int) -> str:
    limit, row, wanted = ix.policies[policy].limit, ix.workloads[workload], float(ix.demand[workload][t])
    need = number(limit * row.critical * wanted)
    return f"{need} of {number(wanted)} reference-accelerators ({share(limit)} of {share(row.critical)})"


def _budget(ix: Any, name: str) -> str:
    row = next(row for row in ix.rows["budgets"] if row.budget == name)
    return f"at most {number(row.amount)}"


def _run(ix: Any, name: str) -> str:
    """What a run takes: its work, and from when to when."""
    row = ix.runs[name]
    last = ix.horizon - 1 if row.deadline is None else min(int(row.deadline), ix.horizon - 1)
    ends = [ix.instance.label(max(month, 0)) for month in (int(row.release or 0), last)]
    window = f"from {ends[0]} to {ends[1]}" if ends[0] != ends[1] else f"in {ends[0]}"
    cut = ", where the plan ends" if row.deadline is not None and row.deadline >= ix.horizon else ""
    return f"{number(row.work)} reference-accelerator-months {window}{cut}"


_FIGURES: dict[str, Callable[..., str]] = {
    "unserved": _served,
    "demand_met": lambda ix, name, t: f"{number(float(ix.demand[name][t]))} reference-accelerators are wanted",
    "used": _stock,
    "in_house_capacity": _stock,
    "in_force": _blocks,
    "started": _blocks,
    "outlet_cover": _cover,
    "signature_least": _least,
    "site_power": _power,
    "budget_limit": _budget,
    "share_limit": lambda ix, policy, *_: f"at most {share(ix.policies[policy].limit)}",
    "outage_demand": _critical,
    "own_rule": lambda ix, rule, _: f"{_SENSES[ix.own_rules[rule].sense]} {number(ix.own_rules[rule].rhs)}",
    "built": lambda ix, build, _: f"at most {_counted(ix.builds[build].max_blocks)}",
    "purchase_total": lambda ix, name: f"at most {number(ix.purchases[name].max_total)} accelerators",
    "bought": lambda ix, name, _: _per_month(ix, name),
    "run_once": _run,
}


def _per_month(ix: Any, name: str) -> str:
    most = ix.purchases[name].max_per_month
    return "" if most is None else f"at most {number(most)} accelerators"
