"""The kinds of jobs: what each works on, and its options, named and limited as on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False, description="Seconds of one search.")]
Gap = Annotated[float, Field(ge=0, allow_inf_nan=False, description="Target gap, relative; 0.001 is 0.1 %.")]
Threads = Annotated[int | None, Field(ge=1, le=1024, description="Threads of the solver; by default it chooses.")]
Budget = Annotated[float, Field(ge=0, allow_inf_nan=False, description="Seconds in all.")]
Share = Annotated[float, Field(ge=0, lt=10, allow_inf_nan=False, description="Share of the cost, such as 0.01.")]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Texts = Annotated[list[Text], Field(max_length=1000)]


class JobOptions(BaseModel):
    """Options of a job; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid")


class Solve(JobOptions):
    """Options of ``capopt solve``."""

    gap: Gap = 0.001
    time_limit: Seconds = 600.0
    threads: Threads = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    relax: bool = False
    solver: Literal["highs", "scip"] = "highs"
    elastic: Annotated[bool, Field(description="If no plan meets all rules, plan with the cheapest repair.")] = False


class Explain(JobOptions):
    """Options of ``capopt explain``, of a plan or of an instance without one."""

    quick: bool = False
    offer: Texts = []
    budget: Budget = 60.0
    gap: Gap | None = None
    threads: Threads = None


class WhatIf(JobOptions):
    """Options of ``capopt whatif``."""

    set: Annotated[Texts, Field(description="`table.item.column=value`; `*=`, `+=` and `-=` too.")] = []
    delay: Annotated[Texts, Field(description="`table.item=months`.")] = []
    force: Texts = []
    forbid: Texts = []
    end: Texts = []
    gap: Gap | None = None
    time_limit: Seconds = 60.0
    threads: Threads = None


class Sweep(JobOptions):
    """Options of ``capopt whatif --sweep``: a cell, and its values."""

    cell: Annotated[Text, Field(description="`table.item.column`.")]
    values: Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=1, max_length=1000)]
    gap: Gap | None = None
    time_limit: Seconds = 60.0
    threads: Threads = None


class Simulate(JobOptions):
    """Options of ``capopt simulate``, of one plan."""

    draw: Annotated[int | None, Field(ge=1, le=100_000)] = None
    seed: Annotated[int | None, Field(ge=0)] = None
    gap: Gap = 0.01
    time_limit: Seconds = 60.0


class Audit(JobOptions):
    """An audit has no options."""


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Attributes
    ----------
    options : type
        Its options.
    subjects : tuple of str
        What it works on: ``instance``, ``plan`` or either.
    """

    options: type[JobOptions]
    subjects: tuple[str, ...]


KINDS = {
    "solve": Kind(Solve, ("instance",)),
    "explain": Kind(Explain, ("plan", "instance")),
    "whatif": Kind(WhatIf, ("plan",)),
    "sweep": Kind(Sweep, ("plan",)),
    "simulate": Kind(Simulate, ("plan",)),
    "audit": Kind(Audit, ("plan",)),
}
"""Kinds of jobs by their names; each has a function of its name in :mod:`optimizer.service.work`."""
