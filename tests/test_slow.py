"""The list of slow tests, which `make quick` leaves out, and the snapshots."""

from __future__ import annotations

from tests.command import ROOT
from tests.conftest import SNAPSHOTS
from tests.slow import listed, slow_names


def test_the_list_names_tests_that_exist() -> None:
    """Tests that every file and function on the list is still in the tests."""
    for name in sorted(listed()):
        path, _, function = name.partition("::")
        assert (ROOT / path).is_file(), name
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8") or not function, name


def test_a_slow_case_makes_its_function_slow() -> None:
    """Tests that one case above 0.2 s of a processor counts for all cases of its function, and other tests stay."""
    quick = {"setup": 0.0, "call": 0.1, "teardown": 0.0}
    used = {"a.py::f[1]": quick, "a.py::f[2]": quick | {"call": 0.3}, "a.py::g": quick}
    assert slow_names(used) == {"a.py::f"}


def test_a_slow_setup_makes_its_file_slow() -> None:
    """Tests that a file is slow if a fixture is: the next test of the file would set it up instead."""
    quick = {"setup": 0.0, "call": 0.1, "teardown": 0.0}
    assert slow_names({"a.py::f": quick | {"setup": 1.5}, "a.py::g": quick, "b.py::h": quick}) == {"a.py"}


def test_snapshots_belong_to_tests() -> None:
    """Tests that every snapshot is of a test that exists, and that there is one."""
    found = list(SNAPSHOTS.rglob("*.txt"))
    assert found
    for path in found:
        home = ROOT / "tests" / path.parent.relative_to(SNAPSHOTS).with_suffix(".py")
        assert f"def {path.stem.partition('-')[0]}(" in home.read_text(encoding="utf-8"), path
