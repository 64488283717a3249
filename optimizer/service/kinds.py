"""The kinds of jobs: what each works on, and its options, named and limited as on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False, description="Seconds of one search.")]
Gap = Annotated[float, Field(ge=0, allow_inf_nan=False, description="Target gap, relative; 0.001 is 0.1 %.")]
Threads = Annotated[int | None, Field(ge=1, le=1024, description="Threads of the solver; by default it chooses.")]
Seed = Annotated[int, Field(ge=0, lt=2**31, description="Random seed of the solver.")]
Solver = Literal["highs", "scip"]
Budget = Annotated[float, Field(ge=0, allow_inf_nan=False, description="Seconds in all.")]
Share = Annotated[float, Field(ge=0, lt=10, allow_inf_nan=False, description="Share of the cost, such as 0.01.")]
Full = Annotated[bool, Field(description="No budget: examine everything, with `time_limit` for each search.")]
Text = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
JobId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Texts = Annotated[list[Text], Field(max_length=1000)]


class JobOptions(BaseModel):
    """Options of a job; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid")


class Solve(JobOptions):
    """Options of ``capopt solve``; ``start`` and ``near`` are jobs of the project that have plans."""

    gap: Gap = 0.001
    time_limit: Seconds = 600.0
    threads: Threads = None
    seed: Seed = 0
    relax: bool = False
    solver: Solver = "highs"
    elastic: Annotated[bool, Field(description="If no plan meets all rules, plan with the cheapest repair.")] = False
    start: Annotated[JobId | None, Field(description="The job whose plan the search begins with.")] = None
    near: Annotated[JobId | None, Field(description="The job whose plan is changed least.")] = None
    within: Annotated[Share, Field(description="With `near`: additional cost over the best plan at most.")] = 0.005


class Explain(JobOptions):
    """Options of ``capopt explain``, of a plan or of an instance without one."""

    quick: bool = False
    offer: Texts = []
    more: Annotated[bool, Field(description="Continue from the tables of an earlier explanation.")] = False
    tighten: Annotated[bool, Field(description="First search on for a tenth of the plan's gap.")] = False
    budget: Budget = 60.0
    full: Full = False
    gap: Gap | None = None
    time_limit: Seconds | None = None
    threads: Threads = None
    seed: Seed = 0
    relax: Annotated[bool, Field(description="Of an instance: allow fractional blocks and lots.")] = False
    solver: Annotated[Solver, Field(description="Of an instance.")] = "highs"


class _Edits(JobOptions):
    """Edits of an instance, and fixed decisions."""

    set: Annotated[Texts, Field(description="`table.item.column=value`; `*=`, `+=` and `-=` too.")] = []
    delay: Annotated[Texts, Field(description="`table.item=months`.")] = []
    force: Texts = []
    forbid: Texts = []
    end: Texts = []
    gap: Gap | None = None
    threads: Threads = None


class WhatIf(_Edits):
    """Options of ``capopt whatif``."""

    time_limit: Seconds = 60.0


class Sweep(_Edits):
    """Options of ``capopt whatif --sweep``: a cell, and its values."""

    cell: Annotated[Text, Field(description="`table.item.column`.")]
    values: Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=1, max_length=1000)]
    budget: Budget = 60.0
    full: Full = False
    time_limit: Seconds | None = None


class Alternatives(JobOptions):
    """Options of ``capopt alternatives``."""

    within: Annotated[Share, Field(gt=0, description="Additional cost of a near-optimal plan at most.")] = 0.01
    plans: Annotated[int, Field(ge=0, le=9, description="Number of distinct plans.")] = 2
    budget: Budget = 60.0
    full: Full = False
    time_limit: Seconds | None = None
    threads: Threads = None


class Simulate(JobOptions):
    """Options of ``capopt simulate``: ``others`` are jobs whose plans are examined in the same draws.

    ``instance`` is one whose risks come, ``names`` are those of the plans in the answer.
    """

    draw: Annotated[int | None, Field(ge=1, le=100_000)] = None
    seed: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    gap: Gap = 0.01
    time_limit: Seconds = 60.0
    others: Annotated[list[JobId], Field(max_length=20)] = []
    instance: Hash | None = None
    names: Annotated[list[Text], Field(max_length=21)] = []


class Decision(BaseModel):
    """A decision, as in a plan's table of decisions."""

    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    decision: Text
    item: Text
    blocks: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Audit(JobOptions):
    """Options of ``capopt audit``: decisions of one's own are checked and priced instead, in ``time_limit``."""

    decisions: Annotated[list[Decision] | None, Field(max_length=10_000)] = None
    gap: Gap | None = None
    time_limit: Seconds = 60.0
    threads: Threads = None


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Attributes
    ----------
    options : type
        Its options.
    subjects : tuple of str
        What it works on: ``instance``, ``plan`` or either.
    plans : tuple of str
        Options that name further jobs whose plans it needs.
    instances : tuple of str
        Options that name instances that it needs.
    """

    options: type[JobOptions]
    subjects: tuple[str, ...]
    plans: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()

    def further(self, options: JobOptions) -> dict[str, str]:
        """Return the jobs whose plans are needed in addition to the subject, by the folder of each."""
        found: dict[str, str] = {}
        for name in self.plans:
            value = getattr(options, name)
            found |= (
                {name: value} if isinstance(value, str) else {f"{name}-{i}": one for i, one in enumerate(value or ())}
            )
        return found


KINDS = {
    "solve": Kind(Solve, ("instance",), ("start", "near")),
    "explain": Kind(Explain, ("plan", "instance")),
    "whatif": Kind(WhatIf, ("plan",)),
    "sweep": Kind(Sweep, ("plan",)),
    "alternatives": Kind(Alternatives, ("plan",)),
    "simulate": Kind(Simulate, ("plan",), ("others",), ("instance",)),
    "audit": Kind(Audit, ("plan",)),
}
"""Kinds of jobs by their names; each has a function of its name in :mod:`optimizer.service.work`."""
