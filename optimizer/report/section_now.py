"""What to do now, whatever comes: no-regret moves first, then what else is decided before anything is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.format import counted, grouped, month_cell, month_text, percent
from optimizer.plan.by_scenario import EVERY, SEPARATOR, first_known
from optimizer.report.document import Grid, Table
from optimizer.report.moves import Move, moves_of_now

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

MOST = 100  # moves on a page
_SURE = 1 - 1e-9  # of a probability
_SHARE = "Own best plans with it"
_COLUMNS = ("Month", "Step", "Runs", "Blocks", "Accelerators", "MW")


def now_tables(plan: Plan) -> list[Table]:
    """Return the no-regret moves, and the other decisions of now with the scenarios whose own best plans take them."""
    listed, shares = plan.tables["scenarios"], _shares(plan)
    known = listed.loc[listed["alone_cost"].notna(), "probability"]
    moves = moves_of_now(plan)
    sure = [move for move in moves if len(known) and shares.get(move.key, (0, 0.0))[1] >= _SURE * known.sum()]
    others = sorted((move for move in moves if move not in sure), key=lambda move: -shares.get(move.key, (0, 0.0))[1])
    all_known = len(known) == len(listed)
    part = "" if all_known else f" of the {len(known)} that were examined, {percent(float(known.sum()))}"
    caption = f"No-regret moves: decided now, and in every scenario's own best plan{part}"
    none = "No-regret moves: none; no decision of now is in every scenario's own best plan."
    if not len(known):
        none = "No-regret moves: unknown, as no scenario was examined alone; give the solve more time."
    if not moves:
        none = ""
    return [
        Table(caption, _grid(plan, sure), none),
        Table(f"Decided now too, {_until(plan)}", _grid(plan, others, shares), _nothing(plan, moves)),
    ]


def _shares(plan: Plan) -> dict[tuple[str, str, str], tuple[int, float]]:
    """Return in how many scenarios' own best plans each decision stands, and how likely these are."""
    every = len(plan.tables["scenarios"])
    return {
        (row["month"], row["decision"], row["item"]): (_number(row["scenarios"], every), float(row["probability"]))
        for row in plan.tables["robustness"].to_dict("records")
    }


def _number(cell: str, every: int) -> int:
    return every if cell == EVERY else len([name for name in cell.split(SEPARATOR) if name])


def _until(plan: Plan) -> str:
    until = first_known(plan)
    if not until:
        return "as nothing that is known changes it"
    return f"before the first outcome is known in {month_text(until)}"


def _nothing(plan: Plan, moves: list[Move]) -> str:
    """Return what to say where no other decision is taken now."""
    if moves:
        return ""
    until = first_known(plan)
    if until == plan.instance.label(0):
        return "Nothing is decided the same in every case: an outcome is known in the first month already."
    return f"Nothing is decided {_until(plan)}." if until else "The plan has no decisions."


def _grid(plan: Plan, moves: list[Move], shares: dict[tuple[str, str, str], tuple[int, float]] | None = None) -> Grid:
    """Return moves as a table, with in how many scenarios' own best plans they stand unless that is all."""
    currency, every = plan.instance.head.currency, len(plan.tables["scenarios"])
    rows = []
    for move in moves:
        cells = (month_cell(move.month), move.text, move.runs, *move.cells)
        number, chance = (shares or {}).get(move.key, (0, 0.0))
        share = f"{grouped(number)} of {grouped(every)}, {percent(chance)}" if number else "none"
        rows.append((*cells, share) if shares is not None else cells)
    columns = (*_COLUMNS, f"Commits, {currency}", *([_SHARE] if shares is not None else []))
    spare = ("MW", "Accelerators", "Blocks")
    return Grid(columns, rows, 3, spare=spare, source="the plan's table decisions").head(MOST)


def now_sentence(plan: Plan) -> str:
    """Return in a sentence how many decisions are due now, and how many of them are right in every case."""
    sure, others = (len(table.grid.rows) + table.grid.left for table in now_tables(plan))
    if not sure + others:
        return now_tables(plan)[1].empty
    return f"{counted(sure + others, 'decision')} {_until(plan)}; {grouped(sure)} without regret in any scenario."
