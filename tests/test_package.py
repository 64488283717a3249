"""The package: what the wheel carries, that it works without the checkout, and its public names."""

from __future__ import annotations

import configparser
import email
import inspect
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import optimizer
from tests.command import ROOT

IGNORED = (  # planted next to what is shipped; names that .gitignore has
    "instances/first-steps/.vscode/settings.toml",
    "instances/first-steps/.DS_Store",
    "models/.idea/notes.md",
    "models/capacity_allocation/__pycache__/tables.toml",
    "optimizer/report/templates/.DS_Store",
    "optimizer/__pycache__/cli.py",
)
TEMPLATES = ("optimizer/report/templates", "optimizer/service/static", "optimizer/service/templates")


def sources() -> list[str]:
    """Files of the project: all but those that git ignores."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    told = subprocess.run(listing, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
    return sorted({name for name in told.split("\0") if name and (ROOT / name).is_file()})


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the project in which files that git ignores lie about."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for name in sources():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    for name in IGNORED:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("# not to be shipped", encoding="utf-8")
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out), str(copy)]
    done = subprocess.run(build, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed, and nothing else."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--target", str(target), str(wheel)], capture_output=True, check=True)
    return target


def python(installed: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the installed package, elsewhere than in the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False
    )


# ---------------------------------------------------------------- what it carries
def test_the_wheel_carries_what_is_needed_and_nothing_else(wheel: Path) -> None:
    """Tests that code, templates, models and examples are in it under their places, and nothing that git ignores."""
    expected = set()
    for path in map(PurePosixPath, sources()):
        top, templates = path.parts[0], any(map(path.is_relative_to, TEMPLATES))
        if top == "optimizer" and (path.suffix == ".py" or path.name == "py.typed" or templates):
            expected.add(str(path))
        elif top in ("models", "instances") and path.suffix in (".toml", ".csv", ".md"):
            expected.add(f"optimizer/_{path}")
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert carried == expected
    for name in (
        "optimizer/py.typed",
        "optimizer/_models/capacity_allocation/tables.toml",
        "optimizer/_instances/first-steps/instance.toml",
        "optimizer/report/templates/page.css",
    ):
        assert name in carried


def test_every_file_of_models_and_examples_is_of_a_kind_that_is_shipped() -> None:
    """Tests that nothing is put into these folders that the wheel would leave out unseen."""
    kinds = {PurePosixPath(name).suffix for name in sources() if name.startswith(("models/", "instances/"))}
    assert kinds <= {".toml", ".csv", ".md", ".xlsx"}


def test_the_metadata_is_complete(wheel: Path) -> None:
    """Tests name, version, licence, README and command."""
    with zipfile.ZipFile(wheel) as file:
        (folder,) = {name.split("/")[0] for name in file.namelist() if ".dist-info/" in name}
        about = email.message_from_string(file.read(f"{folder}/METADATA").decode())
        commands = configparser.ConfigParser()
        commands.read_string(file.read(f"{folder}/entry_points.txt").decode())
        assert f"{folder}/licenses/LICENSE" in file.namelist()
    assert (about["Name"], about["Version"], about["License-Expression"]) == (
        "capopt",
        optimizer.__version__,
        "Apache-2.0",
    )
    assert about["Requires-Python"] == ">=3.11"
    assert "The first plan" in about.get_payload()
    assert dict(commands["console_scripts"]) == {"capopt": "optimizer.cli:main"}


# ---------------------------------------------------------------- that it works
def test_the_installed_package_plans_an_example(installed: Path, tmp_path: Path) -> None:
    """Tests that a planner without the checkout gets the first plan, its page and its workbook."""
    done = python(installed, tmp_path, "-m", "optimizer.cli", "solve", "first-steps")
    assert done.returncode == 0, done.stderr
    assert "2.695 M USD" in done.stdout
    told = ["report", "plans/first-steps", "--html", "p.html", "--xlsx", "p.xlsx"]
    done = python(installed, tmp_path, "-m", "optimizer.cli", *told)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"plans", "p.html", "p.xlsx"}


def test_the_installed_package_finds_its_own_data(installed: Path, tmp_path: Path) -> None:
    """Tests that models and examples are those inside the package, not those of the checkout."""
    code = (
        "import optimizer, optimizer.schema as s, optimizer.instance.examples as e\n"
        "print(optimizer.__file__, s.models_folder(), e.examples_folder(), sep='\\n')"
    )
    done = python(installed, tmp_path, "-c", code)
    places = [Path(line) for line in done.stdout.split("\n") if line]
    assert len(places) == 3, done.stderr
    assert all(place.is_relative_to(installed.resolve()) for place in places)


# ---------------------------------------------------------------- public names
@pytest.mark.parametrize("name", optimizer.__all__)
def test_a_public_name_can_be_imported(name: str) -> None:
    """Tests that every name in `__all__` is there, and documented."""
    found = getattr(optimizer, name)
    assert name == "__version__" or found.__doc__
    assert name in dir(optimizer)


def test_public_names_are_typed() -> None:
    """Tests that what type checkers see and what is loaded when asked for are the same names, in order."""
    from optimizer import errors

    names = [*optimizer._ROOMS.values()]
    loaded = {name for room in names for name in room}
    assert loaded | {name for name in optimizer.__all__ if hasattr(errors, name)} | {"__version__"} == set(
        optimizer.__all__
    )
    assert sorted(optimizer.__all__) == sorted(set(optimizer.__all__))


def test_public_names_stay_what_they_are_when_rooms_are_loaded() -> None:
    """Tests that no name is taken over by a folder of the same name, whatever was imported before."""
    code = (
        "import optimizer.cli, optimizer.solving.whatif, pkgutil, importlib, optimizer\n"
        "[importlib.import_module(one.name) for one in pkgutil.iter_modules(optimizer.__path__, 'optimizer.')]\n"
        "print([name for name in optimizer.__all__ if not callable(getattr(optimizer, name))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['__version__']"


def test_what_is_not_public_is_told() -> None:
    """Tests that a wrong name is told as any module tells it."""
    with pytest.raises(AttributeError, match="module 'optimizer' has no attribute 'solver_'"):
        _ = optimizer.solver_


def test_importing_the_package_costs_nothing(tmp_path: Path) -> None:
    """Tests that nothing heavy is loaded before it is used."""
    code = "import sys, optimizer; print({'pandas', 'pyomo', 'highspy', 'click'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def public_callables() -> Iterator[tuple[str, Callable[..., object]]]:
    """Functions that are exported, and constructors and public methods of classes that are, by name."""
    for name in sorted(set(optimizer.__all__) - {"__version__"}):
        one = getattr(optimizer, name)
        if not isinstance(one, type):
            yield name, one
            continue
        for method, value in vars(one).items():
            found = value.fget if isinstance(value, property) else getattr(value, "func", value)
            if inspect.isfunction(found) and (method in ("__init__", "__call__") or not method.startswith("_")):
                yield f"{name}.{method}", found


def test_public_signatures_name_their_types() -> None:
    """Tests that no parameter and no result of what is exported has the type Any, or no type."""
    seen = 0
    for name, one in public_callables():
        signature = inspect.signature(one)
        named = {key: parameter.annotation for key, parameter in signature.parameters.items() if key != "self"}
        for key, annotation in {**named, "return": signature.return_annotation}.items():
            assert annotation not in ("Any", Any, inspect.Signature.empty), f"{name}, {key}"
            seen += 1
    assert seen > 100
