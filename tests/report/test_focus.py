"""The FOCUS export: values by hand, and every cell against the rules of the specification, written down here anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import optimizer
from optimizer.cash_terms import terms_of_kind
from optimizer.cli.app import cli
from optimizer.cli.exit_codes import run
from optimizer.plan.plan import Plan
from optimizer.report.focus import _cell
from tests.instance.sample import put, sample
from tests.plan.pairs import instance, plan
from tests.report.focus_spec import Rows, elements, export

LEASES = [
    ("2026-02", "sign", "lease", "neo", 2, 2000, 2.8, "2026-02", "", 0.0),
    ("2026-04", "sign", "lease", "neo", 1, 1000, 1.4, "2026-04", "", 0.0),
    ("2026-07", "hand_back", "lease", "neo", 2, 2000, 2.8, "", "2026-07", 0.0),
]
DEAL = ("2026-01", "commit_spend", "deal", "cloud", 1, 0, 0, "2026-01", "2026-12", 1e7)


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Rows, Rows]:
    """Two leases, one of them handed back, a spend commitment, and what was agreed in the sample."""
    made = plan(
        decisions=[*LEASES, DEAL],
        capacity=[("2026-03", "hourly", "on_demand", "cloud", "europe", "gpu", 50, 50, 0, 0, 0)],
        power=[("2026-03", "north", 10, 4, 0)],
        cash=[
            ("2026-03", "energy", "north", "in_house", 175_200.0, 175_000.0),
            ("2026-03", "on_demand", "hourly", "cloud", 146_000.0, 145_000.0),
            ("2026-05", "contract", "lease", "neo", 3_500_000.0, 3_400_000.0),
            ("2026-08", "contract", "lease", "neo", 1_400_000.0, 1_300_000.0),
            ("2026-08", "termination", "lease", "neo", 90.0, 80.0),
            ("2026-09", "termination", "let", "lab", 70.0, 60.0),
            ("2026-12", "shortfall", "deal", "cloud", 5e6, 4e6),
            ("2026-05", "lease_out", "let", "lab", -1000.0, -990.0),
            ("2026-05", "unserved", "study", "", 1e6, 9e5),
            ("2026-05", "build", "hall-1", "in_house", 2e8, 1.9e8),
            ("2028-01", "residual", "hall-1", "in_house", -1e8, -9e7),
        ],
    )
    return export(made, tmp_path)


def _one(rows: Rows, **wanted: str) -> dict[str, str]:
    (found,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return found


def test_a_planned_terminable_contract(exported: tuple[Rows, Rows]) -> None:
    """Tests the row of a lease that the plan signs, by hand."""
    row = _one(exported[0], ContractCommitmentId="contracts/lease/2026-02")
    # Price 1.5 million a block and month, 1.4 from April; half of it in months 0 to 2 of the term, as is the delivery:
    # 2 x (0.75 + 0.75 + 0.7 + 1.4 + 1.4 + 1.4) million, and 2 blocks of 1000 for 4.5 months of 730 hours.
    assert float(row["ContractCommitmentCost"]) == pytest.approx(12.8e6)
    assert float(row["ContractCommitmentQuantity"]) == pytest.approx(2000 * 4.5 * 730)
    assert row["ContractCommitmentUnit"] == "Accelerator-Hours"
    assert row["ContractCommitmentLifecycleStatus"] == "Proposed"
    assert (row["ContractCommitmentPeriodStart"], row["ContractCommitmentPeriodEnd"]) == (
        *("2026-02-01T00:00:00Z", "2026-08-01T00:00:00Z"),
    )
    # The other block runs on: the contract is open at the end of the plan, 2027-12.
    assert (row["ContractPeriodStart"], row["ContractPeriodEnd"]) == ("2026-02-01T00:00:00Z", "2028-01-01T00:00:00Z")
    assert row["x_OpenEnded"] == "true"
    assert (row["x_Blocks"], row["x_Accelerators"], row["x_FacilityMegawatts"]) == ("2", "2000", "2.8")
    assert (row["x_Terminable"], row["x_NoticeMonths"], row["x_ProviderGroup"]) == ("true", "3", "neo")
    assert json.loads(row["x_Ramp"])[0] == {"MonthOfTerm": 0, "CapacityFraction": 0.5, "PriceFraction": 0.5}


def test_an_agreed_contract(exported: tuple[Rows, Rows]) -> None:
    """Tests the row of an agreement that was made before the plan: 3 blocks of 800 at 2.1 an hour, 12 months."""
    row = _one(exported[0], ContractCommitmentId="contracts/old/2025-10")
    assert row["ContractCommitmentLifecycleStatus"] == "Active"
    assert float(row["ContractCommitmentCost"]) == pytest.approx(3 * 800 * 730 * 2.1 * 12)
    assert row["ContractCommitmentType"] == "Fixed-term capacity"
    assert (row["ContractPeriodStart"], row["ContractPeriodEnd"]) == ("2025-10-01T00:00:00Z", "2026-10-01T00:00:00Z")
    assert (row["x_Terminable"], row["x_NoticeMonths"], row["x_OpenEnded"], row["x_Ramp"]) == ("false", "", "false", "")


def test_a_spend_commitment(exported: tuple[Rows, Rows]) -> None:
    """Tests the row of a spend commitment, and that it has no quantity."""
    row = _one(exported[0], ContractCommitmentCategory="Spend")
    assert (row["ContractCommitmentId"], row["ContractId"]) == ("commitments/deal/2026-01", "commitments/deal")
    assert (row["ContractCommitmentCost"], row["ContractCommitmentQuantity"]) == ("10000000", "")
    assert row["ContractCommitmentPeriodEnd"] == "2027-01-01T00:00:00Z"
    assert row["ContractCommitmentLifecycleStatus"] == "Proposed"


def test_payments_are_split_by_signature(exported: tuple[Rows, Rows]) -> None:
    """Tests that a month's payment goes to the signatures that it is for."""
    rows = [row for row in exported[1] if row["x_CashTerm"] in ("contract", "termination") and row["x_Item"] == "lease"]
    paid = [(r["ChargePeriodStart"][:7], r["x_CashTerm"], r["ResourceId"][-7:]) for r in rows]
    # May: 2 blocks past the ramp at 1.4 million, and one in its second month at half of that. In August the first two
    # are gone, and the fee is theirs.
    assert paid == [
        ("2026-05", "contract", "2026-02"),
        ("2026-05", "contract", "2026-04"),
        ("2026-08", "contract", "2026-04"),
        ("2026-08", "termination", "2026-02"),
    ]
    assert [float(row["BilledCost"]) for row in rows] == pytest.approx([2.8e6, 0.7e6, 1.4e6, 90])
    # 2 blocks of 1000 in full, half of one block.
    assert [row["x_Accelerators"] for row in rows[:3]] == ["2000", "500", "1000"]


