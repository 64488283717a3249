"""Instances from CSV text, and the same as linear programs."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd

from tests.oracle.tables import Frames

_BASE = {
    "accelerators": "accelerator,kw,reference\ngpu,1.2,1\ntpu,0.9,1.5",
    "throughput": "class,accelerator,factor\nserve,gpu,1\nserve,tpu,1.4\nstudy,gpu,0.8\ntrain,gpu,1\ntrain,tpu,1.2",
    "providers": (
        "provider,kind,group,tags\ncloud,hyperscaler,alpha,rival\nneo,neocloud,,\n"
        "sister,neocloud,alpha,investor;rival\nlab,tenant,,"
    ),
    "sites": "site,region,pue,availability\nnorth,europe,1.25,0.95\nsouth,america,1.1,",
}


def frames(text: dict[str, str], **head: Any) -> Frames:
    """Tables from CSV text, on top of common hardware, parties and sites; a blank text takes a table away."""
    tables = {name: table for name, table in (_BASE | text).items() if table}
    read = {name: pd.read_csv(io.StringIO(table), dtype=str, keep_default_na=False) for name, table in tables.items()}
    return {"instance": {"format": 1, "name": "case", "start": "2027-01", "months": 12} | head, **read}


def loosen(case: Frames) -> Frames:
    """Relax integer blocks and lots, and give spend commitments a certain start; runs stay as they are.

    The relaxation of a start that is free depends on how it is written.
    """
    integer = ("builds", "purchases", "contracts", "outlets")
    loose = {name: table.assign(integer="false") if name in integer else table for name, table in case.items()}
    if "commitments" in case:
        first = pd.Period(case["instance"]["start"], "M")
        last = str(first + int(case["instance"]["months"]) - 1)
        loose["commitments"] = _with_certain_starts(case["commitments"], str(first), last)
    return loose


def _with_certain_starts(table: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """Every spend commitment starts in its earliest month, unless that comes after the plan."""
    given = table["earliest"] if "earliest" in table else [first] * len(table)
    starts = [max(month, first) if isinstance(month, str) and month else first for month in given]
    required = ["true" if month <= last else "false" for month in starts]
    return table.assign(earliest=starts, latest=starts, required=required)
