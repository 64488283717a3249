"""Sizes of random instances: ranges for the number of rows of each table."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[int, int]


@dataclass(frozen=True)
class Size:
    """Ranges to draw from; all ends are included.

    Attributes
    ----------
    demand : tuple of int
        Approximate total demand in reference-accelerators.
    part : tuple of float
        Approximate share of it in one block or in the fleet of one site.
    clauses : float
        Probability that contracts have clauses and supply is interrupted. None of the sizes that are measured have it.
    local : bool
        Whether every workload and run has one region, and workloads exclude one tag at most.
    others
        Numbers of rows.
    """

    months: Range
    demand: Range
    part: tuple[float, float]
    regions: Range
    kinds: Range
    classes: Range
    suppliers: Range
    tenants: Range
    sites: Range
    builds: Range
    purchases: Range
    contracts: Range
    offers: Range
    outlets: Range
    workloads: Range
    runs: Range
    commitments: Range
    budgets: Range
    policies: Range
    rules: Range
    clauses: float = 0.0
    local: bool = False


SIZES: dict[str, Size] = {
    "tiny": Size(
        months=(3, 6),
        demand=(2_000, 20_000),
        part=(0.08, 0.4),
        regions=(1, 2),
        kinds=(1, 2),
        classes=(1, 2),
        suppliers=(1, 3),
        tenants=(0, 2),
        sites=(0, 2),
        builds=(0, 2),
        purchases=(0, 2),
        contracts=(0, 4),
        offers=(0, 2),
        outlets=(0, 2),
        workloads=(1, 2),
        runs=(0, 2),
        commitments=(0, 1),
        budgets=(0, 2),
        policies=(0, 2),
        rules=(0, 2),
        clauses=0.5,
    ),
    "small": Size(
        months=(10, 14),
        demand=(20_000, 100_000),
        part=(0.05, 0.25),
        regions=(2, 3),
        kinds=(2, 4),
        classes=(1, 3),
        suppliers=(2, 4),
        tenants=(1, 2),
        sites=(1, 3),
        builds=(1, 3),
        purchases=(1, 3),
        contracts=(2, 6),
        offers=(1, 3),
        outlets=(1, 3),
        workloads=(2, 4),
        runs=(1, 3),
        commitments=(0, 2),
        budgets=(0, 3),
        policies=(0, 3),
        rules=(0, 4),
        clauses=0.5,
    ),
    "S": Size(
        months=(24, 24),
        demand=(80_000, 250_000),
        part=(0.03, 0.15),
        regions=(3, 4),
        kinds=(3, 5),
        classes=(2, 3),
        suppliers=(4, 5),
        tenants=(2, 2),
        sites=(3, 4),
        builds=(3, 5),
        purchases=(4, 6),
        contracts=(8, 12),
        offers=(2, 4),
        outlets=(3, 5),
        workloads=(4, 7),
        runs=(2, 4),
        commitments=(1, 2),
        budgets=(2, 4),
        policies=(1, 3),
        rules=(2, 5),
    ),
    "M": Size(
        months=(48, 48),
        demand=(400_000, 900_000),
        part=(0.015, 0.08),
        regions=(4, 5),
        kinds=(5, 6),
        classes=(3, 3),
        suppliers=(6, 7),
        tenants=(3, 3),
        sites=(6, 6),
        builds=(7, 9),
        purchases=(9, 12),
        contracts=(20, 20),
        offers=(5, 7),
        outlets=(6, 8),
        workloads=(9, 11),
        runs=(4, 6),
        commitments=(2, 3),
        budgets=(4, 6),
        policies=(2, 4),
        rules=(4, 7),
    ),
    "L": Size(
        months=(60, 72),
        demand=(1_500_000, 3_000_000),
        part=(0.008, 0.05),
        regions=(5, 6),
        kinds=(7, 8),
        classes=(4, 4),
        suppliers=(9, 10),
        tenants=(4, 4),
        sites=(10, 10),
        builds=(12, 15),
        purchases=(18, 22),
        contracts=(40, 40),
        offers=(9, 12),
        outlets=(11, 14),
        workloads=(16, 20),
        runs=(7, 9),
        commitments=(3, 4),
        budgets=(6, 8),
        policies=(3, 4),
        rules=(6, 9),
    ),
    "XL": Size(
        months=(120, 120),
        demand=(30_000_000, 60_000_000),
        part=(0.001, 0.008),
        regions=(20, 20),
        kinds=(8, 8),
        classes=(4, 4),
        suppliers=(12, 14),
        tenants=(6, 6),
        sites=(60, 60),
        builds=(70, 80),
        purchases=(100, 120),
        contracts=(240, 260),
        offers=(50, 60),
        outlets=(50, 60),
        workloads=(1_500, 1_500),
        runs=(20, 25),
        commitments=(6, 8),
        budgets=(8, 10),
        policies=(3, 4),
        rules=(8, 12),
        local=True,
    ),
}
