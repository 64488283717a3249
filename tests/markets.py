"""Campaigns with decisions from before the plan: ``python -m tests.markets``.

Random markets are planned and rolled forward, with integer blocks and without; the optimum of what is left is compared
with the old plan's remaining cost. With ``--oracle``, markets in which blocks were signed and handed back before the
plan are compared with the second formulation, and so are the rolled plans of random instances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click

import optimizer
from optimizer.generator import random_instance
from tests.oracle.compare import assert_agree, frames_of, told
from tests.oracle.compare import planned as compared
from tests.oracle.tables import Frames
from tests.program.markets import market, market_with_past
from tests.program.tiny import solved
from tests.rolls import remaining

MONTHS = (1, 3, 6)
TOLERANCE = 1e-6  # relative


def roll_market(seed: int) -> Iterator[str]:
    """Yield what is wrong with a market rolled by some months; ``""`` where nothing is."""
    for integer in (False, True):
        case = market(seed, integer)
        plan = solved(optimizer.read(case))
        for months in MONTHS:
            left, found = remaining(plan, months), solved(optimizer.roll(plan, months).instance).objective
            right = abs(found - left) <= TOLERANCE * max(1.0, abs(found), abs(left))
            yield "" if right else f"market {seed}, integer {integer}, by {months}: {found}, {left} expected"


def compare(seed: int) -> Iterator[str]:
    """Yield how the two formulations differ; ``""`` where they agree."""
    cases: list[tuple[str, Frames]] = [
        (f"market {seed}, integer {integer}", market_with_past(seed, integer)) for integer in (False, True)
    ]
    try:
        plan = optimizer.solve(random_instance(seed), gap=1e-6, threads=1, time_limit=10)
        months = max(1, plan.instance.head.months - 2)
        cases.append((f"tiny {seed} by {months}", frames_of(optimizer.roll(plan, months).instance)))
    except (optimizer.NoFeasiblePlan, optimizer.StoppedWithoutPlan, optimizer.EditError):
        pass  # an instance without a plan, or one that is not rolled
    for name, case in cases:
        try:
            assert_agree(compared(case), told(case))
            yield ""
        except AssertionError as error:
            yield f"{name}: {error}"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--count", default=50, type=click.IntRange(min=1), help="Seeds.")
@click.option("--seed", default=0, type=click.IntRange(min=0), help="First seed.")
@click.option("--oracle", is_flag=True, help="Compare with the second formulation instead.")
def main(count: int, seed: int, oracle: bool) -> None:
    """Run a campaign; exit code 1 if anything differs."""
    each: Callable[[int], Iterator[str]] = compare if oracle else roll_market
    found = [text for number in range(seed, seed + count) for text in each(number)]
    wrong = [text for text in found if text]
    click.echo("\n".join([*wrong, f"{len(found)} compared, {len(wrong)} differ"]))
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
