"""Whether each provider, owner, site, region and tag could be lost, and what less exposure costs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.analysis.losses import losses as losses_of
from optimizer.format import count, counted, interval_text, month_cell, month_text, percent, percents, rounded, shown
from optimizer.report.colours import party_text
from optimizer.report.document import Grid, Prose, Table
from optimizer.report.plan_context import PlanContext

_NAMES = 6
_KINDS = {
    "provider": "provider",
    "group": "owner",
    "site": "own site",
    "region": "region",
    "tag": "all tagged",
}
NOTHING_CRITICAL = (
    "Whether one of them could be lost is not tested: no work is marked as critical (column critical of the workloads)."
)
_TEST = (
    "Tested for every month, with the decisions as they are: its capacity is gone, critical work may run on all that "
    "is left, all other work gives way, and what is leased out stays leased out; all offered "
    "on-demand capacity is available. Of several with the same capacity, the first is listed."
)


def losses(context: PlanContext) -> tuple[Any, ...]:
    """What would be short if one of them were lost: sentences and a table."""
    table = losses_of(context.plan)
    if table.empty:
        return (Prose([NOTHING_CRITICAL]),)
    return Prose(sentences(table)), Table("Critical work unserved if one of them is lost", losses_grid(table))


def sentences(table: pd.DataFrame) -> list[str]:
    """Who can be lost, and what would be short without the others, the most first."""
    rows = table.to_dict("records")
    safe = [_name(row) for row in rows if not row["months"]]
    found = [f"If one of these were lost, all critical work could continue: {'; '.join(safe)}."] if safe else []
    missed = sorted((row for row in rows if row["months"]), key=lambda row: -row["short"])
    found += [_short(row) for row in missed[:_NAMES]]
    rest = len(missed) - _NAMES
    return found + ([f"Critical work would be short without {rest} more, too."] if rest > 0 else [])


def _name(row: dict[Any, Any]) -> str:
    member, kind = shown(party_text(str(row["member"])), 40), _KINDS[str(row["subject"])]
    return member if row["subject"] == "provider" else f"{kind} {member}"


def _short(row: dict[Any, Any]) -> str:
    share = percent(row["short"] / row["critical"])
    months = f"{counted(int(row['months']), 'month')}, the first {month_text(str(row['first']))}"
    worst = month_text(str(row["month"]))
    text = f"Without {_name(row)} critical work is short in {months}; the largest shortfall is in {worst}, "
    text += f"when {count(row['short'])} reference-accelerators of it ({share}) would not be served"
    before = f"; {count(row['before'])} are not served even without the loss" if row["before"] else ""
    return f"{text}: {shown(str(row['workloads']), 80)}{before}."


def losses_grid(table: pd.DataFrame) -> Grid:
    """A row for each that holds capacity."""
    rows = []
    for row in table.to_dict("records"):
        kind = _KINDS[str(row["subject"])]
        who = (party_text(str(row["member"])), kind, "no" if row["months"] else "yes")
        worst = (month_cell(row["month"]), str(row["workloads"]))
        share = percents(row["short"] / row["critical"]) if row["months"] else ""
        months = count(row["months"]) if row["months"] else ""
        rows.append(
            (*who, *worst, percents(row["share"]), months, rounded(row["critical"]), rounded(row["short"]), share)
        )
    columns = (
        *("If lost", "Kind", "Can be lost", "Most short in", "Workloads short then"),
        *("Share, highest", "Months short", "Critical work then", "Short", "Of the critical work"),
    )
    return Grid(columns, rows, 5, f"{_TEST} Work in reference-accelerators.")


# ---------------------------------------------------------------- what less costs, of an explained plan
def caps_grid(context: PlanContext, table: pd.DataFrame) -> Grid:
    """A row for each requirement."""
    rows = []
    for row in table.to_dict("records"):
        share = row["unserved"]
        served = "" if share is None or share != share else percent(float(share))
        amounts = (interval_text(row["at_least"], row["at_most"]), served)
        who = (str(row["requirement"]), month_cell(row["month"]), str(row["answer"] or row["note"]))
        rows.append((*who, percents(row["share"]), *amounts))
    columns = (
        *("Requirement", "In force from", "Largest changes of decisions"),
        *("Share now, highest", "Costs more", "Not served"),
    )
    note = (
        f"In {context.currency}, present value: additional cost, as proven, of the best plan that keeps the "
        "requirement from that month on. Earlier it is infeasible with the contracts already agreed and the capacity "
        "available in time. Not served: in the plan found. Shares are of the capacity in-house and under contract, in "
        " reference-accelerators."
    )
    return Grid(columns, rows, 3, note)
