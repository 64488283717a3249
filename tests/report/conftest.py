"""The plans made by hand, as the charts see them."""

from __future__ import annotations

import pytest

from optimizer.report.plan_context import PlanContext
from tests.report.coast import coast_plan
from tests.report.plans import small_plan


@pytest.fixture(scope="module")
def context() -> PlanContext:
    return PlanContext(small_plan())


@pytest.fixture(scope="module")
def coast() -> PlanContext:
    return PlanContext(coast_plan())
