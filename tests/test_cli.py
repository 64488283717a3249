"""The command line as planners meet it: help, faults, starting an instance, checking it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

import optimizer
from optimizer.cli import cli
from optimizer.cli.reference import leaf_commands
from optimizer.generator import random_instance
from tests.command import capopt, environment
from tests.instance.sample import put, sample, write_folder, write_workbook

HEAVY = {
    "pandas",
    "numpy",
    "scipy",
    "pyomo",
    "highspy",
    "plotly",
    "openpyxl",
    "xlsxwriter",
    "jinja2",
    "pyarrow",
    "rich",
}


# ---------------------------------------------------------------- help
def test_help_needs_no_heavy_library() -> None:
    """Tests that help of every command is told without loading what only the work itself needs."""
    calls = [["--help"], ["--version"], *([name, "--help"] for name in cli.commands)]
    code = (
        "import sys; from optimizer.cli import cli; from optimizer.cli.exit_codes import run\n"
        f"codes = [run(cli, call) for call in {calls!r}]\n"
        f"print(codes, sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stderr.strip() == f"{[0] * len(calls)} []"
    assert all(f"Usage: capopt {name}" in done.stdout for name in cli.commands)


def test_help_tells_commands_and_exit_codes(tmp_path: Path) -> None:
    """Tests that what a newcomer types first lists every command and every exit code."""
    done = capopt("--help", cwd=tmp_path)
    assert done.code == 0
    assert done.err == ""
    words = done.out.split()
    assert set(cli.commands) <= set(words)
    for code in ("0", "1", "2", "3", "4", "5", "130"):
        assert code in words


def test_help_lists_each_command_in_one_line(tmp_path: Path) -> None:
    """Tests that no description in the list of commands is cut or wrapped at 80 columns."""
    listed = capopt("--help", cwd=tmp_path).out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == sorted(cli.commands)
    assert all(len(line) < 80 and line.endswith(".") and not line.endswith("...") for line in listed)


def test_without_arguments_there_is_help(tmp_path: Path) -> None:
    """Tests that nothing asked is a wrong use, answered by help on standard error."""
    done = capopt(cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "Usage: capopt" in done.err


def test_version(tmp_path: Path) -> None:
    """Tests that the version is that of the package."""
    assert capopt("--version", cwd=tmp_path).out.split()[-1] == optimizer.__version__


@pytest.mark.parametrize(("name", "command"), leaf_commands())
def test_every_command_speaks_json(name: str, command: click.Command) -> None:
    """Tests that every command has the option --json, and every option a sentence of help."""
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert "--json" in {text for option in options for text in option.opts}
    assert all(option.help for option in options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command 'nonsense'. Try 'capopt --help'."),
        (["solve"], "Missing argument 'INSTANCE'. Try 'capopt solve --help'."),
        (["solve", "first-steps", "--gap", "nan"], "nan is not a finite number."),
        (["whatif", "first-steps", "--time-limit", "inf"], "inf is not a finite number."),
        (["bench", "--gap", "nan"], "nan is not a finite number."),
        (["solve", "first-steps", "--time-limit", "-1"], "-1.0 is not in the range x>=0."),
        (["solve", "first-steps", "--tables", "xml"], "'xml' is not one of 'csv', 'parquet'."),
        (["new", "x", "--blank", "--from", "first-steps"], "--blank, --from and --random exclude each other."),
        (["new", "x", "--seed", "3"], "--seed, --size and --risks go with --random."),
    ],
)
def test_wrong_use_is_told(arguments: list[str], message: str, tmp_path: Path) -> None:
    """Tests that a wrong use exits 2 with what to do, as prose and as JSON, and writes nothing."""
    done = capopt(*arguments, "--json", cwd=tmp_path)
    assert done.code == done.json["exit_code"] == 2
    assert message in done.json["error"]
    assert f"capopt: {done.json['error']}" in done.err
    assert done.json["kind"] == "UsageError"
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- new
@pytest.mark.parametrize("target", ["my-plan", "my plan.xlsx"])
def test_a_starter_is_written_and_valid(target: str, tmp_path: Path) -> None:
    """Tests that a new instance tells the next command, which finds no fault."""
    done = capopt("new", target, cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert f"Wrote {target}" in done.out
    shown = f"'{target}'" if " " in target else target
    assert done.out.rstrip().endswith(f"Next: capopt validate {shown}")
    checked = capopt("validate", target, cwd=tmp_path)
    assert checked.code == 0
    assert "no errors" in checked.out


def test_new_as_json(tmp_path: Path) -> None:
    """Tests that --json lists the files written, and prose goes to standard error."""
    done = capopt("new", "mine", "--from", "first-steps", "--json", cwd=tmp_path)
    assert (done.code, done.json["created"]) == (0, "mine")
    files = {str(path.relative_to(tmp_path)) for path in (tmp_path / "mine").iterdir()}
    assert set(done.json["files"]) == files
    assert "Next: capopt validate mine" in done.err


def test_new_never_overwrites(tmp_path: Path) -> None:
    """Tests that what is there stays, and a name is asked for."""
    (tmp_path / "mine.xlsx").write_text("precious", encoding="utf-8")
    done = capopt("new", "mine.xlsx", "--json", cwd=tmp_path)
    assert (done.code, done.json["exit_code"]) == (1, 1)
    assert "mine.xlsx exists already; name a new one, or remove it first" in done.json["error"]
    assert (tmp_path / "mine.xlsx").read_text(encoding="utf-8") == "precious"


def test_a_random_instance_is_that_of_its_seed(tmp_path: Path) -> None:
    """Tests that --random draws what the library draws from the same seed, and nothing else."""
    assert capopt("new", "mine", "--random", "--seed", "7", cwd=tmp_path).code == 0
    written = optimizer.read(tmp_path / "mine")
    assert written.rows == random_instance(7, "tiny").rows
    assert written.rows != random_instance(8, "tiny").rows


# ---------------------------------------------------------------- validate
def test_an_instance_without_faults(tmp_path: Path) -> None:
    """Tests that a valid instance is told with its size, and as JSON with its hash."""
    write_folder(tmp_path / "mine", sample())
    done = capopt("validate", "mine", "--json", cwd=tmp_path)
    assert done.code == 0
    found = done.json
    assert (found["valid"], found["name"], found["months"], found["faults"]) == (True, "sample", 24, [])
    assert found["hash"] == optimizer.read(tmp_path / "mine").hash
    assert found["rows"]["contracts"] == 4
    assert "sample: no errors" in done.err


@pytest.mark.parametrize("carrier", ["folder", "workbook"])
def test_all_faults_are_told_with_their_place(carrier: str, tmp_path: Path) -> None:
    """Tests that three faults in three tables are all told, with row, column, value and nearest valid value."""
    tables = sample()
    put(tables, "fleet", 2, "count", "many")
    put(tables, "contracts", 3, "provider", "cluod")
    put(tables, "demand", 4, "month", "June 26")
    target = tmp_path / ("bad" if carrier == "folder" else "bad.xlsx")
    (write_folder if carrier == "folder" else write_workbook)(target, tables)
    done = capopt("validate", target.name, "--json", cwd=tmp_path)
    assert done.code == 2
    assert (done.json["valid"], done.json["kind"], done.json["exit_code"]) == (False, "InstanceError", 2)
    faults = {(fault["row"], fault["column"]): fault for fault in done.json["faults"]}
    assert set(faults) == {(2, "count"), (3, "provider"), (4, "month")}
    assert [fault["value"] for fault in faults.values()] == ["many", "cluod", "June 26"]
    assert faults[3, "provider"]["nearest"] == "cloud"
    # Columns of contracts: the second; of fleet: the third.
    cells = {"folder": ["", ""], "workbook": ["C2", "B3"]}[carrier]
    assert [faults[2, "count"]["cell"], faults[3, "provider"]["cell"]] == cells
    assert all(fault["text"] in done.err for fault in faults.values())


def test_strict_makes_faults_of_warnings(tmp_path: Path) -> None:
    """Tests that what is suspicious exits 0, and 2 with --strict, for validate and for solve."""
    tables = sample()
    tables.pop("scenarios")
    tables.pop("changes")
    put(tables, "accelerators", 2, "kw", "900")  # usual are a few
    write_folder(tmp_path / "odd", tables)
    done = capopt("validate", "odd", cwd=tmp_path)
    assert done.code == 0
    assert "warning: accelerators.csv, row 2, column kw" in done.out
    for command in ("validate", "solve"):
        strict = capopt(command, "odd", "--strict", "--json", cwd=tmp_path)
        assert strict.code == 2
        assert [(fault["row"], fault["column"]) for fault in strict.json["faults"]] == [(2, "kw")]
    assert not (tmp_path / "plans").exists()


@pytest.mark.parametrize("command", ["validate", "solve"])
def test_an_unknown_example_is_told_with_the_nearest(command: str, tmp_path: Path) -> None:
    """Tests that a name that is no path and no example tells the examples, and the nearest of them."""
    done = capopt(command, "frist-steps", "--json", cwd=tmp_path)
    assert done.code == 2
    assert done.json["faults"][0]["nearest"] == "first-steps"
    assert "the examples are bridge-lease," in done.err
    assert "Did you mean 'first-steps'?" in done.err


def test_an_example_is_found_from_any_folder(tmp_path: Path) -> None:
    """Tests that the name of a shipped example is enough, wherever one is."""
    assert capopt("validate", "first-steps", "--json", cwd=tmp_path).json["name"] == "first-steps"
