"""Warnings on money that is far off what capacity costs in the instance: mostly it is in thousands or millions."""

from __future__ import annotations

from optimizer.instance.data import Data
from optimizer.instance.market import Market
from optimizer.instance.pools import Values
from optimizer.instance.raw import number_text, quoted
from optimizer.instance.suspicious_sizes import rounded
from optimizer.instance.suspicious_values import hourly_price

_KEEP = "Check that it is in plain units; keep it if it is correct."


def penalties(data: Data) -> None:
    """Penalties are of the size of what capacity costs."""
    market = Market(data)
    if not market.monthly_prices:
        return
    low, high = min(market.monthly_prices), max(market.monthly_prices)
    for table, record in data.records("workloads"):
        penalty = record.values["penalty"]
        where = f"{number_text(penalty)} a month, where capacity costs {rounded(low)} to {rounded(high)} per "
        where += "reference-accelerator and month: "
        if 0 < penalty < low / 30:
            problem = f"{where}serving nothing is cheaper. Check that it is per month and in plain units."
            data.fault(table, record, "penalty", problem, warn=True)
        if penalty > high * 300:
            problem = (
                f"{where}it outweighs all else. Check its unit; where work must be served, set min_service instead."
            )
            data.fault(table, record, "penalty", problem, warn=True)
    for table, record in data.records("training_runs"):
        for column, least, most in (("penalty", 0.02, 1000), ("lateness_penalty", 0.001, 100)):
            found, cost = record.values[column], record.values["work"] * low
            if found and not least * cost <= found <= most * cost:
                problem = (
                    f"{number_text(found)}, where the work costs {rounded(cost)} at the cheapest offer's price. {_KEEP}"
                )
                data.fault(table, record, column, problem, warn=True)


def upfronts(data: Data) -> None:
    """What is paid at signature is not many years' price."""
    for table, record in data.agreements():
        v = record.values
        hourly = (
            hourly_price(v, v["price"], data.head["hours_per_month"])
            if "mw" not in (v.get("sells"), v.get("supplies"))
            else None
        )
        month = (hourly or 0.0) * data.head["hours_per_month"] * v["accelerators_per_block"]
        if month and v["upfront_per_block"] > 60 * month:
            problem = (
                f"{number_text(v['upfront_per_block'])} is more than 60 months of a block's price ({rounded(month)})."
            )
            data.fault(table, record, "upfront_per_block", f"{problem} {_KEEP}", warn=True)


def commitments(data: Data) -> None:
    """The amount of a spend commitment is of the size of what its provider offers."""
    market = Market(data)
    for table, record in data.records("commitments"):
        v = record.values
        amount, month = v["annual_amount"], market.month_at(v["provider"])
        if month and amount and not month / 100 <= amount <= month * 100:
            which = "less than a hundredth of a month" if amount < month else "more than a hundred months"
            problem = f"{number_text(amount)} a year is {which} of all that {quoted(v['provider'])} offers "
            problem += f"({rounded(month)} a month). {_KEEP}"
            data.fault(table, record, "annual_amount", problem, warn=True)


def budgets(data: Data) -> None:
    """A budget is of the size of what it is for."""
    market = Market(data)
    orders = min(_smallest(market), default=0.0)
    for table, record in data.records("budgets"):
        v = record.values
        if not v["net"] and (problem := _capex(v, orders) if v["covers"] == "capex" else _spending(data, market, v)):
            data.fault(table, record, "amount", f"{problem} {_KEEP}", warn=True)


def _smallest(market: Market) -> list[float]:
    """Prices of the smallest order of each build and purchase: a block or lot; else an accelerator, at most a MW."""
    found = [
        v["capex_per_mw"] * (v["mw_per_block"] if v["integer"] else min(1.0, v["mw_per_block"]))
        for v in market.rows("builds")
    ]
    found += [v["unit_price"] * (v["lot_size"] if v["integer"] else 1.0) for v in market.rows("purchases")]
    return [price for price in found if price]


def _capex(v: Values, order: float) -> str:
    if not 0 < v["amount"] < order / 10:
        return ""
    return f"{number_text(v['amount'])} is less than a tenth of the smallest order ({rounded(order)})."


def _spending(data: Data, market: Market, v: Values) -> str:
    """What is odd about a budget of running costs, or of all costs."""
    months = range(max(v["from"], 0), min(v["to"], data.months - 1) + 1)
    least = sum(market.least_month(t) for t in months)
    if not least or not v["amount"] or least / 50 <= v["amount"] <= least * 500:
        return ""
    which = "less than a fiftieth" if v["amount"] < least else "more than 500 times"
    cost = f"what its months' demand costs at least ({rounded(least)}, own accelerators first)"
    return f"{number_text(v['amount'])} is {which} {'of ' * (v['amount'] < least)}{cost}."
