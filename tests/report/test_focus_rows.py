"""Entire rows of the FOCUS export, worked out by hand: contracts of accelerators and of power, and their charges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optimizer.plan.plan import Plan
from tests.plan.pairs import plan
from tests.report.focus_plan import DECISIONS, focus_plan
from tests.report.focus_spec import Rows, elements, export


@pytest.fixture(scope="module")
def made() -> Plan:
    return focus_plan()


@pytest.fixture(scope="module")
def exported(made: Plan, tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, Rows]:
    return export(made, tmp_path_factory.mktemp("focus"))


def given(row: dict[str, str]) -> dict[str, str]:
    """The cells of a row that are not blank."""
    return {name: cell for name, cell in row.items() if cell}


def one(rows: Rows, **wanted: str) -> dict[str, str]:
    (found,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return found


def test_a_terminable_contract(exported: tuple[Rows, Rows]) -> None:
    """Tests every cell of two blocks for at least two months, of which the first is ramped."""
    assert given(exported[0][0]) == {
        "BillingCurrency": "EUR",
        "ContractCommitmentCategory": "Usage",
        # 2 blocks at 250 and 1000.
        "ContractCommitmentCost": "2500",
        "ContractCommitmentDescription": "2 x 10 gpu in europe, at least 2 months from 2026-07",
        "ContractCommitmentId": "contracts/flex/2026-07",
        "ContractCommitmentPeriodStart": "2026-07-01T00:00:00Z",
        "ContractCommitmentPeriodEnd": "2026-09-01T00:00:00Z",
        # 20 accelerators for a half and a full month of 100 hours.
        "ContractCommitmentQuantity": "3000",
        "ContractCommitmentType": "Terminable capacity",
        "ContractCommitmentUnit": "Accelerator-Hours",
        "ContractId": "contracts/flex",
        "ContractPeriodStart": "2026-07-01T00:00:00Z",
        # The third block runs on until October 2027.
        "ContractPeriodEnd": "2027-11-01T00:00:00Z",
        "ContractCommitmentFulfillmentInterval": "Monthly",
        "ContractCommitmentLifecycleStatus": "Proposed",
        "ContractCommitmentPaymentInterval": "Monthly",
        "ContractCommitmentPaymentModel": "No Upfront",
        "ContractCommitmentPaymentUpfrontPercentage": "0",
        "x_Provider": "neo",
        "x_ProviderGroup": "alpha",
        "x_Region": "europe",
        "x_AcceleratorModel": "gpu",
        "x_Blocks": "2",
        "x_Accelerators": "20",
        "x_FacilityMegawatts": "1",
        "x_Availability": "0.9",
        "x_SignatureMonth": "2026-05-01T00:00:00Z",
        "x_LeadMonths": "2",
        "x_Terminable": "true",
        "x_NoticeMonths": "1",
        "x_TerminationFeeMonths": "0.5",
        "x_OpenEnded": "false",
        "x_Sublease": "false",
        "x_Ramp": exported[0][0]["x_Ramp"],
    }
    assert json.loads(exported[0][0]["x_Ramp"]) == [
        {"MonthOfTerm": 0, "CapacityFraction": 0.5, "PriceFraction": 0.25},
        {"MonthOfTerm": 1, "CapacityFraction": 1.0, "PriceFraction": 1.0},
    ]
    other = given(exported[0][1])
    assert (other["ContractCommitmentId"], other["x_Blocks"], other["ContractCommitmentCost"]) == (
        *("contracts/flex/2026-07/2", "1", "1250"),
    )


def test_a_fixed_contract(exported: tuple[Rows, Rows]) -> None:
    """Tests every cell of three blocks for a year, a quarter of it and an amount paid upfront."""
    row = given(one(exported[0], ContractId="contracts/year"))
    # 3 x (6000 + 12 x 2000); upfront 3 x (6000 + 12 x 500) of that.
    share = float(row.pop("ContractCommitmentPaymentUpfrontPercentage"))
    assert share == pytest.approx(0.4)
    assert row == {
        "BillingCurrency": "EUR",
        "ContractCommitmentCategory": "Usage",
        "ContractCommitmentCost": "90000",
        "ContractCommitmentDescription": "3 x 20 tpu in america, 12 months from 2026-07",
        "ContractCommitmentId": "contracts/year/2026-07",
        "ContractCommitmentPeriodStart": "2026-07-01T00:00:00Z",
        "ContractCommitmentPeriodEnd": "2027-07-01T00:00:00Z",
        "ContractCommitmentQuantity": "72000",  # 3 x 20 x 12 x 100
        "ContractCommitmentType": "Fixed-term capacity",
        "ContractCommitmentUnit": "Accelerator-Hours",
        "ContractId": "contracts/year",
        "ContractPeriodStart": "2026-07-01T00:00:00Z",
        "ContractPeriodEnd": "2027-07-01T00:00:00Z",
        "ContractCommitmentFulfillmentInterval": "Monthly",
        "ContractCommitmentLifecycleStatus": "Proposed",
        "ContractCommitmentPaymentInterval": "Monthly",
        "ContractCommitmentPaymentModel": "Partial Upfront",
        "x_Provider": "cloud",
        "x_ProviderGroup": "cloud",
        "x_Region": "america",
        "x_AcceleratorModel": "tpu",
        "x_Blocks": "3",
        "x_Accelerators": "60",
        "x_Availability": "1",
        "x_SignatureMonth": "2026-06-01T00:00:00Z",
        "x_LeadMonths": "1",
        "x_Terminable": "false",
        "x_OpenEnded": "false",
        "x_Sublease": "false",
    }


def test_a_contract_of_power(exported: tuple[Rows, Rows]) -> None:
    """Tests every cell of two blocks of 4 MW for two years at a price that rises after the first."""
    row = given(one(exported[0], ContractId="contracts/space"))
    assert json.loads(row.pop("x_Ramp"))[-1] == {
        "MonthOfTerm": 12,
        "CapacityFraction": 1.0,
        "PriceFraction": pytest.approx(1.1),
    }
    assert row == {
        "BillingCurrency": "EUR",
        "ContractCommitmentCategory": "Usage",
        "ContractCommitmentCost": "25200",  # 2 x 500 x 12 x (1 + 1.1)
        "ContractCommitmentDescription": "2 x 4 MW at south, 24 months from 2026-08",
        "ContractCommitmentId": "contracts/space/2026-08",
        "ContractCommitmentPeriodStart": "2026-08-01T00:00:00Z",
        "ContractCommitmentPeriodEnd": "2028-08-01T00:00:00Z",
        "ContractCommitmentQuantity": "19200",  # 2 x 4 x 24 x 100
        "ContractCommitmentType": "Fixed-term capacity",
        "ContractCommitmentUnit": "Megawatt-Hours",
        "ContractId": "contracts/space",
        "ContractPeriodStart": "2026-08-01T00:00:00Z",
        "ContractPeriodEnd": "2028-08-01T00:00:00Z",
        "ContractCommitmentFulfillmentInterval": "Monthly",
        "ContractCommitmentLifecycleStatus": "Proposed",
        "ContractCommitmentPaymentInterval": "Monthly",
        "ContractCommitmentPaymentModel": "No Upfront",
        "ContractCommitmentPaymentUpfrontPercentage": "0",
        "x_Provider": "neo",
        "x_ProviderGroup": "alpha",
        "x_Region": "america",
        "x_Blocks": "2",
        "x_FacilityMegawatts": "8",
        "x_SignatureMonth": "2026-08-01T00:00:00Z",
        "x_LeadMonths": "0",
        "x_Terminable": "false",
        "x_OpenEnded": "false",
        "x_Sublease": "false",
    }


def test_a_spend_commitment_of_two_years(exported: tuple[Rows, Rows]) -> None:
    """Tests every cell of a commitment from June 2026 to May 2028."""
    assert given(one(exported[0], ContractId="commitments/deal")) == {
        "BillingCurrency": "EUR",
        "ContractCommitmentCategory": "Spend",
        "ContractCommitmentCost": "24000",
        "ContractCommitmentDescription": "Spend with cloud, 2 years from 2026-06",
        "ContractCommitmentId": "commitments/deal/2026-06",
        "ContractCommitmentPeriodStart": "2026-06-01T00:00:00Z",
        "ContractCommitmentPeriodEnd": "2028-06-01T00:00:00Z",
        "ContractCommitmentType": "Spend commitment",
        "ContractId": "commitments/deal",
        "ContractPeriodStart": "2026-06-01T00:00:00Z",
        "ContractPeriodEnd": "2028-06-01T00:00:00Z",
        "ContractCommitmentFulfillmentInterval": "Annual",
        "ContractCommitmentLifecycleStatus": "Proposed",
        "ContractCommitmentPaymentInterval": "Annual",
        "ContractCommitmentPaymentModel": "No Upfront",
        "ContractCommitmentPaymentUpfrontPercentage": "0",
        "x_Provider": "cloud",
        "x_ProviderGroup": "cloud",
        "x_SignatureMonth": "2026-06-01T00:00:00Z",
        "x_Terminable": "false",
        "x_OpenEnded": "false",
    }


def test_contracts_in_their_order(exported: tuple[Rows, Rows]) -> None:
    """Tests that what was agreed before stands in its place, with its number of blocks."""
    assert [(row["ContractCommitmentId"], row["x_Blocks"]) for row in exported[0]] == [
        ("contracts/flex/2026-07", "2"),
        ("contracts/flex/2026-07/2", "1"),
        ("contracts/year/2026-07", "3"),
        ("contracts/space/2026-08", "2"),
        ("contracts/old/2026-02", "3"),
        ("commitments/deal/2026-06", ""),
    ]
    old = given(exported[0][4])
    assert (old["ContractCommitmentLifecycleStatus"], old["ContractCommitmentCost"]) == ("Active", "1800")
    assert (old["ContractPeriodStart"], old["ContractPeriodEnd"], old["x_SignatureMonth"]) == (
        *("2026-02-01T00:00:00Z", "2026-08-01T00:00:00Z", "2026-02-01T00:00:00Z"),
    )


def test_a_charge_on_demand(exported: tuple[Rows, Rows]) -> None:
    """Tests every cell of a charge for 4 accelerators in September, which counts towards the deal."""
    row = given(one(exported[1], x_CashTerm="on_demand"))
    assert json.loads(row.pop("ContractApplied")) == {
        "Elements": [
            {
                "ContractID": "commitments/deal",
                "ContractCommitmentID": "commitments/deal/2026-06",
                "ContractCommitmentAppliedCost": 300.0,
            }
        ]
    }
    names = ("HostProviderName", "InvoiceIssuerName", "ProviderName", "PublisherName", "ServiceProviderName")
    assert row == {
        **dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"), "300"),
        **dict.fromkeys(("BillingPeriodStart", "ChargePeriodStart"), "2026-09-01T00:00:00Z"),
        **dict.fromkeys(("BillingPeriodEnd", "ChargePeriodEnd"), "2026-10-01T00:00:00Z"),
        **dict.fromkeys(names, "cloud"),
        "BillingAccountId": "focus",
        "BillingAccountName": "A test",
        "BillingCurrency": "EUR",
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ChargeDescription": "On demand of hourly, planned",
        "ConsumedQuantity": "400",  # 4 for 100 hours
        "ConsumedUnit": "Accelerator-Hours",
        "RegionId": "europe",
        "RegionName": "europe",
        "ResourceId": "on_demand/hourly",
        "ResourceName": "hourly",
        "ResourceType": row["ResourceType"],
        "ServiceCategory": "Compute",
        "ServiceSubcategory": "Other (Compute)",
        "ServiceName": row["ServiceName"],
        "x_CashTerm": "on_demand",
        "x_Item": "hourly",
        "x_Party": "cloud",
        "x_PartyGroup": "cloud",
        "x_AcceleratorModel": "gpu",
        "x_Accelerators": "4",
        "x_PresentValue": "280",
    }


def test_charges_of_energy(exported: tuple[Rows, Rows]) -> None:
    """Tests 0.5 MW for 100 hours at one site, and nothing metered at another, where no power is in the plan."""
    north, south = (given(one(exported[1], x_CashTerm="energy", x_Item=site)) for site in ("north", "south"))
    assert (north["ConsumedQuantity"], north["x_FacilityMegawatts"], north["RegionId"]) == ("50", "0.5", "europe")
    assert (south["ConsumedQuantity"], south["RegionId"], south["x_Site"]) == ("0", "america", "south")
    assert "x_FacilityMegawatts" not in south
    assert "x_Accelerators" not in north
    assert "ContractApplied" not in north


def test_charges_split_by_signature(exported: tuple[Rows, Rows]) -> None:
    """Tests cost, present value and capacity of the contract's two signatures, by price and by what is handed back."""
    rows = [row for row in exported[1] if row["x_Item"] == "flex"]
    found = [
        *(
            (row["ChargePeriodStart"][:7], row["x_CashTerm"], row["ResourceId"][15:], float(row["BilledCost"]))
            + (float(row["x_PresentValue"]), row["x_Accelerators"], row["x_FacilityMegawatts"])
            for row in rows
        ),
    ]
    # Two and one block, half delivered in the first month; the two are handed back at the end of December, and the fee
    # in January is theirs.
    assert found == [
        ("2026-07", "contract", "2026-07", 500, pytest.approx(700 * 2 / 3), "10", "0.5"),
        ("2026-07", "contract", "2026-07/2", 250, pytest.approx(700 / 3), "5", "0.25"),
        ("2026-12", "contract", "2026-07", 2000, pytest.approx(2900 * 2 / 3), "20", "1"),
        ("2026-12", "contract", "2026-07/2", 1000, pytest.approx(2900 / 3), "10", "0.5"),
        ("2027-01", "contract", "2026-07/2", 1000, 900, "10", "0.5"),
        ("2027-01", "termination", "2026-07", 1000, 800, "", ""),
    ]
    assert [element["ContractCommitmentAppliedCost"] for element in elements(rows[1])] == [250]


