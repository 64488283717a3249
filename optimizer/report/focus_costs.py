"""Money of a plan as rows of the FOCUS dataset Cost and Usage, a month and charge each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.plan.headline import PENALTIES
from optimizer.report.focus_commitments import HOURS, commitment_id, moment, spend_id
from optimizer.report.focus_signatures import Signature
from optimizer.schema import IN_HOUSE

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
NO_CHARGES = (*PENALTIES, "residual")  # cost of the plan that nobody bills
_SPLIT = ("contract", "upfront", "termination")
_COUNTS = (*_SPLIT, "on_demand")  # what counts towards a spend commitment
_COMPUTE, _OTHER = ("Compute", "Other (Compute)"), ("Other", "Other (Other)")
Row = dict[str, Any]


@dataclass(frozen=True)
class Charge:
    """A cash term as a charge: category and frequency, table of its items, service and its category."""

    category: str
    frequency: str
    table: str
    kind: str
    service: str
    categories: tuple[str, str] = _COMPUTE


_CONTRACT = ("contracts", "Contracted capacity", "Contracted AI compute")
_SITE = ("Own sites", _OTHER)
CHARGES = {
    "build": Charge("Purchase", "One-Time", "builds", "Powered capacity", *_SITE),
    "fixed": Charge("Purchase", "Recurring", "builds", "Powered capacity", *_SITE),
    "energy": Charge("Usage", "Usage-Based", "sites", "Site", *_SITE),
    "purchase": Charge("Purchase", "One-Time", "purchases", "Accelerators", "Own accelerators"),
    "maintenance": Charge("Purchase", "Recurring", "purchases", "Accelerators", "Own accelerators"),
    "contract": Charge("Purchase", "Recurring", *_CONTRACT),
    "upfront": Charge("Purchase", "One-Time", *_CONTRACT),
    "termination": Charge("Adjustment", "One-Time", *_CONTRACT),
    "shortfall": Charge("Purchase", "One-Time", "commitments", "Spend commitment", "Spend commitments", _OTHER),
    "on_demand": Charge("Usage", "Usage-Based", "on_demand", "On-demand capacity", "On-demand AI compute"),
    "lease_out": Charge("Credit", "Recurring", "outlets", "Capacity leased out", "Capacity leased out"),
}


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
        self.outlets = plan.instance.named["outlets"]

    def rows(self) -> Iterator[Row]:
        """Every charge: what nobody bills is left out, and payments for contracts are split by signature."""
        cash = self.plan.cash[~self.plan.cash["term"].isin(NO_CHARGES)]
        for row in cash.to_dict("records"):
            own = self.signed.get(row["item"], []) if row["term"] in _SPLIT else []
            if own:
                yield from self._split(row, own)
            else:
                yield self._charge(row, 1.0, None)

    def _split(self, row: dict[Any, Any], own: list[Signature]) -> Iterator[Row]:
        month = self.plan.instance.month_index(row["month"])
        shares = [signature.share(row["term"], month) for signature in own]
        if not sum(shares):
            shares = [signature.blocks for signature in own]
        for signature, share in zip(own, shares, strict=True):
            if share > 0:
                yield self._charge(row, share / sum(shares), signature)

    def _charge(self, row: dict[Any, Any], share: float, signature: Signature | None) -> Row:
        month, term = self.plan.instance.month_index(row["month"]), row["term"]
        charge = self._kind(row)
        cost, head = row["amount"] * share, self.plan.instance.head
        provider = IN_HOUSE if charge.table == "outlets" else row["party"]
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
            "ChargeCategory": charge.category,
            "ChargeFrequency": charge.frequency,
            "ChargeDescription": f"{term.replace('_', ' ').capitalize()} of {row['item']}, planned",
            "ContractApplied": self._applied(row, cost, signature),
            "ResourceId": self._resource(charge, row, signature),
            "ResourceName": row["item"],
            "ResourceType": charge.kind,
            "ServiceCategory": charge.categories[0],
            "ServiceSubcategory": charge.categories[1],
            "ServiceName": charge.service,
            "x_CashTerm": term,
            "x_Item": row["item"],
            "x_Party": row["party"],
            "x_PartyGroup": self.groups.get(row["party"]),
            "x_PresentValue": row["present_value"] * share,
            **self._used(row),
            **self._where(charge, row, signature, month),
        }

    def _kind(self, row: dict[Any, Any]) -> Charge:
        """The kind of charge of a payment; fees for taking back from an outlet belong to the outlet."""
        if row["term"] == "termination" and row["item"] in self.outlets:
            lease = CHARGES["lease_out"]
            return Charge("Adjustment", "One-Time", lease.table, lease.kind, lease.service, lease.categories)
        return CHARGES[row["term"]]

    def _resource(self, charge: Charge, row: dict[Any, Any], signature: Signature | None) -> str:
        if signature is not None:
            return commitment_id(signature, self.plan)
        own = [spend for spend in self.spends if spend["item"] == row["item"]] if row["term"] == "shortfall" else []
        return spend_id(row["item"], own[0]["starts"]) if own else f"{charge.table}/{row['item']}"

    def _applied(self, row: dict[Any, Any], cost: float, signature: Signature | None) -> str | None:
        """The commitments that a charge is for, or counts towards, as JSON; None if there are none."""
        found = []
        if signature is not None:
            found.append((f"contracts/{signature.agreement.name}", commitment_id(signature, self.plan)))
        for spend in self.spends:
            counts = row["term"] in _COUNTS and spend["party"] == row["party"]
            owed = row["term"] == "shortfall" and spend["item"] == row["item"]
            if owed or (counts and spend["starts"] <= row["month"] <= spend["ends"]):
                found.append((f"commitments/{spend['item']}", spend_id(spend["item"], spend["starts"])))
        elements = [
            {"ContractID": contract, "ContractCommitmentID": commitment, "ContractCommitmentAppliedCost": cost}
            for contract, commitment in found
        ]
        return json.dumps({"Elements": elements}) if elements else None

    def _used(self, row: dict[Any, Any]) -> Row:
        """What is metered: accelerator-hours of on-demand capacity, megawatt-hours of a site."""
        key = row["month"], row["item"]
        if row["term"] == "on_demand":
            return {"ConsumedQuantity": self.accelerators.get(key, 0.0) * self.hours, "ConsumedUnit": HOURS}
        if row["term"] == "energy":
            return {"ConsumedQuantity": self.power.get(key, 0.0) * self.hours, "ConsumedUnit": "Megawatt-Hours"}
        return {}

    def _where(self, charge: Charge, row: dict[Any, Any], signature: Signature | None, month: int) -> Row:
        """Region, site, kind and number of accelerators, as far as the item has them."""
        found = self._item(charge, row["item"])
        site = row["item"] if charge.table == "sites" else getattr(found, "site", None)
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
            place["x_Accelerators"] = delivered * agreed.accelerators_per_block
            place["x_FacilityMegawatts"] = delivered * agreed.mw_per_block or None
        elif charge.table == "on_demand":
            place["x_Accelerators"] = self.accelerators.get((row["month"], row["item"]))
        elif charge.table == "sites":
            place["x_FacilityMegawatts"] = self.power.get((row["month"], row["item"]))
        return place

    def _item(self, charge: Charge, name: str) -> Any:
        if charge.table == "contracts":
            return self.index.agreements[name].row
        return self.plan.instance.named[charge.table][name]
