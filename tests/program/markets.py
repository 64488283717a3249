"""Random markets of contracts and outlets around one site, with all that a plan can decide about them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.program.tiny import frames, month

MONTHS = 9
_SPACE = {"supplies": "mw", "site": "hall", "region": None, "accelerator": None, "accelerators_per_block": None}


def market(seed: int, integer: bool) -> dict[str, Any]:
    """Frames of a market drawn at random, with integer blocks or without."""
    rng = np.random.default_rng(seed)
    names = ["fixed", "lease", "renewal", "option", "hall-lease", "grid"]
    return frames(
        MONTHS,
        {"jobs": [int(amount) for amount in rng.integers(0, 90, MONTHS)]},
        head={"discount_rate": 0.3, "tail_fraction": float(rng.choice([0, 0.5, 1]))},
        power=[{"mw": 0.004, "price_per_mwh": 10}],
        fleet=[{"count": 30}],
        contracts=_contracts(rng, integer),
        ramps=_ramps(rng),
        outlets=_outlets(rng, integer),
        prices=[
            {"item": name, "month": t, "price": float(rng.integers(30, 160))}
            for name in (*names, "let")
            for t in (2, 5)
            if rng.random() < 0.5
        ],
        interruptions=_interruptions(rng, names),
        workloads=[{"workload": "jobs", "penalty": 12}],
    )


def _term(rng: np.random.Generator, fixed: bool) -> dict[str, Any]:
    if fixed:
        return {"term_months": int(rng.integers(2, 6))}
    months = {"min_term_months": int(rng.integers(1, 4)), "notice_months": int(rng.integers(0, 4))}
    ends = {"ends_by": int(rng.integers(5, MONTHS))} if rng.random() < 0.3 else {}
    return {**months, "termination_fee_months": float(rng.random()), **ends}


def _row(rng: np.random.Generator, name: str, fixed: bool, integer: bool) -> dict[str, Any]:
    """A contract with terms, money and limits at random."""
    return {
        "contract": name,
        "price": float(rng.integers(40, 140)),
        "max_blocks": int(rng.integers(2, 5)),
        "min_blocks": int(rng.choice([0, 0, 2])),
        "lead_months": int(rng.integers(0, 3)),
        "integer": integer,
        "upfront_per_block": float(rng.integers(0, 60)),
        "prepaid_fraction": float(rng.choice([0, 0.3, 1])),
        **({"escalation": 0.1} if fixed else {}),
        **_term(rng, fixed),
    }


def _contracts(rng: np.random.Generator, integer: bool) -> list[dict[str, Any]]:
    lease = _row(rng, "lease", False, integer) | {"sublease": True}
    renewal = _row(rng, "renewal", bool(rng.integers(2)), integer) | {"renews": "lease"}
    option = _row(rng, "option", bool(rng.integers(2)), integer)
    option |= {"requires": str(rng.choice(["fixed", "lease"])), "requires_blocks": 2}
    hall = _row(rng, "hall-lease", bool(rng.integers(2)), integer) | {"mw_per_block": 0.006}
    grid = _row(rng, "grid", bool(rng.integers(2)), integer) | {"mw_per_block": 0.005, "minimum_take": 0.7}
    grid |= {"prepaid_fraction": 0, "escalation": 0}
    cheaper = {"price": renewal["price"] / 2}
    mw = [{**row, **_SPACE, "price": row["price"] / 3} for row in (hall, grid)]
    return [_row(rng, "fixed", True, integer), lease, renewal | cheaper, option | {"price": option["price"] / 2}, *mw]


def _ramps(rng: np.random.Generator) -> list[dict[str, Any]]:
    slow = {"capacity_fraction": 0.5, "price_fraction": 0.6}
    full = {"capacity_fraction": 1, "price_fraction": 1}
    shares = ((0, slow), (1, full))
    chosen = [name for name in ("fixed", "lease", "hall-lease") if rng.random() < 0.6]
    return [{"contract": name, "month_of_term": age, **share} for name in chosen for age, share in shares]


def _outlets(rng: np.random.Generator, integer: bool) -> list[dict[str, Any]]:
    plain = {"accelerators_per_block": 5, "integer": integer, "lead_months": int(rng.integers(0, 2))}
    let = {"price": float(rng.integers(20, 120)), "max_blocks": 3, "upfront_per_block": 3.0, **_term(rng, False)}
    fixed = {"price": float(rng.integers(20, 120)), "max_blocks": 2, **_term(rng, True)}
    return [{**plain, **let}, {"outlet": "fixed-let", **plain, **fixed}]


def _interruptions(rng: np.random.Generator, names: list[str]) -> list[dict[str, Any]]:
    found = []
    for name in names:
        if rng.random() < 0.4:
            first = int(rng.integers(0, MONTHS))
            shares = {"capacity_fraction": 0.5, "price_fraction": float(rng.choice([0.2, 1]))}
            last = {"to": first + 2} if rng.random() < 0.7 else {}
            found.append({"interruption": f"stop-{name}", "item": name, "from": first, **last, **shares})
    return found


def market_with_past(seed: int, integer: bool) -> dict[str, Any]:
    """Frames of a random market in which blocks were signed, and some of them handed back, before the plan."""
    case, rng = market(seed, integer), np.random.default_rng(seed + 1000)
    rows = [row for table in ("contracts", "outlets") for row in case[table].to_dict("records")]
    made = [decision for row in rows if rng.random() < 0.7 for decision in _past(rng, row, integer)]
    return {**case, **({"decided": pd.DataFrame(made, dtype=object)} if made else {})}


def _past(rng: np.random.Generator, row: dict[str, Any], integer: bool) -> list[dict[str, Any]]:
    """Return a signature of a contract or outlet before the plan and, for a part of it, a hand-back."""
    row = {name: value for name, value in row.items() if value == value and value is not None}
    kind, back = ("sign", "hand_back") if "contract" in row else ("lease_out", "take_back")
    signed = -int(rng.integers(1, 8))
    start = signed + int(row["lead_months"]) + int(rng.choice([0, 0, 2]))
    if ("renews" in row and start >= 0) or ("ends_by" in row and start > 1):
        return []  # nothing ends for certain then, or the term would end too late
    blocks = min(int(rng.integers(2, 4)) + (0.0 if integer else 0.3), float(row["max_blocks"]))
    agreed = {"price": float(rng.integers(20, 120))} if _keeps_its_price(row) and rng.random() < 0.5 else {}
    what = {"item": row.get("contract") or row["outlet"]}
    made = [{**what, "month": month(signed), "decision": kind, "blocks": blocks, "starts": month(start), **agreed}]
    if "term_months" in row or rng.random() < 0.5:
        return made
    notice = max(1, int(row["notice_months"]))
    end = max(start + int(row["min_term_months"]), notice - 1 - int(rng.integers(0, 2)))
    if month(end) > row.get("ends_by", month(MONTHS)):
        return made
    part = {"month": month(min(-1, end - notice)), "decision": back, "blocks": 1.0, "ends": month(end - 1)}
    return [*made, {**what, **part}]


def _keeps_its_price(row: dict[str, Any]) -> bool:
    return "term_months" in row and row.get("minimum_take", 1) == 1