def test_other_charges(exported: tuple[Rows, Rows]) -> None:
    """Tests upfront payments, powered space, what is leased out, and what a deal lacks."""
    upfront = given(one(exported[1], x_CashTerm="upfront"))
    # For the contract, and towards the deal, which begins in the same month.
    assert [element["ContractCommitmentID"] for element in elements(upfront)] == [
        "contracts/year/2026-07",
        "commitments/deal/2026-06",
    ]
    assert (upfront["ResourceId"], "x_Accelerators" in upfront) == ("contracts/year/2026-07", False)
    space = given(one(exported[1], x_Item="space"))
    assert (space["x_Site"], space["RegionId"], space["x_FacilityMegawatts"]) == ("south", "america", "8")
    revenue = given(one(exported[1], x_Item="let"))
    assert (revenue["ProviderName"], revenue["x_Party"], revenue["BilledCost"]) == ("in_house", "lab", "-140")
    shortfall = given(one(exported[1], x_CashTerm="shortfall"))
    assert shortfall["ResourceId"] == "commitments/deal/2026-06"
    assert [element["ContractID"] for element in elements(shortfall)] == ["commitments/deal"]


def test_charges_for_a_commitment_that_was_made_before(made: Plan, tmp_path: Path) -> None:
    """Tests that a shortfall of a commitment that the plan does not make has the identifier of its row."""
    cash = [("2026-05", "shortfall", "deal", "cloud", 5.0, 5.0), ("2026-05", "on_demand", "hourly", "cloud", 1.0, 1.0)]
    _, (shortfall, hourly) = export(plan(made.instance, cash=cash), tmp_path)
    assert (shortfall["ResourceId"], shortfall["ContractApplied"]) == ("commitments/deal", "")
    assert (hourly["ConsumedQuantity"], hourly["ContractApplied"], hourly["x_Accelerators"]) == ("0", "", "")


