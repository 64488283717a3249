"""Read a library call's source: a mapping of DataFrames, and tables of an instance as DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optimizer.errors import Fault
from optimizer.instance.name_suggestions import did_you_mean
from optimizer.instance.notes import Notes, is_comment, is_note
from optimizer.instance.raw import (
    Raw,
    RawTable,
    Speller,
    drop_unnamed,
    refuse_long,
    report_unknown,
    shown,
    take_comments,
    tidy,
)
from optimizer.schema import load_schema

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.instance.instance import Instance

HEAD_KEY = "instance"


def read_frames(frames: Mapping[Any, Any]) -> Raw:
    """Everything found in a mapping of DataFrames."""
    tables = load_schema().tables
    raw = Raw(source="the frames given", head_where=HEAD_KEY)
    for key, value in frames.items():
        name = str(key)
        if name == HEAD_KEY:
            _read_head(value, raw)
        elif name in tables:
            _read_table(name, value, raw)
        elif is_note(name):
            raw.notes[name] = _read_notes(value)
        else:
            report_unknown(raw, name, Speller().nearest(name, (*tables, HEAD_KEY)), frames)
    if HEAD_KEY not in frames and not raw.head_broken:
        problem = "is missing: a mapping with the name, start and months of the instance."
        raw.faults.append(Fault(where=HEAD_KEY, problem=problem))
        raw.head_broken = True
    return raw


def _is_frame(value: Any) -> bool:
    import pandas as pd

    return isinstance(value, pd.DataFrame)


def _read_head(value: Any, raw: Raw) -> None:
    """The head: a mapping, a Series, a frame of keys and values, or a frame of one row."""
    if _is_frame(value):
        columns = [_heading(column) for column in value.columns]
        records = [[_plain(cell) for cell in column] for column in _columns(value)]
        if sorted(column for column in columns if not is_note(column)) == ["key", "value"]:
            pairs = list(zip(records[columns.index("key")], records[columns.index("value")], strict=True))
        elif len(value) == 1:
            pairs = [(key or None, column[0]) for key, column in zip(columns, records, strict=True)]
        else:
            _refuse_head("expected the columns key and value, or one row.", raw)
            return
        _read_pairs(pairs, raw)
    elif isinstance(value, Mapping) or hasattr(value, "to_dict"):
        plain = value if isinstance(value, Mapping) else value.to_dict()
        raw.head = {str(key): _plain(cell) for key, cell in plain.items()}
    else:
        _refuse_head(f"expected a mapping or a DataFrame, found {type(value).__name__}.", raw)


def _read_pairs(pairs: list[tuple[Any, Any]], raw: Raw) -> None:
    """Keys and values of a frame; a pair of blanks does not count."""
    for key, value in pairs:
        if is_comment([key]):
            continue
        if key is None and value is not None:
            raw.faults.append(Fault(where=HEAD_KEY, value=shown(value), problem="a value without a key."))
        elif str(key) in raw.head:
            raw.faults.append(
                Fault(where=HEAD_KEY, column=shown(key), value=shown(key), problem="the key appears twice.")
            )
        elif key is not None:
            raw.head[str(key)] = value


def _read_notes(value: Any) -> Notes:
    """A frame of notes with its header, or whatever else stands in its place as text."""
    if not _is_frame(value):
        return Notes(((0, (str(value),)),))
    rows = [tuple(_heading(name) or None for name in value.columns)]
    rows += zip(*[[_plain(cell) for cell in column] for column in _columns(value)], strict=True)
    return Notes(tuple((0, cells) for cells in rows))


def _refuse_head(problem: str, raw: Raw) -> None:
    raw.faults.append(Fault(where=HEAD_KEY, problem=problem))
    raw.head_broken = True


def _columns(frame: pd.DataFrame) -> list[list[Any]]:
    return [frame.iloc[:, i].tolist() for i in range(frame.shape[1])]


def _read_table(name: str, value: Any, raw: Raw) -> None:
    if not _is_frame(value):
        found = type(value).__name__
        raw.faults.append(Fault(where=name, problem=f"expected a pandas DataFrame, found {found}."))
        raw.broken.add(name)
        return
    levels = [i for i, level in enumerate(value.index.names) if level is not None]
    header = [_heading(name) for name in (*(value.index.names[i] for i in levels), *value.columns)]
    columns = [value.index.get_level_values(i).tolist() for i in levels] + _columns(value)
    plain = [[_plain(cell) for cell in column] for column in columns]
    found_rows = enumerate(zip(*plain, strict=True), start=1)
    rows: list[tuple[int, Any]] = [(i, cells) for i, cells in found_rows if any(cell is not None for cell in cells)]
    raw.tables[name] = RawTable(name, name, header, rows, header_row=None)
    take_comments(raw.tables[name], raw)
    drop_unnamed(raw.tables[name], raw)
    refuse_long(raw.tables[name], raw)


def _heading(name: Any) -> str:
    """A column's name as text, blank for none."""
    found = _plain(name)
    return "" if found is None else str(tidy(str(found)))


def _plain(value: Any) -> Any:
    """A cell as a plain Python value; every kind of missing value is None."""
    if isinstance(value, str):
        return tidy(str(value))
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return None if value != value else float(value)
    if isinstance(value, list | tuple | set | frozenset):
        return (
            sorted(map(str, value)) if isinstance(value, set | frozenset) else [_plain(item) for item in value] or None
        )
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    """A scalar of pandas, numpy or the standard library as a plain Python value; others stay unchanged."""
    import decimal

    import numpy as np
    import pandas as pd

    if value is pd.NaT or value is pd.NA or (isinstance(value, np.datetime64 | np.timedelta64) and np.isnat(value)):
        return None
    if isinstance(value, np.datetime64 | pd.Period | pd.Timestamp):
        return _plain_date(value)
    if isinstance(value, np.ndarray | np.generic):
        plain = value.tolist()
        return _plain(plain) if isinstance(plain, bool | int | float | str | list) else value
    if isinstance(value, decimal.Decimal):
        return None if value.is_nan() else float(value)
    return value


def _plain_date(value: Any) -> Any:
    """A date of pandas or numpy as one of Python; as text if it is beyond those, or a period of several months."""
    import pandas as pd

    try:
        last = pd.Timestamp(value.end_time if isinstance(value, pd.Period) else value)
        first = pd.Timestamp(value.start_time if isinstance(value, pd.Period) else value)
        same = (first.year, first.month) == (last.year, last.month)
        return first.to_pydatetime(warn=False) if same else str(value)
    except (ValueError, OverflowError):
        return str(value)


def make_frame(instance: Instance, table: str) -> pd.DataFrame:
    """A table of an instance as a DataFrame with every column of the format."""
    import pandas as pd

    spec = load_schema().tables.get(table)
    if spec is None:
        raise KeyError(f"no table {table!r} in the format.{did_you_mean(table, load_schema().tables)}")
    rows = instance.rows[table]
    kinds = {"number": "float64", "integer": "int64", "flag": "bool"}
    columns = {}
    for column in spec.columns.values():
        values = [instance.cell(column, getattr(row, column.attribute)) for row in rows]
        kind = kinds.get(column.type, "object")
        blank = any(value is None for value in values)
        columns[column.name] = pd.Series(values, dtype="float64" if blank and kind == "int64" else kind)
    return pd.DataFrame(columns)
