"""Rules on single decisions: when, how many, and that each row tells of the item what the instance says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from optimizer.auditing.agreement import Agreement
from optimizer.auditing.holdings import Holdings
from optimizer.auditing.placements import Decision
from optimizer.auditing.verdict import BLOCK, Findings, number
from optimizer.schema import IN_HOUSE

SIGNED = ("sign", "lease_out")
HANDED = ("hand_back", "take_back")
ONCE = ("commit_spend", "start_run")


def order_window(case: Holdings, say: Findings) -> None:
    """Builds and purchases are ordered between `earliest` and `latest`."""
    for row in case.decisions:
        if row.verb in ("order_build", "buy"):
            item = case.facts.tables["builds" if row.verb == "order_build" else "purchases"][row.item]
            _within(case, say, row, row.t, "ordered", item.earliest, item.latest)


def start_window(case: Holdings, say: Findings) -> None:
    """Contracts, outlets and spend commitments start between `earliest` and `latest`, and within the plan."""
    for row in case.decisions:
        if row.verb in SIGNED:
            terms = case.facts.agreements[row.item].row
            first, last = max(terms.earliest, terms.lead_months), min(terms.latest, case.facts.months - 1)
            _within(case, say, row, row.t + terms.lead_months, "starts", first, last)
        elif row.verb == "commit_spend":
            terms = case.facts.tables["commitments"][row.item]
            _within(case, say, row, row.t, "starts", terms.earliest, terms.latest)


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
    """Blocks and lots are whole where the instance says so; a spend commitment and a run are taken whole."""
    for row in case.decisions:
        if case.relaxed or row.verb == "expire":
            continue
        if row.verb in ONCE:
            say.compare(row.blocks, "=", 1.0, "of it taken", row.item, row.month, floor=BLOCK)
        elif _item(case, row).integer:
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


def commitment_once(case: Holdings, say: Findings) -> None:
    """A spend commitment is taken at most once, and once if it is required."""
    for name, row in case.facts.tables["commitments"].items():
        sense, taken = "=" if row.required else "<=", float(case.committed[name].sum())
        say.compare(taken, sense, 1.0, "times taken", name, "", floor=BLOCK)


def decision_party(case: Holdings, say: Findings) -> None:
    """A decision names the party it concerns."""
    for row in case.decisions:
        if row.verb == "start_run":
            continue  # that of its pool, which `run_decision` looks at
        if row.verb == "commit_spend":
            party = case.facts.tables["commitments"][row.item].provider
        else:
            party = IN_HOUSE if row.verb in ("order_build", "buy") else case.facts.agreements[row.item].party
        say.that(row.party == party, row.item, row.month, f"party {row.party!r}", f"{party!r} expected")


def decision_size(case: Holdings, say: Findings) -> None:
    """A decision's accelerators and MW are those of its blocks."""
    about = [row for row in case.decisions if row.verb != "start_run"]  # see `run_size` and `run_decision`
    expected = np.array([[row.blocks * one for one in _size(case, row)] for row in about]).reshape(-1, 2)
    for place, (column, what) in enumerate((("accelerators", "accelerators"), ("mw", "MW"))):
        found = [getattr(row, column) for row in about]
        say.compare(found, "=", expected[:, place], f"{what} decided on", *_labels(about))


def _size(case: Holdings, row: Decision) -> tuple[float, float]:
    """Accelerators and MW of one block or lot."""
    if row.verb == "order_build":
        return 0.0, case.facts.tables["builds"][row.item].mw_per_block
    if row.verb == "buy":
        return case.facts.tables["purchases"][row.item].lot_size, 0.0
    if row.verb == "commit_spend":
        return 0.0, 0.0
    agreement = case.facts.agreements[row.item]
    return agreement.accelerators, agreement.row.mw_per_block


def decision_dates(case: Holdings, say: Findings) -> None:
    """A decision's `starts` and `ends` are its first and its last month of use."""
    for row in case.decisions:
        expected = tuple("" if t is None else case.facts.label(t) for t in _dates(case, row))
        ends = row.ends if row.verb == "start_run" else expected[1]  # the end of a run: see `run_decision`
        for name, found, right in zip(("starts", "ends"), (row.starts, row.ends), (expected[0], ends), strict=True):
            say.that(found == right, row.item, row.month, f"{name} {found or 'blank'}", f"{right or 'blank'} expected")


def _dates(case: Holdings, row: Decision) -> tuple[int | None, int | None]:
    """First and last month of what is decided."""
    if row.verb == "order_build":
        return row.t + _item(case, row).lead_months, None
    if row.verb == "buy":
        first = row.t + _item(case, row).lead_months
        return first, first + _item(case, row).life_months - 1
    if row.verb == "commit_spend":
        return row.t, row.t + 12 * _item(case, row).years - 1
    if row.verb == "start_run":
        return row.t, None
    if row.verb not in SIGNED:
        return None, row.t - 1
    agreement = case.facts.agreements[row.item]
    first = row.t + agreement.row.lead_months
    return first, first + agreement.term - 1 if agreement.fixed else None


def committed_cost(case: Holdings, say: Findings) -> None:
    """A decision's committed cost is what it binds the planner to pay, negative for what a tenant is bound to pay."""
    expected = [row.blocks * _COST[row.verb](case, row) for row in case.decisions]
    found = [row.committed_cost for row in case.decisions]
    say.compare(found, "=", expected, "money committed", *_labels(case.decisions), floor=BLOCK)


def _signed_cost(case: Holdings, row: Decision) -> float:
    agreement = case.facts.agreements[row.item]
    return agreement.bound_cost(row.t + agreement.row.lead_months)


def _fee(case: Holdings, row: Decision) -> float:
    agreement = case.facts.agreements[row.item]
    return float(agreement.row.termination_fee_months * agreement.block_prices(row.t))


def _bought(case: Holdings, row: Decision) -> float:
    item = _item(case, row)
    return float(item.lot_size * case.facts.prices(row.item, item.unit_price)[row.t])


_COST: dict[str, Callable[[Holdings, Decision], float]] = {  # committed cost of one block or lot
    "order_build": lambda case, row: float(_item(case, row).mw_per_block * _item(case, row).capex_per_mw),
    "buy": _bought,
    "sign": _signed_cost,
    "lease_out": lambda case, row: -_signed_cost(case, row),
    "hand_back": _fee,
    "take_back": _fee,
    "expire": lambda case, row: 0.0,
    "commit_spend": lambda case, row: float(_item(case, row).annual_amount * _item(case, row).years),
    "start_run": lambda case, row: 0.0,
}


# ---------------------------------------------------------------- helpers
def _item(case: Holdings, row: Decision) -> Any:
    """Row of the instance that a decision is about."""
    tables = ("builds", "purchases", "contracts", "outlets") if row.verb not in ONCE else ("commitments",)
    return next(case.facts.tables[table][row.item] for table in tables if row.item in case.facts.tables[table])


def _about_agreements(case: Holdings, verbs: tuple[str, ...]) -> list[tuple[Decision, Agreement]]:
    return [(row, case.facts.agreements[row.item]) for row in case.decisions if row.verb in verbs]


def _labels(rows: list[Decision]) -> tuple[list[str], list[str]]:
    return [row.item for row in rows], [row.month for row in rows]


def _within(case: Holdings, say: Findings, row: Decision, t: int, what: str, first: int, last: int) -> None:
    allowed = f"{case.facts.label(first)} to {case.facts.label(last)} allowed"
    say.that(first <= t <= last, row.item, row.month, f"{what} {case.facts.label(t)}", allowed)