@pytest.mark.parametrize(
    ("ends_by", "end", "is_open"),
    [("", "2028-06", "true"), ("2029-03", "2029-04", "false"), ("2028-05", "2028-06", "false")],
)
def test_the_end_of_a_contract_that_runs_on(made: Plan, tmp_path: Path, ends_by: str, end: str, is_open: str) -> None:
    """Tests blocks that run in the last month, May 2028: to the end of the contract, or of the plan if it has none."""
    contracts = made.instance.frame("contracts").astype(object)
    contracts.loc[contracts["contract"] == "flex", "ends_by"] = ends_by or None
    instance = made.instance.replace({"contracts": contracts})
    commitments, _ = export(plan(instance, decisions=DECISIONS[:1]), tmp_path)
    row = one(commitments, ContractId="contracts/flex")
    assert (row["ContractPeriodEnd"][:7], row["x_OpenEnded"]) == (end, is_open)


def test_the_end_of_a_contract_that_is_handed_back(made: Plan, tmp_path: Path) -> None:
    """Tests blocks that are gone in the last month, May 2028: the contract ends with April."""
    contracts = made.instance.frame("contracts").astype(object)
    contracts.loc[contracts["contract"] == "flex", "ends_by"] = None
    instance = made.instance.replace({"contracts": contracts})
    back = ("2028-03", "hand_back", "flex", "neo", 2, 20, 1.0, "", "2028-04", 0.0)
    commitments, _ = export(plan(instance, decisions=[DECISIONS[0], back]), tmp_path)
    row = one(commitments, ContractId="contracts/flex")
    assert (row["ContractPeriodEnd"][:7], row["x_OpenEnded"]) == ("2028-05", "false")


