"""Fixings: decisions that are forced, forbidden, ended, delayed or kept, as bounds and rows of the program."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.errors import FixingError
from optimizer.instance.instance import Instance
from optimizer.instance.name_suggestions import did_you_mean, parties_of
from optimizer.instance.name_text import normal_name
from optimizer.instance.notice import notice_of
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program
from optimizer.schema import load_schema

_NAMED = 8  # items listed in a message
_HOLD = re.compile(r"(?:([a-z_]+):)?(.+?)(?:@(\d{4}-\d{2})(?:=(\d+(?:\.\d+)?(?:e[+-]\d+)?))?)?")
FAMILY = {  # column family of each decision
    "order_build": "ordered",
    "buy": "bought",
    "sign": "started",
    "lease_out": "started",
    "hand_back": "ended",
    "take_back": "ended",
    "commit_spend": "committed",
    "start_run": "placed",
}


@dataclass(frozen=True)
class Fixing:
    """A fixed decision.

    Attributes
    ----------
    kind : str
        ``force``, ``forbid``, ``end``, ``delay``: no more than ``blocks`` decided up to and including the month, or
        ``keep``: at least ``blocks`` in force in the month.
    decision : str
        As in the plan's table decisions; ``""`` if the item determines it.
    item : str
        Build, purchase, contract, outlet, commitment or run.
    month : str
        Month of the decision; for ``end`` the first month without the item; ``""`` for any month.
    blocks : float or None
        Exact number, if given; for ``end`` the number that stays, 0 if not given.
    """

    kind: str
    decision: str
    item: str
    month: str = ""
    blocks: float | None = None

    def __str__(self) -> str:
        head = f"{self.decision}:" if self.decision else ""
        blocks = "" if self.blocks is None else f"={round(self.blocks, 9) + 0.0:.12g}"  # never -0
        return f"{self.kind} {head}{self.item}{f'@{self.month}{blocks}' if self.month else ''}"


def parse_fixing(kind: str, text: str) -> Fixing:
    """Parse a fixing: ``sign:bridge@2027-03``, ``bridge``, ``bridge@2027-03``, or ``bridge@2027-03=4`` (blocks).

    Raises
    ------
    FixingError
        If the text is invalid, the kind of decision is unknown, or it has blocks where they have no meaning.
    """
    match = _HOLD.fullmatch(text.strip())
    decision, item, month, blocks = match.groups() if match else (None, "", None, None)
    if decision and decision not in FAMILY:
        raise FixingError(f"{text!r}: no decision is called {decision!r}.{did_you_mean(decision, FAMILY)}")
    if not item or (kind == "end" and not month):
        raise FixingError(f"{text!r} is nothing to {kind}; expected such as sign:bridge@2027-03")
    if blocks and kind == "forbid":
        raise FixingError(f"{text!r}: what is forbidden has no number of blocks; leave out ={blocks}")
    return Fixing(kind, decision or "", normal_name(item), month or "", float(blocks) if blocks else None)


def fixings_of(plan: Any) -> list[Fixing]:
    """Return the fixings with which a plan was made."""
    pairs = (str(text).partition(" ") for text in plan.head.get("held", ()))
    return [parse_fixing(kind, rest) for kind, _, rest in pairs]


def merge_fixings(before: Iterable[Fixing], new: Iterable[Fixing]) -> list[Fixing]:
    """Merge fixings: new ones replace all earlier ones of the same item."""
    new = list(new)
    items = {one.item for one in new}
    return [*(one for one in before if one.item not in items), *new]


def apply_fixings(program: Program, arrays: Arrays, fixings: Iterable[Fixing]) -> Arrays:
    """Return the arrays with decisions fixed.

    Raises
    ------
    FixingError
        If a fixing names an unknown item, or a month in which the decision is impossible.
    """
    lower, upper = arrays.lower.copy(), arrays.upper.copy()
    rows: list[_Sum] = []
    for one in fixings:
        if one.kind == "end":
            ended = _active(program, one)
            upper[ended] = np.minimum(upper[ended], one.blocks or 0.0)
            continue
        if one.kind == "keep":
            lower[_active(program, one)[:1]] = one.blocks or 0.0
            continue
        chosen = _decisions(program, one)
        if one.kind == "delay":
            rows.append(_Sum(str(one), chosen, -np.inf, one.blocks or 0.0))
        elif one.kind == "forbid":
            upper[chosen] = np.minimum(upper[chosen], 0.0)
        elif one.blocks is not None:
            _fix(program, one, chosen, lower, upper)
        else:
            rows.append(_Sum(str(one), chosen, 1.0, np.inf))
    return _with_sums(replace(arrays, lower=lower, upper=upper), rows)


@dataclass(frozen=True)
class _Sum:
    """An added row: its label, the columns that it sums, and its bounds."""

    says: str
    columns: list[int]
    least: float
    most: float


def _fix(program: Program, one: Fixing, chosen: list[int], lower: Any, upper: Any) -> None:
    if len(chosen) != 1:
        raise FixingError(f"{one}: a number of blocks needs one month; add @ and the month it is decided in")
    lower[chosen] = upper[chosen] = one.blocks


def _family(program: Program, one: Fixing) -> str:
    """Return the column family of a fixing."""
    decisions = first_decisions(program.instance)
    if one.item in decisions:
        return FAMILY[one.decision or decisions[one.item]]
    raise FixingError(f"{one}: {no_such_item(program.instance, one.item)}")


def first_decisions(instance: Instance) -> dict[str, str]:
    """Return the decision that takes each item, by name; an item whose name is unique comes before one of that name."""
    schema = load_schema()
    unique = {target.split(".")[0] for target in schema.unique["item"]}
    tables = sorted(schema.names(lambda table: table.decisions), key=lambda name: name in unique)
    return {item: schema.tables[name].decisions[0] for name in tables for item in instance.named[name]}


def no_such_item(instance: Instance, item: str) -> str:
    """Return the message on an item that cannot be decided on because it does not exist."""
    names = list(first_decisions(instance))
    hint = did_you_mean(item, names, parties_of(instance))
    hint = hint or (f" Name one of {', '.join(names[:_NAMED])}." if names else "")
    return f"there is no such item to decide on.{hint}"


def months_ahead(program: Program, family: str, item: str) -> int:
    """Return the months from a decision to the month of its column: lead time of a signature, notice of a hand-back."""
    if family not in ("started", "ended") or item not in program.index.agreements:
        return 0
    row = program.index.agreements[item].row
    return int(row.lead_months) if family == "started" else notice_of(row)


def _decisions(program: Program, one: Fixing) -> list[int]:
    """Return the columns of a decision, in one month or in all."""
    family = _family(program, one)
    ahead = months_ahead(program, family, one.item)
    keys = [key for key in program.parts.col[family] if key[0] == one.item]
    if one.month:
        t = program.instance.month_index(one.month) + ahead
        keys = [key for key in keys if (key[-1] <= t if one.kind == "delay" else key[-1] == t)]
    if not keys and one.kind not in ("forbid", "delay"):
        months = sorted({key[-1] for key in program.parts.col[family] if key[0] == one.item})
        span = (
            f"; possible from {_label(program, months[0] - ahead)} to {_label(program, months[-1] - ahead)}"
            if months
            else " or in any other month of the plan; leave it out, or change its dates"
        )
        raise FixingError(f"{one}: not possible then{span}")
    return [program.parts.col[family][key] for key in keys]


def _label(program: Program, t: int) -> str:
    return program.instance.label(t)


def _active(program: Program, one: Fixing) -> list[int]:
    """Return the columns of the blocks in force from a month on."""
    if one.item not in program.index.agreements:
        names = program.index.agreements
        hint = did_you_mean(one.item, names, parties_of(program.instance))
        raise FixingError(f"{one}: no contract or outlet is called {one.item!r}.{hint}")
    t = program.instance.month_index(one.month)
    return [column for key, column in program.parts.col["in_force"].items() if key[0] == one.item and key[1] >= t]


def _with_sums(arrays: Arrays, rows: list[_Sum]) -> Arrays:
    """Return the arrays with rows added."""
    columns = [column for row in rows for column in row.columns]
    number = np.repeat(np.arange(len(rows)), [len(row.columns) for row in rows])
    bounds = [row.least for row in rows], [row.most for row in rows]
    return arrays.with_rows((row.says for row in rows), (number, columns, np.ones(len(columns))), *bounds)
