"""The page of a plan: whole, safe and small."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import click
import pandas as pd
import pytest
from click.testing import CliRunner
from IPython.core.formatters import DisplayFormatter

from optimizer.cli.app import cli
from optimizer.cli.exit_codes import run
from optimizer.errors import Fault
from optimizer.plan.plan import Plan
from optimizer.report.document import Table
from optimizer.report.html import TEMPLATES, page, script_json, write_html
from optimizer.report.key_figures import key_figures
from optimizer.report.notebook import instance_html, plan_html, register
from optimizer.report.plan_context import PlanContext
from optimizer.report.plan_document import plan_document
from optimizer.report.section_rules import _joined, rules, rules_table, shares_grid
from optimizer.report.section_service import service_table
from tests.report.hostile import NAMES, hostile_plan
from tests.report.plans import empty_plan, large_plan, small_plan

LIMIT = 2_500_000
# A planner's questions in their order, then what the answers rest on.
ANCHORS = ["headline", "capacity", "decisions", "work", "power", "cash", "obligations", "exposure", "service", "rules"]
ANCHORS += ["why", "inputs", "provenance"]  # why: of a plan that is not explained, how to have it explained
EMPTY = {"meta", "link", "br"}


class Reader(HTMLParser):
    """Elements, attributes and text of a page; stops at an end tag that does not fit."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, found, value in self.attributes if found == name]


@pytest.fixture(scope="module")
def small() -> Plan:
    return small_plan()


@pytest.fixture(scope="module")
def read(small: Plan) -> Reader:
    return Reader(page(plan_document(small)))


# ---------------------------------------------------------------- whole
def test_sections_stand_in_the_order_of_the_questions(read: Reader) -> None:
    """Tests that all sections are there, in order, and that the contents lead to them."""
    assert [value for tag, name, value in read.attributes if tag == "section" and name == "id"] == ANCHORS
    links = [value for tag, name, value in read.attributes if tag == "a" and name == "href"]
    assert [link for link in links if link[1:] in ANCHORS][: len(ANCHORS)] == [f"#{anchor}" for anchor in ANCHORS]


def test_elements_are_closed_and_names_are_used_once(read: Reader) -> None:
    """Tests that every element is closed where it must be, and that no id stands twice."""
    assert read.open == []
    assert max(Counter(read.values("id")).values()) == 1


def test_a_table_stands_behind_every_chart(read: Reader) -> None:
    """Tests that there are eighteen charts with a table each, captioned with what the chart shows."""
    labels = [value for tag, name, value in read.attributes if tag == "div" and name == "aria-label"]
    charts = [label.removesuffix(" The table below has the same figures.") for label in labels if "The table" in label]
    assert len(charts) == read.values("class").count("chart") == read.text.count("Table of this chart") == 18
    assert set(charts) <= set(labels)


def test_headline_answers_in_money(small: Plan) -> None:
    """Tests the figures for a first look: cost, gap in money, work served, capacity, cash and penalties."""
    found = {label: (value, detail) for label, value, detail in key_figures(PlanContext(small)).figures}
    assert found["Gap"][0] == "100 k EUR"
    assert "the time limit was reached" in found["Gap"][1]
    assert found["Demand served"] == ("71.4 %", "28.6 % of demand is not served")
    assert found["Peak accelerators"] == ("1,700", "in May 2026; 1,100 in Jan 2026")
    # 11.6 M less 3.6 M and 1 k of penalties; no cash after the first twelve months.
    assert found["Net cash out, first 12 months"] == ("7.999 M EUR", "7.999 M EUR out over the plan, without penalties")
    assert found["Penalties"] == ("3.601 M EUR", "in the cost, not in cash: late runs 1 k, work not served 3.6 M")


def test_what_to_do_next_stands_first(read: Reader) -> None:
    """Tests that the steps of the first three months stand before those after."""
    text = " ".join(read.text)
    soon = text.index("What to do in the next 3 months, Jan 2026 to Mar 2026")
    assert soon < text.index("Order annex") < text.index("Largest decisions after that") < text.index("Hand back lease")


