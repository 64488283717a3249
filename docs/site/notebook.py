"""The notebook of the documentation, run from start to end.

``python docs/site/notebook.py`` brings its outputs up to date.
"""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebook" / "first-steps.ipynb"


def executed() -> nbformat.NotebookNode:
    """The notebook with fresh outputs; figures as data, so that they load nothing."""
    book: nbformat.NotebookNode = nbformat.read(NOTEBOOK, as_version=4)
    environment = {**os.environ, "PLOTLY_RENDERER": "plotly_mimetype"}
    client = NotebookClient(book, timeout=120, record_timing=False, resources={"metadata": {"path": NOTEBOOK.parent}})
    client.execute(env=environment)
    book.metadata.pop("language_info", None)  # which Python ran it is of no interest
    return book


if __name__ == "__main__":
    NOTEBOOK.write_text(nbformat.writes(executed()) + "\n", encoding="utf-8")
