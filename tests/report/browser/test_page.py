"""The page of a plan in a real browser: drawn, quiet, safe, readable."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.report.browser.seen import NARROW, WIDE, Seen, Theme, opened
from tests.report.hostile import NAMES

Pages = Callable[[str], Path]
CHARTS = 18
# Marks of each chart: filled areas, lines, bars and points.
MARKS = """() => [...document.querySelectorAll('.chart')].map(place => [place.dataset.chart,
  [...place.querySelectorAll('path.js-fill, path.js-line, .point path, path.point')]
    .filter(path => path.getBBox().width > 0 || path.getBBox().height > 0).length])"""
TEXTS = "() => [...document.querySelectorAll('.chart svg text')].map(text => text.textContent)"
# Boxes of the months on the lowest axis of each chart.
TICKS = """() => [...document.querySelectorAll('.chart')].map(place =>
  [...place.querySelectorAll('.xaxislayer-above > .xtick, .xaxislayer-above > .x-title')].length &&
  [...place.querySelectorAll('.xaxislayer-above .xtick text')].map(text => {
    const box = text.getBoundingClientRect();
    return [box.left, box.right];
  })).filter(Boolean)"""


@pytest.mark.parametrize(
    ("name", "charts"), [("small", CHARTS), ("hostile", CHARTS), ("empty", 0), ("large", CHARTS - 2)]
)
def test_pages_are_drawn_fit_and_are_quiet(browser: Browser, pages: Pages, name: str, charts: int) -> None:
    """Tests that each chart shows marks and months, that nothing is wider than the window, asked for or told.

    The small plan has 12 months, the large one 240 and no training runs.
    """
    with opened(browser, pages(name), WIDE, bypass_csp=True) as seen:
        for width in (WIDE, NARROW):
            seen.resize(width)
            assert seen.ask("document.documentElement.scrollWidth") <= width
            edges = "[0, ...[...document.querySelectorAll('.chart svg')].map(s => s.getBoundingClientRect().right)]"
            assert max(seen.ask(edges)) <= width
            marks = dict(seen.ask(MARKS))
            assert len(marks) == charts
            assert all(marks.values()), marks
            if charts:
                assert_months_can_be_read(seen)
        assert seen.troubles == []
        assert seen.requests == [pages(name).as_uri()]


def test_hostile_names_are_only_names(browser: Browser, pages: Pages) -> None:
    """Tests that hostile names run and make nothing, in tables, legends and charts, and are read as they are."""
    with opened(browser, pages("hostile")) as seen:
        seen.ask("document.querySelectorAll('details').forEach(details => details.open = true)")
        assert (
            seen.ask("document.querySelectorAll('main img, .chart svg a, .chart svg tspan[style*=bold], svg b').length")
            == 0
        )
        assert seen.ask("Object.keys({}).length") == 0
        text = seen.page.inner_text("body")
        for name in NAMES.values():
            assert name in text
        drawn = " ".join(seen.ask(TEXTS))
        for key in ("lease", "annex", "big", "chat"):
            assert NAMES[key] in drawn
        assert f"{NAMES['fixed'][:50]}" in drawn
        assert seen.troubles == []


@pytest.mark.parametrize("months", [3, 120])
def test_months_can_be_read(browser: Browser, pages: Pages, months: int) -> None:
    """Tests the names of months of a short and a long plan, wide and narrow; those of 12 and 240 are tested above."""
    with opened(browser, pages(f"months-{months}"), bypass_csp=True) as seen:
        for width in (WIDE, NARROW):
            seen.resize(width)
            assert_months_can_be_read(seen)


def assert_months_can_be_read(seen: Seen) -> None:
    """Names of months do not touch each other, and there are three at least."""
    axes = seen.ask(TICKS)
    assert len(axes) >= 10
    assert len(axes[0]) >= 3
    for axis in axes:
        assert all(left[1] < right[0] for left, right in pairwise(sorted(axis)))


def test_theme_follows_the_system_and_the_switch(browser: Browser, pages: Pages) -> None:
    """Tests that the page starts in the system's theme, and that the switch turns page and charts."""
    look = """() => [getComputedStyle(document.body).backgroundColor,
      getComputedStyle(document.querySelector('.chart svg text')).fill,
      getComputedStyle(document.querySelector('.legend span')).backgroundColor]"""
    light = ["rgb(255, 255, 254)", "rgb(24, 33, 43)", "rgb(14, 60, 161)"]
    dark = ["rgb(20, 26, 33)", "rgb(232, 237, 242)", "rgb(87, 126, 211)"]
    with opened(browser, pages("small")) as seen:
        assert seen.ask(look) == light
        seen.page.click("#theme")
        assert seen.ask(look) == dark
        seen.page.click("#theme")
        assert seen.ask(look) == light
    with opened(browser, pages("small"), theme="dark") as seen:
        assert seen.ask(look) == dark
        seen.page.click("#theme")
        assert seen.ask(look) == light


