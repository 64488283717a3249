"""A campaign of rolled markets: what is left of a plan is the optimum of the instance months later.

``python -m tests.markets --markets 100`` draws so many random markets, plans each with integer blocks and without, and
plans again what is left months later, when the decisions until then are made. Each optimum is compared with the old
plan's remaining cost, and with the second formulation of the tests if ``--oracle`` is given.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from tests.oracle.compare import assert_agree, told
from tests.oracle.compare import planned as compared
from tests.program.markets import market, market_with_past
from tests.program.rolling import planned, remaining, rolled

MONTHS = (1, 3, 6)
TOLERANCE = 1e-6  # relative


def roll(seed: int, integer: bool) -> Iterator[str]:
    """Yield what is wrong with a market rolled by so many months; ``""`` where nothing is."""
    case = market(seed, integer)
    plan = planned(case)
    for months in MONTHS:
        left, found = remaining(plan, months), planned(rolled(case, plan, months)).objective
        right = abs(found - left) <= TOLERANCE * max(1.0, abs(found), abs(left))
        yield "" if right else f"market {seed}, integer {integer}, rolled by {months}: {found}, {left} expected"


def compare(seed: int, integer: bool) -> str:
    """Return how the two formulations differ on a market with a past; ``""`` if they agree."""
    case = market_with_past(seed, integer)
    try:
        assert_agree(compared(case), told(case))
    except AssertionError as error:
        return f"market {seed} with a past, integer {integer}: {error}"
    return ""


def main() -> int:
    """Run the campaign; exit code 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markets", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the first market")
    parser.add_argument("--oracle", action="store_true", help="compare markets with a past with the oracle instead")
    chosen = parser.parse_args()
    found = []
    for seed in range(chosen.seed, chosen.seed + chosen.markets):
        for integer in (False, True):
            found += [compare(seed, integer)] if chosen.oracle else list(roll(seed, integer))
    wrong = [text for text in found if text]
    print("\n".join([*wrong, f"{len(found)} compared, {len(wrong)} differ"]))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
