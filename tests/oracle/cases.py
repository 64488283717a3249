"""Hand-made instances that bring the mechanisms of the format together at their edges."""

from __future__ import annotations

from tests.oracle.cases_corners import CORNERS
from tests.oracle.cases_own import OWN_RULES
from tests.oracle.cases_plain import PLAIN
from tests.oracle.cases_ruled import RULED
from tests.oracle.tables import Frames

CASES: dict[str, Frames] = PLAIN | RULED | OWN_RULES | CORNERS
