"""Shared by all tests: Ctrl-C as at a terminal, a real browser, snapshots of texts, and the marker of slow tests."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.slow import SlowTests

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SNAPSHOTS = Path(__file__).with_name("snapshots")
_MISSING = "The report is tested in a real browser, and Chromium is not installed. Run make browser."


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that bring the list of slow tests and the snapshots up to date."""
    parser.addoption(
        "--write-slow", action="store_true", help="Bring tests/slow.txt up to date for the files that run."
    )
    parser.addoption("--write-snapshots", action="store_true", help="Write the snapshots of the tests that run.")


def pytest_configure(config: pytest.Config) -> None:
    """Handle Ctrl-C as at a terminal: a shell starts background processes with it ignored, and tests inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "slow: left out by `make quick`; named in tests/slow.txt")
    config.pluginmanager.register(SlowTests(bool(config.getoption("--write-slow"))), "slow tests")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser without a window; without a browser, its tests fail with what to do."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.fail(_MISSING, pytrace=False)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, headless=True, args=list(_FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Compare a text with the file of this test in ``tests/snapshots``, which ``pytest --write-snapshots`` writes."""
    name = "-".join(re.findall(r"\w+", request.node.name))
    path = SNAPSHOTS / request.path.relative_to(SNAPSHOTS.parent).with_suffix("") / f"{name}.txt"

    def compare(text: str) -> None:
        found = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
        if request.config.getoption("--write-snapshots"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found, encoding="utf-8")
        assert path.is_file(), f"{path} is missing; write it with --write-snapshots and review it"
        assert found == path.read_text(encoding="utf-8"), f"if this is intended, write {path} with --write-snapshots"

    return compare
