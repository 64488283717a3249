"""A real browser, without a window, for the tests of the report."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from optimizer.plan.plan import Plan
from optimizer.report.html import write_html
from tests.report.hostile import hostile_plan
from tests.report.plans import empty_plan, large_plan, small_plan

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PLANS: dict[str, Callable[[], Plan]] = {
    "small": small_plan,
    "hostile": hostile_plan,
    "empty": empty_plan,
    "large": large_plan,
    **{f"months-{n}": partial(large_plan, n, parties=4, workloads=3, sites=2) for n in (3, 12, 120, 240)},
}
_MISSING = "The report is tested in a real browser, and none is here. Install Chromium: make browser"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser; where there is none, its tests fail and say what to do."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.fail(_MISSING, pytrace=False)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, headless=True, args=list(_FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of a plan, by the plan's name; written when it is first asked for."""
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def write(name: str) -> Path:
        return write_html(_PLANS[name](), folder / f"{name}.html")

    return write
