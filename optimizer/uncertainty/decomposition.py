"""Decomposition of a stochastic program: bounds from priced bundles, plans from decisions fixed in all scenarios.

Each round solves one subproblem a bundle for each candidate (a plan if all are feasible; first near its relaxation,
then, where that may be better, by a search from there), and one a bundle at the current multipliers (a Lagrangian
bound), from the best solution that is known: a plan is one at any multipliers, and costs as much. The search ends on
the gap between bound and plan. Bundles are merged when their bound no longer rises; the last bundle is the extensive
form.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.program.arrays import Arrays, Floats, Ints
from optimizer.solver.solution import Stop
from optimizer.uncertainty.alone import SHARE_OF_GAP, Alone
from optimizer.uncertainty.bundles import Bundles, Groups, make_bundles
from optimizer.uncertainty.candidates import Candidates
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.incumbent import Incumbent
from optimizer.uncertainty.multipliers import Multipliers
from optimizer.uncertainty.relaxations import LARGE, SMALL, Relaxations, group_size
from optimizer.uncertainty.stochastic_program import OWN, with_risk, with_risk_values
from optimizer.uncertainty.subproblems import (
    ENFORCED,
    FIXED,
    LAGRANGIAN,
    POLISHED,
    RELAXED,
    SCREENED,
    Answer,
    Subproblem,
    fixed,
    priced,
    solve_subproblem,
)
from optimizer.uncertainty.trials import Trial
from optimizer.workers.workers import Workers

_CANDIDATES = 2  # a round
_SCREENED = 6  # candidates of a round whose relaxations are compared
_QUICK_SEARCH = 1_000  # columns of a bundle up to which a search is as quick as one near the relaxation
_LARGE_PROGRAM = 250_000  # columns of all bundles from which on comparing takes longer than it saves
SAMPLE = 4
"""Bundles that show whether the multipliers of the relaxation are a guide."""
_LOOSE = 0.1  # share of the cost by which a relaxation may be below it
_PROVEN_TO, _NOT_TIGHT = 0.9, 0.4
"""Gap of a priced bundle that begins with a plan, as a share of the target: with tight relaxations, and with others."""
_TIGHTEST = 0.05
_TRIAL = 0.25
"""Gap of the search for a candidate's plan, as a share of the target."""
_TIGHT = 0.5  # share of the gap by which a relaxation may be below it without better multipliers
_STALLED = 6  # rounds in which the bound must have risen by a share of what is missing
_RISE = 0.1
_SLACK = 1e-6  # relative, of the bounds of the risk measure's decision


