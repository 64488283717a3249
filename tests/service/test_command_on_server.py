"""Commands with ``--server``: output and files as here, on jobs and on folders that were written from a server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

import optimizer
from optimizer.cli.app import ON_SERVERS, cli
from optimizer.cli.remote import RECORD
from optimizer.service.settings import Settings
from tests.command import Ended, inside
from tests.service.inputs import infeasible_instance, tiny_instance, uncertain_instance
from tests.service.server import serving

Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a worker."""
    with serving(Settings(tmp_path_factory.mktemp("data"), workers=1)) as found:
        yield str(found.base_url)


@pytest.fixture(scope="module")
def made(address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plan of the tiny instance, which is on the server, and with that of the uncertain one."""
    home = tmp_path_factory.mktemp("plans")
    for name, instance in (("plan", tiny_instance()), ("robust", uncertain_instance())):
        folder = instance.save(home / f"{name}-instance")
        code = cli.main(
            ["--server", address, "solve", str(folder), "-o", str(home / name), "--gap", "0"], standalone_mode=False
        )
        assert code == 0
    return home


@pytest.fixture
def plan(made: Path, tmp_path: Path) -> Path:
    """A copy of the plan folder."""
    return Path(shutil.copytree(made / "plan", tmp_path / "plan"))


@pytest.fixture
def there(address: str, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on the server."""
    return lambda *arguments: inside(capfd, "--server", address, *arguments)


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on this machine."""
    return lambda *arguments: inside(capfd, *arguments)


def job_of(plan: Path) -> str:
    """The job that has the plan of a folder."""
    return str(json.loads((plan / RECORD).read_text(encoding="utf-8"))["job"])


def test_a_plan_folder_is_that_of_a_solve_here(made: Path, here: Run, there: Run, tmp_path: Path, address: str) -> None:
    """Tests files, audit, and that the folder says where its plan is and where its instance was read from."""
    assert here("solve", made / "plan-instance", "-o", tmp_path / "here", "--gap", "0").code == 0
    mine, its = ({path.name for path in folder.iterdir()} for folder in (tmp_path / "here", made / "plan"))
    assert its - mine == {RECORD}
    heads = [
        json.loads((folder / "plan.json").read_text(encoding="utf-8")) for folder in (tmp_path / "here", made / "plan")
    ]
    assert Path(heads[1]["instance"]["source"]).name == Path(heads[0]["instance"]["source"]).name == "plan-instance"
    record = json.loads((made / "plan" / RECORD).read_text(encoding="utf-8"))
    assert (record["server"], record["project"]) == (address, "default")
    assert httpx.get(f"{address}/api/v1/projects/default/jobs/{record['job']}").json()["kind"] == "solve"


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit",),
        ("whatif", "--set", "contracts.lease.price*=1.5"),
        ("whatif", "--forbid", "lease", "--delay", "contracts.lease=0"),
        ("whatif", "--sweep", "contracts.lease.price=500:1500:3"),
        ("alternatives", "--within", "60%"),
        ("explain", "--quick"),
    ],
    ids=" ".join,
)
def test_output_is_that_of_the_command_here(arguments: tuple[str, ...], plan: Path, here: Run, there: Run) -> None:
    """Tests text, JSON and exit code of commands on the folder, and text on the job."""
    command, *options = arguments
    mine, its = here(command, plan, *options), there(command, plan, *options)
    assert (its.code, its.out) == (mine.code, mine.out), its.err
    as_json = there(command, plan, *options, "--json")
    assert as_json.json == here(command, plan, *options, "--json").json
    of_job = there(command, job_of(plan), *options)
    assert of_job.code == mine.code, of_job.err
    if command != "explain":
        assert of_job.out.replace(job_of(plan), str(plan)) == mine.out


def test_explanations_are_written_and_continued(plan: Path, here: Run, there: Run) -> None:
    """Tests that the tables are in the folder, that what a budget left open is continued, and a plan is reported."""
    first = there("explain", plan, "--budget", "0")
    assert (first.code, f"explain {plan} --more" in first.err, "--server" in first.err) == (3, True, True)
    job = job_of(plan)
    assert there("explain", plan, "--more").code == 0
    assert job_of(plan) != job
    assert (plan / "values.csv").is_file()
    found = there("explain", job, "--more")
    assert (found.code, "The tables are with job" in found.out) == (0, True)
    assert there("report", job, "--html", plan / "report.html").code == 0
    assert "Wrote" in there("export", job, "--focus", plan / "focus").out
    assert there("roll", job, "--months", "1", "-o", plan / "next").code == 0
    assert "--server" in there("roll", job, "--months", "1", "-o", plan / "again").out


def test_plans_are_compared_and_rejoined(plan: Path, here: Run, there: Run, made: Path) -> None:
    """Tests that a what-if is written with its job, compared by jobs and folders, and a search begins with a plan."""
    assert there("whatif", plan, "--forbid", "lease", "-o", plan.parent / "other").code == 0
    other = plan.parent / "other"
    assert there("compare", job_of(plan), job_of(other)).code == 0
    assert there("compare", plan, other).out == here("compare", plan, other).out
    assert (there("compare", plan, other, "--budget", "1").code) == 2
    again = there("solve", made / "plan-instance", "-o", other, "--start", plan, "--near", job_of(plan), "--gap", "0")
    assert again.code == 0, again.err


def test_an_instance_without_a_plan_is_explained_and_repaired(here: Run, there: Run, tmp_path: Path) -> None:
    """Tests conflicts and repairs, and the plan of the cheapest repair, as here."""
    folder = infeasible_instance().save(tmp_path / "instance")
    assert there("solve", folder, "-o", tmp_path / "none").code == 5
    mine, its = here("explain", folder), there("explain", folder)
    assert (its.code, its.out) == (mine.code, mine.out) == (5, mine.out)
    assert there("solve", folder, "-o", tmp_path / "elastic", "--elastic").code == 5
    assert optimizer.load_plan(tmp_path / "elastic").head["elastic"]
    assert there("audit", tmp_path / "elastic").code == 0


def test_instances_are_validated_there(here: Run, there: Run, tmp_path: Path) -> None:
    """Tests a valid folder, one with warnings as errors, and an invalid workbook with its marked copy."""
    folder = tiny_instance().save(tmp_path / "tiny")
    for options in ((), ("--strict",), ("--json",)):
        mine, its = here("validate", folder, *options), there("validate", folder, *options)
        assert (its.code, its.out, its.err) == (mine.code, mine.out, mine.err)
    assert there("validate", "first-steps").code == 0
    book = tiny_instance().save(tmp_path / "tiny.xlsx")
    mark(book, "contracts", "price", "cheap")
    mine, its = (
        here("validate", book, "--mark", tmp_path / "a.xlsx"),
        there("validate", book, "--mark", tmp_path / "b.xlsx"),
    )
    assert (its.code, its.out) == (2, mine.out.replace("a.xlsx", "b.xlsx"))
    assert (tmp_path / "b.xlsx").is_file()


def mark(book: Path, sheet: str, column: str, value: str) -> None:
    """Put a value into the first row of a column of a workbook."""
    import openpyxl

    found = openpyxl.load_workbook(book)
    rows = found[sheet]
    place = next(cell for row in rows.iter_rows() for cell in row if cell.value == column)
    rows.cell(place.row + 1, place.column).value = value
    found.save(book)


def test_plans_are_simulated_and_own_decisions_checked(made: Path, here: Run, there: Run, tmp_path: Path) -> None:
    """Tests that several plans are examined in the same draws, by their names, and decisions of one's own priced."""
    plans = (made / "robust", made / "plan")
    mine, its = here("simulate", *plans), there("simulate", *plans, "-o", tmp_path / "tables")
    assert its.out.startswith(mine.out)
    assert (tmp_path / "tables" / "plans.csv").is_file()
    given = ("simulate", made / "plan", "--instance", made / "robust-instance", "--draw", "5")
    assert there(*given).out == here(*given).out
    refused = there("simulate", *plans, "--workers", "2")
    assert (refused.code, "--workers works here alone" in refused.err) == (2, True)
    (tmp_path / "mine.csv").write_text("month,decision,item,blocks\n", encoding="utf-8")
    own = ("audit", made / "plan", "--decisions", tmp_path / "mine.csv")
    assert there(*own).out == here(*own).out
    assert there("whatif", made / "robust", "--set", "contracts.lease.price*=2").code == 0


def test_what_a_server_does_not_have_is_refused(plan: Path, there: Run, tmp_path: Path) -> None:
    """Tests other commands, a folder from elsewhere, one that has changed, and a job that does not exist."""
    for name in set(cli.commands) - set(ON_SERVERS):
        refused = there(name)
        assert (refused.code, f"{name} works here" in refused.err) == (2, True), name
    elsewhere = optimizer.solve(tiny_instance()).save(tmp_path / "elsewhere")
    refused = there("explain", elsewhere)
    assert (refused.code, "does not say which job" in refused.err, "solve its instance" in refused.err) == (
        2,
        True,
        True,
    )
    record = json.loads((plan / RECORD).read_text(encoding="utf-8"))
    (plan / RECORD).write_text(json.dumps({**record, "project": "other"}), encoding="utf-8")
    assert "project other" in there("audit", plan).err
    (plan / RECORD).write_text(json.dumps(record), encoding="utf-8")
    (plan / "plan.json").write_text((plan / "plan.json").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    refused = there("audit", plan)
    assert (refused.code, "any more" in refused.err) == (2, True)
    missing = there("audit", "0" * 32)
    assert (missing.code, "has no job" in missing.err) == (1, True)