@pytest.mark.parametrize(
    ("month", "shares"),
    [
        ("2027-06", {"2026-07": 300.0}),
        ("2027-07", {"2027-07": 300.0}),
        ("2028-05", {"2027-07": 300.0}),
    ],
)
def test_charges_of_terms_that_follow_one_another(
    made: Plan, tmp_path: Path, month: str, shares: dict[str, float]
) -> None:
    """Tests that a payment in the month after a fixed term of a year is for the signature that follows."""
    again = ("2027-06", "sign", "year", "cloud", 1, 20, 0.0, "2027-07", "2028-06", 0.0)
    cash = [(month, "contract", "year", "cloud", 300.0, 250.0)]
    _, costs = export(plan(made.instance, decisions=[DECISIONS[3], again], cash=cash), tmp_path)
    assert {row["ResourceId"].removeprefix("contracts/year/"): float(row["BilledCost"]) for row in costs} == shares


def test_charges_of_terms_that_overlap(made: Plan, tmp_path: Path) -> None:
    """Tests payments by blocks, three and one, while both run, and upfront ones by month of signature."""
    again = ("2026-08", "sign", "year", "cloud", 1, 20, 0.0, "2026-09", "2027-08", 0.0)
    cash = [
        ("2026-06", "upfront", "year", "cloud", 18000.0, 0.0),
        ("2026-08", "upfront", "year", "cloud", 6000.0, 0.0),
        ("2026-08", "contract", "year", "cloud", 40.0, 4.0),
        ("2026-09", "contract", "year", "cloud", 40.0, 4.0),
        ("2027-07", "contract", "year", "cloud", 40.0, 4.0),
    ]
    _, costs = export(plan(made.instance, decisions=[DECISIONS[3], again], cash=cash), tmp_path)
    found = [
        (row["ChargePeriodStart"][:7], row["ResourceId"].removeprefix("contracts/year/"), float(row["BilledCost"]))
        for row in costs
    ]
    assert found == [
        ("2026-06", "2026-07", 18000),
        ("2026-08", "2026-09", 6000),
        ("2026-08", "2026-07", 40),
        ("2026-09", "2026-07", 30),
        ("2026-09", "2026-09", 10),
        ("2027-07", "2026-09", 40),
    ]


def test_charges_of_blocks_of_different_age(made: Plan, tmp_path: Path) -> None:
    """Tests that a payment is split by what each signature costs: a block in its first month costs a quarter."""
    later = ("2026-06", "sign", "flex", "neo", 1, 10, 0.5, "2026-08", "", 0.0)
    cash = [("2026-08", "contract", "flex", "neo", 4500.0, 2250.0)]
    _, costs = export(plan(made.instance, decisions=[DECISIONS[0], later], cash=cash), tmp_path)
    found = [
        (row["ResourceId"].removeprefix("contracts/flex/"), row["BilledCost"], row["x_Accelerators"]) for row in costs
    ]
    # Two blocks at 1000, and one at 250 that delivers half: 8 to 1 of 4500.
    assert found == [("2026-07", "4000", "20"), ("2026-08", "500", "5")]
