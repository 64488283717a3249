"""Workers of the tests of a module; the solver's processes end with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from optimizer.solver.highs_process import end_processes
from optimizer.workers.workers import LocalWorkers


@pytest.fixture(autouse=True, scope="module")
def _end_processes() -> Iterator[None]:
    yield
    end_processes()


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalWorkers]:
    made = LocalWorkers(2)
    yield made
    made.close()
