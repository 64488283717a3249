"""Warnings on power, blocks, lots and demand that are far off the rest of the instance, as a wrong unit makes them."""

from __future__ import annotations

from optimizer.format import counted
from optimizer.instance.data import Data, Record
from optimizer.instance.market import Market
from optimizer.instance.raw import number_text, quoted

_THOUSAND = 1000.0
_KEEP = "keep it if it is correct."


def rounded(value: float) -> str:
    """A figure of an estimate, to three digits."""
    return number_text(float(f"{value:.3g}"))


def powered(data: Data) -> None:
    """The power of a site is of the size of what can stand there."""
    market = Market(data)
    sold = {v["site"] for v in market.rows("outlets") if v["sells"] == "mw"}
    for table, record in data.records("power"):
        site, mw = record.values["site"], record.values["mw"]
        draw = market.draws[site]
        if draw and mw > 100 * draw and site not in sold:
            problem = (
                f"{number_text(mw)} MW, but all accelerators that can stand at {quoted(site)} draw {rounded(draw)} MW. "
                f"If it is in kW, write {number_text(mw / _THOUSAND)}; {_KEEP}"
            )
            data.fault(table, record, "mw", problem, warn=True)


def starved(data: Data) -> None:
    """The power of a site, at its most, runs more than a fiftieth of its fleet."""
    market = Market(data)
    for table, record in data.records("sites"):
        name = record.values["site"]
        draw, most = market.fleet_draw(record.values), market.most_power(name)
        if 0 < most < draw / 50:
            problem = (
                f"the power of {quoted(name)} is at most {rounded(most)} MW, and its fleet draws {rounded(draw)} MW. "
                "Check the units of power.mw (MW), accelerators.kw (kW) and fleet.count; keep them if they are correct."
            )
            data.fault(table, record, "site", problem, warn=True)
    for table, record in data.records("builds"):
        v = record.values
        added, there = v["mw_per_block"] * v["max_blocks"], market.most_power(v["site"])
        if 0 < added < there / 200:
            problem = (
                f"all its blocks add {rounded(added)} MW, and {quoted(v['site'])} has {rounded(there)} MW. "
                f"If it is in GW, write {number_text(v['mw_per_block'] * _THOUSAND)}; {_KEEP}"
            )
            data.fault(table, record, "mw_per_block", problem, warn=True)


def blocks(data: Data) -> None:
    """Power and number of the accelerators of a block fit, and what is committed fits ``max_blocks``."""
    wanted = sum(Market(data).peaks.values())
    for table, record in data.agreements():
        v = record.values
        size, mw = v["accelerators_per_block"], v["mw_per_block"]
        if "mw" not in (v.get("sells"), v.get("supplies")) and size and mw and not 0.1 <= mw * 1000 / size <= 50:
            problem = (
                f"comes to {rounded(mw * 1000 / size)} kW per accelerator of a block; usually 0.5 to 10. "
                "Check mw_per_block (MW) and accelerators_per_block; keep them if they are correct."
            )
            data.fault(table, record, "mw_per_block", problem, warn=True)
        if "mw" not in (v.get("sells"), v.get("supplies")) and wanted and size > 50 * wanted:
            problem = (
                f"a block of {number_text(size)} accelerators, where {rounded(wanted)} reference-accelerators "
                f"are the total demand. Check its unit and the unit of demand.amount; {_KEEP}"
            )
            data.fault(table, record, "accelerators_per_block", problem, warn=True)
        if v["committed_blocks"] is not None and v["max_blocks"] != table.spec.columns["max_blocks"].default:
            _check_committed(data, record, table.spec.name)


def _check_committed(data: Data, record: Record, table: str) -> None:
    made, most = record.values["committed_blocks"], record.values["max_blocks"]
    if made > most:
        problem = (
            f"{number_text(made)} blocks are committed, more than max_blocks ({number_text(most)}), which limits "
            "offers alone. Check both; leave max_blocks blank if committed_blocks is correct."
        )
        data.fault(data.tables[table], record, "committed_blocks", problem, warn=True)


def lots(data: Data) -> None:
    """A lot can be ordered within the limits of its purchase."""
    for table, record in data.records("purchases"):
        v = record.values
        for column in ("max_per_month", "max_total"):
            most = v[column]
            if v["integer"] and most and most < v["lot_size"] * (1 - 1e-9):
                problem = (
                    f"it can never be ordered: a lot is {number_text(v['lot_size'])} accelerators, and {column} is "
                    f"{number_text(most)} accelerators, not lots. Raise it to at least a lot, or set integer to false."
                )
                data.fault(table, record, column, problem, warn=True)


def demands(data: Data) -> None:
    """Demand is of the size in which capacity comes."""
    market = Market(data)
    least, largest = min(market.units, default=0.0), max(market.peaks.values(), default=0.0)
    all_small = sum(market.peaks.values()) < max(least / 5, market.fleet / 100)
    for table, record in data.records("workloads"):
        peak = market.peaks.get(record.values["workload"], 0.0)
        if 0 < peak < min(least, largest) / 100 or (all_small and peak):
            problem = (
                f"its demand is at most {rounded(peak)} reference-accelerators, and the smallest block, batch or lot "
                f"is {rounded(least)}. If demand.amount is in thousands, write {rounded(peak * _THOUSAND)}; {_KEEP}"
            )
            data.fault(table, record, "workload", problem, warn=True)
    supply = market.supply
    for table, record in data.records("workloads"):
        peak = market.peaks.get(record.values["workload"], 0.0)
        if supply and peak > 100 * supply:
            problem = (
                f"its demand is at most {rounded(peak)} reference-accelerators, and the total supply is "
                f"{rounded(supply)}. Check the unit of demand.amount (reference-accelerators); {_KEEP}"
            )
            data.fault(table, record, "workload", problem, warn=True)


def short_terms(data: Data) -> None:
    """Terms and lead times are in months: not all of a table are as short as if they were in years."""
    if data.months < 24:
        return
    for name, column, most in (("contracts", "term_months", 5), ("builds", "lead_months", 3)):
        given: list[Record] = [r for r in data.tables[name].records if r.values[column]]
        if given and all(record.values[column] <= most for record in given):
            value = max(record.values[column] for record in given)
            problem = (
                f"no {column} of {name} is longer than {counted(value, 'month')}. If they are in years, write months: "
                f"{counted(value, 'year')} {'is' if value == 1 else 'are'} {value * 12}; keep them if they are correct."
            )
            data.fault(data.tables[name], given[0], column, problem, warn=True)
