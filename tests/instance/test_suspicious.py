"""What is legal but suspicious is a warning, told exactly, and never fatal unless it is asked for."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from optimizer.errors import InstanceError
from optimizer.instance import suspicious
from optimizer.instance.read import read
from tests.command import capopt
from tests.instance.edits import frames
from tests.instance.sample import Tables, edited, sample, write_folder, write_workbook

# Of every check: edits of the sample, each a table with either row, column and value or the cells of a new row; the one
# warning that they give; and why, where it is not plain. The sample runs from 2026-01 to 2027-12.
SUSPICIOUS = Path(__file__).parents[1] / "data" / "invalid" / "suspicious.csv"


def _cases() -> list[list[str]]:
    with SUSPICIOUS.open(encoding="utf-8", newline="") as file:
        return [row[:3] for row in csv.reader(file)][1:]


def _warnings(tables: Tables) -> list[str]:
    return [str(warning) for warning in read(frames(tables)).warnings]


def test_every_check_has_a_case() -> None:
    """Tests that no check is left out below."""
    assert {sentence for sentence, *_ in _cases()} == {sentence for sentence, _ in suspicious.CHECKS}


def test_the_sample_has_no_warning() -> None:
    """Tests that a plain instance that uses every table is not suspicious."""
    assert _warnings(sample()) == []


@pytest.mark.parametrize(("sentence", "edits", "warning"), _cases())
def test_what_is_suspicious_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, sentence: str, edits: str, warning: str
) -> None:
    """Tests that an odd value is one warning with its place and reason, and that its own check tells it."""
    assert _warnings(edited(edits)) == [warning]
    others = tuple(check for check in suspicious.CHECKS if check[0] != sentence)
    monkeypatch.setattr(suspicious, "CHECKS", others)
    assert _warnings(edited(edits)) == []


@pytest.mark.parametrize("carrier", ["folder", "workbook"])
def test_warnings_are_fatal_only_where_asked_for(tmp_path: Path, carrier: str) -> None:
    """Tests that warnings of three tables stay in the instance in order, and end validate with 2 under --strict."""
    tables = edited("fleet|2|until|2026-01 & accelerators|2|kw|900 & contracts|3|latest|2025-12")
    del tables["scenarios"], tables["changes"]
    path = tmp_path / ("mine" if carrier == "folder" else "mine.xlsx")
    (write_folder if carrier == "folder" else write_workbook)(path, tables)
    instance = read(path)
    places = [(warning.where, warning.row, warning.column, warning.cell) for warning in instance.warnings]
    wanted = [("accelerators", 2, "kw", "B2"), ("fleet", 2, "until", "D2"), ("contracts", 3, "latest", "M3")]
    ending, told_cell = (".csv", False) if carrier == "folder" else ("", True)
    assert places == [(f"{name}{ending}", row, column, cell * told_cell) for name, row, column, cell in wanted]
    done = capopt("validate", path, "--json", cwd=tmp_path)
    assert (done.code, done.json["valid"], done.json["faults"]) == (0, True, [])
    assert [warning["text"] for warning in done.json["warnings"]] == [str(warning) for warning in instance.warnings]
    strict = capopt("validate", path, "--strict", "--json", cwd=tmp_path)
    assert (strict.code, strict.json["valid"]) == (2, False)
    assert [fault["text"] for fault in strict.json["faults"]] == [str(warning) for warning in instance.warnings]


def test_faults_come_before_suspicion() -> None:
    """Tests that nothing is called suspicious while something is wrong: the wrong may be its reason."""
    tables = edited("accelerators|2|kw|900 & demand|2|amount|lots")
    with pytest.raises(InstanceError) as caught:
        read(frames(tables))
    assert [str(fault) for fault in caught.value.faults] == [
        "demand, row 1, column amount: expected a number, found 'lots'."
    ]
