"""Text of a repair: each input that it changes, with the present and the required value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from optimizer.format import exact_percent, in_full
from optimizer.instance.edit import Edit
from optimizer.instance.instance import Instance
from optimizer.schema import load_schema

_ROWS = 3  # maximum number of rows of a step series in a text


@dataclass(frozen=True)
class GivenUp:
    """One input that a repair changes.

    Attributes
    ----------
    text : str
        One line, with the table rows.
    what, before, after : str
        The input, and its value before and after, as text.
    edit : str
        The change as an edit.
    table, item, column : str
        Cell that changes.
    old, new : str
        Present and required value of the cell; of a step series one for each row, separated by ``;``.
    sources : tuple of str
        Table rows that change, such as ``budgets.csv row 2``.
    """

    text: str
    what: str
    before: str
    after: str
    edit: str
    table: str
    item: str
    column: str
    old: str
    new: str
    sources: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict, for JSON."""
        return {**vars(self), "sources": list(self.sources)}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> GivenUp:
        """Return what :meth:`to_dict` has written."""
        return cls(**{**found, "sources": tuple(found["sources"])})


def describe_repair(instance: Instance, repaired: Instance, edits: list[Edit]) -> tuple[GivenUp, ...]:
    """Describe the edits of a repair, from the instance before and after them."""
    return tuple(_one(instance, repaired, edit) for edit in edits)


def _one(instance: Instance, repaired: Instance, edit: Edit) -> GivenUp:
    key = load_schema().tables[edit.table].key[0]
    places = [i for i, row in enumerate(instance.rows[edit.table]) if getattr(row, key) == edit.item]
    attribute = f"{edit.column}_" if iskeyword(edit.column) else edit.column
    olds = [getattr(instance.rows[edit.table][i], attribute) for i in places]
    news = [getattr(repaired.rows[edit.table][i], attribute) for i in places]
    if load_schema().tables[edit.table].columns[edit.column].type == "month":
        olds, news = ([instance.label(value) for value in values] for values in (olds, news))
    sources = tuple(instance.place(edit.table, i) for i in places)
    row = instance.rows[edit.table][places[0]]
    name, text_of = _WORDS[edit.table, edit.column]
    what, before, after = name(row, instance.head.currency), [*map(text_of, olds)], [*map(text_of, news)]
    pairs = _few([f"{old} → {new}" for old, new in zip(before, after, strict=True)])
    return GivenUp(
        text=f"{what}: {pairs} ({_few(sources)}, column {edit.column})",
        what=what,
        before=_few(before),
        after=_few(after),
        edit=str(edit),
        table=edit.table,
        item=edit.item,
        column=edit.column,
        old="; ".join(map(_plain, olds)),
        new="; ".join(map(_plain, news)),
        sources=sources,
    )


def _few(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _ROWS} more" if len(texts) > _ROWS else ""
    return ", ".join(texts[:_ROWS]) + more


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, (int, float)) else str(value)


def _rule(row: Any, _: str) -> str:
    senses = {"<=": "at most", ">=": "at least", "=": "exactly"}
    return f"own rule {row.rule}, {senses[row.sense]}"


def _limit(row: Any, _: str) -> str:
    if row.rule == "survive":
        return f"policy {row.policy}, critical work that must survive a loss"
    return f"policy {row.policy}, largest share of capacity"


_WORDS: dict[tuple[str, str], tuple[Callable[[Any, str], str], Callable[[Any], str]]] = {
    ("budgets", "amount"): (lambda row, currency: f"budget {row.budget}, {currency}", in_full),
    ("workloads", "min_service"): (lambda row, _: f"workload {row.workload}, share that must be served", exact_percent),
    ("training_runs", "required"): (
        lambda row, _: f"run {row.run}",
        lambda value: "must be run" if value else "may be left out",
    ),
    ("commitments", "required"): (
        lambda row, _: f"spend commitment {row.commitment}",
        lambda value: "must be taken" if value else "may be left out",
    ),
    ("policies", "limit"): (_limit, exact_percent),
    ("rules", "rhs"): (_rule, in_full),
    ("rules", "penalty"): (
        lambda row, _: f"own rule {row.rule}, exactly {in_full(row.rhs)}",
        lambda value: "must hold" if value is None else "may be broken",
    ),
    ("policies", "from"): (lambda row, _: f"policy {row.policy}, first month", str),
    ("policies", "to"): (lambda row, _: f"policy {row.policy}, last month", str),
    ("rules", "from"): (lambda row, _: f"own rule {row.rule}, first month", str),
    ("rules", "to"): (lambda row, _: f"own rule {row.rule}, last month", str),
    ("budgets", "from"): (lambda row, _: f"budget {row.budget}, first month", str),
    ("budgets", "to"): (lambda row, _: f"budget {row.budget}, last month", str),
    ("training_runs", "deadline"): (lambda row, _: f"run {row.run}, deadline", str),
    ("commitments", "latest"): (lambda row, _: f"spend commitment {row.commitment}, latest start", str),
    ("power", "mw"): (lambda row, _: f"power of {row.site}, MW", in_full),
    ("outlets", "committed_blocks"): (lambda row, _: f"outlet {row.outlet}, blocks agreed", in_full),
    ("contracts", "requires_blocks"): (
        lambda row, _: f"contract {row.contract}, blocks of {row.requires} required",
        in_full,
    ),
    ("contracts", "renews"): (
        lambda row, _: f"contract {row.contract}",
        lambda value: f"renews {value}" if value else "renews none",
    ),
}
