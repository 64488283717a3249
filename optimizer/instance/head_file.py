"""The head of a folder, ``instance.toml``: its keys, and values that lack their quotation marks."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from optimizer.errors import Fault
from optimizer.instance.cell_number import BadValueError
from optimizer.instance.cell_value import convert
from optimizer.instance.month_reading import month_readings
from optimizer.instance.name_text import difference, skeleton
from optimizer.instance.notes import Notes, head_place
from optimizer.instance.raw import Unusable, shown
from optimizer.schema import Column, load_schema

HEAD_FILE = "instance.toml"
_BARE = re.compile(r"""[ \t]*([A-Za-z0-9_-]+)[ \t]*=[ \t]*([^"'\[{#\s][^#"']*?)[ \t]*(?:#.*)?""")
_KEY = re.compile(r"""[ \t]*["']?([A-Za-z0-9_-]+)["']?[ \t]*=[ \t]*(.*)""")
# A comment after a value of one line.
_AFTER = re.compile(r"""(?:(?P<mark>\"{3}|'{3}).*?(?P=mark)|"(?:\\.|[^"\\])*"|'[^']*'|[^"'#]*)[ \t]*(?P<comment>#.*)""")
_NUMERIC = ("number", "integer")


@dataclass
class HeadText:
    """The head as found.

    Attributes
    ----------
    values : dict
        Values by key.
    faults : list of Fault
        Lines that are not TOML. A value without quotation marks counts as if it had them.
    broken : bool
        Whether nothing could be read.
    """

    values: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    broken: bool = False


def parse_head(text: str) -> HeadText:
    """Read the text of the head; a value that only lacks quotation marks does not hide the rest."""
    lines, bare, found = text.replace("\r\n", "\n").split("\n"), {}, HeadText()
    for _ in range(len(lines) + 1):
        try:
            values = tomllib.loads("\n".join(lines))
        except tomllib.TOMLDecodeError as error:
            at = _line(error, lines)
            match = _BARE.fullmatch(lines[at - 1])
            if not match or match[1] in bare:
                return _broken(found, _syntax(error, lines[at - 1]), at)
            bare[match[1]] = _unquoted(match[1], match[2], at, found)
            lines[at - 1] = f'{match[1]} = ""'
        except RecursionError:
            return _broken(found, "it is nested too deeply.")
        except ValueError as error:
            return _broken(found, f"{error}.")
        else:
            found.values = {**values, **bare}
            break
    return found


def _broken(found: HeadText, why: str, row: int | None = None) -> HeadText:
    found.faults.append(Fault(HEAD_FILE, row, problem=f"is not valid TOML: {why}"))
    found.broken = True
    return found


def _line(error: tomllib.TOMLDecodeError, lines: list[str]) -> int:
    place = re.search(r"\(at line (\d+), column \d+\)", str(error))
    return int(place[1]) if place else len(lines)


def _syntax(error: tomllib.TOMLDecodeError, line: str) -> str:
    key = line.split("=", maxsplit=1)[0].strip()
    if not key.isascii() and skeleton(key) in load_schema().head.columns:
        return f"'{shown(key)}' is not a key. {difference(key, skeleton(key))}"
    problem = re.split(r"\(at (?:line|end)", str(error))[0].strip()
    return f"{problem[:1].lower()}{problem[1:]}."


def _unquoted(key: str, value: str, row: int, found: HeadText) -> Any:
    """Return the value of a line that lacks quotation marks; an invalid number is reported where numbers are read."""
    column = load_schema().head.columns.get(key, Column(key, "text", ""))
    if column.type in _NUMERIC:
        return value
    meant = _meant(value, column)
    problem = f'is not valid TOML: text and months stand in quotation marks. Write {key} = "{shown(meant)}".'
    found.faults.append(Fault(HEAD_FILE, row, key, shown(value), problem))
    try:
        convert(meant, column)
    except BadValueError:
        return Unusable()
    return meant


def _meant(value: str, column: Column) -> str:
    readings = month_readings(value) if column.type == "month" else []
    return readings[0][0] if len(readings) == 1 else "YYYY-MM" if column.type == "month" else value


# ---------------------------------------------------------------- comments
def head_notes(text: str) -> Notes:
    """Comments of the head, each before the key that follows it; one after a value goes before its key."""
    keys, rows, pending = tuple(load_schema().head.columns), [], list[str]()
    until = ""  # mark that ends a text of several lines
    for line in text.splitlines():
        if until:
            until, rest = ("", line.split(until)[-1].strip()) if until in line else (until, "")
            pending += [rest] if rest.startswith("#") else []
        elif line.strip().startswith("#"):
            pending.append(line.strip())
        elif match := _KEY.fullmatch(line):
            after = _AFTER.fullmatch(match[2])
            pending += [after["comment"]] if after else []
            rows += [(head_place(keys, match[1]), (comment,)) for comment in pending]
            pending, until = [], _open_mark(match[2])
    return Notes((*rows, *((len(keys), (comment,)) for comment in pending)))


def _open_mark(value: str) -> str:
    """Mark of a text that goes on in the next line, ``""`` if it does not."""
    marks = (mark for mark in ('"""', "'''") if value.startswith(mark) and mark not in value[3:])
    return next(marks, "")
