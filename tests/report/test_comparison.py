"""A comparison on a terminal, as a page, as a workbook, and from the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console

from optimizer.cli.app import cli
from optimizer.cli.exit_codes import run
from optimizer.plan.compare import Comparison, compare
from optimizer.plan.plan import Plan
from optimizer.report.comparison import decisions, difference, signed
from optimizer.report.comparison_document import comparison_document, comparison_text
from optimizer.report.comparison_workbook import tables_of, write_comparison_workbook
from optimizer.report.html import page
from tests.instance.sample import put, sample
from tests.plan.pairs import decision, instance, plan
from tests.report.formulas import Sheets

HOSTILE = "</script><img src=x onerror=alert(1)>[red]=1+1"


def _pair(party: str = "neo") -> tuple[Plan, Plan]:
    """Two plans: the lease is signed two months later and larger, and its price is another."""
    tables = sample()
    put(tables, "contracts", 2, "price", "1750000")
    a = plan(
        decisions=[decision("2026-03", "sign", "lease", 2, party=party)],
        cash=[("2026-03", "contract", "lease", party, 3e6, 2.9e6), ("2026-04", "unserved", "study", "", 10.0, 9.0)],
        capacity=[("2026-03", "lease", "contract", party, "europe", "gpu", 2000, 2000, 0, 0, 2.8)],
        service=[("2026-03", "study", 1000, 1000, 0)],
    )
    b = plan(
        instance(tables),
        decisions=[decision("2026-05", "sign", "lease", 3, party=party)],
        cash=[("2026-05", "contract", "lease", party, 5.25e6, 5e6)],
        capacity=[("2026-05", "lease", "contract", party, "europe", "gpu", 3000, 3000, 0, 0, 4.2)],
        service=[("2026-03", "study", 1000, 400, 600)],
    )
    return a, b


def _compared(names: tuple[str, str] = ("old", "new"), party: str = "neo") -> Comparison:
    return compare(*_pair(party), names)


def _text(*comparisons: Comparison, width: int = 120) -> str:
    console = Console(width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(comparison_text(comparisons, width))
    return captured.get()


def test_terminal_tells_what_moved_and_what_it_costs() -> None:
    """Tests the lines of a comparison by hand: 5,000,000 against 2,900,009 of present value."""
    text = _text(_compared())
    assert re.search(r"Net present cost +2\.9 M +5 M +\+2\.1 M", text)
    assert re.search(r"contracts +lease +price +1500000 +1750000", text)
    assert re.search(r"moved and resized +Sign lease \(neo\) +2026-03 → 2026-05 +2 → 3 +20 → 30 +\+1 M", text)
    assert re.search(r"contract +2,900\.0 +5,000\.0 +\+2,100\.0", text)
    assert re.search(r"study +0 +600 +\+600", text)
    assert "sign moved from 2026-03 to 2026-05, 2 to 3 blocks" in text


@pytest.mark.parametrize("width", [70, 80, 100, 140])
def test_lines_fit(width: int) -> None:
    """Tests that no line is longer than asked."""
    assert max(len(line) for line in _text(_compared(), width=width).splitlines()) <= width


def test_nothing_differs() -> None:
    """Tests that two equal plans are shown to be equal, without empty tables."""
    a, _ = _pair()
    text = _text(compare(a, a, ("old", "new")))
    assert "No decision differs." in text
    assert "The inputs are the same." in text
    assert "Change" not in text


def test_page_is_self_contained_and_safe() -> None:
    """Tests that names of plans and parties cannot break out of the page, and that it loads nothing."""
    a, b = _pair(HOSTILE)
    comparisons = [compare(a, b, ("old", HOSTILE)), compare(a, a, ("old", "same"))]
    text = page(comparison_document(comparisons))
    assert "<img" not in text
    assert "&lt;/script&gt;" in text
    outside = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", outside)
    assert "What moved of same" in text
    assert sorted(re.findall(r'class="chart" id="([^"]+)"', text)) == [
        *("chart-capacity-1", "chart-capacity-2", "chart-cost-1", "chart-cost-2"),
    ]
    assert len(text) < 2_500_000


def test_page_of_plans_without_anything() -> None:
    """Tests that plans without a row in any table have a page."""
    text = page(comparison_document([compare(plan(), plan())]))
    assert "No decision differs." in text


def test_workbook_holds_every_table(tmp_path: Path) -> None:
    """Tests that each table is a sheet with its rows, and that differences on the summary are live and right."""
    comparison = _compared((HOSTILE, "new"))
    path = write_comparison_workbook([comparison], tmp_path / "new" / "book.xlsx")
    book, cached = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    assert book.sheetnames == ["summary", "index", *tables_of(comparison)]
    for name in tables_of(comparison):
        (table,) = book[name].tables.values()
        assert table.name == f"compare_{name}"
        assert book[name].max_row == 3 + max(len(getattr(comparison, name)), 1)
    found = Sheets(book)
    assert len(found.formulas()) == 2
    for sheet, cell, _ in found.formulas():
        # 5,000,000 - 2,900,009
        assert found.value(sheet, cell) == pytest.approx(cached[sheet][cell].value) == pytest.approx(2_099_991)
    assert book["summary"]["A7"].value == HOSTILE
    assert book["decisions"]["E2"].value == HOSTILE
    assert book["decisions"]["E4"].value.strftime("%Y-%m") == "2026-03"


def test_workbook_of_three_plans(tmp_path: Path) -> None:
    """Tests that each further plan has its own sheets."""
    a, b = _pair()
    path = write_comparison_workbook([compare(a, b), compare(a, a)], tmp_path / "book.xlsx")
    names = openpyxl.load_workbook(path).sheetnames
    assert names == [
        "summary",
        "index",
        *(f"{name}_{number}" for number in (1, 2) for name in tables_of(compare(a, b))),
    ]


def _saved(folder: Path) -> tuple[str, str]:
    a, b = _pair()
    return str(a.save(folder / "first")), str(b.save(folder / "second"))


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests the command with two plans: prose, one JSON object, both files, exit code 0."""
    first, second = _saved(tmp_path)
    assert run(cli, ["compare", first, second]) == 0
    assert "second compared with first, money in USD" in capsys.readouterr().out
    files = ["--html", str(tmp_path / "x.html"), "--xlsx", str(tmp_path / "x.xlsx")]
    assert run(cli, ["compare", first, second, "--json", *files]) == 0
    output = capsys.readouterr()
    content = json.loads(output.out)
    assert content["comparisons"][0]["difference"] == pytest.approx(2_099_991)
    assert (content["html"], content["xlsx"]) == (files[1], files[3])
    assert "Wrote" in output.err
    assert all(Path(path).stat().st_size > 5000 for path in (files[1], files[3]))


