"""Reports as text, for snapshots: a page's markup, its charts, and the sheets of a workbook."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl

_CODE = re.compile(r"<(script|style)\b(?P<head>[^>]*)>(?P<code>.*?)</\1>", re.DOTALL)
_BLOCKS = r"(?=<(?:body|caption|details|div|figure|h\d|header|li|main|nav|p|section|summary|table|title|tr)\b)"
_PARTS = (
    r"(?=<(?:c:ser|c:title|c:cat|c:val|c:catAx|c:dateAx|c:valAx|c:legend|xdr:from|xdr:to|xdr:ext|"
    r"font|fill|border|xf|dxf|numFmt)\b)"
)


def markup(page: str) -> str:
    """Return the elements of a page, a block or a row of a table on a line, without its scripts and styles."""
    body = re.sub(r"<!--.*?-->", "", _CODE.sub("", page), flags=re.DOTALL)
    body = re.sub(r"\s+", " ", re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256", body))
    return re.sub(_BLOCKS, "\n", body)


def charts(page: str) -> str:
    """Return the charts of a page, a part of a layout or of a trace on a line."""
    return "\n".join(_lines("", drawn(page)))


def drawn(page: str) -> dict[str, Any]:
    """Return the data of the charts of a page."""
    data = next(match["code"] for match in _CODE.finditer(page) if "application/json" in match["head"])
    found: dict[str, Any] = json.loads(data)
    return found


def _lines(place: str, value: Any) -> Iterator[str]:
    text = json.dumps(value, ensure_ascii=False)
    parts = dict(enumerate(value)) if isinstance(value, list) else value
    if len(text) <= 300 or not any(isinstance(part, dict | list) for part in parts.values()):
        yield f"{place} {text}"
    else:
        for key, part in parts.items():
            yield from _lines(f"{place}.{key}", part)


def workbook(path: Path, full: tuple[str, ...] = ("summary", "by_month"), most: int = 5) -> str:
    """Return the sheets of a workbook, a row on a line, of most only the first rows; its charts and styles."""
    lines: list[str] = []
    for sheet in openpyxl.load_workbook(path):
        widths = {key: round(column.width, 2) for key, column in sheet.column_dimensions.items()}
        heights = {row: found.height for row, found in sheet.row_dimensions.items() if found.height is not None}
        lines += [f"[{sheet.title}] {sheet.dimensions}, frozen {sheet.freeze_panes}, widths {widths}"]
        lines += [f"heights {heights}, titles {sheet.print_title_rows}, printed {sheet.print_area or 'entirely'}"]
        rows = sheet.iter_rows(max_row=None if sheet.title in full else most)
        lines += [" | ".join(_cell(cell) for cell in row if cell.value is not None) for row in rows]
    with zipfile.ZipFile(path) as package:
        for name in sorted(package.namelist()):
            if re.fullmatch(r"xl/(charts/chart\d+|drawings/drawing\d+|styles)\.xml", name):
                lines += [f"[{name}]", re.sub(_PARTS, "\n", package.read(name).decode())]
    return "\n".join(line for line in lines if line)


def _cell(cell: Any) -> str:
    look = [cell.number_format] * (cell.number_format != "General") + [f"style {cell.style_id}"] * bool(cell.style_id)
    return f"{cell.coordinate} {cell.value}" + (f" ({', '.join(look)})" if look else "")
