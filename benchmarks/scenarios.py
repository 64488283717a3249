"""Random scenarios for an instance: demand, prices, and lead times of builds and purchases differ between them.

They are known from one month on, and equal before it but for lead times: a program of two stages.
``python -m benchmarks.scenarios S 1 20 FOLDER`` writes the random instance of size S and seed 1 with 20 scenarios.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import pandas as pd

from optimizer.generator import SIZES, random_instance
from optimizer.instance.instance import Instance

KNOWN = 6
"""Months of the plan before the scenarios can be distinguished."""
_COMMON, _OWN = 0.2, 0.1  # standard deviations of the logarithm of demand: of all workloads together, of each
_PRICES = 0.15  # of prices
_ON_TIME = 0.5  # probability that nothing is late
_LATE = {"builds": 6, "purchases": 3}  # months at most


def with_scenarios(instance: Instance, count: int, seed: int) -> Instance:
    """Return an instance with random scenarios of equal probability.

    Parameters
    ----------
    instance : Instance
        With workloads.
    count : int
        Number of scenarios; the first ones are the same for any number.
    seed : int
        Random seed.
    """
    known, names = instance.label(KNOWN), [f"future-{number + 1}" for number in range(count)]
    rows = [row for number, name in enumerate(names) for row in _changes(instance, name, known, (seed, number))]
    scenarios = pd.DataFrame({"scenario": names, "probability": 1 / count, "known": known})
    return instance.replace({"scenarios": scenarios, "changes": pd.DataFrame(rows)})


def _changes(instance: Instance, name: str, known: str, seed: tuple[int, int]) -> list[dict[str, str]]:
    """Return the changes of one scenario."""
    chance = np.random.default_rng(seed)
    of_all = chance.normal(0, _COMMON)
    found = []
    for workload in sorted({row.workload for row in instance.rows["demand"]}):
        factor = np.exp(of_all + chance.normal(0, _OWN))
        found.append({"table": "demand", "key": workload, "column": "amount", "value": f"{factor:.3f}"})
    factor = np.exp(chance.normal(0, _PRICES))
    if instance.rows["prices"]:
        found.append({"table": "prices", "key": "*", "column": "price", "value": f"{factor:.3f}"})
    found = [{"how": "multiply", "from": known, **row} for row in found]
    for table, most in _LATE.items():
        months = 0 if chance.random() < _ON_TIME else int(chance.integers(1, most + 1))
        if months and instance.rows[table]:
            row = {"table": table, "key": "*", "column": "lead_months", "how": "delay", "value": str(months)}
            found.append({"from": "", **row})
    return [{"scenario": name, **row} for row in found]


@click.command()
@click.argument("size", type=click.Choice(SIZES))
@click.argument("seed", type=click.IntRange(min=0))
@click.argument("count", type=click.IntRange(min=1))
@click.argument("folder", type=click.Path(path_type=Path))
def main(size: str, seed: int, count: int, folder: Path) -> None:
    """Write the random instance of a size and seed with random scenarios to a folder."""
    title = f"Random, size {size}, seed {seed}, {count} scenarios"
    instance = with_scenarios(random_instance(seed, size), count, seed)
    sources = f"All figures are made up: python -m benchmarks.scenarios {size} {seed} {count}."
    instance.replace(name=f"uncertain-{folder.name}", title=title, sources=sources).save(folder)


if __name__ == "__main__":
    main()
