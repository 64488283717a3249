"""Pages of plans, for the tests of the report in a browser."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest

from optimizer.plan.by_scenario import is_uncertain
from optimizer.plan.plan import Plan
from optimizer.report.html import write_html
from optimizer.report.plan_document import plan_document
from optimizer.report.uncertain_document import uncertain_document
from tests.report.hostile import hostile_plan
from tests.report.plans import empty_plan, large_plan, small_plan
from tests.report.uncertain_plan import hundred_scenarios, uncertain_plan

_PLANS: dict[str, Callable[[], Plan]] = {
    "small": small_plan,
    "hostile": hostile_plan,
    "empty": empty_plan,
    "large": large_plan,
    "uncertain": uncertain_plan,
    "hundred": hundred_scenarios,
    **{f"months-{n}": partial(large_plan, n, parties=4, workloads=3, sites=2) for n in (3, 120)},
}


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of a plan, by the plan's name; written when it is first asked for."""
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def write(name: str) -> Path:
        plan = _PLANS[name]()
        return write_html((uncertain_document if is_uncertain(plan) else plan_document)(plan), folder / f"{name}.html")

    return write
