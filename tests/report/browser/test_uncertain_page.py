"""The page of a plan under uncertainty in a real browser: drawn, accessible, and readable at 100 scenarios."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.report.browser.seen import NARROW, WIDE, Theme, opened

Pages = Callable[[str], Path]
# Charts that are seen, with their marks and the lowest and highest edge of the texts on their vertical axes.
SEEN = """() => [...document.querySelectorAll('.chart')].filter(at => at.checkVisibility()).map(at => [at.dataset.chart,
  [...at.querySelectorAll('path.js-fill, path.js-line, .point path, path.point')]
    .filter(path => path.getBBox().width > 0 || path.getBBox().height > 0).length,
  [...at.querySelectorAll('.ytick text')].map(text => { const box = text.getBoundingClientRect();
    return [box.top, box.bottom]; })])"""


@pytest.mark.parametrize("name", ["uncertain", "hundred"])
def test_charts_are_drawn_and_read(browser: Browser, pages: Pages, name: str) -> None:
    """Tests that the charts of all scenarios have marks, and labels that do not touch, wide and narrow."""
    with opened(browser, pages(name), WIDE, bypass_csp=True) as seen:
        for width in (WIDE, NARROW):
            seen.resize(width)
            assert seen.ask("document.documentElement.scrollWidth") <= width
            charts = {chart: (marks, labels) for chart, marks, labels in seen.ask(SEEN)}
            assert len(charts) >= 4
            for chart, (marks, labels) in charts.items():
                assert marks, chart
                edges = sorted(labels)
                assert all(upper[1] <= lower[0] + 1 for upper, lower in pairwise(edges)), chart
        assert seen.troubles == []
        assert seen.requests == [pages(name).as_uri()]


@pytest.mark.parametrize(("name", "theme"), [("hundred", "light"), ("uncertain", "dark")])
def test_page_is_accessible(browser: Browser, pages: Pages, name: str, theme: Theme) -> None:
    """Tests that axe-core finds no fault on these pages, in both themes, with their details open."""
    with opened(browser, pages(name), NARROW, theme=theme, bypass_csp=True) as seen:
        seen.ask("document.querySelectorAll('main details').forEach(at => at.open = true)")
        result = Axe().run(seen.page)
        assert result.violations_count == 0, result.generate_report()


def test_a_hundred_scenarios_are_a_page_that_can_be_sent(pages: Pages) -> None:
    """Tests that the page of 100 scenarios stays below 4 MB: single scenarios are shown in detail for some of them."""
    assert pages("hundred").stat().st_size < 4_000_000
