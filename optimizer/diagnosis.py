"""Why an instance has no plan, in a planner's terms, and the cheapest repair, proven by a plan of the repaired one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from optimizer.clock import Tell
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.edit import Edit, apply_edits
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.planning import solve
from optimizer.program.build import Program, build
from optimizer.program.compile import Arrays, compile_program
from optimizer.program.labels import label_of, needs, telling, told
from optimizer.solver import repair
from optimizer.solver.solution import Options

_SECONDS = 60.0
_TOLD = 6  # parts of a conflict that its sentence names


@dataclass(frozen=True)
class Reason:
    """One conflict: things that cannot all hold.

    Attributes
    ----------
    text : str
        In one sentence.
    parts : tuple of str
        What clashes, each with the table rows it comes from.
    sources : tuple of str
        All these table rows, such as ``contracts.csv row 3``.
    """

    text: str
    parts: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """Why there is no plan, and what would give one.

    Attributes
    ----------
    feasible : bool
        Whether there is a plan after all.
    reasons : tuple of Reason
        Every conflict found.
    repair : tuple of Edit
        The least that must be given up, as edits; empty where nothing that can be given up is enough.
    plan : Plan or None
        A plan of the repaired instance, which proves the repair; its cost is the repair's.
    """

    feasible: bool
    reasons: tuple[Reason, ...] = ()
    repair: tuple[Edit, ...] = ()
    plan: Plan | None = None

    def __repr__(self) -> str:
        """One line: how many conflicts, what to give up, at which cost."""
        if self.feasible:
            return "<Diagnosis: feasible>"
        cost = "" if self.plan is None else f", {self.plan.objective:,.2f} {self.plan.instance.head.currency} with it"
        return f"<Diagnosis: {len(self.reasons)} reasons, repair {[str(edit) for edit in self.repair]}{cost}>"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        plan = self.plan
        return {
            "feasible": self.feasible,
            "reasons": [vars(reason) for reason in self.reasons],
            "repair": [str(edit) for edit in self.repair],
            "repaired_objective": None if plan is None else plan.objective,
            "repaired_bound": None if plan is None else plan.bound,
        }

    def text(self) -> str:
        """For people."""
        if self.feasible:
            return "There is a plan that meets all rules."
        lines = ["There is no plan that meets all rules."]
        lines += [f"{number}. {reason.text}" for number, reason in enumerate(self.reasons, start=1)]
        if self.repair:
            lines += ["", "The least that must be given up:", *(f"   {edit}" for edit in self.repair)]
        if self.plan is not None:
            currency = self.plan.instance.head.currency
            lines.append(f"With that there is a plan, which costs {self.plan.objective:,.0f} {currency}.")
        elif self.repair:
            lines.append("No plan was found in time to prove it; give it more time.")
        else:
            lines += ["", "No loosening of budgets, service, policies, rules, power or agreed outlets gives a plan."]
        return "\n".join(lines)


def diagnose(
    instance: Instance | Program,
    *,
    tell: Callable[[str], None] | None = None,
    progress: Tell | None = None,
    **options: Any,
) -> Diagnosis:
    """Say why an instance has no plan, and what is the least to give up.

    Parameters
    ----------
    instance : Instance or Program
        What has no plan.
    tell : callable, optional
        Called with a line on what is under way.
    progress : callable, optional
        Called with how the search for the repaired plan goes on, as for :func:`optimizer.solve`.
    **options
        ``gap``, ``time_limit`` (of each of its searches), ``threads``, ``seed``, ``relax`` and ``solver`` (of the plan
        that proves the repair) as for :func:`optimizer.solve`.

    Returns
    -------
    Diagnosis
        With every conflict that was found, and a repair that a plan proves.
    """
    settings = Options(**{"time_limit": _SECONDS, "gap": 1e-3, **options})
    say = tell or (lambda _: None)
    say("what would have to be given up")
    program = instance if isinstance(instance, Program) else build(instance)
    arrays = compile_program(program, relax=settings.relax)
    edits = repair.cheapest_repair(program, arrays, settings)
    if edits == []:
        return Diagnosis(feasible=True)
    say("what clashes")
    reasons = tuple(_reason(program, arrays, one) for one in repair.conflicts(program, arrays, settings))
    if edits is None:
        return Diagnosis(feasible=False, reasons=reasons)
    say("a plan with the least given up")
    return Diagnosis(False, reasons, tuple(edits), _proof(program.instance, reasons, edits, settings, progress))


def _proof(
    instance: Instance, reasons: tuple[Reason, ...], edits: list[Edit], options: Options, progress: Tell | None
) -> Plan | None:
    """A plan of the repaired instance; its head tells what clashed and what was given up."""
    repaired = apply_edits(instance, edits)
    try:
        plan = solve(
            repaired,
            gap=options.gap,
            time_limit=options.time_limit,
            threads=options.threads,
            seed=options.seed,
            relax=options.relax,
            solver=options.solver,
            progress=progress,
        )
    except (NoFeasiblePlan, StoppedWithoutPlan):
        return None  # the text says that the repair is not proven
    told = {"elastic": [str(edit) for edit in edits], "conflicts": [reason.text for reason in reasons]}
    return replace(plan, head={**plan.head, **told})


_RANKS = {"budget_limit": 0, "outlet_cover": 2}  # what planners set comes first, what only follows from it last


def _reason(program: Program, arrays: Arrays, one: repair.Conflict) -> Reason:
    labels = [label_of(program, arrays.rows[row]) for row in one.rows]
    labels += [label_of(program, arrays.columns[column]) for column in one.columns]
    sources = tuple(dict.fromkeys(source for x in labels for source in x.sources))
    shown = sorted(telling(labels), key=lambda one: _RANKS.get(one.family, 1))
    wanted, limits = told(program, filter(needs, shown)), told(program, (x for x in shown if not needs(x)))
    if wanted and limits:
        text = f"{_listed(wanted, 'and')}; against it stand {_listed(limits, 'and')}"
    elif len(wanted or limits) == 1:
        text = f"{(wanted or limits)[0]} cannot hold: what is given or agreed already breaks it"
    else:
        text = f"{_listed(wanted or limits, 'and')} cannot all hold"
    return Reason(f"{text}.", (*wanted, *limits), sources)


def _listed(parts: list[str], word: str) -> str:
    """A few parts in a row, and how many there are besides."""
    rest = len(parts) - _TOLD
    if rest > 0:
        return f"{'; '.join(parts[:_TOLD])} {word} {rest} more"
    return f" {word} ".join(["; ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
