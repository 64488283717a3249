"""The sample as a mapping of DataFrames, and edits of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from tests.instance.sample import HEAD, Tables, sample

Frames = dict[Any, Any]


def frames(tables: Tables | None = None) -> Frames:
    """Tables, or those of the sample, as DataFrames."""
    found = {name: pd.DataFrame(rows[1:], columns=rows[0]) for name, rows in (tables or sample()).items()}
    return {"instance": dict(HEAD), **found}


def fill(table: str, column: str, *values: Any) -> Callable[[Frames], None]:
    """Sets a column, whatever its values are."""

    def edit(frames: Frames) -> None:
        frames[table][column] = pd.Series(list(values), dtype=object)

    return edit


def put(key: Any, value: Any) -> Callable[[Frames], None]:
    """Puts something in the place of a table, None takes it out."""

    def edit(frames: Frames) -> None:
        frames[key] = value

    return edit


def make(table: str, change: Callable[[pd.DataFrame], Any]) -> Callable[[Frames], None]:
    def edit(frames: Frames) -> None:
        frames[table] = change(frames[table])

    return edit


def axis(table: str, *names: Any) -> Callable[[Frames], None]:
    """Gives a table other columns."""
    return make(table, lambda frame: frame.set_axis(list(names), axis=1))


def rename(before: str, after: Any) -> Callable[[Frames], None]:
    def edit(frames: Frames) -> None:
        frames[after] = frames.pop(before)

    return edit
