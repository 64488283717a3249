"""Error texts of reading an instance, for tests."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.errors import InstanceError
from optimizer.instance.read import read


def fault_texts(source: Any) -> list[str]:
    """Faults of an instance that has some, as a planner sees them."""
    with pytest.raises(InstanceError) as caught:
        read(source)
    return [str(fault) for fault in caught.value.faults]


def texts_if_any(source: Any, warned_of: str = "") -> list[str]:
    """Faults of an instance as a planner sees them; if it is valid, warnings on a table, which begin with ``!``."""
    try:
        warnings = read(source).warnings
    except InstanceError as error:
        return [str(fault) for fault in error.faults]
    return [f"!{warning}" for warning in warnings if warning.where == warned_of]
