"""Comparison of two plans as tables of text, for terminals and pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.cash_terms import terms_of_kind
from optimizer.format import Format, count, counted, interval_text, money, month_cell, percent, scale_of, shown, tenths
from optimizer.report.colours import party_text, term_label
from optimizer.report.document import Grid, Table

if TYPE_CHECKING:
    from optimizer.plan.compare import Comparison
    from optimizer.plan.compare_uncertain import UncertainComparison
    from optimizer.plan.plan import Plan

_GROUPS = (("Money out, nominal", ()), ("of which penalties", ("penalty",)), ("of which leased out", ("revenue",)))


def signed(value: float, text: str) -> str:
    """A difference: with its sign, a dash for none; ``>-0.1`` is below zero, but above that."""
    if value == 0:
        return "–"
    if text.startswith("<"):
        return f"<+{text[1:]}" if value > 0 else f">-{text[1:]}"
    return f"{'+' if value > 0 else '-'}{text}"


def difference(value: float, currency: str = "") -> str:
    """A difference of money, such as ``+1.25 bn USD``."""
    return signed(value, money(abs(value), currency))


# ---------------------------------------------------------------- summary
def headline(comparison: Comparison) -> Table:
    """Cost, gap, cash, capacity and service of both."""
    a, b = comparison.a, comparison.b
    rows = [
        number_row("Net present cost", a.objective, b.objective, money),
        ("Gap", _gap(a), _gap(b), ""),
        *(number_row(name, _sum(a, kinds), _sum(b, kinds), money) for name, kinds in _GROUPS),
        number_row("Peak owed", _peak_owed(a), _peak_owed(b), money),
        number_row("Peak accelerators", _peak(a, "accelerators"), _peak(b, "accelerators"), count),
        number_row("Peak MW", _peak(a, "mw"), _peak(b, "mw"), count),
        ("Unserved", _unserved(a), _unserved(b), ""),
    ]
    currencies = {plan.instance.head.currency for plan in (a, b)}
    unit = f", money in {currencies.pop()}" if len(currencies) == 1 else ""
    columns = ("", *comparison.names, "Difference")
    return Table(f"{comparison.names[1]} compared with {comparison.names[0]}{unit}", Grid(columns, rows))


def number_row(name: str, old: float, new: float, form: Format) -> tuple[str, str, str, str]:
    """A name, two numbers and their difference."""
    change = new - old
    if abs(change) <= 1e-9 * (abs(old) + abs(new)):
        change = 0.0
    return name, form(old), form(new), signed(change, form(abs(change)))


def _gap(plan: Plan) -> str:
    return "no bound proven" if plan.gap is None else percent(plan.gap)


def _sum(plan: Plan, kinds: Sequence[str]) -> float:
    """Return the nominal money of cash terms of some kinds; of all terms without any."""
    cash = plan.cash[plan.cash["term"].isin(terms_of_kind(*kinds))] if kinds else plan.cash
    return float(cash["amount"].sum())


def _peak(plan: Plan, column: str) -> float:
    return float(plan.capacity.groupby("month")[column].sum().max()) if len(plan.capacity) else 0.0


def _peak_owed(plan: Plan) -> float:
    """Return the most that is owed in any month."""
    return float(plan.obligations.groupby("month")["owed"].sum().max()) if len(plan.obligations) else 0.0


def _unserved(plan: Plan) -> str:
    wanted = float(plan.service["demand"].sum())
    return percent(float(plan.service["unserved"].sum()) / wanted) if wanted else "no demand"


# ---------------------------------------------------------------- what moved
def decisions(comparison: Comparison | UncertainComparison, most: int) -> Table:
    """Decisions that differ, by month; of many, those that bind most money. What runs out by itself is left out."""
    table = comparison.decisions[comparison.decisions["decision"] != "expire"]
    kept = table.loc[_biggest(table, most)]
    rows = [_decision(row) for row in kept.to_dict("records")]
    columns = ("Change", "Decision", "Month", "Blocks", "Accelerators", "MW", "Commits")
    return Table(
        "Decisions that moved", Grid(columns, rows, 3, **left_out(table, rows, "decisions")), "No decision differs."
    )


def decided(comparison: Comparison, most: int) -> Table:
    """What the plan that starts earlier decides before the other one starts, and what was decided."""
    table = comparison.decided
    rows = []
    for row in table.head(most).to_dict("records"):
        months = row["month_planned"], row["month_decided"]
        blocks = _pair(row["blocks_planned"], row["blocks_decided"], "" if all(months) else "added")
        rows.append((row["change"], _named(row), _arrow(*months) + _slipped(row), blocks))
    columns = ("As planned?", "Decision", "Month", "Blocks")
    return Table("Planned and decided since", Grid(columns, rows, 3, **left_out(table, rows, "decided")))


def _slipped(row: dict[Any, Any]) -> str:
    """By how much a decision of the planned month takes effect at another time."""
    if row["month_planned"] != row["month_decided"] or not row["months_later"]:
        return ""
    return f", starts {counted(abs(row['months_later']), 'month')} {'later' if row['months_later'] > 0 else 'earlier'}"


def causes(comparison: Comparison, most: int) -> Table:
    """What each changed input explains of the difference, in the order in which they were changed."""
    table = comparison.causes
    size, unit = scale([*table["part"].tolist(), comparison.difference], comparison)
    rows = []
    for row in table.head(most).to_dict("records"):
        proven = interval_text(row["at_least"], row["at_most"])
        rows.append((shown(row["cause"]), row["moved"], _change(row["part"] / size), proven))
    left = left_out(table, rows, "causes")
    rows.append(("all", "", _change(comparison.difference / size), ""))
    columns = ("Changed input", "Decisions that moved with it", f"Part, {unit}", "Proven")
    note = "Inputs are changed one after the other, so that the parts depend on their order."
    grid = Grid(columns, rows, 2, note, frozenset({len(rows) - 1}), **left)
    return Table("Parts of the difference of the cost", grid)


def _change(value: float) -> str:
    return signed(value, tenths(abs(value)))


def _biggest(table: pd.DataFrame, most: int) -> list[Any]:
    """Rows that bind most money in either plan, in their order; of as much money the most accelerators, then MW."""
    names = ["committed_cost", "accelerators", "mw"]
    sizes = pd.DataFrame({name: table[[f"{name}_a", f"{name}_b"]].abs().max(axis=1) for name in names})
    return sorted(sizes.sort_values(names, ascending=False, kind="stable").index[:most])


def _decision(row: dict[Any, Any]) -> tuple[str, ...]:
    what = _named(row)
    pairs = [_pair(row[f"{name}_a"], row[f"{name}_b"], row["change"]) for name in ("blocks", "accelerators", "mw")]
    return (
        row["change"],
        what,
        _arrow(row["month_a"], row["month_b"]),
        *pairs,
        difference(row["committed_cost_difference"]),
    )


def _named(row: dict[Any, Any]) -> str:
    """Decision, item and party."""
    party = f" ({shown(row['party'])})" if row["party"] not in ("", "in_house") else ""
    return f"{str(row['decision']).replace('_', ' ').capitalize()} {shown(row['item'])}{party}"


def _arrow(old: str, new: str) -> str:
    """Two months, or the one that there is."""
    old, new = month_cell(old), month_cell(new)
    return old or new if old == new or not old or not new else f"{old} → {new}"


def _pair(old: float, new: float, change: str) -> str:
    if change in ("added", "dropped", "outside") or old == new:
        return count(new or old) if new or old else ""
    return f"{count(old)} → {count(new)}"


def left_out(table: pd.DataFrame, rows: Sequence[tuple[str, ...]], name: str) -> dict[str, Any]:
    """How many rows are left out of a table, and where they are, as arguments of a grid."""
    return {"left": len(table) - len(rows), "source": f"{name} of --json and --xlsx"}


# ---------------------------------------------------------------- what it costs
def terms(comparison: Comparison) -> Table:
    """Present value by cash term."""
    return _money(comparison, comparison.terms, "term", "Term", term_label)


def parties(comparison: Comparison) -> Table:
    """Present value by party."""
    return _money(
        comparison, comparison.parties, "party", "Party", lambda name: party_text(name) if name else "penalties"
    )


def _money(comparison: Comparison, table: pd.DataFrame, key: str, name: str, label: Callable[[str], str]) -> Table:
    columns = [f"present_value_{end}" for end in ("a", "b", "difference")]
    size, unit = scale(table[columns].to_numpy().ravel().tolist(), comparison)
    order = table["present_value_difference"].abs().sort_values(ascending=False, kind="stable").index
    rows = [_scaled(label(str(table.loc[i, key])), table.loc[i, columns], size) for i in order]
    rows.append(_scaled("all", table[columns].sum(), size))
    caption = f"Present value by {key}, {unit}; money in is negative"
    return Table(caption, Grid((name, *comparison.names, "Difference"), rows, 1, "", frozenset({len(rows) - 1})))


def _scaled(name: str, values: Any, size: float) -> tuple[str, str, str, str]:
    old, new, change = (float(value) / size for value in values)
    return name, tenths(old, "–"), tenths(new, "–"), signed(change, tenths(abs(change), "–"))


def scale(amounts: list[float], comparison: Comparison) -> tuple[float, str]:
    """The one scale for amounts, and its name with the currency."""
    size, name = scale_of(amounts)
    return size, f"{name} {comparison.b.instance.head.currency}".strip()


def _whose(row: dict[Any, Any]) -> str:
    if row["party"]:
        return f" ({party_text(row['party'])})"
    return " (penalties)" if row["present_value_difference"] else ""


def items(comparison: Comparison, most: int) -> Table:
    """Items with the largest differences, with what changed in their decisions and inputs."""
    table = comparison.items
    table = table[(table["present_value_difference"] != 0) | (table["inputs"] != "") | (table["decisions"] != "")]
    size, unit = scale(table["present_value_difference"].tolist(), comparison)
    rows = []
    for row in table.head(most).to_dict("records"):
        change = row["present_value_difference"] / size
        name = f"{shown(row['item'])}{_whose(row)}"
        rows.append((name, row["decisions"], row["inputs"], signed(change, tenths(abs(change), "–"))))
    columns = ("Item", "Its decisions and use", "Its inputs", f"Present value, {unit}")
    return Table("Item by item", Grid(columns, rows, 3, **left_out(table, rows, "items")), "No item differs.")
