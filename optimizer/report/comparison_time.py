"""Comparison of two plans, continued: what differs over time, in service and in the inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from optimizer.format import Format, count, shown, tenths
from optimizer.plan.compare_items import without_noise
from optimizer.report.colours import party_text
from optimizer.report.comparison import left_out, number_row, scale, signed
from optimizer.report.document import Grid, Table
from optimizer.report.totals_by_period import AFTER, Periods

if TYPE_CHECKING:
    from optimizer.plan.compare import Comparison
    from optimizer.plan.compare_uncertain import UncertainComparison

MOST_PARTIES = 7
OTHERS = "others"
_CELL = 60  # characters of a value of an input


def periods(comparison: Comparison) -> Periods:
    """Months, quarters or years that cover both plans."""
    starts = [plan.instance.head.start for plan in (comparison.a, comparison.b)]
    lasts = [plan.instance.label(plan.instance.head.months - 1) for plan in (comparison.a, comparison.b)]
    span = pd.period_range(min(starts), max(lasts), freq="M")
    return Periods(min(starts), len(span))


def capacity(comparison: Comparison) -> Table:
    """Difference of the average accelerators by period and party."""
    found = periods(comparison)
    frame = _by_period(comparison.capacity, found, "accelerators_difference")
    frame = frame.reindex(found.lengths.index, fill_value=0.0).div(found.lengths, axis=0)
    return _over_time("Difference of accelerators, average of the months", frame, found.noun, _counted)


def cost(comparison: Comparison) -> Table:
    """Difference of the money by period and party."""
    found = periods(comparison)
    frame = _by_period(comparison.cost, found, "amount_difference")
    size, unit = scale(frame.sum(axis=1).tolist() + frame.to_numpy().ravel().tolist(), comparison)
    last = [AFTER] if AFTER in frame.index else []
    frame = frame.reindex([*found.lengths.index, *last], fill_value=0.0) / size
    return _over_time(f"Difference of the money, {unit}, nominal", frame, found.noun, _tenths_signed)


def _by_period(table: pd.DataFrame, found: Periods, column: str) -> pd.DataFrame:
    """Sums by period and party; parties that differ little are put together."""
    if table.empty:
        return pd.DataFrame(index=found.lengths.index)
    sizes = table.groupby("party")[column].apply(lambda values: float(values.abs().sum()))
    ranked = sizes.sort_values(ascending=False, kind="stable").index
    kept = set(ranked if len(ranked) <= MOST_PARTIES + 1 else ranked[:MOST_PARTIES])
    party = table["party"].map(lambda name: name if name in kept else OTHERS)
    frame = table.groupby([table["month"].map(found.of), party])[column].sum().unstack(fill_value=0)
    return frame[[name for name in [*ranked, OTHERS] if name in frame.columns]]


def _over_time(caption: str, frame: pd.DataFrame, noun: str, form: Format) -> Table:
    names = [{"": "penalties", OTHERS: OTHERS}.get(str(name)) or party_text(str(name)) for name in frame.columns]
    numbers = zip(map(str, frame.index), frame.to_numpy().tolist(), strict=True)
    rows = [(at, *map(form, values), form(sum(values))) for at, values in numbers]
    return Table(caption, Grid((noun, *names, "All"), rows if names else []), f"{caption}: none.")


def _counted(value: float) -> str:
    return signed(0.0 if abs(value) < 1e-6 else value, count(abs(value)))


def _tenths_signed(value: float) -> str:
    return signed(value, tenths(abs(value), "–"))


# ---------------------------------------------------------------- service and inputs
def service(comparison: Comparison) -> Table:
    """Unserved work by workload."""
    table = comparison.service
    rows = [
        number_row(shown(row["workload"]), row["unserved_a"], row["unserved_b"], count)
        for row in table.to_dict("records")
    ]
    rows = [row for row in rows if row[-1] != "–"]
    columns = ("Workload", *comparison.names, "Difference")
    caption = "Unserved work, reference-accelerator-months"
    return Table(caption, Grid(columns, rows), "Unserved work is the same.")


def inputs(comparison: Comparison | UncertainComparison, most: int) -> Table:
    """Cells of the inputs that differ."""
    table = comparison.inputs
    rows = [
        (
            row["table"],
            shown(row["row"], _CELL),
            row["column"] or "(row)",
            shown(without_noise(row["a"]), _CELL),
            shown(without_noise(row["b"]), _CELL),
        )
        for row in table.head(most).to_dict("records")
    ]
    columns = ("Table", "Row", "Column", *comparison.names)
    return Table(
        "Inputs that differ", Grid(columns, rows, 5, **left_out(table, rows, "inputs")), "The inputs are the same."
    )
