"""Pages of the site that are kept elsewhere: README, examples, mathematics and the notebook; a hook of mkdocs.

They are taken from where they are, so that nothing is written twice; their links are turned to the pages of the site.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from latex2mathml.converter import convert
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = "notebook/first-steps"
SOURCES = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "licence.md": "LICENSE",
    "instances/index.md": "instances/README.md",
    "mathematics.md": "models/capacity_allocation/formulation.md",
    "site/plotly-basic.min.js": "optimizer/report/templates/plotly-basic.min.js",
}
MATHEMATICS = ("mathematics.md", "uncertainty.md")  # pages with formulas
LONG = 40  # characters of LaTeX
EXAMPLES = sorted(path.parent.name for path in (ROOT / "instances").glob("*/README.md"))
SOURCES |= {f"instances/{name}.md": f"instances/{name}/README.md" for name in EXAMPLES}
PAGES = {source: page for page, source in SOURCES.items()}
PAGES |= {f"instances/{name}": f"instances/{name}.md" for name in EXAMPLES}
PAGES |= {f"docs/{NOTEBOOK}.ipynb": f"{NOTEBOOK}.md"}

_LINK = re.compile(r"\[([^\]]*)\]\(([^()\s:#]+)(#[^()\s]*)?\)")
_MATHS = re.compile(r"`[^`]*`|\$([^$]+)\$")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that are kept elsewhere."""
    for page, source in SOURCES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    files.append(File.generated(config, f"{NOTEBOOK}.md", content=notebook_page(ROOT / "docs" / f"{NOTEBOOK}.ipynb")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn the links of a page to the site; mathematics is kept from being read as Markdown."""
    name = page.file.src_uri
    if name == "licence.md":
        return f"# Licence\n\n```text\n{markdown.strip()}\n```\n"
    if name in MATHEMATICS:
        markdown = _MATHS.sub(lambda found: f"MATHS{found[1].encode().hex()}MATHS" if found[1] else found[0], markdown)
    source = SOURCES.get(name, f"docs/{name}")
    return _LINK.sub(lambda found: relinked(found, source, name), markdown)


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Draw the mathematics as MathML, which browsers know by themselves; names in docstrings lose their roles."""
    html = re.sub(":(?:attr|class|data|func|meth):(?=<code>)", "", html)
    return re.sub("MATHS([0-9a-f]+)MATHS", lambda found: maths(bytes.fromhex(found[1]).decode()), html)


def relinked(link: re.Match[str], source: str, page: str) -> str:
    """Link from a page of the site, given the link in its source; its text if only a checkout has the target."""
    text, target, anchor = link.groups(default="")
    meant = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    if meant not in PAGES and not meant.startswith("docs/") and (ROOT / meant).exists():
        return text
    found = PAGES.get(meant, meant.removeprefix("docs/"))
    return f"[{text}]({posixpath.relpath(found, posixpath.dirname(page) or '.')}{anchor})"


def maths(latex: str) -> str:
    """A formula as MathML; a long one in a box that scrolls where it is too wide."""
    drawn = convert(latex)
    return drawn if len(latex) < LONG else f'<span class="maths">{drawn}</span>'


def notebook_page(path: Path) -> str:
    """A notebook as Markdown: text, code and outputs."""
    parts = ["---\nhide: [toc]\n---"]
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        else:
            parts.append(f"```python\n{cell.source}\n```")
            parts += [shown(output) for output in cell.outputs]
    parts.append(f'<a href="{path.name}" download>The notebook as a file</a>')
    parts += [f'<script src="../site/{name}"></script>' for name in ("plotly-basic.min.js", "figures.js")]
    return "\n\n".join(parts) + "\n"


def shown(output: nbformat.NotebookNode) -> str:
    """What a cell gave: a figure, HTML or text."""
    data = output.get("data", {})
    if figure := data.get("application/vnd.plotly.v1+json"):
        text = json.dumps(figure).replace("</", "<\\/")
        return f'<div class="output"><script type="application/json" class="figure">{text}</script></div>'
    if "text/html" in data:
        return f'<div class="output">{" ".join(data["text/html"].split())}</div>'
    return f"```text\n{(output.get('text') or data['text/plain']).rstrip()}\n```"
