"""The offers of an instance that are not agreed already, and how much of each a plan takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from optimizer.plan.earlier_decisions import earlier_decisions
from optimizer.plan.plan import Plan
from optimizer.program.index import Index
from optimizer.schema import load_schema


@dataclass(frozen=True)
class Offer:
    """An offer of the instance that is not agreed already."""

    table: str
    item: str
    party: str
    price: float
    possible: float
    row: Any


def offers(plan: Plan) -> Iterator[Offer]:
    """Yield every offer of a plan's instance that is not agreed already."""
    rows, index = plan.instance.rows, Index(plan.instance)
    for row in rows["contracts"]:
        if row.committed_blocks is None:
            yield Offer("contracts", row.contract, row.provider, row.price, row.max_blocks, row)
    for row in rows["outlets"]:
        if row.committed_blocks is None:
            yield Offer("outlets", row.outlet, row.tenant, row.price, row.max_blocks, row)
    for row in rows["on_demand"]:
        months = float(index.share_of(row.offer).sum())
        yield Offer("on_demand", row.offer, row.provider, row.price, row.max_accelerators * months, row)
    for row in rows["purchases"]:
        most = float("inf") if row.max_total is None else row.max_total / row.lot_size
        yield Offer("purchases", row.purchase, "in_house", row.unit_price, most, row)
    for row in rows["builds"]:
        yield Offer("builds", row.build, "in_house", row.capex_per_mw, row.max_blocks, row)


def taken(plan: Plan, offer: Offer) -> float:
    """Return how much of an offer a plan takes: peak blocks, total blocks or lots, or accelerator-months on demand.

    Deliveries after the plan that are paid then do not count: without a rule that needs them they are arbitrary.
    """
    if offer.table == "on_demand":
        rows = plan.capacity[plan.capacity["pool"] == offer.item]
        return float(rows["accelerators"].sum())
    rows = plan.decisions[(plan.decisions["item"] == offer.item)]
    signed = rows[rows["decision"] == load_schema().tables[offer.table].decisions[0]]
    if not load_schema().tables[offer.table].is_agreement:
        late = (signed["starts"] > plan.instance.label(plan.instance.head.months - 1)) & _paid_on_delivery(offer)
        return float(signed["blocks"][~late].sum())
    starting = (rows["decision"] == load_schema().tables[offer.table].decisions[0]).to_numpy()
    months = rows["starts"].where(starting, rows["ends"]).map(plan.instance.month_index) + ~starting
    starts, ends = (
        rows["blocks"].where(chosen, 0.0).groupby(months.to_numpy()).sum().sort_index().cumsum()
        for chosen in (starting, ~starting)
    )
    there = starts - (ends - _running_before(plan, offer)).clip(lower=0.0)  # what was signed before ends first
    return float(there.max()) if len(there) else 0.0


def _running_before(plan: Plan, offer: Offer) -> float:
    """Return the blocks of an offer that were signed before the plan and last into it, less those handed back then."""
    rows = earlier_decisions(plan.instance)
    rows = rows[rows["item"] == offer.item]
    signed = rows["decision"] == load_schema().tables[offer.table].decisions[0]
    over = signed & (rows["ends"] != "") & (rows["ends"] < plan.instance.label(0))
    return float(rows["blocks"].where(signed, -rows["blocks"])[~over].sum())


def _paid_on_delivery(offer: Offer) -> bool:
    """Whether a build or purchase is paid on delivery only."""
    return bool(offer.row.payment == "delivery" if offer.table == "builds" else offer.row.deposit_fraction == 0)
