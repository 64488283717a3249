"""capopt: plans AI compute capacity, month by month, at least present cost.

The public names are listed in ``__all__`` and loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer.analysis.alternatives import find_alternatives
    from optimizer.analysis.alternatives_found import Alternatives
    from optimizer.analysis.causes import causes
    from optimizer.analysis.diagnose import diagnose
    from optimizer.analysis.diagnosis import Diagnosis
    from optimizer.analysis.explanation import Explanation, explain
    from optimizer.analysis.losses import losses
    from optimizer.analysis.own_decisions import check_decisions, read_decisions
    from optimizer.analysis.queries import sweep, what_if
    from optimizer.auditing import Audit, Violation, audit
    from optimizer.errors import (
        AdditionError,
        AuditFailed,
        BoundContradicted,
        CapoptError,
        EditError,
        Fault,
        FixingError,
        InstanceError,
        NoFeasiblePlan,
        PlanFileError,
        PlanFileWarning,
        PlanNotCompleted,
        PlanNotSaved,
        ServerError,
        SolverError,
        StoppedWithoutPlan,
        UnsupportedInstance,
    )
    from optimizer.instance.differences import differences
    from optimizer.instance.examples import find_example
    from optimizer.instance.instance import Instance
    from optimizer.instance.mark import mark_workbook
    from optimizer.instance.read import read
    from optimizer.instance.scenario import Scenario
    from optimizer.instance.scenarios import scenarios
    from optimizer.plan.compare import Comparison, compare
    from optimizer.plan.compare_uncertain import UncertainComparison, compare_uncertain
    from optimizer.plan.plan import Plan, load_plan
    from optimizer.plan.roll import Roll
    from optimizer.program.build import Program, build
    from optimizer.report.figures import figures
    from optimizer.report.focus import write_focus
    from optimizer.report.write_report import write_report
    from optimizer.service.client import Client
    from optimizer.solver.solution import Progress
    from optimizer.solving.whatif import WhatIf
    from optimizer.uncertainty.roll import roll
    from optimizer.uncertainty.simulate import simulate
    from optimizer.uncertainty.simulation import Simulation
    from optimizer.uncertainty.solve import solve

__version__ = "0.1.0"

__all__ = [
    "AdditionError",
    "Alternatives",
    "Audit",
    "AuditFailed",
    "BoundContradicted",
    "CapoptError",
    "Client",
    "Comparison",
    "Diagnosis",
    "EditError",
    "Explanation",
    "Fault",
    "FixingError",
    "Instance",
    "InstanceError",
    "NoFeasiblePlan",
    "Plan",
    "PlanFileError",
    "PlanFileWarning",
    "PlanNotCompleted",
    "PlanNotSaved",
    "Program",
    "Progress",
    "Roll",
    "Scenario",
    "ServerError",
    "Simulation",
    "SolverError",
    "StoppedWithoutPlan",
    "UncertainComparison",
    "UnsupportedInstance",
    "Violation",
    "WhatIf",
    "__version__",
    "audit",
    "build",
    "causes",
    "check_decisions",
    "compare",
    "compare_uncertain",
    "diagnose",
    "differences",
    "explain",
    "figures",
    "find_alternatives",
    "find_example",
    "load_plan",
    "losses",
    "mark_workbook",
    "read",
    "read_decisions",
    "roll",
    "scenarios",
    "simulate",
    "solve",
    "sweep",
    "what_if",
    "write_focus",
    "write_report",
]

_ROOMS = {
    "optimizer.analysis.alternatives": ("find_alternatives",),
    "optimizer.analysis.alternatives_found": ("Alternatives",),
    "optimizer.analysis.causes": ("causes",),
    "optimizer.analysis.diagnosis": ("Diagnosis",),
    "optimizer.analysis.diagnose": ("diagnose",),
    "optimizer.analysis.explanation": ("Explanation", "explain"),
    "optimizer.analysis.losses": ("losses",),
    "optimizer.analysis.own_decisions": ("check_decisions", "read_decisions"),
    "optimizer.analysis.queries": ("sweep", "what_if"),
    "optimizer.instance.differences": ("differences",),
    "optimizer.instance.examples": ("find_example",),
    "optimizer.instance.instance": ("Instance",),
    "optimizer.instance.mark": ("mark_workbook",),
    "optimizer.instance.read": ("read",),
    "optimizer.instance.scenario": ("Scenario",),
    "optimizer.instance.scenarios": ("scenarios",),
    "optimizer.auditing": ("Audit", "Violation", "audit"),
    "optimizer.plan.compare": ("Comparison", "compare"),
    "optimizer.plan.compare_uncertain": ("UncertainComparison", "compare_uncertain"),
    "optimizer.plan.plan": ("Plan", "load_plan"),
    "optimizer.plan.roll": ("Roll",),
    "optimizer.report.figures": ("figures",),
    "optimizer.report.focus": ("write_focus",),
    "optimizer.report.write_report": ("write_report",),
    "optimizer.service.client": ("Client",),
    "optimizer.solver.solution": ("Progress",),
    "optimizer.uncertainty.roll": ("roll",),
    "optimizer.uncertainty.simulate": ("simulate",),
    "optimizer.uncertainty.simulation": ("Simulation",),
    "optimizer.uncertainty.solve": ("solve",),
    "optimizer.program.build": ("Program", "build"),
    "optimizer.solving.whatif": ("WhatIf",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME.get(name, "optimizer.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, loaded or not."""
    return __all__


def _register_display() -> None:
    """Let notebooks show plans and instances in rich form."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is not None:
        from optimizer.report.notebook import register

        register(shell)


if "IPython" in sys.modules:
    _register_display()
