"""Names that look the same: one name where only their writing differs, two with a word on it where their letters do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from optimizer.errors import EditError
from optimizer.instance.edit import apply_edits, parse_delay, parse_edit
from optimizer.instance.name_text import difference, normal_name, skeleton, unseen
from optimizer.instance.read import read
from optimizer.program.fixings import parse_fixing
from tests.instance.edits import frames
from tests.instance.fault_texts import fault_texts
from tests.instance.sample import Tables, put, sample, write_folder, write_workbook

ONE, TWO = "Caf\u00e9 un", "Cafe\u0301\u00a0un"  # composed with a blank; combining accent and no-break space


def _carriers(folder: Path, tables: Tables) -> list[Any]:
    return [write_folder(folder / "mine", tables), write_workbook(folder / "mine.xlsx", tables), frames(tables)]


def _replaced(first: str, others: str) -> Tables:
    """The sample with its workload under two spellings: in its own table, and where it is named."""
    tables = sample()
    put(tables, "workloads", 2, "workload", first)
    for row in (2, 3):
        put(tables, "demand", row, "workload", others)
    put(tables, "changes", 3, "key", others)
    return tables


def test_one_name_in_two_spellings(tmp_path: Path) -> None:
    """Tests that a name composed otherwise, or with a no-break space, is the same name everywhere, in each carrier."""
    expected = read(frames(_replaced(ONE, ONE)))
    for source in _carriers(tmp_path, _replaced(TWO, ONE)) + _carriers(tmp_path / "other", _replaced(ONE, TWO)):
        instance = read(source)
        assert instance == expected
        assert instance.rows["changes"][1].key == ONE


def test_edits_and_holds_name_it_in_either_spelling() -> None:
    """Tests that what-ifs find an item whichever way its name is typed."""
    instance = read(frames(_replaced(ONE, ONE)))
    edited = apply_edits(instance, [parse_edit(f"demand.{TWO}.amount=7"), parse_delay(f"demand.{TWO}=1")])
    assert edited.rows["demand"][0].amount == 7
    assert parse_fixing("forbid", f"sign:{TWO}").item == ONE


def test_names_that_are_one_stand_twice(tmp_path: Path) -> None:
    """Tests that two rows of one name in two spellings are refused, with the characters that differ."""
    tables = sample()
    put(tables, "workloads", 2, "workload", "Caf\u00e9")
    put(tables, "workloads", 3, "workload", "Cafe\u0301")
    for source in _carriers(tmp_path, tables):
        (fault,) = [fault for fault in fault_texts(source) if "column workload: 'Cafe" in fault]
        assert "duplicates row" in fault
        assert "U+0301 (COMBINING ACUTE ACCENT) in place of U+00E9" in fault


def test_columns_and_tables_that_look_right(tmp_path: Path) -> None:
    """Tests that a header, a file and a key of the head with a look-alike letter are refused with that letter."""
    tables = sample()
    tables["sites"][0][2] = "pu\u0435"
    tables["ram\u0440s"] = tables.pop("ramps")
    faults = fault_texts(
        write_folder(tmp_path, tables, {"format": 1, "n\u0430me": "sample", "start": "2026-01", "months": 24})
    )
    found = [re.findall(r"U\+\w+", fault) for fault in faults]
    assert found == [["U+0430", "U+0061"], ["U+0435", "U+0065"], ["U+0440", "U+0070"]]


def test_edits_name_the_letter() -> None:
    """Tests that a what-if with a look-alike letter is refused with that letter."""
    with pytest.raises(EditError, match=r"has U\+0430 \(CYRILLIC SMALL LETTER A\) in place of U\+0061"):
        apply_edits(read(frames()), [parse_edit("demand.assist\u0430nt.amount=7")])


def test_slashes_make_no_two_pools_one(tmp_path: Path) -> None:
    """Tests that a site a/b with c, which would be the pool of a with b/c, is refused; accelerators may have some."""
    tables = sample()
    tables["sites"] += [["a/b", "europe", "", ""], ["a", "europe", "", ""]]
    tables["accelerators"] += [["c", "1", "1", ""], ["b/c", "1", "1", ""]]
    tables["throughput"] += [["serve", "c", "1"], ["serve", "b/c", "1"]]
    tables["power"] += [["a/b", "2026-01", "0.01", ""], ["a", "2026-01", "0.01", ""]]
    tables["fleet"] += [["a/b", "c", "5", ""], ["a", "b/c", "7", ""]]
    for source in _carriers(tmp_path, tables):
        (fault,) = fault_texts(source)
        assert "column site: 'a/b' contains a slash" in fault
        assert "call it 'a-b'" in fault
    for name in ("sites", "power", "fleet"):
        tables[name] = [row for row in tables[name] if row[0] != "a/b"]
    assert read(write_folder(tmp_path / "one", tables)).warnings == ()


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("lease", "lease", ""),
        ("lease", "leese", ""),
        ("Lease", "lease", ""),
        ("a  b", "a b", "It looks like 'a b', but has U+0020 (SPACE) more."),
        ("a\ufe0f", "a", "It looks like 'a', but has U+FE0F (VARIATION SELECTOR-16) more."),
        ("a", "a\ufe0f", "It looks like 'a\ufe0f', but lacks U+FE0F (VARIATION SELECTOR-16)."),
        (
            "\u0430\u0435\u043e",
            "aeo",
            "It looks like 'aeo', but has U+0430 (CYRILLIC SMALL LETTER A) U+0435 (CYRILLIC SMALL LETTER IE) "
            "U+043E (CYRILLIC SMALL LETTER O) in place of U+0061 (LATIN SMALL LETTER A) U+0065 (LATIN SMALL LETTER E) "
            "U+006F (LATIN SMALL LETTER O).",
        ),
    ],
)
def test_what_tells_two_texts_apart(text: str, other: str, expected: str) -> None:
    """Tests that texts that look the same are distinguished by their characters, and others are not."""
    assert difference(text, other) == expected


@pytest.mark.parametrize("text", ["\u043d\u0438", "e\u0301", "\u00bd", "\U0001f469\u200d\U0001f467", "\u05d0", "x y"])
def test_names_of_any_script_are_names(text: str) -> None:
    """Tests that names of any script, with joiners in emoji, are taken, and normalising twice is normalising once."""
    assert unseen(text) == ""
    assert normal_name(normal_name(text)) == normal_name(text)
    assert skeleton(skeleton(text)) == skeleton(text)
