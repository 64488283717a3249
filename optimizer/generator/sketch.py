"""A sketch of an instance: its settings, its rows so far, and the random streams that draw them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from optimizer.generator.draw import Draw
from optimizer.generator.sizes import Size

Row = dict[str, Any]


@dataclass
class Sketch:
    """The tables drawn so far; months are counted from the first month of the plan.

    Attributes
    ----------
    path : tuple of int
        Seed and size, from which every stream is drawn.
    size : Size
        Ranges to draw from.
    months : int
        Months of the plan.
    hours : float
        Hours per month.
    demand : float
        Approximate total demand in reference-accelerators.
    tables : dict
        Rows by table.
    head : dict
        Head.
    regions, classes : list of str
        Names.
    backstops : list of dict
        Provider, region and accelerator of offers that always exist, so that nearly every instance is feasible.
    sure : dict
        Site, accelerator and size of runs that can be run for sure.
    """

    path: tuple[int, ...]
    size: Size
    months: int
    hours: float
    demand: float
    head: Row
    tables: dict[str, list[Row]] = field(default_factory=dict)
    regions: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    backstops: list[Row] = field(default_factory=list)
    sure: dict[str, tuple[str, str, float]] = field(default_factory=dict)

    def draw(self, family: int) -> Draw:
        """Stream of a family of tables: draws of one family do not depend on those of others."""
        return Draw(*self.path, family)

    def add(self, table: str, row: Row) -> Row:
        """Add a row."""
        self.tables.setdefault(table, []).append(row)
        return row

    def rows(self, table: str) -> list[Row]:
        """Rows of a table so far."""
        return self.tables.get(table, [])

    def kind(self, accelerator: str) -> Row:
        """Row of an accelerator."""
        return next(row for row in self.rows("accelerators") if row["accelerator"] == accelerator)

    def reference(self, accelerator: str) -> float:
        """Reference-accelerators that one is worth."""
        return float(self.kind(accelerator)["reference"] or 1.0)

    def site(self, name: str) -> Row:
        """Row of a site."""
        return next(row for row in self.rows("sites") if row["site"] == name)

    def facility_kw(self, site: str, accelerator: str) -> float:
        """Power at the meter of one accelerator in use."""
        return float(self.kind(accelerator)["kw"] * (self.site(site)["pue"] or 1.0))

    def block(self, draw: Draw, reference: float) -> float:
        """Accelerators in a block, a lot or a fleet."""
        low, high = self.size.part
        return max(draw.between(low * self.demand / reference, high * self.demand / reference, 2), 1.0)


def window(draw: Draw, months: int, blank: float = 0.5) -> tuple[int | None, int | None]:
    """First and last month of a window, either of them blank with some probability; some reach beyond the plan."""
    first = None if draw.chance(blank) else draw.integer(-2, max(months // 2, 1))
    last = None if draw.chance(blank) else max(first or 0, 0) + draw.integer(months // 4, months)
    return first, last