def test_usage_is_metered(exported: tuple[Rows, Rows]) -> None:
    """Tests accelerator-hours on demand, and megawatt-hours of energy, of 730 hours a month."""
    hourly, energy = (_one(exported[1], x_CashTerm=term) for term in ("on_demand", "energy"))
    assert (hourly["ConsumedQuantity"], hourly["ConsumedUnit"]) == ("36500", "Accelerator-Hours")
    assert (energy["ConsumedQuantity"], energy["ConsumedUnit"]) == ("2920", "Megawatt-Hours")
    assert (energy["RegionId"], energy["x_Site"], energy["ServiceProviderName"]) == ("europe", "north", "in_house")
    # What is taken from the provider counts towards the deal with it.
    assert [element["ContractID"] for element in elements(hourly)] == ["commitments/deal"]


def test_what_counts_towards_a_spend_commitment(tmp_path: Path) -> None:
    """Tests that it is what its provider is paid from its first to its last month, and what is owed for its year."""
    deal = ("2026-03", "commit_spend", "deal", "cloud", 1, 0, 0, "2026-03", "2027-02", 1e7)
    paid = [("on_demand", "hourly", "cloud", f"{month}") for month in ("2026-02", "2026-03", "2027-02", "2027-03")]
    paid += [("contract", "old", "neo", "2026-03"), ("energy", "north", "in_house", "2026-03")]
    paid += [("shortfall", "deal", "cloud", "2027-02")]
    cash = [(month, term, item, party, 10.0, 9.0) for term, item, party, month in paid]
    _, costs = export(plan(decisions=[deal], cash=cash), tmp_path)
    counted = [
        (row["x_CashTerm"], row["ChargePeriodStart"][:7])
        for row in costs
        if any(element["ContractCommitmentID"] == "commitments/deal/2026-03" for element in elements(row))
    ]
    assert counted == [("on_demand", "2026-03"), ("on_demand", "2027-02"), ("shortfall", "2027-02")]