@pytest.mark.parametrize(("theme", "rules"), [("light", None), ("dark", ["color-contrast"])])
def test_page_is_accessible(browser: Browser, pages: Pages, theme: Theme, rules: list[str] | None) -> None:
    """Tests that the rules of axe-core find no fault: names, roles, order of headings; contrast in both themes.

    It does not measure text in charts, which must have a contrast of 4.5 to the page at least.
    """
    colours = """() => [getComputedStyle(document.body).backgroundColor,
      ...new Set([...document.querySelectorAll('.chart svg text')].map(text => getComputedStyle(text).fill))]"""
    with opened(browser, pages("small"), theme=theme, bypass_csp=True) as seen:
        page, *texts = (luminance(colour) for colour in seen.ask(colours))
        assert texts
        for text in texts:
            assert (max(page, text) + 0.05) / (min(page, text) + 0.05) >= 4.5
        seen.ask("document.querySelectorAll('#cash details').forEach(at => at.open = true)")
        result = Axe().run(seen.page, options={"runOnly": rules} if rules else None)
        assert result.violations_count == 0, result.generate_report()
        assert len(result.response["passes"]) >= (1 if rules else 30)


def luminance(colour: str) -> float:
    """Relative luminance of ``rgb(r, g, b)``, as WCAG 2 defines it."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_everything_can_be_done_with_the_keyboard(browser: Browser, pages: Pages) -> None:
    """Tests that skip link, theme, legend and tables are reached by Tab, show it, and answer to keys."""
    focus = """() => { const at = document.activeElement, look = getComputedStyle(at);
      return [at.className || at.id, look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2]; }"""
    with opened(browser, pages("small")) as seen:
        keys, first = seen.page.keyboard, []
        for _ in range(2):
            keys.press("Tab")
            first.append(seen.ask(focus))
        assert first == [["skip", True], ["theme", True]]
        keys.press("Enter")
        assert seen.ask("document.documentElement.dataset.theme") == "dark"
        seen.page.locator("#capacity .legend button").first.focus()
        visible = "document.getElementById('chart-accelerators').data[0].visible"
        keys.press("Space")
        assert seen.ask(visible) is False
        assert seen.ask("document.activeElement.getAttribute('aria-pressed')") == "false"
        keys.press("Space")
        assert seen.ask(visible) is not False
        seen.page.locator("#capacity summary").first.focus()
        assert seen.ask(focus)[1]
        keys.press("Enter")
        assert seen.page.locator("#capacity details").first.get_attribute("open") is not None
        assert seen.page.locator("#capacity details table").first.is_visible()


def test_charts_fit_a_printed_page(browser: Browser, pages: Pages) -> None:
    """Tests that charts are light and narrow enough for paper while printing, and as before afterwards."""
    sizes = "[...document.querySelectorAll('.chart')].map(at => [at._fullLayout.width, at._fullLayout.height])"
    ink = "getComputedStyle(document.querySelector('.chart svg text')).fill"
    with opened(browser, pages("large"), theme="dark") as seen:
        before = seen.ask(sizes)
        seen.ask("dispatchEvent(new Event('beforeprint'))")
        # A4 with margins of 13 mm is 695 pixels wide.
        assert all(width <= 695 and height <= 900 for width, height in seen.ask(sizes))
        assert seen.ask(ink) == "rgb(24, 33, 43)"
        seen.ask("dispatchEvent(new Event('afterprint'))")
        assert seen.ask(sizes) == before


def test_pictures_can_be_saved(browser: Browser, pages: Pages) -> None:
    """Tests that a chart can be saved as a picture with its title, without asking anyone."""
    with opened(browser, pages("hostile")) as seen:
        with seen.page.expect_download() as download:
            seen.page.locator("#capacity .save").first.click()
        saved = Path(download.value.path())
        assert download.value.suggested_filename == "accelerators.png"
        assert saved.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert seen.troubles == []


def test_without_script_the_tables_tell_all(browser: Browser, pages: Pages) -> None:
    """Tests that a reader without JavaScript gets a notice, and finds the tables."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages("small").as_uri())
    assert "Charts need JavaScript" in page.inner_text("main")
    assert page.locator("details table").count() > CHARTS
    context.close()
