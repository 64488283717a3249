"""Reference page of the instance format, generated from ``tables.toml``.

``python -m optimizer.instance.reference docs/instance-format.md`` updates the page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from optimizer.format import compact
from optimizer.schema import Column, Quantity, Schema, Table, load_schema

_TYPES = {
    "name": "name",
    "ref": "name of a row elsewhere",
    "text": "text",
    "number": "number",
    "integer": "integer",
    "flag": "`true` or `false`",
    "month": "`YYYY-MM`",
    "choice": "one of",
    "list": "names separated by `;`",
    "numbers": "numbers separated by `;`",
}
_DEFAULTS = {"@first": "the plan's first month", "@last": "the plan's last month", "@name": "the row's own name"}

CONVENTIONS = """\
- **File formats.** A folder contains `instance.toml` and one `<table>.csv` per table (UTF-8, header row, commas). A
  workbook contains one sheet per table with the same header row, and a sheet `instance` with the columns `key` and
  `value`. A library call passes a mapping of table names to DataFrames, with the settings under `"instance"`. All three
  are equivalent.
- **Tables.** A missing table is empty. The order of columns does not matter.
- **Hidden** rows (also those hidden by a filter), columns and sheets of a workbook are read like all others, with a
  warning.
- **Blanks.** A blank cell, or a missing column, takes the default. Cells missing at the end of a row are blank.
- **Notes.** A row whose first filled cell begins with `#` is a comment, above, within or below a table (unless that
  cell is in a column of notes); a column, sheet or CSV file whose name begins with `notes` contains notes. Notes are
  not data; they keep their places when the instance is saved. Comments of `instance.toml` are kept too, those after a
  value in the line before it. A row such as `#1` with other filled cells is a comment with a warning: write a blank
  after `#`. A name cannot begin with `#`.
