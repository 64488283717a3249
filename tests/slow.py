"""Slow tests: marked from a list, which a run can bring up to date.

``make quick`` leaves out what ``tests/slow.txt`` names, one function or file per line. ``pytest --write-slow`` rewrites
the lines of the files that it runs; other runs list the tests that are slow and not on the list.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest

LIST = Path(__file__).with_name("slow.txt")
SECONDS = 0.2  # processor time of a test from which on it is slow
SETUP = 1.0  # processor time of one fixture setup from which on its file is slow: another test would set it up
_BEGAN = pytest.StashKey[float]()


def processor() -> float:
    """Return the processor seconds of this process and of the processes that it started and that have ended."""
    return sum(os.times()[:4])


def listed() -> set[str]:
    """Return the functions and files of the list."""
    return set(LIST.read_text(encoding="utf-8").split()) if LIST.exists() else set()


def function(name: str) -> str:
    """Return the name of a test's function, without parameters."""
    return name.partition("[")[0]


def slow_names(used: dict[str, dict[str, float]]) -> set[str]:
    """Return the slow functions, and the slow files in place of their functions.

    Parameters
    ----------
    used : dict
        Processor seconds of the phases of each test.
    """
    files = {name.partition("::")[0] for name, phases in used.items() if phases["setup"] >= SETUP}
    slow = {function(name) for name, phases in used.items() if sum(phases.values()) >= SECONDS}
    return files | {name for name in slow if name.partition("::")[0] not in files}


class SlowTests:
    """Plugin that marks the tests of the list and measures all tests, in one process or several."""

    def __init__(self, write: bool) -> None:
        self.write = write
        self.used: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Mark the tests that the list names."""
        slow = listed()
        for item in items:
            if {function(item.nodeid), item.nodeid.partition("::")[0]} & slow:
                item.add_marker("slow")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the processor time of the phase into its report, which reaches the main process of several."""
        report = yield
        now = processor()
        report.user_properties.append(("processor", now - item.stash[_BEGAN]))
        item.stash[_BEGAN] = now
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Keep the time at which a test begins."""
        item.stash[_BEGAN] = processor()
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the time of a phase to that of its test."""
        (used,) = (value for name, value in report.user_properties if name == "processor")
        self.used[report.nodeid][report.when] += float(str(used))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the list, or name the tests that it lacks."""
        old, found = listed(), slow_names(self.used)
        if self.write:
            ran = {part for name in self.used for part in (function(name), name.partition("::")[0])}
            kept = {name for name in old if name not in ran}
            LIST.write_text("".join(f"{name}\n" for name in sorted(kept | found)), encoding="utf-8")
            return
        for name in sorted(name for name in found if not {name, name.partition("::")[0]} & old):
            used = max(sum(self.used[one].values()) for one in self.used if one.startswith(name))
            if used > 5 * SECONDS:  # far above it, whatever else the machine does
                terminalreporter.write_line(f"slow, {used:.1f} s of a processor, and not in tests/slow.txt: {name}")
