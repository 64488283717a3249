"""The tables of a simulation as CSV files in a folder, or as a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.files import write_files
from optimizer.plan.folder import table_bytes
from optimizer.report.sheets import Book, Heading

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.uncertainty.simulation import Simulation

MEANINGS = {
    "plans": "Cost of each plan over the draws in which it can be kept",
    "differences": "Cost of each plan less that of the first one, over the draws in which both can be kept",
    "draws": "Cost of each plan in each different draw",
}


def write_simulation(found: Simulation, target: Path) -> list[Path]:
    """Write the tables of a simulation.

    Parameters
    ----------
    found : Simulation
        What to write.
    target : Path
        Workbook if its name ends in ``.xlsx``, else a folder for a CSV file for each table.

    Returns
    -------
    list of Path
        The files.
    """
    if target.suffix.lower() == ".xlsx":
        return [_write_workbook(found, target)]
    return write_files(target, {f"{name}.csv": table_bytes(table) for name, table in found.tables.items()})


def _write_workbook(found: Simulation, target: Path) -> Path:
    book = Book(f"Simulation of {', '.join(found.names)}")
    index = book.sheet("index", "#1F55B3")
    tables = found.tables
    for name, table in tables.items():
        book.table(name, MEANINGS[name], [_heading(table, column) for column in map(str, table.columns)], table)
    contents = [(name, len(table), MEANINGS[name]) for name, table in tables.items()]
    book.index(index, f"Money in {found.instance.head.currency}, net present cost", contents)
    index.activate()
    return book.save(target)


def _heading(table: pd.DataFrame, column: str) -> Heading:
    return Heading(column, "text" if table[column].dtype == object else "number")