def test_inputs_tell_sources_warnings_and_assumptions(read: Reader) -> None:
    """Tests that the instance's own words, its warnings, its assumptions and its tables are shown."""
    text = " ".join(read.text)
    assert "It has room for more." in read.text
    assert "Sources: Made up." in read.text
    assert "contracts.csv, row 3: the price is unusual." in read.text
    assert "discounted at 10 % a year, effective, to 2026-01" in text
    assert "demand, 3 rows: Demand of a workload" in text


def test_provenance_tells_how_to_find_the_plan_again(read: Reader, small: Plan) -> None:
    """Tests that hash, versions, options, seed, gap and audit are shown."""
    cells = dict(zip(read.text, read.text[1:], strict=False))
    assert cells["Hash of its content"] == small.instance.hash
    assert cells["Option seed"] == "7"
    assert cells["Option threads"] == "chosen by the solver"
    assert cells["Version of capopt"] == "0.1.0"
    assert cells["Audit"] == "passed, 4,321 checks, from the tables alone"


def test_violations_of_months_do_not_add_up(small: Plan) -> None:
    """Tests that a rule violated by 3, 5 and 4 in three months is most violated by 5, not by 12."""
    table = small.rules.copy()
    table.loc[table["month"].isin(["2026-02", "2026-03", "2026-04"]) & (table["rule"] == "cap"), "violation"] = 3, 5, 4
    cap, _ = rules_table(PlanContext(replace(small, tables={**small.tables, "rules": table}))).grid.rows
    assert cap[7] == "5"


def test_rules_tell_slack_and_shadow_price(small: Plan) -> None:
    """Tests that each own rule tells how many of its constraints bind, its least slack and its shadow price."""
    cap, least = rules_table(PlanContext(small)).grid.rows
    assert cap == ("cap", "at most 500 a month", "", "12", "0", "100", "2026-03", "0", "0", "-250")
    assert least == ("least", "at least 1 in all", "2026-12", "1", "1", "0", "2026-12", "0", "0", "100")


def test_policies_tell_the_room_left(small: Plan) -> None:
    """Tests that policies on groups and tags tell the highest share of the member and the room to the limit."""
    policies = [row for row in small.instance.rows["policies"] if row.rule == "max_share"]
    group, tag = shares_grid(PlanContext(small), policies).rows
    assert group == ("spread", "group", "alpha", "2026-05", "60.0 %", "50.0 %", "10.0 %")
    # In March and April, the lease is 400 of 1400.
    assert tag == ("marks", "tag", "rival", "2026-03", "50.0 %", "28.6 %", "21.4 %")


def test_budgets_tell_what_is_spent(small: Plan) -> None:
    """Tests that spending is summed over the window and the kinds that the budget covers."""
    tables = [block for block in rules(PlanContext(small)).blocks if isinstance(block, Table)]
    budgets = next(table for table in tables if "Budgets" in table.caption)
    # January to June: 4 M of builds, 6 x 40 k of energy, 4 x 200 k and 2 x 300 k of contracts.
    assert budgets.grid.rows[0][-3:] == ("4,500,000", "5,640,000", "125.3 %")
    assert budgets.grid.rows[1][-3:] == ("8,000,000", "4,000,000", "50.0 %")


def test_service_levels_are_told_by_workload(small: Plan) -> None:
    """Tests wanted, unserved, level in all and in the worst month, the level promised and the penalties."""
    chat, study = service_table(PlanContext(small)).grid.rows
    assert chat == ("chat", "2026-02", "16,000", "2,800", "82.5 %", "60.0 %", "50.0 %", "3,600,000")
    assert study[:6] == ("study", "2026-01", "6,000", "3,500", "41.7 %", "0.0 %")


def test_an_almost_full_level_is_not_full(small: Plan) -> None:
    """Tests that a workload that misses a millionth never shows as served in full."""
    service = small.service.assign(unserved=small.service["demand"] * 1e-6, served=small.service["demand"] * (1 - 1e-6))
    plan = replace(small, tables=small.tables | {"service": service})
    assert service_table(PlanContext(plan)).grid.rows[0][4] == "99.9999 %"


