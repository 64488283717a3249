"""What a search of HiGHS tells as it goes on, and solutions from elsewhere that are handed to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from optimizer.program.compile import Floats
from optimizer.solver.highs_options import Watch
from optimizer.solver.incumbent_queue import Offers
from optimizer.solver.persistent import Changing

Incumbent = Callable[[float, Floats], None]  # objective and values of every column, in the program's units

_UNSAFE = 3  # times that HiGHS asks for solutions from the root's last cuts to the first node's dive
_SAME = 1e-6  # relative, between a solution as it was given and as the search holds it


class Offering(Changing):
    """The part of :class:`optimizer.solver.highs.Model` that HiGHS calls back while it searches."""

    def __init__(self) -> None:
        self.on_query: Callable[[float], None] | None = None
        self.on_incumbent: Incumbent | None = None
        self.dropped = False
        self._watch = Watch()
        self._offers = Offers()
        self._given = np.inf  # objective of the best that the search was given
        self._best: Floats | None = None  # the best that the search found itself
        self._unsafe = 0  # times yet that the search asks for solutions and must not be given any

    def _subscribe(self, made: Any, heeds: bool) -> None:
        """Let HiGHS call back."""
        if self.arrays.integer.any():
            made.cbMipLogging.subscribe(self._note)
            made.cbMipImprovingSolution.subscribe(self._improved)
            made.cbMipUserSolution.subscribe(self._take_offer)
            made.cbMipGetCutPool.subscribe(self._root_ends)
            made.cbMipInterrupt.subscribe(self._ask)
        if heeds:
            made.cbSimplexInterrupt.subscribe(self._ask)
            made.cbIpmInterrupt.subscribe(self._ask)

    def _note(self, event: Any) -> None:
        self._watch.note(event)

    def _ask(self, event: Any) -> None:
        self._watch.ask(event)

    def _improved(self, event: Any) -> None:
        self._watch.note(event)
        out = event.data_out
        self._best = np.array(out.mip_solution, dtype=float)
        if self.on_incumbent is not None:
            self.on_incumbent(float(out.objective_function_value), self._best)

    # ------------------------------------------------------------------ solutions from elsewhere
    def offer(self, values: Floats) -> None:
        """Hand a solution to the search that runs, or else to the next one; from any thread.

        It is taken over before the search dives next, if it is better than the incumbent and holds within HiGHS's
        tolerances; otherwise nothing happens. Of several that wait, the best is kept.

        Parameters
        ----------
        values : ndarray
            A value for every column.
        """
        self._offers.put(float(self.arrays.cost @ values) + self.arrays.offset, values)

    def _take_offer(self, event: Any) -> None:
        """Give the search the solution that waits, if it is better than its incumbent."""
        self._watch.note(event)
        incumbent = event.data_out.mip_primal_bound
        self.dropped |= incumbent > self._given + _SAME * (1 + abs(self._given))
        if self.on_query is not None:
            self.on_query(float(event.data_out.mip_dual_bound))
        if self._unsafe:
            self._unsafe -= 1
            return
        offered = self._offers.take()
        if offered is not None and offered[0] < incumbent:
            self._given = min(self._given, offered[0])
            event.data_in.setSolution(offered[1])

    def _root_ends(self, event: Any) -> None:
        """Take note that the root's cuts are made, which HiGHS shows then.

        It crashes where a solution it takes over before the first dive leaves it no node to dive from (up to 1.16), so
        it is given none until then.
        """
        self._unsafe = _UNSAFE
