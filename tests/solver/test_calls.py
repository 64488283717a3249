"""The list of highspy's calls is that of the code, and those that keep Python's lock are where they may be."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import highspy

import optimizer
from optimizer.solver import highs_calls

ROOM = Path(optimizer.__file__).parent
OTHERS = {"solve", "optimize"}  # of our own models and of SCIP's, which highspy has too


def called() -> dict[str, set[str]]:
    """Methods of highspy that modules around it name, be it to call them or to hand them on, with these modules."""
    names = {name for name in dir(highspy.Highs) if not name.startswith("_")} - OTHERS
    found = defaultdict(set)
    for path in ROOM.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "highspy" not in text and "SilentHighs" not in text and "_highs" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and node.attr in names and not _is_module(node.value):
                found[node.attr].add(str(path.relative_to(ROOM)))
    return found


def _is_module(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id in ("search", "scip", "race", "engines", "math", "np", "subprocess")


def test_every_call_of_highspy_is_listed() -> None:
    """Tests that nothing is called of which it is not known whether it keeps the lock, and that all of it is called."""
    lists = (
        highs_calls.SOLVES_WITHOUT_LOCK,
        highs_calls.SOLVES_WITH_LOCK,
        highs_calls.READS,
        highs_calls.CHANGES,
        highs_calls.ENDS_THREADS,
    )
    callbacks = {name for name in called() if name.startswith("cb")} | {"callbacks"}
    assert {name for one in lists for name in one} == set(called()) - callbacks


def test_what_solves_with_the_lock_is_in_the_process_alone() -> None:
    """Tests that no module of this process can wait for the lock that it keeps."""
    for name in highs_calls.SOLVES_WITH_LOCK:
        assert called()[name] == {"solver/highs_process_main.py"}


def test_the_process_has_no_callbacks() -> None:
    """Tests that the process turns callbacks off, and registers none."""
    text = (ROOM / "solver" / "highs_process_main.py").read_text(encoding="utf-8")
    assert "setCallback(None, None)" in text
    assert "subscribe" not in text
