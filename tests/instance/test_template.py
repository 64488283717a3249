"""What ``capopt new`` writes can be read, validated and solved."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from optimizer.errors import CapoptError, InstanceError
from optimizer.generator import create_random
from optimizer.instance import starter
from optimizer.instance.examples import example_names, find_example, find_instance
from optimizer.instance.read import read
from optimizer.instance.template import create, guide_text, head_text, refuse_existing
from optimizer.schema import load_schema


@pytest.mark.parametrize("name", ["plan", "plan.xlsx"])
def test_starter_is_valid_in_both_carriers(tmp_path: Path, name: str) -> None:
    """Tests that a starter has neither faults nor warnings, and the rows it was written with."""
    create(tmp_path / name)
    instance = read(tmp_path / name)
    assert instance.warnings == ()
    found = {
        key: getattr(instance.head, key) for key in ("name", "start", "months", "discount_rate", "hours_per_month")
    }
    assert found == {"name": "plan", "start": "2027-01", "months": 24, "discount_rate": 0.08, "hours_per_month": 730}
    # The header is one line of each table.
    expected = {table: len(text.strip().splitlines()) - 1 for table, text in starter.TABLES.items()}
    assert {table: len(rows) for table, rows in instance.rows.items() if rows} == expected


def test_carriers_of_the_starter_say_the_same(tmp_path: Path) -> None:
    """Tests that folder and workbook hold the same content."""
    create(tmp_path / "plan")
    create(tmp_path / "plan.xlsx")
    assert read(tmp_path / "plan").hash == read(tmp_path / "plan.xlsx").hash


@pytest.mark.parametrize("name", ["empty", "empty.xlsx"])
def test_blank_asks_for_what_is_needed(tmp_path: Path, name: str) -> None:
    """Tests that a blank instance has every table, and faults only on what must be filled in."""
    create(tmp_path / name, blank=True)
    with pytest.raises(InstanceError) as caught:
        read(tmp_path / name)
    places = {(fault.where.removesuffix(".csv").removesuffix(".toml"), fault.column) for fault in caught.value.faults}
    # Start and months of the head, accelerators, one supply table, one demand table.
    tables = {("accelerators", ""), ("sites", ""), ("workloads", "")}
    assert places == {("instance", "start"), ("instance", "months")} | tables


def test_blank_folder_has_every_table(tmp_path: Path) -> None:
    """Tests that a blank folder has a header for every column of every table."""
    create(tmp_path / "empty", blank=True)
    for name, table in load_schema().tables.items():
        assert (tmp_path / "empty" / f"{name}.csv").read_text().strip() == ",".join(table.columns)


@pytest.mark.parametrize("example", example_names())
def test_copies_of_examples_say_the_same(tmp_path: Path, example: str) -> None:
    """Tests that an example copied to a folder and to a workbook keeps its content."""
    content = read(find_example(example)).hash
    create(tmp_path / "copy", example=example)
    create(tmp_path / "copy.xlsx", example=example)
    assert read(tmp_path / "copy").hash == content
    assert read(tmp_path / "copy.xlsx").hash == content


def test_workbook_helps_to_fill_it_in(tmp_path: Path) -> None:
    """Tests that a workbook has an index, a note on every header, and lists for every choice and flag."""
    create(tmp_path / "plan.xlsx")
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    tables = load_schema().tables
    assert book.sheetnames == ["index", "instance", *tables]
    for name, table in tables.items():
        sheet = book[name]
        assert [cell.value for cell in sheet[1]] == list(table.columns)
        assert all(cell.comment for cell in sheet[1])
        listed = {str(rule.sqref).split("2:")[0] for rule in sheet.data_validations.dataValidation}
        chosen = {cell.column_letter for cell in sheet[1] if table.columns[cell.value].type in ("choice", "flag")}
        assert chosen <= listed


def test_head_tells_every_key() -> None:
    """Tests that instance.toml names every key, in comments at least, and is valid TOML with any text."""
    head = {**starter.HEAD, "title": 'A "quoted" \\ title\nof two lines'}
    text = head_text(head)
    assert tomllib.loads(text)["title"] == head["title"]
    assert all(f"{key} = " in text for key in load_schema().head.columns)


def test_the_head_of_a_new_folder(snapshot: Callable[[str], None]) -> None:
    """Tests the comment on every key, keys with a value, required ones without, and those at their defaults."""
    snapshot(head_text({"format": 1, "name": "mine", "months": 36, "discount_rate": 0.085}))


def test_the_first_part_of_the_guide(snapshot: Callable[[str], None]) -> None:
    """Tests what the README.md of a new folder says before the format: the files that are there, and all others."""
    guide = guide_text("mine", {"accelerators": [], "sites": []})
    snapshot(guide.partition("## Conventions")[0])
    every = guide_text("mine", {name: [] for name in load_schema().tables})
    assert "Add any of" not in every
    assert guide.partition("## Conventions")[2] == every.partition("## Conventions")[2]


@pytest.mark.parametrize(
    ("folder", "name"),
    [("Größe 2027", "gr-e-2027"), ("...", "my-plan"), ("A-B_c", "a-b-c"), ("--mine--", "mine"), ("Plan 7", "plan-7")],
)
def test_the_name_of_a_new_instance(tmp_path: Path, folder: str, name: str) -> None:
    """Tests that the name in the head is that of the folder, as far as it is legal."""
    written = create(tmp_path / folder)
    assert written == sorted((tmp_path / folder).iterdir())
    assert tomllib.loads((tmp_path / folder / "instance.toml").read_text(encoding="utf-8"))["name"] == name


def test_guide_tells_every_column() -> None:
    """Tests that the README.md of a new folder names every table and column."""
    text = guide_text("plan", {"accelerators": []})
    for name, table in load_schema().tables.items():
        assert f"### {name}\n" in text
        assert all(f"| `{column}` | " in text for column in table.columns)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Tests that a workbook that exists, a file, and a folder that is not empty are refused."""
    (tmp_path / "there.xlsx").write_bytes(b"mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    for name in ("there.xlsx", "full", "full/notes.txt"):
        with pytest.raises(CapoptError, match=r"exists already|is not empty"):
            create(tmp_path / name)
    assert (tmp_path / "there.xlsx").read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["mine.xls", "mine.ods", "mine.CSV"])
def test_files_in_other_formats_are_refused(tmp_path: Path, name: str) -> None:
    """Tests that no folder is written under the name of a file, and that the message says what can be written."""
    instance = read(find_example("first-steps"))
    for write in (create, lambda target: create_random(target, 0, "tiny"), instance.save, refuse_existing):
        with pytest.raises(
            CapoptError, match=rf"{name}: .* not supported; name a workbook that ends in .xlsx, or a fol"
        ):
            write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    assert (instance.save(tmp_path / "v1.2") / "instance.toml").is_file()


def test_instances_are_found_by_path_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a path comes before an example of the same name."""
    monkeypatch.chdir(tmp_path)
    assert find_instance("first-steps") == find_example("first-steps")
    (tmp_path / "first-steps").mkdir()
    assert find_instance("first-steps") == Path("first-steps")


@pytest.mark.parametrize("name", ["frist-steps", "no/such/place", "", "x" * 5000])
def test_unknown_instances_tell_the_examples(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the message lists all examples, and the nearest if there is one."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InstanceError, match=", ".join(example_names())) as caught:
        find_instance(name)
    assert caught.value.faults[0].nearest == ("first-steps" if name == "frist-steps" else "")
