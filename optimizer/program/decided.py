"""Decisions made before the plan: constants with the meaning of the variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.instance.notice import first_with, first_without
from optimizer.program.placement import Placement


@dataclass(frozen=True)
class Order:
    """An order of a build or purchase before the plan.

    Attributes
    ----------
    month : int
        Month of the order, negative.
    blocks : float
        Blocks of a build or lots of a purchase.
    price : float or None
        Agreed price per MW or accelerator; None for the price in the tables.
    """

    month: int
    blocks: float
    price: float | None = None


@dataclass(frozen=True)
class Start:
    """Blocks of a contract or outlet that start together.

    Attributes
    ----------
    month : int
        First month, which can lie before the plan or in it.
    blocks : float
        Blocks.
    price : float or None
        Agreed price of one block and month of a fixed term; None for the price in the tables.
    signed : int or None
        Month of a decision before the plan; None where it is the lead time before the start.
    """

    month: int
    blocks: float
    price: float | None = None
    signed: int | None = None


def starts_of(rows: Iterable[Any], item: Any, factor: float) -> tuple[Start, ...]:
    """Return the starts signed in rows of ``decided`` about a contract or outlet; prices are multiplied by a factor."""
    signed = [row for row in rows if row.decision in ("sign", "lease_out")]
    prices = [None if row.price is None else row.price * factor for row in signed]
    pairs = zip(signed, prices, strict=True)
    return tuple(Start(first_with(row, item), row.blocks, price, row.month) for row, price in pairs)


def ends_of(rows: Iterable[Any], item: Any) -> dict[int, float]:
    """Return the blocks handed back in rows of ``decided`` about an item, by the first month without them."""
    found: dict[int, float] = {}
    for row in rows:
        if row.decision in ("hand_back", "take_back"):
            first = first_without(row, item)
            found[first] = found.get(first, 0.0) + row.blocks
    return found


def orders_by_item(rows: Iterable[Any]) -> Mapping[str, tuple[Order, ...]]:
    """Return the orders of builds and purchases in rows of ``decided``, by item."""
    found: dict[str, tuple[Order, ...]] = {}
    for row in rows:
        if row.decision in ("order_build", "buy"):
            found[row.item] = (*found.get(row.item, ()), Order(row.month, row.blocks, row.price))
    return found


@dataclass(frozen=True)
class Commitment:
    """A spend commitment that was made before the plan.

    Attributes
    ----------
    start : int
        First month, which can lie before the plan or in it.
    spent : float
        Paid to the provider before the plan in the year that is current then.
    """

    start: int
    spent: float


def commitments_by_name(rows: Iterable[Any]) -> Mapping[str, Commitment]:
    """Return the spend commitments in rows of ``decided``."""
    return {
        row.item: Commitment(row.month if row.starts is None else row.starts, row.spent or 0.0)
        for row in rows
        if row.decision == "commit_spend"
    }


def runs_by_name(rows: Iterable[Any], runs: Mapping[str, Any]) -> Mapping[str, Placement]:
    """Return the training runs placed before the plan in rows of ``decided``, by name."""
    found = {}
    for row in rows:
        if row.decision == "start_run":
            size = runs[row.item].sizes[0] if row.accelerators is None else row.accelerators
            found[row.item] = (row.item, row.pool, size, row.month if row.starts is None else row.starts)
    return found


def ordered_by(orders: Iterable[Order], month: int) -> float:
    """Return the blocks ordered up to a month."""
    return float(sum(order.blocks for order in orders if order.month <= month))
