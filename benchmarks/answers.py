"""What the budget of an explanation proves: ``python -m benchmarks.answers PLAN ...``.

Of each plan folder the offers are explained within a budget of processor seconds, which a machine with other work does
not shorten. To compare with another commit, run its worktree's script too, by turns, and set the lines side by side.
"""

from __future__ import annotations

import os
import time
from collections.abc import Hashable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import click
import pandas as pd

import optimizer
from optimizer.analysis.budget import Budget

_NARROW = 1.02  # ratio of the ends of an interval that counts as a price


class Patient(Budget):
    """A budget on the processor's clock, whose searches have time enough on the wall's."""

    def search(self, parts: int = 1) -> float:
        """Return the seconds of the next search, longer by what other processes take."""
        return super().search(parts) * max(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0)


def is_proven(row: Mapping[Hashable, Any]) -> bool:
    """Whether the verdict on an offer is proven: the price lies on one side of the interval of its break-even price."""
    low, high = _ends(row)
    is_taken = row["verdict"] != "rejected"
    if row["table"] == "outlets":
        return bool(row["proven"] or (row["price"] > high if is_taken else row["price"] < low))
    return bool(row["proven"] or (row["price"] < low if is_taken else row["price"] > high))


def is_narrow(row: Mapping[Hashable, Any]) -> bool:
    """Whether a break-even price is proven to 2 %, or not to exist."""
    low, high = _ends(row)
    return bool(row["proven"] or high <= _NARROW * low)


def _ends(row: Mapping[Hashable, Any]) -> tuple[float, float]:
    low, high = (None if pd.isna(row[end]) else row[end] for end in ("at_least", "at_most"))
    return 0.0 if low is None else low, float("inf") if high is None else high


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("plans", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--budget", default=60.0, help="Processor seconds of each explanation.")
def main(plans: tuple[Path, ...], budget: float) -> None:
    """Explain plans, and print which share of their offers is proven."""
    shares: list[tuple[float, float]] = []
    click.echo(f"{'plan':16}{'gap':>10}{'offers':>8}{'verdict':>9}{'price to 2 %':>14}{'seconds':>9}{'load':>6}")
    for folder in plans:
        plan, began = optimizer.load_plan(folder), time.process_time()
        limits = Patient(budget, now=time.process_time)
        rows = optimizer.explain(plan, budget=limits, threads=1).offers.to_dict("records")
        proven, narrow = sum(map(is_proven, rows)), sum(map(is_narrow, rows))
        shares.append((proven / max(len(rows), 1), narrow / max(len(rows), 1)))
        spent, load = time.process_time() - began, os.getloadavg()[0]
        gap = "none" if plan.gap is None else f"{plan.gap:.4%}"
        click.echo(f"{folder.name:16}{gap:>10}{len(rows):>8}{proven:>9}{narrow:>14}{spent:>9.1f}{load:>6.1f}")
    verdicts, prices = (median(values) for values in zip(*shares, strict=True))
    click.echo(f"medians: {verdicts:.0%} of the verdicts, {prices:.0%} of the prices to 2 %")


if __name__ == "__main__":
    main()
