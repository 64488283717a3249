"""Contracts and spend commitments of a plan as rows of the FOCUS dataset Contract Commitment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from optimizer.format import compact, counted
from optimizer.report.focus_signatures import Signature

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

COLUMNS = (
    # FOCUS 1.3
    *("BillingCurrency", "ContractCommitmentCategory", "ContractCommitmentCost", "ContractCommitmentDescription"),
    *("ContractCommitmentId", "ContractCommitmentPeriodEnd", "ContractCommitmentPeriodStart"),
    *("ContractCommitmentQuantity", "ContractCommitmentType", "ContractCommitmentUnit"),
    *("ContractId", "ContractPeriodEnd", "ContractPeriodStart"),
    # FOCUS 1.4
    *("ContractCommitmentFulfillmentInterval", "ContractCommitmentLifecycleStatus"),
    *("ContractCommitmentPaymentInterval", "ContractCommitmentPaymentModel"),
    "ContractCommitmentPaymentUpfrontPercentage",
    # what FOCUS has no column for
    *("x_Provider", "x_ProviderGroup", "x_Region", "x_AcceleratorModel", "x_Blocks", "x_Accelerators"),
    *("x_FacilityMegawatts", "x_Availability", "x_SignatureMonth", "x_LeadMonths", "x_Terminable"),
    *("x_NoticeMonths", "x_TerminationFeeMonths", "x_OpenEnded", "x_Renews", "x_Sublease", "x_Ramp"),
)
HOURS, MEGAWATT_HOURS = "Accelerator-Hours", "Megawatt-Hours"
Row = dict[str, Any]


def item_id(table: str, name: str) -> str:
    """Return the identifier of an item as a path; `/` in a name is `%2F`, so that identifiers never coincide."""
    return f"{table}/{name.replace('%', '%25').replace('/', '%2F')}"


def commitment_id(signature: Signature, plan: Plan) -> str:
    """Return the identifier of a signature: table, contract and first month; a number if others start then too."""
    number = f"/{signature.number}" if signature.number > 1 else ""
    return f"{item_id('contracts', signature.agreement.name)}/{plan.instance.label(signature.start)}{number}"


def spend_id(name: str, starts: str) -> str:
    """Return the identifier of a spend commitment: table, name and first month."""
    return f"{item_id('commitments', name)}/{starts}"


def moment(plan: Plan, month: int) -> str:
    """The first moment of a month."""
    return f"{plan.instance.label(month)}-01T00:00:00Z"


def contract_rows(plan: Plan, signed: dict[str, list[Signature]]) -> Iterator[Row]:
    """A row for each signature, planned or agreed."""
    regions = {row.site: row.region for row in plan.instance.rows["sites"]}
    groups = {row.provider: row.group for row in plan.instance.rows["providers"]}
    for own in signed.values():
        for signature in own:
            row = signature.agreement.row
            yield {
                **_what(signature, plan),
                **_when(signature, own, plan),
                **_paid(signature),
                "ContractCommitmentLifecycleStatus": _status(signature),
                "x_Provider": row.provider,
                "x_ProviderGroup": groups.get(row.provider),
                "x_Region": regions[row.site] if signature.agreement.supplies_mw else row.region,
                "x_AcceleratorModel": row.accelerator,
                "x_Availability": None if signature.agreement.supplies_mw else row.availability,
                "x_LeadMonths": row.lead_months,
                "x_Terminable": not signature.agreement.fixed,
                "x_NoticeMonths": None if signature.agreement.fixed else row.notice_months,
                "x_TerminationFeeMonths": None if signature.agreement.fixed else row.termination_fee_months,
                "x_Renews": row.renews or None,
                "x_Sublease": row.sublease,
                "x_Ramp": _ramp(signature),
            }


def _what(signature: Signature, plan: Plan) -> Row:
    row, agreement = signature.agreement.row, signature.agreement
    term = f"{'' if agreement.fixed else 'at least '}{counted(agreement.term, 'month')}"
    space = agreement.supplies_mw
    each = f"{compact(row.accelerators_per_block)} {row.accelerator} in {row.region}"
    each = f"{compact(row.mw_per_block)} MW at {row.site}" if space else each
    per_block = row.mw_per_block if space else row.accelerators_per_block
    quantity = signature.committed_block_months * per_block * plan.instance.head.hours_per_month
    start = plan.instance.label(signature.start)
    return {
        "BillingCurrency": plan.instance.head.currency,
        "ContractCommitmentCategory": "Usage",
        "ContractCommitmentDescription": f"{signature.blocks:g} x {each}, {term} from {start}",
        "ContractCommitmentId": commitment_id(signature, plan),
        "ContractCommitmentType": "Fixed-term capacity" if agreement.fixed else "Terminable capacity",
        "ContractCommitmentUnit": MEGAWATT_HOURS if space else HOURS,
        "ContractCommitmentQuantity": quantity,
        "ContractCommitmentCost": signature.committed_cost,
        "ContractId": item_id("contracts", agreement.name),
        "x_Blocks": signature.blocks,
        "x_Accelerators": None if space else signature.blocks * row.accelerators_per_block,
        "x_FacilityMegawatts": signature.blocks * row.mw_per_block or None,
    }


def _when(signature: Signature, own: list[Signature], plan: Plan) -> Row:
    bound = signature.bound_months
    end, is_open = _contract_end(own)
    return {
        "ContractCommitmentPeriodStart": moment(plan, bound.start),
        "ContractCommitmentPeriodEnd": moment(plan, bound.stop),
        "ContractPeriodStart": moment(plan, min(each.start for each in own)),
        "ContractPeriodEnd": moment(plan, end),
        "x_SignatureMonth": moment(plan, signature.signed),
        "x_OpenEnded": is_open,
    }


def _contract_end(own: list[Signature]) -> tuple[int, bool]:
    """First month after a contract's last, and whether it is open: it runs on at the end of the plan."""
    agreement, bound = own[0].agreement, max(each.bound_months.stop for each in own)
    if agreement.fixed:
        return bound, False
    running = any(each.active[-1] > 0 for each in own)
    if running and agreement.row.ends_by is not None:
        return max(int(agreement.row.ends_by) + 1, bound), False
    last = max((int(month) for each in own for month in each.active.nonzero()[0]), default=-1)
    return max(last + 1, bound), running


