"""What all tests share: Ctrl-C as at a terminal, and a real browser."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_MISSING = "The report is tested in a real browser, and none is here. Install Chromium: make browser"


def pytest_configure() -> None:
    """Hear Ctrl-C: a shell starts what runs in its background deaf to it, and so would all be that tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser, without a window; where there is none, its tests fail and say what to do."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.fail(_MISSING, pytrace=False)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, headless=True, args=list(_FLAGS))
        yield opened
        opened.close()
