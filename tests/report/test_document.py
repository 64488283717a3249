"""Cells of documents."""

from __future__ import annotations

from optimizer.format import count
from optimizer.report.document import Figure


def test_a_figure_is_text_with_its_number() -> None:
    """Tests that a zero is shown, unless it is to be blank, and that the number stays."""
    cells = [
        Figure(1200, count),
        Figure(0, count),
        Figure(0, count, blank_zero=True),
        Figure(3, count, blank_zero=True),
    ]
    assert [(str(cell), cell.value) for cell in cells] == [("1,200", 1200), ("0", 0), ("", 0), ("3", 3)]