- **Text in CSV files** that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`) has an
  apostrophe in front, which is not part of it.
- **Months** are written `2027-01`, in quotation marks in `instance.toml`. In a workbook a date counts as its month; a
  date that is not the first day of a month is a warning, unless all dates of its column are last days. A row of a step
  series that another row replaces by the plan's first month is a warning too.
- **Money** is in the instance's one currency and in plain units: `1250000000`, `1_250_000_000` or `1.25e9`.
- **Numbers** have a decimal point. Commas may group thousands: `1,250,000` is read. `1,250` can mean 1250 or 1.25: it
  is read as 1250 only in a column of integers, or if another cell of the same table proves that commas group thousands
  (`1,250,000` or `1,250.5`) and none uses a decimal comma; otherwise it is an error that names both readings. `0,800`
  is an error.
- **Power** is in facility MW, cooling and losses included. Only `accelerators.kw` is IT power.
- **Usual ranges.** A number outside the usual range of its column is a warning, since it is likely in another unit:
  millions, kW, percent. So is a number that is far off the rest of the instance. The number is used as it is;
  `--strict` turns warnings into errors.
- **Several values** in one cell are separated by `;`; numbers among them have no commas.
- **Step series.** A value applies from its month until the next row of the same item.
- **Names** are unique in their table. Names of supply, and all names that a plan refers to, are unique across tables
  too. They are compared in Unicode's composed form (NFC), with a plain blank for every kind of blank. Letters that only
  look alike stay different: errors and warnings show their code points. A site's name has no `/`, no name is `*`.
- **Nothing is ignored.** An unknown table, column, name or spelling is an error, reported with its place and the
  nearest valid value; `capopt validate` reports all errors at once.
"""


def default_text(column: Column) -> str:
    """Text of the default of a blank cell; ``""`` if the cell stays blank."""
    if column.default is None or column.default in ("", [], ()):
        return ""
    if isinstance(column.default, bool):
        return "true" if column.default else "false"
    if isinstance(column.default, int | float):
        return f"{column.default:g}"
    return _DEFAULTS.get(column.default, str(column.default))


def limits_text(column: Column) -> str:
    """Text of the bounds; ``""`` without bounds."""
    if column.above is not None and column.max is not None:
        return f"above {column.above:g}, at most {column.max:g}"
    if column.above is not None:
        return f"above {column.above:g}"
    if column.min is not None and column.below is not None:
        return f"{column.min:g} to below {column.below:g}"
    if column.min is not None and column.max is not None:
        return f"{column.min:g} to {column.max:g}"
    if column.min is not None:
        return f"{column.min:g} or more"
    return f"at most {column.max:g}" if column.max is not None else ""


def usual_text(column: Column) -> str:
    """Text of the usual range; a value outside it is a warning; ``""`` without a usual range."""
    if column.usual is None:
        return ""
    low, high = column.usual
    currency, zero = " USD" if column.is_money else "", " or 0" if column.or_zero and low > 0 else ""
    return f"usually {compact(low, 10)} to {compact(high, 10)}{currency}{zero}"


def values_text(column: Column) -> str:
    """Text of the valid values of a cell."""
    if column.type == "choice":
        return " ".join(["one of", ", ".join(f"`{choice}`" for choice in column.choices)])
    if column.type in ("ref", "list") and column.refers:
        several = "names separated by `;`, each from" if column.type == "list" else "a name from"
        return f"{several} {' or '.join(f'`{target}`' for target in column.refers)}"
    only = f"`{column.choices[0]}`" if len(column.choices) == 1 else ""
    pattern = f"matching `{column.pattern}`" if column.pattern else ""
    parts = (only or _TYPES[column.type], pattern, limits_text(column), usual_text(column))
    return ", ".join(part for part in parts if part)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def columns_text(table: Table, heading: str = "column") -> str:
    """The columns of a table as a Markdown table."""
    lines = [_line([heading, "meaning", "values", "unit", "if blank"]), _line(["---"] * 5)]
    for column in table.columns.values():
        blank = "**required**" if column.required else default_text(column)
        lines.append(_line([f"`{column.name}`", column.meaning, values_text(column), column.unit, blank]))
    return "\n".join(lines)


def table_text(table: Table) -> str:
    """Section on one table."""
    notes = [table.meaning]
    if table.required:
        notes.append("Rows are required.")
    if table.adds:
        same = " and ".join(f"`{name}`" for name in table.key)
        notes.append(f"Rows that share {same} add up their `{table.adds}`, with a warning.")
    elif table.ordered:
        notes.append("The order of its rows counts.")
    elif table.key:
        notes.append(f"No two rows share {' and '.join(f'`{name}`' for name in table.key)}.")
    return f"### {table.name}\n\n{' '.join(notes)}\n\n{columns_text(table)}\n"


def needs_text(schema: Schema) -> str:
    """Sentence on the tables that an instance requires."""
    required = [f"`{name}`" for name, table in schema.tables.items() if table.required]
    either = [f"one of {', '.join(f'`{name}`' for name in names)}" for names in schema.needed.values()]
    return f"An instance requires settings, rows in {', '.join(required)}, and in at least {' and '.join(either)}."


def quantities_text(schema: Schema) -> str:
    """Section on the quantities of the planner's own rules."""
    lines = [_line(["`quantity`", "of", "meaning", "unit"]), _line(["---"] * 4)]
    for quantity in schema.quantities.values():
        lines.append(_line([f"`{quantity.name}`", _items_text(quantity), quantity.meaning, quantity.unit]))
    table = "\n".join(lines)
    return f"#### Quantities\n\nMonthly quantities that a rule can limit, and the items that have them.\n\n{table}\n"


def _items_text(quantity: Quantity) -> str:
    names = [target.split(".")[1] if "." in target else f"`{target}`" for target in quantity.items]
    only = f" that sells {quantity.sells}" if quantity.sells else ""
    return ", ".join(f"{name}{only}" if name == "outlet" else name for name in names)


def sections_text(schema: Schema) -> str:
    """Sections of the settings and of every table; the quantities of own rules follow the table of their terms."""
    parts = [f"### instance\n\n{schema.head.meaning}\n\n{columns_text(schema.head, 'key')}\n"]
    for table in schema.tables.values():
        parts.append(table_text(table))
        if table.name == "rule_terms":
            parts.append(quantities_text(schema))
    return "\n".join(parts)


def reference() -> str:
    """The full page."""
    schema = load_schema()
    names = ", ".join(f"[{name}](#{name})" for name in ("instance", *schema.tables))
    return f"""\
# Instance format {schema.format}

<!-- Written from models/capacity_allocation/tables.toml by `make docs`; changes belong there. -->

An instance is the data of one planning problem: own capacity, offers, demand, and rules.
`capopt new my-plan` writes an instance to start from.

## Conventions

{CONVENTIONS}
## Tables

{needs_text(schema)}

{names}

{sections_text(schema)}"""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
