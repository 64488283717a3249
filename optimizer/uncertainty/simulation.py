"""What a simulation has found: costs by draw and plan, their distribution, and the differences between plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from optimizer.instance.instance import Instance
from optimizer.plan.tables import plain_rows
from optimizer.program.arrays import Floats
from optimizer.uncertainty.draws import Draws, make_draws
from optimizer.uncertainty.stochastic_program import conditional_value_at_risk

OPTIMAL, WIDE, INFEASIBLE, NO_PLAN = "optimal", "feasible", "infeasible", "none"
_TAIL = 0.025  # on each side of the interval
_ROUNDING = 1e-9  # of a cost
_QUANTILES = {"p5": 0.05, "median": 0.5, "p95": 0.95}


class Result(NamedTuple):
    """What a plan costs in a draw.

    Attributes
    ----------
    status : str
        ``optimal`` within the gap, ``feasible`` with a larger one, ``infeasible``, or ``none``: no plan in time.
    cost, bound : float
        Net present cost and what it cannot be below, in the instance's currency; NaN where unknown.
    unserved_share : float
        Share of the work that is not served; NaN where unknown.
    why : str
        Why there is no plan.
    """

    status: str
    cost: float = np.nan
    bound: float = np.nan
    unserved_share: float = np.nan
    why: str = ""


class Mean(NamedTuple):
    """A mean with its 95 % interval, which is NaN where the draws are not a sample, or fewer than two."""

    mean: float
    low: float
    high: float


@dataclass
class Simulation:
    """Costs of plans in draws of what may come.

    Attributes
    ----------
    names : tuple of str
        Names of the plans.
    drawn : Draws
        The draws.
    until : int
        First month whose decisions were free.
    gap : float
        Relative gap at which a search ended.
    notes : tuple of str
        What makes the plans hard to compare.
    results : list of tuple of Result
        For each different draw that was examined, the result of each plan.
    stopped : bool
        Whether Ctrl-C came before all draws were examined.
    """

    names: tuple[str, ...]
    drawn: Draws
    until: int
    gap: float
    notes: tuple[str, ...] = ()
    results: list[tuple[Result, ...]] = field(default_factory=list)
    stopped: bool = False

    def __repr__(self) -> str:
        return f"<Simulation of {len(self.names)} plans in {self.examined} of {len(self.drawn.order)} draws>"

    @property
    def instance(self) -> Instance:
        """Instance whose scenarios or risks come."""
        return self.drawn.instance

    @property
    def examined(self) -> int:
        """Number of draws, or scenarios, that are counted."""
        return self.drawn.covered(len(self.results))

    @property
    def is_complete(self) -> bool:
        """Whether all draws were examined, each within the gap or proven infeasible."""
        within = all(one.status in (OPTIMAL, INFEASIBLE) for results in self.results for one in results)
        return within and len(self.results) == len(self.drawn.futures)

    # ------------------------------------------------------------------ tables
    @property
    def plans(self) -> pd.DataFrame:
        """Distribution of the cost of each plan over the draws in which it can be kept."""
        return pd.DataFrame([self._summary(number, name) for number, name in enumerate(self.names)])

    @property
    def differences(self) -> pd.DataFrame:
        """Cost of each plan less that of the first one, over the draws in which both can be kept."""
        columns = [
            "plan",
            "against",
            "share",
            "mean",
            "low",
            "high",
            "at_least",
            "at_most",
            "cheaper",
            "more_expensive",
        ]
        rows = [self._difference(number) for number in range(1, len(self.names))]
        return pd.DataFrame(rows, columns=columns)

    @property
    def draws(self) -> pd.DataFrame:
        """One row for each different draw and plan."""
        weights = self.drawn.weights(len(self.results)).tolist()
        rows = [
            {"draw": future.name, "changes": future.title, "probability": weight, "plan": name, **one._asdict()}
            for future, weight, results in zip(self.drawn.futures, weights, self.results, strict=False)
            for name, one in zip(self.names, results, strict=True)
        ]
        return pd.DataFrame(rows)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name; ``differences`` only of several plans."""
        found = {"plans": self.plans, "differences": self.differences, "draws": self.draws}
        return {name: table for name, table in found.items() if len(table)}

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the JSON output; what is unknown is None."""
        head, drawn = self.instance.head, self.drawn
        about = {"instance": head.name, "currency": head.currency, "until": self._until}
        counts = {"draws_wanted": len(drawn.order), "draws_examined": self.examined, "sampled": drawn.count is not None}
        state = {"seed": drawn.seed, "gap": self.gap, "stopped": self.stopped, "notes": list(self.notes)}
        return {**about, **counts, **state, **{name: plain_rows(table) for name, table in self.tables.items()}}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], instance: Instance) -> Simulation:
        """Return the simulation that :meth:`to_dict` has written, of the draws of an instance."""
        drawn = make_draws(instance, found["draws_wanted"] if found["sampled"] else None, found["seed"])
        names = tuple(row["plan"] for row in found["plans"])
        until = instance.head.months if found["until"] is None else _number_of(instance, found["until"])
        rows = [[np.nan if row[name] is None else row[name] for name in Result._fields] for row in found["draws"]]
        every = [*map(Result._make, rows)]
        results = [tuple(every[at : at + len(names)]) for at in range(0, len(every), len(names))]
        return cls(names, drawn, until, found["gap"], tuple(found["notes"]), results, found["stopped"])

    @property
    def _until(self) -> str | None:
        """Return the first month whose decisions were free; None if there is none."""
        return self.instance.label(self.until) if self.until < self.instance.head.months else None

    def mean_cost(self, plan: int = 0) -> Mean:
        """Return the mean cost of a plan, by its number from 0."""
        return self._mean(*self._kept(self._values(plan, "cost")))

    # ------------------------------------------------------------------ statistics
    def _values(self, plan: int, name: str) -> Floats:
        return np.array([getattr(results[plan], name) for results in self.results], dtype=float)

    def _kept(self, values: Floats) -> tuple[Floats, Floats]:
        """Return the values that are known, and their weights."""
        weights = self.drawn.weights(len(self.results))
        known = ~np.isnan(values) & (weights > 0)
        return values[known], weights[known]

    def _mean(self, values: Floats, weights: Floats) -> Mean:
        """Return the mean with its interval by Student's t distribution."""
        if not len(values):
            return Mean(np.nan, np.nan, np.nan)
        mean, count = float(np.average(values, weights=weights)), round(float(weights.sum()) * self.examined)
        if self.drawn.count is None or count < 2:
            return Mean(mean, np.nan, np.nan)
        half = _deviation(values, weights, count) * float(stdtrit(count - 1, 1 - _TAIL)) / float(np.sqrt(count))
        return Mean(mean, mean - half, mean + half)

    def _share(self, plan: int, status: str) -> float:
        weights = self.drawn.weights(len(self.results)).tolist()
        pairs = zip(weights, self.results, strict=True)
        return float(sum(weight for weight, results in pairs if results[plan].status == status))

    def _summary(self, plan: int, name: str) -> dict[str, Any]:
        costs, weights = self._kept(self._values(plan, "cost"))
        unserved, of_unserved = self._kept(self._values(plan, "unserved_share"))
        known, level = len(costs) > 0, self.instance.head.risk_level
        count = round(float(weights.sum()) * self.examined)
        return {
            "plan": name,
            "draws": self.examined,
            "infeasible": self._share(plan, INFEASIBLE),
            "none": self._share(plan, NO_PLAN),
            **dict(zip(("mean", "low", "high"), self._mean(costs, weights), strict=True)),
            "bound": self._mean(*self._kept(self._values(plan, "bound"))).mean,
            "deviation": _deviation(costs, weights, None if self.drawn.count is None else count),
            **{key: _quantile(costs, weights, share) for key, share in _QUANTILES.items()},
            "cvar": conditional_value_at_risk(costs, weights / weights.sum(), level) if known else np.nan,
            "worst": float(costs.max()) if known else np.nan,
            "unserved_share": float(np.average(unserved, weights=of_unserved)) if known else np.nan,
            "worst_unserved_share": float(unserved.max()) if known else np.nan,
        }

    def _difference(self, plan: int) -> tuple[Any, ...]:
        mine, other = self._values(plan, "cost"), self._values(0, "cost")
        tiny = _ROUNDING * np.abs(other)
        found, weights = self._kept(np.where(np.abs(mine - other) <= tiny, 0.0, mine - other))
        least = self._kept(self._values(plan, "bound") - other)
        most = self._kept(mine - self._values(0, "bound"))
        total = weights.sum() if len(weights) else np.nan
        return (
            self.names[plan],
            self.names[0],
            float(weights.sum()),
            *self._mean(found, weights),
            self._mean(*least).mean,
            self._mean(*most).mean,
            float(weights[found < 0].sum() / total),
            float(weights[found > 0].sum() / total),
        )


def _number_of(instance: Instance, label: str) -> int:
    """Return the number of a month of an instance by its label."""
    return next(month for month in range(instance.head.months) if instance.label(month) == label)


def _deviation(values: Floats, weights: Floats, count: int | None) -> float:
    """Return the standard deviation; of a sample of so many draws that of all that may come, as it estimates it."""
    if not len(values) or (count is not None and count < 2):
        return float("nan")
    spread = float(np.average((values - np.average(values, weights=weights)) ** 2, weights=weights))
    return float(np.sqrt(spread if count is None else spread * count / (count - 1)))


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    """Return the least value that is not exceeded with a probability."""
    if not len(values):
        return float("nan")
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, share - _ROUNDING)), len(values) - 1)])
