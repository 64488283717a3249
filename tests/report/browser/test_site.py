"""The documentation's site in a real browser, opened as files: nothing fails, nothing is loaded, nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.test_site import built, pages

WIDTHS = (400, 1280)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("site"))


class Watched:
    """A page, with what it complains of and what it asks the net for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.told: list[str] = []
        page.on("console", lambda message: self.told.append(message.text))
        page.on("pageerror", lambda error: self.told.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else self.told.append(request.url))


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context()
    yield Watched(context.new_page())
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_opens_from_its_file(watched: Watched, site: Path, width: int) -> None:
    """Tests that no page complains, asks the net for anything, or is wider than the window."""
    watched.page.set_viewport_size({"width": width, "height": 900})
    for page in pages(site):
        watched.page.goto(page.as_uri())
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, page.name
        assert watched.told == [], page.name


def test_figures_of_the_notebook_are_drawn(watched: Watched, site: Path) -> None:
    """Tests that the three figures of the notebook are drawn, each with its title and something in it."""
    watched.page.goto((site / "notebook" / "first-steps.html").as_uri())
    drawn = watched.page.evaluate(
        """() => [...document.querySelectorAll("div.figure")].map(figure => ({
            title: figure.querySelector(".gtitle").textContent.length,
            marks: figure.querySelectorAll(".cartesianlayer .trace path").length,
        }))"""
    )
    assert len(drawn) == 3
    assert all(figure["title"] > 20 and figure["marks"] > 0 for figure in drawn), drawn
    assert watched.told == []


def test_formulas_are_laid_out(watched: Watched, site: Path) -> None:
    """Tests that the browser lays formulas out as such: a fraction stands higher than a letter."""
    watched.page.goto((site / "mathematics.html").as_uri())
    heights = "name => Math.max(...[...document.querySelectorAll(name)].map(one => one.getBoundingClientRect().height))"
    assert watched.page.evaluate(heights, "mfrac") > 1.3 * watched.page.evaluate(heights, "mfrac mi") > 0


def test_the_search_finds_a_column(watched: Watched, site: Path) -> None:
    """Tests that the search works without a server."""
    watched.page.goto((site / "index.html").as_uri())
    watched.page.click(".md-search__input")
    watched.page.keyboard.type("notice_months")
    found = watched.page.wait_for_selector(".md-search-result__link[href*='instance-format.html']")
    assert found is not None
    assert watched.told == []
