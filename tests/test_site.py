"""The documentation as a site: it builds strictly, works without a network or a server, and shows what is true."""

from __future__ import annotations

import csv
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import click
import nbformat
import pytest
from playwright.sync_api import Browser, Page

import optimizer
from docs.site.notebook import NOTEBOOK, executed
from optimizer.cli.app import cli
from tests.command import ROOT, environment

TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
WIDTHS = (400, 1280)
_LOADS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: any warning is a failure."""
    target = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(target)]
    done = subprocess.run(build, cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


class Seen(HTMLParser):
    """What a page links to and loads, its title, its anchors and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.title = ""
        self.words = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inside = tag
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if _LOADS.get(tag) in given:
            self.loads.append(given[_LOADS[tag]])

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        if self._inside not in ("script", "style"):
            self.words += data


@cache
def seen(page: Path) -> Seen:
    return Seen(page.read_text(encoding="utf-8"))


def pages(site: Path) -> list[Path]:
    """Pages of the site, but the one for pages that are not there: it is made for a server."""
    return [page for page in sorted(site.rglob("*.html")) if page.name != "404.html"]


def test_what_there_is_has_a_page_with_a_title(site: Path) -> None:
    """Tests that the guide, the reference and every example are pages of the site, each with a title of its own."""
    named = {path.stem for path in (ROOT / "docs").glob("*.md")} | {"index", "mathematics", "contributing", "licence"}
    examples = {f"instances/{path.parent.name}" for path in (ROOT / "instances").glob("*/README.md")}
    expected = named | examples | {"instances/index", "notebook/first-steps"}
    assert {str(page.relative_to(site).with_suffix("")) for page in pages(site)} == expected
    titles = [seen(page).title for page in pages(site)]
    assert all(titles)
    assert len(set(titles)) == len(titles)


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """Tests that no page or style sheet loads a script, a style, a font or a picture from the net."""
    for page in pages(site):
        for target in seen(page).loads:
            assert not re.match(r"[a-z]+:|//", target), f"{page.name} loads {target}"
            assert (page.parent / target.partition("?")[0]).exists(), f"{page.name} loads {target}, which is not there"
    for sheet in site.rglob("*.css"):
        assert re.findall(r"url\(\s*[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")) == [], sheet


def test_links_stay_within_the_site(site: Path) -> None:
    """Tests that every link leads to a page and a heading that are there, and none to elsewhere."""
    for page in pages(site):
        for target in seen(page).links:
            assert not re.match(r"[a-z]+:|//", target), f"{page.name} links to {target}"
            path, _, anchor = target.partition("#")
            linked = (page.parent / path).resolve() if path else page
            linked = linked / "index.html" if linked.is_dir() else linked
            assert linked.is_file(), f"{page.name} links to {target}"
            if anchor and linked.suffix == ".html":
                assert anchor in seen(linked).anchors, f"{page.name} links to {target}"


@pytest.mark.parametrize(
    ("source", "name", "least"),
    [("models/capacity_allocation/formulation.md", "mathematics", 100), ("docs/uncertainty.md", "uncertainty", 30)],
)
def test_mathematics_is_drawn(site: Path, source: str, name: str, least: int) -> None:
    """Tests that every formula is MathML in the site, and no LaTeX and no mark is left over."""
    text = (ROOT / source).read_text(encoding="utf-8")
    formulas = re.findall(r"\$[^$]+\$", re.sub(r"`[^`]*`", "", text))
    page = site / f"{name}.html"
    assert page.read_text(encoding="utf-8").count("<math") == len(formulas) > least
    assert re.findall(r"\\[a-z]+|MATHS|\$", seen(page).words) == []


def test_no_escape_is_left_over(site: Path) -> None:
    """Tests that options with limits read as in the terminal."""
    words = seen(site / "commands.html").words
    assert "[default: 2; 0<=x<=9]" in words
    assert "\\" not in words


def test_names_of_the_library_are_told(site: Path) -> None:
    """Tests that every public name stands on the page of the library, in plain words."""
    told = seen(site / "library.html")
    for name in set(optimizer.__all__) - {"__version__"}:
        assert f"optimizer.{name}" in told.anchors, f"docs/library.md lacks {name}"
    assert re.findall(r":[a-z]+:", told.words) == []


# ---------------------------------------------------------------- in a real browser, opened as files
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


# ---------------------------------------------------------------- notebook
def test_the_notebook_gives_what_it_shows() -> None:
    """Tests that the notebook runs from start to end in a fresh kernel and gives the outputs that are kept with it."""
    kept = nbformat.read(NOTEBOOK, as_version=4)
    fresh = executed()
    assert [cell.source for cell in fresh.cells] == [cell.source for cell in kept.cells]
    for old, new in zip(kept.cells, fresh.cells, strict=True):
        if old.cell_type == "code":
            assert old.get("outputs"), f"no output is kept: {old.source}"
            assert new.outputs == old.outputs, f"run `python docs/site/notebook.py`: {old.source}"


def test_the_notebook_shows_the_plan_worked_out_by_hand(site: Path) -> None:
    """Tests that the site shows its plan, whose cost the example's own page works out, and its figures as data."""
    words = seen(site / "notebook" / "first-steps.html").words
    assert "2.695 M USD" in words  # 2,695,200
    # 400 at 800,000 - 600,000 more for each of the two block-months of the second best plan, 2,832,400.
    assert "3232400.0" in words
    html = (site / "notebook" / "first-steps.html").read_text(encoding="utf-8")
    assert html.count('<script type="application/json" class="figure">') == 3
    assert "plotly-basic.min.js" in html


# ---------------------------------------------------------------- tutorial
@pytest.mark.parametrize("page", ["tutorial", "tutorial-risks"])
def test_commands_of_a_tutorial_are_well_formed(page: str) -> None:
    """Tests that every command of a tutorial exists with the options it is shown with."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\$ capopt (.+)$|`capopt ([^`]+)`", text, re.MULTILINE)
    assert len(lines) > 7
    for line in lines:
        name, *arguments = shlex.split("".join(line))
        context = click.Context(cli.commands[name])
        cli.commands[name].make_parser(context).parse_args(arguments)


def test_the_row_that_the_tutorial_shows_is_that_of_the_example() -> None:
    """Tests that the lease is told cell by cell as the example has it."""
    with (ROOT / "instances" / "bridge-lease" / "contracts.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["contract"] == "colossus-1")
    told = TUTORIAL[TUTORIAL.index("| column | here |") : TUTORIAL.index("All columns are described in")]
    count = 0
    for line in told.splitlines()[2:]:
        if line.startswith("|"):
            names, values = (cell.replace("`", "").split(",") for cell in line.split("|")[1:3])
            for name, value in zip(names, values, strict=True):
                assert row[name.strip()] == value.strip()
                count += 1
    assert count == 10
