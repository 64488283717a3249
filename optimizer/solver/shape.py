"""The shape of a program: which edits leave its columns, rows and non-zeros where they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from optimizer.program.index import Index


def same_shape(old: Index, new: Index) -> bool:
    """Whether what is possible, wanted and limited is the same in kind, so that the program has the same shape.

    But for the placements of training runs, which can be made anew.
    """
    return (
        (old.possible is new.possible or _pattern(old.possible) == _pattern(new.possible))
        and (old.demand is new.demand or _wanted(old) == _wanted(new))
        and (old.yields is new.yields or old.yields.keys() == new.yields.keys())
        and (old.agreements is new.agreements or all(_kind(old, name) == _kind(new, name) for name in new.agreements))
        and [_critical(old), _limits(old)] == [_critical(new), _limits(new)]
        and (old.survived is new.survived or old.survived.keys() == new.survived.keys())
    )


def _wanted(ix: Index) -> dict[str, bytes]:
    return _pattern({name: amounts > 0 for name, amounts in ix.demand.items()})


def _pattern(masks: Mapping[str, Any]) -> dict[str, bytes]:
    return {name: np.packbits(mask).tobytes() for name, mask in masks.items()}


def _kind(ix: Index, name: str) -> tuple[Any, ...]:
    agreement = ix.agreements[name]
    steps = [age for age, _ in agreement.capacity_steps]
    return (
        agreement.starts,
        agreement.months,
        agreement.hand_backs,
        agreement.least_blocks > 0,
        agreement.ramped,
        steps,
    )


def _critical(ix: Index) -> list[bool]:
    return [row.critical > 0 for row in ix.workloads.values()]


def _limits(ix: Index) -> list[bool]:
    return [row.limit > 0 for row in ix.policies.values()]
