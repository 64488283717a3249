"""What an explained plan adds to its page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from optimizer.report.document import Document, Prose, Section, Table
from optimizer.report.html import page
from optimizer.report.key_figures import key_figures
from optimizer.report.plan_context import PlanContext
from optimizer.report.plan_document import plan_document
from optimizer.report.section_explained import explained
from optimizer.report.sentences import NO_PLAN, without_plan
from optimizer.report.workbook import write_workbook
from tests.report.explained_plan import explained_plan
from tests.report.hostile import INVISIBLE, NAMES
from tests.report.plans import small_plan


@pytest.fixture(scope="module")
def sections() -> dict[str, Section]:
    """The sections of the plan made by hand, by anchor."""
    return {section.anchor: section for section in explained(PlanContext(explained_plan(small_plan())))}


def listed(section: Section, caption: str) -> Table:
    """The table whose caption begins so."""
    return next(block for block in section.blocks if isinstance(block, Table) and block.caption.startswith(caption))


DOUBT = "The gap of this plan is 100 k EUR: smaller differences may come from the search alone."


def paragraphs(section: Section) -> list[str]:
    """All sentences of a section."""
    return [text for block in section.blocks if isinstance(block, Prose) for text in block.paragraphs]


def rendered(section: Section) -> list[str]:
    """Sentences of a section, but for the one on what is in doubt."""
    return [text for text in paragraphs(section) if text != DOUBT]


def test_differences_within_the_gap_are_in_doubt(sections: dict[str, Section]) -> None:
    """Tests that sections with figures from searches say so, unless the plan is proven."""
    for anchor in ("offers", "leaving", "dates", "whatif", "less"):
        assert paragraphs(sections[anchor])[-1] == DOUBT
    plan = explained_plan(small_plan())
    proven = replace(plan, head={**plan.head, "bound": plan.objective})
    for section in explained(PlanContext(proven)):
        assert DOUBT not in paragraphs(section)


def test_a_plan_that_is_not_explained_says_how() -> None:
    """Tests one section that names the command; and sentences where nothing binds and nothing is to be decided."""
    plan = small_plan()
    (only,) = explained(PlanContext(plan))
    assert "capopt explain" in rendered(only)[0]
    none = {name: table.head(0) for name, table in explained_plan(plan).explained.items()}
    empty = {section.anchor: section for section in explained(PlanContext(replace(plan, explained=none)))}
    assert rendered(empty["worth"]) == ["No limit binds in this plan: one more of anything is worth nothing."]
    assert rendered(empty["first"]) == ["Nothing has to be decided this month."]
    assert rendered(empty["leaving"]) == ["The plan has nothing that can be handed back."]


def test_the_sections_follow_the_questions(sections: dict[str, Section]) -> None:
    """Tests a section for each question, and none for a table that was not worked out."""
    assert list(sections) == ["first", "worth", "offers", "leaving", "dates", "whatif", "less"]
    plan = explained_plan(small_plan())
    few = replace(plan, explained={"values": plan.explained["values"]})
    assert [section.anchor for section in explained(PlanContext(few))] == ["worth"]


def test_worth_by_month_and_in_all(sections: dict[str, Section]) -> None:
    """Tests average and sum of a MW over twelve months, its best month, and that a budget has no average."""
    section = sections["worth"]
    grid = listed(section, "Worth: one more MW").grid
    columns = (
        *("Item", "Highest in", "One more, a month", "One more, all months", "One fewer, a month"),
        *("One more, in that month", "One fewer, in that month", "Relaxation, a month"),
    )
    # One fewer: 6000 + 30,000 in twelve months.
    assert (grid.columns, grid.rows) == (columns, [("hall", "2026-05", "2 k", "24 k", "3 k", "18 k", "30 k", "200")])
    lease = listed(section, "Worth: one more accelerator").grid
    assert lease.rows == [("lease", "2026-05", "10", "120", "–", "120", "–", "5")]
    budget = listed(section, "Worth: one more unit of money").grid
    assert budget.rows == [("half", "2026-06", "0.25", "0.5", "0.125")]
    assert "EUR" in grid.note
    assert rendered(section) == [
        "One more MW at hall saves 2 k EUR a month on average, most in May 2026 (18 k; one fewer costs 30 k).",
        "One more accelerator of lease saves 10 EUR a month on average, most in May 2026 (120).",
        "One more reference-accelerator of demand for chat costs 100 EUR a month on average, most in Jan 2026 (1.2 k).",
        "One more EUR in budget half saves 0.25 EUR; one fewer costs 0.5.",
    ]


def test_steps_offers_and_deadlines(sections: dict[str, Section]) -> None:
    """Tests figures, doubts, notes and blanks."""
    steps = listed(sections["worth"], "Steps").grid.rows
    assert steps[0] == ("1 more MW at hall", "", "20 k to 30 k")
    assert steps[1] == ("10 % more demand of chat", "", "-6 k to -4 k")
    assert steps[2] == ("10 % more in budget half", "leaves no plan", "")
    offers = listed(sections["offers"], "Offers").grid.rows
    # Worth: 4.9999 to 5.0001 M are 5 M in four digits; up to the gap for what the plan does without.
    assert offers[0][4:] == ("2 of 2", "5 M", "200 k", "250 k")
    why = "too expensive by at most 16.7 %, if at all: ask for a smaller gap"
    assert offers[1] == ("fixed", "cloud", "rejected", why, "0 of 1", "0 to 100 k", "300 k", "at least 250 k")
    assert offers[2][4:] == ("3", "1.5 M to 2.5 M", "1 M", "")
    assert rendered(sections["offers"]) == [
        "1 of 3 offers is rejected.",
        f"fixed is taken below its break-even price, at least 250 k EUR; it is offered at 300 k EUR: {why}.",
    ]
    deadlines = listed(sections["dates"], "Deadlines").grid.rows
    assert deadlines[0] == ("2026-01", "Order annex", "in-house", "2026-05", "2026-08", "1", "60 k to 80 k")
    assert deadlines[1][1::3] == ("Give notice: hand back lease", "the end")
    assert deadlines[1][-1] == "leaves no plan"
    assert rendered(sections["dates"]) == [
        "No plan is feasible if decided a month later: Give notice: hand back lease (Feb 2026).",
        "Due in Jan 2026: Order annex.",
        "Most expensive delay: Order annex, due Jan 2026; a month later costs between 60 k and 80 k EUR more.",
    ]


def test_leaving_earlier_and_later(sections: dict[str, Section]) -> None:
    """Tests the sentence on each item, and the table with the plan's own month in it."""
    section = sections["leaving"]
    assert rendered(section) == [
        "Hand back lease in Apr 2026, giving notice in Feb 2026. 1 month earlier costs between 70 k and 90 k EUR more; "
        "1 month later costs at most 130 k EUR more, 3 months later costs 120 k EUR more.",
        "Keep kept to the end of the plan. 3 months earlier leaves no plan.",
    ]
    rows = listed(section, "Leaving").grid.rows
    assert rows[0] == ("lease", "neo", "1 earlier", "2026-03", "2026-01", "", "70 k to 90 k")
    assert rows[1] == ("lease", "neo", "the plan", "2026-04", "2026-02", "", "")
    assert rows[-1][2:5] == ("the plan", "kept to the end", "")


