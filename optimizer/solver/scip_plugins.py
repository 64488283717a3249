"""SCIP plugins: an event handler that reports progress, and a heuristic that adds external solutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyscipopt import Eventhdlr, Heur
from pyscipopt.scip import PY_SCIP_EVENTTYPE as EVENT
from pyscipopt.scip import PY_SCIP_HEURTIMING as TIMING
from pyscipopt.scip import PY_SCIP_RESULT as RESULT

_EVENTS = (
    EVENT.PRESOLVEROUND,
    EVENT.LPEVENT,
    EVENT.NODEEVENT,
    EVENT.BESTSOLFOUND,
)
_FIRST = 1_000_000  # priority among heuristics


class _Listener(Eventhdlr):
    """Report presolve rounds, linear programs, nodes and improving solutions."""

    def __init__(self, search: Any) -> None:
        self.search = search

    def eventinit(self) -> None:
        """Subscribe to the events."""
        for kind in _EVENTS:
            self.model.catchEvent(kind, self)

    def eventexec(self, event: Any) -> None:
        """Report the event to the search."""
        better = event.getType() == EVENT.BESTSOLFOUND
        _call(self.search, self.search.found if better else self.search.note)


class _Offered(Heur):
    """Add external solutions."""

    def __init__(self, search: Any) -> None:
        self.search = search

    def heurexec(self, timing: Any, infeasible: bool) -> dict[str, Any]:
        """Try the waiting solution."""
        taken = _call(self.search, lambda: self.search.take_offer(self))
        return {"result": RESULT.FOUNDSOL if taken else RESULT.DIDNOTFIND}


def include(model: Any, search: Any) -> None:
    """Add the plugins of a search (:class:`optimizer.solver.scip.Model`) to a model of SCIP."""
    model.includeEventhdlr(_Listener(search), "capopt", "reports progress")
    timing = TIMING.BEFORENODE | TIMING.DURINGLPLOOP
    model.includeHeur(_Offered(search), "offered", "external solutions", "+", priority=_FIRST, timingmask=timing)


def _call(search: Any, callback: Callable[[], Any]) -> Any:
    """Run a callback; an error, which SCIP would only print, stops the search, which raises it."""
    try:
        return callback()
    except Exception as error:  # noqa: BLE001 - raised by the search
        search.failure = error
        search.stop.set()
        return None
