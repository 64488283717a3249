"""The rules of the audit, in the order in which they are checked, and the audit itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optimizer.plan.audit import figures, headline, money, ordering, tables, terms
from optimizer.plan.audit.facts import Facts
from optimizer.plan.audit.holdings import Holdings
from optimizer.plan.audit.verdict import Audit, Findings

Check = Callable[[Holdings, Findings], None]

_CHECKS: tuple[Check, ...] = (
    *(headline.identity, headline.bound, headline.gap, headline.status),
    *(ordering.order_window, ordering.start_window, ordering.committed, ordering.ends_by),
    *(ordering.whole_blocks, ordering.min_blocks, ordering.build_limit, ordering.build_after, ordering.purchase_limits),
    *(ordering.decision_party, ordering.decision_size, ordering.decision_dates, ordering.committed_cost),
    *(terms.max_blocks, terms.terminable, terms.notice, terms.handed_in_force, terms.min_term),
    *(terms.expire, terms.renewal),
    *(figures.capacity, figures.pool_facts, figures.capacity_use, figures.capacity_mw, figures.pool_limit),
    *(figures.eligible, figures.work, figures.lease_source, figures.lease_cover),
    *(figures.service, figures.min_service, figures.power, figures.power_limit),
    *(money.cash, money.cash_party, money.present_value, money.objective, money.budget),
)
RULES: dict[str, tuple[str, Check]] = {check.__name__: (check.__doc__ or "", check) for check in _CHECKS}
"""Name, sentence and function of every rule that is checked on a plan whose tables can be read."""


def audit(plan: Any) -> Audit:
    """Check every rule and price every payment again, from the plan's tables and its instance alone."""
    facts = Facts(plan.instance)
    say = Findings(facts.labels)
    readable = tables.take_tables(plan, facts, say)
    objective = plan.head.get("objective")
    say.rule = "objective"
    say.that(headline.is_number(objective), "objective", "", repr(objective), "a number expected")
    if readable is not None and headline.is_number(objective):
        case = Holdings(facts, plan.head, readable)
        for name, (_, check) in RULES.items():
            say.rule = name
            check(case, say)
    return Audit(tuple(say.violations), say.checks)
