"""Critical work that is not served after a loss: against one linear program per loss, workload and pool in SCIP."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyscipopt
import pytest

import optimizer
from optimizer.auditing import holdings
from optimizer.auditing.holdings import Holdings
from optimizer.generator import random_frames
from optimizer.plan import emergency
from optimizer.plan.emergency import shortfalls


def _least_short(case: Holdings, need: Any, t: int, gone: frozenset[int]) -> float:
    """Return the least critical work that is short in a month, as SCIP finds it."""
    facts, model = case.facts, pyscipopt.Model()
    model.hideOutput()
    free = np.maximum(case.offered - case.leased, 0.0)[:, t]
    short = [model.addVar(ub=float(amount), obj=1.0) for amount in need]
    done: dict[tuple[int, int], Any] = {}
    for work, amount in enumerate(need):
        for place in range(len(facts.pools)):
            if amount > 0 and place not in gone and facts.yields[work, place] > 0:
                done[work, place] = model.addVar()
        mine = [float(facts.yields[work, place]) * one for (of, place), one in done.items() if of == work]
        model.addCons(pyscipopt.quicksum([*mine, short[work]]) >= float(amount))
    for place in range(len(facts.pools)):
        mine = [one for (_, of), one in done.items() if of == place]
        if mine:
            model.addCons(pyscipopt.quicksum(mine) <= float(free[place]))
    left = (case.mw_supply - case.mw_let - case.drawn(case.leased) - case.mw_of(gone))[:, t]
    for site, number in facts.names["site"].items():
        own = {place for place, pool in enumerate(facts.pools) if pool.own and pool.place == site}
        drawn = [float(case.kw[place]) / 1000 * one for (_, place), one in done.items() if place in own]
        if drawn:
            model.addCons(pyscipopt.quicksum(drawn) <= max(float(left[number]), 0.0))
    model.optimize()
    return float(model.getObjVal())


@pytest.mark.parametrize("columns", [1, 10**6])
def test_losses_are_least(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests random losses of a plan in which each workload has a twin, in many programs and in one."""
    import pandas as pd

    monkeypatch.setattr(emergency, "_COLUMNS", columns)
    frames = random_frames(3, "small", without=("training_runs", "rules", "policies"))
    for table in ("workloads", "demand"):
        twin = frames[table].copy()
        twin["workload"] += "-b"
        frames[table] = pd.concat([frames[table], twin], ignore_index=True)
    frames["workloads"]["critical"] = np.linspace(0.3, 1.0, len(frames["workloads"]))
    frames["on_demand"]["max_accelerators"] *= 0.2
    frames["workloads"]["min_service"] = None
    case = holdings(optimizer.solve(optimizer.read(frames), relax=True, threads=1))
    critical = case.demand * frames["workloads"]["critical"].to_numpy().reshape(-1, 1)
    draw, pools = np.random.default_rng(1), len(case.facts.pools)
    losses = [
        (int(draw.integers(critical.shape[1])), frozenset(np.flatnonzero(draw.random(pools) < 0.4).tolist()))
        for _ in range(8)
    ]
    short = shortfalls(case, critical, losses)
    least = [_least_short(case, critical[:, t], t, gone) for t, gone in losses]
    assert max(least) > 0
    assert short.sum(axis=1) == pytest.approx(least, rel=1e-6, abs=1e-6 * critical.max())
    assert (short <= critical[:, [t for t, _ in losses]].T + 1e-9).all()
