"""Months in which builds and purchases are ordered: those that can come to something within the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimizer.schema import IN_HOUSE

if TYPE_CHECKING:
    from optimizer.program.index import Index


def order_months(row: Any, horizon: int) -> range:
    """Months in which a build or purchase can be ordered."""
    return range(max(row.earliest, 0), min(row.latest, horizon - 1) + 1)


def purchase_orders(index: Index, row: Any) -> range:
    """Order months of a purchase that deliver within the plan; later ones can only cost, unless a rule asks."""
    months = order_months(row, index.horizon)
    counted = _counted(index, row.purchase, "started") or any(
        _counted(index, item, "spend") for item in (row.purchase, row.site, IN_HOUSE)
    )
    if index.every_order or counted:
        return months
    return _delivered(months, index.horizon - row.lead_months)


def build_orders(index: Index, row: Any) -> range:
    """Order months of a build without those that neither give power nor are paid within the plan.

    They would cost and do nothing, so that any plan could hold them; but a rule may count them, or a build wait.
    """
    months = order_months(row, index.horizon)
    followed = any(other.after == row.build for other in index.rows["builds"])
    kept = index.every_order or row.payment != "delivery" or followed
    if kept or _counted(index, row.build, "started"):
        return months
    return _delivered(months, index.horizon - row.lead_months)


def installed_months(index: Index, row: Any) -> range:
    """Months in which lots of a purchase can be installed."""
    orders = [*index.purchase_orders[row.purchase], *(order.month for order in index.orders_before[row.purchase])]
    stays = [(max(t + row.lead_months, 0), t + row.lead_months + row.life_months) for t in orders]
    stays = [(first, min(end, index.horizon)) for first, end in stays if first < min(end, index.horizon)]
    return range(min(first for first, _ in stays), max(end for _, end in stays)) if stays else range(0)


def _delivered(months: range, stop: int) -> range:
    return range(months.start, max(min(months.stop, stop), months.start))


def _counted(index: Index, item: str, quantity: str) -> bool:
    """Whether a rule counts a quantity of an item."""
    return any(term.quantity == quantity and term.item == item for term in index.rows["rule_terms"])
