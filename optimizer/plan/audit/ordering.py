"""Rules on single decisions: when, how many, and that each row tells of the item what the instance says."""

from __future__ import annotations

import numpy as np

from optimizer.plan.audit.facts import IN_HOUSE, Agreement
from optimizer.plan.audit.holdings import Decision, Holdings
from optimizer.plan.audit.verdict import BLOCK, Findings, number

SIGNED = ("sign", "lease_out")
HANDED = ("hand_back", "take_back")


def order_window(case: Holdings, say: Findings) -> None:
    """Builds and purchases are ordered between `earliest` and `latest`."""
    for row in case.decisions:
        if row.verb in ("order_build", "buy"):
            item = case.facts.tables["builds" if row.verb == "order_build" else "purchases"][row.item]
            _within(case, say, row, row.t, "ordered", item.earliest, item.latest)


def start_window(case: Holdings, say: Findings) -> None:
    """Contracts and outlets start between `earliest` and `latest`, and within the plan."""
    for row, agreement in _about_agreements(case, SIGNED):
        terms, start = agreement.row, row.t + agreement.row.lead_months
        last = min(terms.latest, case.facts.months - 1)
        _within(case, say, row, start, "starts", max(terms.earliest, terms.lead_months), last)


def committed(case: Holdings, say: Findings) -> None:
    """Of what is agreed already, no other blocks start."""
    for row, agreement in _about_agreements(case, SIGNED):
        found = f"{number(row.blocks)} blocks signed"
        say.that(not agreement.committed, row.item, row.month, found, "only its committed ones allowed")


def ends_by(case: Holdings, say: Findings) -> None:
    """A term, or the minimum term of a terminable agreement, ends no later than `ends_by`."""
    for row, agreement in _about_agreements(case, SIGNED):
        if agreement.row.ends_by is not None:
            last = row.t + agreement.row.lead_months + max(agreement.term, 1) - 1
            found = f"term to {case.facts.label(last)}"
            allowed = f"{case.facts.label(agreement.row.ends_by)} at the latest allowed"
            say.that(last <= agreement.row.ends_by, row.item, row.month, found, allowed)


def whole_blocks(case: Holdings, say: Findings) -> None:
    """Blocks and lots are whole where the instance says so."""
    for row in case.decisions:
        tables = case.facts.tables
        item = next(
            tables[t][row.item] for t in ("builds", "purchases", "contracts", "outlets") if row.item in tables[t]
        )
        if item.integer and not case.relaxed:
            whole = abs(row.blocks - round(row.blocks)) <= BLOCK
            say.that(whole, row.item, row.month, f"{row.blocks!r} blocks", "whole ones only allowed")


def min_blocks(case: Holdings, say: Findings) -> None:
    """A signature is for at least `min_blocks`."""
    for row, agreement in _about_agreements(case, SIGNED):
        if row.blocks > 0 and not case.relaxed:
            say.compare(row.blocks, ">=", agreement.row.min_blocks, "blocks signed", row.item, row.month, floor=BLOCK)


def build_limit(case: Holdings, say: Findings) -> None:
    """No more blocks of a build are ordered over the horizon than `max_blocks`."""
    for name, row in case.facts.tables["builds"].items():
        so_far = np.cumsum(case.ordered[name])
        say.compare(so_far, "<=", row.max_blocks, "blocks ordered so far", name, floor=BLOCK)


def build_after(case: Holdings, say: Findings) -> None:
    """At the end of every month, the share ordered of a build is no more than that of the one it comes `after`."""
    builds = case.facts.tables["builds"]
    for name, row in builds.items():
        if row.after is None:
            continue
        ahead = builds[row.after]
        least = max(min(row.max_blocks, ahead.max_blocks), BLOCK)
        mine, its = (np.cumsum(case.ordered[one]) / max(builds[one].max_blocks, BLOCK) for one in (name, row.after))
        say.compare(mine, "<=", its, f"of it ordered, {row.after} being ahead", name, floor=BLOCK / least)


