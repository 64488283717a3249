"""Tables and columns are declarations of tables.toml: no module lists tables, and a further one needs no code."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import optimizer
from optimizer import schema
from optimizer.instance.differences import differences
from optimizer.instance.edit import apply_edits, parse_delay, parse_edit
from optimizer.instance.instance import Instance, row_class
from optimizer.instance.reference import reference
from optimizer.instance.template import create
from optimizer.program.build import uncovered
from optimizer.report.notebook import instance_html
from optimizer.schema import load_schema, models_folder
from tests.program.tiny import tiny

PACKAGE = Path(optimizer.__file__).parent
TABLES = set(load_schema().tables)
# Names that mean something else too: a table of a plan, a column, a source of capacity.
OTHER_NAMES = {"accelerators", "demand", "on_demand", "power", "prices", "rules"}
# Literals with names of tables that are no lists of tables with a role.
CONTENT = {
    "instance/starter.py",  # the rows of the starter
    "program/build.py",  # the modules of the program
}


def listed() -> Iterator[str]:
    """Places in the package where two or more names of tables stand in one literal, one of them a table only."""
    for path in sorted(PACKAGE.rglob("*.py")):
        where, text = path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")
        several = sum(f'"{name}' in text for name in TABLES) > 1 and where not in CONTENT
        for node in ast.walk(ast.parse(text)) if several else ():
            if isinstance(node, (ast.Dict, ast.List, ast.Set, ast.Tuple)):
                parts = node.keys if isinstance(node, ast.Dict) else node.elts
                texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
                names = {text.split(".")[0] for text in texts} & TABLES
                if len(names) > 1 and names - OTHER_NAMES:
                    yield f"{where}:{node.lineno} {sorted(names)}"


def test_no_module_lists_tables() -> None:
    """Tests that no tuple, list, set or dictionary of the package has the names of several tables."""
    assert list(listed()) == []


# ---------------------------------------------------------------- a table that is made up
BATTERIES = """
[tables.batteries]
meaning = "Batteries that can be added to a site."
key = ["battery"]
item = true
window = ["earliest", "latest"]
limits = true
uncovered = "batteries"
columns = [
  { name = "battery", type = "name", required = true, meaning = "Name of the battery." },
  { name = "site", type = "ref", required = true, refers = ["sites.site"], meaning = "Site." },
  { name = "vendor", type = "ref", required = true, refers = ["providers.provider"], meaning = "Party that sells it." },
  { name = "mwh", type = "number", required = true, unit = "MWh", min = 0, usual = [1, 1000], meaning = "Capacity." },
  { name = "lead_months", type = "integer", default = 0, unit = "months", min = 0, meaning = "Months to delivery." },
  { name = "earliest", type = "month", default = "@first", meaning = "First month of use." },
  { name = "latest", type = "month", default = "@last", meaning = "Last month of use." },
]
"""


@pytest.fixture
def batteries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A further table of the format: its declaration alone."""
    shutil.copytree(models_folder(), tmp_path / "models")
    with (tmp_path / "models" / "capacity_allocation" / "tables.toml").open("a", encoding="utf-8") as file:
        file.write(BATTERIES)
    monkeypatch.setattr(schema, "models_folder", lambda: tmp_path / "models")
    load_schema.cache_clear()
    yield
    load_schema.cache_clear()
    row_class.cache_clear()


def _with_battery(**cells: object) -> Instance:
    site = tiny(3, {"jobs": [1]}, fleet=[{"count": 1}])
    row = {"battery": "tank", "site": "hall", "vendor": "cloud", "mwh": 20.0, **cells}
    return site.replace({"batteries": pd.DataFrame([row])})


@pytest.mark.usefixtures("batteries")
def test_a_declared_table_is_read_and_checked() -> None:
    """Tests that names, references, bounds, windows and usual values of a new table are checked as declared."""
    (row,) = _with_battery().rows["batteries"]
    assert (row.battery, row.mwh, row.lead_months, row.earliest, row.latest) == ("tank", 20.0, 0, 0, 2)
    with pytest.raises(optimizer.InstanceError) as caught:
        _with_battery(site="hal", vendor="clowd", mwh=-1, earliest="2030-03", latest="2030-02")
    assert {(fault.column, fault.nearest) for fault in caught.value.faults} >= {
        ("site", "hall"),
        ("vendor", "cloud"),
        ("mwh", ""),
        ("earliest", ""),
    }
    warnings = _with_battery(mwh=20000.0, earliest="2031-01").warnings
    assert {warning.column for warning in warnings if warning.where == "batteries"} == {"mwh", "earliest"}


@pytest.mark.usefixtures("batteries")
def test_a_declared_table_is_edited_saved_and_compared(tmp_path: Path) -> None:
    """Tests what-if edits, delays, offered names, attributes, folder, workbook, differences and the notebook."""
    one = _with_battery()
    edited = apply_edits(one, [parse_edit("batteries.tank.mwh*=2"), parse_delay("batteries.tank=3")])
    assert edited.batteries[["mwh", "lead_months"]].to_numpy().tolist() == [[40.0, 3]]
    with pytest.raises(optimizer.EditError, match=r"no battery is called 'cloud'\. Did you mean 'tank'"):
        apply_edits(one, [parse_edit("batteries.cloud.mwh=1")])
    for path in (tmp_path / "folder", tmp_path / "book.xlsx"):
        assert optimizer.read(edited.save(path)) == edited
    found = differences(one, edited).to_dict("records")
    assert [(row["column"], row["a"], row["b"], row["item"]) for row in found] == [
        ("mwh", "20", "40", "tank"),
        ("lead_months", "0", "3", "tank"),
    ]
    assert "Batteries that can be added to a site." in instance_html(one)


@pytest.mark.usefixtures("batteries")
def test_a_declared_table_is_documented_and_offered(tmp_path: Path) -> None:
    """Tests the reference, and the blank folder and workbook with their lists to choose from."""
    assert "Batteries that can be added to a site." in reference()
    create(tmp_path / "blank", blank=True)
    header = (tmp_path / "blank" / "batteries.csv").read_text(encoding="utf-8")
    assert header == "battery,site,vendor,mwh,lead_months,earliest,latest\n"
    create(tmp_path / "blank.xlsx", blank=True)
    sheet = openpyxl.load_workbook(tmp_path / "blank.xlsx")["batteries"]
    lists = {str(rule.sqref).split("2:")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists["B"] == "'sites'!$A$2:$A$2000"


@pytest.mark.usefixtures("batteries")
def test_a_declared_table_is_never_left_out_in_silence() -> None:
    """Tests that an instance with rows that the program does not cover is refused by the table's name."""
    (fault,) = uncovered(_with_battery())
    assert fault.where == "batteries"
    assert "Remove the 1 row of `batteries`" in fault.problem
