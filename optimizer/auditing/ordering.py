"""Rules on single decisions: when, and how many."""

from __future__ import annotations

import numpy as np

from optimizer.auditing.agreement import Agreement
from optimizer.auditing.holdings import Holdings
from optimizer.auditing.placements import Decision
from optimizer.auditing.verdict import BLOCK, Findings
from optimizer.format import number

SIGNED = ("sign", "lease_out")
HANDED = ("hand_back", "take_back")
ONCE = ("commit_spend", "start_run")


def order_window(case: Holdings, say: Findings) -> None:
    """Builds and purchases are ordered between `earliest` and `latest`."""
    for row in case.decisions:
        if row.verb in ("order_build", "buy"):
            item = case.item(row)
            _within(case, say, row, row.t, "ordered", item.earliest, item.latest)


def start_window(case: Holdings, say: Findings) -> None:
    """Contracts, outlets and spend commitments start between `earliest` and `latest`, and within the plan."""
    for row in case.decisions:
        if row.verb in SIGNED:
            terms = case.item(row)
            first, last = max(terms.earliest, terms.lead_months), min(terms.latest, case.facts.months - 1)
            _within(case, say, row, row.t + terms.lead_months, "starts", first, last)
        elif row.verb == "commit_spend":
            terms = case.item(row)
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


def integer_blocks(case: Holdings, say: Findings) -> None:
    """Blocks and lots are integers where the instance says so; a spend commitment and a run are taken in full."""
    for row in case.decisions:
        if case.relaxed or row.verb == "expire":
            continue
        if row.verb in ONCE:
            say.compare(row.blocks, "=", 1.0, "of it taken", row.item, row.month, floor=BLOCK)
        elif case.item(row).integer:
            is_integer = abs(row.blocks - round(row.blocks)) <= BLOCK
            say.that(is_integer, row.item, row.month, f"{row.blocks!r} blocks", "an integer expected")


def min_blocks(case: Holdings, say: Findings) -> None:
    """A signature is for at least `min_blocks`."""
    for row, agreement in _about_agreements(case, SIGNED):
        if row.blocks > 0 and not case.relaxed:
            say.compare(row.blocks, ">=", agreement.row.min_blocks, "blocks signed", row.item, row.month, floor=BLOCK)


def build_limit(case: Holdings, say: Findings) -> None:
    """No more blocks of a build are ordered over the horizon than `max_blocks`."""
    for name, row in case.facts.tables["builds"].items():
        say.compare(case.ordered_so_far(name), "<=", row.max_blocks, "blocks ordered so far", name, floor=BLOCK)


def build_after(case: Holdings, say: Findings) -> None:
    """At the end of every month, the share ordered of a build is no more than that of the one it comes `after`."""
    builds = case.facts.tables["builds"]
    for name, row in builds.items():
        if row.after is None:
            continue
        ahead = builds[row.after]
        least = max(min(row.max_blocks, ahead.max_blocks), BLOCK)
        mine, its = (case.ordered_so_far(one) / max(builds[one].max_blocks, BLOCK) for one in (name, row.after))
        say.compare(mine, "<=", its, f"of it ordered, {row.after} being ahead", name, floor=BLOCK / least)


def purchase_limits(case: Holdings, say: Findings) -> None:
    """No more accelerators are bought than `max_per_month` and `max_total`."""
    for name, row in case.facts.tables["purchases"].items():
        bought, floor = case.lots[name] * row.lot_size, BLOCK * row.lot_size
        if row.max_per_month is not None:
            say.compare(bought, "<=", row.max_per_month, "accelerators bought in the month", name, floor=floor)
        if row.max_total is not None:
            before = sum(order.blocks for order in case.facts.decided("buy", name)) * row.lot_size
            say.compare(
                before + np.cumsum(bought), "<=", row.max_total, "accelerators bought so far", name, floor=floor
            )


def commitment_once(case: Holdings, say: Findings) -> None:
    """A spend commitment is taken at most once, and once if it is required."""
    for name, row in case.facts.tables["commitments"].items():
        sense, taken = "=" if row.required else "<=", sum(one.share for one in case.taken(name))
        say.compare(taken, sense, 1.0, "times taken", name, "", floor=BLOCK)


# ---------------------------------------------------------------- helpers
def _about_agreements(case: Holdings, verbs: tuple[str, ...]) -> list[tuple[Decision, Agreement]]:
    return [(row, case.facts.agreements[row.item]) for row in case.decisions if row.verb in verbs]


def _within(case: Holdings, say: Findings, row: Decision, t: int, what: str, first: int, last: int) -> None:
    allowed = f"{case.facts.label(first)} to {case.facts.label(last)} allowed"
    say.that(first <= t <= last, row.item, row.month, f"{what} {case.facts.label(t)}", allowed)
