"""A page as a reader sees it, with all that it did beside showing itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page

Theme = Literal["light", "dark"]
WIDE, NARROW = 1280, 400


@dataclass
class Seen:
    """An open page.

    Attributes
    ----------
    page : Page
        The page.
    troubles : list of str
        What it wrote to the console, errors that nothing caught, dialogs.
    requests : list of str
        Addresses that it asked for.
    """

    page: Page
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def resize(self, width: int) -> None:
        """Make the window another size, and wait until the charts are drawn anew; needs ``bypass_csp``."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.wait_for_function(
            """() => [...document.querySelectorAll('.chart')].filter(at => at.checkVisibility())
              .every(at => at._fullLayout && at._fullLayout.width === at.clientWidth)"""
        )

    def ask(self, script: str, value: Any = None) -> Any:
        """What a script finds in the page."""
        return self.page.evaluate(script, value)


@contextmanager
def opened(
    browser: Browser, path: Path, width: int = WIDE, theme: Theme = "light", bypass_csp: bool = False
) -> Iterator[Seen]:
    """A page once its charts are drawn."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=bypass_csp, accept_downloads=True
    )
    context.set_default_timeout(120_000)  # a busy machine is slow, not wrong
    page = context.new_page()
    seen = Seen(page)
    page.on("console", lambda message: seen.troubles.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.troubles.append(str(error)))
    page.on("dialog", lambda dialog: seen.troubles.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-drawn]")
    yield seen
    context.close()
