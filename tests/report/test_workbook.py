"""A plan as a workbook: live sums, tables, inputs, text that stays text."""

from __future__ import annotations

import datetime
import re
import zipfile
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl import Workbook

from optimizer.cli.app import cli
from optimizer.cli.exit_codes import run
from optimizer.errors import CapoptError
from optimizer.plan.tables import COLUMNS, TABLES
from optimizer.report import sheets
from optimizer.report.workbook import write_workbook
from tests.report.awkward import ROWS, awkward_plan
from tests.report.formulas import Sheets
from tests.report.plans import small_plan

# Charts that openpyxl cannot read are no matter: they are looked at as XML.
pytestmark = pytest.mark.filterwarnings("ignore:Unable to read chart")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workbook")
    return write_workbook(awkward_plan(folder / "instance"), folder / "new" / "plan.xlsx")


@pytest.fixture(scope="module")
def book(path: Path) -> Workbook:
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def cached(path: Path) -> Workbook:
    return openpyxl.load_workbook(path, data_only=True)


def _labelled(book: Workbook, label: str) -> Any:
    """The cell beside a label on the summary."""
    sheet = book["summary"]
    return next(sheet.cell(row, 2) for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == label)


def test_every_formula_gives_the_value_beside_it(book: Workbook, cached: Workbook) -> None:
    """Tests that a spreadsheet program that works out the formulas finds the values that are there already."""
    found = Sheets(book)
    formulas = found.formulas()
    # By month: 14 columns in 25 rows, and 5 sums.
    assert sum(sheet == "by_month" for sheet, _, _ in formulas) == 16 * 25 + 5
    for sheet, cell, formula in formulas:
        value = found.value(sheet, cell)
        assert cached[sheet][cell].value == pytest.approx(value, rel=1e-12, abs=1e-9), (sheet, cell, formula)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        # 100.25 + 2,900,000 + 39 + 1 + 400 + 60 - 800 - 400,000
        ("Net present cost", 2_499_800.25),
        ("Proven bound", 2_498_800.25),
        ("Gap: at most this could be saved", 1000),
        ("Gap, relative", 1000 / 2_499_800.25),
        # 100.25 + 3,000,000 + 40 + 2 + 500 - 1000: neither penalties nor residual value
        ("Cash out, net of money in", 2_999_642.25),
        ("Penalties", 70),
        ("Residual value", -500_000),
        ("Share not served", 90 / 6000),
        ("Peak accelerators", 5000.5),
        ("Peak power", 7.16),
        ("Peak idle accelerators", 1000),
    ],
)
def test_headline_figures(book: Workbook, cached: Workbook, label: str, value: float) -> None:
    """Tests the headline figures against sums by hand; all but the bound are live."""
    assert _labelled(cached, label).value == pytest.approx(value)
    assert (_labelled(book, label).data_type == "f") == (label != "Proven bound")


def test_money_by_year_and_term(cached: Workbook) -> None:
    """Tests that the last year ends with the plan, and the residual value comes after it."""
    rows = {row[0]: row[1:] for row in cached["summary"].iter_rows(min_col=1, values_only=True) if row[0]}
    terms = rows["year"][: rows["year"].index("all") + 1]
    money = {year: dict(zip(terms, rows[year], strict=False)) for year in ("2026", "2027", "after the end")}
    assert money["2026"]["on demand"] == pytest.approx(542)
    assert money["2027"] == pytest.approx(
        {
            "unserved": 70,
            "lease out": -1000,
            "all": -930,
            **dict.fromkeys(set(terms) - {"unserved", "lease out", "all"}, 0),
        }
    )
    assert money["after the end"]["residual"] == money["after the end"]["all"] == pytest.approx(-5e5)


def test_parties_that_look_alike_are_told_apart(cached: Workbook) -> None:
    """Tests that names with patterns, of other case, or like formulas get their own money only."""
    sheet = cached["summary"]
    money = {row[0]: row[1:3] for row in sheet.iter_rows(values_only=True) if row[0]}
    assert money["a*"] == (39, 40)
    assert money["A*"] == (1, 2)
    assert money["=SUM(A1)"] == (2.9e6, 3e6)
    assert money["(penalties)"] == (60, 70)


@pytest.mark.parametrize("table", list(COLUMNS))
def test_tables_hold_the_plan(book: Workbook, table: str) -> None:
    """Tests that the sheet of a table is an Excel table with all cells of the plan, months as dates."""
    sheet = book[table]
    (found,) = sheet.tables.values()
    columns = COLUMNS[table]
    last = openpyxl.utils.get_column_letter(len(columns))
    assert (found.name, found.ref, found.autoFilter.ref) == (
        f"plan_{table}",
        f"A3:{last}{3 + len(ROWS[table])}",
        found.ref,
    )
    assert sheet.freeze_panes == "B4"
    header, *rows = sheet.iter_rows(min_row=3, values_only=True)
    assert header == columns
    assert rows == [tuple(_as_cell(value) for value in row) for row in ROWS[table]]
    assert all(cell.comment and cell.comment.text for cell in sheet[3])


