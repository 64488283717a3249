"""Cost of less exposure: caps on the share of a provider or owner, and survival of its loss; each is solved again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from optimizer.analysis.events import changes
from optimizer.analysis.losses import losses, shares
from optimizer.analysis.policy_trial import PolicyTrial, Requirement, try_policy
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.solver.solution import Options
from optimizer.solving.clock import OnProgress

PARTS = (0.75, 0.5)  # caps, as fractions of the member's highest share
NOTABLE = 0.1  # minimum share for which caps are tried
MEMBERS = 4  # members tried, for caps and for losses each
_LOST = ("provider", "group", "site")


def requirements(plan: Plan) -> list[Requirement]:
    """Return caps on the largest exposures, at fractions of their shares, and losses that the plan does not survive."""
    return [*_caps(plan), *_survivals(plan)]


def caps_table(
    plan: Plan,
    items: Iterable[Requirement],
    options: Options,
    on_progress: OnProgress | None = None,
) -> pd.DataFrame:
    """Return the cost of requirements on exposure, each solved separately from the given plan.

    Parameters
    ----------
    plan : Plan
        The plan to start from.
    items : iterable of Requirement
        See :func:`requirements`.
    options : Options
        Options of each search.
    on_progress : callable, optional
        Called with the progress of each search.

    Returns
    -------
    DataFrame
        Columns ``requirement`` (in words), ``rule``, ``subject``, ``member``, ``limit`` (as in the table `policies`),
        ``share`` (the member's highest share of the capacity in the plan), ``month`` (first one in which it is met:
        the month after the last in which signed agreements and available offers make it impossible), ``costs``
        (additional cost of the best plan found that meets it from then on), ``at_least`` and ``at_most`` (proven
        interval of the difference of the optimal plans), ``unserved`` (share of demand that is then unserved),
        ``answer`` (the largest decisions that differ from the plan's), ``note`` (reason for missing figures).
    """
    found = [try_policy(plan, one, options, on_progress) for one in items]
    return pd.DataFrame([cap_row(plan, one) for one in found], columns=column_names("caps"))


def cap_row(plan: Plan, found: PolicyTrial) -> tuple[Any, ...]:
    """Return the row of a requirement."""
    one, other = found.requirement, found.plan
    month = plan.instance.label(found.first) if found.first < plan.instance.head.months else ""
    known = (str(one), one.rule, one.subject, one.member, one.share, one.limit, month)
    if other is None:
        return (*known, None, None, None, None, "", found.note)
    # A policy only restricts the plans, so that the optimum with it never costs less.
    least = 0.0 if other.bound is None else max(other.bound - plan.objective, 0.0)
    most = None if plan.bound is None else other.objective - plan.bound
    wanted, missing = float(other.service["demand"].sum()), float(other.service["unserved"].sum())
    share = missing / wanted if wanted else 0.0
    return (*known, other.objective - plan.objective, least, most, share, changes(plan, other), "")


def _caps(plan: Plan) -> Iterator[Requirement]:
    """Yield caps on the owners with the largest shares; on the provider where an owner has only one."""
    providers = {row.group: row.provider for row in plan.instance.rows["providers"]}
    single = {group for group in providers if sum(row.group == group for row in plan.instance.rows["providers"]) == 1}
    found = sorted(shares(plan, "group").items(), key=lambda item: -item[1])
    for group, share in found[:MEMBERS]:
        if share >= NOTABLE:
            subject, name = ("provider", providers[group]) if group in single else ("group", group)
            for part in PARTS:
                yield Requirement("max_share", subject, name, round(part * share, 4), share)


def _survivals(plan: Plan) -> Iterator[Requirement]:
    """Yield the providers, owners and sites whose loss causes the largest shortfalls."""
    table = losses(plan)
    rows = table[(table["months"] > 0) & table["subject"].isin(_LOST)].sort_values("short", ascending=False)
    for row in rows.head(MEMBERS).to_dict("records"):
        yield Requirement("survive", str(row["subject"]), str(row["member"]), 1.0, float(row["share"]))