class SearchEnded(Exception):
    """Raised when bound and plan have met, or a bundle is infeasible."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop)
        self.stop = stop


def merged(groups: Groups) -> Groups:
    """Return half as many groups, each of two neighbours."""
    return [[*groups[at], *(groups[at + 1] if at + 1 < len(groups) else ())] for at in range(0, len(groups), 2)]


class Decomposition:
    """Rounds of a stochastic program with its scenarios in given bundles.

    Parameters
    ----------
    incumbent : Incumbent
        What is improved.
    groups : list of list of int
        Scenarios of each bundle.
    alone : Alone
        Plans of the scenarios alone, as far as they are known.
    multipliers : ndarray or None
        Multipliers (scenario, decision) to begin with.
    workers : Workers
        They solve the subproblems.
    """

    def __init__(
        self, incumbent: Incumbent, groups: Groups, alone: Alone, multipliers: Floats | None, workers: Workers
    ) -> None:
        self.incumbent, self.workers = incumbent, workers
        program = incumbent.program
        self.neutral = make_bundles(program, groups)
        averse = not incumbent.risk.is_neutral
        self.bundles = make_bundles(with_risk(program, incumbent.risk), groups) if averse else self.neutral
        self._alone = alone
        self.multipliers = Multipliers(self.bundles, _first(self.bundles, multipliers))
        self.prices = self.multipliers.centre
        self.candidates = Candidates(self.neutral)
        known = ~np.isnan(alone.costs)
        if known.any():
            self.candidates.use(alone.points[known], program.probabilities[known])
        self._answers: dict[int, Answer] = {}  # of priced bundles
        self._solutions: dict[int, Floats] = {}  # last ones of priced bundles
        self._unproven: dict[int, float] = {}  # by how much these cost more than their bounds, in expectation
        self._share_of_gap = _PROVEN_TO
        self._trials: dict[int, Trial] = {}
        self._number = 0
        self._may_polish = False
        self._relaxations: Relaxations | None = None  # of large groups, if those of small ones are not tight
        self._is_tight = True
        self._screened: list[tuple[float, int, Floats]] = []  # candidates that wait, by the cost of their relaxation

    def run(self) -> Stop | None:
        """Run rounds until the search ends, or, without a reason to, the bound no longer rises.

        It cannot rise where a bundle has no known solution.
        """
        is_first = self.incumbent.rounds == 0  # where it may begin with a plan
        if (is_first or self.incumbent.values is None) and self.incumbent.risk.is_neutral:
            self._try_multipliers()
        bounds = [self.incumbent.bound]
        while self.incumbent.stop is None:
            self.incumbent.rounds += 1
            self._trials = {trial.number: trial for trial in map(self._trial, self._next_candidates())}
            self._solve([*self._relaxed(), *self._polished(), *self._near_relaxations()])
            self._use_relaxations()
            if np.isfinite(self.incumbent.bound) or self._is_quick:  # otherwise these plans may be enough
                self._solve(self._searched())
            self._solve([*self._priced(), *self._searched()])
            self._answers = {}
            if self.incumbent.stop is not None or not self.multipliers.can_move:
                break
            self.prices = self.multipliers.next()
            bounds.append(self.incumbent.bound)
            if len(bounds) > _STALLED and not bounds[-1] - bounds[-1 - _STALLED] >= _RISE * self.incumbent.missing():
                return None
        return self.incumbent.stop

    @property
    def by_scenario(self) -> Floats:
        """Best multipliers, of a bundle in the row of its first scenario."""
        found = np.zeros((len(self.incumbent.program.scenarios), self.bundles.count))
        found[[group[0] for group in self.bundles.groups]] = self.multipliers.centre
        return found

    # ------------------------------------------------------------------ subproblems
    def _solve(self, tasks: list[Subproblem]) -> None:
        self.workers.map(solve_subproblem, tasks, self._note)

    def _try_multipliers(self) -> None:
        """Solve some priced bundles: they are the first candidates, and show whether the multipliers are a guide.

        Where the relaxation is far below the programs, the search begins without multipliers; where it is not tight,
        with those of larger groups, and candidates are compared by their relaxations.
        """
        tasks = self._priced()[:SAMPLE]
        self._solve(tasks)
        relaxed: list[float] = []
        loose = [replace(task, kind=RELAXED, arrays=task.arrays.relaxed()) for task in tasks]
        self.workers.map(solve_subproblem, loose, lambda _, answer: relaxed.append(answer.bound))
        bound = sum(self._answers[task.number].bound for task in tasks)
        self._use_solutions()
        rise, size = bound - sum(relaxed), abs(bound)
        if not rise <= _LOOSE * size and self.incumbent.stop is None:
            self._begin_again(np.zeros_like(self.prices))
        elif rise > self.incumbent.options.gap * _TIGHT * size:
            program = self.incumbent.program
            if group_size(program, LARGE) > group_size(program, SMALL):
                self._relaxations = Relaxations(program, LARGE, self.incumbent.until)
            self._is_tight, self._share_of_gap = False, _NOT_TIGHT

    def _begin_again(self, prices: Floats) -> None:
        """Begin with other multipliers (bundle, decision); the solutions of bundles stay."""
        self.multipliers = Multipliers(self.bundles, prices)
        self.prices, self._answers = self.multipliers.centre, {}
        for number, values in self._solutions.items():
            self.multipliers.add_cut(number, values)

    def _relaxed(self) -> list[Subproblem]:
        """Subproblems of better multipliers, once, where the relaxation is not tight."""
        return [] if self._relaxations is None else self._relaxations.tasks

    def _use_relaxations(self) -> None:
        """Begin again with the multipliers of relaxations that were solved."""
        found, self._relaxations = self._relaxations, None
        if found is not None and found.multipliers is not None:
            self._begin_again(_first(self.bundles, found.multipliers))

    # ------------------------------------------------------------------ candidates
    def _next_candidates(self) -> list[Floats]:
        """Return the candidates of a round: where the relaxation is not tight, those whose relaxations cost least."""
        if self._is_tight or sum(len(arrays.cost) for arrays in self.neutral.arrays) > _LARGE_PROGRAM:
            return self.candidates.take(_CANDIDATES)
        fresh = [self._trial(candidate) for candidate in self.candidates.take(_SCREENED)]
        by_number = {trial.number: trial for trial in fresh}

        def note(task: Subproblem, answer: Answer) -> None:
            by_number[task.candidate].note(task.number, replace(answer, values=None))

        tasks = [
            replace(task, arrays=task.arrays.relaxed()) for trial in fresh for task in self._fixed_at(trial, SCREENED)
        ]
        self.workers.map(solve_subproblem, tasks, note)
        self._screened += [(trial.bound, trial.number, trial.decisions) for trial in fresh]
        self._screened = sorted(one for one in self._screened if one[0] < self.incumbent.objective)
        chosen, self._screened = self._screened[:_CANDIDATES], self._screened[_CANDIDATES:]
        return [candidate for _, _, candidate in chosen]

    @property
    def _is_quick(self) -> bool:
        return max(len(arrays.cost) for arrays in self.neutral.arrays) <= _QUICK_SEARCH

    def _near_relaxations(self) -> list[Subproblem]:
        """Subproblems of each trial near its relaxation, unless searches are quick."""
        if self._is_quick:
            return []
        return [task for trial in self._trials.values() for task in self._fixed_at(trial, ENFORCED)]

    def _searched(self) -> list[Subproblem]:
        """Subproblems of searches for better plans than those near the relaxations, of the cheapest first."""
        gap, trials, tasks = self.incumbent.options.gap * _TRIAL, self._trials.values(), []
        for trial in sorted(trials, key=lambda trial: (trial.cost, trial.bound)):
            if not trial.is_searched and trial.is_promising(self.incumbent.objective):
                trial.is_searched, unproven = True, trial.unproven(gap)
                found = [task for task in self._fixed_at(trial, FIXED) if task.number in unproven]
                tasks += [replace(task, gap=gap, start=trial.values[task.number]) for task in found]
        return tasks

    def _priced(self) -> list[Subproblem]:
        """Subproblems of the bound: each bundle with its multipliers, if it is not solved at them yet."""
        found = []
        for number, (arrays, (decisions, columns)) in enumerate(
            zip(self.bundles.arrays, self.bundles.shared, strict=True)
        ):
            if number not in self._answers:
                prices = self.prices[number, decisions] / self.bundles.probabilities[number]
                task = priced(self._limited(arrays, columns[decisions >= self.neutral.count]), columns, prices)
                found.append(self._from_start(self._subproblem(LAGRANGIAN, number, task)))
        return found

    def _from_start(self, task: Subproblem) -> Subproblem:
        """Let a priced bundle begin with the better of its last solution and the incumbent, once there is a plan.

        Where all bundles are proven to the target gap from there, so is the incumbent, whose cost is the same at all
        multipliers.
        """
        incumbent = self.incumbent
        if incumbent.values is None:
            return task
        plan = with_risk_values(incumbent.program, incumbent.risk, incumbent.values)
        form, group = self.bundles.forms[task.number], self.bundles.groups[task.number]
        known = [form.values_of([plan[scenario] for scenario in group])]
        last = self._solutions.get(task.number)
        if last is not None and _is_within(
            last, task.arrays
        ):  # the risk measure's decision is bounded more closely now
            known.append(last)
        start = min(known, key=lambda x: float(task.arrays.cost @ x))
        return replace(task, start=start, gap=incumbent.options.gap * self._share_of_gap)

    def _limited(self, arrays: Arrays, column: Ints) -> Arrays:
        r"""Return a bundle's program with the decision of the risk measure bounded: value at risk, largest regret.

        No plan that is better than the incumbent, of objective :math:`U`, has one beyond
        :math:`(U - (1-\lambda) E) / \lambda` with the least expected cost :math:`E`, or below what a scenario costs.
        """
        if not len(column):
            return arrays
        risk, bounds = self.incumbent.risk, self._alone.bounds
        least = bounds - np.array(risk.best) if risk.measure == "regret" else bounds
        low = float(least.max() if risk.measure == "regret" else least.min())
        expected = float(self.incumbent.program.probabilities @ bounds)
        high = (self.incumbent.objective - (1 - risk.weight) * expected) / risk.weight
        lower, upper = arrays.lower.copy(), arrays.upper.copy()
        lower[column], upper[column] = low, max(high + _SLACK * (1 + abs(high)), low) if np.isfinite(high) else np.inf
        return replace(arrays, lower=lower, upper=upper)

    def _trial(self, candidate: Floats) -> Trial:
        self._number += 1
        return Trial(self._number, candidate, self.neutral)

    def _fixed_at(self, trial: Trial, kind: str) -> list[Subproblem]:
        """Subproblems of a plan: each bundle with the decisions of a candidate."""
        return [
            replace(self._subproblem(kind, number, arrays), candidate=trial.number)
            for number, arrays in enumerate(trial.programs)
        ]

    def _polished(self) -> list[Subproblem]:
        """Subproblem of the incumbent with its integers fixed, if a decision is continuous."""
        incumbent, self._may_polish = self.incumbent.values if self._may_polish else None, False
        if incumbent is None:
            return []
        form = extensive_form(with_risk(self.incumbent.program, self.incumbent.risk))
        columns = np.concatenate([places[: len(x)] for places, x in zip(form.columns, incumbent, strict=True)])
        values = np.concatenate(incumbent)
        integers = form.arrays.integer[columns]
        return [self._subproblem(POLISHED, -1, fixed(form.arrays, columns[integers], values[integers]).relaxed())]

    def _subproblem(self, kind: str, number: int, arrays: Arrays) -> Subproblem:
        options = self.incumbent.options
        gap = options.gap * SHARE_OF_GAP
        return Subproblem(kind, number, arrays, gap, self.incumbent.until, options.seed)

    # ------------------------------------------------------------------ answers
    def _note(self, task: Subproblem, answer: Answer) -> None:
        """Use an answer; they come in the order of the subproblems."""
        if task.kind == LAGRANGIAN:
            if answer.infeasible:
                raise SearchEnded(Stop.INFEASIBLE)
            self._answers[task.number] = answer
            if answer.values is not None:
                cost = float(task.arrays.cost @ answer.values) + task.arrays.offset
                self._solutions[task.number] = answer.values
                self._unproven[task.number] = self.bundles.probabilities[task.number] * (cost - answer.bound)
                self.multipliers.add_cut(task.number, answer.values)
            if len(self._answers) == len(self.bundles.groups):
                self._use_bound()
        elif task.kind == RELAXED and self._relaxations is not None:
            self._relaxations.note(task, answer)
        elif task.kind in (ENFORCED, FIXED):
            trial = self._trials[task.candidate]
            if trial.note(task.number, answer):
                self._use_plan(trial)
        elif answer.values is not None:
            self._use_polished(answer.values)
        if self.incumbent.stop is Stop.GAP_REACHED:
            raise SearchEnded(Stop.GAP_REACHED)

    def _use_bound(self) -> None:
        """Use the answers of all bundles at the current multipliers: their bound, and their solutions."""
        bounds = np.array([self._answers[number].bound for number in range(len(self.bundles.groups))])
        bound = float(self.bundles.probabilities @ bounds)
        self.multipliers.move(self.prices, bound)
        self.incumbent.prove(bound)
        self._use_solutions()
        if 2 * sum(self._unproven.values()) > self.incumbent.objective - bound:
            self._share_of_gap = max(self._share_of_gap / 2, _TIGHTEST)

    def _use_solutions(self) -> None:
        """Make candidates of the solutions of priced bundles."""
        found = [number for number, answer in sorted(self._answers.items()) if answer.values is not None]
        if found:
            points = np.array([self.bundles.point(number, self._solutions[number]) for number in found])
            self.candidates.use(points, self.bundles.probabilities[found])

    def _use_plan(self, trial: Trial) -> None:
        """Use the plan of a trial."""
        if self.incumbent.take(self.neutral.by_scenario(trial.plan)):
            self._may_polish |= not self.neutral.integer[self.neutral.is_shared].all()
            for number in sorted(trial.changed) if self.bundles is self.neutral else ():
                self.multipliers.add_cut(number, trial.plan[number])
            trial.changed.clear()

    def _use_polished(self, values: Floats) -> None:
        """Use the incumbent with better continuous values, and try its decisions next."""
        program = self.incumbent.program
        form = extensive_form(with_risk(program, self.incumbent.risk))
        plan = form.values_by_scenario(np.where(form.arrays.integer, np.round(values), values))
        if self.incumbent.take(plan):
            decisions = np.full(program.decision_count, np.nan)
            for x, of_columns in zip(plan, program.decisions, strict=True):
                used = np.flatnonzero(of_columns != OWN)
                decisions[of_columns[used]] = x[used]
            self.candidates.add(decisions)


def _is_within(values: Floats, arrays: Arrays) -> bool:
    """Whether values are within the bounds of a program's columns."""
    room = _SLACK * (1 + np.abs(values))
    return bool((values >= arrays.lower - room).all() and (values <= arrays.upper + room).all())


def _first(bundles: Bundles, multipliers: Floats | None) -> Floats:
    """Return the multipliers (bundle, decision) to begin with, from those by scenario."""
    found = np.zeros((len(bundles.groups), bundles.count))
    if multipliers is not None:
        for number, group in enumerate(bundles.groups):
            decisions, _ = bundles.shared[number]
            found[number, decisions] = multipliers[group].sum(axis=0)[decisions]
    return found
