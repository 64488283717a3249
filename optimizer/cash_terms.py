"""The cash terms of ``program.toml``: terms of the objective and of the cash table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from optimizer.schema import IN_HOUSE, program_contents


@dataclass(frozen=True)
class Charge:
    """How the payments of a cash term are billed, in the terms of FOCUS.

    Attributes
    ----------
    category, frequency : str
        Charge category and charge frequency.
    split : str
        What payments for a contract are split by between its signatures: ``signed``, ``ended`` or ``price``.
    """

    category: str
    frequency: str
    split: str = ""


@dataclass(frozen=True)
class CashTerm:
    """A term of the objective and of the cash table.

    Attributes
    ----------
    name : str
        Name in the cash table.
    kind : str
        ``capex``, ``opex``, ``revenue``, ``penalty``, ``residual`` or ``owed``.
    items : mapping of str to str
        By table of its items, the column of the party; ``in_house`` or ``""`` for a party that is the same for all.
    label, group, colour : str
        Name in tables and charts, column of tables by period, colour in charts.
    meaning : str
        One sentence for people.
    says : str
        Of a penalty: what is penalised, in a sentence.
    commits : tuple of str
        Tables of whose items it counts towards spend commitments to the party.
    priced : bool
        Whether it is proportional to the price of its item.
    focus : Charge or None
        How it is billed; None where nobody bills it.
    """

    name: str
    kind: str
    items: Mapping[str, str]
    label: str
    group: str
    colour: str
    meaning: str
    says: str = ""
    commits: tuple[str, ...] = ()
    priced: bool = False
    focus: Charge | None = None

    def party(self, table: str, row: Any) -> str:
        """Return the party of a row of one of the tables of its items."""
        column = self.items[table]
        return column if column in ("", IN_HOUSE) else str(getattr(row, column))

    @property
    def is_paid(self) -> bool:
        """Whether money changes hands within the plan: it counts in budgets and in own rules on spend."""
        return self.kind in ("capex", "opex", "revenue")

    @property
    def is_after(self) -> bool:
        """Whether it is booked in the month after the plan."""
        return self.kind in ("residual", "owed")

    @property
    def is_recurring(self) -> bool:
        """Whether it is paid month by month."""
        return self.focus is not None and self.focus.frequency == "Recurring"


@cache
def cash_terms() -> Mapping[str, CashTerm]:
    """Return the cash terms of ``program.toml`` by name, in their order."""
    return MappingProxyType({name: _cash_term(name, entry) for name, entry in program_contents()["terms"].items()})


def _cash_term(name: str, entry: Mapping[str, Any]) -> CashTerm:
    focus = Charge(**entry["focus"]) if "focus" in entry else None
    lists = {"items": MappingProxyType(entry["items"]), "commits": tuple(entry.get("commits", ())), "focus": focus}
    return CashTerm(name=name, **{**entry, **lists})


def terms_of_kind(*kinds: str) -> tuple[str, ...]:
    """Return the names of the cash terms of some kinds, in their order."""
    return tuple(term.name for term in cash_terms().values() if term.kind in kinds)
