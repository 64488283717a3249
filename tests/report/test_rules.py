"""Rules, budgets and policies of the plan in tests/report/coast.py: entire tables, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pandas as pd
import pytest

from optimizer.plan.tables import make_table
from optimizer.report.document import Prose, Table
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_rules import outages_grid, rules, rules_table, shares_grid, shortfalls_table
from tests.report.coast import coast_plan
from tests.report.plans import Rows

NO_POLICY = "No policy limits a share of the capacity or demands that a loss be survived."


def context(texts: dict[str, str] | None = None, **tables: Rows) -> PlanContext:
    """The plan with other tables of its instance, as CSV, and of its own."""
    plan = coast_plan()
    frames = {
        name: pd.read_csv(StringIO(text), dtype=str, keep_default_na=False) for name, text in (texts or {}).items()
    }
    made = {name: make_table(name, rows) for name, rows in tables.items()}
    return PlanContext(replace(plan, instance=plan.instance.replace(frames), tables={**plan.tables, **made}))


RULES = {
    "rules": "rule,sense,rhs,each\ncap,<=,50,month\nleast,>=,2,total\nidle,=,7,month\n",
    "rule_terms": "rule,quantity,item\ncap,capacity,lease\nleast,started,flex\nidle,capacity,flex\n",
}
# month, rule, each, sense, value, rhs, slack, violation, shadow price
ROWS: Rows = [
    ("2026-11", "cap", "month", "<=", 20, 50, 30, 0, 0),
    ("2026-12", "cap", "month", "<=", 50, 50, 0.000049, 0, -3),
    ("2027-01", "cap", "month", "<=", 50, 50, 0.000051, 0, -8),
    ("2027-02", "cap", "month", "<=", 50, 50, 0, 0, 7),
    ("2027-03", "least", "total", ">=", 1.5, 2, 0, 0.5, 4),
]


def test_own_rules() -> None:
    """Tests limit, months that bind, slack, violation, penalty and price, also of a rule without constraints."""
    cash: Rows = [("2027-03", "violation", "least", "", 3000.0, 1.0), ("2027-03", "violation", "least", "", 500.0, 1.0)]
    table = rules_table(context(RULES, rules=ROWS, cash=cash))
    # A slack up to a millionth of 50 binds; the price farthest from zero is -8.
    cap = ("cap", "at most 50 a month", "2 months, 2026-12 to 2027-02", "4", "2", "0", "2027-02", "0", "0", "-8")
    least = ("least", "at least 2 in all", "2027-03", "1", "1", "0", "2027-03", "0.5", "3.5 k", "4")
    idle = ("idle", "exactly 7", "", "0", "", "", "", "", "", "")
    assert table.grid.rows == [cap, least, idle]
    assert table.grid.columns == (
        *("Rule", "Limit", "Binds or violated in", "Constraints", "Binding", "Least slack", "In"),
        *("Most violated by", "Penalty, USD", "Shadow price, highest"),
    )
    assert table.caption == "Own rules: slack and value of one more unit"


def test_own_rules_that_bind() -> None:
    """Tests that on a terminal those that cost most come first, then by price, and that loose ones are left out."""
    loose: Rows = [("2026-11", "idle", "month", "=", 6, 7, 1, 0, 9)]
    table = rules_table(context(RULES, rules=[*ROWS, *loose]), tight=True)
    assert table.caption == "Own rules that bind or are violated"
    assert [row[0] for row in table.grid.rows] == ["cap", "least"]
    paid: Rows = [("2027-03", "violation", "least", "", 1.0, 1.0)]
    table = rules_table(context(RULES, rules=ROWS, cash=paid), tight=True)
    assert [row[0] for row in table.grid.rows] == ["least", "cap"]


@pytest.mark.parametrize(
    ("value", "rhs", "slack", "violation", "binds"),
    [
        (1e6, 1e6, 1.0, 0, True),
        (1e6, 1e6, 1.01, 0, False),
        (0.1, 0.2, 1e-6, 0, True),  # of a limit below one, a millionth
        (0.1, 0.2, 1.1e-6, 0, False),
        (-2e6, 5, 2.0, 0, True),  # of the larger of limit and value
        (5, 5, 9, 4.9e-6, False),
        (5, 5, 9, 5.1e-6, True),
    ],
)
def test_when_a_rule_binds(value: float, rhs: float, slack: float, violation: float, binds: bool) -> None:
    """Tests slack and violation of about a millionth."""
    rows: Rows = [("2026-11", "cap", "month", "<=", value, rhs, slack, violation, 0)]
    assert len(rules_table(context(RULES, rules=rows), tight=True).grid.rows) == binds


def test_budgets() -> None:
    """Tests what is spent of each in its window: all kinds, capital only, and net of what is leased out."""
    text = (
        "budget,from,to,amount,covers,net\n"
        "all,2026-12,2027-02,20e6,all,\nnet,2026-12,2027-02,10e6,all,yes\ncapex,,,50e6,capex,\n"
        "none,2027-01,2027-01,0,opex,\nlate,2027-03,2027-03,9e6,opex,\n"
    )
    (table, _) = rules(context({"budgets": text})).blocks
    assert isinstance(table, Table)
    assert table.grid.columns == ("Budget", "From", "To", "Covers", "Net of lease-outs", "Amount", "Spent", "Used")
    # December 6 and 1, January 2 less 5, February 9; penalties are not spent.
    assert table.grid.rows == [
        ("all", "2026-12", "2027-02", "all", "no", "20,000,000", "18,000,000", "90.0 %"),
        ("net", "2026-12", "2027-02", "all", "yes", "10,000,000", "13,000,000", "130.0 %"),
        ("capex", "2026-11", "2027-03", "capex", "no", "50,000,000", "40,000,000", "80.0 %"),
        ("none", "2027-01", "2027-01", "opex", "no", "", "2,000,000", ""),
        ("late", "2027-03", "2027-03", "opex", "no", "9,000,000", "18,000,000", "200.0 %"),
    ]


def test_shortfalls() -> None:
    """Tests years of commitments that are not reached, by month."""
    cash: Rows = [
        ("2027-03", "shortfall", "deal", "cloud", 2e6, 1.0),
        ("2026-12", "shortfall", "old-deal", "neo", 5e5, 1.0),
        ("2026-12", "contract", "lease", "neo", 9e9, 1.0),
    ]
    table = shortfalls_table(context(cash=cash))
    assert table.grid.columns == ("Year to", "Commitment", "Provider", "Short by, USD")
    assert table.grid.rows == [
        ("2026-12", "old-deal", "neo", "500 k"),
        ("2027-03", "deal", "cloud", "2 M"),
    ]


POLICIES = (
    "policy,rule,subject,member,limit,from,to\n"
    "each-site,max_share,site,,0.5,,\n"
    "alpha,max_share,group,alpha,0.1,2026-12,2027-02\n"
    "beta,max_share,group,beta,0.4,2026-08,\n"
    "providers,max_share,provider,,0.2,2027-03,2027-09\n"
    "asia,max_share,region,asia,0.6,2027-01,2027-01\n"
    "ghost,max_share,tag,us,0.3,2026-11,2026-12\n"
    "over,survive,site,north,0.5,,\n"
)


def test_policies_on_shares() -> None:
    """Tests the members that come closest in each window, highest share and room; in-house only where it is named."""
    made = context({"policies": POLICIES})
    policies = [row for row in made.plan.instance.rows["policies"] if row.rule == "max_share"]
    grid = shares_grid(made, policies)
    # Windows may begin before the plan and end after it.
    # By site in 900, 900, 1200, 1200, 1300: 600 each month; 500 from January on.
    assert grid.rows == [
        ("each-site", "site", "north", "2026-11", "50.0 %", "66.7 %", "none"),
        ("each-site", "site", "south", "2027-01", "50.0 %", "41.7 %", "8.3 %"),
        ("alpha", "group", "alpha", "2027-02", "10.0 %", "8.3 %", "1.7 %"),
        ("beta", "group", "beta", "2026-11", "40.0 %", "33.3 %", "6.7 %"),
        # Of two providers in March 2027: 200 of 1300, and nothing.
        ("providers", "provider", "cloud", "2027-03", "20.0 %", "15.4 %", "4.6 %"),
        ("providers", "provider", "neo", "2027-03", "20.0 %", "", "20.0 %"),
        ("asia", "region", "asia", "2027-01", "60.0 %", "41.7 %", "18.3 %"),
        ("ghost", "tag", "us", "2026-11", "30.0 %", "", "30.0 %"),
    ]
    blocks = rules(made).blocks
    assert [block.caption for block in blocks if isinstance(block, Table)] == [
        "Policies on shares: how close the plan comes to the limit"
    ]
    (prose,) = [block for block in blocks if isinstance(block, Prose)]
    assert prose.paragraphs[0].startswith("What a limit costs: capopt whatif PLAN --set policies.each-site.limit=VALUE")


def test_at_most_three_members_of_a_policy() -> None:
    """Tests that of four regions the three with the highest share are listed, and one named region alone."""
    capacity: Rows = [
        ("2026-11", f"lease-{n}", "contract", "neo", f"region-{n}", "gpu", n, 0, 0, n, 0) for n in (1, 2, 3, 4)
    ]
    text = "policy,rule,subject,member,limit\nany,max_share,region,,0.5\n"
    made = context({"policies": text}, capacity=capacity)
    rows = shares_grid(made, list(made.plan.instance.rows["policies"])).rows
    assert [row[2] for row in rows] == ["region-4", "region-3", "region-2"]


def test_policies_without_capacity() -> None:
    """Tests that a member that holds nothing in the window is named with the window."""
    text = "policy,rule,subject,member,limit,from,to\nx,max_share,tag,us,0.3,2026-11,2026-12\ny,max_share,tag,,0.4,,\n"
    made = context({"policies": text}, capacity=[])
    assert shares_grid(made, list(made.plan.instance.rows["policies"])).rows == [
        ("x", "tag", "us", "no capacity, 2026-11 to 2026-12", "30.0 %", "", ""),
        ("y", "tag", "each", "no capacity, 2026-11 to 2027-03", "40.0 %", "", ""),
    ]


def test_policies_on_outages() -> None:
    """Tests the month with most critical work of each loss, its pools and workloads, five of them by name."""
    # month, policy, member, pool, workload, accelerators, work
    rows: Rows = [
        ("2026-11", "care", "north", "lease", "chat", 5, 50),
        ("2026-12", "care", "north", "lease", "chat", 3, 30),
        ("2026-12", "care", "north", "flex", "study", 4, 40),
        ("2027-01", "care", "cloud", "lease", "chat", 1, 10),
        *[("2027-01", "care", "neo", f"pool-{n}", "chat", 1, 1) for n in range(5)],
        *[("2027-01", "care", "edge", f"pool-{n % 6}", "chat", 1, 1) for n in range(7)],
    ]
    grid = outages_grid(context(outages=rows))
    assert grid.rows == [
        ("care", "north", "2026-12", "lease; flex", "chat; study", "70", "7"),
        ("care", "cloud", "2027-01", "lease", "chat", "10", "1"),
        ("care", "neo", "2027-01", "pool-0; pool-1; pool-2; pool-3; pool-4", "chat", "5", "5"),
        ("care", "edge", "2027-01", "pool-0; pool-1; pool-2; pool-3; pool-4 and 1 more", "chat", "7", "7"),
    ]


def test_an_instance_without_rules() -> None:
    """Tests the sentence where there is no rule at all, and the one where there is no policy."""
    (none,) = rules(context()).blocks
    assert isinstance(none, Prose)
    assert none.paragraphs[0].startswith(f"The instance has no rules of its own and no budgets. {NO_POLICY}")
    *_, prose = rules(context(RULES, rules=ROWS)).blocks
    assert isinstance(prose, Prose)
    assert prose.paragraphs[0].startswith(NO_POLICY)
