"""The rules of the audit, in the order in which they are checked, and the audit itself."""

from __future__ import annotations

from collections.abc import Callable

from optimizer.auditing import (
    added,
    expected,
    head_figures,
    headline,
    limits,
    money,
    near,
    ordering,
    own_rules,
    policies,
    reading,
    runs,
    scenarios,
    shadow_prices,
    terms,
)
from optimizer.auditing.comparison import compare
from optimizer.auditing.facts import Facts
from optimizer.auditing.holdings import Holdings
from optimizer.auditing.prices import Priced
from optimizer.auditing.reading import Draft, PlanTables
from optimizer.auditing.verdict import Audit, Findings

Reading = Callable[[Draft, Findings], None]
Check = Callable[[Priced, Findings], None]

_READING: tuple[Reading, ...] = (reading.tables, reading.cells, reading.months, reading.names)
_CHECKS: tuple[Check, ...] = (
    *(reading.negative, reading.duplicates),
    *(headline.identity, headline.bound, headline.gap, headline.status, near.near),
    *(ordering.order_window, ordering.start_window, ordering.committed, ordering.ends_by),
    *(ordering.integer_blocks, ordering.min_blocks, ordering.build_limit, ordering.build_after),
    *(ordering.purchase_limits, ordering.commitment_once),
    *(terms.max_blocks, terms.terminable, terms.notice, terms.handed_in_force),
    *(terms.min_term, terms.renewal, terms.requires),
    *(runs.run_decision, runs.run_place, runs.run_size, runs.run_window, runs.run_once),
    *(limits.pool_limit, limits.eligible, limits.lease_source, limits.min_service, limits.power_limit),
    *(policies.max_share, policies.outage_place, policies.outage_capacity, policies.outage_power),
    *(own_rules.hard_rules, shadow_prices.shadow_price_sign, shadow_prices.shadow_price_slack),
    *(shadow_prices.shadow_price_penalty, money.objective, money.budget),
    *(head_figures.headline, head_figures.record, added.added_constraint),
)
RULES: dict[str, str] = {
    **{read.__name__: (read.__doc__ or "").partition("\n")[0] for read in _READING},
    **expected.SENTENCES,
    **{check.__name__: (check.__doc__ or "").partition("\n")[0] for check in (*_CHECKS, *scenarios.CHECKS)},
}
"""Sentence of every rule, by its name: the first line of its docstring."""


def audit(plan: PlanTables) -> Audit:
    """Check every rule and price every payment again, from the plan's tables and its instance alone.

    Parameters
    ----------
    plan : Plan
        Its head, its tables and its valid instance. Invalid rows are reported and left out of the rules that follow.
    """
    if plan.instance.rows["scenarios"] or plan.instance.rows["risks"]:
        return scenarios.audit_scenarios(plan, audit)
    say, draft = _read(plan)
    if not draft.columns:
        return Audit(tuple(say.violations), say.checks)
    case = Priced(draft.facts, plan.head, draft.tables())
    for derive in expected.TABLES:
        for column in derive(case):
            compare(case, say, column)
    for check in _CHECKS:
        say.rule = check.__name__
        check(case, say)
    return Audit(tuple(say.violations), say.checks)


def holdings(plan: PlanTables) -> Holdings:
    """What a plan's tables amount to, by pool and month; nothing of it is judged.

    Parameters
    ----------
    plan : Plan
        As for :func:`audit`; its tables are all there.
    """
    _, draft = _read(plan)
    return Holdings(draft.facts, plan.head, draft.tables())


def priced(plan: PlanTables) -> Priced:
    """What a plan's tables amount to and cost, by item and month; nothing of it is judged.

    Parameters
    ----------
    plan : Plan
        As for :func:`audit`; its tables are all there.
    """
    _, draft = _read(plan)
    return Priced(draft.facts, plan.head, draft.tables())


def _read(plan: PlanTables) -> tuple[Findings, Draft]:
    """A plan's tables as far as they are understood, with what is not; none are taken if one is missing."""
    facts = Facts(plan.instance)
    say, draft = Findings(facts.labels), Draft(plan, facts)
    for read in _READING:
        say.rule = read.__name__
        read(draft, say)
        if read is reading.tables:
            if say.violations:
                break
            draft.take()
    return say, draft
