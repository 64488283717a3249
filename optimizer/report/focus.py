"""A plan as FOCUS datasets: Contract Commitment, and Cost and Usage. ``docs/focus.md`` describes the mapping."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.files import write_files
from optimizer.format import figure, guarded
from optimizer.program.index import Index
from optimizer.report import focus_commitments, focus_costs
from optimizer.report.focus_signatures import signatures

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

COMMITMENTS, COSTS = "contract_commitment.csv", "cost_and_usage.csv"


def write_focus(plan: Plan, folder: str | Path) -> list[Path]:
    """Write the contracts and the money of a plan as FOCUS datasets.

    Parameters
    ----------
    plan : Plan
        The plan to export.
    folder : str or Path
        Where to; made if missing. Files of the same names there are replaced.

    Returns
    -------
    list of Path
        The files: ``contract_commitment.csv`` and ``cost_and_usage.csv``.
    """
    index = Index(plan.instance)
    signed = signatures(plan, index)
    commitments = [*focus_commitments.contract_rows(plan, signed), *focus_commitments.spend_rows(plan)]
    costs = focus_costs.Costs(plan, index, signed).rows()
    texts = {
        COMMITMENTS: _text(focus_commitments.COLUMNS, commitments),
        COSTS: _text(focus_costs.COLUMNS, costs),
    }
    return write_files(folder, texts)


def _text(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    """A value as text: null is blank, numbers have neither exponents nor separators."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        text = format(Decimal(figure(value) if isinstance(value, float) else value), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return guarded(str(value))
