"""Result of a solver: stop reason, solution status, values, bound and duals; the options of a solve."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypedDict

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import PlanLike

SOLVERS = ("highs", "scip")

_LEAST_GRACE, _GRACE_SHARE = 0.2, 0.04


class Report(Protocol):
    """Callback of a search with incumbent, dual bound and nodes, in the program's units."""

    def __call__(
        self,
        incumbent: float | None,
        bound: float | None,
        nodes: int,
        source: str = ...,
        values: NDArray[np.float64] | None = ...,
        /,
    ) -> None:
        """Report progress; ``source`` names the origin of the incumbent, ``values`` are its columns, if available."""


class Stop(Enum):
    """Why the solver stopped."""

    GAP_REACHED = "gap_reached"
    TIME_LIMIT = "time_limit"
    INTERRUPTED = "interrupted"
    INFEASIBLE = "infeasible"
    WORK_LIMIT = "work_limit"  # of nodes or solutions, in searches that are part of a larger one


class SolutionStatus(Enum):
    """Quality of the solution when the solver stopped."""

    OPTIMAL = "optimal"  # a plan within the target gap
    FEASIBLE = "feasible"  # a plan with a larger gap
    NOTHING = "nothing"


@dataclass(frozen=True)
class Options:
    """How to solve.

    Attributes
    ----------
    gap : float
        Relative gap to prove between the plan's cost and the bound.
    time_limit : float
        Seconds for the solver.
    threads : int or None
        Threads; None lets the solver choose.
    seed : int
        Random seed.
    relax : bool
        Solve the linear relaxation: blocks and lots may be fractional.
    solver : {"highs", "scip"}
        HiGHS, or SCIP in one thread.
    """

    gap: float = 1e-3
    time_limit: float = 600.0
    threads: int | None = None
    seed: int = 0
    relax: bool = False
    solver: str = "highs"

    def __post_init__(self) -> None:
        """Reject invalid options."""
        checks = [
            (0 <= self.gap < np.inf, f"gap is {self.gap!r}; expected a share such as 0.001 for 0.1 %"),
            (self.time_limit >= 0, f"time_limit is {self.time_limit!r}; expected seconds, 0 or more"),
            (self.threads is None or self.threads >= 1, f"threads is {self.threads!r}; expected 1 or more"),
            (0 <= self.seed < 2**31, f"seed is {self.seed!r}; expected 0 to 2147483647"),
            (self.solver in SOLVERS, f"solver is {self.solver!r}; expected one of {', '.join(SOLVERS)}"),
        ]
        wrong = [message for right, message in checks if not right]
        if wrong:
            raise ValueError("; ".join(wrong))


class SolveOptions(TypedDict, total=False):
    """The attributes of :class:`Options` as keyword arguments of public functions."""

    gap: float
    time_limit: float
    threads: int | None
    seed: int
    relax: bool
    solver: str


def grace(limit: float) -> float:
    """Return the seconds that a step with a time limit gets beyond it: a share, and at least what a tick takes."""
    return max(_LEAST_GRACE, _GRACE_SHARE * limit)


@dataclass(frozen=True)
class Deadline:
    """Clock of a search and of all that follows it, on the clock of ``time.perf_counter()``.

    What follows a search (confirming infeasibility, finding a conflict, completing a plan) uses what is left of the
    time limit, and a :func:`grace`. A step that does not stop then is left another grace later, so that together they
    keep the time limit to 10 %, or to half a second if that is more.

    Attributes
    ----------
    until : float
        When the search must stop.
    finish : float
        When what follows must stop.
    latest : float
        When nothing is waited for any more.
    """

    until: float
    finish: float
    latest: float

    @classmethod
    def after(cls, limit: float) -> Deadline:
        """Start the clock of a time limit in seconds."""
        until, more = time.perf_counter() + limit, grace(limit)
        return cls(until, until + more, until + 2 * more)

    def left(self) -> float:
        """Return the seconds left for the search."""
        return max(self.until - time.perf_counter(), 0.0)

    def to_finish(self) -> float:
        """Return the seconds left for what follows the search."""
        return max(self.finish - time.perf_counter(), 0.0)


@dataclass(frozen=True)
class Progress:
    """Progress report of a running solve; money in the instance's currency.

    Attributes
    ----------
    phase : str
        Current step: read, build, compile, solve, extract or audit.
    elapsed : float
        Seconds since the solve began.
    incumbent, bound, gap : float or None
        Cost of the best plan so far, proven bound, relative gap between them.
    nodes : int
        Branch-and-bound nodes.
    source : str
        Origin of the incumbent.
    plan : callable or None
        Returns the plan of the incumbent, audited; None where that is not available. It can be called in any thread,
        also after the search; it takes the time of extracting a plan, during which a caller in the callback holds up
        the reports.
    done, tasks, workers : int
        Subproblems that are solved, of how many, by how many workers; 0 where the search is not divided.
    """

    phase: str
    elapsed: float
    incumbent: float | None = None
    bound: float | None = None
    gap: float | None = None
    nodes: int = 0
    source: str = ""
    plan: Callable[[], PlanLike] | None = field(default=None, repr=False, compare=False)
    done: int = 0
    tasks: int = 0
    workers: int = 0


@dataclass(frozen=True)
class Solution:
    """Values of the columns, stop reason, dual bound and duals, in the program's units."""

    stop: Stop
    status: SolutionStatus
    values: NDArray[np.float64] | None = None
    bound: float = -np.inf
    nodes: int = 0
    iterations: int = 0
    row_duals: NDArray[np.float64] | None = None  # cost per unit of each row's bound, with integers fixed
    column_duals: NDArray[np.float64] | None = None  # the same for each column's bound
    conflict: tuple[int, ...] = ()  # rows of an irreducible conflict
    conflict_columns: tuple[int, ...] = ()  # columns whose bounds are in it
    notes: tuple[str, ...] = field(default=())
