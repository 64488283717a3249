"""What ``capopt new`` writes: a commented starter, a blank one, or a copy of an example, as a folder or a workbook."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from pathlib import Path
from typing import Any

from optimizer.errors import CapoptError
from optimizer.instance import reference, starter
from optimizer.instance.examples import find_example
from optimizer.instance.save import put_folder, refuse_other_files, toml_value
from optimizer.schema import Column, load_schema

HEAD_FILE = "instance.toml"
GUIDE_FILE = "README.md"
Rows = list[list[str]]  # header first


def create(target: Path, *, blank: bool = False, example: str = "") -> list[Path]:
    """Write a new instance.

    Parameters
    ----------
    target : Path
        Folder, or a workbook if it ends in ``.xlsx``; it must not exist, but for an empty folder.
    blank : bool
        Headers only, instead of the starter.
    example : str
        Name of a shipped example to copy, instead of the starter.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    CapoptError
        If ``target`` is there already, or a file in another format.
    InstanceError
        If there is no such example.
    """
    workbook = target.suffix.lower() == ".xlsx"
    refuse_existing(target)
    source = find_example(example) if example else None
    name = _slug(target.stem if workbook else target.resolve().name)
    if source:
        head, tables = _load(source)
    elif blank:
        head, tables = {"format": 1, "name": name}, _headers()
    else:
        head = {**starter.HEAD, "name": name}
        tables = {table: _parse(text) for table, text in starter.TABLES.items()}
    if workbook:
        from optimizer.instance.blank_workbook import write_workbook

        write_workbook(target, head, tables)
        return [target]
    if source:
        contents = {file.name: file.read_bytes() for file in source.iterdir() if file.is_file()}
    else:
        contents = {name: text.encode() for name, text in _texts(head, tables).items()}
    put_folder(target, contents)
    return [target / name for name in sorted(contents)]


def refuse_existing(target: Path) -> None:
    """Refuse a place for a new instance that holds something already, or is a file in another format.

    Raises
    ------
    CapoptError
        If it does.
    """
    refuse_other_files(target)
    workbook = target.suffix.lower() == ".xlsx"
    if target.exists() and (workbook or not target.is_dir()):
        raise CapoptError(f"{target} exists already; name a new one, or remove it first")
    if target.is_dir() and any(target.iterdir()):
        raise CapoptError(f"{target} is not empty; name a new folder")


def _slug(name: str) -> str:
    """A legal instance name from a folder's or workbook's."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "my-plan"


def _parse(text: str) -> Rows:
    return [row for row in csv.reader(io.StringIO(text.lstrip())) if row]


def _headers() -> dict[str, Rows]:
    """Every table of the format, without rows."""
    return {name: [list(table.columns)] for name, table in load_schema().tables.items()}


def _load(folder: Path) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Head and tables of an example, as they stand in its files."""
    head = tomllib.loads((folder / HEAD_FILE).read_text(encoding="utf-8"))
    paths = {name: folder / f"{name}.csv" for name in load_schema().tables}
    return head, {name: _parse(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.is_file()}


# ---------------------------------------------------------------- folder
def _texts(head: dict[str, Any], tables: dict[str, Rows]) -> dict[str, str]:
    """The files of a new folder by their names."""
    texts = {HEAD_FILE: head_text(head), GUIDE_FILE: guide_text(head["name"], tables)}
    for name, rows in tables.items():
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\n").writerows(rows)
        texts[f"{name}.csv"] = lines.getvalue()
    return texts


def head_text(head: dict[str, Any]) -> str:
    """``instance.toml`` with a comment on every key; required keys without a value get a blank to fill in."""
    lines = [
        "# Settings of the instance; its tables are the CSV files of this folder. README.md explains them.",
        "",
    ]
    for column in load_schema().head.columns.values():
        lines.append(f"# {_remark(column)}")
        value = head.get(column.name, "" if column.required else None)
        key = column.name if value is not None else f"# {column.name}"
        lines += [f"{key} = {toml_value(column.default if value is None else value)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def _remark(column: Column) -> str:
    limits, default = reference.limits_text(column), reference.default_text(column)
    example = ", such as 2027-01" if column.type == "month" else ""
    unit = f" [{column.unit}{f': {limits}' if limits else ''}]" if column.unit else f" [{limits}]" if limits else ""
    rest = "Required." if column.required else f"If left out: {default or 'blank'}."
    return f"{column.meaning.rstrip('.')}{example}{unit}. {rest}"


def guide_text(name: str, tables: dict[str, Rows]) -> str:
    """README.md of a new folder: how to go on, and every file and column."""
    schema = load_schema()
    there = ", ".join(f"`{table}.csv`" for table in tables)
    missing = [f"`{table}.csv`" for table in schema.tables if table not in tables]
    more = (
        f" Add any of {', '.join(missing)} where you need it; a file that is not there is an empty table."
        if missing
        else ""
    )
    return f"""\
# {name}

An instance of capacity planning. Put your own figures into `instance.toml` and the CSV files, with any editor or
spreadsheet, then run, from the folder above:

    capopt validate {name}
    capopt solve {name}

Here: `instance.toml`, {there}.{more}

## Conventions

{reference.CONVENTIONS}
## Files and columns

{reference.needs_text(schema)}

{reference.sections_text(schema)}"""
