"""The plan folder: saved, loaded again, and refused if broken."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import optimizer
from optimizer.errors import CapoptError, PlanFileError
from optimizer.plan.folder import prepare, write_plan
from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS, COUNTS, make_table, text_columns
from tests.program.rich import rich_frames
from tests.program.tiny import month, solved, tiny


@pytest.fixture(scope="module")
def plan() -> Plan:
    return optimizer.solve(optimizer.read(rich_frames()), gap=0, threads=1, time_limit=60)


@pytest.fixture
def folder(plan: Plan, tmp_path: Path) -> Path:
    return plan.save(tmp_path / "plan")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_plan_is_the_same_after_saving_and_loading(plan: Plan, tmp_path: Path, kind: str) -> None:
    """Tests that head, tables, types and instance survive, in both formats, and that the audit still passes."""
    again = optimizer.load_plan(plan.save(tmp_path / "plan", kind))
    assert again.head == plan.head
    assert again.instance == plan.instance
    assert list(again.tables) == list(COLUMNS)
    for name, table in plan.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table, rtol=1e-11, atol=0)
    assert optimizer.audit(again).passed


def test_hand_backs_of_an_earlier_version_are_read_by_their_notice(tmp_path: Path) -> None:
    """Tests that a hand-back whose month is the first without the blocks gets the month of its notice."""
    lease = {"price": 100, "min_term_months": 1, "notice_months": 2}
    plan = solved(tiny(5, {"jobs": [10, 10, 10, 0, 0]}, contracts=[lease]))
    folder = plan.save(tmp_path / "plan")
    table = pd.read_csv(folder / "decisions.csv", dtype=str, keep_default_na=False)
    # In use in months 0 to 2, so handed back in month 3 with notice in month 1.
    assert table["month"].tolist() == [month(0), month(1)]
    table.loc[1, "month"] = month(3)
    table.to_csv(folder / "decisions.csv", index=False)
    again = optimizer.load_plan(folder)
    pd.testing.assert_frame_equal(again.decisions, plan.decisions)
    assert optimizer.audit(again).passed


def test_the_folder_holds_what_is_told(plan: Plan, folder: Path) -> None:
    """Tests that there is the head, a copy of the instance and one file per table, and nothing else."""
    expected = {"plan.json", "instance", *(f"{name}.csv" for name in COLUMNS)}
    assert {entry.name for entry in folder.iterdir()} == expected
    assert optimizer.read(folder / "instance").hash == plan.head["instance"]["hash"]
    assert json.loads((folder / "plan.json").read_text(encoding="utf-8")) == plan.head


def test_every_table_is_an_attribute_with_its_columns(plan: Plan) -> None:
    """Tests that tables have their columns in order: text as text, counts as integers and all else as numbers."""
    for name, columns in COLUMNS.items():
        table = getattr(plan, name)
        assert table is plan.tables[name]
        assert tuple(table.columns) == columns
        for column in columns:
            is_text = column in text_columns(name)
            assert table[column].dtype == (object if is_text else int if column in COUNTS else float)
            assert all(isinstance(value, str) == is_text for value in table[column])
            assert not table[column].isna().any()


def test_counts_are_integers_where_all_of_them_are() -> None:
    """Tests that 3.0 blocks are 3, that a fraction keeps the column as it is, and that other numbers stay floats."""
    columns = {name: [""] * 2 if name in text_columns("decisions") else [1.0, 2.0] for name in COLUMNS["decisions"]}
    table = make_table("decisions", {**columns, "blocks": [3.0, 1.0]})
    assert table["blocks"].dtype == int
    assert table["mw"].dtype == float
    assert make_table("decisions", {**columns, "blocks": [3.0, 1.5]})["blocks"].tolist() == [3.0, 1.5]


def test_a_plan_says_what_it_is_in_a_line(plan: Plan) -> None:
    """Tests the representation of a plan."""
    assert repr(plan) == f"<Plan rich: optimal, {plan.objective:,.2f} USD, gap 0.000%>"
    unproven = Plan(
        head={**plan.head, "bound": None, "gap": None, "status": "feasible"}, tables={}, instance=plan.instance
    )
    assert repr(unproven) == f"<Plan rich: feasible, {plan.objective:,.2f} USD, nothing proven>"
    assert (unproven.bound, unproven.gap) == (None, None)


def test_an_earlier_plan_is_replaced_as_a_whole(plan: Plan, folder: Path) -> None:
    """Tests that saving over a plan leaves nothing of the earlier one, not even its tables in another format."""
    (folder / "values.csv").write_text("of the earlier plan", encoding="utf-8")
    plan.save(folder, "parquet")
    assert {entry.suffix for entry in folder.iterdir()} == {".json", ".parquet", ""}
    assert [entry.name for entry in folder.parent.iterdir()] == ["plan"]


def test_what_was_written_since_a_run_began_is_left_alone(plan: Plan, folder: Path) -> None:
    """Tests that a plan that another run wrote while this one was still being read is not replaced by it."""
    began = (folder / "plan.json").stat().st_mtime
    place = prepare(folder, plan.instance, began=began)
    placed = write_plan(plan, place)
    assert placed.folder == folder.with_name("plan-2")
    assert placed.notes == (
        f"{folder} was written by another run in the meantime and is left as it is; this plan is in {placed.folder}",
    )
    assert write_plan(plan, prepare(folder, plan.instance, began=began + 1)).folder == folder


def test_what_is_no_plan_is_never_overwritten(plan: Plan, tmp_path: Path) -> None:
    """Tests that a file, or a folder with something else in it, is refused."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(PlanFileError, match="is a file; name a folder for the plan"):
        plan.save(tmp_path / "file")
    with pytest.raises(PlanFileError, match="is not empty and holds no plan"):
        plan.save(tmp_path / "folder")
    with pytest.raises(PlanFileError, match=r"tables = 'xls'; expected one of csv, parquet"):
        plan.save(tmp_path / "plan", "xls")
    (tmp_path / "empty").mkdir()
    assert optimizer.load_plan(plan.save(tmp_path / "empty")).objective == plan.objective