def _as_cell(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}", value):
        return datetime.datetime(int(value[:4]), int(value[5:]), 1)
    return None if value == "" else value


def test_units_stand_above_the_headers(book: Workbook) -> None:
    """Tests that power, money and accelerators tell their units, with the plan's currency."""
    units = {cell.value: book["decisions"].cell(2, cell.column).value for cell in book["decisions"][3]}
    assert (units["mw"], units["accelerators"], units["committed_cost"]) == ("facility MW", "accelerators", "USD")
    assert book["cash"]["E2"].value == "USD"


def test_inputs_stand_beside(book: Workbook, tmp_path: Path) -> None:
    """Tests that every table of the instance that has rows has a sheet with the same cells, and the head one too."""
    instance = awkward_plan(tmp_path).instance
    assert {name[3:] for name in book.sheetnames if name.startswith("in_")} == {
        "instance",
        *(name for name, rows in instance.rows.items() if rows),
    }
    for name in ("contracts", "accelerators", "demand", "training_runs"):
        header, *rows = book[f"in_{name}"].iter_rows(min_row=3, values_only=True)
        frame = instance.frame(name)
        assert list(header) == list(frame.columns)
        wanted = frame.astype(object).where(frame.notna(), None)
        assert rows == [tuple(_as_cell(value) for value in row) for row in wanted.itertuples(index=False)]
    keys = {row[0]: row[1] for row in book["in_instance"].iter_rows(min_row=4, values_only=True)}
    assert (keys["name"], keys["months"]) == ("sample", 24)


def test_text_stays_text(book: Workbook) -> None:
    """Tests that text that begins like a formula is text, also when somebody edits the cell."""
    texts = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "s"]
    suspicious = [cell for cell in texts if str(cell.value)[:1] in ("=", "+", "-", "@")]
    assert {"=1+1", "-x", "@home, + and ends in a quote'", "=SUM(A1)", "-tenant"} <= {cell.value for cell in suspicious}
    assert all(cell.quotePrefix for cell in suspicious)
    assert not any(cell.value in ("=1+1", "=SUM(A1)") for cell in texts if cell not in suspicious)


def test_index_links_to_every_sheet(book: Workbook) -> None:
    """Tests that the index has a link to each other sheet, with its rows."""
    found = {row[0].value: row for row in book["index"].iter_rows(min_row=5)}
    assert list(found) == [name for name in book.sheetnames if name != "index"]
    assert all(row[0].hyperlink.location == f"'{name}'!A1" for name, row in found.items())
    assert found["cash"][1].value == len(ROWS["cash"])


def test_charts_draw_the_sheets(path: Path) -> None:
    """Tests that there are four native charts with titles and units, over the cells that the summary shows."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if re.fullmatch(r"xl/charts/chart\d\.xml", name))
        charts = [archive.read(name).decode() for name in names]
    titles = [re.findall(r"<a:t>(.*?)</a:t>", chart) for chart in charts]
    assert [title[0].split(",")[0] for title in titles] == [
        "Accelerators by source",
        "Money by year and term",
        "Money out so far",
        "Still to be paid if left as early as allowed",
    ]
    assert [title[-1] for title in titles] == ["accelerators", "k USD", "k USD", "M USD"]
    # 24 months: rows 4 to 27, not the month after the last.
    assert "by_month!$B$4:$B$27" in charts[0]
    assert "by_month!$N$4:$N$27" in charts[2]
    assert "by_month!$P$4:$P$27" in charts[3]
    assert "by_month!$Q$4:$Q$27" in charts[3]


def test_empty_plan(tmp_path: Path) -> None:
    """Tests that a plan without a row in any table, and without a bound, is a workbook of zeros."""
    plan = awkward_plan(tmp_path / "instance", {}, {"bound": None, "gap": None})
    path = write_workbook(plan, tmp_path / "empty.xlsx")
    book, cached = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    found = Sheets(book)
    assert all(found.value(sheet, cell) == cached[sheet][cell].value == 0 for sheet, cell, _ in found.formulas())
    assert _labelled(book, "Proven bound").value == "none"


def test_too_many_rows_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a table that no sheet can hold is refused, not cut."""
    monkeypatch.setattr(sheets, "_MOST_ROWS", 7)
    with pytest.raises(CapoptError, match="table cash has 8 rows and a sheet holds 7"):
        write_workbook(awkward_plan(tmp_path), tmp_path / "plan.xlsx")
    assert not (tmp_path / "plan.xlsx").exists()


def test_every_column_is_explained(path: Path) -> None:
    """Tests that each column of a sheet has its meaning and unit as a note, without the marks of the documentation."""
    book = openpyxl.load_workbook(path)
    for table in COLUMNS:
        notes = {cell.value: cell.comment.text for cell in book[table][3]}
        assert {name: bool(text) for name, text in notes.items()} == dict.fromkeys(COLUMNS[table], True)
        assert not any("`" in text or "](" in text for text in notes.values())
    # The unit of money is the currency; months are dates and have no unit.
    assert book["cash"]["E3"].comment.text.endswith("Unit: USD.")
    assert book["cash"]["A3"].comment.text == "Month of payment; the residual value is in the month after the last."
    assert all(one.meaning for table in TABLES.values() for one in table.columns.values())