@pytest.mark.parametrize(
    "change", [{}, {"bound": None, "gap": None}, {"relaxed": True}, {"warnings": [], "options": {}}]
)
def test_any_plan_has_a_page(change: dict[str, object]) -> None:
    """Tests that plans without a row, without a bound, relaxed ones and those without warnings have a page."""
    plan = empty_plan()
    text = page(plan_document(replace(plan, head={**plan.head, **change})))
    assert "No decisions from Jan 2026 to Mar 2026." in text
    assert "There are no accelerators in this plan." in text


# ---------------------------------------------------------------- safe
def test_names_cannot_break_out() -> None:
    """Tests that hostile names make no element and no attribute, and can be read as they are."""
    tame, read = Reader(page(plan_document(small_plan()))), Reader(page(plan_document(hostile_plan())))
    assert read.open == []
    assert read.tags["script"] == 3
    assert set(read.tags) <= set(tame.tags)
    assert {name for _, name, _ in read.attributes} == {name for _, name, _ in tame.attributes}
    text = "".join(read.text)
    for name in NAMES.values():
        assert name in text
    assert "&lt;i&gt; turned\\u202ednuora\\u2028 \\x00" in text
    assert not set("\u202e\u2028\u0000") & set(text)


def test_json_cannot_end_its_element() -> None:
    """Tests that JSON in the page holds no bracket, ampersand or line separator, and reads back the same."""
    value = ["</script>", "<!--", "]]>", "&amp;", "\u2028\u2029", '"\\'] + list(NAMES.values())
    text = script_json(value)
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == value


def test_nothing_is_loaded_from_elsewhere(read: Reader) -> None:
    """Tests that no attribute names another address, that the style loads nothing, and that the page forbids it."""
    linked = [value for name in ("src", "href", "srcset", "action", "data") for value in read.values(name)]
    assert all(value.startswith("#") or value == "data:," for value in linked)
    assert not re.search(r"@import|url\(", (TEMPLATES / "page.css").read_text(encoding="utf-8"))
    rule = next(value for tag, name, value in read.attributes if tag == "meta" and name == "content")
    assert rule.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src" not in rule
    assert "unsafe-eval" not in rule


def test_the_licence_of_what_is_carried_is_told() -> None:
    """Tests that the page keeps the notice that the licence of plotly.js asks to keep."""
    text = page(plan_document(empty_plan()))
    assert "Plotly Technologies Inc." in text
    assert "MIT License" in text