def test_a_fee_to_a_tenant_does_not_count_towards_a_spend_commitment(tmp_path: Path) -> None:
    """Tests that a commitment to a party counts the fee for its contract, not that of its outlet."""
    deal = ("2026-01", "commit_spend", "deal", "lab", 1, 0, 0, "2026-01", "2026-12", 1e7)
    cash = [("2026-05", "termination", item, "lab", 10.0, 9.0) for item in ("let", "old")]
    _, costs = export(plan(decisions=[deal], cash=cash), tmp_path)
    found = {row["x_Item"]: [element["ContractID"] for element in elements(row)] for row in costs}
    assert ("commitments/deal" in found["let"], "commitments/deal" in found["old"]) == (False, True)


def test_other_charges(exported: tuple[Rows, Rows]) -> None:
    """Tests shortfall, revenue, fees of outlets and builds, and that penalties and residual value are no charges."""
    shortfall = _one(exported[1], x_CashTerm="shortfall")
    assert (shortfall["ResourceId"], len(elements(shortfall))) == ("commitments/deal/2026-01", 1)
    revenue, fee = _one(exported[1], x_CashTerm="lease_out"), _one(exported[1], x_Item="let", x_CashTerm="termination")
    assert (revenue["ChargeCategory"], revenue["BilledCost"], revenue["x_Party"]) == ("Credit", "-1000", "lab")
    assert (fee["ServiceName"], fee["ServiceProviderName"]) == ("Capacity leased out", "in_house")
    build = _one(exported[1], x_CashTerm="build")
    assert (build["x_Site"], build["RegionId"], build["ResourceId"]) == ("south", "america", "builds/hall-1")
    assert not {row["x_CashTerm"] for row in exported[1]} & {"unserved", "residual"}


@pytest.mark.parametrize(
    ("earliest", "term", "status"),
    [
        ("2026-05", "12", "Pending"),
        ("2025-12", "12", "Active"),
        ("2024-01", "12", "Expired"),
        ("2026-01", "12", "Active"),
        ("2025-02", "12", "Active"),  # its last month is the plan's first
    ],
)
def test_status_of_agreed_contracts(tmp_path: Path, earliest: str, term: str, status: str) -> None:
    """Tests the lifecycle status as of the plan's first month, 2026-01."""
    tables = sample()
    tables["contracts"] = [tables["contracts"][0], tables["contracts"][3]]
    put(tables, "contracts", 2, "earliest", earliest)
    put(tables, "contracts", 2, "term_months", term)
    for name in ("ramps", "interruptions", "prices", "rule_terms", "rules", "changes", "scenarios"):
        del tables[name]
    (row,) = export(plan(instance(tables)), tmp_path)[0]
    assert row["ContractCommitmentLifecycleStatus"] == status


@pytest.mark.parametrize(
    ("upfront", "price", "model"), [("1000", "0", "All Upfront"), ("7e6", "1e6", "Partial Upfront")]
)
def test_payment_models(tmp_path: Path, upfront: str, price: str, model: str) -> None:
    """Tests that a contract paid at signature, in part or as a whole, says so."""
    tables = sample()
    put(tables, "contracts", 5, "price", price)
    put(tables, "contracts", 5, "per", "block_month")
    put(tables, "contracts", 5, "upfront_per_block", upfront)
    signed = ("2026-10", "sign", "old-again", "neo", 2, 1600, 0, "2026-10", "2027-09", 0.0)
    paid = ("2026-10", "upfront", "old-again", "neo", 2000.0, 1900.0)
    commitments, costs = export(plan(instance(tables), decisions=[signed], cash=[paid]), tmp_path)
    row = _one(commitments, ContractId="contracts/old-again")
    assert (row["ContractCommitmentPaymentModel"], row["x_Renews"]) == (model, "old")
    # 7 million of 7 + 12
    share = float(row["ContractCommitmentPaymentUpfrontPercentage"])
    assert share == pytest.approx(1 if model == "All Upfront" else 7 / 19)
    assert _one(costs, x_CashTerm="upfront")["ResourceId"] == "contracts/old-again/2026-10"


