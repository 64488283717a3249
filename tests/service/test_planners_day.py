"""A planner's day by keyboard alone: every page is used with Tab, Enter, Space and letters, and is accessible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

import optimizer
from optimizer.service.settings import Settings
from tests.report.uncertain_plan import two_risks
from tests.service.browsing import NARROW, Keyboard, check
from tests.service.inputs import infeasible_instance, tiny_instance
from tests.service.server import serving

VALUES = ".cards .value"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server with a worker."""
    with serving(Settings(tmp_path_factory.mktemp("data"), workers=1)) as found:
        yield found


@pytest.fixture
def page(browser: Browser, client: httpx.Client) -> Iterator[Page]:
    """A narrow window on the server, which fails on errors of scripts."""
    context = browser.new_context(base_url=str(client.base_url), viewport=NARROW)
    context.set_default_timeout(60_000)
    found = context.new_page()
    troubles: list[str] = []
    found.on("pageerror", lambda error: troubles.append(str(error)))
    yield found
    context.close()
    assert troubles == []


def project(page: Page, keys: Keyboard, name: str, instance: optimizer.Instance, tmp_path: Path) -> None:
    """Create a project and add an instance to it, by keyboard from the first page on."""
    workbook = instance.save(tmp_path / f"{name}.xlsx")
    page.once("filechooser", lambda chooser: chooser.set_files(workbook))
    page.goto("/")
    keys.write("Name (lower-case letters, digits and hyphens)", name)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/projects/{name}")
    keys.press("Drop a workbook (.xlsx) or the zip of an instance's folder here, or choose it", "input", "Space")
    page.wait_for_url("**/instances/*")


def solved(page: Page, keys: Keyboard) -> None:
    """Solve the version of the page."""
    keys.press("Solve")
    page.wait_for_url("**/jobs/*")
    page.wait_for_selector("h2:text('The plan')")


