"""Infeasible instances drawn at random, each within its time limit: ``python -m benchmarks.infeasible``.

HiGHS has calls that heed neither time limit nor interruption, and some that keep Python's lock while they solve. Each
instance is solved as ``capopt solve`` does, with the search for a conflict. Where a solve overruns its limit by far,
the process prints where it hangs and ends with exit code 1, which a lock that is kept cannot prevent.
"""

from __future__ import annotations

import faulthandler
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click
import numpy as np
import pandas as pd

import optimizer
from optimizer.program.arrays import Arrays
from optimizer.program.compile import compile_program
from optimizer.solver import concurrent_mip
from optimizer.solver.feasibility import has_solution
from optimizer.solver.solution import Options, Stop

_HANGS = 60.0  # seconds beyond 110 % of its time limit after which a solve counts as hanging


def instance(seed: int) -> optimizer.Instance:
    """A small instance that is often infeasible, and then mostly because of integers.

    Shares of providers and sites are limited although capacity comes in large blocks: fractions of blocks could meet
    the limits, full ones cannot. Budgets and least service clash otherwise.
    """
    draw = np.random.default_rng(seed)
    months = int(draw.integers(4, 15))
    tables: dict[str, list[dict[str, Any]]] = {
        "accelerators": [{"accelerator": "H100", "kw": 1.36}],
        "throughput": [{"class": "inference", "accelerator": "H100", "factor": 0.8}],
        "providers": [{"provider": f"neo{i}"} for i in range(draw.integers(1, 4))],
        "sites": [{"site": "site1", "region": "us-east"}],
        "fleet": [_fleet(draw, months)],
    }
    count = len(tables["providers"])
    tables["contracts"] = [_contract(draw, i, count) for i in range(draw.integers(1, 5))]
    tables["purchases"] = [_purchase(draw, months)] if draw.random() < 0.7 else []
    tables["policies"] = list(_policies(draw, months))
    tables["workloads"] = [
        {"workload": "work", "class": "inference", "penalty": 20000, "min_service": float(draw.choice([0, 0, 0.5, 1]))}
    ]
    tables["demand"] = [{"workload": "work", "month": _month(0), "amount": int(draw.integers(500, 20000))}]
    if draw.random() < 0.3:
        tables["budgets"] = [{"budget": "cap", "amount": float(draw.integers(1, 100)) * 1e7}]
    head = {"format": 1, "name": f"infeasible-{seed}", "start": _month(0), "months": months, "hours_per_month": 730}
    frames = {name: pd.DataFrame(rows, dtype=object) for name, rows in tables.items() if rows}
    return optimizer.read({"instance": head, **frames})


def _month(t: int) -> str:
    return f"{2026 + t // 12}-{t % 12 + 1:02}"


def _fleet(draw: np.random.Generator, months: int) -> dict[str, Any]:
    count, until = int(draw.integers(1, 40)) * 100, int(draw.integers(1, months + 1))
    return {"site": "site1", "accelerator": "H100", "count": count, "until": _month(until)}


def _contract(draw: np.random.Generator, number: int, providers: int) -> dict[str, Any]:
    least = int(draw.integers(0, 3))
    return {
        "contract": f"lease{number}",
        "provider": f"neo{draw.integers(providers)}",
        "region": "us-east",
        "accelerator": "H100",
        "accelerators_per_block": int(draw.choice([512, 1024, 3000, 10000])),
        "price": 1e7,
        "per": "block_month",
        "min_term_months": int(draw.integers(1, 7)),
        "min_blocks": least,
        "max_blocks": least + int(draw.integers(1, 5)),
    }


def _purchase(draw: np.random.Generator, months: int) -> dict[str, Any]:
    return {
        "purchase": "buy",
        "site": "site1",
        "accelerator": "H100",
        "unit_price": 30000,
        "lead_months": int(draw.integers(0, 7)),
        "lot_size": int(draw.choice([512, 1024, 2048])),
        "max_per_month": 8192,
        "earliest": _month(int(draw.integers(0, months))),
    }


def _policies(draw: np.random.Generator, months: int) -> Iterator[dict[str, Any]]:
    for number, subject in enumerate(("provider", "site")):
        if draw.random() < 0.9:
            first, limit = int(draw.integers(0, months)), round(float(draw.uniform(0.25, 0.8)), 2)
            shares = {"policy": f"share{number}", "rule": "max_share", "subject": subject, "limit": limit}
            yield {**shares, "from": _month(first)}


@dataclass(frozen=True)
class Trial:
    """How one infeasible instance went.

    Attributes
    ----------
    seed : int
        Seed it was drawn from.
    seconds : float
        Time of the solve with the search for a conflict.
    verdict : str
        ``infeasible``, or ``open`` where the time ended before it was proven.
    kind : str
        ``integers`` where the linear relaxation has a solution, else ``fractions``.
    named : bool
        Whether a conflict was found in time.
    """

    seed: int
    seconds: float
    verdict: str
    kind: str
    named: bool

    def is_late(self, limit: float) -> bool:
        """Whether it took longer than it may."""
        return self.seconds > 1.1 * limit


def trial(seed: int, limit: float, threads: int | None = None) -> Trial | None:
    """Solve the instance of a seed; None where it has a plan."""
    arrays = compile_program(optimizer.build(instance(seed)))
    faulthandler.dump_traceback_later(1.1 * limit + _HANGS, exit=True)
    began = time.perf_counter()
    found = concurrent_mip.solve(arrays, Options(gap=0.05, time_limit=limit, threads=threads))
    seconds = time.perf_counter() - began
    faulthandler.cancel_dump_traceback_later()
    if found.values is not None:
        return None
    verdict = "infeasible" if found.stop is Stop.INFEASIBLE else "open"
    return Trial(seed, seconds, verdict, _kind(arrays), bool(found.conflict or found.conflict_columns))


def _kind(arrays: Arrays) -> str:
    return "fractions" if has_solution(arrays.relaxed(), 10.0) is False else "integers"


@click.command()
@click.option("--count", default=500, show_default=True, help="Infeasible instances.")
@click.option("--seed", default=0, show_default=True, help="First seed.")
@click.option("--limit", default=5.0, show_default=True, help="Time limit of each solve, in seconds.")
@click.option("--threads", type=int, help="Threads of each solve.")
def main(count: int, seed: int, limit: float, threads: int | None) -> None:
    """Solve infeasible instances, and list those that take longer than their time limit allows."""
    found: list[Trial] = []
    at = seed
    while len(found) < count:
        one = trial(at, limit, threads)
        at += 1
        if one is None:
            continue
        found.append(one)
        if one.is_late(limit) or one.verdict == "open":
            click.echo(f"seed {one.seed}: {one.verdict} after {one.seconds:.1f} s ({one.kind})")
    seconds = np.array([one.seconds for one in found])
    late = sum(one.is_late(limit) for one in found)
    kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(Counter(one.kind for one in found).items()))
    named = sum(one.named for one in found)
    click.echo(f"{len(found)} infeasible of {at - seed} drawn; because of {kinds}; {named} with a conflict named")
    click.echo(
        f"seconds: median {np.median(seconds):.2f}, 99 % {np.quantile(seconds, 0.99):.2f}, most {seconds.max():.2f}"
    )
    click.echo(f"later than 110 % of {limit:g} s: {late}")
    raise SystemExit(1 if late else 0)


if __name__ == "__main__":
    main()