def test_identifiers_never_coincide(tmp_path: Path) -> None:
    """Tests that a contract whose name ends like a signature of another has an identifier of its own."""
    tables = sample()
    put(tables, "contracts", 5, "contract", "old-again/2026-10")
    signed = ("2026-10", "sign", "old-again/2026-10", "neo", 2, 1600, 0, "2026-10", "2027-09", 0.0)
    commitments, _ = export(plan(instance(tables), decisions=[signed], cash=[]), tmp_path)
    row = _one(commitments, ContractId="contracts/old-again%2F2026-10")
    assert row["ContractCommitmentId"] == "contracts/old-again%2F2026-10/2026-10"


@pytest.fixture(scope="module")
def solved() -> Plan:
    """A solved plan with leases, a spend commitment, an outlet and builds."""
    tables = sample()
    for name in ("scenarios", "changes", "rules", "rule_terms", "policies", "training_runs"):
        del tables[name]
    put(tables, "contracts", 2, "price", "400000")
    tables["prices"] = [row for row in tables["prices"] if row[0] != "lease"]
    put(tables, "commitments", 2, "required", "yes")
    return optimizer.solve(instance(tables), gap=0.05, threads=1)


def test_a_solved_plan_adds_up(solved: Plan, tmp_path: Path) -> None:
    """Tests that money by month, committed cost and contracted accelerators are those of the plan's own tables."""
    commitments, costs = export(solved, tmp_path)
    signed = solved.decisions[solved.decisions["decision"].isin(["sign", "commit_spend"])]
    assert {"lease", "deal"} <= set(signed["item"])
    cost = {(row["ContractId"].split("/")[1], row["ContractCommitmentPeriodStart"][:7]): row for row in commitments}
    for row in signed.to_dict("records"):
        found = float(cost[row["item"], row["starts"]]["ContractCommitmentCost"])
        assert found == pytest.approx(row["committed_cost"])
    cash = solved.cash[~solved.cash["term"].isin(terms_of_kind("penalty", "residual"))]
    assert _sums(costs, "BilledCost") == pytest.approx(cash.groupby("month")["amount"].sum().to_dict())
    assert _sums(costs, "x_PresentValue") == pytest.approx(cash.groupby("month")["present_value"].sum().to_dict())
    capacity = solved.capacity[solved.capacity["source"] == "contract"]
    monthly = [row for row in costs if row["x_CashTerm"] == "contract"]
    assert _sums(monthly, "x_Accelerators") == pytest.approx(capacity.groupby("month")["accelerators"].sum().to_dict())


def _sums(rows: Rows, column: str) -> dict[str, float]:
    sums: dict[str, float] = {}
    for row in rows:
        month = row["ChargePeriodStart"][:7]
        sums[month] = sums.get(month, 0.0) + float(row[column] or 0)
    return sums


def test_an_empty_plan(tmp_path: Path) -> None:
    """Tests that a plan without decisions and money has agreed contracts only."""
    commitments, costs = export(plan(), tmp_path)
    assert ([row["ContractId"] for row in commitments], costs) == (["contracts/old"], [])


def test_command(solved: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests capopt export: files told, JSON alone on standard output, wrong use told."""
    folder, out = str(solved.save(tmp_path / "plan")), str(tmp_path / "focus")
    assert run(cli, ["export", folder, "--focus", out]) == 0
    assert "contract_commitment.csv" in capsys.readouterr().out
    assert run(cli, ["export", folder, "--focus", out, "--json"]) == 0
    assert [Path(path).name for path in json.loads(capsys.readouterr().out)["files"]] == [
        *("contract_commitment.csv", "cost_and_usage.csv"),
    ]
    assert run(cli, ["export", folder]) == 2
    assert run(cli, ["export", str(tmp_path), "--focus", out]) == 2


def test_documentation_tells_every_column(exported: tuple[Rows, Rows]) -> None:
    """Tests that docs/focus.md names every x_ column and every cash term."""
    text = (Path(__file__).parents[2] / "docs" / "focus.md").read_text(encoding="utf-8")
    assert [name for name in _custom(exported) if f"`{name}`" not in text] == []


def _custom(exported: tuple[Rows, Rows]) -> Iterator[str]:
    for rows in exported:
        yield from (name for name in rows[0] if name.startswith("x_"))


@pytest.mark.parametrize(
    ("value", "text"), [(6000 * 1.1, "6600"), (1e-7, "0.0000001"), (1e20, "1" + "0" * 20), (12, "12"), (-0.5, "-0.5")]
)
def test_numbers_are_without_rounding_noise(value: float, text: str) -> None:
    """Tests that 6000 x 1.1, which is 6600.000000000001 in binary, is written as 6600, and without exponents."""
    assert _cell(value) == text
