"""An instance saved over an earlier one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import optimizer
from optimizer import files
from optimizer.instance.instance import Instance
from optimizer.instance.read import read
from optimizer.instance.save import _can_be_exchanged
from tests.instance.sample import put, sample, write_folder
from tests.program.tiny import frames

LEASE: dict[str, Any] = {
    "contracts": [{"price": 100, "term_months": 1}],
    "on_demand": [{"price": 9, "max_accelerators": 50}],
}


def instance(**tables: Any) -> Instance:
    return optimizer.read(frames(2, {"jobs": [10]}, **tables))


@pytest.mark.parametrize("extra", ["notes.txt", "drafts/notes.txt"])
def test_a_table_that_is_gone_does_not_come_back(tmp_path: Path, extra: str) -> None:
    """Tests that saving over a folder leaves no contract of the earlier instance, and the planner's files."""
    folder = tmp_path / "mine"
    instance(**LEASE).save(folder)
    assert optimizer.read(folder).rows["contracts"]
    (folder / extra).parent.mkdir(exist_ok=True)
    (folder / extra).write_text("agreed", encoding="utf-8")
    without = instance(on_demand=LEASE["on_demand"])
    without.save(folder)
    assert optimizer.read(folder) == without
    assert not optimizer.read(folder).rows["contracts"]
    assert not (folder / "contracts.csv").exists()
    assert (folder / extra).read_text(encoding="utf-8") == "agreed"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_working_folder_is_written_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that who works in the folder of an instance stays in it, and that no table is left over there either."""
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    instance(**LEASE).save(".")
    without = instance(on_demand=LEASE["on_demand"])
    without.save(".")
    assert Path.cwd().stat().st_ino == before
    assert optimizer.read(".") == without


@pytest.mark.parametrize(
    ("entries", "can"),
    [(["instance.toml"], True), (["instance.toml", "drafts/"], False), (["notes.txt"], False), (["drafts/"], False)],
)
def test_folders_that_are_replaced_at_once(tmp_path: Path, entries: list[str], can: bool) -> None:
    """Tests that only the folder of an instance without folders in it is replaced as one."""
    for entry in entries:
        (tmp_path / entry).mkdir() if entry.endswith("/") else (tmp_path / entry).touch()
    assert _can_be_exchanged(tmp_path) == can


@pytest.mark.parametrize("target", ["mine", "mine.xlsx"])
def test_what_cannot_be_written_leaves_the_earlier_instance(
    tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that an instance is never a mix of two: a disk that is full at the third file leaves the earlier one."""
    first = instance(**LEASE)
    first.save(tmp_path / target)
    real, written = files.write_new, []

    def full(path: Path, data: bytes) -> None:
        written.append(path)
        if len(written) > (2 if target == "mine" else 0):
            raise OSError(28, "No space left on device", str(path))
        real(path, data)

    monkeypatch.setattr(files, "write_new", full)
    with pytest.raises(OSError, match="No space left on device"):
        instance(on_demand=LEASE["on_demand"]).save(tmp_path / target)
    monkeypatch.undo()
    assert optimizer.read(tmp_path / target) == first
    assert [path.name for path in tmp_path.iterdir()] == [target]


@pytest.mark.parametrize("mark", ["=", "+", "-", "@"])
def test_text_that_looks_like_a_formula_is_marked_as_text(tmp_path: Path, mark: str) -> None:
    """Tests that a spreadsheet program takes such a text for text when its cell is edited, and no other."""
    tables = sample()
    for row, text in ((2, f"{mark}1{mark}1"), (3, f"1{mark}1")):
        put(tables, "accelerators", row, "vendor", text)
    path = tmp_path / "mine.xlsx"
    read(write_folder(tmp_path / "mine", tables)).save(path)
    column = tables["accelerators"][0].index("vendor") + 1
    cells = [load_workbook(path)["accelerators"].cell(row, column) for row in (2, 3)]
    assert [(cell.value, cell.data_type, bool(cell.quotePrefix)) for cell in cells] == [
        (f"{mark}1{mark}1", "s", True),
        (f"1{mark}1", "s", False),
    ]
