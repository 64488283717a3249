"""Which capacity can serve which demand and cover which outlet: every condition, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from optimizer.instance.data import Data
from optimizer.instance.pools import Pools

ROWS: dict[str, list[dict[str, Any]]] = {
    "providers": [
        {"provider": "cloud", "group": "alpha", "tags": ["rival"]},
        {"provider": "neo", "group": "", "tags": []},
    ],
    "sites": [
        {"site": "north", "region": "europe", "availability": 0.9},
        {"site": "south", "region": "asia", "availability": 0.5},
    ],
    "fleet": [{"site": "north", "accelerator": "gpu"}],
    "purchases": [{"site": "south", "accelerator": "npu"}],
    "contracts": [
        {"provider": "cloud", "accelerator": "tpu", "region": "america", "sublease": True, "availability": 0.8},
        {"provider": "neo", "accelerator": "ipu", "region": "europe", "sublease": False, "availability": 1.0},
    ],
    "on_demand": [{"provider": "neo", "accelerator": "gpu", "region": "africa", "availability": 1.0}],
    "throughput": [
        {"class": "serve", "accelerator": "gpu", "factor": 1.0},
        {"class": "serve", "accelerator": "tpu", "factor": 2.0},
        {"class": "train", "accelerator": "gpu", "factor": 1.5},
        {"class": "train", "accelerator": "npu", "factor": 4.0},
        {"class": "draw", "accelerator": "ipu", "factor": 0.0},
    ],
}


class Rows:
    """Tables of an instance, as far as pools read them."""

    def records(self, *tables: str) -> Iterator[tuple[Any, Any]]:
        """Every row of some tables."""
        for table in tables:
            for values in ROWS[table]:
                yield SimpleNamespace(spec=SimpleNamespace(name=table)), SimpleNamespace(values=values)


@pytest.fixture
def pools() -> Pools:
    """Stocks of these rows."""
    return Pools(cast(Data, Rows()))


def outlet(accelerator: str, tenant: str = "lab", site: str = "") -> dict[str, Any]:
    """A row of ``outlets``."""
    return {"accelerator": accelerator, "tenant": tenant, "site": site}


def work(of: str, regions: tuple[str, ...] = (), exclude: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A row of ``workloads`` or ``training_runs``."""
    return {"class": of, "regions": list(regions), "exclude": list(exclude), **more}


@pytest.mark.parametrize(
    ("row", "covered"),
    [
        (outlet("gpu"), True),  # the fleet at north
        (outlet("gpu", site="north"), True),
        (outlet("gpu", site="south"), False),  # there is none
        (outlet("npu", site="south"), True),  # bought there
        (outlet("tpu"), True),  # leased from cloud, which permits to let it
        (outlet("tpu", tenant="cloud"), False),  # not to cloud itself
        (outlet("tpu", site="north"), False),  # a contract is at no site
        (outlet("ipu"), False),  # neo does not permit it
        (outlet("xpu"), False),
    ],
)
def test_outlets_are_covered_by_what_may_be_let_there(pools: Pools, row: dict[str, Any], covered: bool) -> None:
    """Tests kind, site, tenant and sublease."""
    assert pools.can_cover(row) is covered


@pytest.mark.parametrize(
    ("row", "on_demand", "reason"),
    [
        (work("serve"), True, ""),
        (work("draw"), True, "no capacity has accelerators for the class 'draw'"),  # a factor of 0 is none
        (work("serve", ("america",)), True, ""),
        (work("serve", ("asia", "europe")), True, ""),
        (work("serve", ("asia",)), True, "no capacity for the class 'serve' is in asia"),  # only npu is there
        (work("serve", ("africa",)), True, ""),  # by the hour
        (work("serve", ("africa",)), False, "no capacity for the class 'serve' is in africa"),
        (work("serve", ("america",), ("rival",)), True, "all of it is excluded by rival"),
        (work("serve", ("america",), ("alpha",)), True, "all of it is excluded by alpha"),
        (work("serve", ("america",), ("neo", "cloud")), True, "all of it is excluded by neo;cloud"),
        (work("serve", ("america",), ("neo",)), True, ""),
        (work("train", ("europe",), ("in_house",)), True, "all of it is excluded by in_house"),
    ],
)
def test_demand_that_nothing_can_serve_has_its_reason(
    pools: Pools, row: dict[str, Any], on_demand: bool, reason: str
) -> None:
    """Tests class, region and exclusion, with on-demand capacity and without."""
    assert pools.cannot_serve(row, on_demand) == reason


@pytest.mark.parametrize(
    ("row", "rate"),
    [
        (work("train"), 0.5 * 4.0),  # npu at south; gpu at north is 0.9 · 1.5
        (work("train", ("europe",)), 0.9 * 1.5),
        (work("serve"), 0.8 * 2.0),
        (work("serve", ("europe", "africa")), 0.9 * 1.0),  # on-demand capacity at 1.0 runs none
        (work("serve", (), ("rival",)), 0.9 * 1.0),
        (work("serve", ("africa",)), 0.0),
        (work("draw"), 0.0),
    ],
)
def test_the_best_rate_counts_factor_and_availability(pools: Pools, row: dict[str, Any], rate: float) -> None:
    """Tests the fastest accelerator that a training run may use."""
    assert pools.best_rate(row) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("amount", "months"),
    [
        (1.0, 1),  # on 10 accelerators at 2.0, 20 a month
        (20.0, 1),
        (20.1, 2),
        (60.0, 3),
    ],
)
def test_least_months_of_a_run(pools: Pools, amount: float, months: int) -> None:
    """Tests full months at the largest size and the best rate; one where nothing can run it."""
    assert pools.least_months(work("train", work=amount, sizes=[5.0, 10.0])) == months
    assert pools.least_months(work("draw", work=amount, sizes=[5.0, 10.0])) == 1
