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


@pytest.mark.parametrize(
    ("text", "differences"),
    [
        ("\u0430b\u0435", "has {0} in place of {1} and has {2} in place of {3}"),
        ("\u0430b\u0435 \u043e", "has {0} in place of {1} and has {2} in place of {3} and 1 more"),
        ("\u0430b\u0435 \u043e x\u0445", "has {0} in place of {1} and has {2} in place of {3} and 2 more"),
    ],
)
def test_several_letters_that_differ(text: str, differences: str) -> None:
    """Tests that two differences are spelt out, and more are counted."""
    other = text.translate({0x430: "a", 0x435: "e", 0x43E: "o", 0x445: "x"})
    names = ["U+0430 (CYRILLIC SMALL LETTER A)", "U+0061 (LATIN SMALL LETTER A)"]
    names += ["U+0435 (CYRILLIC SMALL LETTER IE)", "U+0065 (LATIN SMALL LETTER E)"]
    assert difference(text, other) == f"It looks like '{other}', but {differences.format(*names)}."


def test_many_letters_that_differ() -> None:
    """Tests that of four letters in a row three are spelt out, and characters without a name are said to have none."""
    letters = " ".join(["U+0430 (CYRILLIC SMALL LETTER A)"] * 3)
    plain = " ".join(["U+0061 (LATIN SMALL LETTER A)"] * 3)
    assert difference("\u0430" * 4, "aaaa") == f"It looks like 'aaaa', but has {letters} ... in place of {plain} ...."
    assert difference("a\u200b\u00ad", "a").endswith("but has U+200B (ZERO WIDTH SPACE) U+00AD (SOFT HYPHEN) more.")


@pytest.mark.parametrize(
    ("text", "allowed", "first"),
    [
        ("a\u200bb\u00ad", "", "\u200b"),
        ("a\u200db", "", "\u200d"),
        ("\u200d", "", "\u200d"),
        # A joiner next to a letter that is not ASCII, before or after it, and at either end; but not further away.
        ("\u0915\u200da", "", ""),
        ("a\u200d\u0915", "", ""),
        ("\u200d\u0915", "", ""),
        ("\u0915\u200c", "", ""),
        ("\u0915a\u200db", "", "\u200d"),
        ("a\u200db\u0915", "", "\u200d"),
        ("\u0915\u200d\x07", "", "\x07"),
        ("a\nb\tc", "\n\t", ""),
        ("a\nb\x00", "\n\t", "\x00"),
        ("a\n", "", "\n"),
        ("a\u2028", "", "\u2028"),
        ("a\u2029", "", "\u2029"),
        ("a\ud800", "", "\ud800"),
        ("a\ufffe", "", "\ufffe"),
        ("a\uffff", "", "\uffff"),
        ("a\u00a0b", "", ""),
        ("a\ue000", "", ""),
    ],
)
def test_what_cannot_be_seen(text: str, allowed: str, first: str) -> None:
    """Tests the first character of a name that cannot be seen."""
    assert unseen(text, allowed) == first


def test_names_as_compared() -> None:
    """Tests blanks of any kind, composed letters, and letters that only look alike, which stay."""
    assert normal_name("Cafe\u0301\u2003un\u00a0") == "Caf\u00e9 un"
    assert normal_name(" a ") == " a "
    assert normal_name("\u0430\ufb01") == "\u0430\ufb01"
    assert skeleton("\u0430\u2013\u00adb\ufe0f\u2003\ufb01\u2019") == "a-b fi'"


@pytest.mark.parametrize("text", ["\u043d\u0438", "e\u0301", "\u00bd", "\U0001f469\u200d\U0001f467", "\u05d0", "x y"])
def test_names_of_any_script_are_names(text: str) -> None:
    """Tests that names of any script, with joiners in emoji, are taken, and normalising twice is normalising once."""
    assert unseen(text) == ""
    assert normal_name(normal_name(text)) == normal_name(text)
    assert skeleton(skeleton(text)) == skeleton(text)
