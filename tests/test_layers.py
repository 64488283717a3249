"""The order of the rooms: each imports only rooms that stand before it, at the top of a file or within a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import optimizer

PACKAGE = Path(optimizer.__file__).parent
# Modules of the package itself, then rooms. `auditing` needs nothing but the instance and the declarations; it stands
# before `plan`, which takes the holdings of agreements from it.
ORDER = (
    ("format", "errors", "schema", "cash_terms", "interruption", "versions", "exchange", "files", "carry", "folders"),
    ("instance", "generator", "auditing", "program", "solver", "plan"),
    ("solving", "workers", "uncertainty", "analysis", "report", "bench", "service", "cli"),
)
PLACE = {room: place for place, room in enumerate(room for rooms in ORDER for room in rooms)}


def imports() -> Iterator[tuple[str, str, str]]:
    """File, its room, and the room of each module of the package that it imports anywhere."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module == "optimizer":
                names = [f"optimizer.{alias.name}" for alias in node.names]
            for name in names:
                if name.startswith("optimizer.") and parts != ("__init__",):
                    yield str(path.relative_to(PACKAGE)), parts[0], name.split(".")[1]


def test_no_room_imports_a_later_one() -> None:
    """Tests every import of the package, lazy ones and those for types included."""
    found = [(path, other) for path, room, other in imports() if other in PLACE and PLACE[other] > PLACE[room]]
    assert found == []


def test_every_room_has_its_place() -> None:
    """Tests that the order names exactly the rooms and modules that there are."""
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert there - {"__init__"} == set(PLACE)


def test_the_audit_shares_no_code_with_the_program() -> None:
    """Tests that the audit imports the instance, the errors, the declarations and the format of numbers alone."""
    allowed = {"auditing", "instance", "errors", "format", "schema", "cash_terms"}
    assert {other for _, room, other in imports() if room == "auditing"} <= allowed


def test_the_service_uses_public_names_alone() -> None:
    """Tests that the service imports what any program could, what formats numbers, and the flags that end calls."""
    assert {other for _, room, other in imports() if room == "service"} <= {
        "service",
        "format",
        "interruption",
        *optimizer.__all__,
    }