def purchase_limits(case: Holdings, say: Findings) -> None:
    """No more accelerators are bought than `max_per_month` and `max_total`."""
    for name, row in case.facts.tables["purchases"].items():
        bought, floor = case.lots[name] * row.lot_size, BLOCK * row.lot_size
        if row.max_per_month is not None:
            say.compare(bought, "<=", row.max_per_month, "accelerators bought in the month", name, floor=floor)
        if row.max_total is not None:
            say.compare(np.cumsum(bought), "<=", row.max_total, "accelerators bought so far", name, floor=floor)


def decision_party(case: Holdings, say: Findings) -> None:
    """A decision names the party it concerns."""
    for row in case.decisions:
        party = IN_HOUSE if row.verb in ("order_build", "buy") else case.facts.agreements[row.item].party
        say.that(row.party == party, row.item, row.month, f"party {row.party!r}", f"{party!r} expected")


def decision_size(case: Holdings, say: Findings) -> None:
    """A decision's accelerators and MW are those of its blocks."""
    for row in case.decisions:
        if row.verb == "order_build":
            size = 0.0, case.facts.tables["builds"][row.item].mw_per_block
        elif row.verb == "buy":
            size = case.facts.tables["purchases"][row.item].lot_size, 0.0
        else:
            terms = case.facts.agreements[row.item].row
            size = terms.accelerators_per_block, terms.mw_per_block
        say.compare(row.accelerators, "=", row.blocks * size[0], "accelerators decided on", row.item, row.month)
        say.compare(row.mw, "=", row.blocks * size[1], "MW decided on", row.item, row.month)


def decision_dates(case: Holdings, say: Findings) -> None:
    """A decision's `starts` and `ends` are its first and its last month of use."""
    for row in case.decisions:
        expected = tuple("" if t is None else case.facts.label(t) for t in _dates(case, row))
        for name, found, right in zip(("starts", "ends"), (row.starts, row.ends), expected, strict=True):
            say.that(found == right, row.item, row.month, f"{name} {found or 'blank'}", f"{right or 'blank'} expected")


def _dates(case: Holdings, row: Decision) -> tuple[int | None, int | None]:
    """First and last month of what is decided."""
    if row.verb == "order_build":
        return row.t + case.facts.tables["builds"][row.item].lead_months, None
    if row.verb == "buy":
        item = case.facts.tables["purchases"][row.item]
        first = row.t + item.lead_months
        return first, first + item.life_months - 1
    if row.verb not in SIGNED:
        return None, row.t - 1
    agreement = case.facts.agreements[row.item]
    first = row.t + agreement.row.lead_months
    return first, first + agreement.term - 1 if agreement.fixed else None


def committed_cost(case: Holdings, say: Findings) -> None:
    """A decision's committed cost is what it binds the planner to pay, negative for what a tenant is bound to pay."""
    for row in case.decisions:
        cost = row.blocks * _cost_of_one(case, row)
        say.compare(row.committed_cost, "=", cost, "money committed", row.item, row.month, floor=BLOCK)


def _cost_of_one(case: Holdings, row: Decision) -> float:
    """Committed cost of one block or lot."""
    if row.verb == "order_build":
        build = case.facts.tables["builds"][row.item]
        return float(build.mw_per_block * build.capex_per_mw)
    if row.verb == "buy":
        lot = case.facts.tables["purchases"][row.item]
        return float(lot.lot_size * case.facts.price(row.item, row.t, lot.unit_price))
    if row.verb == "expire":
        return 0.0
    agreement = case.facts.agreements[row.item]
    if row.verb in HANDED:
        return float(agreement.row.termination_fee_months * agreement.block_price(row.t))
    start, paid = row.t + agreement.row.lead_months, agreement.row.upfront_per_block
    for age in range(agreement.term):
        price = agreement.block_price(start if agreement.fixed else start + age)
        paid += price * agreement.price_fraction(age)
    return float(-paid if agreement.outlet else paid)


def _about_agreements(case: Holdings, verbs: tuple[str, ...]) -> list[tuple[Decision, Agreement]]:
    return [(row, case.facts.agreements[row.item]) for row in case.decisions if row.verb in verbs]


def _within(case: Holdings, say: Findings, row: Decision, t: int, what: str, first: int, last: int) -> None:
    allowed = f"{case.facts.label(first)} to {case.facts.label(last)} allowed"
    say.that(first <= t <= last, row.item, row.month, f"{what} {case.facts.label(t)}", allowed)
