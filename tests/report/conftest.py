"""The plan made by hand, as the charts see it."""

from __future__ import annotations

import pytest

from optimizer.report.plan_context import PlanContext
from tests.report.plans import small_plan


@pytest.fixture(scope="module")
def context() -> PlanContext:
    return PlanContext(small_plan())
