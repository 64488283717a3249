"""Tables of columns on the page of the plan folder, generated from ``plan.toml``.

``python -m optimizer.plan.reference docs/plan.md`` updates the page; all other text of it stays.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from optimizer.plan.tables import TABLES, PlanTable

_HEAD = "| column | unit | meaning |"
_COLUMNS = re.compile(r"^(\| column \|.*\n(?:\|.*\n)+)", re.MULTILINE)


def page(text: str) -> str:
    """Return the page with the columns of each table below the heading of its name."""
    parts = re.split(r"^(## .+\n)", text, flags=re.MULTILINE)
    for place in range(1, len(parts), 2):
        table = TABLES.get(parts[place].removeprefix("## ").strip())
        if table is not None:
            before, _, after = re.split(_COLUMNS, parts[place + 1], maxsplit=1)
            parts[place + 1] = before + columns_text(table) + after
    return "".join(parts)


def columns_text(table: PlanTable) -> str:
    """Return the columns of a table as a table in Markdown."""
    rows = [f"| `{name}` | {one.unit} | {one.meaning} |" for name, one in table.columns.items()]
    return "\n".join([_HEAD, "| --- | --- | --- |", *rows, ""])


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
