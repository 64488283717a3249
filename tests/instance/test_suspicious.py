"""What is legal but suspicious is a warning, reported exactly, and never fatal without --strict."""

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
    """Tests that an odd value is one warning with its place and reason, and that its own check reports it."""
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


@pytest.mark.parametrize(
    "edits",
    [
        "purchases|2|lead_months|23",  # ordered in the first month, there in the last
        "purchases|2|latest|2026-01",
        "power|south|2027-12|9|",
        "fleet|2|until|2026-02",
        "budgets|2|from|2027-12 & budgets|2|to|",
        "ramps|five-year|59|1|1",
        "contracts|3|ends_by|2030-12",  # sixty months from 2026-01
        "contracts|3|lead_months|23 & contracts|3|term_months|3",
        "contracts|4|earliest|2025-02 & contracts|5|renews|",  # its twelfth month is the plan's first
        "contracts|4|max_blocks|3",
        "training_runs|2|deadline|2026-05",  # 6000 on 2000 take three months
        "training_runs|2|deadline|2027-12",
        "commitments|2|latest|2026-01",
        "commitments|2|years|6",  # 24 of 72 months
        "purchases|2|max_per_month|1000",
        "accelerators|3|kw|10",
        "accelerators|3|kw|0.1",
        "power|2|price_per_mwh|0",
        "outlets|3|price|0",
        "purchases|2|max_total|1000 & demand|3|amount|1.57e6",
        # Many small workloads are no mistake: none is far smaller than the others, and together they fill a block.
        "demand|2|amount|7 & demand|3|amount|7 & demand|4|amount|190",
        "budgets|2|amount|4000 & purchases|2|integer|no",  # a tenth of one accelerator is 3000
        # A renewal may start where the lease of 6 months from 2026-01 can end; at 9 months of notice; at its ends_by.
        "contracts|next|neo|europe|gpu|1000|1.4|1500000|block_month|12||||2026-07|||||lease|",
        "contracts|next|neo|europe|gpu|1000|1.4|1500000|block_month|12||||2026-10|||||lease| & "
        "contracts|2|notice_months|9",
        "contracts|next|neo|europe|gpu|1000|1.4|1500000|block_month|12|||2026-07|2026-07|||||lease| & "
        "contracts|2|notice_months|12 & contracts|2|ends_by|2026-06 & contracts|2|latest|2026-01",
    ],
)
def test_what_is_just_right_is_not_suspicious(edits: str) -> None:
    """Tests that each check is quiet at the edge of what it lets pass."""
    assert _warnings(edited(edits)) == []