def test_what_if_and_this_month(sections: dict[str, Section]) -> None:
    """Tests what each event costs and changes, and what is decided in all of them."""
    assert rendered(sections["whatif"]) == [
        "If site hall slips by 6 months, the best plan costs between 4 M and 6 M EUR more, and 2 % of demand is not "
        "served in the plan found. Changes: sign fixed in 2026-02.",
        "If demand grows twice as fast: no plan meets all rules.",
    ]
    rows = listed(sections["whatif"], "What if").grid.rows
    assert rows[0][3:] == ("4 M to 6 M", "2 %")
    assert rows[1][2:] == ("leaves no plan", "", "")
    assert rendered(sections["first"]) == [
        "Whatever is decided in Jan 2026, no plan meets all rules if demand grows twice as fast.",
        "In Jan 2026, whichever other of these events occurs: Order annex, at least 1 (the plan: 2) (a month later "
        "costs between 60 k and 80 k EUR more).",
        "Do not sign lease if site hall slips by 6 months.",
        "Sign fixed only if site hall slips by 6 months.",
    ]
    first = listed(sections["first"], "Decisions").grid.rows
    assert first[0] == ("Order annex", "in-house", "", "1 of 1", "2", "1", "2", "60 k to 80 k")


def test_what_less_exposure_costs(sections: dict[str, Section]) -> None:
    """Tests a sentence for each member, with the month from which on a cap can be kept, and what has no plan."""
    section = sections["less"]
    assert rendered(section) == [
        "alpha has up to 80 % of the capacity. At most 60 % costs between 1 M and 3 M EUR more; at most 40 %, feasible "
        "from May 2026 on, costs between 6 M and 8 M EUR more.",
        "Surviving the loss of hall leaves no plan: it cannot be kept in 3 of 12 months.",
    ]
    rows = listed(section, "Less exposure").grid.rows
    first = ("at most 60.0 % of the capacity with alpha", "2026-01", "sign fixed in 2026-02")
    assert rows[0] == (*first, "80.0 %", "1 M to 3 M", "1 %")
    assert rows[2][1:] == ("", "leaves no plan: it cannot be kept in 3 of 12 months", "30.0 %", "", "")


