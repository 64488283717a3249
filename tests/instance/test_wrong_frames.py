"""Mappings of DataFrames with a fault: each is reported once, with table, row and column."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.instance.check_names import _report_missing
from tests.instance import edits
from tests.instance.fault_texts import fault_texts
from tests.instance.sample import HEAD, sample


def _number(value: Any, found: str) -> tuple[Callable[[edits.Frames], Any], list[str]]:
    """A wrong number."""
    return edits.fill("fleet", "count", value), [f"fleet, row 1, column count: expected {found}"]


def _month(value: Any, found: str) -> tuple[Callable[[edits.Frames], Any], list[str]]:
    """A wrong month."""
    return edits.fill("fleet", "until", value), [f"fleet, row 1, column until: expected a month YYYY-MM, found {found}"]


def _table(value: Any, kind: str) -> tuple[Callable[[edits.Frames], Any], list[str]]:
    """Something that is no table."""
    return edits.put("sites", value), [f"sites: expected a pandas DataFrame, found {kind}."]


def _head(value: Any, *faults: str) -> tuple[Callable[[edits.Frames], Any], list[str]]:
    """A wrong head."""
    return edits.put("instance", value), [f"instance{fault}" for fault in faults]


MOST = "a finite number of at most 1e+18, found"
MISSING = [f", column {key}: the required key is missing." for key in ("format", "name", "start", "months")]
PAIRS = ": expected the columns key and value, or one row."

WRONG: dict[str, tuple[Callable[[edits.Frames], Any], list[str]]] = {
    "infinity": _number(np.inf, f"{MOST} 'inf'."),
    "endless integer": _number(10**400, f"{MOST} '1{'0' * 76}...'."),
    "large decimal": _number(Decimal("1e30"), f"{MOST} '1e+30'."),
    "flag for a number": _number(np.True_, "a number, found 'true'."),
    "list for a number": _number([4000], "a number, found '[4000]'."),
    "complex number": _number(4000 + 1j, "a number, found '(4000+1j)'."),
    "duration": _number(pd.Timedelta(1, "D"), "a number, found '1 days 00:00:00'."),
    "bytes": _number(b"40", "a number, found 'b'40''."),
    "number for a month": _month(202706, "'202706'. Did you mean '2027-06'?"),
    "quarter": _month(pd.Period("2027Q2", "Q"), "'2027Q2'."),
    "year": _month(pd.Period("2027", "Y"), "'2027'."),
    "month of long ago": _month(pd.Timestamp("1700-06-01"), "'1700-06-01'."),
    "month far away": _month(np.datetime64("99999-06"), "'99999-06'."),
    "part of an integer": (
        edits.fill("builds", "lead_months", 2.5, 12),
        ["builds, row 1, column lead_months: expected an integer, found '2.5'."],
    ),
    "missing value": (
        edits.fill("fleet", "count", Decimal("sNaN")),
        ["fleet, row 1, column count: a required value is missing."],
    ),
    "list for a name": (
        edits.fill("workloads", "class", ["serve"], "train"),
        ["workloads, row 1, column class: expected text, found '['serve']'."],
    ),
    "table of lists": _table(sample()["sites"], "list"),
    "table of columns": _table({"site": ["north"]}, "dict"),
    "series": _table(pd.Series([1]), "Series"),
    "nothing": _table(None, "NoneType"),
    "columns that are numbers": (
        edits.make("sites", lambda f: f.rename(columns={"availability": 3})),
        ["sites, column 3: no such column in the format. If it contains notes, begin its name with notes."],
    ),
    "column misspelt": (
        edits.axis("demand", "workload", "month", "amounts"),
        ["demand, column amounts: no such column in the format. Did you mean 'amount'?"],
    ),
    "column twice": (
        edits.axis("sites", "site", "region", "pue", "pue"),
        ["sites, column pue: the column appears twice in the header."],
    ),
    "index and column": (
        edits.make("sites", lambda f: f.set_index("site", drop=False)),
        ["sites, column site: the column appears twice in the header."],
    ),
    **{
        f"column {name!r}": (
            edits.axis("sites", "site", "region", name, "availability"),
            ["sites, row 1: a column without a name contains values."],
        )
        for name in (None, float("nan"), "", " ")
    },
    "no columns": (
        edits.put("power", pd.DataFrame()),
        [f"power, column {name}: the required column is missing." for name in ("site", "month", "mw")],
    ),
    "no rows": (
        edits.make("sites", lambda f: f.iloc[:0]),
        ["sites: is missing or has no rows, but 7 cells name something in it: first 'north' in power row 1."],
    ),
    "row after blank ones": (
        edits.make("sites", lambda f: f.assign(pue=["1.2", "x"]).reindex([5, 0, 6, 1])),
        ["sites, row 4, column pue: expected a number, found 'x'."],
    ),
    "long cell": (
        edits.fill("accelerators", "vendor", "x" * 32_768, None),
        ["accelerators, row 1, column vendor: a cell can hold 32,767 characters; this one has 32,768."],
    ),
    "table misspelt": (
        edits.rename("contracts", "contract"),
        ["contract: no such table in the format. Did you mean 'contracts'?"],
    ),
    "table of no name": (
        edits.put(3, pd.DataFrame()),
        ["3: no such table in the format. If it contains notes, begin its name with notes."],
    ),
    "no head": (
        lambda frames: frames.pop("instance"),
        ["instance: is missing: a mapping with the name, start and months of the instance."],
    ),
    "head misspelt": (
        edits.rename("instance", "Instance"),
        ["Instance: no such table in the format. Did you mean 'instance'?"],
    ),
    "head as a list": _head([], ": expected a mapping or a DataFrame, found list."),
    "head as nothing": _head(None, ": expected a mapping or a DataFrame, found NoneType."),
    "head of two rows": _head(pd.DataFrame([HEAD, HEAD]), PAIRS),
    "head of no rows": _head(pd.DataFrame(), PAIRS),
    "head empty": _head({}, *MISSING),
    "head with a key twice": _head(
        pd.DataFrame({"key": [*HEAD, "months"], "value": [*HEAD.values(), 12]}),
        ", column months: the key appears twice.",
    ),
    "head with a value alone": _head(
        pd.DataFrame({"key": [*HEAD, None], "value": [*HEAD.values(), 12]}), ": a value without a key."
    ),
    "head with a blank": _head({**HEAD, "months": pd.NA}, ", column months: the required key has no value."),
    "head with a list": _head({**HEAD, "months": [24]}, ", column months: expected an integer, found '[24]'."),
    "head with a key that is a number": _head({**HEAD, 1: 2}, ", column 1: no such key in the format."),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_frames_are_told(case: str) -> None:
    """Tests that what cannot be read is reported with table, row and column, once."""
    edit, expected = WRONG[case]
    frames = edits.frames()
    edit(frames)
    assert fault_texts(frames) == expected


def test_nothing_at_all() -> None:
    """Tests that an empty mapping is asked for all that is needed."""
    assert fault_texts({}) == [
        "instance: is missing: a mapping with the name, start and months of the instance.",
        "accelerators: is missing or has no rows.",
        "sites: none of sites, contracts, on_demand has rows; at least one of them must have rows.",
        "workloads: none of workloads, training_runs has rows; at least one of them must have rows.",
    ]


@pytest.mark.parametrize(
    ("tables", "cells", "text"),
    [
        (("a",), 1, "a: is missing or has no rows, but one cell names something in it: first 'neo' in rows row 3."),
        (("a",), 2, "a: is missing or has no rows, but 2 cells name something in it: first 'neo' in rows row 3."),
        (
            ("a", "b", "c"),
            1,
            "a: is missing or has no rows (nor have b, c), but one cell names something in it: "
            "first 'neo' in rows row 3.",
        ),
    ],
)
def test_a_missing_table_is_reported_once(tables: tuple[str, ...], cells: int, text: str) -> None:
    """Tests the sentence for one cell and for several, and for names that other tables could have too."""
    data: Any = SimpleNamespace(missing=set(), faults=[], where=lambda name: name)
    row: Any = (SimpleNamespace(spec=SimpleNamespace(name="rows")), SimpleNamespace(row=3), "neo")
    _report_missing(data, tables, [row] * cells)
    assert [str(fault) for fault in data.faults] == [text]
    assert data.missing == set(tables)
    _report_missing(data, tables, [])
    assert len(data.faults) == 1
