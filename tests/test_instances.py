"""The shipped instances: listed, complete, told about, and solved to what is known of them."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.analysis.diagnose import diagnose
from optimizer.bench.cases import SETS
from optimizer.errors import InstanceError, NoFeasiblePlan
from optimizer.instance.examples import examples_folder
from optimizer.instance.scenarios import is_uncertain
from optimizer.plan.plan import Plan
from optimizer.program.build import build
from optimizer.schema import load_schema

ROOT = examples_folder()
LIST: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "sets.toml").read_text(encoding="utf-8"))["instances"]
FOLDERS = {name: ROOT / entry.get("folder", name) for name, entry in LIST.items()}
SIZES = {"S": 6_000, "M": 60_000, "L": 10**9}  # most variables
UNUSED = {"scenarios", "changes"}  # what no instance needs yet, or not all of it
THEMES = (  # one instance at least for each theme of the published figures
    "bridge-lease",
    "bridge-lease-risks",
    "landlord",
    "colocation",
    "multi-cloud",
    "redundancy",
    "greenfield",
    "chip-generations",
    "orbital",
)


def of(*sets: str) -> list[str]:
    return [name for name, entry in LIST.items() if entry["set"] in sets]


def expected(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDERS[name] / "expected.toml").read_text(encoding="utf-8"))


def cells(folder: Path, table: str) -> list[dict[str, str]]:
    path = folder / f"{table}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def known() -> dict[str, dict[str, str]]:
    return {row["instance"]: row for row in cells(ROOT, "best_known")}


# ---------------------------------------------------------------------- the list
def test_the_list_names_every_instance() -> None:
    """Tests that sets.toml lists all folders with an instance and no other."""
    assert {path.parent for path in ROOT.rglob("instance.toml")} == set(FOLDERS.values())


def test_every_entry_is_told() -> None:
    """Tests that every entry has set, size, title and what it shows, and nothing that is not known."""
    for name, entry in LIST.items():
        told = {"set", "size", "title", "shows"}
        assert told <= set(entry) <= told | {"folder", "gap", "expected"}
        assert entry["set"] in SETS, name
        assert entry["size"] in SIZES, name
        assert entry["title"], name
        assert entry["shows"], name


def test_every_set_and_theme_is_there() -> None:
    """Tests that there are twelve instances with a plan, several of each set, each size, and one for each theme."""
    assert len(of("smoke", "bench")) >= 12
    assert min(len(of("smoke")), len(of("bench")), len(of("infeasible")), len(of("invalid"))) >= 3
    assert len(of("uncertain")) >= 2
    assert {LIST[name]["size"] for name in of("bench")} == set(SIZES)
    assert set(THEMES) <= set(LIST)


# ---------------------------------------------------------------------- what is in them
@pytest.mark.parametrize("name", of("smoke", "bench", "uncertain", "infeasible"))
def test_it_is_valid_and_says_what_it_is(name: str) -> None:
    """Tests that an instance has no fault, is called like its folder, and has title, description and sources."""
    instance = optimizer.read(FOLDERS[name])
    assert instance.head.name == name
    assert all((instance.head.title, instance.head.description, instance.head.sources))
    if not name.startswith(("random-", "uncertain-")):
        assert [str(warning) for warning in instance.warnings] == []


@pytest.mark.parametrize("name", of("invalid"))
def test_exactly_the_planted_faults_are_told(name: str) -> None:
    """Tests that an invalid instance is refused with the faults that are planted in it, word for word."""
    with pytest.raises(InstanceError) as caught:
        optimizer.read(FOLDERS[name])
    assert [str(fault) for fault in caught.value.faults] == expected(name)["faults"]
    assert caught.value.exit_code == expected(name)["exit_code"]


def test_every_column_is_used() -> None:
    """Tests that each table and column is filled in somewhere, in an instance that has a plan."""
    used = {
        (table, column)
        for name in of("smoke", "bench")
        for table in load_schema().tables
        for row in cells(FOLDERS[name], table)
        for column, value in row.items()
        if value
    }
    wanted = {
        (table.name, column)
        for table in load_schema().tables.values()
        for column in table.columns
        if table.name not in UNUSED
    }
    assert wanted <= used


def test_every_choice_is_made() -> None:
    """Tests that each choice of each column is made somewhere, or is the one that a blank cell makes."""
    for table in load_schema().tables.values():
        for column in table.columns.values():
            if column.choices and table.name not in UNUSED:
                rows = [row for name in of("smoke", "bench") for row in cells(FOLDERS[name], table.name)]
                made = {row.get(column.name) or column.default for row in rows}
                assert {str(choice) for choice in column.choices} <= {str(choice) for choice in made}, column.name


@pytest.mark.parametrize("size", sorted(SIZES))
def test_sizes_are_what_they_are_called(size: str) -> None:
    """Tests that an instance has as many variables as its size class says, and the largest 150,000 or more."""
    smaller = max((most for most in SIZES.values() if most < SIZES[size]), default=0)
    names = [name for name in of("smoke", "bench") if LIST[name]["size"] == size]
    instances = [optimizer.read(FOLDERS[name]) for name in names]
    columns = [len(build(one).columns) for one in instances if not is_uncertain(one)]
    assert smaller < max(columns) <= SIZES[size]
    assert size != "L" or max(columns) >= 150_000


# ---------------------------------------------------------------------- both sides of one deal
def test_the_two_sides_of_the_lease_agree() -> None:
    """Tests that what the tenant pays in each of the first months is what the landlord gets, and for as many GPUs."""
    lease = next(row for row in cells(ROOT / "bridge-lease", "contracts") if row["contract"] == "colossus-1")
    ramp = [row for row in cells(ROOT / "bridge-lease", "ramps") if row["contract"] == "colossus-1"]
    paid = [float(lease["price"]) * float(row["price_fraction"]) for row in ramp]
    outlets = [row for row in cells(ROOT / "landlord", "outlets") if row["tenant"] == "bridge-lab"]
    later = cells(ROOT / "landlord", "prices")
    got = [0.0, 0.0, 0.0]
    for row in outlets:
        prices = [row["price"], *(step["price"] for step in later if step["item"] == row["outlet"])]
        got = [sum_ + float(row["committed_blocks"]) * float(price) for sum_, price in zip(got, prices, strict=True)]
    # Half of 1.25 billion in May 2026, three quarters in June, all of it from July on.
    assert paid == got == [625e6, 937.5e6, 1250e6]
    assert sum(float(row["committed_blocks"]) * float(row["accelerators_per_block"]) for row in outlets) == 220_000
    assert float(lease["accelerators_per_block"]) == 220_000
    assert {row["min_term_months"] for row in [lease, *outlets]} == {"6"}
    assert {row["ends_by"] for row in [lease, *outlets]} == {"2029-05"}


# ---------------------------------------------------------------------- solved
@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    return {name: optimizer.solve(optimizer.read(FOLDERS[name]), gap=1e-3, threads=1) for name in of("smoke")}


@pytest.mark.parametrize("name", of("smoke"))
def test_it_is_solved_to_what_is_known(name: str, plans: dict[str, Plan], known: dict[str, dict[str, str]]) -> None:
    """Tests that a plan passes its audit, costs the best known within the gap, and that no bound contradicts it."""
    plan, best = plans[name], known[name]
    objective, bound = float(best["objective"]), float(best["bound"])
    slack = 1e-6 * abs(objective)
    assert plan.head["audit"]["passed"]
    assert plan.status == "optimal"
    assert bound - slack <= plan.objective <= objective + 1e-3 * abs(objective) + slack
    assert plan.bound is not None
    assert plan.bound <= objective + slack


def test_first_steps_is_what_its_page_works_out(plans: dict[str, Plan]) -> None:
    """Tests the optimum and the decisions that instances/first-steps/README.md derives by hand."""
    plan = plans["first-steps"]
    # 1 + 2 + 1 block-months of 600,000; 100 by the hour for 720 hours at 3; energy of 600 + 800 + 800 kW at 0.05 x 720.
    assert plan.objective == pytest.approx(4 * 600_000 + 100 * 720 * 3 + 2200 * 36)
    steps = plan.decisions[["month", "decision", "item", "blocks"]].to_numpy().tolist()
    assert steps == [
        ["2026-10", "sign", "lease", 1],
        ["2026-11", "sign", "lease", 1],
        ["2026-11", "hand_back", "lease", 1],
    ]


def test_plans_under_uncertainty_are_what_their_pages_work_out(plans: dict[str, Plan]) -> None:
    """Tests optimum, decisions of now and their values that the pages of two-stage and four-stage derive by hand."""
    expected = {"two-stage": (300_000, "lease", 3, 120_000, 40_000), "four-stage": (1_462_500, "lot", 2, None, None)}
    for name, (cost, item, blocks, evpi, vss) in expected.items():
        plan = plans[name]
        assert plan.objective == pytest.approx(cost)
        now = plan.decisions[plan.decisions["scenario"] == "*"]
        assert now[["month", "item", "blocks"]].to_numpy().tolist()[0] == ["2027-01", item, blocks]
        assert evpi is None or plan.head["evpi"]["at_least"] == pytest.approx(evpi)
        assert vss is None or plan.head["vss"]["at_least"] == pytest.approx(vss)
    later = plans["four-stage"].decisions
    assert set(later.loc[later["decision"] == "buy", "month"]) == {"2027-01"}


def test_three_months_in_a_row_are_what_the_page_says() -> None:
    """Tests that the plans of October to December, each rolled with what was really done, are those of the page."""
    folder = FOLDERS["monthly-round"]
    plan = optimizer.solve(optimizer.read(folder), gap=0, threads=1)
    costs, left, since = [plan.objective], [], []
    for month in ("2026-10", "2026-11"):
        found = optimizer.roll(plan, 1, decided=folder / f"notes-done-{month}.csv")
        later = optimizer.solve(found.instance, start=plan, gap=0, threads=1)
        assert later.head["audit"]["passed"]
        compared = optimizer.compare(plan, later)
        since += compared.decided[["item", "change", "blocks_planned", "blocks_decided"]].to_numpy().tolist()
        left += [row.amount for row in found.instance.rows["budgets"] if row.budget == "capex-2026"]
        costs.append(later.objective)
        plan = later
    assert costs == pytest.approx([28.3206e6, 23.4697e6, 17.7128e6], rel=1e-4)
    # 20,000,000 less deposits of 0.3 x 288 x 62,000; then 0.3 x 288 x 64,500 and a quarter of 3,000,000 as well.
    assert left == pytest.approx([20e6 - 5_356_800, 20e6 - 5_356_800 - 5_572_800 - 750_000])
    slips = [row for row in since if row[1] != "as planned"]
    october = [["cooling", "not done", 1, 0], ["flex", "moved", 1, 1], ["racks", "resized", 3, 2]]
    assert sorted(slips[:3]) == october
    assert slips[3:] == [["flex", "not planned", 0, 1]]
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert all(text in page for text in ("28.32", "23.47", "17.71", "14,643,200", "8,320,400"))


@pytest.mark.parametrize("name", of("infeasible"))
def test_the_conflict_names_what_clashes(name: str) -> None:
    """Tests that solving ends with a conflict that names the expected table rows, and the explanation with them all."""
    instance, wanted = optimizer.read(FOLDERS[name]), [conflict["rows"] for conflict in expected(name)["conflict"]]
    with pytest.raises(NoFeasiblePlan) as caught:
        optimizer.solve(instance, threads=1)
    told = " ".join(caught.value.conflict)
    assert caught.value.exit_code == expected(name)["exit_code"]
    assert any(all(row in told for row in rows) for rows in wanted)
    reasons = [" ".join(reason.sources) for reason in diagnose(instance, threads=1).reasons]
    assert len(reasons) == len(wanted)
    assert all(any(all(row in reason for row in rows) for reason in reasons) for rows in wanted)
    assert LIST[name].get("expected", []) in ([], wanted[0])


# ---------------------------------------------------------------------- what is known and told
def test_what_is_known_is_sound_and_of_these_figures(known: dict[str, dict[str, str]]) -> None:
    """Tests that every instance but the invalid ones has an entry, and that it holds for the figures of today."""
    assert set(known) == set(of("smoke", "bench", "uncertain", "infeasible"))
    for name, row in known.items():
        if LIST[name]["set"] == "infeasible":
            assert (row["mark"], row["objective"], row["bound"]) == ("=inf=", "", ""), name
            continue
        objective, bound, gap = (float(row[column]) for column in ("objective", "bound", "gap"))
        assert bound <= objective + 1e-9 * abs(objective), name
        assert gap == pytest.approx((objective - bound) / abs(objective), abs=1e-9), name
        assert row["mark"] in ("=opt=", "=best="), name
        assert row["hash"] == optimizer.read(FOLDERS[name]).hash, name


@pytest.mark.parametrize("name", of("smoke", "bench"))
def test_its_page_tells_its_size_and_what_is_known(name: str, known: dict[str, dict[str, str]]) -> None:
    """Tests that README.md beside an instance has its title, and the best known objective within a per cent."""
    page = (FOLDERS[name] / "README.md").read_text(encoding="utf-8")
    assert page.startswith("# ")
    found = re.search(r"\| best known \| (−?[\d.,]+) (million|billion|) ?[A-Z]{3}", page)
    assert found, page[-300:]
    told = float(found[1].replace(",", "").replace("−", "-")) * {"million": 1e6, "billion": 1e9, "": 1.0}[found[2]]
    assert told == pytest.approx(float(known[name]["objective"]), rel=0.01)


def test_the_overview_lists_every_instance() -> None:
    """Tests that instances/README.md has a row for every instance, with a link to it and its title."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, entry in LIST.items():
        row = next(
            (line for line in page.splitlines() if line.startswith(f"| [{name}]({entry.get('folder', name)}/")), ""
        )
        assert entry["title"] in row, name
