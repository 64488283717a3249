"""What the FOCUS specification requires of the two files, and an export that is checked against it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from optimizer.plan.plan import Plan
from optimizer.report.focus import write_focus

Rows = list[dict[str, str]]
TEXT, DECIMAL, MOMENT, JSON = "text", "decimal", "moment", "json"
# Column: type, whether null is allowed, allowed values. FOCUS 1.3, of 1.4 where marked.
COMMITMENT: dict[str, tuple[str, bool, tuple[str, ...]]] = {
    "BillingCurrency": (TEXT, True, ()),
    "ContractCommitmentCategory": (TEXT, False, ("Spend", "Usage")),
    "ContractCommitmentCost": (DECIMAL, True, ()),
    "ContractCommitmentDescription": (TEXT, True, ()),
    "ContractCommitmentId": (TEXT, False, ()),
    "ContractCommitmentPeriodEnd": (MOMENT, False, ()),
    "ContractCommitmentPeriodStart": (MOMENT, False, ()),
    "ContractCommitmentQuantity": (DECIMAL, True, ()),
    "ContractCommitmentType": (TEXT, False, ()),
    "ContractCommitmentUnit": (TEXT, True, ()),
    "ContractId": (TEXT, False, ()),
    "ContractPeriodEnd": (MOMENT, False, ()),
    "ContractPeriodStart": (MOMENT, False, ()),
    # 1.4
    "ContractCommitmentFulfillmentInterval": (
        *(TEXT, False),
        (
            *("Hourly", "Daily", "Weekly", "Monthly", "Quarterly", "Semi-Annual", "Annual"),
            *("Full Commitment Period", "Transactional", "Custom"),
        ),
    ),
    "ContractCommitmentLifecycleStatus": (
        *(TEXT, False),
        ("Proposed", "Pending", "Active", "Exhausted", "Expired", "Canceled", "Superseded"),
    ),
    "ContractCommitmentPaymentInterval": (
        *(TEXT, False),
        ("One-Time", "Monthly", "Quarterly", "Semi-Annual", "Annual", "Custom"),
    ),
    "ContractCommitmentPaymentModel": (TEXT, False, ("No Upfront", "Partial Upfront", "All Upfront")),
    "ContractCommitmentPaymentUpfrontPercentage": (DECIMAL, False, ()),
}
COST: dict[str, tuple[str, bool, tuple[str, ...]]] = {
    "BilledCost": (DECIMAL, False, ()),
    "BillingAccountId": (TEXT, False, ()),
    "BillingAccountName": (TEXT, True, ()),
    "BillingCurrency": (TEXT, False, ()),
    "BillingPeriodEnd": (MOMENT, False, ()),
    "BillingPeriodStart": (MOMENT, False, ()),
    "ChargeCategory": (TEXT, False, ("Usage", "Purchase", "Tax", "Credit", "Adjustment")),
    "ChargeClass": (TEXT, True, ("Correction",)),
    "ChargeDescription": (TEXT, True, ()),
    "ChargeFrequency": (TEXT, False, ("One-Time", "Recurring", "Usage-Based")),
    "ChargePeriodEnd": (MOMENT, False, ()),
    "ChargePeriodStart": (MOMENT, False, ()),
    "ConsumedQuantity": (DECIMAL, True, ()),
    "ConsumedUnit": (TEXT, True, ()),
    "ContractApplied": (JSON, True, ()),
    "ContractedCost": (DECIMAL, False, ()),
    "EffectiveCost": (DECIMAL, False, ()),
    "HostProviderName": (TEXT, False, ()),
    "InvoiceIssuerName": (TEXT, False, ()),
    "ListCost": (DECIMAL, False, ()),
    "PricingQuantity": (DECIMAL, True, ()),
    "PricingUnit": (TEXT, True, ()),
    "ProviderName": (TEXT, False, ()),
    "PublisherName": (TEXT, False, ()),
    "RegionId": (TEXT, True, ()),
    "RegionName": (TEXT, True, ()),
    "ResourceId": (TEXT, True, ()),
    "ResourceName": (TEXT, True, ()),
    "ResourceType": (TEXT, True, ()),
    "ServiceCategory": (TEXT, False, ("Compute", "Other")),
    "ServiceName": (TEXT, False, ()),
    "ServiceProviderName": (TEXT, False, ()),
    "ServiceSubcategory": (TEXT, False, ("Other (Compute)", "Other (Other)")),
}
_PATTERNS = {
    # A minus sign may stand before a number, nothing before its exponent but that.
    DECIMAL: re.compile(r"-?\d+(\.\d+)?(E-?\d+)?"),
    MOMENT: re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ"),
    TEXT: re.compile(r"\S(.*\S)?", re.DOTALL),
    JSON: re.compile(r"\{.*\}", re.DOTALL),
}
_UNIT = re.compile(r"[A-Z][A-Za-z]+(-(Years|Months|Days|Hours|Minutes|Seconds))?")


def export(plan: Plan, folder: Path) -> tuple[Rows, Rows]:
    """Both datasets, checked against the specification."""
    files = write_focus(plan, folder / "new" / "focus")
    assert [file.name for file in files] == ["contract_commitment.csv", "cost_and_usage.csv"]
    commitments, costs = (read_rows(file, spec) for file, spec in zip(files, (COMMITMENT, COST), strict=True))
    check_commitments(commitments)
    check_costs(costs, {row["ContractCommitmentId"]: row for row in commitments})
    return commitments, costs


def read_rows(file: Path, spec: dict[str, tuple[str, bool, tuple[str, ...]]]) -> Rows:
    """Rows of a dataset; header and cells are checked."""
    header, *rows = csv.reader(file.read_text(encoding="utf-8").splitlines())
    check_header(header, spec)
    found = [dict(zip(header, row, strict=True)) for row in rows]
    for row in found:
        check_cells(row, spec)
    return found


def check_header(header: list[str], spec: dict[str, Any]) -> None:
    assert header[: len(spec)] == list(spec)
    custom = header[len(spec) :]
    assert all(re.fullmatch(r"x_([A-Z][a-z]+)+", name) and len(name) <= 50 for name in custom)
    assert len(set(header)) == len(header)


def check_cells(row: dict[str, str], spec: dict[str, tuple[str, bool, tuple[str, ...]]]) -> None:
    for name, (kind, nullable, allowed) in spec.items():
        if row[name] == "":
            assert nullable, name
            continue
        assert _PATTERNS[kind].fullmatch(row[name]), (name, row[name])
        assert not allowed or row[name] in allowed, (name, row[name])


def check_commitments(rows: Rows) -> None:
    names = [row["ContractCommitmentId"] for row in rows]
    assert len(set(names)) == len(names)
    for row in rows:
        assert row["ContractCommitmentPeriodStart"] < row["ContractCommitmentPeriodEnd"]
        assert row["ContractPeriodStart"] <= row["ContractCommitmentPeriodStart"]
        assert row["ContractCommitmentPeriodEnd"] <= row["ContractPeriodEnd"]
        assert row["ContractCommitmentCost"] or row["ContractCommitmentQuantity"]
        assert bool(row["ContractCommitmentQuantity"]) == bool(row["ContractCommitmentUnit"])
        assert not row["ContractCommitmentUnit"] or _UNIT.fullmatch(row["ContractCommitmentUnit"])
        share = float(row["ContractCommitmentPaymentUpfrontPercentage"])
        models = {"No Upfront": share == 0, "All Upfront": share == 1, "Partial Upfront": 0 < share < 1}
        assert models[row["ContractCommitmentPaymentModel"]]
        if row["ContractCommitmentPaymentModel"] == "All Upfront":
            assert row["ContractCommitmentPaymentInterval"] == "One-Time"


def check_costs(rows: Rows, commitments: dict[str, dict[str, str]]) -> None:
    for row in rows:
        usage = row["ChargeCategory"] == "Usage"
        assert bool(row["ConsumedQuantity"]) == bool(row["ConsumedUnit"]) == usage
        assert not row["ConsumedUnit"] or _UNIT.fullmatch(row["ConsumedUnit"])
        assert not (row["ChargeCategory"] == "Purchase" and row["ChargeFrequency"] == "Usage-Based")
        # Without a price list there are neither quantities nor units of pricing.
        assert row["PricingQuantity"] == row["PricingUnit"] == ""
        assert row["ServiceSubcategory"] == f"Other ({row['ServiceCategory']})"
        assert row["ListCost"] == row["ContractedCost"] == row["EffectiveCost"] == row["BilledCost"]
        for element in elements(row):
            assert commitments[element["ContractCommitmentID"]]["ContractId"] == element["ContractID"]
            assert element["ContractCommitmentAppliedCost"] == pytest.approx(float(row["BilledCost"]))
        if row["x_CashTerm"] in ("contract", "upfront"):
            assert elements(row)[0]["ContractCommitmentID"] == row["ResourceId"]


def elements(row: dict[str, str]) -> list[dict[str, Any]]:
    return list(json.loads(row["ContractApplied"])["Elements"]) if row["ContractApplied"] else []
