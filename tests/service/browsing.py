"""Pages of a server in a browser: what holds for each of them, and a planner who uses the keyboard alone."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

NARROW: ViewportSize = {"width": 400, "height": 800}
_STOPS = 400  # steps by Tab after which something is a trap
# What has the focus: its name, its tag, and whether the focus can be seen on it. A frame shows the focus within itself.
_FOCUS = """() => { const at = document.activeElement, look = getComputedStyle(at);
  const text = at.labels?.length ? at.labels[0].innerText : at.getAttribute('aria-label') || at.title || at.innerText;
  return [text.trim().split('\\n')[0].trim(), at.tagName.toLowerCase(),
    at === document.body || at.tagName === 'IFRAME'
      || (look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 1)]; }"""


def check(page: Page) -> None:
    """Check that a page is accessible in both themes, and not wider than a narrow window."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        result = Axe().run(page)
        assert result.violations_count == 0, f"{page.url} {theme}\n{result.generate_report()}"
    wide = page.evaluate("""() => [...document.querySelectorAll('main *')].filter(one => !one.closest('.scroll')
      && one.getBoundingClientRect().right > innerWidth).map(one => one.outerHTML.slice(0, 200))""")
    assert wide == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], page.url


class Keyboard:
    """A planner without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def focus(self) -> tuple[str, str]:
        """Name and tag of what has the focus."""
        name, tag, is_seen = self.page.evaluate(_FOCUS)
        assert is_seen, f"{self.page.url}: the focus on {tag} {name!r} cannot be seen"
        return name, tag

    def to(self, name: str, tag: str) -> None:
        """Press Tab until something with a name has the focus."""
        seen = []
        for _ in range(_STOPS):
            self.page.keyboard.press("Tab")
            seen.append(self.focus)
            if seen[-1] == (name, tag):
                return
        raise AssertionError(f"{self.page.url}: {tag} {name!r} is not reached by Tab: {seen[:60]}")

    def press(self, name: str, tag: str = "button", key: str = "Enter") -> None:
        """Go to a button or a link, and use it."""
        self.to(name, tag)
        self.page.keyboard.press(key)

    def write(self, name: str, text: str) -> None:
        """Go to a field, and write into it in place of what it has."""
        self.to(name, "input")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, name: str, text: str) -> None:
        """Go to a list, and choose an entry by its first letters."""
        self.to(name, "select")
        self.page.keyboard.type(text)
