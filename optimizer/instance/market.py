"""Total demand, capacity and prices of an instance without errors, as a reference for other figures."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from functools import cached_property

from optimizer.instance.data import Data
from optimizer.instance.pools import Values
from optimizer.instance.suspicious_values import HOURLY, hourly_price, money_scale


class Market:
    """Figures of an instance, in reference-accelerators, months and its money.

    Prices and kW that are unusual by themselves are left out, so that one wrong unit is not warned of twice.

    Parameters
    ----------
    data : Data
        An instance without errors.
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self.hours: float = data.head["hours_per_month"]
        self.reference: dict[str, float] = {v["accelerator"]: v["reference"] for v in self.rows("accelerators")}
        kw = data.schema.tables["accelerators"].columns["kw"]
        self.kw: dict[str, float] = {
            v["accelerator"]: v["kw"] for v in self.rows("accelerators") if kw.is_usual(v["kw"])
        }
        self._gathered: dict[tuple[str, str], dict[str, list[tuple[int, float]]]] = {}

    def rows(self, *tables: str) -> list[Values]:
        """Values of the rows of some tables, without contracts that supply MW."""
        values = (record.values for _, record in self.data.records(*tables))
        return [v for v in values if v.get("supplies") != "mw"]

    @cached_property
    def monthly_prices(self) -> list[float]:
        """Prices of a reference-accelerator for a month, of every contract and on-demand offer that is not free."""
        rows = self.rows("contracts", "on_demand")
        prices = ((v["accelerator"], self._hourly(v)) for v in rows)
        return [hourly * self.hours / self.reference[kind] for kind, hourly in prices if hourly]

    def _hourly(self, v: Values) -> float:
        """Price per accelerator-hour of a contract or on-demand offer, 0 if it is unusual."""
        low, high = (end * money_scale(self.data) for end in HOURLY)
        hourly = (v["price"] if "per" not in v else hourly_price(v, v["price"], self.hours)) or 0.0
        return hourly if low <= hourly <= high else 0.0

    def month_at(self, provider: str) -> float:
        """Money that a month of all that a provider offers costs: all blocks, and all hours."""
        total = 0.0
        for v in self.rows("contracts"):
            if v["provider"] == provider:
                total += (
                    self._hourly(v)
                    * self.hours
                    * v["accelerators_per_block"]
                    * (v["committed_blocks"] or v["max_blocks"])
                )
        for v in self.rows("on_demand"):
            if v["provider"] == provider:
                total += self._hourly(v) * self.hours * v["max_accelerators"]
        return total

    @cached_property
    def peaks(self) -> dict[str, float]:
        """Largest demand of each workload within the plan, in reference-accelerators."""
        found: dict[str, float] = {}
        for v in self.rows("demand"):
            if v["month"] < self.data.months:
                found[v["workload"]] = max(found.get(v["workload"], 0.0), v["amount"])
        return found

    @cached_property
    def units(self) -> list[float]:
        """Sizes in which capacity comes, in reference-accelerators: blocks, batches of a fleet and lots above one."""
        found = [v["accelerators_per_block"] * self.reference[v["accelerator"]] for v in self.rows("contracts")]
        found += [v["count"] * self.reference[v["accelerator"]] for v in self.rows("fleet") if v["count"]]
        lots = [v for v in self.rows("purchases") if v["lot_size"] > 1]
        return found + [v["lot_size"] * self.reference[v["accelerator"]] for v in lots]

    @cached_property
    def draws(self) -> dict[str, float | None]:
        """MW that all accelerators that can stand at each site draw at once; None if there is no limit to them."""
        return {site["site"]: self._draw(site) for site in self.rows("sites")}

    def _draw(self, site: Values) -> float | None:
        total = 0.0
        for v in self.rows("fleet", "purchases"):
            if v["site"] != site["site"]:
                continue
            count = v.get("count", v.get("max_total"))
            if count is None or v["accelerator"] not in self.kw:
                return None
            total += count * self.kw[v["accelerator"]] * site["pue"] / 1000
        return total

    def fleet_draw(self, site: Values) -> float:
        """MW that the fleet of a site draws at once."""
        rows = [v for v in self.rows("fleet") if v["site"] == site["site"]]
        return float(sum(v["count"] * self.kw.get(v["accelerator"], 0.0) for v in rows) * site["pue"] / 1000)

    def most_power(self, site: str) -> float:
        """Largest power of a site, without its builds."""
        return max((mw for _, mw in self._series("power", "site", "mw").get(site, [])), default=0.0)

    @cached_property
    def fleet(self) -> float:
        """Reference-accelerators of all fleets."""
        return float(sum(v["count"] * self.reference[v["accelerator"]] for v in self.rows("fleet")))

    @cached_property
    def supply(self) -> float:
        """Reference-accelerators that there are or can be had in all; 0 where there is no limit to them."""
        found = [(v["accelerator"], v["count"]) for v in self.rows("fleet")]
        found += [(v["accelerator"], v["max_total"]) for v in self.rows("purchases")]
        found += [(v["accelerator"], v["max_accelerators"]) for v in self.rows("on_demand")]
        for v in self.rows("contracts"):
            found.append((v["accelerator"], v["accelerators_per_block"] * (v["committed_blocks"] or v["max_blocks"])))
        if any(count is None for _, count in found):
            return 0.0
        return float(sum(count * self.reference[kind] for kind, count in found))

    def least_month(self, t: int) -> float:
        """Least money that the demand of a month costs: own accelerators for their energy, the rest at market price."""
        wanted, own, energy = self._demand(t), 0.0, 0.0
        sites = {v["site"]: v for v in self.rows("sites")}
        for v in self.rows("fleet"):
            share = min(v["count"] * self.reference[v["accelerator"]], max(wanted - own, 0.0))
            own += share
            kw = self.kw.get(v["accelerator"], 0.0) * sites[v["site"]]["pue"] / self.reference[v["accelerator"]]
            energy += share * kw / 1000 * self.hours * self._energy_price(v["site"], t)
        return energy + max(wanted - own, 0.0) * min(self.monthly_prices, default=0.0)

    def _demand(self, t: int) -> float:
        return sum(_value_at(points, t) for points in self._series("demand", "workload", "amount").values())

    def _energy_price(self, site: str, t: int) -> float:
        return _value_at(self._series("power", "site", "price_per_mwh").get(site, []), t)

    def _series(self, table: str, key: str, value: str) -> dict[str, list[tuple[int, float]]]:
        """Months and values of each item of a step series, in order; gathered once."""
        if (table, value) not in self._gathered:
            found: dict[str, list[tuple[int, float]]] = defaultdict(list)
            for v in self.rows(table):
                found[v[key]].append((v["month"], v[value]))
            self._gathered[table, value] = {item: sorted(points) for item, points in found.items()}
        return self._gathered[table, value]


def _value_at(points: list[tuple[int, float]], t: int) -> float:
    """Value of a step series in a month; 0 before its first row."""
    i = bisect_right(points, t, key=lambda point: point[0])
    return points[i - 1][1] if i else 0.0