def test_command_with_three_plans(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that each further plan is set beside the first, and folders of the same name stay distinct."""
    first, second = _saved(tmp_path)
    third = str(_pair()[0].save(tmp_path / "other" / "first"))
    assert run(cli, ["compare", first, second, third]) == 0
    text = capsys.readouterr().out
    name = tmp_path.name
    assert f"{name}/second compared with {name}/first" in text
    assert f"other/first compared with {name}/first" in text
    assert run(cli, ["compare", first, first]) == 0
    assert "first (2) compared with first (1)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("plans", "message"), [(["one"], "Name at least two plans."), (["one", "two"], "is not a plan")]
)
def test_wrong_use(plans: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that a missing plan is shown, with exit code 2."""
    assert run(cli, ["compare", *plans]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("value", "text"), [(0.0, "–"), (1250.0, "+1.25 k"), (-1.25e9, "-1.25 bn")])
def test_differences_have_signs(value: float, text: str) -> None:
    """Tests how differences are shown."""
    assert difference(value) == text


def test_small_differences_have_signs() -> None:
    """Tests that a difference that rounds to nothing tells on which side of zero it is."""
    assert (signed(0.01, "<0.1"), signed(-0.01, "<0.1")) == ("<+0.1", ">-0.1")


def test_decisions_that_bind_most_money_are_kept() -> None:
    """Tests that of three changes two million come before one, and a thousand accelerators for nothing come last."""
    sizes = {"2026-03": {"cost": 1e6}, "2026-04": {"cost": 0.0, "accelerators": 1000.0}, "2026-05": {"cost": -2e6}}
    rows = [decision(month, "sign", f"lease-{month}", 1, **size) for month, size in sizes.items()]
    found = decisions(compare(plan(), plan(decisions=rows)), 2)
    assert [row[2] for row in found.grid.rows] == ["2026-03", "2026-05"]
    assert found.grid.notes == "1 more row in decisions of --json and --xlsx."
