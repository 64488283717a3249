"""What less exposure costs: capping what a provider or owner has, and surviving its loss; each solved again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pandas as pd

from optimizer.analysis.events import changes
from optimizer.analysis.interruptible_queries import as_far_as_it_goes
from optimizer.analysis.losses import losses, shares
from optimizer.analysis.policy_trial import Kept, Requirement, kept
from optimizer.plan.plan import Plan
from optimizer.solver.solution import Options
from optimizer.solving.clock import Tell

COLUMNS = (
    *("requirement", "rule", "subject", "member", "share", "limit", "month"),
    *("costs", "at_least", "at_most", "unserved", "answer", "note"),
)
PARTS = (0.75, 0.5)  # of the member's highest share
NOTABLE = 0.1  # share from which on a cap is looked into
MEMBERS = 4  # that are looked into, of caps and of losses each
_LOST = ("provider", "group", "site")


def requirements(plan: Plan) -> list[Requirement]:
    """Caps on those who have most, at parts of what they have, and losses that the plan does not survive."""
    return [*_caps(plan), *_survivals(plan)]


def caps_table(
    plan: Plan,
    asked: Iterable[Requirement],
    options: Options,
    stop: Callable[[], None] | None = None,
    tell: Tell | None = None,
) -> pd.DataFrame:
    """What requirements on exposure cost, each solved on its own from the plan at hand.

    Parameters
    ----------
    plan : Plan
        The plan at hand.
    asked : iterable of Requirement
        See :func:`requirements`.
    options : Options
        Of each search.
    stop : callable, optional
        Told of Ctrl-C, after which nothing further is asked; without it, Ctrl-C is raised.
    tell : callable, optional
        Told how each search goes on.

    Returns
    -------
    DataFrame
        Columns ``requirement`` (in words), ``rule``, ``subject``, ``member``, ``limit`` (as in the table `policies`),
        ``share`` (the member's highest share of the capacity in the plan), ``month`` (first one in which it is kept:
        the one after the last in which it cannot be, by what is agreed already and what can be had), ``costs`` (how
        much more the best plan found costs that keeps it from then on), ``at_least`` and ``at_most`` (between which
        the difference of best plans is proven to lie), ``unserved`` (share of the work wanted that is not served
        then), ``answer`` (the biggest decisions that differ from the plan's), ``note``: why there are no figures.
    """
    found = as_far_as_it_goes(asked, lambda one: kept(plan, one, options, tell), stop)
    return pd.DataFrame([_row(plan, one) for one in found], columns=list(COLUMNS))


def _row(plan: Plan, found: Kept) -> tuple[Any, ...]:
    one, other = found.requirement, found.plan
    month = plan.instance.label(found.first) if found.first < plan.instance.head.months else ""
    known = (str(one), one.rule, one.subject, one.member, one.share, one.limit, month)
    if other is None:
        return (*known, None, None, None, None, "", found.note)
    # A policy only takes plans away: the best one never costs less with it.
    least = 0.0 if other.bound is None else max(other.bound - plan.objective, 0.0)
    most = None if plan.bound is None else other.objective - plan.bound
    wanted, missing = float(other.service["demand"].sum()), float(other.service["unserved"].sum())
    share = missing / wanted if wanted else 0.0
    return (*known, other.objective - plan.objective, least, most, share, changes(plan, other), "")


def _caps(plan: Plan) -> Iterator[Requirement]:
    """Of owners, or of the provider where an owner has one alone, those who have most."""
    providers = {row.group: row.provider for row in plan.instance.rows["providers"]}
    single = {group for group in providers if sum(row.group == group for row in plan.instance.rows["providers"]) == 1}
    found = sorted(shares(plan, "group").items(), key=lambda item: -item[1])
    for group, share in found[:MEMBERS]:
        if share >= NOTABLE:
            subject, name = ("provider", providers[group]) if group in single else ("group", group)
            for part in PARTS:
                yield Requirement("max_share", subject, name, round(part * share, 4), share)


def _survivals(plan: Plan) -> Iterator[Requirement]:
    """Of providers, owners and sites that cannot be lost, those without which most is short."""
    table = losses(plan)
    rows = table[(table["months"] > 0) & table["subject"].isin(_LOST)].sort_values("short", ascending=False)
    for row in rows.head(MEMBERS).to_dict("records"):
        yield Requirement("survive", str(row["subject"]), str(row["member"]), 1.0, float(row["share"]))