def test_an_explained_plan_has_more_sheets(tmp_path: Path) -> None:
    """Tests that tables that capopt explain wrote are sheets too, with months, numbers, flags and blanks."""
    plan = awkward_plan(tmp_path / "instance")
    text = "month,act,item,delay_costs,last_month\n2026-02,sign,lease,,2026-05\n2026-03,order,=hall,5.5,\n"
    table = pd.read_csv(StringIO(text))
    path = write_workbook(
        replace(plan, explained={"deadlines": table.assign(proven=[True, False])}), tmp_path / "x.xlsx"
    )
    header, *rows = openpyxl.load_workbook(path)["deadlines"].iter_rows(min_row=3, values_only=True)
    assert header == ("month", "act", "item", "delay_costs", "last_month", "proven")
    months = [datetime.datetime(2026, month, 1) for month in (2, 3, 5)]
    assert rows == [
        (months[0], "sign", "lease", None, months[2], True),
        (months[1], "order", "=hall", 5.5, None, False),
    ]


def test_report_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that capopt report PLAN --xlsx FILE writes the workbook of a plan folder."""
    awkward_plan(tmp_path / "instance").save(tmp_path / "plan")
    assert run(cli, ["report", str(tmp_path / "plan"), "--xlsx", str(tmp_path / "out.xlsx")]) == 0
    assert "out.xlsx" in capsys.readouterr().out
    assert "plan_cash" in openpyxl.load_workbook(tmp_path / "out.xlsx")["cash"].tables


@pytest.mark.parametrize(
    ("text", "day"),
    [("2027-01", datetime.date(2027, 1, 1)), ("2027-13", None), ("1899-12", None), ("2027", None), ("20a7-01", None)],
)
def test_months_as_dates(text: str, day: datetime.date | None) -> None:
    """Tests that months become dates where a workbook can hold them, and anything else stays text."""
    assert sheets.month_date(text) == day


def test_what_was_given_up_stands_in_the_summary_with_what_could_be_instead(tmp_path: Path) -> None:
    """Tests that conflicts and other repairs of an elastic plan stand in the workbook's first sheet."""
    plan = awkward_plan(tmp_path)
    head = {
        "elastic": ["rules.own.rhs=3"],
        "conflicts": ["this clashes."],
        "other_repairs": [{"text": "that instead."}],
    }
    write_workbook(replace(plan, head={**plan.head, **head}), tmp_path / "book.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx").worksheets[0]
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    assert cells[cells.index("Conflict") + 1 :][:2] == ["1", "this clashes."]
    assert cells[cells.index("Repair") + 1 :][:2] == ["2", "that instead."]


def test_the_summary_prints_its_cells_and_charts_alone(tmp_path: Path) -> None:
    """Tests that the printed area ends with the last row and the charts, so that no empty page follows."""
    write_workbook(small_plan(), tmp_path / "book.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")["summary"]
    # Four charts of 19 rows from row 4 on end in row 79; seven columns from I on end with O.
    last = max(cell.row for row in sheet.iter_rows() for cell in row if cell.value is not None)
    assert last > 79
    assert sheet.print_area == f"'summary'!$A$1:$O${last}"


def test_sources_and_their_payments_have_the_same_colour(tmp_path: Path) -> None:
    """Tests that contracts are in one colour in the chart of accelerators and in that of money, and so is on demand."""
    write_workbook(small_plan(), tmp_path / "book.xlsx")
    with zipfile.ZipFile(tmp_path / "book.xlsx") as package:
        capacity, cash = (package.read(f"xl/charts/chart{number}.xml").decode() for number in (1, 2))
    # Series of the first chart: in-house, contracts, on demand; those of the second name the cell of their term.
    colours = re.findall(r'<c:ser>.*?srgbClr val="(\w+)"', capacity)
    series = re.findall(r'<c:ser>.*?<c:f>summary!\$([A-Z]+)\$(\d+)</c:f>.*?srgbClr val="(\w+)"', cash)
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")["summary"]
    terms = {sheet[f"{column}{row}"].value: colour for column, row, colour in series}
    assert (colours[1], colours[2]) == (terms["contract"], terms["on demand"])


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-01", datetime.date(2026, 1, 1)),
        ("2026-12", datetime.date(2026, 12, 1)),
        ("1901-01", datetime.date(1901, 1, 1)),
        ("9999-12", datetime.date(9999, 12, 1)),
        ("1900-01", None),  # spreadsheets take 1900 for a leap year
        ("0926-03", None),
        ("2026-00", None),
        ("2026-13", None),
        ("2026-1", None),
        ("2026-001", None),
        ("202-0101", None),
        ("20x6-01", None),
        ("2026-x1", None),
        ("", None),
    ],
)
def test_months_become_dates(text: str, day: datetime.date | None) -> None:
    """Tests months that a workbook can hold as dates, and all else."""
    assert sheets.month_date(text) == day
