"""Rules on the shadow prices of the planner's own rules: what any optimal dual solution has to meet.

The prices themselves follow from the program, which the audit does not know. What can be said from the tables alone:
more room never costs, a limit that is not reached is worth nothing, and what may be violated is worth no more than the
penalty, discounted, and exactly that where it is violated.
"""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.auditing.own_rules import Constraint, constraints, counted
from optimizer.auditing.prices import Priced
from optimizer.auditing.verdict import FLOOR, RELATIVE, Findings
from optimizer.format import number

_MORE_ROOM = {"<=": -1.0, ">=": 1.0, "=": 0.0}
"""Sign of the change of the cost for one more of the right-hand side; of an equation, either."""


def shadow_price_sign(case: Priced, say: Findings) -> None:
    """One more of an own rule's limit saves where the limit is an upper one, and costs where it is a lower one."""
    floor = _floor(case)
    for one, price in _priced(case):
        way = _MORE_ROOM[one.spec.sense]
        allowed = f"{'at most' if way < 0 else 'at least'} 0 allowed for a limit of {one.spec.sense}"
        _judge(case, say, one, price, not way or price * way >= -floor, allowed)


def shadow_price_slack(case: Priced, say: Findings) -> None:
    """An own rule whose limit is not reached is worth nothing."""
    floor = _floor(case)
    for one, price in _priced(case):
        free = one.slack > one.tolerance
        _judge(case, say, one, price, not free or abs(price) <= floor, f"0 expected, with {number(one.slack)} of slack")


def shadow_price_penalty(case: Priced, say: Findings) -> None:
    """A soft rule is worth its discounted penalty at most, and exactly that where it is violated."""
    known = any(price for _, price in _priced(case))  # a search that is stopped may have worked out no price
    for one, price in _priced(case):
        if one.spec.penalty is None or counted(case, one):
            continue
        most, over = one.spec.penalty * float(case.facts.discount[one.t]), one.value - float(one.spec.rhs)
        _judge(case, say, one, price, abs(price) <= most * (1 + RELATIVE), f"at most {number(most, 6)} either way")
        if known and one.violation > one.tolerance:
            right = -most if over > 0 else most
            good = abs(price - right) <= RELATIVE * most
            _judge(case, say, one, price, good, f"{number(right, 6)} expected, as it is violated")


def _priced(case: Priced) -> Iterator[tuple[Constraint, float]]:
    """Each constraint that has a row, with its price."""
    table = case.tables["rules"]
    keys = zip(table["rule"].tolist(), table.t.tolist(), strict=True)
    prices = dict(zip(keys, table["shadow_price"].tolist(), strict=True))
    for one in constraints(case):
        if (one.spec.rule, one.t) in prices:
            yield one, prices[one.spec.rule, one.t]


def _floor(case: Priced) -> float:
    """Tolerance: a share of the largest price."""
    return FLOOR * max((abs(price) for _, price in _priced(case)), default=0.0)


def _judge(case: Priced, say: Findings, one: Constraint, price: float, good: bool, allowed: str) -> None:
    say.that(good, one.spec.rule, case.facts.label(one.t), f"shadow price {number(price, 6)}", allowed)
