"""Many what-ifs one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.clock import Tell
from optimizer.errors import StoppedWithoutPlan
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.holds import Hold
from optimizer.whatif import WhatIf


class Asking(WhatIf):
    """What-ifs of which Ctrl-C ends all that are left, not only the search at hand."""

    def ask(self, edits: Iterable[Edit], holds: Iterable[Hold] = (), progress: Tell | None = None) -> Plan:
        """As of :class:`optimizer.WhatIf`, but an interrupted search is no answer.

        Raises
        ------
        KeyboardInterrupt
            If the search was interrupted.
        """
        try:
            plan = super().ask(edits, holds, progress)
        except StoppedWithoutPlan as error:
            if error.interrupted:
                raise KeyboardInterrupt from error
            raise
        if plan.head["stopped"] == "interrupted":
            raise KeyboardInterrupt
        return plan
