"""The proven bound and the cost it bounds: if they contradict each other, one of them is wrong."""

from __future__ import annotations

from optimizer.errors import BoundContradicted

PRECISION = 1e-6  # relative: figures agree no closer, whatever the gap


def is_below(objective: float, bound: float, turnover: float = 0.0) -> bool:
    """Whether a cost is below a proven bound by more than the precision of the figures.

    Parameters
    ----------
    objective, bound : float
        Cost of a plan, and what no plan can cost less than; in one unit of money.
    turnover : float
        All money that moves in the plan, of which the cost is a sum that can cancel out.
    """
    return bound - objective > PRECISION * max(abs(objective), abs(turnover))


def bound_below(objective: float, bound: float, turnover: float = 0.0, currency: str = "") -> float:
    """Return the bound, no higher than the objective: the last digits of both are rounding.

    Parameters
    ----------
    objective, bound, turnover : float
        As of :func:`is_below`.
    currency : str
        Unit of money, for the message.

    Raises
    ------
    BoundContradicted
        If the objective is below the bound by more than the precision of the figures.
    """
    if is_below(objective, bound, turnover):
        raise BoundContradicted(objective, bound, currency)
    return min(bound, objective)


def most_within(bound: float, gap: float) -> float:
    """Return the highest cost that is within a relative gap of a bound."""
    share = 1 - gap if bound > 0 else 1 + gap
    return bound / share if share > 0 else float("inf")
