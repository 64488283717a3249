"""What SCIP calls while it searches: it tells how the search goes on, and asks for solutions from elsewhere."""

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
    """Tells of rounds of presolve, linear programs, nodes and better solutions."""

    def __init__(self, search: Any) -> None:
        self.search = search

    def eventinit(self) -> None:
        """Ask to be told."""
        for kind in _EVENTS:
            self.model.catchEvent(kind, self)

    def eventexec(self, event: Any) -> None:
        """Tell the search."""
        better = event.getType() == EVENT.BESTSOLFOUND
        _heard(self.search, self.search.found if better else self.search.note)


class _Offered(Heur):
    """Tries solutions that come from elsewhere."""

    def __init__(self, search: Any) -> None:
        self.search = search

    def heurexec(self, timing: Any, infeasible: bool) -> dict[str, Any]:
        """Try what waits."""
        taken = _heard(self.search, lambda: self.search.take_offer(self))
        return {"result": RESULT.FOUNDSOL if taken else RESULT.DIDNOTFIND}


def include(model: Any, search: Any) -> None:
    """Let SCIP call a search (:class:`optimizer.solver.scip.Model`)."""
    model.includeEventhdlr(_Listener(search), "capopt", "tells how the search goes on")
    timing = TIMING.BEFORENODE | TIMING.DURINGLPLOOP
    model.includeHeur(_Offered(search), "offered", "solutions from elsewhere", "+", priority=_FIRST, timingmask=timing)


def _heard(search: Any, what: Callable[[], Any]) -> Any:
    """Do what SCIP calls for; an error, which SCIP would only print, ends the search and is raised by it."""
    try:
        return what()
    except Exception as error:  # noqa: BLE001 - raised by the search
        search.failure = error
        search.stop.set()
        return None