def _drop_column(folder: Path) -> None:
    pd.read_csv(folder / "cash.csv").drop(columns="amount").to_csv(folder / "cash.csv", index=False)


def _head(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        head = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        (folder / "plan.json").write_text(json.dumps({**head, **changes}), encoding="utf-8")

    return change


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no head": (lambda folder: (folder / "plan.json").unlink(), "is not a plan folder: it has no plan.json"),
    "no JSON": (lambda folder: (folder / "plan.json").write_text("{", encoding="utf-8"), "plan.json cannot be read"),
    "no text": (lambda folder: (folder / "plan.json").write_bytes(b"\xff\xfe"), "plan.json cannot be read"),
    "another JSON": (
        lambda folder: (folder / "plan.json").write_text("[1]", encoding="utf-8"),
        "plan.json lacks objective, bound, gap, status",
    ),
    "no number": (_head(objective="much"), "plan.json.*objective"),
    "null": (_head(objective=None), "plan.json.*objective"),
    "a bound that is a list": (_head(bound=[]), "plan.json.*bound"),
    "no table": (lambda folder: (folder / "cash.csv").unlink(), "table cash is missing"),
    "an empty table": (
        lambda folder: (folder / "cash.csv").write_text("", encoding="utf-8"),
        "cash.csv cannot be read",
    ),
    "no column": (_drop_column, "column amount is missing"),
    "no such number": (
        lambda folder: (folder / "leases.csv").write_text(
            "month,outlet,pool,accelerators\n2030-01,let,hall/gpu,some\n", encoding="utf-8"
        ),
        "leases.csv cannot be read",
    ),
    "a binary table": (lambda folder: (folder / "cash.csv").write_bytes(b"\x00\xff" * 50), "cash.csv cannot be read"),
    "ragged rows": (
        lambda folder: (folder / "leases.csv").write_text(
            "month,outlet,pool,accelerators\n1,2,3,4\n1,2,3,4,5,6,7\n", encoding="utf-8"
        ),
        "leases.csv cannot be read",
    ),
    "no instance": (lambda folder: shutil.rmtree(folder / "instance"), "does not exist"),
    "a broken instance": (lambda folder: (folder / "instance" / "accelerators.csv").unlink(), "accelerators"),
}


def _figures(plan: Plan) -> tuple[float | None, ...]:
    return plan.objective, plan.bound, plan.gap


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_folder_is_told_as_what_it_is(folder: Path, name: str) -> None:
    """Tests that whatever is broken in a plan folder is one error of ours that names the file."""
    spoil, message = BROKEN[name]
    spoil(folder)
    with pytest.raises(CapoptError, match=message):
        _ = _figures(optimizer.load_plan(folder))


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    """Tests that a path without a plan is refused, be it nothing, a file or an instance."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    for name in ("nothing", "file"):
        with pytest.raises(PlanFileError, match=r"is not a plan folder: it has no plan\.json"):
            optimizer.load_plan(tmp_path / name)
