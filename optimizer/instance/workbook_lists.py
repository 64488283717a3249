"""Lists to choose from in the workbook that ``capopt new`` writes: choices, flags, and names from other sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from optimizer.schema import Column, load_schema

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

LAST_ROW = 2000  # lists reach down to here, and take names from rows down to here
INDEX, INDEX_FIRST = "index", 3  # first sheet, and its row with the name of the first table
_NAMES = 500  # names at most in a list gathered from several sheets
_FIRST = 27  # first of the hidden columns of the index that gather names
Places = dict[tuple[str, ...], str]  # where names from several columns are gathered, as a formula


def add_lists(sheet: Worksheet, position: int, column: Column, gathered: Places) -> None:
    """Let the cells under a header be chosen from a list, where there is one; months are checked to be dates."""
    rule = _rule(sheet.title, column, gathered)
    if rule is not None:
        letter = get_column_letter(position)
        sheet.add_data_validation(rule)
        rule.add(f"{letter}2:{letter}{LAST_ROW}")


def _rule(table: str, column: Column, gathered: Places) -> DataValidation | None:
    if column.type == "month":
        rule = DataValidation("date", operator="greaterThanOrEqual", formula1="1", allow_blank=True)
        rule.errorStyle, rule.errorTitle, rule.error = (
            "warning",
            column.name,
            "Write a month as 2027-01, or a date in it.",
        )
        rule.showErrorMessage = True
        return rule
    if column.type == "choice":
        formula, strict = f'"{",".join(column.choices)}"', True
    elif column.type == "flag":
        formula, strict = '"TRUE,FALSE"', True
    elif column.type == "ref" and len(column.refers) == 1:
        formula, strict = _area(column.refers[0]), False
    elif column.type == "ref":
        formula, strict = gathered[column.refers], False
    elif column.picks:
        formula, strict = _picks(table, column.picks), False
    else:
        return None
    return DataValidation("list", formula1=formula, allow_blank=True, showErrorMessage=strict)


def _picks(table: str, what: str) -> str:
    """Tables of the base data, or rows or columns of the table that the row of the cell names."""
    tables = load_schema().tables
    if what == "table":
        last = max(row for row, spec in enumerate(tables.values(), start=INDEX_FIRST) if not spec.uncovered)
        return f"'{INDEX}'!$A${INDEX_FIRST}:$A${last}"
    names = [column.picks for column in tables[table].columns.values()]
    named = f'"\'"&${get_column_letter(names.index("table") + 1)}2&"\'!'
    if what == "column":
        return f'OFFSET(INDIRECT({named}$A$1"),0,0,1,COUNTA(INDIRECT({named}$1:$1")))'
    return f'OFFSET(INDIRECT({named}$A$2"),0,0,MAX(1,COUNTA(INDIRECT({named}$A$2:$A${LAST_ROW}"))),1)'


def _area(target: str) -> str:
    """Cells under the header of a ``table.column``."""
    table, name = target.split(".")
    letter = get_column_letter(list(load_schema().tables[table].columns).index(name) + 1)
    return f"'{table}'!${letter}$2:${letter}${LAST_ROW}"


def gather_names(index: Worksheet) -> Places:
    """Gather names that stand in several sheets, by formulas in hidden columns of the index."""
    schema = load_schema()
    columns = (column for table in schema.tables.values() for column in table.columns.values())
    sets = list(dict.fromkeys(c.refers for c in columns if c.type == "ref" and len(c.refers) > 1))
    return {targets: _gather(index, _FIRST + 2 * i, targets) for i, targets in enumerate(sets)}


def _gather(index: Worksheet, position: int, targets: tuple[str, ...]) -> str:
    """Names of some columns, one below the other; the column to the left has their number up to each column."""
    counts, names = get_column_letter(position), get_column_letter(position + 1)
    index[f"{counts}1"], index[f"{names}1"] = "names up to", ", ".join(targets)
    index[f"{counts}2"] = 0
    for row, target in enumerate(targets, start=3):
        index[f"{counts}{row}"] = f"={counts}{row - 1}+COUNTA({_area(target)})"
    for number in range(1, _NAMES + 1):
        index[f"{names}{number + 1}"] = f"={_pick(number, counts, targets)}"
    for letter in (counts, names):
        index.column_dimensions[letter].hidden = True
    last = f"'{index.title}'!${counts}${len(targets) + 2}"
    return f"OFFSET('{index.title}'!${names}$2,0,0,MAX(1,MIN({last},{_NAMES})),1)"


def _pick(number: int, counts: str, targets: tuple[str, ...]) -> str:
    """Formula of the ``number``-th name."""
    text = '""'
    for row, target in reversed(list(enumerate(targets, start=3))):
        text = f"IF({number}<=${counts}${row},INDEX({_area(target)},{number}-${counts}${row - 1}),{text})"
    return text