def test_hostile_names_are_harmless() -> None:
    """Tests that names in explanations make no element on the page: as many as with tame names."""
    tame = alone("tame")
    for name in (*NAMES.values(), INVISIBLE):
        hostile = alone(name)
        for mark in ("<script", "<img", "<svg", "<b>", "<i>", "<a ", "<td"):
            assert hostile.count(mark) == tame.count(mark), (name, mark)


def alone(name: str) -> str:
    """A page with nothing but these sections, every item of them called so."""
    return page(Document("Plan", "of a hall", explained(PlanContext(explained_plan(small_plan(), name)))))


def test_sheets_of_an_explained_plan(tmp_path: Path) -> None:
    """Tests that each table is a sheet with units above its columns, and that names stay text."""
    book = openpyxl.load_workbook(write_workbook(explained_plan(small_plan(), "=1+1"), tmp_path / "x.xlsx"))
    steps = [[cell.value for cell in row] for row in book["steps"].iter_rows(min_row=2)]
    assert steps[1] == ["step", "saves", "at_least", "at_most", "objective", "note"]
    assert steps[0][1] == "EUR"
    assert steps[2][:3] == ["=1+1", 24_000, 20_000]
    assert book["steps"]["A4"].data_type == "s"
    assert {"values", "steps", "offers", "deadlines", "exits", "events", "first"} < set(book.sheetnames)


def test_events_without_a_plan_are_named_once() -> None:
    """Tests that an empty table of offers is not introduced by the events, although those of this month are."""
    plan = explained_plan(small_plan())
    tables = dict(plan.explained)
    events = tables["events"].assign(costs=None, note=NO_PLAN)
    emptied = {**tables, "events": events, "first": tables["first"].iloc[:0], "offers": tables["offers"].iloc[:0]}
    found = {section.anchor: paragraphs(section) for section in explained(PlanContext(plan), emptied)}
    assert len(found["offers"]) == 1
    assert len(found["first"]) == 1 + len(without_plan(plan, events)) > 1


def test_a_plan_with_something_given_up_says_so_first() -> None:
    """Tests that the first card warns, and names what was given up; other plans have no such card."""
    plan = small_plan()
    elastic = replace(plan, head={**plan.head, "elastic": ["rules.own.rhs=3"]})
    label, value, detail = key_figures(PlanContext(elastic)).figures[0]
    assert (label, value) == ("Not all rules are met", "1 input changed")
    assert detail.endswith("rules.own.rhs=3")
    assert key_figures(PlanContext(plan)).figures[0][0] == "Net present cost"
    assert "Not all rules are met" in page(plan_document(elastic))
    assert "Why no plan meets all rules" in page(plan_document(elastic))
    assert "Why no plan meets all rules" not in page(plan_document(plan))
    clash = replace(elastic, head={**elastic.head, "conflicts": ["this stands against <that>."]})
    assert "this stands against &lt;that&gt;." in page(plan_document(clash))
    other = replace(elastic, head={**elastic.head, "other_repairs": [{"text": "<this> instead."}]})
    instead = page(plan_document(other))
    assert "Other repairs at about the same cost" in instead
    assert "&lt;this&gt; instead." in instead
    assert "Other repairs" not in page(plan_document(elastic))