def test_a_notebook_shows_a_plan_without_script() -> None:
    """Tests that what a notebook shows is closed markup without script, with the figures for a first look."""
    read = Reader(plan_html(hostile_plan()))
    assert read.open == []
    assert set(read.tags) == {
        "div",
        "p",
        "strong",
        "br",
        "span",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert {name for _, name, _ in read.attributes} == {"style", "scope"}
    assert "100 k EUR" in plan_html(small_plan())


def test_a_notebook_shows_an_instance() -> None:
    """Tests that an instance shows its tables with their rows, and its warnings, at most ten of them."""
    instance = replace(small_plan().instance, warnings=tuple(Fault("power", i, "mw", "9", "odd.") for i in range(12)))
    read, text = Reader(instance_html(instance)), instance_html(instance)
    assert read.open == []
    assert "script" not in read.tags
    assert f'<td style="text-align:left">demand</td><td style="text-align:left">{len(instance.demand)}</td>' in text
    assert "power, row 9, column mw: odd." in text
    assert "power, row 10" not in text
    assert "2 more rows in instance.warnings." in text


def test_a_notebook_shell_shows_plans_and_instances() -> None:
    """Tests that a shell in which both are registered formats them as the fragments."""
    formatter, plan = DisplayFormatter(), small_plan()
    register(SimpleNamespace(display_formatter=formatter))
    assert formatter.formatters["text/html"](plan) == plan_html(plan)
    assert formatter.formatters["text/html"](plan.instance) == instance_html(plan.instance)


# ---------------------------------------------------------------- small
def test_the_largest_page_is_small_enough() -> None:
    """Tests that a page of 240 months, 30 parties, 30 workloads and 10 sites stays under the limit."""
    assert len(page(plan_document(large_plan())).encode()) < LIMIT


# ---------------------------------------------------------------- the command
@pytest.fixture
def folder(tmp_path: Path, small: Plan) -> Path:
    return small.save(tmp_path / "plan")


def test_report_writes_a_page(folder: Path, tmp_path: Path, small: Plan) -> None:
    """Tests that the command writes the page of the plan in a folder, and makes folders on the way."""
    target = tmp_path / "new" / "folder" / "plan.html"
    done = CliRunner().invoke(cli, ["report", str(folder), "--html", str(target)], standalone_mode=False)
    assert (done.return_value, done.output) == (0, f"Wrote {target}.\n")
    assert target.read_text(encoding="utf-8") == page(plan_document(small))


def test_report_tells_where_it_wrote_as_json(folder: Path, tmp_path: Path) -> None:
    """Tests that with --json one object is on standard output and prose is not."""
    target = tmp_path / "plan.html"
    done = CliRunner().invoke(cli, ["report", str(folder), "--html", str(target), "--json"], standalone_mode=False)
    assert json.loads(done.stdout) == {"plan": str(folder), "html": str(target)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["PLAN"], "Give at least one of --html FILE and --xlsx FILE."),
        (["nowhere", "--html", "x.html"], "nowhere is not a plan folder: it has no plan.json"),
        (["PLAN", "--html", "PLAN"], "is a directory"),
    ],
)
def test_report_refuses_with_a_reason(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    """Tests that the command says what is missing, and ends with exit code 2."""
    monkeypatch.chdir(folder.parent)
    monkeypatch.setattr("sys.excepthook", None)
    assert run(cli, ["report", *(text.replace("PLAN", str(folder)) for text in arguments)]) == 2
    assert message in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_told(folder: Path, tmp_path: Path, small: Plan) -> None:
    """Tests that a file in the way of a folder is an error of the system, which the command line tells."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OSError, match="file"):
        write_html(plan_document(small), tmp_path / "file" / "plan.html")


def test_the_command_is_declared() -> None:
    """Tests that both ways of telling a plan are options of the command."""
    command = cli.commands["report"]
    assert isinstance(command, click.Command)
    assert {"--html", "--xlsx", "--json"} <= {option for p in command.params for option in p.opts}


def test_a_wheel_carries_what_the_page_needs(tmp_path: Path) -> None:
    """Tests that the installed package has every template, and the licence of what it carries."""
    from hatchling.builders.wheel import WheelBuilder

    (wheel,) = WheelBuilder(str(Path(__file__).parents[2])).build(directory=str(tmp_path), versions=["standard"])
    held = set(zipfile.ZipFile(wheel).namelist())
    needed = {f"optimizer/report/templates/{file.name}" for file in TEMPLATES.iterdir()}
    assert len(needed) >= 6
    assert needed <= held


def test_a_plan_changed_by_hand_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that invalid months and numbers are reported with their places, all of them."""
    text = (folder / "decisions.csv").read_text(encoding="utf-8").replace("2027-04", "2027-14")
    (folder / "decisions.csv").write_text(text, encoding="utf-8")
    rows = (folder / "power.csv").read_text(encoding="utf-8").replace("2026-02,hall,10", ",hall,inf")
    (folder / "power.csv").write_text(rows, encoding="utf-8")
    assert run(cli, ["report", str(folder), "--html", str(folder / "x.html")]) == 2
    output = capsys.readouterr().err
    assert "3 cells of its tables are invalid" in output
    assert "decisions, row 3, column ends: found '2027-14', expected a month, YYYY-MM." in output
    assert "power, row 3, column month: found ''" in output
    assert "power, row 3, column mw_available: found 'inf', expected a number." in output
    assert not (folder / "x.html").exists()


def test_many_names_are_counted() -> None:
    """Tests that of seven names five are shown, each once, and the others counted."""
    assert _joined(pd.Series(list("aabcdefg"))) == "a; b; c; d; e and 2 more"
    assert _joined(pd.Series(list("abcde"))) == "a; b; c; d; e"