def test_a_planner_solves_asks_and_rolls_forward(page: Page, client: httpx.Client, tmp_path: Path) -> None:
    """Tests the way from no project to a plan, a what-if, a comparison, the next month, and to the list."""
    keys = Keyboard(page)
    page.goto("/")
    page.keyboard.press("Tab")
    assert keys.focus == ("Skip to the content", "a")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    project(page, keys, "one", tiny_instance(), tmp_path)
    keys.write("Note", "before the deal")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    solved(page, keys)
    assert page.locator(VALUES).nth(1).inner_text() == "2,000"  # a block of the lease, two months
    assert page.title() == "optimal – Plan – capopt"
    plan = page.url
    check(page)
    keys.press("Skip the report", "a")
    keys.write("Cell to vary", "contracts.lease.price")
    keys.write("Its values", "500 1500")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:text('With each value')")
    # With 1,500 for a month of a block, 3,000 is still cheaper than 4,000 on demand.
    rows = [row.split("\t")[:2] for row in page.locator("[aria-label='With each value'] tbody tr").all_inner_texts()]
    assert rows == [["500", "1,000"], ["1,500", "3,000"]]
    check(page)
    page.goto(plan)
    keys.press("Skip the report", "a")
    keys.press("First search on for a tenth of its gap", "input", "Space")
    keys.press("Explain it (one minute)")
    page.wait_for_selector("h1:text('Explanation')")
    assert client.get(api(page.url)).json()["options"]["tighten"] is True
    page.wait_for_selector("h2:text('The plan')")
    assert page.locator("svg.curve").count() == 0  # its searches are of several instances
    page.goto(plan)
    keys.press("Skip the report", "a")
    keys.write("Cell", "contracts.lease.price")
    keys.choose("Change", "times")
    keys.write("Value", "1.5")
    keys.press("Another cell", key="Space")
    assert keys.focus == ("Cell", "input")  # of the new line, which stays empty
    page.wait_for_selector("datalist#cells option", state="attached")
    page.keyboard.press("Escape")
    assert keys.focus == ("Cell", "input")
    keys.press("Solve it with these")
    page.wait_for_selector("h1:text('What-if')")
    page.wait_for_selector("h2:text('The plan')")
    assert page.locator(VALUES).nth(1).inner_text() == "3,000"
    keys.press("Compare")
    page.wait_for_selector("h1:text('Comparison')")
    assert page.locator(VALUES).nth(2).inner_text() == "1,000"  # 1.5 x 2,000 - 2,000
    check(page)
    page.goto(plan)
    keys.press("Roll forward")
    page.wait_for_url("**/instances/*")
    assert f"1 month from {tiny_instance().label(1)}" in page.locator("p.lead").first.inner_text()
    check(page)
    # The next month begins with the newest plan; of the lease, a month is left to pay.
    assert page.eval_on_selector("#start", "at => at.value") != ""
    keys.choose("Begin with the plan", "none")
    page.keyboard.press("ArrowDown")
    solved(page, keys)
    assert page.locator(VALUES).nth(1).inner_text() == "1,000"
    page.goto("/projects/one")
    check(page)
    for _ in range(2):  # the newest two plans: of the next month, and the what-if
        tick(page)
    keys.press("Show the ticked plans side by side")
    page.wait_for_selector("h1:text('2 plans side by side')")
    rows = [row.split("\t") for row in page.locator("[aria-label='Plans side by side'] tbody tr").all_inner_texts()]
    assert rows[:2] == [["Cost", "3,000", "1,000"], ["More than the first", "0", "-2,000"]]
    check(page)
    page.goto("/projects/one")
    keys.to("Filter", "button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    keys.to("Jobs", "div")
    keys.to("What-if", "a")
    keys.to("Plan", "a")
    # The list changes while its last entry has the focus: the focus stays, and the entry can be used.
    client.post("/api/v1/projects/one/jobs", json={"kind": "audit", "plan": plan.rsplit("/", 1)[1]}).raise_for_status()
    page.wait_for_selector("a:text-is('Audit')")
    assert keys.focus == ("Plan", "a")
    page.keyboard.press("Enter")
    page.wait_for_url(plan)
    keys.press("Delete", "summary")
    keys.press("Delete this job and its plan for good")
    page.wait_for_url("**/projects/one")
    assert client.get(api(plan)).status_code == 404


def tick(page: Page) -> None:
    """Go on to the next box of the list of jobs, and tick it."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('input[type=checkbox][name=job]')"):
            page.keyboard.press("Space")
            return
    raise AssertionError("no box is reached by Tab")


def test_a_planner_does_the_monthly_round(page: Page, client: httpx.Client, tmp_path: Path) -> None:
    """Tests the way from a plan to the next month: roll forward, upload what has changed, solve, and compare.

    Two months of a block of the lease cost 2,000. A month later one is left to pay, 1,000; with demand for 20 in place
    of 10, a second block is signed: 2,000.
    """
    keys = Keyboard(page)
    project(page, keys, "round", tiny_instance(), tmp_path)
    solved(page, keys)
    keys.press("Skip the report", "a")
    keys.press("Roll forward")
    page.wait_for_url("**/instances/*")
    rolled = client.get(f"/api/v1{page.url.split(str(client.base_url).rstrip('/'))[1]}.xlsx").content
    (tmp_path / "rolled.xlsx").write_bytes(rolled)
    next_month = optimizer.read(tmp_path / "rolled.xlsx")
    demand = next_month.demand.assign(amount=20)
    page.once(
        "filechooser",
        lambda chooser: chooser.set_files(next_month.replace({"demand": demand}).save(tmp_path / "b.xlsx")),
    )
    page.goto("/projects/round")
    keys.press("Drop a workbook (.xlsx) or the zip of an instance's folder here, or choose it", "input", "Space")
    page.wait_for_url("**/instances/*")
    assert "What changed since version 2" in page.inner_text("main")
    check(page)
    keys.choose("Begin with the plan", "none")
    solved(page, keys)
    assert page.locator(VALUES).nth(1).inner_text() == "2,000"
    keys.press("Skip the report", "a")
    keys.press("Compare")
    page.wait_for_selector("h1:text('Comparison')")
    check(page)


def api(url: str) -> str:
    """Path in the API of the job of a page."""
    return "/api/v1/projects" + url.split("/projects", 1)[1]


def test_a_planner_repairs_an_infeasible_instance(page: Page, tmp_path: Path) -> None:
    """Tests the way from an instance without a plan to its conflicts and to the repaired version."""
    keys = Keyboard(page)
    project(page, keys, "two", infeasible_instance(), tmp_path)
    keys.press("Solve")
    page.wait_for_selector("h2:text('There is no plan')")
    check(page)
    keys.press("Find all conflicts and repairs")
    page.wait_for_selector("h2:text('The cheapest repair')")
    check(page)
    keys.press("Apply this repair: a new version of the instance")
    page.wait_for_url("**/instances/*")
    assert "(repair)" in page.locator("p.lead").first.inner_text()


def test_a_planner_looks_at_scenarios(page: Page, client: httpx.Client, tmp_path: Path) -> None:
    """Tests the page of a plan under uncertainty, its simulation, and rolling to what came.

    Three blocks of a lease at 100 are signed for month 1 before demand is known: one and the rest by the hour would
    cost 100 + 0.4 x 600. For month 2 it is known: 100, or 300 with a probability of 0.4. So a plan costs 400 or 600,
    480 on average; with the demand as planned one block a month would do, 200.
    """
    keys = Keyboard(page)
    project(page, keys, "three", two_risks(), tmp_path)
    check(page)
    solved(page, keys)
    check(page)
    keys.press("Scenarios: what to do now, and what each case costs", "a")
    page.wait_for_selector("h1:text('Scenarios')")
    assert page.locator(VALUES).all_inner_texts() == ["480", "600", "480"]
    rows = [row.split("\t") for row in page.locator("[aria-label='Cost by scenario'] tbody tr").all_inner_texts()]
    assert [row[1:5] for row in rows] == [["20 %", "600", "600", "0"]] * 2 + [["30 %", "400", "200", "200"]] * 2
    worth = page.locator("[aria-label='What it is worth to know'] th").all_inner_texts()
    assert worth[:3] == ["Risk", "Saves at least, USD", "Saves at most, USD"]
    move = page.locator("[aria-label='What to do now'] tbody tr").inner_text().split("\t")
    assert (move[0], move[1], move[3:]) == ("lease", "sign", ["3", "40 %"])
    check(page)
    risks = two_risks().risks.assign(probability=[0.0001, 0.5])
    workbook = two_risks().replace({"risks": risks}).save(tmp_path / "calm.xlsx").read_bytes()
    calm = client.post("/api/v1/projects/three/instances", content=workbook).raise_for_status()
    keys.press("this plan", "a")
    page.wait_for_selector("h2:text('The plan')")
    job = page.url
    keys.press("Skip the report", "a")
    keys.write("Draws", "4")
    keys.choose("Risks of", "version 2")
    keys.press("Simulate")
    page.wait_for_selector("h2:text('Draws')")
    assert client.get(api(page.url)).json()["options"]["instance"] == calm.json()["hash"]
    # With demand as planned in all draws the three blocks and one a month later cost 400.
    assert {row.split("\t")[5] for row in page.locator("[aria-label='Draws'] tbody tr").all_inner_texts()} == {"400"}
    check(page)
    page.goto(job)
    keys.press("Skip the report", "a")
    keys.write("Cell", "contracts.lease.price")
    keys.choose("Change", "times")
    keys.write("Value", "2")
    keys.press("Solve it with these")
    page.wait_for_selector("h1:text('What-if')")
    page.wait_for_selector("h2:text('The plan')")
    keys.press("Compare")
    page.wait_for_selector("h2:text('Cost by scenario')")
    check(page)
    page.goto(job)
    keys.choose("What came", two_risks().label(1))
    came = page.eval_on_selector("#node", "at => at.selectedOptions[0].innerText")
    assert came == f"{two_risks().label(1)}: demand: high"
    keys.press("Roll forward")
    page.wait_for_url("**/instances/*")
    assert "What changed since version 1" in page.inner_text("main")
