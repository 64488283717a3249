"""The head of a plan as it is written: strictly, or with whatever is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optimizer.plan.folder import HEAD_FILE, contents
from optimizer.plan.plan import Plan
from tests.report.plans import small_plan


def with_note(value: Any) -> Plan:
    """A plan with a value in its head."""
    plan = small_plan()
    return replace(plan, head={**plan.head, "note": value})


@pytest.mark.parametrize(("value", "written"), [("text", "text"), (1.5, 1.5), (None, None)])
@pytest.mark.parametrize("strict", [True, False])
def test_plain_values_are_written_as_they_are(tmp_path: Path, value: Any, written: Any, strict: bool) -> None:
    """Tests a text, a number and nothing."""
    files = contents(with_note(value), tmp_path, "csv", strict)
    assert json.loads(files[HEAD_FILE])["note"] == written


@pytest.mark.parametrize(("value", "text"), [(Path("x"), '"x"'), (float("nan"), "NaN")])
def test_what_json_cannot_hold_is_refused_unless_nothing_may_be_lost(tmp_path: Path, value: Any, text: str) -> None:
    """Tests an object and a number that is not finite: refused, or written as text where a plan must be kept."""
    with pytest.raises((TypeError, ValueError)):
        contents(with_note(value), tmp_path, "csv")
    files = contents(with_note(value), tmp_path, "csv", strict=False)
    assert f'"note": {text}' in files[HEAD_FILE].decode()
