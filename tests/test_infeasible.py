"""Infeasible instances end with the right verdict, those too in which HiGHS would wait for ever."""

from __future__ import annotations

import signal
from typing import Any

import pandas as pd
import pytest

import optimizer
from benchmarks.infeasible import trial
from optimizer.errors import NoFeasiblePlan
from optimizer.solver.highs import Model


def whole_blocks() -> optimizer.Instance:
    """Shares that fractions of blocks of 10,000 and lots of 1,024 can keep, and full ones cannot.

    In 2026-05 there are 2,000 accelerators on the site, as what is bought arrives in 2026-10 or later. For them to
    be at most 40 % of all, `neo1` must lease out 3,000 or more; 70 % allow it 4,667. That is 0.3 to 0.47 of a block.
    HiGHS's search for an irreducible infeasible subsystem waited for ever for Python's lock, which it kept itself.
    """
    frames: dict[str, Any] = {
        "accelerators": [{"accelerator": "H100", "kw": 1.36}],
        "throughput": [{"class": "inference", "accelerator": "H100", "factor": 0.8}],
        "providers": [{"provider": "neo1"}],
        "sites": [{"site": "site1", "region": "us-east"}],
        "fleet": [{"site": "site1", "accelerator": "H100", "count": 2000, "until": "2026-11"}],
        "workloads": [{"workload": "work2", "class": "inference", "penalty": 20000}],
        "contracts": [
            {
                "contract": "contract3",
                "provider": "neo1",
                "region": "us-east",
                "accelerator": "H100",
                "accelerators_per_block": 10000,
                "price": 1e7,
                "per": "block_month",
                "min_term_months": 3,
                "max_blocks": 6,
                "min_blocks": 2,
            }
        ],
        "purchases": [
            {
                "purchase": "buy1",
                "site": "site1",
                "accelerator": "H100",
                "unit_price": 30000,
                "lead_months": 6,
                "lot_size": 1024,
                "max_per_month": 8192,
                "earliest": "2026-04",
            }
        ],
        "policies": [
            {"policy": "concentration", "rule": "max_share", "subject": "provider", "limit": 0.7, "from": "2026-05"},
            {"policy": "xp2", "rule": "max_share", "subject": "site", "limit": 0.4},
        ],
    }
    head = {"format": 1, "name": "blocks", "start": "2026-01", "months": 14, "discount_rate": 0.09}
    return optimizer.read(
        {"instance": head, **{name: pd.DataFrame(rows, dtype=object) for name, rows in frames.items()}}
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_a_search_that_waited_for_ever_ends(threads: int) -> None:
    """Tests that the verdict comes, with the two shares that clash, for any number of threads."""
    with pytest.raises(NoFeasiblePlan) as caught:
        # The conflict takes 4 s, and several times that on a busy machine: the limit is no part of the test.
        optimizer.solve(whole_blocks(), time_limit=40, threads=threads)
    assert "policy concentration allows neo1" in str(caught.value)
    assert "policy xp2 allows site1" in str(caught.value)


def test_ctrl_c_in_a_search_ends_the_diagnosis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that Ctrl-C in one of its searches, which keep what they hold, begins no other search."""
    runs, real = [0], Model._run

    def pressed(model: Model, *given: Any, **named: Any) -> bool:
        runs[0] += 1
        signal.raise_signal(signal.SIGINT)
        return real(model, *given, **named)

    monkeypatch.setattr(Model, "_run", pressed)
    with pytest.raises(KeyboardInterrupt):
        optimizer.diagnose(whole_blocks(), threads=1)
    assert runs == [1]


def test_infeasible_instances_end() -> None:
    """Tests a slice of ``python -m benchmarks.infeasible``: verdicts, of integers (seeds 37, 38) too."""
    found = [one for seed in (*range(12), *range(34, 40)) if (one := trial(seed, 5.0, 1)) is not None]
    assert {one.kind for one in found} == {"fractions", "integers"}
    assert {one.verdict for one in found} == {"infeasible"}