def _paid(signature: Signature) -> Row:
    agreement = signature.agreement
    early = agreement.prepaid * float(agreement.term_prices(signature.start, signature.made.price).sum())
    upfront = signature.blocks * (agreement.row.upfront_per_block + early)
    share = upfront / signature.committed_cost if signature.committed_cost else 0.0
    model = "No Upfront" if share <= 0 else "All Upfront" if share >= 1 else "Partial Upfront"
    return {
        "ContractCommitmentFulfillmentInterval": "Monthly",
        "ContractCommitmentPaymentModel": model,
        "ContractCommitmentPaymentInterval": "One-Time" if model == "All Upfront" else "Monthly",
        "ContractCommitmentPaymentUpfrontPercentage": min(share, 1.0),
    }


def _status(signature: Signature) -> str:
    """Lifecycle as of the plan's first month."""
    if not signature.agreed:
        return "Proposed"
    if signature.start > 0:
        return "Pending"
    return "Active" if signature.active[0] > 0 else "Expired"


def _ramp(signature: Signature) -> str | None:
    """Delivery and price by month of the term, escalation included, as JSON; None without a ramp or escalation."""
    capacity, price = signature.agreement.capacity, signature.agreement.price
    steps = [
        {"MonthOfTerm": age, "CapacityFraction": capacity.at(age), "PriceFraction": price.at(age)}
        for age in sorted({*capacity.at_months, *price.at_months})
    ]
    return json.dumps(steps) if steps else None


def spend_rows(plan: Plan) -> Iterator[Row]:
    """A row for each spend commitment that the plan makes."""
    groups = {row.provider: row.group for row in plan.instance.rows["providers"]}
    years = {row.commitment: row.years for row in plan.instance.rows["commitments"]}
    for row in plan.decisions[plan.decisions["decision"] == "commit_spend"].to_dict("records"):
        start = plan.instance.month_index(row["starts"])
        count = years.get(row["item"], 0)
        period = {"Start": moment(plan, start), "End": moment(plan, start + 12 * count)}
        years_text = counted(count, "year")
        yield {
            "BillingCurrency": plan.instance.head.currency,
            "ContractCommitmentCategory": "Spend",
            "ContractCommitmentCost": row["committed_cost"],
            "ContractCommitmentDescription": f"Spend with {row['party']}, {years_text} from {row['starts']}",
            "ContractCommitmentId": spend_id(row["item"], row["starts"]),
            "ContractCommitmentType": "Spend commitment",
            "ContractId": item_id("commitments", row["item"]),
            **{f"ContractCommitmentPeriod{end}": at for end, at in period.items()},
            **{f"ContractPeriod{end}": at for end, at in period.items()},
            "ContractCommitmentFulfillmentInterval": "Annual",
            "ContractCommitmentLifecycleStatus": "Proposed",
            "ContractCommitmentPaymentInterval": "Annual",
            "ContractCommitmentPaymentModel": "No Upfront",
            "ContractCommitmentPaymentUpfrontPercentage": 0.0,
            "x_Provider": row["party"],
            "x_ProviderGroup": groups.get(row["party"]),
            "x_SignatureMonth": moment(plan, start),
            "x_Terminable": False,
            "x_OpenEnded": False,
        }
