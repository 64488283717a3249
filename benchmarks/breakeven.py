"""Proven ends of break-even prices against fresh solves: ``python -m benchmarks.breakeven``.

Of each instance a plan is found and its offers are explained. Each proven end of a price is tested half a percent
beyond it: the instance with that price is solved cold, with the offer free and with the offer forbidden. Before the
lower end the plan with it must cost less than the bound of all plans without it; beyond the upper end no plan may cost
less than the best without it. Where the gaps of the fresh solves leave that open, the end counts as open.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import click

import optimizer
from benchmarks import options
from optimizer.analysis.offer_list import Offer, offers
from optimizer.analysis.tight_gap_search import TightGapSearch
from optimizer.analysis.verdict import Verdict
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.generator import random_frames
from optimizer.instance.edit import Edit, apply_edits
from optimizer.plan.plan import Plan
from optimizer.program.fixings import Fixing

BEYOND = 1.005
_NOISE = 1e-7  # relative, between costs of two solves


def ends(plan: Plan, budget: float) -> Iterator[tuple[Offer, bool, float]]:
    """Yield offers, whether they are proven to be taken, and the factor of the price to test that at."""
    found = optimizer.explain(plan, items=[one.item for one in offers(plan)], budget=budget, threads=1).offers
    rows = found.set_index("item").to_dict("index")
    for offer in offers(plan):
        row = rows[offer.item]
        for name, factor in (("at_least", 1 / BEYOND), ("at_most", BEYOND)):
            if row[name] is not None and row[name] == row[name] and offer.price > 0 and row[name] > 0:
                is_taken = (name == "at_least") is (offer.table != "outlets")
                yield offer, is_taken, row[name] / offer.price * factor


def fresh(plan: Plan, edits: list[Edit], fixings: list[Fixing], gap: float, limit: float) -> tuple[float, float]:
    """Return objective and bound of a cold solve; both infinite if no plan is feasible."""
    try:
        found = optimizer.WhatIf(plan.instance, gap=gap, time_limit=limit, threads=1).ask(edits, fixings)
    except NoFeasiblePlan:
        return float("inf"), float("inf")
    except StoppedWithoutPlan:
        return float("inf"), -float("inf")
    return found.objective, -float("inf") if found.bound is None else found.bound


def verdict(plan: Plan, offer: Offer, is_taken: bool, factor: float, gap: float, limit: float) -> str:
    """Return ``holds``, ``open`` or ``wrong`` for what is claimed of an offer at a price."""
    priced = Verdict(TightGapSearch(optimizer.WhatIf(plan), plan), offer).priced
    edits = priced.edits(factor)
    try:
        apply_edits(plan.instance, edits)
    except optimizer.InstanceError:
        return "open"
    on_demand = [Edit("on_demand", offer.item, "max_accelerators", "=", "0")] if offer.table == "on_demand" else []
    forbidden = [] if on_demand else [Fixing("forbid", "", offer.item)]
    cost, bound = fresh(plan, edits, [], gap, limit)
    cost_without, bound_without = fresh(plan, [*edits, *on_demand], forbidden, gap, limit)
    noise = _NOISE * abs(cost_without) if cost_without < float("inf") else 0.0
    if cost < bound_without - noise:
        return "holds" if is_taken else "wrong"
    if bound >= cost_without - noise:
        return "wrong" if is_taken else "holds"
    return "open"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--sizes", default="tiny,S", callback=options.sizes, help="Sizes of the random instances, with commas.")
@click.option("--seeds", default="0,1,2,3,4,5,6,7,8,9", callback=options.seeds, help="Their seeds, with commas.")
@click.option("--count", default=200, type=click.IntRange(min=1), help="Ends to test.")
@click.option("--gap", default=1e-3, help="Gap of the plans that are explained.")
@click.option("--budget", default=60.0, help="Seconds to explain the offers of a plan.")
@click.option("--time-limit", default=60.0, help="Seconds of each fresh solve, whose gap is a thousandth of that.")
def main(sizes: list[str], seeds: list[int], count: int, gap: float, budget: float, time_limit: float) -> None:
    """Test proven ends of break-even prices by fresh solves half a percent beyond them."""
    found: Counter[str] = Counter()
    for size, seed in itertools.product(sizes, seeds):
        for text in _of_instance(f"{size}-{seed}", random_frames(seed, size), (gap, budget, time_limit)):
            found[text] += 1
            if sum(found.values()) >= count:
                break
        if sum(found.values()) >= count:
            break
    click.echo(", ".join(f"{text} {found[text]}" for text in ("holds", "open", "wrong")))
    if found["wrong"]:
        raise click.ClickException(f"{found['wrong']} ends are wrong")


def _of_instance(name: str, frames: Any, limits: tuple[float, float, float]) -> Iterator[str]:
    gap, budget, limit = limits
    try:
        plan = optimizer.solve(optimizer.read(frames), gap=gap, time_limit=limit, threads=1)
    except (NoFeasiblePlan, StoppedWithoutPlan) as error:
        click.echo(f"{name}: {type(error).__name__}", err=True)
        return
    for offer, is_taken, factor in ends(plan, budget):
        text = verdict(plan, offer, is_taken, factor, gap / 1000, limit)
        if text == "wrong":
            click.echo(f"{name}: {offer.item} at {factor!r} times its price: taken {is_taken}?", err=True)
        yield text


if __name__ == "__main__":
    main()
