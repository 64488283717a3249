"""Charts of exposure of the plan in tests/report/coast.py: all that they draw, say and list, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from optimizer.report import chart_exposure
from optimizer.report.exposure import Exposure, work_shares
from optimizer.report.plan_context import PlanContext
from tests.report.coast import MONTHS, by_month, changed, coast_plan
from tests.report.drawings import drawn
from tests.report.plans import Rows

OWN = "in-house"


def test_exposure_by_provider(coast: PlanContext) -> None:
    """Tests shares of reference-accelerators, of which a tpu is 2.5, without what is on demand."""
    chart = chart_exposure.providers(coast)
    # In all 900, 900, 600 + 500 + 100, 600 + 500 + 100, 600 + 500 + 200.
    assert drawn(chart) == {
        OWN: pytest.approx([2 / 3, 2 / 3, 11 / 12, 11 / 12, 11 / 13, 11 / 13]),
        "cloud": pytest.approx([0, 0, 0, 1 / 12, 2 / 13, 2 / 13]),
        "neo": pytest.approx([1 / 3, 1 / 3, 1 / 12, 0, 0, 0]),
    }
    assert chart.title == "neo is the largest provider: 33.3 % of capacity in Nov 2026, its highest."
    assert chart.grid.rows == by_month(
        ("66.7 %", "66.7 %", "91.7 %", "91.7 %", "84.6 %"),
        ("", "", "", "8.3 %", "15.4 %"),
        ("33.3 %", "33.3 %", "8.3 %", "", ""),
    )


POLICIES = (
    "policy,rule,subject,member,limit,from,to\n"
    "each,max_share,group,,0.4,,\nbeta,max_share,group,beta,0.35,2026-11,2027-03\n"
    "late,max_share,group,alpha,0.1,2026-12,\nearly,max_share,group,alpha,0.2,,2027-02\n"
    "site,max_share,site,north,0.05,,\nlost,survive,group,alpha,0.01,,\nloose,max_share,group,beta,0.9,,\n"
)


def test_exposure_by_owner(coast: PlanContext) -> None:
    """Tests highest and average shares by owner, limits that hold in all months, and shares of work."""
    context = PlanContext(coast_plan(POLICIES))
    chart = chart_exposure.groups(context)
    # Averages of the shares by provider.
    own, beta, alpha = (4 / 3 + 22 / 12 + 11 / 13) / 5, (2 / 3 + 1 / 12) / 5, (1 / 12 + 2 / 13) / 5
    highest, average, limits = chart.figure.data
    assert list(highest.x) == pytest.approx([11 / 12, 1 / 3, 2 / 13])
    assert list(average.x) == pytest.approx([own, beta, alpha])
    assert (list(limits.x), list(limits.y)) == ([0.35, 0.4], [1, 2])
    assert chart.figure.layout.yaxis.ticktext == (OWN, "beta", "alpha")
    assert chart.title == "Largest parent-company exposure: beta, up to 33.3 %, 15 % on average."
    # Work: 900 of 980 in February in-house, a run included; 300 of 700 at neo in November; 120 of 1120 at cloud.
    assert chart.grid.rows == [
        (OWN, "", "2027-01", "91.7 %", "80.3 %", "", "91.8 %"),
        ("beta", "neo", "2026-11", "33.3 %", "15.0 %", "35.0 %", "42.9 %"),
        ("alpha", "cloud; edge", "2027-03", "15.4 %", "4.7 %", "40.0 %", "10.7 %"),
    ]
    assert len(chart_exposure.groups(coast).figure.data) == 2


@pytest.mark.parametrize("number", [14, 15])
def test_bars_for_fourteen_owners(number: int) -> None:
    """Tests that the smallest of fifteen owners has a row, but no bar."""
    rows: Rows = [
        (MONTHS[0], f"lease-{n}", "contract", f"party-{n:02}", "europe", "gpu", n, 0, 0, n, 0)
        for n in range(1, number + 1)
    ]
    context = changed(capacity=rows)
    owners = pd.DataFrame({"provider": [row[3] for row in rows], "group": [f"owner-{row[6]:02}" for row in rows]})
    known = context.plan.instance.frame("providers")
    instance = context.plan.instance.replace({"providers": pd.concat([known, owners])})
    chart = chart_exposure.groups(PlanContext(replace(context.plan, instance=instance)))
    assert chart.figure.layout.yaxis.ticktext == tuple(f"owner-{n:02}" for n in range(number, number - 14, -1))
    assert len(chart.grid.rows) == number
    # A share of n in 1 + 2 + ... + number in the first of five months.
    total = number * (number + 1) / 2
    assert list(chart.figure.data[1].x) == pytest.approx([n / total / 5 for n in range(number, number - 14, -1)])


@pytest.mark.parametrize(
    ("subject", "sizes"),
    [
        ("site", {"north": [600] * 5, "south": [0, 0, 500, 500, 500]}),
        ("region", {"asia": [0, 0, 500, 600, 700], "europe": [900, 900, 700, 600, 600]}),
        (
            "group",
            {"alpha": [0, 0, 0, 100, 200], "beta": [300, 300, 100, 0, 0], "in_house": [600, 600, 1100, 1100, 1100]},
        ),
        ("tag", {"rival": [300, 300, 100, 100, 200], "us": [0, 0, 0, 100, 200]}),
    ],
)
def test_shares_of_each_member(coast: PlanContext, subject: str, sizes: dict[str, list[float]]) -> None:
    """Tests reference-accelerators of each site, region, owner and tag, of all of them, in every month."""
    found = Exposure(coast.plan).by_member(subject)
    wanted = pd.DataFrame(sizes, index=MONTHS).div([900, 900, 1200, 1200, 1300], axis=0)
    pd.testing.assert_frame_equal(found, wanted, check_names=False)


def test_shares_of_a_window(coast: PlanContext) -> None:
    """Tests average and peak of the months from December to February, both included, and of one of them."""
    exposure = Exposure(coast.plan)
    # 900 of 900, 700 of 1200, 600 of 1200; 0, 500 and 600 of 1200.
    europe, asia = exposure.shares("region", 1, 3)
    assert (europe.member, europe.peak, europe.month) == ("europe", 1, "2026-12")
    assert (asia.member, asia.peak, asia.month) == ("asia", 0.5, "2027-02")
    assert (europe.average, asia.average) == pytest.approx((25 / 36, 11 / 36))
    assert [(share.member, share.average) for share in exposure.shares("region", 3, 3)] == [
        ("asia", 0.5),  # of as much as another, by name
        ("europe", 0.5),
    ]
    assert [share.month for share in exposure.shares("region", 4)] == ["2027-03", "2027-03"]


def test_months_without_capacity_have_no_shares() -> None:
    """Tests zeros where there is no capacity, no member of what no provider is, and none at all without capacity."""
    rows: Rows = [("2027-01", "lease", "contract", "stranger", "europe", "gpu", 3, 0, 0, 3, 0)]
    exposure = Exposure(changed(capacity=rows).plan)
    assert exposure.by_member("region").to_dict("list") == {"europe": [0, 0, 1, 0, 0]}
    assert exposure.by_member("provider").to_dict("list") == {"stranger": [0, 0, 1, 0, 0]}
    assert [exposure.shares(subject) for subject in ("group", "tag", "site")] == [[], [], []]
    nothing = Exposure(changed(capacity=[]).plan)
    assert (nothing.shares("provider"), list(nothing.by_member("provider").index)) == ([], list(MONTHS))


def test_shares_of_work_by_provider(coast: PlanContext) -> None:
    """Tests the highest monthly share of all work, runs and what is on demand included, by provider."""
    # 900 of 980 in-house in February; 300 of 700 at neo in November; at cloud 50 of 950, 80 of 980 and 120 of 1120.
    found = work_shares(coast.plan, groups=False)
    assert {name: month for name, (_, month) in found.items()} == {
        "in_house": "2027-02",
        "neo": "2026-11",
        "cloud": "2027-03",
    }
    assert [found[name][0] for name in ("in_house", "neo", "cloud")] == pytest.approx([900 / 980, 3 / 7, 120 / 1120])
