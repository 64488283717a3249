"""Mappings of DataFrames: what is read the same as a folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.instance.read import read
from tests.instance import edits
from tests.instance.sample import HEAD, sample, write_folder

BLANKS = [None, float("nan"), np.float32("nan"), pd.NaT, pd.NA, np.datetime64("NaT"), np.timedelta64("NaT")]


SAME: dict[str, Callable[[edits.Frames], Any]] = {
    **{f"blank {value!r}": edits.fill("sites", "pue", "1.2", value) for value in (*BLANKS, Decimal("NaN"), "", " ")},
    **{
        f"number {type(value).__name__}": edits.fill("fleet", "count", value)
        for value in (4000, 4000.0, "4_000", np.int16(4000), np.float32(4000), np.array(4000), Decimal(4000))
    },
    **{
        f"month {value!r}": edits.fill("fleet", "until", value)
        for value in (
            pd.Period("2027-06", "M"),
            pd.Period("2027-06-30", "D"),
            pd.Timestamp("2027-06-30 23:59"),
            pd.Timestamp("2027-06-15 23:59", tz="Asia/Tokyo"),
            pd.Timestamp("2027-06-01", tz="Europe/Berlin"),
            np.datetime64("2027-06"),
            date(2027, 6, 1),
        )
    },
    "numpy flags": edits.fill("contracts", "sublease", np.True_, np.False_, None, None),
    "lists": edits.fill("workloads", "regions", ["europe", "america"], []),
    "tuples and arrays": edits.fill("workloads", "regions", ("europe", "america"), np.array([])),
    "list of numbers": edits.fill("training_runs", "sizes", [1000, np.int64(2000)]),
    "column of periods": edits.make("demand", lambda f: f.assign(month=pd.PeriodIndex(f.month, freq="M"))),
    "column of dates": edits.make("demand", lambda f: f.assign(month=pd.to_datetime(f["month"]))),
    "column of numbers": edits.make("demand", lambda f: f.assign(amount=f["amount"].astype("int32"))),
    "column of nullable numbers": edits.make("sites", lambda f: f.assign(pue=pd.array([1.2, None], "Float64"))),
    "column of categories": edits.make("demand", lambda f: f.astype({"workload": "category"})),
    "column of strings": edits.make("demand", lambda f: f.astype("string")),
    "named index": edits.make("sites", lambda f: f.set_index("site")),
    "index of two names": edits.make("demand", lambda f: f.set_index(["workload", "month"])),
    "any other index": edits.make("demand", lambda f: f.set_axis([7, 7, 7])),
    "rows in another order": edits.make("demand", lambda f: f.iloc[::-1]),
    "columns in another order": edits.make("demand", lambda f: f.iloc[:, ::-1]),
    "blanks around columns": edits.axis("demand", "workload", " month", "amount "),
    "blank rows": edits.make("sites", lambda f: f.reindex([5, 0, 6, 1])),
    "column without a name and content": edits.make("sites", lambda f: f.assign(**{"": None})),
    "head as a series": edits.put("instance", pd.Series(HEAD)),
    "head as a row": edits.put("instance", pd.DataFrame([HEAD])),
    "head as keys and values": edits.put(
        "instance", pd.DataFrame({"value": [*HEAD.values(), None], "key": [*HEAD, None]})
    ),
    "head of scalars": edits.put("instance", {**HEAD, "start": pd.Timestamp("2026-01-15"), "months": np.int64(24)}),
    "head with blanks": edits.put(
        "instance", {**HEAD, "title": pd.NA, "currency": None, "discount_rate": float("nan")}
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_another_form_is_read_the_same(tmp_path: Path, case: str) -> None:
    """Tests that kinds of blanks, numbers, months, columns and heads make no difference."""
    frames = edits.frames()
    SAME[case](frames)
    assert read(frames) == read(write_folder(tmp_path, sample()))


def test_frames_given_are_not_changed() -> None:
    """Tests that reading leaves the caller's frames as they are."""
    frames, before = edits.frames(), edits.frames()
    read(frames)
    assert frames["instance"] == before["instance"]
    assert all(frames[name].equals(before[name]) for name in sample())
