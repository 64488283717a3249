"""The words of the package: plain technical English in docs, messages, docstrings, comments and identifiers."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCANNED = ("optimizer", "models", "instances", "docs", "benchmarks", "*.md", "Makefile", "mkdocs.yml", "pyproject.toml")
SUFFIXES = {".py", ".md", ".toml", ".html", ".j2", ".css", ".js", ".yml", ""}
OTHERS = ("plotly-basic.min.js", "iframe-worker.js", "CODE_OF_CONDUCT.md")  # written elsewhere, carried along

# Pattern of a word or phrase, and what to say. In an identifier every part counts: `_told`, `asked_gap`, `ToldTwice`.
FORBIDDEN = {
    r"told|tells?|telling|tellers?": "print, report, list, show, state; message; distinguish",
    r"anew": "again, rebuilt",
    r"held": "fixed, kept, incumbent",
    r"dear(er|est|ly)?": "expensive",
    r"besides?": "next to, in addition to, concurrently with",
    r"aside": "separately",
    r"asked|asking": "requested, target, query",
    r"(?<![Tt]here )(is|are) (none|no (edit|month|number|table|instance|plan|name|folder|file|row))": "invalid",
    r"that (is|are) no": "invalid",
    r"young|deaf|grown|helpless": "recent, uninterruptible, larger, failed",
    r"behind": "after, later, under",
    r"whole": "integer, full, entire",
    r"by the hour": "on demand",
    r"price to win": "break-even price",
    r"in short[,:]": "summary",
    r"work wanted": "demand",
}

# Keys and columns that other software reads, as they are written in code and in docs: they keep their names.
KEYS = (
    r"asked_gap",  # field of a benchmark record and of its page
    r"held_fewer|price_to_win",  # columns of the plan's tables `values` and `offers`
    r"([\"'`.])held\1|\bvalues\.held\b|^held = ",  # column of `values`; key of plan.json: decisions that were fixed
)


def findings(text: str) -> Iterator[str]:
    """Every forbidden word of a text with its line and what to say instead."""
    split = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
    for number, line in enumerate(text.splitlines(), 1):
        words = split.sub(" ", re.sub("|".join(KEYS), "", line))
        for pattern, say in FORBIDDEN.items():
            for found in re.finditer(rf"\b({pattern})\b", words, 0 if "are" in pattern else re.IGNORECASE):
                yield f"line {number}: {found[0]!r} in {line.strip()[:100]!r}; say {say}"


def scanned() -> list[str]:
    """Every text of the package and its documentation that is in the repository."""
    listed = subprocess.run(["git", "ls-files", "-z", *SCANNED], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [path for path in listed.stdout.split("\0") if path]
    return [path for path in paths if Path(path).suffix in SUFFIXES and Path(path).name not in OTHERS]


@pytest.mark.parametrize("path", scanned())
def test_a_text_uses_the_words_of_the_field(path: str) -> None:
    """Tests each text of the package and its documentation against the list of words that it avoids."""
    assert list(findings((ROOT / path).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "text", ["def _told(", "class ToldTwice", "a plan that is no plan", "the asked gap", "3 whole blocks"]
)
def test_a_forbidden_word_is_found(text: str) -> None:
    """Tests that words are found in identifiers of both styles and in sentences."""
    assert list(findings(text))


@pytest.mark.parametrize("text", ['head["held"]', "`held_fewer`", "None if there is none", "household", "x is None"])
def test_keys_of_other_software_may_stay(text: str) -> None:
    """Tests that keys and columns of files, and words that only contain a forbidden one, pass."""
    assert not list(findings(text))
