"""Exchange of incumbents with HiGHS while it searches: those it finds, and external ones offered to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from optimizer.program.arrays import Floats
from optimizer.solver.highs_options import CallbackState
from optimizer.solver.incumbent_queue import IncumbentQueue
from optimizer.solver.persistent import PersistentModel

Incumbent = Callable[[float, Floats], None]  # objective and values of every column, in the program's units

_UNSAFE = 3  # solution callbacks between the last root cuts and the dive of the first node
_SAME = 1e-6  # relative, between the objective of an offered solution and that of the incumbent


class IncumbentExchange(PersistentModel):
    """Part of :class:`optimizer.solver.highs.Model` that HiGHS calls back while it searches."""

    def __init__(self) -> None:
        self.on_query: Callable[[float], None] | None = None
        self.on_incumbent: Incumbent | None = None
        self.dropped = False
        self._state = CallbackState()
        self._queue = IncumbentQueue()
        self._given = np.inf  # objective of the best solution passed to HiGHS
        self._best: Floats | None = None  # best solution that HiGHS found itself
        self._unsafe = 0  # remaining solution callbacks that must not pass a solution

    def _subscribe(self, made: Any, interruptible: bool) -> None:
        """Subscribe to the callbacks of HiGHS."""
        if self.arrays.integer.any():
            made.cbMipLogging.subscribe(self._note)
            made.cbMipImprovingSolution.subscribe(self._improved)
            made.cbMipUserSolution.subscribe(self._take_offer)
            made.cbMipGetCutPool.subscribe(self._root_ends)
            made.cbMipInterrupt.subscribe(self._interrupt_if_stopping)
        if interruptible:
            made.cbSimplexInterrupt.subscribe(self._interrupt_if_stopping)
            made.cbIpmInterrupt.subscribe(self._interrupt_if_stopping)

    def _note(self, event: Any) -> None:
        self._state.note(event)

    def _interrupt_if_stopping(self, event: Any) -> None:
        self._state.ask(event)

    def _improved(self, event: Any) -> None:
        self._state.note(event)
        out = event.data_out
        self._best = np.array(out.mip_solution, dtype=float)
        if self.on_incumbent is not None:
            self.on_incumbent(float(out.objective_function_value), self._best)

    def incumbents(self) -> list[Floats]:
        """Return the best solution that HiGHS has found itself, if there is one."""
        return [] if self._best is None else [self._best]

    # ------------------------------------------------------------------ external solutions
    def offer(self, values: Floats) -> None:
        """Offer a solution to the running search, or to the next one; callable from any thread.

        HiGHS accepts it before its next dive if it is better than the incumbent and feasible within tolerances;
        otherwise it is ignored. Of several waiting solutions, only the best is kept.

        Parameters
        ----------
        values : ndarray
            A value for every column.
        """
        self._queue.put(float(self.arrays.cost @ values) + self.arrays.offset, values)

    def _take_offer(self, event: Any) -> None:
        """Pass the waiting solution to HiGHS if it is better than the incumbent."""
        self._state.note(event)
        incumbent = event.data_out.mip_primal_bound
        self.dropped |= incumbent > self._given + _SAME * (1 + abs(self._given))
        if self.on_query is not None:
            self.on_query(float(event.data_out.mip_dual_bound))
        if self._unsafe:
            self._unsafe -= 1
            return
        offered = self._queue.take()
        if offered is not None and offered[0] < incumbent:
            self._given = min(self._given, offered[0])
            event.data_in.setSolution(offered[1])

    def _root_ends(self, event: Any) -> None:
        """Record that HiGHS has finished the root cuts.

        HiGHS (up to 1.16) crashes if a solution that it accepts before the first dive prunes every node, so no solution
        is passed until then.
        """
        self._unsafe = _UNSAFE
