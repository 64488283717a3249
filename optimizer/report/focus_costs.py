"""Money of a plan as rows of the FOCUS dataset Cost and Usage, a month and charge each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.cash_terms import CashTerm, Charge, cash_terms
from optimizer.report.focus_commitments import HOURS, MEGAWATT_HOURS, commitment_id, item_id, moment, spend_id
from optimizer.report.focus_signatures import Signature
from optimizer.schema import IN_HOUSE, load_schema

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan
    from optimizer.program.index import Index

COLUMNS = (
    *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency"),
    *("ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit", "ContractApplied"),
    *("ContractedCost", "EffectiveCost", "HostProviderName", "InvoiceIssuerName", "ListCost", "PricingQuantity"),
    *("PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName"),
    *("ResourceType", "ServiceCategory", "ServiceName", "ServiceProviderName", "ServiceSubcategory"),
    *("x_CashTerm", "x_Item", "x_Party", "x_PartyGroup", "x_Site", "x_AcceleratorModel", "x_Accelerators"),
    *("x_FacilityMegawatts", "x_PresentValue"),
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Payment:
    """A row of the cash table with its cash term, how that is billed, the table of its item and its month."""

    row: dict[Any, Any]
    term: CashTerm
    charge: Charge
    table: str
    month: int


class Costs:
    """The rows of a plan's cash table as charges."""

    def __init__(self, plan: Plan, index: Index, signed: dict[str, list[Signature]]) -> None:
        self.plan, self.index, self.signed = plan, index, signed
        self.hours = plan.instance.head.hours_per_month
        self.spends = plan.decisions[plan.decisions["decision"] == "commit_spend"].to_dict("records")
        self.groups = {row.provider: row.group for row in plan.instance.rows["providers"]}
        capacity = plan.capacity.groupby(["month", "pool"])["accelerators"].sum()
        self.accelerators: dict[Any, float] = {key: float(value) for key, value in capacity.items()}
        power = plan.power.set_index(["month", "site"])["mw_used"]
        self.power: dict[Any, float] = {key: float(value) for key, value in power.items()}
        self.items = plan.instance.named

    def rows(self) -> Iterator[Row]:
        """Every charge: what nobody bills is left out, and payments for contracts are split by signature."""
        for payment in self._payments():
            own = self.signed.get(payment.row["item"], []) if payment.table == "contracts" else []
            if own:
                yield from self._split(payment, own)
            else:
                yield self._charge(payment, 1.0, None)

    def _payments(self) -> Iterator[Payment]:
        for row in self.plan.cash.to_dict("records"):
            term = cash_terms()[row["term"]]
            if term.focus is not None:
                table = next(table for table in term.items if row["item"] in self.items[table])
                yield Payment(row, term, term.focus, table, self.plan.instance.month_index(row["month"]))

    def _split(self, payment: Payment, own: list[Signature]) -> Iterator[Row]:
        shares = [signature.weight(payment.charge.split, payment.month) for signature in own]
        if not sum(shares):
            shares = [signature.blocks for signature in own]
        for signature, share in zip(own, shares, strict=True):
            if share > 0:
                yield self._charge(payment, share / sum(shares), signature)

    def _charge(self, payment: Payment, share: float, signature: Signature | None) -> Row:
        row, month = payment.row, payment.month
        resource = load_schema().tables[payment.table].focus
        assert resource is not None  # of a table with items of a term that is billed
        cost, head = row["amount"] * share, self.plan.instance.head
        provider = IN_HOUSE if payment.table == "outlets" else row["party"]
        start, end = moment(self.plan, month), moment(self.plan, month + 1)
        return {
            **dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"), cost),
            **dict.fromkeys(("BillingPeriodStart", "ChargePeriodStart"), start),
            **dict.fromkeys(("BillingPeriodEnd", "ChargePeriodEnd"), end),
            **dict.fromkeys(("HostProviderName", "InvoiceIssuerName", "ProviderName"), provider),
            **dict.fromkeys(("PublisherName", "ServiceProviderName"), provider),
            "BillingAccountId": head.name,
            "BillingAccountName": head.title or None,
            "BillingCurrency": head.currency,
            "ChargeCategory": payment.charge.category,
            "ChargeFrequency": payment.charge.frequency,
            "ChargeDescription": f"{payment.term.label.capitalize()} of {row['item']}, planned",
            "ContractApplied": self._applied(payment, cost, signature),
            "ResourceId": self._resource(payment, signature),
            "ResourceName": row["item"],
            "ResourceType": resource.kind,
            "ServiceCategory": resource.category,
            "ServiceSubcategory": f"Other ({resource.category})",
            "ServiceName": resource.service,
            "x_CashTerm": payment.term.name,
            "x_Item": row["item"],
            "x_Party": row["party"],
            "x_PartyGroup": self.groups.get(row["party"]),
            "x_PresentValue": row["present_value"] * share,
            **self._used(payment),
            **self._where(payment, signature),
        }

    def _resource(self, payment: Payment, signature: Signature | None) -> str:
        if signature is not None:
            return commitment_id(signature, self.plan)
        item = payment.row["item"]
        own = [spend for spend in self.spends if spend["item"] == item] if payment.table == "commitments" else []
        return spend_id(item, own[0]["starts"]) if own else item_id(payment.table, item)

    def _applied(self, payment: Payment, cost: float, signature: Signature | None) -> str | None:
        """The commitments that a charge is for, or counts towards, as JSON; None if there are none."""
        found, row = [], payment.row
        if signature is not None:
            found.append((item_id("contracts", signature.agreement.name), commitment_id(signature, self.plan)))
        for spend in self.spends:
            counts = payment.table in payment.term.commits and spend["party"] == row["party"]
            owed = payment.table == "commitments" and spend["item"] == row["item"]
            if owed or (counts and spend["starts"] <= row["month"] <= spend["ends"]):
                found.append((item_id("commitments", spend["item"]), spend_id(spend["item"], spend["starts"])))
        elements = [
            {"ContractID": contract, "ContractCommitmentID": commitment, "ContractCommitmentAppliedCost": cost}
            for contract, commitment in found
        ]
        return json.dumps({"Elements": elements}) if elements else None

    def _used(self, payment: Payment) -> Row:
        """What is metered: accelerator-hours of on-demand capacity, megawatt-hours of a site."""
        key = payment.row["month"], payment.row["item"]
        if payment.table == "on_demand":
            return {"ConsumedQuantity": self.accelerators.get(key, 0.0) * self.hours, "ConsumedUnit": HOURS}
        if payment.table == "sites":
            return {"ConsumedQuantity": self.power.get(key, 0.0) * self.hours, "ConsumedUnit": MEGAWATT_HOURS}
        return {}

    def _where(self, payment: Payment, signature: Signature | None) -> Row:
        """Region, site, kind and number of accelerators, as far as the item has them."""
        key, month = (payment.row["month"], payment.row["item"]), payment.month
        found = self.items[payment.table][key[1]]
        site = getattr(found, "site", None)
        own = self.index.sites.get(site) if site else None
        region = own.region if own else getattr(found, "region", None)
        place: Row = {
            "RegionId": region,
            "RegionName": region,
            "x_Site": site,
            "x_AcceleratorModel": getattr(found, "accelerator", None),
        }
        if signature is not None and month < len(signature.active):
            delivered = float(signature.delivered[month])
            agreed = signature.agreement.row
            place["x_Accelerators"] = delivered * agreed.accelerators_per_block or None
            place["x_FacilityMegawatts"] = delivered * agreed.mw_per_block or None
        elif payment.table == "on_demand":
            place["x_Accelerators"] = self.accelerators.get(key)
        elif payment.table == "sites":
            place["x_FacilityMegawatts"] = self.power.get(key)
        return place
