"""The measured table of ``instances/README.md``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optimizer.bench.runs import Result
from optimizer.errors import CapoptError
from optimizer.files import write_file
from optimizer.format import grouped, percent_figure

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
_HEAD = ("instance", "result", "objective", "bound", "gap", "target gap", "nodes", "solver s", "all s", "MB")
_LEFT = 2  # columns of words


def measured(results: Sequence[Result], record: Mapping[str, Any]) -> str:
    """Markdown: a row for each result, and below it machine, versions, options and date.

    Objectives and bounds are in the instance's money, in full: they repeat with the seed. Seconds and memory do not.
    """
    rules = ["---"] * _LEFT + ["---:"] * (len(_HEAD) - _LEFT)
    rows = [_row(_HEAD), _row(rules), *(_row(_cells(result)) for result in results)]
    return "\n".join([*rows, "", _about(record)])


def put_into(page: Path, text: str) -> None:
    """Put a text between the marks of a page.

    Raises
    ------
    CapoptError
        If the page cannot be read or lacks the marks.
    """
    old = read_page(page)
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    write_file(page, pattern.sub(lambda _: f"{BEGIN}\n{text}\n{END}", old))


def read_page(page: Path) -> str:
    """Text of a page that has the marks, each once and in their order; its errors are those of :func:`put_into`."""
    try:
        text = page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CapoptError(f"{page} cannot be read ({error}); name a text page for the table") from None
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise CapoptError(f"{page} lacks the marks {BEGIN} and {END}; put each of them once, where the table belongs")
    return text


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(result: Result) -> list[str]:
    nodes = result.solver.get("nodes")
    seconds = [result.seconds.get(name) for name in ("solve", "process")]
    return [
        result.instance,
        "wrong" if result.problems else result.status,
        *(
            "" if amount is None else grouped(amount, 2).replace("-", "−")
            for amount in (result.objective, result.bound)
        ),
        "" if result.gap is None else percent_figure(result.gap, 4),
        "" if result.asked_gap is None else f"{100 * result.asked_gap:g}%",
        "" if nodes is None else grouped(nodes),
        *("" if second is None else grouped(second, 1) for second in seconds),
        "" if result.memory_mb is None else grouped(result.memory_mb),
    ]


def _about(record: Mapping[str, Any]) -> str:
    machine, options, versions = record["machine"], record["options"], record["versions"]
    threads = "its own choice of" if options["threads"] is None else options["threads"]
    tools = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}; {tools}; "
        f"solver {options['solver']}, {threads} threads, seed {options['seed']}, at most {options['time_limit']:g} s; "
        f"{record['when'][:10]}."
    )
